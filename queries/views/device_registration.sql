-- name: device_registration
-- about: One row per device that was joined or registered: the events `Register device`, `Add device`, `Add registered
--     owner to device` and `Add registered users to device` of one correlation id (else each by itself), successes
--     only.
-- column user_key: Who registered it: the user of `Register device`, else the owner or user that was added. Lower case.
-- column user_upn: The same as user principal name, else name.
-- column device_id: Id of the device, else the object id of its directory object.
-- column os: Operating system, e.g. `Windows`.
-- column trust: How it is known: `AzureAd` or `Azure AD join` (joined), `Workplace` or `Azure AD registered`
--     (registered), `ServerAd` (hybrid), as the source spells it.
-- column event_ids: Ids of the events.
-- column os_version: Version of the operating system that the device named.
-- column last_event_time: Time of the last of the events.
WITH event AS (
    SELECT event_time, id, tenant_id,
           coalesce(nullif(correlation_id, '00000000-0000-0000-0000-000000000000'), id) AS operation,
           lower(activity) AS activity, actor_type, actor_id, actor_upn, actor_name, actor_ip, actor_user_agent,
           details, targets
    FROM audit
    WHERE lower(activity) IN ('register device', 'add device', 'add registered owner to device',
                              'add registered users to device')
      AND result = 'success'
),
target AS (
    SELECT *, unnest(targets) AS one FROM event WHERE cardinality(targets) > 0
),
property AS (
    SELECT id, tenant_id, lower(p['name']) AS name, property_value(p['new_value']) AS value
    FROM (SELECT id, tenant_id, unnest(one['modified_properties']) AS p FROM target WHERE activity = 'add device')
    WHERE p['name'] IS NOT NULL
),
fact AS (
    SELECT id, tenant_id, max(value) FILTER (WHERE name IN ('clouddisplayname', 'displayname')) AS device_name,
           max(value) FILTER (WHERE name IN ('clouddeviceostype', 'deviceostype')) AS os,
           max(value) FILTER (WHERE name IN ('clouddeviceosversion', 'deviceosversion')) AS os_version,
           max(value) FILTER (WHERE name = 'devicetrusttype') AS trust,
           max(value) FILTER (WHERE name = 'deviceid') AS device_id
    FROM property
    GROUP BY id, tenant_id
),
described AS (
    SELECT t.event_time, t.id, t.tenant_id, t.operation, t.activity, t.actor_type, t.actor_ip, t.actor_user_agent,
           CASE WHEN t.actor_type = 'user' AND t.activity = 'register device' THEN coalesce(t.actor_id, t.actor_upn) END
               AS registrant,
           CASE WHEN t.actor_type = 'user' AND t.activity = 'register device' THEN coalesce(t.actor_upn,
               t.actor_name) END
               AS registrant_upn,
           CASE WHEN t.one['type'] = 'User' THEN coalesce(t.one['id'], t.one['upn'])
                WHEN t.actor_type = 'user' THEN coalesce(t.actor_id, t.actor_upn) END AS owner,
           CASE WHEN t.one['type'] = 'User' THEN coalesce(t.one['upn'], t.one['name'])
                WHEN t.actor_type = 'user' THEN coalesce(t.actor_upn, t.actor_name) END AS owner_upn,
           coalesce(f.device_id, detail(t.details, 'Device Id'), detail(t.details, 'DeviceId')) AS device_id,
           CASE WHEN t.one['type'] = 'Device' OR t.activity = 'register device' AND t.one['type'] IS NULL
               THEN t.one['id'] END
               AS object_id,
           coalesce(f.device_name, CASE WHEN t.one['type'] = 'Device' THEN t.one['name'] END) AS device_name,
           coalesce(f.os, detail(t.details, 'Device OS'), detail(t.details, 'DeviceOSType'), detail(t.details, 'OS'))
               AS os,
           coalesce(f.os_version, detail(t.details, 'Device OS version'), detail(t.details, 'DeviceOSVersion'),
                    detail(t.details, 'OS version')) AS os_version,
           coalesce(f.trust, detail(t.details, 'DeviceTrustType'), detail(t.details, 'Device Trust Type'),
                    detail(t.details, 'Join type')) AS trust
    FROM target AS t LEFT JOIN fact AS f ON f.id = t.id AND (f.tenant_id IS NOT DISTINCT FROM t.tenant_id)
)
SELECT min(event_time) AS event_time, max(event_time) AS last_event_time, tenant_id, operation,
       lower(coalesce(max(registrant), max(owner))) AS user_key,
       CASE WHEN max(registrant) IS NOT NULL THEN max(registrant_upn) ELSE max(owner_upn) END AS user_upn,
       coalesce(max(device_id), max(object_id)) AS device_id, max(device_name) AS device_name, max(os) AS os,
       max(os_version) AS os_version, max(trust) AS trust, max(actor_ip) AS ip_address,
       max(actor_user_agent) AS user_agent,
       array_distinct(array_agg(id ORDER BY event_time, id)) AS event_ids
FROM described
GROUP BY tenant_id, operation
HAVING bool_or(activity IN ('register device', 'add device'))

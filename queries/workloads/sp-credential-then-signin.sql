-- name: Credential added, then used
-- question: Which service principals, long unused, were given a credential and signed in soon after?
-- kind: detection
-- technique: T1098.001
-- severity: high
-- needs: audit, signin
-- param: within duration = 24h; Time from the credential to the sign-in, at most.
-- param: dormant duration = 30d; A principal without a success for so long before that sign-in was dormant.
-- caveat: A sign-in belongs to a credential by the key's id; where the sign-in does not name its key (federated
--     credentials, older downloads), by the service principal or application that got it.
-- caveat: high: it was dormant, or no use is known and the archive's sign-ins reach back that far and no event says
--     that it is new; medium: no use is known, but the archive begins later or the principal is new, or it was used
--     from a network new to it; low: in use, from a known network (a rotation).
-- caveat: What would be high is medium if anybody had a success from the same address (of IPv6 its /64) a week and more
--     before the credential: a yearly report is run at the office.
WITH added AS (
    SELECT *, unnest(make_array('key ' || key_id, 'principal ' || object_id, 'app ' || added_app_id)) AS match
    FROM (
        SELECT event_time AS credential_at, id AS credential_event_id,
               coalesce(actor_upn, actor_name, actor_id, actor_type) AS actor, actor_ip, app_name AS object_name, kind,
               lower(key_id) AS key_id, lower(app_object_id) AS object_id, lower(app_id) AS added_app_id
        FROM app_credential
        WHERE change = 'added' AND result = 'success'
    )
),
use AS (
    SELECT principal_key, principal_name, app_id, event_time, id, ip_address, country, resource_name,
           lag(event_time) OVER (PARTITION BY principal_key ORDER BY event_time, id) AS use_before,
           min(event_time) OVER (PARTITION BY principal_key, coalesce('AS' || autonomous_system_number, network))
               AS network_since,
           min(event_time) OVER () AS begin, ip_network(ip_address, 32, 64) AS origin,
           CASE WHEN credential_key_id IS NOT NULL THEN make_array('key ' || lower(credential_key_id))
                ELSE make_array('principal ' || lower(service_principal_id), 'app ' || lower(app_id)) END AS matches
    FROM workload_signin
    WHERE result = 'success'
),
matched AS (
    SELECT a.credential_at, a.credential_event_id, a.actor, a.actor_ip, a.object_name, a.kind, a.key_id,
           u.principal_key, u.principal_name, u.app_id, u.event_time AS signin_at, u.id AS signin_id, u.ip_address,
           u.country,
           u.resource_name, u.use_before, u.network_since, u.begin, u.origin
    FROM added AS a JOIN (SELECT *, unnest(matches) AS match FROM use) AS u ON u.match = a.match
    WHERE u.event_time > a.credential_at AND u.event_time <= a.credential_at + CAST($within AS INTERVAL)
),
-- One row per credential and principal: an application and its service principal log the same key.
finding AS (
    SELECT key_id, principal_key, min(credential_at) AS credential_at, min(signin_at) AS signin_at,
           max(signin_at) AS last_time, count(DISTINCT signin_id) AS signins, min(begin) AS begin,
           first_value(use_before ORDER BY signin_at, signin_id) AS last_use,
           first_value(origin ORDER BY signin_at, signin_id) AS origin,
           coalesce(bool_or(network_since >= credential_at), false) AS is_elsewhere,
           first_value(make_array(actor, actor_ip, object_name, kind) ORDER BY credential_at, credential_event_id)
               AS change,
           first_value(make_array(principal_name, app_id, ip_address, country, resource_name)
                       ORDER BY signin_at, signin_id) AS signin,
           array_agg(DISTINCT credential_event_id ORDER BY credential_event_id) AS credential_ids,
           array_slice(array_distinct(array_agg(signin_id ORDER BY signin_at, signin_id)), 1, 1000) AS signin_ids
    FROM matched
    GROUP BY key_id, principal_key
),
place AS (
    SELECT ip_network(ip_address, 32, 64) AS origin, min(event_time) AS since
    FROM signin
    WHERE result = 'success' AND ip_address IS NOT NULL
    GROUP BY 1
),
graded AS (
    SELECT f.*,
           CASE
               WHEN f.last_use >= f.signin_at - CAST($dormant AS INTERVAL) AND NOT f.is_elsewhere THEN 'low'
               WHEN f.last_use >= f.signin_at - CAST($dormant AS INTERVAL) THEN 'medium'
               WHEN p.since <= f.credential_at - INTERVAL '7' DAY THEN 'medium'
               WHEN f.last_use IS NOT NULL
                    OR f.begin <= f.signin_at - CAST($dormant AS INTERVAL) AND n.principal_key IS NULL THEN 'high'
               ELSE 'medium'
           END AS severity
    FROM finding AS f
    LEFT JOIN (
        SELECT DISTINCT lower(target_id) AS principal_key
        FROM audit
        WHERE lower(activity) = 'add service principal' AND target_id IS NOT NULL
    ) AS n ON n.principal_key = f.principal_key
    LEFT JOIN place AS p ON p.origin = f.origin
)
SELECT credential_at, change[1] AS actor, change[2] AS actor_ip, coalesce(signin[1], change[3]) AS principal_name,
       signin[2] AS app_id, change[4] AS kind, key_id, signin_at, signin[3] AS ip_address, signin[4] AS country,
       signin[5] AS resource_name, signins,
       CAST(floor((extract(epoch FROM signin_at) - extract(epoch FROM last_use)) / 86400) AS BIGINT) AS idle_days,
       severity,
       concat(coalesce(change[1], 'somebody unknown'), ' gave ', coalesce(signin[1], change[3], 'an application'),
              ' a ', coalesce(change[4], 'credential'), ', and it was used from ', coalesce(signin[3],
                  'an unknown address'),
              CASE WHEN severity = 'low' THEN ''
                   WHEN last_use IS NULL THEN ', the first use known'
                   WHEN last_use < signin_at - CAST($dormant AS INTERVAL) THEN ' after a long rest'
                   ELSE ', where it was not used before' END) AS finding,
       credential_at AS first_time, last_time, array_concat(credential_ids, signin_ids) AS event_ids
FROM graded
ORDER BY credential_at, signin_at, principal_name, key_id, principal_key

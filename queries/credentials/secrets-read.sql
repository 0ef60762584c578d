-- name: Secrets of devices read
-- question: Who read BitLocker keys, local administrator passwords or hardware tokens, and of which devices?
-- kind: detection
-- technique: T1555
-- severity: medium
-- needs: audit
-- param: window duration = 1h; Length of the sliding window in which an actor's reads are counted.
-- param: min integer = 5; Reads of so many different devices within the window are medium, fewer are low.
-- caveat: Successful reads only. Microsoft logs some reads twice; each event is a row.
-- caveat: A whole list of hardware tokens is one read of one thing; it is medium by itself.
WITH secret AS (
    SELECT event_time, id, activity, lower(activity) AS activity_key, actor_ip AS ip, tenant_id,
           coalesce(actor_upn, actor_name, actor_id, actor_service_principal_name, actor_app_id, actor_type) AS actor,
           target_name, target_id,
           coalesce(detail(details, 'AdditionalInfo'), result_reason) AS info,
           coalesce(detail(details, 'Device Id'), detail(details, 'DeviceId')) AS device_detail
    FROM audit
    WHERE lower(activity) IN ('read bitlocker key', 'recover device local administrator password',
                              'reveal local administrator password', 'bulk download hardware tokens - finished (bulk)')
      AND (result IS NULL OR result = 'success')
),
fact AS (
    SELECT *,
           CASE WHEN activity_key = 'read bitlocker key' THEN 'BitLocker key'
                WHEN activity_key LIKE '%local administrator password' THEN 'local administrator password'
                ELSE 'hardware tokens' END AS kind,
           -- A BitLocker read names the key as target, the device only in a sentence.
           CASE WHEN activity_key = 'read bitlocker key'
                THEN coalesce(regexp_match(info, '[Bb]acked up from device: ''([^'']+)''')[1], device_detail)
                ELSE coalesce(target_name, device_detail, target_id) END AS device,
           CASE WHEN activity_key = 'read bitlocker key'
                THEN coalesce(regexp_match(info, '[Kk]ey ID: ''([^'']+)''')[1], target_name, target_id) END AS key_id
    FROM secret
),
counted AS (
    SELECT *, count(DISTINCT coalesce(device, key_id, id)) OVER (
               PARTITION BY tenant_id, actor, kind
               ORDER BY event_time RANGE BETWEEN $window PRECEDING AND CURRENT ROW) AS devices_in_window
    FROM fact
)
SELECT event_time, actor, device, kind, key_id, ip, devices_in_window,
       CASE WHEN devices_in_window >= $min OR kind = 'hardware tokens' THEN 'medium' ELSE 'low' END AS severity,
       concat(coalesce(actor, 'Somebody'), ' read the ', kind,
              CASE WHEN device IS NULL THEN '' ELSE concat(' of ', device) END) AS finding,
       event_time AS first_time, event_time AS last_time, make_array(id) AS event_ids
FROM counted
ORDER BY event_time, id

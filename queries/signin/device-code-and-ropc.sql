-- name: Device code and ROPC
-- question: Who got a token by device code, by password grant (ROPC) or by a transferred session, first where?
-- kind: detection
-- technique: T1528
-- severity: high
-- needs: signin
-- caveat: One row per user, way and application: its first success; `signins` counts them all. Failures are left out.
-- caveat: `device code session` are the later tokens of a session that began with a device code; they are shown, one
--     row per user, only where the archive lacks the device code sign-in itself.
-- caveat: high: a device code for the Microsoft Authentication Broker, which can register a device with it; medium:
--     the same for an account that never signs in without device codes, as that of a meeting room, and another device
--     code, the user's first; low: the user's others, transferred sessions and ROPC.
-- caveat: Needs the columns `authentication_protocol` or `original_transfer_method`: Graph's v1.0 does not write them.
WITH found AS (
    SELECT *, CASE
                  WHEN lower(authentication_protocol) = 'devicecode' THEN 'device code'
                  WHEN lower(authentication_protocol) = 'ropc' THEN 'ropc'
                  WHEN lower(original_transfer_method) = 'devicecodeflow' THEN 'device code session'
                  WHEN lower(original_transfer_method) = 'authenticationtransfer' THEN 'authentication transfer'
              END AS way
    FROM user_signin
    WHERE result = 'success'
      AND (lower(authentication_protocol) IN ('devicecode', 'ropc')
           OR lower(original_transfer_method) IN ('devicecodeflow', 'authenticationtransfer'))
),
grouped AS (
    SELECT user_key, way, CASE WHEN way IN ('device code', 'ropc') THEN coalesce(app_id, app_name) END AS app_key,
           count(*) AS signins, min(event_time) AS event_time, max(event_time) AS last_time,
           first_value(user_upn ORDER BY event_time, id) AS user_upn,
           first_value(app_id ORDER BY event_time, id) AS app_id,
           first_value(app_name ORDER BY event_time, id) AS app_name,
           first_value(resource_name ORDER BY event_time, id) AS resource_name,
           first_value(ip_address ORDER BY event_time, id) AS ip_address,
           first_value(country ORDER BY event_time, id) AS country,
           first_value(coalesce(device_name, device_id, operating_system) ORDER BY event_time, id) AS device,
           array_slice(array_agg(id ORDER BY event_time, id), 1, 1000) AS event_ids
    FROM found
    GROUP BY user_key, way, CASE WHEN way IN ('device code', 'ropc') THEN coalesce(app_id, app_name) END
),
-- People do other things, too.
otherwise AS (
    SELECT DISTINCT user_key
    FROM user_signin
    WHERE result = 'success' AND (lower(authentication_protocol) IS DISTINCT FROM 'devicecode')
      AND (lower(original_transfer_method) IS DISTINCT FROM 'devicecodeflow')
),
ranked AS (
    SELECT g.*, o.user_key IS NULL AND (SELECT count(*) FROM otherwise) > 0 AS is_room,
           row_number() OVER (PARTITION BY g.user_key, g.way ORDER BY g.event_time, g.app_key) = 1 AS first_for_user,
           bool_or(g.way = 'device code') OVER (PARTITION BY g.user_key) AS has_code
    FROM grouped AS g LEFT JOIN otherwise AS o ON o.user_key = g.user_key
)
SELECT event_time, user_upn, way AS protocol, app_name, resource_name, ip_address, country, device, first_for_user,
       signins,
       CASE
           WHEN way = 'device code' AND (lower(app_id) = '29d9ed98-a469-4536-ade2-f981bc1d605e'
                                         OR app_name = 'Microsoft Authentication Broker')
               THEN CASE WHEN is_room THEN 'medium' ELSE 'high' END
           WHEN way IN ('device code', 'device code session') AND first_for_user THEN 'medium'
           ELSE 'low'
       END AS severity,
       concat(user_upn, CASE way
                            WHEN 'device code' THEN ' signed in by device code'
                            WHEN 'ropc' THEN ' signed in by handing the password to a program (ROPC)'
                            WHEN 'authentication transfer' THEN ' signed in by a session brought from another device'
                            ELSE ' used a session that a device code began'
                        END,
              coalesce(' for ' || coalesce(app_name, app_id), ''), ' from ',
              coalesce(ip_address, 'an unknown address')) AS finding,
       event_time AS first_time, last_time, event_ids
FROM ranked
WHERE way <> 'device code session' OR NOT has_code
ORDER BY event_time, user_upn, protocol, app_name, event_ids[1]

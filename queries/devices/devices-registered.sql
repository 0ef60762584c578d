-- name: Devices registered
-- question: Which devices that were joined or registered look like an attacker's, or are many by one user?
-- kind: detection
-- technique: T1098.005
-- severity: high
-- needs: audit
-- param: window duration = 1d; Window in which the devices of one user are counted, up to each device.
-- param: min integer = 3; Devices of one user within the window from which on they are many.
-- param: everything boolean = false; Show the devices that look ordinary, too.
-- caveat: Tool marks are the defaults of ROADtools (system version 10.0.19041.928, or the user agent `Dsreg/10.0
--     (Windows 10.0.19044.1826)`) and of AADInternals (device name `My computer`, or system version `C64`). They are
--     easily changed, and a computer that was never updated can have the version, too.
-- caveat: high: a tool mark; medium: many by one user; low: every other device, with `everything`. Devices that a
--     service registers without a user (hybrid join, Autopilot) are never many.
WITH device AS (
    SELECT *,
           lag(event_time, $min - 1)
               OVER (PARTITION BY user_key ORDER BY event_time, device_id, operation) AS nth_before,
           CASE
               WHEN os_version = '10.0.19041.928' OR user_agent = 'Dsreg/10.0 (Windows 10.0.19044.1826)'
                   THEN 'ROADtools'
               WHEN lower(device_name) = 'my computer' OR os_version = 'C64' THEN 'AADInternals'
           END AS tool
    FROM device_registration
)
SELECT event_time, user_upn, device_name, os, os_version, trust, device_id, ip_address, user_agent, tool,
       is_one_of_many,
       CASE WHEN tool IS NOT NULL THEN 'high' WHEN is_one_of_many THEN 'medium' ELSE 'low' END AS severity,
       concat(coalesce(user_upn, 'a service'), ' registered the device ',
              coalesce(device_name, device_id, 'without a name'),
              CASE WHEN tool IS NOT NULL THEN concat(', which has the marks of ', tool)
                   WHEN is_one_of_many THEN ', one of many within the window'
                   ELSE '' END) AS finding,
       event_time AS first_time, last_event_time AS last_time, event_ids
FROM (
    SELECT *,
           user_key IS NOT NULL AND coalesce(nth_before >= event_time - CAST($window AS INTERVAL), false)
               AS is_one_of_many
    FROM device
)
WHERE $everything OR tool IS NOT NULL OR is_one_of_many
ORDER BY event_time, device_id, operation

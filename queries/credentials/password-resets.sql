-- name: Bulk password resets
-- question: Who reset the passwords of many users within a short time, and from which address were many reset by
--     self-service?
-- kind: detection
-- technique: T1098
-- severity: medium
-- needs: audit
-- param: window duration = 1h; Length of the sliding window.
-- param: min integer = 5; At least so many different users within the window.
-- caveat: A reset by an administrator is mostly logged by two services; users are counted once, events are not.
-- caveat: Resets by an application are low: in a B2C tenant consumers' own resets are logged as done by its engine.
-- caveat: Self-service resets are put together by address: the users themselves are the actors. Those without an
--     address, changes of one's own known password, and failed resets do not count.
WITH reset AS (
    SELECT event_time, id, tenant_id,
           lower(activity) = 'reset password (self-service)' AS self_service, actor_ip, actor_type,
           coalesce(target_of_type(targets, 'User'), target_upn, target_id) AS user_id,
           coalesce(target_upn, target_name, target_id) AS user,
           coalesce(actor_id, actor_service_principal_id, actor_app_id, actor_upn, actor_name) AS actor_key,
           coalesce(actor_upn, actor_name, actor_id, actor_service_principal_name, actor_app_id) AS actor_word
    FROM audit
    WHERE lower(activity) IN ('reset user password', 'reset password (by admin)', 'admin started password reset',
                              'reset password', 'reset password (self-service)')
      AND (result IS NULL OR result = 'success')
),
by_actor AS (
    SELECT *, CASE WHEN self_service THEN actor_ip ELSE actor_key END AS who,
           CASE WHEN self_service THEN actor_ip ELSE actor_word END AS actor
    FROM reset
),
windowed AS (
    SELECT *, count(DISTINCT user_id) OVER recent AS users_in_window,
           lag(event_time) OVER (PARTITION BY tenant_id, self_service, who ORDER BY event_time, id) AS previous_time
    FROM by_actor
    WHERE who IS NOT NULL
    WINDOW recent AS (
        PARTITION BY tenant_id, self_service, who
        ORDER BY event_time RANGE BETWEEN $window PRECEDING AND CURRENT ROW)
),
burst AS (
    -- A burst ends where nothing follows for a whole window.
    SELECT *, sum(CASE WHEN event_time <= previous_time + $window THEN 0 ELSE 1 END) OVER (
               PARTITION BY tenant_id, self_service, who ORDER BY event_time, id
               ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS burst_number
    FROM windowed
),
found AS (
    SELECT min(event_time) AS first_time, max(event_time) AS last_time, max(actor) AS actor, self_service,
           count(*) AS resets, count(DISTINCT user_id) AS users,
           array_agg(DISTINCT user ORDER BY user) AS user_names,
           array_agg(DISTINCT actor_ip ORDER BY actor_ip) FILTER (WHERE actor_ip IS NOT NULL) AS ips,
           max(actor_type) AS actor_type, array_agg(DISTINCT id ORDER BY id) AS event_ids, who, tenant_id
    FROM burst
    GROUP BY tenant_id, self_service, who, burst_number
    HAVING max(users_in_window) >= $min
)
SELECT first_time AS window_start, actor, resets, users, self_service, user_names, ips,
       CASE WHEN self_service OR actor_type IS DISTINCT FROM 'application' THEN 'medium' ELSE 'low' END AS severity,
       CASE WHEN self_service
            THEN concat('Passwords of ', users, ' users were reset by self-service from ', actor)
            ELSE concat(coalesce(actor, 'Somebody'), ' reset the passwords of ', users, ' users') END AS finding,
       first_time, last_time, event_ids
FROM found
ORDER BY first_time, self_service, who, tenant_id

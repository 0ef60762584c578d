-- name: Short-lived accounts
-- question: Which accounts were created and deleted again within hours, and by whom?
-- kind: detection
-- technique: T1136.003
-- severity: medium
-- needs: audit
-- param: within duration = 24h; Life of the account, at most.
-- caveat: Successful `Add user` and `Delete user` events of one object id; an account that came back in between is
--     judged from its last creation.
-- caveat: medium: a person created or deleted it; low: applications did both, as provisioning and B2C do.
WITH step AS (
    SELECT event_time, id, lower(activity) AS activity, target_id, coalesce(target_upn, target_name) AS account,
           coalesce(actor_upn, actor_name, actor_id, actor_app_id) AS actor, actor_type, actor_ip
    FROM audit
    WHERE lower(activity) IN ('add user', 'delete user', 'hard delete user', 'restore user') AND result = 'success'
      AND target_id IS NOT NULL
),
life AS (
    SELECT *, lag(activity) OVER w AS activity_1, lag(event_time) OVER w AS created_at, lag(id) OVER w AS created_id,
           lag(account) OVER w AS account_1, lag(actor) OVER w AS created_by, lag(actor_type) OVER w AS creator_type
    FROM step
    WINDOW w AS (PARTITION BY lower(target_id) ORDER BY event_time, id)
)
SELECT coalesce(account_1, account, target_id) AS account, target_id AS user_id, created_at, created_by,
       event_time AS deleted_at,
       actor AS deleted_by, actor_ip AS deleted_from,
       round((extract(epoch FROM event_time) - extract(epoch FROM created_at)) / 3600, 2) AS hours,
       CASE WHEN actor_type = 'application' AND creator_type = 'application' THEN 'low' ELSE 'medium' END AS severity,
       concat(coalesce(account_1, account, target_id), ' was created by ', coalesce(created_by, 'somebody unknown'),
              ' and deleted by ', coalesce(actor, 'somebody unknown'), ' ',
              CAST(round((extract(epoch FROM event_time) - extract(epoch FROM created_at)) / 60, 0) AS BIGINT),
              ' minutes later') AS finding,
       created_at AS first_time, event_time AS last_time, make_array(created_id, id) AS event_ids
FROM life
WHERE activity IN ('delete user', 'hard delete user') AND activity_1 = 'add user'
  AND created_at >= event_time - CAST($within AS INTERVAL)
ORDER BY deleted_at, id

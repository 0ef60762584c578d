-- name: New accounts with privileged roles
-- question: Which users or service principals were given a privileged role soon after they were made?
-- kind: detection
-- technique: T1136.003
-- severity: high
-- needs: audit
-- param: within duration = 24h; Longest time between creation and grant.
-- caveat: One row per account and role. High if the role is of tier 0 and was granted outside PIM; else medium: many
--     tenants make an extra user for each administrator.
-- caveat: An account that was made before the archive (or before `--from`) begins does not show.
-- caveat: Activations and grants that only `MS-PIM` logged count, too. What is privileged says the view role_change.
WITH created AS (
    SELECT coalesce(target_of_type(targets, 'User'), target_of_type(targets, 'ServicePrincipal'), target_id)
               AS account_id,
           min(event_time) AS created_at,
           first_value(coalesce(actor_upn, actor_name, actor_id, actor_app_id) ORDER BY event_time, id) AS created_by,
           first_value(coalesce(target_upn, nullif(target_name, '')) ORDER BY event_time, id) AS account,
           first_value(id ORDER BY event_time, id) AS created_id
    FROM audit
    WHERE activity IN ('Add user', 'Add service principal') AND (service IS DISTINCT FROM 'B2C') AND result = 'success'
    GROUP BY 1
),
granted AS (
    SELECT member_id, role, event_time, id, member, member_kind, actor, via, role_tier
    FROM role_change
    WHERE verb = 'grant' AND stage = 'completed' AND result = 'success' AND is_privileged AND member_id IS NOT NULL
),
found AS (
    SELECT c.account_id, c.created_at, c.created_by, c.created_id,
           max(coalesce(c.account, g.member)) AS account, max(g.member_kind) AS account_kind, g.role,
           min(g.role_tier) AS role_tier, min(g.event_time) AS granted_at, max(g.event_time) AS last_time,
           first_value(g.actor ORDER BY CASE WHEN g.actor ILIKE 'MS-PIM%' THEN 1 ELSE 0 END, g.event_time, g.id)
               AS granted_by,
           bool_or(g.via = 'direct') AS is_direct, array_agg(g.id ORDER BY g.event_time, g.id) AS grant_ids
    FROM created c JOIN granted g ON g.member_id = c.account_id
    WHERE g.event_time >= c.created_at AND g.event_time <= c.created_at + $within
    GROUP BY c.account_id, c.created_at, c.created_by, c.created_id, g.role
)
SELECT created_at, created_by, account, account_kind, account_id, role, granted_at, granted_by,
       CASE WHEN is_direct THEN 'direct' ELSE 'pim' END AS via,
       CASE WHEN role_tier = 0 AND is_direct THEN 'high' ELSE 'medium' END AS severity,
       concat(coalesce(account, account_id), ' was made by ', coalesce(created_by, 'somebody unknown'),
              ' and soon given ', role, ' by ', coalesce(granted_by, 'somebody unknown')) AS finding,
       created_at AS first_time, last_time, array_concat(make_array(created_id), grant_ids) AS event_ids
FROM found
ORDER BY created_at, account_id, role

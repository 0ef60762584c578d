-- name: What fresh administrators do
-- question: Who was given a privileged role and soon changed credentials, consent, policies, federation or roles?
-- kind: detection
-- technique: T1098
-- severity: high
-- needs: audit
-- param: within duration = 24h; Longest time between the grant and the act.
-- caveat: One row per grant and activity of the member. Counted are successful acts with
--     `ref_activity_name.sensitive`, after a successful grant (permanent, time-bound or eligible) of a privileged
--     role: see the view role_change.
-- caveat: High if a role of tier 0 was granted outside PIM and the new administrator then granted roles or changed
--     federation; else medium.
-- caveat: Activations are not counted as grants: acting after them is what they are for. Members who got the role
--     through a group do not show, nor do grants that only `MS-PIM` logged.
WITH granted AS (
    SELECT member_id, role, min(member) AS member, max(member_kind) AS member_kind, min(role_tier) AS role_tier, via,
           event_time AS granted_at, min(id) AS grant_id, min(actor) AS granted_by
    FROM role_change
    WHERE verb = 'grant' AND stage = 'completed' AND result = 'success' AND is_privileged AND NOT is_echo
      AND assignment_kind IN ('permanent', 'timebound', 'eligible') AND member_id IS NOT NULL
    GROUP BY member_id, role, via, event_time
),
act AS (
    SELECT a.event_time, a.id, a.activity, a.actor_id, s.class,
           coalesce(a.target_upn, nullif(a.target_name, ''), a.target_id) AS target
    FROM audit a JOIN ref_activity_name s ON s.activity_key = lower(a.activity)
    WHERE s.sensitive AND a.result = 'success' AND a.actor_id IS NOT NULL
),
found AS (
    SELECT g.granted_at, g.member_id, min(g.member) AS member, max(g.member_kind) AS member_kind, g.role,
           min(g.role_tier) AS role_tier, g.via, min(g.granted_by) AS granted_by, g.grant_id, a.activity AS act,
           max(a.class) AS class, min(a.event_time) AS act_at, max(a.event_time) AS last_time, count(*) AS acts,
           first_value(a.target ORDER BY a.event_time, a.id) AS target,
           array_agg(a.id ORDER BY a.event_time, a.id) AS act_ids
    FROM granted g JOIN act a ON a.actor_id = g.member_id
    WHERE a.event_time > g.granted_at AND a.event_time <= g.granted_at + $within
    GROUP BY g.granted_at, g.member_id, g.role, g.via, g.grant_id, a.activity
)
SELECT granted_at, member, member_kind, role, via, granted_by, act_at, act, class, acts, target,
       CASE WHEN role_tier = 0 AND via = 'direct' AND class IN ('role-grant', 'role-eligible', 'federation', 'domain')
            THEN 'high' ELSE 'medium' END AS severity,
       concat(coalesce(member, member_id), ' was given ', role, ' by ', coalesce(granted_by, 'somebody unknown'),
              ' and then did: ', trim(act), coalesce(' (' || target || ')', '')) AS finding,
       granted_at AS first_time, last_time, array_concat(make_array(grant_id), act_ids) AS event_ids
FROM found
ORDER BY granted_at, member_id, role, act_at, act

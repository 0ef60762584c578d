-- name: Role assignments
-- question: Who was granted or lost which role, permanent, eligible or activated, and who did it?
-- kind: report
-- technique: T1098.003
-- needs: audit
-- param: role text optional; Only this role, by name; case does not matter.
-- param: user text optional; Only this member: object id, user principal name or display name.
-- caveat: What PIM does is logged twice, by PIM and as an act of `MS-PIM` by the directory: the second is left out if
--     the first is at most ten minutes away.
-- caveat: Completed changes only, failed ones included: see `result`. Requests and approvals are in
--     roles/pim-activations.
-- caveat: Roles that the members of a group get through the group show as a change of the group's membership, not
--     here.
-- caveat: Roles of Azure resources granted outside PIM are in the Azure activity log, which auditql does not read.
WITH change AS (
    SELECT *, count(*) FILTER (WHERE service = 'PIM') OVER (
               PARTITION BY member_id, role, verb ORDER BY event_time
               RANGE BETWEEN INTERVAL '10' MINUTE PRECEDING AND INTERVAL '10' MINUTE FOLLOWING) AS told_by_pim
    FROM role_change
    WHERE stage = 'completed'
)
SELECT event_time, actor, actor_kind, ip, verb, member, member_kind, role, role_kind, scope, is_privileged,
       assignment_kind, via, justification, expires_at, result, activity, id
FROM change
WHERE NOT (is_echo AND told_by_pim > 0)
  AND ($role IS NULL OR lower(role) = lower($role))
  AND ($user IS NULL OR lower($user) IN (lower(member_id), lower(member_upn), lower(member_name)))
ORDER BY event_time, id

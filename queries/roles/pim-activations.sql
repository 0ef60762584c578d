-- name: PIM activations
-- question: Who activated which eligible role, for how long, why, and who approved, denied or let it expire?
-- kind: report
-- technique: T1078.004
-- needs: audit
-- param: user text optional; Only this user: object id, user principal name or display name.
-- param: role text optional; Only this role, by name; case does not matter.
-- caveat: One row per request: its events share a request id, else a correlation id. An activation whose steps share
--     neither shows as several rows.
-- caveat: State: `activated` (in use, as far as the archive goes), `deactivated`, `ran out`, `denied`, `canceled`,
--     `expired` (nobody decided in time), `failed`, `approved`, `waiting` (for approval), `requested`.
-- caveat: Roles on Azure resources and in groups are here too: see `role_kind`.
WITH step AS (
    SELECT *, coalesce(request_id, correlation_id, id) AS request
    FROM role_change
    WHERE assignment_kind = 'activated' AND NOT is_echo
),
request AS (
    SELECT min(event_time) AS event_time, tenant_id, request,
           first_value(coalesce(member_upn, CASE WHEN stage IN ('requested', 'completed') AND verb = 'grant' THEN
                           actor_upn END, member_name, member_id) ORDER BY
               CASE WHEN member_upn IS NOT NULL OR stage = 'requested' THEN 0 WHEN stage = 'completed' THEN 1
                    ELSE 2 END, event_time, id) AS member,
           max(member_id) AS member_id, max(member_name) AS member_name,
           max(role) AS role, max(role_kind) AS role_kind, max(scope) AS scope,
           first_value(justification ORDER BY event_time, id)
               FILTER (WHERE verb = 'grant' AND stage IN ('requested', 'approval requested', 'completed')
                         AND justification IS NOT NULL) AS justification,
           min(event_time) FILTER (WHERE stage IN ('approved', 'denied')) AS decided_at,
           first_value(actor ORDER BY event_time, id) FILTER (WHERE stage IN ('approved', 'denied')) AS approver,
           first_value(justification ORDER BY event_time, id) FILTER (WHERE stage IN ('approved', 'denied'))
               AS approver_justification,
           min(event_time) FILTER (WHERE verb = 'grant' AND stage = 'completed' AND result = 'success') AS activated_at,
           max(starts_at) AS starts_at, max(expires_at) AS expires_at,
           min(event_time) FILTER (WHERE verb = 'remove' AND stage = 'completed' AND result = 'success') AS ended_at,
           bool_or(verb = 'remove' AND stage = 'completed' AND activity ILIKE '%expired%') AS has_run_out,
           bool_or(stage = 'denied') AS is_denied, bool_or(stage = 'canceled') AS is_canceled,
           bool_or(stage = 'expired') AS is_expired, bool_or(stage = 'approved') AS is_approved,
           bool_or(stage = 'approval requested') AS is_waiting,
           bool_or(verb = 'grant' AND stage IN ('completed', 'requested') AND (result IS DISTINCT FROM 'success'))
               AS is_failed,
           first_value(ip ORDER BY event_time, id) FILTER (WHERE verb = 'grant' AND ip IS NOT NULL) AS ip,
           array_agg(id ORDER BY event_time, id) AS event_ids
    FROM step
    GROUP BY tenant_id, request
)
SELECT event_time, member, role, role_kind, scope,
       CASE WHEN is_denied THEN 'denied'
            WHEN activated_at IS NOT NULL AND ended_at IS NOT NULL THEN
                CASE WHEN has_run_out THEN 'ran out' ELSE 'deactivated' END
            WHEN activated_at IS NOT NULL THEN 'activated'
            WHEN is_canceled THEN 'canceled'
            WHEN is_expired THEN 'expired'
            WHEN ended_at IS NOT NULL THEN CASE WHEN has_run_out THEN 'ran out' ELSE 'deactivated' END
            WHEN is_failed THEN 'failed'
            WHEN is_approved THEN 'approved'
            WHEN is_waiting THEN 'waiting'
            ELSE 'requested' END AS state,
       justification, approver, decided_at, approver_justification, activated_at, expires_at, ended_at,
       round(CAST(extract(epoch FROM expires_at) - extract(epoch FROM coalesce(starts_at, activated_at)) AS DOUBLE)
             / 3600, 1) AS duration_hours,
       ip, event_ids
FROM request
WHERE ($user IS NULL OR lower($user) IN (lower(member), lower(member_id), lower(member_name)))
  AND ($role IS NULL OR lower(role) = lower($role))
ORDER BY event_time, request

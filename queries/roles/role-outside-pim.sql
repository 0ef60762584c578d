-- name: Privileged roles granted outside PIM
-- question: Who was given a privileged role directly, without PIM?
-- kind: detection
-- technique: T1098.003
-- severity: high
-- needs: audit
-- caveat: High for a role of tier 0, which can take the whole tenant; medium for any other privileged role. What is
--     privileged says the view role_change.
-- caveat: Successful grants only. All grants of one role to one member within a day are one row; PIM's own notice of
--     the grant (`Add member to role outside of PIM`) is part of it.
-- caveat: A tenant without PIM grants every role this way: read it there as the list of privileged grants.
WITH granted AS (
    SELECT *, coalesce(member_id, member, id) AS who,
           coalesce(service = 'PIM', false) AND actor_upn IS NULL AS is_notice
    FROM role_change
    WHERE verb = 'grant' AND stage = 'completed' AND via = 'direct' AND result = 'success' AND is_privileged
),
spaced AS (
    SELECT *, CASE WHEN event_time <= lag(event_time) OVER (PARTITION BY who, role ORDER BY event_time, id)
                                      + INTERVAL '1' DAY THEN 0 ELSE 1 END AS is_first
    FROM granted
),
numbered AS (
    SELECT *, sum(is_first) OVER (PARTITION BY who, role ORDER BY event_time, id) AS burst
    FROM spaced
),
finding AS (
    SELECT min(event_time) AS event_time,
           -- PIM's notice names PIM itself as the actor: only the directory's event says who did it.
           first_value(actor ORDER BY event_time, id) FILTER (WHERE NOT is_notice) AS actor,
           first_value(actor_kind ORDER BY event_time, id) FILTER (WHERE NOT is_notice) AS actor_kind,
           first_value(ip ORDER BY event_time, id) FILTER (WHERE NOT is_notice) AS ip,
           first_value(member ORDER BY event_time, id) AS member,
           max(member_kind) AS member_kind, role, min(role_tier) AS role_tier, max(scope) AS scope,
           max(event_time) AS last_time, array_agg(id ORDER BY event_time, id) AS event_ids
    FROM numbered
    GROUP BY who, role, burst
)
SELECT event_time, actor, actor_kind, ip, member, member_kind, role, scope,
       CASE WHEN role_tier = 0 THEN 'high' ELSE 'medium' END AS severity,
       concat(coalesce(actor, 'Somebody unknown'), ' gave ', coalesce(member, 'an unknown member'), ' the role ',
              coalesce(role, '(unknown)'), ' outside PIM') AS finding,
       event_time AS first_time, last_time, event_ids
FROM finding
ORDER BY event_time, member, role, event_ids[1]

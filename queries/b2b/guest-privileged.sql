-- name: Guests with privileges
-- question: Which guests were put in a directory role, a group that can hold roles, or an owner's seat of an app?
-- kind: detection
-- technique: T1098.003
-- severity: high
-- needs: audit
-- caveat: High for a directory role of tier 0, also an eligible one; medium for other privileged roles, for
--     role-holding groups and for owners of applications (who can give them credentials); low for every other role.
-- caveat: A group counts if the archive shows that it may hold roles (`IsAssignableToRole` when it was made), that it
--     was given a role, or if PIM manages its members. A group made before the archive begins and never given a role
--     in it is not known to be one.
-- caveat: Activations of an eligible role are not here: see roles/pim-activations. Who is a guest says the view
--     guest_user.
WITH role_granted AS (
    SELECT r.event_time, r.id, r.actor, r.actor_kind, r.ip, r.member_id,
           coalesce(g.guest_email, r.member) AS member,
           CASE WHEN r.role_kind = 'group'
                    THEN concat(coalesce(r.scope, 'a group'), ' (', coalesce(r.role, 'member'), ')')
                ELSE r.role END AS role_or_group,
           CASE WHEN r.role_kind = 'group' THEN 'PIM group' WHEN r.role_kind = 'azure' THEN 'Azure role'
                WHEN r.assignment_kind = 'eligible' THEN 'eligible role' ELSE 'role' END AS via,
           CASE WHEN r.role_tier = 0 THEN 'high' WHEN r.is_privileged OR r.role_kind <> 'directory' THEN 'medium'
                ELSE 'low' END AS severity
    FROM role_change r
    LEFT JOIN guest_user g ON g.guest_id = r.member_id
    WHERE r.verb = 'grant' AND r.stage = 'completed' AND r.result = 'success' AND NOT r.is_echo
      AND (r.assignment_kind IS DISTINCT FROM 'activated') AND (r.member_kind = 'guest' OR g.guest_id IS NOT NULL)
),
role_group AS (
    SELECT member_id AS group_id, min(role_tier) AS role_tier
    FROM (
        SELECT member_id, role_tier
        FROM role_change
        WHERE member_kind = 'group' AND verb = 'grant' AND stage = 'completed' AND result = 'success'
        UNION ALL
        SELECT target_id, NULL
        FROM audit_change
        WHERE activity = 'Add group' AND property = 'IsAssignableToRole' AND lower(new_value) = 'true'
          AND result = 'success'
    )
    WHERE member_id IS NOT NULL
    GROUP BY member_id
),
seat AS (
    SELECT event_time, id, activity, coalesce(actor_upn, actor_name, actor_id) AS actor, actor_type AS actor_kind,
           actor_ip AS ip, user_id, object_id,
           unnest(targets) AS one
    FROM (
        SELECT *, target_of_type(targets, 'User') AS user_id,
               coalesce(target_of_type(targets, 'Group'), target_of_type(targets, 'Application'),
                        target_of_type(targets, 'ServicePrincipal')) AS object_id
        FROM audit
        WHERE activity IN ('Add member to group', 'Add owner to group', 'Add owner to application',
                           'Add owner to service principal')
          AND result = 'success' AND cardinality(targets) > 0
    )
),
seated AS (
    SELECT s.event_time, s.id, s.activity, s.user_id, s.object_id, max(s.actor) AS actor,
           max(s.actor_kind) AS actor_kind, max(s.ip) AS ip,
           max(nullif(s.one['upn'], '')) FILTER (WHERE s.one['id'] = s.user_id) AS upn,
           max(nullif(s.one['name'], '')) FILTER (WHERE s.one['id'] = s.object_id) AS object_name
    FROM seat s
    GROUP BY s.event_time, s.id, s.activity, s.user_id, s.object_id
),
granted AS (
    SELECT event_time, id, actor, actor_kind, ip, member_id AS guest_id, member AS guest, role_or_group, via, severity
    FROM role_granted
    UNION ALL
    SELECT s.event_time, s.id, s.actor, s.actor_kind, s.ip, s.user_id,
           coalesce(g.guest_email, s.upn, s.user_id),
           coalesce(s.object_name, s.object_id),
           CASE WHEN s.activity LIKE '%application' THEN 'application owner'
                WHEN s.activity LIKE '%service principal' THEN 'service principal owner'
                WHEN s.activity LIKE 'Add owner%' THEN 'owner of a group with roles' ELSE 'group with roles' END,
           CASE WHEN r.role_tier = 0 THEN 'high' ELSE 'medium' END
    FROM seated s
    LEFT JOIN guest_user g ON g.guest_id = s.user_id
    LEFT JOIN role_group r ON r.group_id = s.object_id
    WHERE (g.guest_id IS NOT NULL OR s.upn LIKE '%#EXT#%') AND (s.activity NOT LIKE '%group' OR r.group_id IS NOT NULL)
)
SELECT event_time, actor, actor_kind, ip, guest, guest_id, role_or_group, via, id, severity,
       concat(coalesce(actor, 'Somebody unknown'), ' gave the guest ', coalesce(guest, guest_id, '(unknown)'), ': ',
              coalesce(role_or_group, '(unknown)'), ' (', via, ')') AS finding,
       event_time AS first_time, event_time AS last_time, make_array(id) AS event_ids
FROM granted
ORDER BY event_time, id, guest_id

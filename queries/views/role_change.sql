-- name: role_change
-- about: One row per event that grants or removes a role, of PIM (Privileged Identity Management) and of the
--     directory: permanent, eligible and activated assignments, with the steps on the way to them. What PIM does, the
--     directory logs once more as done by `MS-PIM`: those rows have `is_echo`. Entitlement management's own roles and
--     the roles of Azure resources granted outside PIM are not in it.
-- column verb: `grant`, `remove` or `extend` (an assignment made longer).
-- column stage: `completed`: it was done. Else a step of PIM: `requested`, `approval requested`, `approved`, `denied`,
--     `canceled`, `expired` (a request that nobody decided).
-- column assignment_kind: `permanent`, `timebound` (active until a time), `eligible` (may be activated) or `activated`
--     (an eligible role in use); NULL for an echo, which does not say.
-- column via: `pim`, or `direct`: nobody asked PIM. An eligible role exists in PIM only.
-- column is_echo: Whether the directory logged here what PIM did; PIM's own event tells who wanted it and why.
-- column role_kind: `directory`, or in PIM also `azure` (a role on an Azure resource) and `group` (member or owner).
-- column role: Name of the role, the built-in one of the template where the event has it.
-- column role_template_id: Id of the role's template.
-- column is_privileged: The definition of a privileged role, for every query: a directory role with
--     `ref_role.is_privileged`, or of tier 0. NULL for a role that `ref_role` does not know, as a custom one, and for
--     roles of Azure resources and groups.
-- column role_tier: `ref_role.tier`; 0 can take the whole tenant.
-- column scope: What the role is limited to: administrative unit, Azure resource or group; NULL: the whole directory.
-- column member_id: Object id of who got or lost the role.
-- column member_upn: User principal name of the member; PIM does not log it, so as any other role event has it.
-- column member_name: Display name of the member.
-- column member_kind: `user`, `guest` (its name has `#EXT#`), `service_principal`, `group`; NULL where nothing says.
-- column member: The member in a word: user principal name, else name, else id.
-- column actor_kind: `user`, `application` or `system`.
-- column actor: Who did it in a word: user principal name, else name, else id.
-- column ip: Address of the actor; of PIM the detail `ipaddr`.
-- column justification: Reason that was given, in PIM only.
-- column starts_at: When the assignment begins, in PIM only.
-- column expires_at: When it ends by itself, in PIM only.
-- column request_id: Id of PIM's request, the same in all of its steps.
WITH event AS (
    SELECT event_time, id, tenant_id, correlation_id, service, category, activity, lower(activity) AS step, result,
           result_reason, actor_type, actor_id, actor_upn, actor_name, actor_app_id, actor_ip, targets, details,
           actor_name ILIKE 'MS-PIM%' OR actor_app_id = '01fc33a7-78ba-4d2f-a4b7-768e336e890e' AS is_by_pim
    FROM audit
    -- The first line is the cheap test that leaves most of an archive out of the others.
    WHERE (lower(activity) LIKE '%role%' OR lower(activity) LIKE '%pim%')
      AND (activity ILIKE 'add%member to role%' OR activity ILIKE 'remove%member from role%'
           OR activity ILIKE 'restore%member from role%' OR activity ILIKE 'update%member in PIM%'
           OR activity ILIKE '%role assignment to role definition%'
           OR activity ILIKE '%role assignment from role definition%'
           OR activity ILIKE '%EligibleRoleAssignment%RoleDefinition%'
           OR activity ILIKE 'remove permanent%role assignment' OR activity ILIKE 'restore permanent%role assignment'
           OR activity ILIKE 'PIM activation request expired')
),
target AS (
    -- Flat columns from here on: fields of structs that cross several joins make the planner stumble.
    SELECT id, tenant_id, place, nullif(one['id'], '') AS target_id, nullif(one['name'], '') AS name,
           nullif(one['upn'], '') AS upn, one['type'] AS kind, one['modified_properties'] AS modified_properties,
           -- A group is the member only if nobody else is: in other events it is a role's scope, or how it is held.
           CASE one['type'] WHEN 'Group' THEN place + 1000 ELSE place END AS member_place
    FROM (
        SELECT id, tenant_id, unnest(targets) AS one,
               unnest(range(1, CAST(cardinality(targets) AS BIGINT) + 1)) AS place
        FROM event
        WHERE cardinality(targets) > 0
    )
),
who AS (
    SELECT id, tenant_id,
           first_value(target_id ORDER BY member_place)
               FILTER (WHERE kind IN ('User', 'ServicePrincipal', 'Group')) AS member_id,
           first_value(name ORDER BY member_place)
               FILTER (WHERE kind IN ('User', 'ServicePrincipal', 'Group')) AS member_name,
           first_value(upn ORDER BY member_place)
               FILTER (WHERE kind IN ('User', 'ServicePrincipal', 'Group')) AS member_upn,
           first_value(kind ORDER BY member_place)
               FILTER (WHERE kind IN ('User', 'ServicePrincipal', 'Group')) AS member_type,
           first_value(name ORDER BY place) FILTER (WHERE kind IN ('Role', 'RoleDefinition') AND name IS NOT NULL)
               AS role_name,
           first_value(coalesce(name, target_id) ORDER BY place) FILTER (WHERE kind = 'AdministrativeUnit') AS unit,
           first_value(coalesce(name, target_id) ORDER BY place) FILTER (WHERE kind = 'Group') AS group_name,
           first_value(coalesce(name, target_id) ORDER BY place)
               FILTER (WHERE kind NOT IN ('Role', 'RoleDefinition', 'Request', 'User', 'ServicePrincipal', 'Group',
                                          'Other', 'Directory')) AS resource,
           first_value(target_id ORDER BY place) FILTER (WHERE kind = 'Request') AS request_id
    FROM target
    GROUP BY id, tenant_id
),
change AS (
    SELECT id, tenant_id, lower(one['name']) AS property,
           coalesce(nullif(property_value(one['new_value']), ''), nullif(property_value(one['old_value']), '')) AS value
    FROM (
        SELECT id, tenant_id, unnest(modified_properties) AS one
        FROM target
        WHERE cardinality(modified_properties) > 0
    )
),
what AS (
    SELECT id, tenant_id,
           max(value) FILTER (WHERE property = 'role.displayname') AS role_name,
           max(value) FILTER (WHERE property = 'role.wellknownobjectname') AS well_known_name,
           coalesce(max(value) FILTER (WHERE property = 'role.templateid'),
                    max(value) FILTER (WHERE property = 'templateid'),
                    max(value) FILTER (WHERE property = 'roledefinitionoriginid')) AS template_id,
           max(value) FILTER (WHERE property LIKE 'administrativeunit%displayname') AS unit
    FROM change
    GROUP BY id, tenant_id
),
person AS (
    SELECT person_id, max(upn) AS upn
    FROM (
        SELECT actor_id AS person_id, actor_upn AS upn FROM event
        UNION ALL
        SELECT member_id, member_upn FROM who
    )
    WHERE person_id IS NOT NULL AND upn IS NOT NULL
    GROUP BY person_id
),
fact AS (
    SELECT e.*, w.member_id, w.member_name, coalesce(w.member_upn, p.upn) AS member_upn, w.member_type,
           w.request_id AS request_target,
           c.role_name AS property_role,
           w.role_name AS target_role, c.well_known_name,
           coalesce(c.template_id, detail(e.details, 'TemplateId'), detail(e.details, 'RoleDefinitionOriginId'))
               AS template_id,
           coalesce(w.unit, c.unit) AS unit, w.group_name, w.resource,
           CASE WHEN (e.service IS DISTINCT FROM 'PIM') THEN 'directory'
                WHEN e.category = 'GroupManagement' THEN 'group'
                WHEN e.category = 'ResourceManagement' THEN 'azure'
                ELSE 'directory' END AS role_kind
    FROM event e
    LEFT JOIN who w ON w.id = e.id AND w.tenant_id IS NOT DISTINCT FROM e.tenant_id
    LEFT JOIN what c ON c.id = e.id AND c.tenant_id IS NOT DISTINCT FROM e.tenant_id
    LEFT JOIN person p ON p.person_id = w.member_id
)
SELECT f.event_time, f.id, f.tenant_id, f.correlation_id, f.service, f.category, f.activity, f.result, f.result_reason,
       CASE WHEN f.step LIKE 'remove%' THEN 'remove' WHEN f.step LIKE 'update%' THEN 'extend' ELSE 'grant' END AS verb,
       CASE WHEN f.step LIKE '%approval requested%' THEN 'approval requested'
            WHEN f.step LIKE '%request approved%' OR f.step LIKE '%approved by admin%' THEN 'approved'
            WHEN f.step LIKE '%denied%' THEN 'denied'
            WHEN f.step LIKE '%canceled%' THEN 'canceled'
            WHEN f.step = 'pim activation request expired' THEN 'expired'
            WHEN f.step LIKE '%requested%' THEN 'requested'
            ELSE 'completed' END AS stage,
       CASE WHEN f.step LIKE '%eligible%' THEN 'eligible'
            WHEN f.step LIKE '%pim activation%' OR f.step LIKE '%pim deactivate%' THEN 'activated'
            WHEN f.step LIKE '%timebound%' OR f.step LIKE '%renew%' OR f.step LIKE '%extend%' THEN 'timebound'
            WHEN f.is_by_pim AND (f.service IS DISTINCT FROM 'PIM') THEN NULL
            ELSE 'permanent' END AS assignment_kind,
       CASE WHEN f.step LIKE '%outside of pim%' THEN 'direct'
            WHEN f.service = 'PIM' OR f.is_by_pim OR f.step LIKE '%eligible%' THEN 'pim'
            ELSE 'direct' END AS via,
       coalesce(f.is_by_pim, false) AND (f.service IS DISTINCT FROM 'PIM') AS is_echo,
       f.role_kind,
       coalesce(by_id.role, by_name.role, f.property_role, f.target_role, f.well_known_name, f.template_id) AS role,
       coalesce(by_id.template_id, by_name.template_id, f.template_id) AS role_template_id,
       CASE WHEN f.role_kind = 'directory' THEN
           CASE WHEN by_id.role IS NOT NULL THEN by_id.is_privileged OR by_id.tier = 0
                ELSE by_name.is_privileged OR by_name.tier = 0 END END AS is_privileged,
       CASE WHEN f.role_kind = 'directory' THEN coalesce(by_id.tier, by_name.tier) END AS role_tier,
       CASE f.role_kind WHEN 'group' THEN f.group_name WHEN 'azure' THEN f.resource ELSE f.unit END AS scope,
       f.member_id, f.member_upn, f.member_name,
       CASE WHEN f.member_upn LIKE '%#EXT#%' THEN 'guest'
            WHEN f.member_type = 'User' THEN 'user'
            WHEN f.member_type = 'ServicePrincipal' THEN 'service_principal'
            WHEN f.member_type = 'Group' THEN 'group' END AS member_kind,
       coalesce(f.member_upn, f.member_name, f.member_id) AS member,
       f.actor_type AS actor_kind, f.actor_id, f.actor_upn, f.actor_name,
       coalesce(f.actor_upn, f.actor_name, f.actor_id, f.actor_app_id) AS actor,
       coalesce(f.actor_ip, detail(f.details, 'ipaddr')) AS ip,
       coalesce(nullif(detail(f.details, 'Justification'), ''), CASE WHEN f.service = 'PIM' THEN f.result_reason END)
           AS justification,
       try_cast(detail(f.details, 'StartTime') AS TIMESTAMP) AS starts_at,
       try_cast(detail(f.details, 'ExpirationTime') AS TIMESTAMP) AS expires_at,
       coalesce(detail(f.details, 'RoleAssignmentRequestId'), f.request_target, detail(f.details, 'RequestId'))
           AS request_id
FROM fact f
LEFT JOIN ref_role by_id ON f.template_id = by_id.template_id
LEFT JOIN ref_role by_name
    ON by_id.role IS NULL
       AND by_name.role = CASE coalesce(f.property_role, f.target_role)
                              -- The old name, which Azure AD Graph and its PowerShell module still write.
                              WHEN 'Company Administrator' THEN 'Global Administrator'
                              ELSE coalesce(f.property_role, f.target_role) END

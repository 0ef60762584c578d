-- name: app_consent
-- about: One row per permission grant in an audit event: a consent, a delegated permission grant, an app role granted
--     to a service principal, a user or group assigned to an application, and their removals. One consent of a person
--     makes several events with one correlation id: the grant stands in `Consent to application` and again in `Add
--     delegated permission grant`.
-- column change: `granted` or `revoked`.
-- column grant_type: `delegated` (the application acts as a user), `application` (it acts as itself), `assignment` (a
--     user or group may use the application; no permission of the application itself).
-- column app_id: Application (client) id of the application that got the permissions.
-- column app_object_id: Object id of its service principal.
-- column app_name: Its name, where the archive has it.
-- column resource_id: Object id of the service principal of the API that the permissions are for.
-- column resource_name: Name of that API.
-- column consent_kind: `admin` or `user`, as the consent itself says; admin too where only an administrator can grant:
--     app roles, and grants for everyone. NULL where nothing tells.
-- column is_for_everyone: Whether the grant is for all users of the tenant; NULL for app roles.
-- column principal_id: Object id of the one user (or group) that it is for.
-- column principal_upn: User principal name of that user, where the archive has it.
-- column permissions: Permissions of the grant after the event; of a revoked one those before it.
-- column permissions_added: Those that the grant did not have before.
-- column operation: What the events of one act of consent have in common: the correlation id, else the event's id.
WITH event AS (
    SELECT event_time, id, tenant_id, correlation_id, activity, lower(activity) AS activity_key, result,
           actor_type, actor_id, actor_upn, actor_name, actor_app_id, actor_service_principal_id, actor_ip,
           target_id, target_name, details
    FROM audit
    WHERE lower(activity) IN (
        'consent to application', 'add delegated permission grant', 'remove delegated permission grant',
        'add oauth2permissiongrant', 'remove oauth2permissiongrant',
        'add app role assignment to service principal', 'remove app role assignment from service principal',
        'add app role assignment grant to user', 'remove app role assignment from user',
        'add app role assignment to group', 'remove app role assignment from group')
),
property AS (
    SELECT id, tenant_id, target_id, target_name, lower(property) AS property,
           nullif(old_value, '') AS old_value, nullif(new_value, '') AS new_value,
           coalesce(nullif(new_value, ''), nullif(old_value, '')) AS value
    FROM audit_change
    WHERE lower(activity) IN (
        'consent to application', 'add delegated permission grant', 'remove delegated permission grant',
        'add oauth2permissiongrant', 'remove oauth2permissiongrant',
        'add app role assignment to service principal', 'remove app role assignment from service principal',
        'add app role assignment grant to user', 'remove app role assignment from user',
        'add app role assignment to group', 'remove app role assignment from group')
),
fact AS (
    SELECT id, tenant_id,
           max(lower(value)) FILTER (WHERE property = 'consentcontext.isadminconsent') AS is_admin,
           max(lower(value)) FILTER (WHERE property = 'consentcontext.onbehalfofall') AS is_for_all,
           max(value) FILTER (WHERE property = 'consentaction.permissions') AS consented,
           max(old_value) FILTER (WHERE property = 'delegatedpermissiongrant.scope') AS old_scope,
           max(new_value) FILTER (WHERE property = 'delegatedpermissiongrant.scope') AS new_scope,
           max(lower(value)) FILTER (WHERE property = 'delegatedpermissiongrant.consenttype') AS consent_type,
           max(value) FILTER (WHERE property = 'delegatedpermissiongrant.principalid') AS principal_id,
           max(value) FILTER (WHERE property = 'serviceprincipal.objectid') AS client_id,
           max(value) FILTER (WHERE property = 'serviceprincipal.displayname') AS client_name,
           max(value) FILTER (WHERE property = 'serviceprincipal.appid') AS client_app_id,
           max(value) FILTER (WHERE property = 'approle.value') AS role_value,
           max(value) FILTER (WHERE property IN ('user.objectid', 'group.objectid')) AS assignee_id,
           max(value) FILTER (WHERE property = 'user.upn') AS assignee_upn
    FROM property
    GROUP BY id, tenant_id
),
-- `[old grants] => [[Id: …, ClientId: …, PrincipalId: …, ResourceId: …, ConsentType: …, Scope: a b], …]; `
part AS (
    SELECT id, tenant_id, is_new,
           unnest(string_to_array(CASE WHEN is_new THEN new_part ELSE old_part END, '[Id:')) AS part
    FROM (
        SELECT id, tenant_id, is_new,
               CASE WHEN strpos(consented, '=>') > 0 THEN split_part(consented, '=>', 1) END AS old_part,
               CASE WHEN strpos(consented, '=>') > 0 THEN split_part(consented, '=>', 2) ELSE consented END AS new_part
        FROM fact CROSS JOIN (VALUES (true), (false)) AS side (is_new)
        WHERE consented IS NOT NULL
    )
),
entry AS (
    SELECT id, tenant_id, packed_value(part, 'ResourceId') AS resource_id,
           packed_value(part, 'PrincipalId') AS principal_id, lower(packed_value(part, 'ConsentType')) AS consent_type,
           string_agg(regexp_replace(packed_value(part, 'Scope'), '\].*$', ''), ' ') FILTER (WHERE is_new) AS new_scope,
           string_agg(regexp_replace(packed_value(part, 'Scope'), '\].*$', ''), ' ') FILTER (WHERE NOT is_new)
               AS old_scope,
           bool_or(is_new) AS is_kept
    FROM part
    WHERE strpos(part, 'Scope:') > 0
    GROUP BY 1, 2, 3, 4, 5
),
service_principal AS (
    SELECT object_id, max(name) AS name, max(app_id) AS app_id
    FROM (
        SELECT target_id AS object_id, target_name AS name,
               CASE WHEN property = 'targetid.serviceprincipalnames'
                    THEN regexp_match(value, '[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}')[1] END AS app_id
        FROM property
        UNION ALL
        SELECT client_id, client_name, client_app_id FROM fact
        UNION ALL
        SELECT target_id, target_name, detail(details, 'AppId')
        FROM audit
        WHERE lower(activity) IN ('consent to application', 'add service principal')
    )
    WHERE object_id IS NOT NULL
    GROUP BY object_id
),
grant_row AS (
    SELECT e.*,
           CASE WHEN e.activity_key LIKE 'remove %' THEN 'revoked' ELSE 'granted' END AS change,
           CASE WHEN e.activity_key LIKE '%service principal' THEN 'application'
                WHEN e.activity_key LIKE '%app role assignment%' THEN 'assignment'
                ELSE 'delegated' END AS grant_type,
           CASE WHEN e.activity_key = 'consent to application' OR e.activity_key LIKE '%user'
                     OR e.activity_key LIKE '%group' THEN e.target_id ELSE f.client_id END AS app_object_id,
           CASE WHEN e.activity_key = 'consent to application' OR e.activity_key LIKE '%user'
                     OR e.activity_key LIKE '%group' THEN e.target_name ELSE f.client_name END AS own_app_name,
           CASE WHEN e.activity_key = 'consent to application' THEN detail(e.details, 'AppId')
                ELSE f.client_app_id END AS own_app_id,
           CASE WHEN e.activity_key = 'consent to application' THEN n.resource_id
                WHEN e.activity_key NOT LIKE '%user' AND e.activity_key NOT LIKE '%group' THEN e.target_id END
               AS resource_id,
           CASE WHEN e.activity_key = 'consent to application' THEN NULL
                WHEN e.activity_key NOT LIKE '%user' AND e.activity_key NOT LIKE '%group' THEN e.target_name END
               AS own_resource_name,
           CASE f.is_admin WHEN 'true' THEN 'admin' WHEN 'false' THEN 'user' END AS own_kind,
           CASE coalesce(n.consent_type, f.consent_type) WHEN 'allprincipals' THEN true WHEN 'principal' THEN false
                ELSE f.is_for_all = 'true' END AS is_for_everyone,
           coalesce(n.principal_id, f.principal_id, f.assignee_id) AS principal_id, f.assignee_upn,
           regexp_replace(trim(CASE
               WHEN e.activity_key = 'consent to application' THEN n.new_scope
               WHEN e.activity_key LIKE '%app role assignment%' THEN f.role_value
               ELSE coalesce(f.new_scope, f.old_scope) END), '\s+', ' ', 'g') AS scope,
           regexp_replace(trim(CASE
               WHEN e.activity_key = 'consent to application' THEN n.old_scope
               WHEN e.activity_key LIKE '%app role assignment%' THEN NULL
               ELSE f.old_scope END), '\s+', ' ', 'g') AS old_scope,
           coalesce(nullif(e.correlation_id, '00000000-0000-0000-0000-000000000000'), e.id) AS operation
    FROM event e
    LEFT JOIN fact f ON f.id = e.id AND (f.tenant_id IS NOT DISTINCT FROM e.tenant_id)
    LEFT JOIN entry n ON n.id = e.id AND (n.tenant_id IS NOT DISTINCT FROM e.tenant_id) AND n.is_kept
)
SELECT g.event_time, g.id, g.tenant_id, g.correlation_id, g.operation, g.activity, g.result, g.change, g.grant_type,
       coalesce(g.own_app_id, s.app_id) AS app_id, g.app_object_id, coalesce(g.own_app_name, s.name) AS app_name,
       g.resource_id, coalesce(g.own_resource_name, r.name) AS resource_name,
       coalesce(g.own_kind,
                CASE WHEN g.grant_type = 'application' OR g.is_for_everyone THEN 'admin'
                     WHEN g.grant_type = 'delegated'
                     THEN max(g.own_kind) OVER (PARTITION BY g.tenant_id, g.operation, g.app_object_id) END)
           AS consent_kind,
       CASE WHEN g.grant_type = 'delegated' THEN g.is_for_everyone END AS is_for_everyone,
       CASE WHEN g.is_for_everyone IS NOT TRUE THEN coalesce(g.principal_id,
            CASE WHEN g.activity_key = 'consent to application' THEN g.actor_id END) END AS principal_id,
       CASE WHEN g.is_for_everyone IS NOT TRUE THEN coalesce(g.assignee_upn,
            CASE WHEN lower(g.principal_id) = lower(g.actor_id)
                      OR g.principal_id IS NULL AND g.activity_key = 'consent to application' THEN g.actor_upn END) END
           AS principal_upn,
       array_sort(array_distinct(string_to_array(nullif(g.scope, ''), ' '))) AS permissions,
       CASE WHEN g.change = 'granted' THEN
           array_sort(array_except(array_distinct(string_to_array(nullif(g.scope, ''), ' ')),
                                   coalesce(string_to_array(nullif(g.old_scope, ''), ' '), make_array('')))) END
           AS permissions_added,
       g.actor_type, g.actor_id, g.actor_upn, g.actor_name, g.actor_app_id, g.actor_service_principal_id, g.actor_ip
FROM grant_row g
LEFT JOIN service_principal s ON s.object_id = g.app_object_id
LEFT JOIN service_principal r ON r.object_id = g.resource_id

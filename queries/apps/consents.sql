-- name: Consents
-- question: Who consented to which application, as administrator or user, for everyone or one, and to what?
-- kind: report
-- technique: T1528
-- needs: audit
-- param: scope text optional; Only consents that include a permission whose name contains this.
-- param: app text optional; Only this application: its client id, object id or name.
-- caveat: One row per act of consent: the events of one correlation id about one application. What is listed was asked
--     for in that act; it may have been granted before.
-- caveat: consent_kind is NULL where no event says whether an administrator or a user consented.
-- caveat: Users and groups that were assigned to an application are not in here, revoked grants neither.
WITH item AS (
    SELECT event_time, id, tenant_id, operation, result, grant_type, app_id, app_object_id, app_name, resource_name,
           resource_id, consent_kind, is_for_everyone, principal_id, principal_upn, actor_ip,
           coalesce(actor_upn, actor_name, actor_id, actor_app_id, actor_type) AS actor,
           -- A consent that names no permission is a consent, too.
           unnest(coalesce(permissions, make_array(NULL))) AS permission
    FROM app_consent
    WHERE change = 'granted' AND grant_type <> 'assignment'
),
act AS (
    SELECT min(event_time) AS event_time, tenant_id, operation, result, app_object_id, max(actor) AS actor,
           max(app_name) AS app_name, max(app_id) AS app_id,
           -- A consent by an administrator may bring grants along that say nothing of the kind.
           min(consent_kind) AS consent_kind, bool_or(is_for_everyone) AS is_for_everyone,
           max(coalesce(principal_upn, principal_id)) AS principal,
           array_agg(DISTINCT permission ORDER BY permission)
               FILTER (WHERE grant_type = 'delegated' AND permission IS NOT NULL) AS delegated_permissions,
           array_agg(DISTINCT permission ORDER BY permission)
               FILTER (WHERE grant_type = 'application' AND permission IS NOT NULL) AS application_permissions,
           array_agg(DISTINCT coalesce(resource_name, resource_id) ORDER BY coalesce(resource_name, resource_id))
               FILTER (WHERE resource_name IS NOT NULL OR resource_id IS NOT NULL) AS resources,
           max(actor_ip) AS ip,
           array_agg(DISTINCT id ORDER BY id) AS event_ids
    FROM item
    GROUP BY tenant_id, operation, result, app_object_id
)
SELECT event_time, actor, coalesce(app_name, app_object_id) AS app, app_id, consent_kind, is_for_everyone,
       CASE WHEN is_for_everyone THEN NULL ELSE principal END AS principal,
       delegated_permissions, application_permissions, resources, result, ip, event_ids
FROM act
WHERE ($scope IS NULL
       OR strpos(lower(concat_ws(' ', array_to_string(delegated_permissions, ' '),
                                 array_to_string(application_permissions, ' '))), lower($scope)) > 0)
  AND ($app IS NULL OR lower(app_id) = lower($app) OR lower(app_object_id) = lower($app)
       OR lower(app_name) = lower($app))
ORDER BY event_time, operation, app_object_id, result

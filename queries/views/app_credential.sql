-- name: app_credential
-- about: One row per key that was added to, removed from or changed on an application or service principal. Microsoft
--     logs names and ids of keys, never their content.
-- column change: `added`, `removed`, or `changed`: a federated credential that kept its id and got another issuer or
--     subject.
-- column app_id: Application (client) id.
-- column app_object_id: Object id of the application or service principal that has the key.
-- column app_object_type: `Application` or `ServicePrincipal`.
-- column app_name: Name of the application.
-- column key_id: Id of the key; of a federated credential without an id its name.
-- column kind: `secret`, `certificate`, `federated`, else the source's own word.
-- column key_name: Display name of the key.
-- column expires_at: When the key expires, as the source spells it; mostly not logged.
-- column issuer: Of a federated credential: who issues the tokens that it trusts.
-- column subject: Of a federated credential: whose tokens it trusts.
-- column had_one_before: Whether the object had a key of this sort (secrets and certificates are one) before the event.
-- column operation: What the events of one change have in common: the correlation id, else the event's id.
WITH target AS (
    SELECT event_time, id, tenant_id, correlation_id, activity, result, actor_type, actor_id, actor_upn, actor_name,
           actor_app_id, actor_service_principal_id, actor_ip, detail(details, 'AppId') AS app_id,
           unnest(targets) AS one
    FROM audit
    WHERE (lower(activity) LIKE 'update application%'
           OR lower(activity) IN ('add application', 'add service principal', 'update service principal',
                                  'add service principal credentials', 'remove service principal credentials'))
      AND cardinality(targets) > 0
),
property AS (
    SELECT event_time, id, tenant_id, correlation_id, activity, result, actor_type, actor_id, actor_upn, actor_name,
           actor_app_id, actor_service_principal_id, actor_ip, app_id, one['id'] AS app_object_id,
           one['type'] AS app_object_type, one['name'] AS app_name, unnest(one['modified_properties']) AS p
    FROM target
    WHERE cardinality(one['modified_properties']) > 0
),
key_list AS (
    SELECT event_time, id, tenant_id, correlation_id, activity, result, actor_type, actor_id, actor_upn, actor_name,
           actor_app_id, actor_service_principal_id, actor_ip, app_id, app_object_id, app_object_type, app_name,
           lower(p['name']) = 'federatedidentitycredentials' AS is_federated,
           p['old_value'] AS old_value, p['new_value'] AS new_value,
           coalesce(key_ids(p['old_value']), make_array()) AS old_ids,
           coalesce(key_ids(p['new_value']), make_array()) AS new_ids
    FROM property
    WHERE lower(p['name']) IN ('keydescription', 'federatedidentitycredentials')
),
key_change AS (
    SELECT *, 'added' AS change, new_value AS value, unnest(array_except(new_ids, old_ids)) AS key_id FROM key_list
    UNION ALL
    SELECT *, 'removed', old_value AS value, unnest(array_except(old_ids, new_ids)) AS key_id FROM key_list
    UNION ALL
    SELECT *, 'changed', new_value AS value, unnest(array_intersect(new_ids, old_ids)) AS key_id FROM key_list
    WHERE is_federated
),
key_row AS (
    SELECT *, coalesce(nullif(correlation_id, '00000000-0000-0000-0000-000000000000'), id) AS operation
    FROM key_change
    WHERE key_id IS NOT NULL
      AND (change <> 'changed'
           OR (key_fact(old_value, key_id, 'Issuer') IS DISTINCT FROM key_fact(new_value, key_id, 'Issuer'))
           OR (key_fact(old_value, key_id, 'Subject') IS DISTINCT FROM key_fact(new_value, key_id, 'Subject')))
),
-- The same change may stand in two events of one operation.
numbered AS (
    SELECT *, row_number() OVER (
               PARTITION BY tenant_id, operation, app_object_id, is_federated, change, key_id
               ORDER BY event_time, id) AS repetition
    FROM key_row
)
SELECT event_time, id, tenant_id, correlation_id, operation, activity, result, change, app_id, app_object_id,
       app_object_type, app_name, key_id,
       CASE WHEN is_federated THEN 'federated'
            WHEN lower(key_fact(value, key_id, 'KeyType')) = 'password' THEN 'secret'
            WHEN lower(key_fact(value, key_id, 'KeyType')) LIKE '%x509%' THEN 'certificate'
            ELSE key_fact(value, key_id, 'KeyType') END AS kind,
       CASE WHEN is_federated THEN key_fact(value, key_id, 'Name')
            ELSE key_fact(value, key_id, 'DisplayName') END AS key_name,
       key_fact(value, key_id, 'EndDateTime') AS expires_at,
       CASE WHEN is_federated THEN key_fact(value, key_id, 'Issuer') END AS issuer,
       CASE WHEN is_federated THEN key_fact(value, key_id, 'Subject') END AS subject,
       cardinality(old_ids) > 0 AS had_one_before,
       actor_type, actor_id, actor_upn, actor_name, actor_app_id, actor_service_principal_id, actor_ip
FROM numbered
WHERE repetition = 1

-- name: Credential after consent
-- question: To which applications was a credential added soon after an administrator's consent?
-- kind: detection
-- technique: T1098.001
-- severity: medium
-- needs: audit
-- param: within duration = 1d; How long after the consent.
-- caveat: Application and service principal are two objects: they are taken for one if the client id, the object id or
--     the name is the same. Names are not unique.
-- caveat: One row per key, with the last consent before it. Low where the same person did both, as whoever sets up an
--     application does.
WITH consent AS (
    SELECT tenant_id, operation, app_object_id, min(event_time) AS consent_at, max(app_id) AS app_id,
           max(app_name) AS app_name,
           max(coalesce(actor_upn, actor_name, actor_id, actor_app_id, actor_type)) AS consent_by,
           array_agg(DISTINCT id ORDER BY id) AS consent_ids
    FROM app_consent
    WHERE change = 'granted' AND consent_kind = 'admin' AND (result IS NULL OR result = 'success')
    GROUP BY tenant_id, operation, app_object_id
),
credential AS (
    SELECT event_time AS credential_at, id, tenant_id, app_id, app_object_id, app_name, kind, key_id, key_name,
           actor_ip, coalesce(actor_upn, actor_name, actor_id, actor_app_id, actor_type) AS credential_by
    FROM app_credential
    WHERE change IN ('added', 'changed') AND (result IS NULL OR result = 'success')
),
consent_key AS (
    SELECT *, unnest(make_array('object ' || lower(app_object_id), 'client ' || lower(app_id),
                                'name ' || lower(app_name))) AS app_key
    FROM consent
),
credential_key AS (
    SELECT *, unnest(make_array('object ' || lower(app_object_id), 'client ' || lower(app_id),
                                'name ' || lower(app_name))) AS app_key
    FROM credential
),
pair AS (
    SELECT k.credential_at, k.id, k.tenant_id, k.app_object_id, k.kind, k.key_id, k.key_name, k.actor_ip,
           k.credential_by, c.consent_at, c.consent_by, c.consent_ids,
           coalesce(k.app_name, c.app_name) AS app, coalesce(k.app_id, c.app_id) AS app_id,
           row_number() OVER (PARTITION BY k.tenant_id, k.id, k.app_object_id, k.kind, k.key_id
                              ORDER BY c.consent_at DESC, c.operation, k.app_key) AS place
    FROM credential_key k
    JOIN consent_key c ON c.app_key = k.app_key
                      -- Some downloads do not name the tenant.
                      AND (c.tenant_id = k.tenant_id OR c.tenant_id IS NULL OR k.tenant_id IS NULL)
                      AND k.credential_at >= c.consent_at AND k.credential_at <= c.consent_at + $within
)
SELECT consent_at, credential_at, app, app_id, consent_by, credential_by, kind, key_id, key_name, actor_ip AS ip,
       CASE WHEN consent_by IS DISTINCT FROM credential_by THEN 'medium' ELSE 'low' END AS severity,
       concat(coalesce(credential_by, 'Somebody'), ' added a ',
              CASE kind WHEN 'federated' THEN 'federated credential' ELSE coalesce(kind, 'key') END, ' to ',
              coalesce(app, app_object_id, 'an application'), ' after ', coalesce(consent_by, 'somebody'),
              ' had consented to it') AS finding,
       consent_at AS first_time, credential_at AS last_time, array_append(consent_ids, id) AS event_ids
FROM pair
WHERE place = 1
ORDER BY credential_at, id, app_object_id, kind, key_id

-- name: Risky consents
-- question: Which consents and app roles gave an application a permission that attackers use?
-- kind: detection
-- technique: T1528
-- severity: high
-- needs: audit
-- param: risk text = medium; Lowest risk to list: high, medium or low.
-- caveat: The permissions and their risk are those of ref_permission; a permission that is not in it is not listed.
-- caveat: One row per act of consent, application and permission, and only if the permission was not granted before.
-- caveat: High is a permission of high risk that a user consented to, or that an application gave itself. What an
--     administrator granted is medium at most; a look at the application itself decides.
-- caveat: An application that three users or more consented to, over more than two weeks, is in use, as the mail
--     program of a telephone is: consents of users to it are a step milder.
WITH added AS (
    SELECT event_time, id, tenant_id, operation, grant_type, app_id, app_object_id, app_name,
           coalesce(resource_name, resource_id) AS resource, consent_kind, is_for_everyone, actor_ip,
           coalesce(principal_upn, principal_id) AS principal,
           coalesce(actor_upn, actor_name, actor_id, actor_app_id, actor_type) AS actor,
           coalesce(actor_service_principal_id = app_object_id, actor_app_id = app_id, false) AS is_self_granted,
           unnest(permissions_added) AS permission
    FROM app_consent
    WHERE change = 'granted' AND grant_type <> 'assignment' AND (result IS NULL OR result = 'success')
),
act AS (
    SELECT tenant_id, operation, app_object_id, grant_type, lower(permission) AS permission_key,
           min(event_time) AS first_time, max(event_time) AS last_time, max(permission) AS permission,
           max(app_id) AS app_id, max(app_name) AS app_name, max(resource) AS resource,
           min(consent_kind) AS consent_kind, bool_or(is_for_everyone) AS is_for_everyone, max(principal) AS principal,
           max(actor) AS actor, max(actor_ip) AS ip, bool_or(is_self_granted) AS is_self_granted,
           array_agg(DISTINCT id ORDER BY id) AS event_ids
    FROM added
    WHERE permission IS NOT NULL
    GROUP BY 1, 2, 3, 4, 5
),
in_use AS (
    SELECT tenant_id, app_object_id
    FROM act
    WHERE consent_kind = 'user'
    GROUP BY tenant_id, app_object_id
    HAVING count(DISTINCT actor) >= 3 AND max(first_time) > min(first_time) + INTERVAL '14' DAY
),
known AS (
    SELECT lower(permission) AS permission_key, kind, resource, why,
           CASE risk WHEN 'high' THEN 3 WHEN 'medium' THEN 2 ELSE 1 END AS risk_rank, risk
    FROM ref_permission
),
-- A name that several APIs have: that of the consent's own API counts, else the riskiest.
judged AS (
    SELECT a.*, k.risk, k.risk_rank, k.why, u.app_object_id IS NOT NULL AND NOT a.is_self_granted AS is_in_use,
           row_number() OVER (
               PARTITION BY a.tenant_id, a.operation, a.app_object_id, a.grant_type, a.permission_key
               ORDER BY (lower(k.resource) = lower(a.resource)) DESC NULLS LAST, k.risk_rank DESC, k.resource) AS place
    FROM act a
    JOIN known k ON k.permission_key = a.permission_key AND (k.kind = 'both' OR k.kind = a.grant_type)
    LEFT JOIN in_use u ON u.app_object_id = a.app_object_id AND u.tenant_id IS NOT DISTINCT FROM a.tenant_id
)
SELECT first_time AS event_time, actor, coalesce(app_name, app_object_id) AS app, app_id, permission, grant_type,
       resource, why AS why_risky, risk, consent_kind, is_for_everyone,
       CASE WHEN is_for_everyone THEN NULL ELSE principal END AS principal, ip,
       CASE WHEN risk_rank = 3 AND (consent_kind = 'user' OR is_self_granted) AND NOT is_in_use THEN 'high'
            WHEN risk_rank = 3 OR risk_rank = 2 AND consent_kind = 'user' AND NOT is_in_use THEN 'medium'
            ELSE 'low' END AS severity,
       concat(coalesce(actor, 'Somebody'),
              CASE WHEN is_self_granted THEN ' gave itself '
                   ELSE concat(CASE consent_kind WHEN 'user' THEN ' as a user gave ' ELSE ' gave ' END,
                               coalesce(app_name, app_object_id, 'an application'), ' ') END,
              permission, ' (', grant_type,
              CASE WHEN is_for_everyone THEN ', for everyone' ELSE '' END, ')',
              CASE WHEN is_in_use AND consent_kind = 'user' THEN ', as others did before or since' ELSE '' END)
           AS finding,
       first_time, last_time, event_ids
FROM judged
WHERE place = 1 AND risk_rank >= CASE lower($risk) WHEN 'high' THEN 3 WHEN 'medium' THEN 2 ELSE 1 END
ORDER BY first_time, operation, app_object_id, grant_type, permission_key

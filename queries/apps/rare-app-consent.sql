-- name: Consent to a new application
-- question: Which consents were to an application that nobody had consented to before?
-- kind: detection
-- technique: T1528
-- severity: medium
-- needs: audit
-- param: baseline duration = 30d; An application counts as new again after so long without any consent.
-- caveat: Known is what the archive shows, and `--from` hides what lies before it. history_days are the days of the
--     baseline before the consent that have any audit event; with fewer than half of them the finding is low.
-- caveat: Applications are told apart by client id, else object id, else name. Consents of administrators are low.
WITH item AS (
    SELECT event_time, id, tenant_id, operation, app_id, app_object_id, app_name, consent_kind, is_for_everyone,
           coalesce(app_id, app_object_id, app_name) AS app_key, actor_ip,
           coalesce(actor_upn, actor_name, actor_id, actor_app_id, actor_type) AS actor,
           unnest(coalesce(permissions, make_array(NULL))) AS permission
    FROM app_consent
    WHERE change = 'granted' AND grant_type <> 'assignment' AND (result IS NULL OR result = 'success')
),
act AS (
    SELECT tenant_id, operation, app_key, min(event_time) AS first_time, max(event_time) AS last_time,
           max(actor) AS actor, max(app_name) AS app_name, max(app_id) AS app_id, min(consent_kind) AS consent_kind,
           bool_or(is_for_everyone) AS is_for_everyone, max(actor_ip) AS ip,
           array_agg(DISTINCT permission ORDER BY permission) FILTER (WHERE permission IS NOT NULL) AS permissions,
           array_agg(DISTINCT id ORDER BY id) AS event_ids
    FROM item
    WHERE app_key IS NOT NULL
    GROUP BY tenant_id, operation, app_key
),
-- Some downloads do not name the tenant.
in_tenant AS (
    SELECT *, coalesce(tenant_id, max(tenant_id) OVER ()) AS likely_tenant_id FROM act
),
since AS (
    SELECT *,
           lag(first_time) OVER (PARTITION BY likely_tenant_id, app_key ORDER BY first_time, operation)
               AS previous_consent
    FROM in_tenant
),
history AS (
    SELECT day, count(*) OVER (ORDER BY day RANGE BETWEEN $baseline PRECEDING AND CURRENT ROW) - 1 AS history_days
    FROM (SELECT DISTINCT date_trunc('day', event_time) AS day FROM audit)
)
SELECT s.first_time AS event_time, s.actor, coalesce(s.app_name, s.app_key) AS app, s.app_id, s.consent_kind,
       s.is_for_everyone, s.permissions, s.previous_consent, h.history_days, s.ip,
       CASE WHEN s.consent_kind = 'admin' OR h.history_days < date_part('epoch', $baseline) / 86400 / 2 THEN 'low'
            ELSE 'medium' END AS severity,
       concat(coalesce(s.actor, 'Somebody'), ' consented to ', coalesce(s.app_name, s.app_key),
              CASE WHEN s.previous_consent IS NULL THEN ', which nobody had consented to before'
                   ELSE concat(', last consented to on ', to_char(s.previous_consent, '%Y-%m-%d')) END) AS finding,
       s.first_time, s.last_time, s.event_ids
FROM since s
LEFT JOIN history h ON h.day = date_trunc('day', s.first_time)
WHERE s.previous_consent IS NULL OR s.first_time > s.previous_consent + $baseline
ORDER BY s.first_time, s.operation, s.app_key

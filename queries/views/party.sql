-- name: party
-- about: One row per event and party to it: who did it (`by`), what it was done to (`to`; every target, not only the
--     first), and the application, address and operation that it belongs to (`at`). What `auditql timeline` looks in.
-- column source: Table of the event, as in `timeline`; `directory_user` and `invitation` say only who is who.
-- column is_known: The event tells who it is: not of addresses, operations, details and claims.
-- column direction: `by`, `to` or `at`; NULL where nothing happened.
-- column kind: `user`, `application`, `service principal`, `group` …; `address`, `operation` (a correlation id),
--     `detail` (an additional detail that may name somebody), `claim` (one of what is known of a party, or a part of
--     the address of a request).
-- column party_id: Object id; of `address`, `operation`, `detail` and `claim` the value itself.
-- column party_upn: User principal name, also the one that is packed into a redemption's target name.
-- column party_mail: Mail address: the one that was invited, that is packed into the name, or that a guest's user
--     principal name is made of.
-- column party_app_id: Application (client) id.
-- column party_name: Display name.
WITH one AS (
    -- Of B2C's journeys the consumer is who acts, and the application is where.
    SELECT event_time, 'audit' AS source, id, tenant_id, TRUE AS is_known,
           CASE WHEN service = 'B2C' AND actor_upn IS NULL AND actor_type = 'application' AND target_type = 'User'
               THEN 'at' ELSE 'by' END AS direction,
           CASE WHEN actor_type = 'application' THEN 'service principal' ELSE coalesce(actor_type, 'user') END AS kind,
           actor_id AS party_id, actor_upn AS upn, CAST(NULL AS TEXT) AS mail,
           CASE WHEN actor_type = 'application' THEN coalesce(actor_app_id, actor_service_principal_name) END AS app_id,
           actor_name AS name
    FROM audit
    WHERE actor_id IS NOT NULL OR actor_upn IS NOT NULL OR actor_app_id IS NOT NULL OR actor_name IS NOT NULL
       OR actor_service_principal_name IS NOT NULL
    UNION ALL
    SELECT event_time, 'audit', id, tenant_id, TRUE,
           CASE WHEN service = 'B2C' AND actor_upn IS NULL AND actor_type = 'application' AND target_type = 'User'
               THEN 'by' ELSE 'to' END,
           coalesce(target_type, 'user'), target_id,
           coalesce(target_upn, CASE WHEN target_name LIKE '%UPN: %' THEN packed_value(target_name, 'UPN') END),
           CASE WHEN target_name LIKE '%Email: %' THEN packed_value(target_name, 'Email') END, NULL,
           CASE WHEN target_name LIKE '%UPN: %' THEN NULL ELSE target_name END
    FROM audit
    WHERE target_id IS NOT NULL OR target_upn IS NOT NULL OR target_name IS NOT NULL
    UNION ALL
    -- Most events have one target: only the others are taken apart.
    SELECT event_time, 'audit', id, tenant_id, TRUE, 'to', coalesce(t['type'], 'user'), t['id'],
           coalesce(t['upn'], CASE WHEN t['name'] LIKE '%UPN: %' THEN packed_value(t['name'], 'UPN') END),
           CASE WHEN t['name'] LIKE '%Email: %' THEN packed_value(t['name'], 'Email') END, NULL,
           CASE WHEN t['name'] LIKE '%UPN: %' THEN NULL ELSE t['name'] END
    FROM (SELECT event_time, id, tenant_id, unnest(targets) AS t FROM audit WHERE coalesce(target_count, 2) > 1)
    UNION ALL
    SELECT event_time, 'audit', id, tenant_id, TRUE, 'to', 'user', target_id, target_upn,
           detail(details, 'invitedUserEmailAddress'), NULL, NULL
    FROM audit
    WHERE service = 'Invited Users'
    UNION ALL
    -- What B2C's details name is in columns.
    SELECT event_time, 'audit', id, tenant_id, FALSE, 'at', 'detail', d['value'], NULL, NULL, NULL, NULL
    FROM (SELECT event_time, id, tenant_id, unnest(details) AS d FROM audit WHERE service IS DISTINCT FROM 'B2C')
    UNION ALL
    SELECT event_time, 'audit', id, tenant_id, TRUE, 'at', 'application', NULL, NULL, NULL, application_id, NULL
    FROM audit
    WHERE application_id IS NOT NULL
    UNION ALL
    SELECT event_time, 'audit', id, tenant_id, FALSE, 'at', 'address', actor_ip, NULL, NULL, NULL, NULL
    FROM audit
    WHERE actor_ip IS NOT NULL
    UNION ALL
    SELECT event_time, 'audit', id, tenant_id, FALSE, 'at', 'address', client_ip, NULL, NULL, NULL, NULL
    FROM audit
    WHERE client_ip IS DISTINCT FROM actor_ip
    UNION ALL
    SELECT event_time, 'audit', id, tenant_id, FALSE, 'at', 'operation', correlation_id, NULL, NULL, NULL, NULL
    FROM audit
    WHERE correlation_id IS NOT NULL
    UNION ALL
    SELECT event_time, 'signin', id, tenant_id, TRUE, 'by', 'user', user_id, user_upn, NULL, NULL, user_name
    FROM signin
    WHERE user_id IS NOT NULL OR user_upn IS NOT NULL OR user_name IS NOT NULL
    UNION ALL
    SELECT event_time, 'signin', id, tenant_id, TRUE,
           'by', 'service principal', service_principal_id, NULL, NULL, app_id,
           service_principal_name
    FROM signin
    WHERE service_principal_id IS NOT NULL
    UNION ALL
    SELECT event_time, 'signin', id, tenant_id, TRUE, 'at', 'application', NULL, NULL, NULL, app_id, app_name
    FROM signin
    WHERE app_id IS NOT NULL OR app_name IS NOT NULL
    UNION ALL
    SELECT event_time, 'signin', id, tenant_id, TRUE,
           'to', 'application', NULL, NULL, NULL, resource_id, resource_name
    FROM signin
    WHERE resource_id IS NOT NULL OR resource_name IS NOT NULL
    UNION ALL
    SELECT event_time, 'signin', id, tenant_id, TRUE, 'at', 'device', device_id, NULL, NULL, NULL, device_name
    FROM signin
    WHERE device_id IS NOT NULL OR device_name IS NOT NULL
    UNION ALL
    SELECT event_time, 'signin', id, tenant_id, FALSE, 'at', 'address', ip_address, NULL, NULL, NULL, NULL
    FROM signin
    WHERE ip_address IS NOT NULL
    UNION ALL
    SELECT event_time, 'signin', id, tenant_id, FALSE, 'at', 'operation', correlation_id, NULL, NULL, NULL, NULL
    FROM signin
    WHERE correlation_id IS NOT NULL
    UNION ALL
    SELECT event_time, 'unified_audit', id, tenant_id, TRUE, 'by', 'user', actor_id, actor_upn, NULL, NULL,
           coalesce(actor_name, actor_service_principal_name)
    FROM unified_audit
    UNION ALL
    -- An actor or target is a list of claims: its ids, names and keys.
    SELECT event_time, 'unified_audit', id, tenant_id, FALSE, 'by', 'claim', c['id'], NULL, NULL, NULL, NULL
    FROM (SELECT event_time, id, tenant_id, unnest(actors) AS c FROM unified_audit)
    UNION ALL
    SELECT event_time, 'unified_audit', id, tenant_id, FALSE, 'to', 'claim', c['id'], NULL, NULL, NULL, NULL
    FROM (SELECT event_time, id, tenant_id, unnest(targets) AS c FROM unified_audit)
    UNION ALL
    SELECT event_time, 'unified_audit', id, tenant_id, FALSE,
           'to', 'claim', object_id, target_upn, NULL, NULL, target_name
    FROM unified_audit
    UNION ALL
    SELECT event_time, 'unified_audit', id, tenant_id, TRUE,
           'at', 'application', NULL, NULL, NULL, application_id, NULL
    FROM unified_audit
    WHERE application_id IS NOT NULL
    UNION ALL
    SELECT event_time, 'unified_audit', id, tenant_id, FALSE, 'at', 'address', client_ip, NULL, NULL, NULL, NULL
    FROM unified_audit
    WHERE client_ip IS NOT NULL
    UNION ALL
    SELECT event_time, 'unified_audit', id, tenant_id, FALSE,
           'at', 'operation', correlation_id, NULL, NULL, NULL, NULL
    FROM unified_audit
    WHERE correlation_id IS NOT NULL
    UNION ALL
    SELECT event_time, 'graph_activity', id, tenant_id, TRUE, 'by', 'user', user_id, NULL, NULL, NULL, NULL
    FROM graph_activity
    WHERE user_id IS NOT NULL
    UNION ALL
    SELECT event_time, 'graph_activity', id, tenant_id, TRUE, CASE WHEN user_id IS NULL THEN 'by' ELSE 'at' END,
           'service principal', service_principal_id, NULL, NULL, app_id, NULL
    FROM graph_activity
    WHERE service_principal_id IS NOT NULL OR app_id IS NOT NULL
    UNION ALL
    -- Whose address was asked for: `/users/<id>`, `/applications/<id>/owners/$ref`.
    SELECT event_time, 'graph_activity', id, tenant_id, FALSE,
           'to', 'claim', replace(part, '%40', '@'), NULL, NULL, NULL, NULL
    FROM (
        SELECT event_time, id, tenant_id, unnest(string_to_array(split_part(request_uri, '?', 1), '/')) AS part
        FROM graph_activity
    )
    WHERE part LIKE '%-%' OR part LIKE '%@%' OR part LIKE '%\%40%'
    UNION ALL
    SELECT event_time, 'graph_activity', id, tenant_id, FALSE, 'at', 'address', ip_address, NULL, NULL, NULL, NULL
    FROM graph_activity
    WHERE ip_address IS NOT NULL
    UNION ALL
    SELECT event_time, 'graph_activity', id, tenant_id, FALSE,
           'at', 'operation', correlation_id, NULL, NULL, NULL, NULL
    FROM graph_activity
    WHERE correlation_id IS NOT NULL
    UNION ALL
    SELECT event_time, 'provisioning', id, tenant_id, TRUE,
           'by', coalesce(initiator_type, 'user'), initiator_id, NULL, NULL,
           NULL, initiator_name
    FROM provisioning
    UNION ALL
    SELECT event_time, 'provisioning', id, tenant_id, TRUE,
           'to', coalesce(source_type, 'user'), source_id, NULL, NULL, NULL,
           source_name
    FROM provisioning
    UNION ALL
    SELECT event_time, 'provisioning', id, tenant_id, TRUE,
           'to', coalesce(target_type, 'user'), target_id, NULL, NULL, NULL,
           target_name
    FROM provisioning
    UNION ALL
    SELECT event_time, 'provisioning', id, tenant_id, TRUE,
           'at', 'service principal', service_principal_id, NULL, NULL, NULL,
           service_principal_name
    FROM provisioning
    UNION ALL
    SELECT event_time, 'provisioning', id, tenant_id, FALSE,
           'at', 'operation', correlation_id, NULL, NULL, NULL, NULL
    FROM provisioning
    WHERE correlation_id IS NOT NULL
    UNION ALL
    SELECT event_time, 'risk_detection', id, tenant_id, TRUE, 'to', 'user', user_id, user_upn, NULL, NULL, user_name
    FROM risk_detection_latest
    UNION ALL
    SELECT event_time, 'risk_detection', id, tenant_id, FALSE, 'at', 'address', ip_address, NULL, NULL, NULL, NULL
    FROM risk_detection_latest
    WHERE ip_address IS NOT NULL
    UNION ALL
    SELECT event_time, 'risk_detection', id, tenant_id, FALSE,
           'at', 'operation', correlation_id, NULL, NULL, NULL, NULL
    FROM risk_detection_latest
    WHERE correlation_id IS NOT NULL
    UNION ALL
    SELECT event_time, 'risky_user', id, tenant_id, TRUE,
           'to', 'user', coalesce(user_id, id) AS party_id, user_upn, NULL,
           NULL, user_name
    FROM risky_user
    UNION ALL
    SELECT event_time, 'risky_user', id, tenant_id, TRUE, 'by', 'user', initiated_by, NULL, NULL, NULL, NULL
    FROM risky_user
    WHERE initiated_by IS NOT NULL
    UNION ALL
    SELECT event_time, 'risky_user', id, tenant_id, FALSE, 'at', 'operation', correlation_id, NULL, NULL, NULL, NULL
    FROM risky_user
    WHERE correlation_id IS NOT NULL
    UNION ALL
    SELECT event_time, 'access_review_decision', id, tenant_id, TRUE,
           'by', 'user', reviewed_by_id, reviewed_by_upn, NULL, NULL,
           reviewed_by_name
    FROM access_review_decision_latest
    WHERE reviewed_by_id IS NOT NULL OR reviewed_by_upn IS NOT NULL OR reviewed_by_name IS NOT NULL
    UNION ALL
    SELECT event_time, 'access_review_decision', id, tenant_id, TRUE, 'to',
           CASE WHEN principal_type LIKE 'servicePrincipal%' THEN 'ServicePrincipal' ELSE 'user' END, principal_id,
           principal_upn, NULL, NULL, principal_name
    FROM access_review_decision_latest
    UNION ALL
    SELECT event_time, 'access_review_decision', id, tenant_id, TRUE,
           'at', coalesce(resource_type, 'object'), resource_id,
           NULL, NULL, NULL, resource_name
    FROM access_review_decision_latest
    UNION ALL
    SELECT event_time, 'directory_user', id, tenant_id, TRUE, NULL, 'user', id AS party_id, upn, mail, NULL, name
    FROM directory_user
    UNION ALL
    SELECT event_time, 'directory_user', id, tenant_id, TRUE, NULL, 'user', id AS party_id, upn, m, NULL, name
    FROM (SELECT event_time, id, tenant_id, upn, name, unnest(other_mails) AS m FROM directory_user)
    UNION ALL
    SELECT event_time, 'invitation', id, tenant_id, TRUE, NULL, 'user', invited_user_id, NULL, invited_email, NULL,
           invited_name
    FROM invitation
)
SELECT event_time, source, id, tenant_id, is_known, direction,
       CASE kind WHEN 'ServicePrincipal' THEN 'service principal' ELSE lower(kind) END AS kind,
       nullif(party_id, '') AS party_id, nullif(upn, '') AS party_upn,
       lower(coalesce(nullif(mail, ''),
                      CASE WHEN upn LIKE '%#EXT#%' THEN regexp_replace(split_part(upn, '#EXT#', 1), '_([^_]*)$', '@\1')
                      END)) AS party_mail,
       nullif(app_id, '') AS party_app_id, nullif(name, '') AS party_name
FROM one

-- name: timeline
-- about: One row per event of every table of events, in the same columns, to be read in order of time. The unified
--     audit log tells again of changes and sign-ins that `audit` and `signin` have: never count across sources.
-- column source: Table of the event: `audit`, `signin`, `unified_audit`, `graph_activity`, `provisioning`,
--     `risk_detection` and `access_review_decision` (their newest versions), or `risky_user` (every version).
-- column activity: What happened: the activity; of a sign-in or provisioning its kind, of a request method and
--     address, of a risk detection the kind of risk, of a risky user its level, of a review the decision.
-- column result: `success`, `failure` …; of a risk detection the state of the risk.
-- column reason: Why, in the source's words.
-- column actor: Who did it: user principal name, else name, else id. Of B2C's journeys the consumer, not the
--     application that the log calls the actor.
-- column actor_id: Object id of who did it.
-- column actor_app_id: Application (client) id where an application acted by itself.
-- column app: Application that was used: name, else id.
-- column target: What it was done to (the first target): name, else user principal name, else id; of a sign-in the
--     resource.
-- column ip: Address that it came from.
-- column country: Country, where the source says one.
-- column autonomous_system_number: Network of the address, where the source says one.
-- column service: Service that logged it; of a sign-in its kind.
SELECT event_time, 'audit' AS source, id, tenant_id, correlation_id, activity, result, result_reason AS reason,
       CASE WHEN service = 'B2C' AND actor_upn IS NULL AND actor_type = 'application' AND target_type = 'User'
           THEN coalesce(target_upn, target_name, target_id)
           ELSE coalesce(actor_upn, actor_name, actor_service_principal_name, actor_id, actor_type)
       END AS actor,
       CASE WHEN service = 'B2C' AND actor_upn IS NULL AND actor_type = 'application' AND target_type = 'User'
           THEN target_id ELSE actor_id
       END AS actor_id,
       actor_upn,
       CASE WHEN actor_type = 'application' AND (service IS DISTINCT FROM 'B2C') THEN actor_app_id END AS actor_app_id,
       coalesce(application_id, actor_app_id, actor_service_principal_name) AS app_id,
       coalesce(CASE WHEN actor_type = 'application' THEN actor_name END, application_id, actor_app_id,
                actor_service_principal_name) AS app,
       coalesce(target_name, target_upn, target_id) AS target, target_id, coalesce(client_ip, actor_ip) AS ip,
       CAST(NULL AS TEXT) AS country, CAST(NULL AS BIGINT) AS autonomous_system_number, actor_user_agent AS user_agent,
       service
FROM audit
UNION ALL
SELECT event_time, 'signin' AS source, id, tenant_id, correlation_id,
       'Sign-in, ' || coalesce(signin_type, 'kind not said') AS activity, result,
       CASE WHEN result IS DISTINCT FROM 'success' THEN coalesce(failure_reason, CAST(error_code AS TEXT)) END
           AS reason,
       coalesce(user_upn, service_principal_name, user_name, user_id, service_principal_id) AS actor,
       coalesce(user_id, service_principal_id) AS actor_id, user_upn AS actor_upn,
       CASE WHEN service_principal_id IS NOT NULL THEN app_id END AS actor_app_id, app_id,
       coalesce(app_name, app_id) AS app, coalesce(resource_name, resource_id) AS target, resource_id AS target_id,
       ip_address AS ip, country, autonomous_system_number, user_agent, signin_type AS service
FROM signin
UNION ALL
SELECT event_time, 'unified_audit' AS source, id, tenant_id, correlation_id, activity, result, result_detail AS reason,
       coalesce(actor_upn, actor_name, actor_service_principal_name, actor_id, user_key) AS actor, actor_id, actor_upn,
       NULL AS actor_app_id, application_id AS app_id, application_id AS app,
       coalesce(target_name, target_upn, target_id, object_id) AS target, target_id, client_ip AS ip,
       NULL AS country, NULL AS autonomous_system_number, user_agent, workload AS service
FROM unified_audit
UNION ALL
SELECT event_time, 'graph_activity' AS source, id, tenant_id, correlation_id,
       concat_ws(' ', request_method, request_uri) AS activity,
       CASE WHEN response_status_code < 400 THEN 'success' WHEN response_status_code >= 400 THEN 'failure' END
           AS result,
       CAST(response_status_code AS TEXT) AS reason, coalesce(user_id, service_principal_id, app_id) AS actor,
       coalesce(user_id, service_principal_id) AS actor_id, NULL AS actor_upn,
       CASE WHEN user_id IS NULL THEN app_id END AS actor_app_id, app_id, app_id AS app, NULL AS target,
       NULL AS target_id, ip_address AS ip, NULL AS country, NULL AS autonomous_system_number, user_agent,
       NULL AS service
FROM graph_activity
UNION ALL
SELECT event_time, 'provisioning' AS source, id, tenant_id, correlation_id,
       'Provisioning, ' || coalesce(action, 'action not said') AS activity, status AS result, reason,
       coalesce(initiator_name, initiator_id) AS actor, initiator_id AS actor_id, NULL AS actor_upn,
       NULL AS actor_app_id, service_principal_id AS app_id,
       coalesce(service_principal_name, service_principal_id) AS app,
       coalesce(target_name, source_name, target_id, source_id) AS target, target_id, NULL AS ip, NULL AS country,
       NULL AS autonomous_system_number, NULL AS user_agent, NULL AS service
FROM provisioning
UNION ALL
SELECT event_time, 'risk_detection' AS source, id, tenant_id, correlation_id,
       'Risk, ' || coalesce(risk_event_type, 'kind not said') AS activity, risk_state AS result, risk_detail AS reason,
       coalesce(user_upn, user_name, user_id) AS actor, user_id AS actor_id, user_upn AS actor_upn,
       NULL AS actor_app_id, NULL AS app_id, NULL AS app, NULL AS target, NULL AS target_id, ip_address AS ip, country,
       NULL AS autonomous_system_number, user_agent, source AS service
FROM risk_detection_latest
UNION ALL
SELECT event_time, 'risky_user' AS source, id, tenant_id, correlation_id,
       'User risk, ' || coalesce(risk_level, 'level not said') AS activity, risk_state AS result, risk_detail AS reason,
       initiated_by AS actor, initiated_by AS actor_id, NULL AS actor_upn, NULL AS actor_app_id, NULL AS app_id,
       NULL AS app, coalesce(user_name, user_upn, user_id) AS target, coalesce(user_id, id) AS target_id, NULL AS ip,
       NULL AS country, NULL AS autonomous_system_number, NULL AS user_agent, NULL AS service
FROM risky_user
UNION ALL
SELECT event_time, 'access_review_decision' AS source, id, tenant_id, NULL AS correlation_id,
       'Access review, ' || coalesce(decision, 'decision not said') AS activity, apply_result AS result,
       justification AS reason, coalesce(reviewed_by_upn, reviewed_by_name, reviewed_by_id) AS actor,
       reviewed_by_id AS actor_id, reviewed_by_upn AS actor_upn, NULL AS actor_app_id, NULL AS app_id,
       resource_name AS app, coalesce(principal_name, principal_upn, principal_id) AS target,
       principal_id AS target_id, NULL AS ip, NULL AS country, NULL AS autonomous_system_number, NULL AS user_agent,
       NULL AS service
FROM access_review_decision_latest

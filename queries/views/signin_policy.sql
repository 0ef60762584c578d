-- name: signin_policy
-- about: One row per Conditional Access policy that was looked at in a sign-in.
-- column signin_id: Id of the sign-in; joins signin.id.
-- column position: Position in the sign-in's list, 1 the first.
-- column policy_id: Id of the policy.
-- column policy_name: Name of the policy.
-- column policy_result: What it came to (`success`, `failure`, `notApplied`, `reportOnlyFailure` …).
-- column grant_controls: Controls that it asked for, as JSON text.
-- column session_controls: Session controls, as JSON text.
-- column conditions_satisfied: Conditions that were met, as the source spells them: words or a number.
-- column conditions_not_satisfied: Conditions that were not met, as the source spells them.
WITH policy AS (
    SELECT event_time, id AS signin_id, tenant_id, correlation_id, signin_type, user_id, user_upn, app_name, result,
           unnest(policies) AS p, unnest(range(1, CAST(cardinality(policies) AS BIGINT) + 1)) AS position
    FROM signin
    WHERE cardinality(policies) > 0
)
SELECT event_time, signin_id, tenant_id, correlation_id, signin_type, user_id, user_upn, app_name, result, position,
       p['id'] AS policy_id, p['name'] AS policy_name, p['result'] AS policy_result,
       p['grant_controls'] AS grant_controls, p['session_controls'] AS session_controls,
       p['conditions_satisfied'] AS conditions_satisfied, p['conditions_not_satisfied'] AS conditions_not_satisfied
FROM policy

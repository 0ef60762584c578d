-- name: Conditional Access in B2C
-- question: What did Conditional Access decide per policy, and did the consumers do what it asked for?
-- kind: report
-- needs: audit
-- param: policy text optional; Only this user flow or custom policy.
-- caveat: One row per decision: `decision` is what was asked for (detail `ConditionalAccessResult`), with the
--     policies that were met, on or in report-only mode. An event without these details says only that an evaluation
--     was made.
-- caveat: An evaluation can be logged twice, under the categories Authentication and IdentityProtection:
--     `evaluations` counts events, the columns after it count journeys (correlation ids) and consumers.
-- caveat: `remediated` are journeys with a successful `Remediate user`, `with_token` those that were issued a token
--     (as `b2c_token` counts). Evaluations without a correlation id are in neither.
WITH evaluation AS (
    SELECT policy, conditional_access, applied_policies, report_only_policies, result, user_id, event_time,
           nullif(correlation_id, '00000000-0000-0000-0000-000000000000') AS journey
    FROM b2c_event
    WHERE step = 'access' AND lower(activity) = 'evaluate conditional access policies'
      AND ($policy IS NULL OR lower(policy) = lower($policy))
),
remediation AS (
    SELECT DISTINCT correlation_id AS journey
    FROM b2c_event
    WHERE step = 'access' AND lower(activity) = 'remediate user' AND result = 'success'
),
token AS (
    SELECT DISTINCT correlation_id AS journey FROM b2c_token
)
SELECT e.policy, e.conditional_access AS decision, e.applied_policies, e.report_only_policies, e.result,
       count(*) AS evaluations, count(DISTINCT e.journey) AS journeys, count(DISTINCT e.user_id) AS users,
       count(DISTINCT r.journey) AS remediated, count(DISTINCT t.journey) AS with_token,
       min(e.event_time) AS first_event, max(e.event_time) AS last_event
FROM evaluation e
LEFT JOIN remediation r ON r.journey = e.journey
LEFT JOIN token t ON t.journey = e.journey
GROUP BY 1, 2, 3, 4, 5
ORDER BY policy, evaluations DESC, decision, applied_policies, report_only_policies, result

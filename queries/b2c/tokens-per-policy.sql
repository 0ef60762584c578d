-- name: Tokens per policy
-- question: How many tokens did each user flow or custom policy issue, of which kind, for how many consumers?
-- param: policy text optional; Only this policy.
-- caveat: Counts successful issuances only; `refresh` is a refresh token exchanged for new tokens.
SELECT policy, token_kind, count(*) AS issued, count(DISTINCT user_id) AS users, count(DISTINCT app_id) AS apps,
       min(event_time) AS first_token, max(event_time) AS last_token
FROM b2c_token
WHERE $policy IS NULL OR policy = $policy
GROUP BY policy, token_kind
ORDER BY policy, token_kind

-- name: Tokens per policy
-- question: How many tokens did each user flow or custom policy issue, of which kind, in which period, for how many
--     consumers and applications?
-- kind: report
-- needs: audit
-- param: bucket text = day; Length of a period (UTC): hour, day, week (from Monday), month, or all for the whole
--     time.
-- param: policy text optional; Only this policy.
-- caveat: Counts tokens as `b2c_token` defines them: successful issuances only; `refresh` is a refresh token
--     exchanged for new tokens. One sign-in issues several tokens: it is no count of sign-ins.
-- caveat: Users and applications of several periods do not add up: ask with bucket=all for the whole time.
SELECT CASE WHEN $bucket <> 'all' THEN
           date_trunc(CASE WHEN $bucket = 'all' THEN 'day' ELSE $bucket END, event_time)
       END AS bucket,
       policy, token_kind, count(*) AS issued, count(DISTINCT user_id) AS users, count(DISTINCT app_id) AS apps,
       min(event_time) AS first_token, max(event_time) AS last_token
FROM b2c_token
WHERE $policy IS NULL OR lower(policy) = lower($policy)
GROUP BY 1, policy, token_kind
ORDER BY bucket, policy, token_kind

-- name: Identity providers
-- question: What share of the consumers' authentications is local, and which identity provider gives the rest?
-- kind: report
-- needs: audit
-- param: bucket text = all; Length of a period (UTC): hour, day, week, month, or all for the whole time.
-- param: policy text optional; Only this policy.
-- caveat: An authentication is an event `Validate local account credentials` (`local`) or `Federate with an identity
--     provider`. `authentications` and `share` count the successful ones, `failures` the others; sessions that go on
--     without asking again are in neither.
-- caveat: `(not named)`: the event does not say which provider it was.
WITH authentication AS (
    SELECT CASE WHEN $bucket <> 'all' THEN
               date_trunc(CASE WHEN $bucket = 'all' THEN 'day' ELSE $bucket END, event_time)
           END AS bucket,
           CASE WHEN step = 'password' THEN 'local' ELSE coalesce(lower(idp), '(not named)') END AS idp,
           CASE WHEN step = 'federation' THEN idp_app_id END AS idp_app_id, result, coalesce(user_id, username) AS user
    FROM b2c_event
    WHERE step IN ('password', 'federation') AND ($policy IS NULL OR lower(policy) = lower($policy))
),
counted AS (
    SELECT bucket, idp, array_agg(DISTINCT idp_app_id ORDER BY idp_app_id) FILTER (WHERE idp_app_id IS NOT NULL)
               AS idp_app_ids,
           count(*) FILTER (WHERE result = 'success') AS authentications,
           count(DISTINCT CASE WHEN result = 'success' THEN user END) AS users,
           count(*) FILTER (WHERE result <> 'success') AS failures, count(result) AS with_result
    FROM authentication
    GROUP BY bucket, idp
)
SELECT bucket, idp, idp_app_ids, authentications,
       round(CAST(authentications AS DOUBLE) / nullif(sum(authentications) OVER (PARTITION BY bucket), 0), 3) AS share,
       users, failures, round(CAST(failures AS DOUBLE) / nullif(with_result, 0), 3) AS failure_share
FROM counted
ORDER BY bucket, authentications DESC, idp

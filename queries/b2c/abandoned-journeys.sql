-- name: Abandoned journeys
-- question: At which step do journeys end that were begun and never issued a token, and what share of each policy's
--     journeys is that?
-- kind: report
-- needs: audit
-- param: policy text optional; Only journeys through this policy.
-- param: give_up_after duration = 15m; A journey without a step for that long is over; later ones may still go on.
-- caveat: Counts journeys of `b2c_journey` in which the consumer did something (`is_begun`) and that are over;
--     `policy_journeys` are all of these of the policy, `share` is `journeys` of them. Its `outcome` and steps apply.
-- caveat: Whoever starts again has a new journey: the first counts as abandoned although the consumer got in.
-- caveat: Consumers who leave before their first step (the page itself) are not logged. A journey cut by the edge of
--     the time that is asked for, or by a gap, can look abandoned.
WITH over AS (
    SELECT j.*
    FROM b2c_journey j CROSS JOIN (SELECT max(event_time) AS last_event FROM b2c_event) e
    WHERE j.is_begun AND j.ended < e.last_event - $give_up_after
      AND ($policy IS NULL OR lower(j.policy) = lower($policy))
),
ending AS (
    SELECT policy, outcome, min(last_step) AS last_step, count(*) AS journeys, count(DISTINCT user_id) AS users,
           round(median(elapsed_s), 1) AS median_elapsed_s, min(started) AS first_started, max(ended) AS last_ended
    FROM over
    GROUP BY policy, outcome, lower(last_step)
),
-- All endings of the policy, before those with a token are left out.
shared AS (
    SELECT *, sum(journeys) OVER (PARTITION BY policy) AS policy_journeys FROM ending
)
SELECT policy, outcome, last_step, journeys, policy_journeys,
       round(CAST(journeys AS DOUBLE) / policy_journeys, 3) AS share,
       users, median_elapsed_s, first_started, last_ended
FROM shared
WHERE outcome <> 'token'
ORDER BY policy, journeys DESC, outcome, last_step

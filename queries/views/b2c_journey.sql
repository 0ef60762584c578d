-- name: b2c_journey
-- about: One row per journey of a consumer: the events of one correlation id that are steps (`b2c_event.step`).
--     Events without a correlation id, or with one of zeros, belong to no journey.
-- column policy: User flow or custom policy; of several the last in the alphabet.
-- column app_id: Application (client) id; of several the last in the alphabet.
-- column user_id: Object id of the consumer, if a step names one.
-- column ip: Address of the consumer; of several the last in the alphabet.
-- column started: Time of the first step.
-- column ended: Time of the last step.
-- column elapsed_s: Seconds from the first step to the last.
-- column is_begun: Whether the consumer did something: a step `password`, `federation`, `authentication`, `send`,
--     `verify` or `enrol`. False where an application renews its tokens, or nobody came that far.
-- column outcome: `token` if a token was issued; else `failed` if the last step did not succeed; else `left`.
-- column tokens: Tokens that were issued, as `b2c_token` counts them.
-- column failures: Steps that did not succeed.
-- column last_step: Activity of the last step.
-- column last_reason: Why the last of the steps that did not succeed did not.
-- column steps: Activities in order, with arrows between.
SELECT correlation_id, tenant_id, policy, app_id, user_id, ip, started, ended,
       -- In whole microseconds: seconds since 1970 as a double lose the last digits, and rounding then goes either way.
       round(CAST(CAST(ended - started AS BIGINT) AS DOUBLE) / 1000) / 1000 AS elapsed_s,
       is_begun,
       CASE WHEN tokens > 0 THEN 'token' WHEN last_result <> 'success' THEN 'failed' ELSE 'left' END AS outcome,
       tokens, failures, last_step, last_reason, steps
FROM (
    SELECT correlation_id, max(tenant_id) AS tenant_id, max(policy) AS policy, max(app_id) AS app_id,
           max(user_id) AS user_id, max(ip) AS ip, min(event_time) AS started, max(event_time) AS ended,
           count(*) FILTER (WHERE step IN ('password', 'federation', 'authentication', 'send', 'verify', 'enrol')) > 0
               AS is_begun,
           count(*) FILTER (WHERE token_kind IS NOT NULL AND result = 'success') AS tokens,
           count(*) FILTER (WHERE result <> 'success') AS failures,
           last_value(result ORDER BY event_time, id) AS last_result,
           last_value(activity ORDER BY event_time, id) AS last_step,
           last_value(result_reason ORDER BY event_time, id) FILTER (WHERE result <> 'success') AS last_reason,
           string_agg(activity, ' → ' ORDER BY event_time, id) AS steps
    FROM (
        -- The window puts the steps in order once; the aggregates then find them so, and hold no journey but one.
        SELECT *, row_number() OVER (PARTITION BY correlation_id ORDER BY event_time, id) AS position
        FROM b2c_event
        WHERE step IS NOT NULL AND correlation_id <> '00000000-0000-0000-0000-000000000000'
    )
    WHERE position > 0
    GROUP BY correlation_id
)

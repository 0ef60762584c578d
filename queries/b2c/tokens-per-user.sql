-- name: One consumer's tokens
-- question: Which tokens did one consumer get, when, through which policy and application, from which address and
--     device?
-- kind: report
-- needs: audit
-- param: user text required; Object id of the consumer, or the name typed to sign in (mail address, user name).
-- caveat: Counts tokens as `b2c_token` defines them: successful issuances only; what failed is in `b2c/journeys`.
-- caveat: A name is only known where a password check logged it (`b2c_event.username`) or an export of the users has
--     it: consumers of other identity providers are found by object id alone.
WITH who AS (
    SELECT lower(key) AS key
    FROM (
        SELECT $user AS key
        UNION ALL SELECT user_id FROM b2c_event WHERE step = 'password' AND lower(username) = lower($user)
        UNION ALL SELECT id FROM directory_user WHERE lower(mail) = lower($user) OR lower(upn) = lower($user)
    )
    WHERE key IS NOT NULL
    GROUP BY 1
)
SELECT t.event_time, t.token_kind, t.policy, t.app_id, t.idp, t.ip, t.user_agent, t.user_id, t.correlation_id, t.id
FROM b2c_token t CROSS JOIN (SELECT array_agg(key) AS keys FROM who) w
WHERE array_has(w.keys, lower(t.user_id))
ORDER BY t.event_time, t.id

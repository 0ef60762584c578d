-- name: signin_step
-- about: One row per step of an authentication: from the sign-ins themselves, and from the portal's authentication
--    details of sign-ins that carry no steps.
-- column event_time: When the step was made, UTC; where that is not said, when the sign-in was.
-- column signin_id: Id of the sign-in; joins signin.id.
-- column position: Position in the sign-in's list, 1 the first.
-- column user_id: Object id of the user; NULL where the archive does not have the sign-in.
-- column user_upn: User principal name; NULL where the archive does not have the sign-in.
-- column ip_address: Client address of the sign-in.
-- column method: Method, e.g. `Password`.
-- column method_detail: More on the method.
-- column succeeded: Whether the step succeeded.
-- column result_detail: What came of it.
-- column requirement: What it was asked for by.
WITH step AS (
    SELECT event_time, id AS signin_id, user_id, user_upn, ip_address,
           unnest(steps) AS s, unnest(range(1, CAST(cardinality(steps) AS BIGINT) + 1)) AS position
    FROM signin
    WHERE cardinality(steps) > 0
)
SELECT coalesce(s['time'], event_time) AS event_time, signin_id, position, user_id, user_upn, ip_address,
       s['method'] AS method, s['method_detail'] AS method_detail, s['succeeded'] AS succeeded,
       s['result_detail'] AS result_detail, s['requirement'] AS requirement
FROM step
UNION ALL
SELECT d.event_time, d.signin_id,
       row_number() OVER (PARTITION BY d.signin_id ORDER BY d.event_time, d.source_file, d.source_offset) AS position,
       s.user_id, s.user_upn, s.ip_address, d.method, d.method_detail, d.succeeded, d.result_detail, d.requirement
FROM signin_auth_detail AS d
LEFT JOIN signin AS s ON s.id = d.signin_id
WHERE coalesce(cardinality(s.steps), 0) = 0

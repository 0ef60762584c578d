-- name: mfa_prompt
-- about: One row per prompt for a second factor that went to a user's phone (notification or call) and what became of
--     it. One that several sign-ins repeat counts once. A wrong code, a claim that an older token brought along and
--     methods without a prompt (codes, keys, Windows Hello) are no prompts.
-- column event_time: When the prompt was answered or given up, UTC; where that is not said, when the sign-in was.
-- column signin_id: Id of the sign-in; joins signin.id.
-- column user_key: User, as in `user_signin`.
-- column answer: `fraud` (the user reported it), `denied`, `unanswered` or `approved`. A sign-in that failed with
--     500121 and says no more counts as `denied`.
-- column method: Method of the prompt; NULL where it is not said.
-- column result_detail: What came of it, in Microsoft's words.
WITH step AS (
    SELECT event_time, signin_id, lower(coalesce(user_id, user_upn)) AS user_key, user_upn, ip_address, method,
           succeeded, result_detail
    FROM signin_step
),
-- Sign-ins whose steps were not recorded: their own words are all there is.
bare AS (
    SELECT event_time, id AS signin_id, lower(coalesce(user_id, user_upn)) AS user_key, user_upn, ip_address,
           mfa_method AS method, error_code = 0 AS succeeded,
           CASE WHEN error_code = 0 THEN 'MFA completed' ELSE coalesce(status_details, 'MFA denied') END
               AS result_detail
    FROM signin
    WHERE (error_code = 500121 OR error_code = 0 AND mfa_method IS NOT NULL)
      AND id NOT IN (SELECT signin_id FROM step WHERE signin_id IS NOT NULL AND (NOT succeeded
          OR result_detail ILIKE 'MFA%'))
),
answered AS (
    SELECT event_time, signin_id, user_key, user_upn, ip_address, method, result_detail,
           CASE
               WHEN result_detail ILIKE '%fraud%' THEN 'fraud'
               WHEN result_detail ILIKE '%code%' OR result_detail ILIKE '%claim in the token%' THEN NULL
               WHEN succeeded AND (result_detail ILIKE 'MFA%complete%' OR result_detail ILIKE 'MFA%success%'
                                   OR result_detail ILIKE 'MFA%approved%') THEN 'approved'
               WHEN succeeded THEN NULL
               WHEN result_detail ILIKE '%respond%' OR result_detail ILIKE '%response%'
                   OR result_detail ILIKE '%timed out%'
                    OR result_detail ILIKE '%answer%' OR result_detail ILIKE '%voicemail%' THEN 'unanswered'
               WHEN result_detail ILIKE 'MFA denied%' OR result_detail ILIKE '%declined%'
                    OR result_detail ILIKE '%hung up%' THEN 'denied'
           END AS answer
    FROM (SELECT * FROM step UNION ALL SELECT * FROM bare)
    WHERE user_key IS NOT NULL
      AND coalesce(method ILIKE '%notification%' OR method ILIKE '%phone call%' OR method ILIKE '%authenticator app%'
                   OR method ILIKE '%phone app%' AND method NOT ILIKE '%OTP%', true)
)
SELECT event_time, min(signin_id) AS signin_id, user_key, max(user_upn) AS user_upn, max(ip_address) AS ip_address,
       answer, method, max(result_detail) AS result_detail
FROM answered
WHERE answer IS NOT NULL
GROUP BY event_time, user_key, answer, method

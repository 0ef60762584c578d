-- name: Risk detections
-- question: Which risks did Microsoft see, of which kind and level, for how many users, and what became of them?
-- kind: report
-- technique: T1078.004
-- needs: risk_detection
-- param: user text optional; Only this user: object id or user principal name.
-- caveat: The newest version of each detection counts. Offline detections come days after what they are about:
--     `first_time` and `last_time` are the times of the activity.
SELECT risk_event_type, risk_level, risk_state, risk_detail, detection_timing, count(*) AS detections,
       count(DISTINCT lower(coalesce(user_id, user_upn))) AS users, count(DISTINCT ip_address) AS addresses,
       array_agg(DISTINCT country ORDER BY country) FILTER (WHERE country IS NOT NULL) AS countries,
       min(event_time) AS first_time, max(event_time) AS last_time
FROM risk_detection_latest
WHERE $user IS NULL OR lower(user_id) = lower($user) OR lower(user_upn) = lower($user)
GROUP BY risk_event_type, risk_level, risk_state, risk_detail, detection_timing
ORDER BY CASE risk_level WHEN 'high' THEN 0 WHEN 'medium' THEN 1 WHEN 'low' THEN 2 ELSE 3 END, detections DESC,
         risk_event_type, risk_state, risk_detail, detection_timing, risk_level

-- name: Events of one correlation id
-- question: Which events of any table belong to one operation or journey?
-- kind: report
-- needs: audit
-- param: id text required; Correlation id.
-- caveat: Some services write a correlation id of zeros into unrelated events.
-- caveat: `unified_audit` tells of the same change as `audit` with another id; where both are in the archive, both
--     are listed.
-- caveat: Only the first target is named; `auditql show ID` has them all.
SELECT event_time, source, activity, actor, target, result, reason, app, ip, id
FROM timeline
WHERE correlation_id = lower($id) OR correlation_id = $id
ORDER BY event_time, source, id

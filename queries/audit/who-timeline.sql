-- name: Everything by or to somebody
-- question: What was done by, to or at these ids and addresses, in order, in every log?
-- kind: report
-- param: who text required; Object ids, user principal names, mail addresses, application ids, correlation ids;
--     several, a line each; case does not matter. `auditql timeline WHO` finds them by one of them, or by a name.
-- param: network text optional; Address or network, such as 203.0.113.0/24; with `--param who=` it alone.
-- param: direction text optional; Only events `by`, `to` or `at` them.
-- caveat: `by` is what they did, `to` what was done to them, in whatever place among the targets; `at` is what came
--     from the address, went through the application, belongs to the operation, or names them in an additional detail.
-- caveat: A name finds only those of whom an event says no id.
-- caveat: `unified_audit` tells of the same changes and sign-ins as `audit` and `signin`: do not count across sources.
WITH hit AS (
    SELECT source, id, tenant_id,
           CASE WHEN bool_or(direction = 'by') THEN 'by' WHEN bool_or(direction = 'to') THEN 'to' ELSE 'at' END
               AS direction
    FROM party
    WHERE direction IS NOT NULL
      -- What is known before a row is read leaves whole parts of the view out.
      AND (($who <> '' AND kind <> 'address'
            AND (array_has(string_to_array(lower($who), chr(10)), lower(party_id))
                 OR array_has(string_to_array(lower($who), chr(10)), lower(party_upn))
                 OR array_has(string_to_array(lower($who), chr(10)), party_mail)
                 OR array_has(string_to_array(lower($who), chr(10)), lower(party_app_id))
                 OR (party_id IS NULL AND party_upn IS NULL AND party_app_id IS NULL
                     AND array_has(string_to_array(lower($who), chr(10)), lower(party_name)))))
           OR (kind IN ('address', 'detail') AND ip_in_cidr(party_id, $network)))
    GROUP BY source, id, tenant_id
)
SELECT t.event_time, t.source, h.direction, t.activity, t.result, t.reason,
       CASE WHEN h.direction = 'by' THEN t.target
            WHEN h.direction = 'at' OR t.source <> 'risk_detection' THEN t.actor
       END AS other_party, t.ip, t.country, t.app, t.service,
       t.correlation_id, t.id
FROM hit h JOIN timeline t ON t.id = h.id AND t.source = h.source AND t.tenant_id IS NOT DISTINCT FROM h.tenant_id
WHERE h.direction = coalesce($direction, h.direction)
ORDER BY t.event_time, t.source, t.id, t.tenant_id

-- name: Who is this
-- question: Which users, applications, objects and addresses does the archive know by this id, address or name?
-- kind: report
-- param: who text required; Object id, user principal name, mail address, `#EXT#` name, application (client) id,
--     display name or correlation id; several, a line each; case does not matter.
-- param: network text optional; Address or network, such as 203.0.113.0/24.
-- param: known boolean optional; Only parties (`true`), or only addresses, correlation ids and mentions (`false`).
-- caveat: One row per combination that events write; the rows of one user share the id or the user principal name.
--     `auditql timeline` puts them together, and asks again with what it found.
-- caveat: `events` counts an event that names somebody in two places twice.
SELECT CASE WHEN kind IN ('address', 'operation', 'detail', 'claim') THEN kind
            WHEN array_has(string_to_array(lower($who), chr(10)), lower(party_id)) THEN 'object id'
            WHEN array_has(string_to_array(lower($who), chr(10)), lower(party_upn)) THEN 'user principal name'
            WHEN array_has(string_to_array(lower($who), chr(10)), party_mail) THEN 'mail address'
            WHEN array_has(string_to_array(lower($who), chr(10)), lower(party_app_id)) THEN 'application id'
            ELSE 'name'
       END AS matched,
       kind, party_id, party_upn, party_mail, party_app_id, party_name,
       count(*) FILTER (WHERE direction IS NOT NULL) AS events, min(event_time) AS first_event,
       max(event_time) AS last_event
FROM party
WHERE is_known = coalesce($known, is_known)
  AND (($who <> ''
        AND (array_has(string_to_array(lower($who), chr(10)), lower(party_id))
             OR array_has(string_to_array(lower($who), chr(10)), lower(party_upn))
             OR array_has(string_to_array(lower($who), chr(10)), party_mail)
             OR array_has(string_to_array(lower($who), chr(10)), lower(party_app_id))
             OR array_has(string_to_array(lower($who), chr(10)), lower(party_name))))
       OR (kind IN ('address', 'detail') AND ip_in_cidr(party_id, $network)))
GROUP BY matched, kind, party_id, party_upn, party_mail, party_app_id, party_name
ORDER BY events DESC, matched, kind, party_id, party_upn, party_mail, party_app_id, party_name

-- name: Names like this one
-- question: Which names, addresses and ids resemble one that nobody has?
-- kind: report
-- param: who text required; A part of it, or what it may have been.
-- caveat: Those that hold the text come first, then those that differ in few letters.
SELECT value, kind, events
FROM (
    SELECT value, kind, events, strpos(lower(value), lower($who)) > 0 AS is_part,
           levenshtein(lower(value), lower($who)) AS steps
    FROM (
        SELECT value, kind, sum(events) AS events
        FROM (
            SELECT unnest(make_array(party_upn, party_mail, party_name, party_id, party_app_id)) AS value, kind, events
            FROM (
                SELECT party_upn, party_mail, party_name, party_id, party_app_id, kind, count(*) AS events
                FROM party
                WHERE kind NOT IN ('detail', 'claim', 'operation')
                GROUP BY party_upn, party_mail, party_name, party_id, party_app_id, kind
            )
        )
        WHERE value IS NOT NULL AND length(value) < 200
        GROUP BY value, kind
    )
)
WHERE is_part OR steps <= greatest(2, length($who) / 4)
ORDER BY NOT is_part, steps, events DESC, value, kind
LIMIT 10

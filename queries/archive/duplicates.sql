-- name: Duplicate events
-- question: Which downloads brought events that the archive already had, and did the copies differ?
-- kind: report
-- caveat: The archive keeps one of each event and counts the others by file: which ids came twice is not kept. A file
--     ingested again under another name in a later run is known by its bytes and not read a second time;
--     `same_bytes_as` names the first of equal files.
-- caveat: `conflicting`: the same id, and something else happened; the archive keeps the richer copy. `replaced`: the
--     later copy said more and took the place of the earlier.
-- caveat: `share` is the duplicates' part of the events that were read. Overlaps are normal: pages share an event at
--     their border, windows overlap. Whole paths stand in `meta.sources`, joined by `sha256` and the name.
-- caveat: Of the whole archive: `--from` and `--to` do not apply.
WITH source AS (
    SELECT *, first_value(path) OVER (PARTITION BY sha256, split_part(path, '!', 2) ORDER BY ingested_at, path)
                  AS first_path
    FROM meta.sources
)
SELECT regexp_replace(path, '^.*[/\\]', '') AS file, format, events_read, events_added, events_duplicate,
       round(CAST(events_duplicate AS DOUBLE) / nullif(events_read, 0), 3) AS share,
       events_conflicting, events_replaced,
       regexp_replace(coalesce(same_as, CASE WHEN first_path <> path THEN first_path END), '^.*[/\\]', '')
           AS same_bytes_as,
       first_event, last_event, sha256
FROM source
WHERE events_duplicate > 0 OR events_conflicting > 0 OR events_replaced > 0 OR same_as IS NOT NULL
ORDER BY events_conflicting DESC, events_duplicate DESC, file, sha256, path

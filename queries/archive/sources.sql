-- name: Source files
-- question: Which files was the archive made of, with which hash, and what became of their records?
-- kind: report
-- caveat: `file` is the name without its folder, after a container with the member; whole paths are in `meta.sources`.
-- caveat: `sha256` is that of the file as it lay there: members of a container share the container's.
-- caveat: Of the whole archive: `--from` and `--to` do not apply.
SELECT regexp_replace(path, '^[^!]*[/\\]', '') AS file, sha256, size_bytes, format, events_read, events_added,
       events_duplicate, events_rejected, events_skipped, first_event, last_event, coalesce(problem, warning) AS remark
FROM meta.sources
ORDER BY file, sha256, format, events_read, events_added, events_duplicate, events_rejected, first_event, remark, path

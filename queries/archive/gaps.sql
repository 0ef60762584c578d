-- name: Archive gaps
-- question: Where are hours without a single event although such hours usually have some?
-- kind: report
-- param: min_gap duration = 0h; Only gaps at least that long.
-- caveat: Expected are the events that the same hours of the weeks around have (median); a service with events on
--     fewer than four days, gaps of less than three hours, or with fewer than twenty events expected are not judged.
-- caveat: An empty answer does not say that all is there: what was never logged or downloaded in any week is not
--     missed.
-- caveat: Of the whole archive: `--from` and `--to` do not apply. Of a service with over a hundred gaps, those in
--     which most is missing.
SELECT table_name, service, gap_from AS gap_start, gap_to AS gap_end, hours AS gap_hours,
       events_expected AS expected_events
FROM meta.gaps
WHERE hours * 3600 >= extract(epoch FROM $min_gap)
ORDER BY expected_events DESC, gap_start, table_name, service

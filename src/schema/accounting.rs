//! Tables of the archive's own accounting: where the events came from, and what could not be used.

use super::{Column, Rows, Table};

/// Source files; served as `meta.sources`.
pub(crate) const SOURCE: Table = Table {
    name: "source",
    doc: "One row per source file (or container member) ingested; read = added + duplicate + rejected + skipped.",
    reference: "",
    columns: &[
        Column::text(
            "path",
            "Path as it was named to `ingest`; a container's member stands behind `!`.",
            &[],
        ),
        Column::text(
            "sha256",
            "SHA-256 of the file on disk; members of a container share that of the container.",
            &[],
        ),
        Column::integer("size_bytes", "Bytes of the file on disk.", &[]),
        Column::time(
            "modified_at",
            "When the file was last changed, or what the container says of its member: mostly when it was downloaded.",
            &[],
        ),
        Column::word("format", "Shape of the records; NULL if none was recognised.", &[]),
        Column::word("encoding", "Text encoding, e.g. `UTF-16LE with BOM`.", &[]),
        Column::word("framing", "How records are framed, e.g. `page`, `array`, `NDJSON`, `CSV`.", &[]),
        Column::integer("events_read", "Records found.", &[]),
        Column::integer("events_added", "Records that became rows.", &[]),
        Column::integer(
            "events_late",
            "Of the added: events from before the last one of their table and service that the archive had when the \
             file was ingested, and not from before the first: an earlier download of that time did not have them.",
            &[],
        ),
        Column::integer("events_duplicate", "Records whose event the archive already had.", &[]),
        Column::integer(
            "events_conflicting",
            "Of the duplicates: records that say something else happened than the event kept under their id.",
            &[],
        ),
        Column::integer(
            "events_replaced",
            "Of the added: records that took the place of a poorer record of the same event. \
             Over all sources, rows = added - replaced.",
            &[],
        ),
        Column::integer("events_rejected", "Records that could not be used; see `meta.rejects`.", &[]),
        Column::integer("events_skipped", "Records of a kind that auditql does not hold.", &[]),
        Column::time("first_event", "Time of the earliest usable record.", &[]),
        Column::time("last_event", "Time of the latest usable record.", &[]),
        Column::boolean("has_next_link", "True if the last page in the file still names a next page.", &[]),
        Column::text(
            "warning",
            "What its encoding suggests, and the file as one of a set of pages: a page that is missing, a limit that was reached.",
            &[],
        ),
        Column::text("notes", "What was noticed about its records, with how many: lists cut by a CSV …", &[]),
        Column::text(
            "same_as",
            "Another name under which the archive had this very file already; nothing of it was read again.",
            &[],
        ),
        Column::text("problem", "What is wrong with the file as a whole; NULL if nothing.", &[]),
        Column::time("ingested_at", "When it was ingested, UTC.", &[]),
        Column::word("version", "Version of auditql that ingested it.", &[]),
    ],
    rows: Rows::NONE,
};

/// Rejected records; served as `meta.rejects`.
pub(crate) const REJECT: Table = Table {
    name: "reject",
    doc: "One row per record that could not be used, with its place, reason and text.",
    reference: "",
    columns: &[
        Column::word("source_file", "Source file; joins `meta.sources.path`.", &[]),
        Column::word("source_sha256", "Hash of the source file.", &[]),
        Column::integer("source_offset", "Byte at which the record begins in the source file.", &[]),
        Column::text("reason", "Why it could not be used.", &[]),
        Column::integer("size_bytes", "Bytes of the whole record.", &[]),
        Column::text("text", "The record's text; of a record over 1 MiB the beginning.", &[]),
        Column::time("ingested_at", "When it was ingested, UTC.", &[]),
    ],
    rows: Rows::NONE,
};

/// Events by hour; follows from the data files.
pub(crate) const HOUR: Table = Table {
    name: "hours",
    doc: "One row per table, service and hour (UTC) that has events, of the whole archive whatever `--from` and `--to` \
          say.",
    reference: "",
    columns: &[
        Column::text("table_name", "Table of the events.", &[]),
        Column::text(
            "service",
            "Service that logged the events; of tables other than audit what they are told apart by: the kind of \
             sign-in, of risk, of record, the action or the request's method.",
            &[],
        ),
        Column::time("hour", "Begin of the hour.", &[]),
        Column::integer("events", "Events of the hour.", &[]),
        Column::time("first_event", "Time of the hour's first event.", &[]),
        Column::time("last_event", "Time of the hour's last event.", &[]),
    ],
    rows: Rows::NONE,
};

/// Silences in which events are missing; follows from the hours, and stands in the commit.
pub(crate) const GAP: Table = Table {
    name: "gaps",
    doc: "One row per table, service and gap: a time without events in which twenty or more are usual, of the whole \
          archive whatever `--from` and `--to` say. Of a service with over a hundred gaps those in which most is missing.",
    reference: "",
    columns: &[
        Column::text("table_name", "Table of the events.", &[]),
        Column::text("service", "Service that logs the events, as in `meta.hours`.", &[]),
        Column::time("gap_from", "Begin of the first hour without events.", &[]),
        Column::time("gap_to", "End of the last hour without events.", &[]),
        Column::integer("hours", "Hours from begin to end.", &[]),
        Column::integer(
            "events_expected",
            "Events that are usual in these hours of the week: the medians of the eight weeks before and after, or \
             of the hours of the day where there are not four weeks with events.",
            &[],
        ),
    ],
    rows: Rows::NONE,
};

//! Columns that every event table has.

use super::{Column, Kind};

pub(super) const FORMAT: Column =
    Column::word("format", "On-disk shape that the event came from, e.g. `graph_audit`.", &[]);

pub(super) const SOURCE_FILE: Column = Column::word(
    "source_file",
    "Source file as it was named to `ingest`; a container's member stands behind `!`. Joins `meta.sources.path`.",
    &[],
);

pub(super) const SOURCE_OFFSET: Column = Column::integer(
    "source_offset",
    "Byte at which the event begins in the source file, 0 the first; inside a container, in the inflated member.",
    &[],
);

pub(super) const DEGRADED: Column = Column::boolean(
    "degraded",
    "True when the source lost, or may have lost, part of the event: a CSV whose lists are as long as it can hold.",
    &[],
);

pub(super) const RAW: Column = Column::new(
    "raw",
    Kind::Text,
    "The event's JSON text exactly as it stood in the source; a CSV row as a JSON object of its filled cells.",
    &[],
);

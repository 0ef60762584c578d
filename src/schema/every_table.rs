//! Columns that every event table has.

use super::{Column, Convert, Source, analytics, graph, graph_only, monitor};

/// How the id of a row begins whose record had none.
pub(crate) const DERIVED_ID: &str = "auditql:";

/// Where the tenant of a Graph object stands, in each of its wrappings.
pub(super) const TENANT_ID: Column = Column::word(
    "tenant_id",
    "Directory (tenant) id. NULL where neither the record nor `ingest --tenant` names it. In Log Analytics `TenantId` \
     is the workspace: not this.",
    TENANT_ID_SOURCES,
);

const TENANT_ID_SOURCES: &[Source] = &[
    graph_only("tenantId"),
    monitor("tenantId"),
    monitor("properties.tenantId"),
    monitor("resourceId").convert(Convert::TenantOfResource),
    analytics("AADTenantId"),
    analytics("ResourceId").convert(Convert::TenantOfResource),
];

pub(super) const CORRELATION_ID: Column = Column::text(
    "correlation_id",
    "Correlation id, shared by the events of one operation; not unique.",
    &[graph("correlationId")],
);

pub(super) const FORMAT: Column = Column::word(
    "format",
    "On-disk shape that the event came from, e.g. `graph_audit`; see `meta.formats`.",
    &[],
);

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
    "True when the source lost, or may have lost, part of the event: lists as long as the portal's CSV can hold, \
     members that PowerShell wrote as the name of their type, bytes that are no text.",
    &[],
);

pub(super) const RAW: Column = Column::text(
    "raw",
    "The event's JSON text exactly as it stood in the source, in UTF-8 whatever the source's encoding. What was no JSON \
     object there became one: a row of a table of its filled cells, the text of an object in a string.",
    &[],
);

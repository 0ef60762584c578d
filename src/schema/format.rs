//! The on-disk shapes of audit downloads, by name.

/// What shape a record has on disk; the value of the column `format`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Format {
    /// Retired Azure AD Graph reporting API (`graph.windows.net/<tenant>/activities/audit`).
    LegacyAudit,
    /// Microsoft Graph `directoryAudit`, v1.0 or beta, from the API or a collector.
    GraphAudit,
    /// The portal's JSON download: a bare array of beta-like `directoryAudit` objects.
    PortalAuditJson,
    /// The portal's 86-column CSV download.
    PortalAuditCsv,
}

/// A family of formats that spell their keys alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keys {
    /// Azure AD Graph.
    Legacy,
    /// Microsoft Graph.
    Graph,
    /// The portal's CSV header.
    Portal,
    /// All of them.
    Every,
}

impl Format {
    /// Every format, in the order in which they are listed.
    pub(crate) const ALL: [Self; 4] =
        [Self::LegacyAudit, Self::GraphAudit, Self::PortalAuditJson, Self::PortalAuditCsv];

    /// Value of the column `format`.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::LegacyAudit => "legacy_audit",
            Self::GraphAudit => "graph_audit",
            Self::PortalAuditJson => "portal_audit_json",
            Self::PortalAuditCsv => "portal_audit_csv",
        }
    }

    /// What a person would call it.
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::LegacyAudit => "Azure AD Graph audit events (`activities/audit`)",
            Self::GraphAudit => "Microsoft Graph `directoryAudit` (v1.0 and beta)",
            Self::PortalAuditJson => "portal audit log, JSON download",
            Self::PortalAuditCsv => "portal audit log, CSV download (86 columns)",
        }
    }

    /// What tells it from the others.
    pub(crate) const fn evidence(self) -> &'static str {
        match self {
            Self::LegacyAudit => "keys `activityDate` (or `activityDateInMillis`) and `activity`",
            Self::GraphAudit => "keys `activityDisplayName` and `initiatedBy` or `targetResources`",
            Self::PortalAuditJson => "a bare array of Graph audit objects that carry `userAgent`",
            Self::PortalAuditCsv => "header with `Date (UTC)`, `CorrelationId` and `Activity`",
        }
    }

    /// How it spells its keys.
    pub(crate) const fn keys(self) -> Keys {
        match self {
            Self::LegacyAudit => Keys::Legacy,
            Self::GraphAudit | Self::PortalAuditJson => Keys::Graph,
            Self::PortalAuditCsv => Keys::Portal,
        }
    }
}

impl Keys {
    /// Whether a place declared for `self` is to be looked for in a record spelt like `other`.
    pub(crate) fn covers(self, other: Self) -> bool {
        self == Self::Every || self == other
    }

    /// How `meta.columns` names the family.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Legacy => "Azure AD Graph",
            Self::Graph => "Graph",
            Self::Portal => "portal CSV",
            Self::Every => "all",
        }
    }
}

//! How much a finding matters.

/// Severity of a finding, worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Severity {
    /// Wakes somebody up.
    High,
    /// To be looked at.
    Medium,
    /// For who reads everything.
    Low,
}

impl Severity {
    /// Every severity, worst first.
    pub(crate) const ALL: [Self; 3] = [Self::High, Self::Medium, Self::Low];

    /// The severity of a word.
    pub(crate) fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|severity| severity.name() == word)
    }

    /// The word for it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::High => "high",
            Self::Medium => "medium",
            Self::Low => "low",
        }
    }

    /// Whether it is at least as bad as another.
    pub(crate) fn reaches(self, least: Self) -> bool {
        self <= least
    }
}

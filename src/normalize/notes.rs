//! What was noticed about a record besides its values.

/// A set of things noticed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Notes(u8);

impl Notes {
    /// A list is as long as the portal's CSV can hold: more may have been cut.
    pub(crate) const FULL_LIST: Self = Self(1);
    /// Bytes that are no text stand replaced.
    pub(crate) const REPLACED: Self = Self(2);
    /// PowerShell wrote the name of a type, or an object's remains, in place of a value.
    pub(crate) const LOST: Self = Self(4);
    /// A key stands twice in one object; the last counts.
    pub(crate) const REPEATED_KEY: Self = Self(8);
    /// A date can be read with the day or the month first, and nothing in the file says which.
    pub(crate) const DATE: Self = Self(16);
    /// Bytes that are no UTF-8 were read as Windows-1252.
    pub(crate) const WINDOWS_1252: Self = Self(32);

    /// Every note, with what is said of the records that have it.
    pub(crate) const ALL: [(Self, &'static str); 6] = [
        (Self::FULL_LIST, "with a list as long as the portal's CSV can hold: more may be missing"),
        (Self::REPLACED, "with bytes that are no text"),
        (
            Self::LOST,
            "that PowerShell saved without their inner objects (export again with `ConvertTo-Json -Depth 100`)",
        ),
        (Self::REPEATED_KEY, "that repeat a key: the last counts"),
        (Self::DATE, "with dates like 3/4/2026, read with the month first"),
        (
            Self::WINDOWS_1252,
            "with bytes that are not UTF-8, read as Windows-1252: look whether names are right",
        ),
    ];

    /// Adds a note if it holds.
    pub(super) fn add_if(&mut self, holds: bool, note: Self) {
        if holds {
            self.0 |= note.0;
        }
    }

    /// Whether the note is there.
    pub(crate) fn has(self, note: Self) -> bool {
        self.0 & note.0 != 0
    }

    /// Whether somebody should look: what was read may not be what was written.
    pub(crate) fn is_warning(self) -> bool {
        self.has(Self::WINDOWS_1252)
    }

    /// Whether the source lost, or may have lost, part of the record.
    pub(super) fn are_of_loss(self) -> bool {
        self.has(Self(Self::FULL_LIST.0 | Self::REPLACED.0 | Self::LOST.0 | Self::WINDOWS_1252.0))
    }
}

//! From positions in decoded text to bytes of the source.

/// How the source wrote its text, as far as counting its bytes goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Units {
    /// One byte of the source for each byte of the text.
    Utf8,
    /// Two bytes of the source for each UTF-16 code unit of the text.
    Utf16,
}

/// Follows a text from front to back and says where a place in it stood in the source.
#[derive(Debug)]
pub(super) struct Offsets {
    units: Units,
    /// Source offset of the last place asked for.
    source: u64,
}

impl Offsets {
    /// Starts after a byte-order mark of `bom` bytes.
    pub(super) fn new(units: Units, bom: u64) -> Self {
        Self { units, source: bom }
    }

    /// Source offset after `text`, which follows the last place asked for.
    pub(super) fn advance(&mut self, text: &[u8]) -> u64 {
        self.source += self.width(text);
        self.source
    }

    /// Source offset of the place `text` bytes after the last one, which stays.
    pub(super) fn peek(&self, text: &[u8]) -> u64 {
        self.source + self.width(text)
    }

    fn width(&self, text: &[u8]) -> u64 {
        match self.units {
            Units::Utf8 => text.len() as u64,
            Units::Utf16 => 2 * utf16_units(text),
        }
    }
}

/// UTF-16 code units of UTF-8 text: one for each character, one more for each beyond the basic plane.
fn utf16_units(text: &[u8]) -> u64 {
    let units: usize =
        text.iter().map(|byte| usize::from(byte & 0xC0 != 0x80) + usize::from(*byte >= 0xF0)).sum();
    units as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_source_bytes() {
        for text in ["", "abc", "añ–", "😀x"] {
            assert_eq!(utf16_units(text.as_bytes()), text.encode_utf16().count() as u64);
        }
        let mut offsets = Offsets::new(Units::Utf16, 2);
        assert_eq!(offsets.advance("é".as_bytes()), 4);
        assert_eq!(offsets.peek(b"ab"), 8);
        assert_eq!(offsets.advance(b""), 4);
    }
}

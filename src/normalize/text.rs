//! Columns of text whose values mostly stand in the text that they were read from: those are not copied.

use arrow::array::{StringViewArray, StringViewBuilder};
use arrow::buffer::Buffer;

/// Longest value that a view holds itself.
const INLINE_BYTES: usize = 12;

/// The text that the records of a batch are parts of.
#[derive(Debug, Default)]
pub(super) struct SharedText {
    text: Buffer,
}

impl SharedText {
    pub(super) fn new(text: Buffer) -> Self {
        // A view counts in 32 bits; of a longer text values are copied.
        if u32::try_from(text.len()).is_ok() { Self { text } } else { Self::default() }
    }

    /// Where a value begins, if it is a part of the text.
    fn find(&self, value: &str) -> Option<u32> {
        let begin = (value.as_ptr() as usize).checked_sub(self.text.as_ptr() as usize)?;
        let is_part = begin.checked_add(value.len())? <= self.text.len();
        u32::try_from(begin).ok().filter(|_| is_part)
    }
}

/// Builds a column of text.
#[derive(Debug)]
pub(super) struct TextBuilder {
    values: StringViewBuilder,
    /// The shared text's place among the column's buffers, once a value refers to it.
    shared_block: Option<u32>,
    rows: usize,
}

impl Default for TextBuilder {
    fn default() -> Self {
        Self::with_room(0)
    }
}

impl TextBuilder {
    fn with_room(rows: usize) -> Self {
        Self { values: StringViewBuilder::with_capacity(rows), shared_block: None, rows: 0 }
    }

    /// Appends a value; `shared` is the same for all of a batch.
    pub(super) fn append(&mut self, value: Option<&str>, shared: &SharedText) {
        self.rows += 1;
        let Some(value) = value else { return self.values.append_null() };
        let place = if value.len() > INLINE_BYTES { shared.find(value) } else { None };
        let Some(begin) = place else { return self.values.append_value(value) };
        let block = *self.shared_block.get_or_insert_with(|| self.values.append_block(shared.text.clone()));
        let length = u32::try_from(value.len()).expect("a part is not longer than the whole");
        self.values.try_append_view(block, begin, length).expect("the value is a part of the shared text");
    }

    /// Ends the column and begins a new one, which will have about as many rows.
    pub(super) fn finish(&mut self) -> StringViewArray {
        std::mem::replace(self, Self::with_room(self.rows + self.rows / 8)).values.finish()
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::Array;

    use super::*;

    #[test]
    fn parts_of_the_shared_text_are_not_copied_and_others_are() {
        let text = Buffer::from_vec(b"{\"id\":\"a value of some length\"}".to_vec());
        let shared = SharedText::new(text.clone());
        let part = &std::str::from_utf8(&text).unwrap()[7..29];
        let other = part.to_owned();
        let mut builder = TextBuilder::default();
        for value in [Some(part), None, Some("short"), Some(other.as_str()), Some("")] {
            builder.append(value, &shared);
        }
        let column = builder.finish();
        assert_eq!(
            column.iter().collect::<Vec<_>>(),
            [Some("a value of some length"), None, Some("short"), Some("a value of some length"), Some("")]
        );
        assert!(column.data_buffers().iter().any(|buffer| buffer.as_ptr() == text.as_ptr()));
        assert_eq!(column.data_buffers().len(), 2);
        assert_eq!(builder.finish().len(), 0);
    }

    #[test]
    fn nothing_is_a_part_of_no_text() {
        assert_eq!(SharedText::default().find("value"), None);
    }
}

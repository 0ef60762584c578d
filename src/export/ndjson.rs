//! Events as they were downloaded, one a line.

use std::io::{self, Write};

use arrow::array::RecordBatch;

use super::folder::ExportFile;
use crate::error::{Error, Result};
use crate::render::plain;

/// Writes the texts of the first column, one a line, and returns how many there were.
///
/// A text without a line end is written byte for byte. From one that has line ends, white space outside strings is
/// left out: it says nothing in JSON, and a line must hold the whole event.
///
/// # Errors
///
/// The first failure of the batches or of the disk.
pub(super) fn write(
    batches: &mut dyn Iterator<Item = Result<RecordBatch>>,
    out: &mut ExportFile,
) -> Result<u64> {
    let mut events = 0;
    for batch in batches {
        let batch = batch?;
        for row in 0..batch.num_rows() {
            let Some(text) = plain(batch.column(0), row) else { continue };
            write_line(&text, out).map_err(|error| Error::output(&error))?;
            events += 1;
        }
    }
    Ok(events)
}

fn write_line(text: &str, out: &mut impl Write) -> io::Result<()> {
    if memchr::memchr2(b'\n', b'\r', text.as_bytes()).is_some() {
        out.write_all(&on_one_line(text))?;
    } else {
        out.write_all(text.as_bytes())?;
    }
    out.write_all(b"\n")
}

fn on_one_line(text: &str) -> Vec<u8> {
    let mut line = Vec::with_capacity(text.len());
    let (mut is_in_string, mut is_escaped) = (false, false);
    for byte in text.bytes() {
        match byte {
            b' ' | b'\t' | b'\n' | b'\r' if !is_in_string => continue,
            // JSON has no bare line ends in strings; a source that has them still gives one line.
            b'\n' => line.extend_from_slice(b"\\n"),
            b'\r' => line.extend_from_slice(b"\\r"),
            _ => line.push(byte),
        }
        if is_escaped {
            is_escaped = false;
        } else if is_in_string && byte == b'\\' {
            is_escaped = true;
        } else if byte == b'"' {
            is_in_string = !is_in_string;
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> String {
        let mut out = Vec::new();
        write_line(text, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_text_on_one_line_is_kept_byte_for_byte() {
        assert_eq!(line("{ \"a\" : 1.50,\t\"b\":\"\\u0041\" }"), "{ \"a\" : 1.50,\t\"b\":\"\\u0041\" }\n");
    }

    #[test]
    fn white_space_outside_strings_goes_if_there_are_line_ends() {
        let text = "{\r\n  \"a b\" : \" x \\\" { \\\\\",\n\t\"c\": [ 1.50, 2 ]\n}";
        assert_eq!(line(text), "{\"a b\":\" x \\\" { \\\\\",\"c\":[1.50,2]}\n");
        assert_eq!(line("{\"a\":\n\"x\ny\"}"), "{\"a\":\"x\\ny\"}\n");
    }
}

//! Bytes that are not UTF-8, read as what Windows wrote before it.

use std::borrow::Cow;

use encoding_rs::WINDOWS_1252;

/// The text of bytes that ought to be UTF-8: each byte that is none is read as Windows-1252, in which every byte is a
/// character. Borrowed if all of it is UTF-8.
pub(crate) fn decoded(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => {
            let mut text = String::with_capacity(bytes.len() + bytes.len() / 8);
            for chunk in bytes.utf8_chunks() {
                text.push_str(chunk.valid());
                text.push_str(&WINDOWS_1252.decode_without_bom_handling(chunk.invalid()).0);
            }
            Cow::Owned(text)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_every_byte_is_a_character_of_its_own_and_utf8_stays() {
        assert!(matches!(decoded("Zoë – 😀".as_bytes()), Cow::Borrowed("Zoë – 😀")));
        assert_eq!(decoded(b"Zo\xEB \x96 \x80"), "Zoë – €");
        assert_eq!(decoded(b"Zo\xEB \xE2\x80\x93 \xC3"), "Zoë – Ã");
        let all: Vec<u8> = (0x80..=0xFF).collect();
        let text = decoded(&all);
        assert_eq!(text.chars().count(), 128);
        assert_eq!(WINDOWS_1252.encode(&text).0, all);
    }
}

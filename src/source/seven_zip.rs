//! Members of 7z files: LZMA, LZMA2, bzip2, PPMd and stored, in the order in which they are packed.
//!
//! 7-Zip packs files together in blocks, and a block can only be inflated from its beginning, so its order is kept.
//! Files without content follow at the end. Decryption is left to the one who has the password.
//!
//! ```text
//! block 1 ─▶ case.7z!a.json, case.7z!b.json      block 2 ─▶ case.7z!c.bin      no block ─▶ case.7z!empty.json
//! ```
//!
//! LIMIT: the directory of a 7z is inflated in memory whatever its size; a hostile one may take some thousand times the
//! bytes it has on disk.

use std::io::{self, BufReader};

use sevenz_rust2::{
    Archive, ArchiveEntry, Block, BlockDecoder, EncoderMethod, Error as SevenZipError, Password,
};

use super::limits::{Bounded, DICTIONARY_BYTES_MAX};
use super::nest::{Input, Layer, Names, Nest, ReadSeek, UNPACK, unreadable};
use super::time;
use crate::error::{Error, Result};

/// Bits of a member's attributes: a link of Windows, the mark that Unix's mode is in the upper half, and a link of Unix.
const WINDOWS_LINK: u32 = 0x400;
const HAS_UNIX_MODE: u32 = 0x8000;
const UNIX_KIND: u32 = 0o170_000;
const UNIX_LINK: u32 = 0o120_000;

/// Visits each file of a 7z.
///
/// # Errors
///
/// Only if `visit` fails.
pub(super) fn members(nest: &mut Nest<'_, '_>, layer: &Layer, bytes: Box<dyn ReadSeek + '_>) -> Result<()> {
    let mut bytes = BufReader::new(bytes);
    let password = Password::empty();
    let archive = match Archive::read(&mut bytes, &password) {
        Ok(archive) => archive,
        Err(error) => return tell(nest, layer, &error),
    };
    if !nest.take_members(&layer.name, archive.files.len())? {
        return Ok(());
    }
    let mut names = Names::new(&layer.name);
    let mut told = None;
    for (index, block) in archive.blocks.iter().enumerate() {
        let mut stopped = Ok(());
        let decoded = match check_memory(block) {
            Ok(()) => BlockDecoder::new(1, index, &archive, &password, &mut bytes).for_each_entries(
                &mut |entry, content| {
                    if !entry.has_stream {
                        return Ok(true);
                    }
                    let mut content = Bounded::new(content, nest.budget.clone());
                    stopped = member(nest, layer, &mut names, entry, Input::Stream(Box::new(&mut content)));
                    if stopped.is_err() {
                        return Ok(false);
                    }
                    // What nobody read has to be inflated for the next member: within the budget.
                    io::copy(&mut content, &mut io::sink())?;
                    Ok(true)
                },
            ),
            Err(error) => Err(error),
        };
        stopped?;
        if let Err(error) = decoded {
            // Thousands of blocks may be encrypted, or damaged in the same way.
            let what = format!("{error:?}");
            if told.as_ref() != Some(&what) {
                tell(nest, layer, &error)?;
                told = Some(what);
            }
        }
    }
    for entry in archive.files.iter().filter(|entry| !entry.has_stream) {
        member(nest, layer, &mut names, entry, Input::Stream(Box::new(io::empty())))?;
    }
    Ok(())
}

fn member(
    nest: &mut Nest<'_, '_>,
    layer: &Layer,
    names: &mut Names<'_>,
    entry: &ArchiveEntry,
    content: Input<'_>,
) -> Result<()> {
    if entry.is_directory || entry.is_anti_item {
        return Ok(());
    }
    let name = names.of(entry.name());
    let attributes = if entry.has_windows_attributes { entry.windows_attributes } else { 0 };
    let is_unix_link = attributes & HAS_UNIX_MODE != 0 && (attributes >> 16) & UNIX_KIND == UNIX_LINK;
    if attributes & WINDOWS_LINK != 0 || is_unix_link {
        return nest.tell_link(&name, None);
    }
    let modified = entry.has_last_modified_date.then(|| u64::from(entry.last_modified_date));
    nest.open(layer.member(name, modified.and_then(time::from_windows)), content)
}

/// Refuses a block that asks for too much memory to be inflated.
fn check_memory(block: &Block) -> Result<(), SevenZipError> {
    for coder in &block.coders {
        let properties = coder.properties();
        let size = match coder.encoder_method_id() {
            // Steps of a half power of two from 4 KiB on.
            id if id == EncoderMethod::ID_LZMA2 => {
                properties.first().map(|bits| u64::from(2 | (bits & 1)) << (bits / 2 + 11).min(40))
            }
            id if id == EncoderMethod::ID_LZMA || id == EncoderMethod::ID_PPMD => properties
                .get(1..5)
                .and_then(|size| size.try_into().ok())
                .map(|size| u64::from(u32::from_le_bytes(size))),
            _ => None,
        };
        if size.is_some_and(|size| size > u64::from(DICTIONARY_BYTES_MAX)) {
            let max_kb = (DICTIONARY_BYTES_MAX >> 10) as usize;
            return Err(SevenZipError::MaxMemLimited { max_kb, actaul_kb: 0 });
        }
    }
    Ok(())
}

/// Tells what is wrong with the whole file.
fn tell(nest: &mut Nest<'_, '_>, layer: &Layer, error: &SevenZipError) -> Result<()> {
    let reason = match error {
        SevenZipError::PasswordRequired => return nest.tell_encrypted(&layer.name),
        SevenZipError::UnsupportedCompressionMethod(method) if method.starts_with("AES") => {
            return nest.tell_encrypted(&layer.name);
        }
        SevenZipError::UnsupportedCompressionMethod(method) => {
            let reason = format!("it is compressed with {method}, which is not read");
            return nest.tell(&layer.name, unreadable(&layer.name).because(reason).hint(UNPACK));
        }
        SevenZipError::MaxMemLimited { max_kb, .. } => {
            let reason = format!("it asks for more than {} MiB of memory to be inflated", max_kb >> 10);
            return nest.tell(&layer.name, unreadable(&layer.name).because(reason).hint(UNPACK));
        }
        SevenZipError::Io(error, _) => format!("it is damaged: {error}"),
        SevenZipError::ChecksumVerificationFailed | SevenZipError::NextHeaderCrcMismatch => {
            "it is damaged: a checksum is wrong".to_owned()
        }
        SevenZipError::Other(reason) | SevenZipError::Unsupported(reason) => {
            format!("it is damaged: {reason}")
        }
        other => format!("it is damaged: {other:?}"),
    };
    let what = Error::new(format!("cannot read 7z file `{}`", layer.name));
    nest.tell(&layer.name, what.because(reason))
}

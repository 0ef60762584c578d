//! Members of zip files: stored, deflate, deflate64, bzip2 and zstd.
//!
//! The directory at the end says what there is. Members are visited in the order of their names, two of the same name
//! in the order of the directory. Of a zip that lost its directory the members are read that say their own length, in the
//! order in which they lie there.
//!
//! ```text
//! case.zip ─▶ case.zip!a.json, case.zip!b/c.json, case.zip!b/c.json (2)
//! ```

use std::io::{BufReader, Read, Seek};

use zip::read::{Config, ZipFile, ZipFileEntry, read_zipfile_from_stream};
use zip::unstable::read::ZipIterable;
use zip::{DateTime, ExtraField, SUPPORTED_COMPRESSION_METHODS, ZipReadOptions};

use super::limits::Bounded;
use super::nest::{Input, Layer, Names, Nest, ReadSeek, UNPACK, unreadable};
use super::time;
use crate::error::{Error, Result};

/// Visits each file of a zip.
///
/// # Errors
///
/// Only if `visit` fails.
pub(super) fn members(nest: &mut Nest<'_, '_>, layer: &Layer, bytes: Box<dyn ReadSeek + '_>) -> Result<()> {
    let describe = || Error::new(format!("cannot read zip file `{}`", layer.name));
    let mut bytes = BufReader::new(bytes);
    let mut zip = match ZipIterable::try_new(&mut bytes, Config::default()) {
        Ok(zip) => zip,
        Err(error) => {
            let is_read = bytes.rewind().is_ok() && without_directory(nest, layer, &mut bytes)?;
            let kept = if is_read { "; members before the damage are read" } else { "" };
            return nest.tell(&layer.name, describe().because(format!("{error}{kept}")));
        }
    };
    if !nest.take_members(&layer.name, zip.len())? {
        return Ok(());
    }
    let files = match zip.files() {
        Ok(files) => files,
        Err(error) => return nest.tell(&layer.name, describe().because(error)),
    };
    let mut entries = Vec::new();
    let mut damage = None;
    for (index, entry) in files.by_ref().enumerate() {
        match entry {
            // Some writers part folders by `\`.
            Ok(entry) => entries.push((entry_name(&entry, index).replace('\\', "/"), index, entry)),
            Err(error) => damage = Some(error),
        }
    }
    entries.sort_by(|a, b| (&a.0, a.1).cmp(&(&b.0, b.1)));
    let mut names = Names::new(&layer.name);
    for (name, _, entry) in entries {
        if name.ends_with('/') || entry.is_dir() {
            continue;
        }
        let name = names.of(&name);
        if entry.encrypted() {
            nest.tell_encrypted(&name)?;
        } else if entry.is_symlink() {
            nest.tell_link(&name, None)?;
        } else if !SUPPORTED_COMPRESSION_METHODS.contains(&entry.compression()) {
            let reason = format!("it is compressed with {}, which is not read", entry.compression());
            nest.tell(&name, unreadable(&name).because(reason).hint(UNPACK))?;
        } else {
            match entry.with_reader(files.reader_mut(), ZipReadOptions::new()) {
                Ok(file) => {
                    let layer = layer.member(name, modified(&file));
                    let bounded = Bounded::new(file, nest.budget.clone());
                    nest.open(layer, Input::Stream(Box::new(bounded)))?;
                }
                Err(error) => nest.tell_unreadable(&name, error)?,
            }
        }
    }
    match damage {
        Some(error) => nest.tell(&layer.name, describe().because(error)),
        None => Ok(()),
    }
}

/// Visits the members by what stands before each of them, up to the first place that makes no sense; whether there were any.
fn without_directory(nest: &mut Nest<'_, '_>, layer: &Layer, bytes: &mut impl Read) -> Result<bool> {
    let mut names = Names::new(&layer.name);
    let mut is_any = false;
    while let Ok(Some(file)) = read_zipfile_from_stream(bytes) {
        if file.is_dir() || file.is_symlink() {
            continue;
        }
        if !nest.take_members(&layer.name, 1)? {
            break;
        }
        is_any = true;
        let name = file.name().map_or_else(|_| "member".to_owned(), |name| name.into_owned());
        let layer = layer.member(names.of(&name), modified(&file));
        let bounded = Bounded::new(file, nest.budget.clone());
        nest.open(layer, Input::Stream(Box::new(bounded)))?;
    }
    Ok(is_any)
}

/// The member's path; one without a readable name goes by its number.
fn entry_name(entry: &ZipFileEntry<'_>, index: usize) -> String {
    entry.name().map_or_else(|_| format!("member {index}"), |name| name.into_owned())
}

/// When the member was last changed: Unix's field, Windows' field, or the field of DOS, which knows no time zone and is
/// read as UTC. Microseconds since 1970-01-01 UTC.
fn modified<R: Read>(file: &ZipFile<'_, R>) -> Option<i64> {
    let unix = file.extra_data_fields().find_map(|field| match field {
        ExtraField::ExtendedTimestamp(times) => Some(i64::from(times.mod_time()?) * 1_000_000),
        _ => None,
    });
    let windows = || {
        file.extra_data_fields().find_map(|field| match field {
            ExtraField::Ntfs(times) => time::from_windows(times.mtime()),
            _ => None,
        })
    };
    unix.or_else(windows).or_else(|| from_dos(file.last_modified()?))
}

fn from_dos(time: DateTime) -> Option<i64> {
    let date = chrono::NaiveDate::from_ymd_opt(time.year().into(), time.month().into(), time.day().into())?;
    let time = date.and_hms_opt(time.hour().into(), time.minute().into(), time.second().into())?;
    Some(time.and_utc().timestamp_micros())
}

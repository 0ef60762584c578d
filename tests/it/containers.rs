//! Containers and compressions, whole and broken: every text in them is read once, under a name of its own.

use std::io::{Cursor, Write};
use std::path::PathBuf;

use sevenz_rust2::encoder_options::{Bzip2Options, Lzma2Options, LzmaOptions, PpmdOptions};
use sevenz_rust2::{ArchiveEntry, ArchiveWriter, EncoderConfiguration, EncoderMethod, SourceReader};
use tar::{EntryType, Header};
use tempfile::TempDir;
use zip::CompressionMethod;
use zip::unstable::write::FileOptionsExt;
use zip::write::SimpleFileOptions;

use crate::support::{Said, archive_of, files_below, query, value};

/// A container that was ingested.
struct Ingested {
    dir: TempDir,
    archive: PathBuf,
    said: Said,
}

#[track_caller]
fn ingest(name: &str, bytes: impl AsRef<[u8]>) -> Ingested {
    let (dir, archive, said) = archive_of(name, bytes.as_ref());
    assert!(!said.stderr.contains("panicked"), "{}", said.stderr);
    Ingested { dir, archive, said }
}

impl Ingested {
    /// Everything was read without complaints.
    #[track_caller]
    fn whole(self) -> Self {
        assert_eq!(self.said.code, 0, "{}", self.said.stderr);
        self
    }

    /// Ids of the events, in order.
    #[track_caller]
    fn has(self, ids: &str) -> Self {
        let found = query(&self.archive, "SELECT id FROM audit ORDER BY id");
        assert_eq!(found.trim_end().replace('\n', " "), ids, "{}", self.said.stderr);
        self
    }

    /// Names of the sources, in the order in which they were read.
    #[track_caller]
    fn named(self, names: &[&str]) -> Self {
        let found = query(&self.archive, "SELECT path FROM meta.sources ORDER BY path");
        assert_eq!(found.lines().collect::<Vec<_>>(), names, "{}", self.said.stderr);
        self
    }

    /// The source of this name has a problem that says this.
    #[track_caller]
    fn complains(self, name: &str, what: &str) -> Self {
        assert_eq!(self.said.code, 1, "{}", self.said.stderr);
        let sql = format!("SELECT coalesce(problem, '') FROM meta.sources WHERE path = '{name}'");
        let problems = query(&self.archive, &sql);
        assert!(problems.contains(what), "{name}: {problems:?} is not {what:?}: {}", self.said.stderr);
        self
    }
}

fn event(id: &str) -> String {
    format!(
        r#"{{"id":"{id}","activityDisplayName":"Update user","activityDateTime":"2026-03-02T08:09:10Z","initiatedBy":{{}},"targetResources":[{{"id":"t"}}]}}"#
    )
}

fn lines(from: usize, to: usize) -> String {
    (from..to).map(|id| event(&id.to_string()) + "\n").collect()
}

fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    writer.write_all(bytes).unwrap();
    writer.finish().unwrap()
}

fn zst(bytes: &[u8]) -> Vec<u8> {
    let mut writer = zstd::Encoder::new(Vec::new(), 3).unwrap();
    writer.include_checksum(true).unwrap();
    writer.write_all(bytes).unwrap();
    writer.finish().unwrap()
}

fn bz2(bytes: &[u8]) -> Vec<u8> {
    let mut writer = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    writer.write_all(bytes).unwrap();
    writer.finish().unwrap()
}

fn xz(bytes: &[u8]) -> Vec<u8> {
    let options = lzma_rust2::XzOptions::with_preset(0);
    let mut writer = lzma_rust2::XzWriter::new(Vec::new(), options).unwrap();
    writer.write_all(bytes).unwrap();
    writer.finish().unwrap()
}

/// Puts bytes into something.
type Pack = fn(&[u8]) -> Vec<u8>;

/// Every compression of a single text.
const CODECS: [(&str, Pack); 4] = [("gz", gz), ("zst", zst), ("bz2", bz2), ("xz", xz)];

/// A header whose name is written as it is: the `tar` crate would not write a hostile one.
fn tar_header(kind: EntryType, name: &str, size: usize) -> Header {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_size(size as u64);
    header.set_mode(0o644);
    header.set_mtime(1_772_438_950);
    header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
    header.set_cksum();
    header
}

fn tar_of(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, bytes) in members {
        builder.append(&tar_header(EntryType::Regular, name, bytes.len()), *bytes).unwrap();
    }
    builder.into_inner().unwrap()
}

fn zip_with(options: SimpleFileOptions, members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in members {
        writer.start_file(*name, options).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn zip_of(members: &[(&str, &[u8])]) -> Vec<u8> {
    zip_with(SimpleFileOptions::default(), members)
}

/// A 7z with each member in a block of its own, or all in one.
fn seven_zip_with(method: EncoderConfiguration, is_solid: bool, members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ArchiveWriter::new(Cursor::new(Vec::new())).unwrap();
    writer.set_content_methods(vec![method]);
    if is_solid {
        let entries = members.iter().map(|(name, _)| ArchiveEntry::new_file(name)).collect();
        let contents = members.iter().map(|(_, bytes)| SourceReader::new(*bytes)).collect();
        writer.push_archive_entries(entries, contents).unwrap();
    } else {
        for (name, bytes) in members {
            writer.push_archive_entry(ArchiveEntry::new_file(name), Some(*bytes)).unwrap();
        }
    }
    writer.finish().unwrap().into_inner()
}

fn seven_zip_of(members: &[(&str, &[u8])]) -> Vec<u8> {
    seven_zip_with(Lzma2Options::from_level(1).into(), true, members)
}

/// Puts other bytes wherever these stand.
fn patched(bytes: &[u8], old: &[u8], new: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for at in 0..=bytes.len() - old.len() {
        if bytes[at..].starts_with(old) {
            bytes[at..at + new.len()].copy_from_slice(new);
        }
    }
    bytes
}

/// A zip whose members claim to be compressed with this method.
fn zip_claiming(method: u8, zip: &[u8]) -> Vec<u8> {
    let mut bytes = zip.to_vec();
    for at in 0..zip.len() - 4 {
        match zip[at..at + 4] {
            [b'P', b'K', 3, 4] => bytes[at + 8] = method,
            [b'P', b'K', 1, 2] => bytes[at + 10] = method,
            _ => {}
        }
    }
    bytes
}

#[test]
fn a_compression_is_told_by_its_bytes_and_not_by_the_files_name() {
    for (_, compress) in CODECS {
        ingest("page.json", compress(event("a").as_bytes())).whole().has("a").named(&["page.json"]);
    }
}

#[test]
fn streams_that_follow_one_another_are_read_as_one() {
    for (codec, compress) in CODECS {
        let streams = [compress(lines(1, 2).as_bytes()), compress(lines(2, 4).as_bytes())].concat();
        ingest(&format!("log.{codec}"), streams).whole().has("1 2 3");
    }
    let note = [0x50, 0x2A, 0x4D, 0x18, 4, 0, 0, 0, 1, 2, 3, 4];
    ingest("note.zst", [&note, zst(event("a").as_bytes()).as_slice()].concat()).whole().has("a");
}

#[test]
fn a_truncated_stream_gives_what_it_holds_and_says_so() {
    // Blocks of bzip2 hold 100 kB, those of zstd 128 kB, those of xz 64 kB compressed: so much of a cut stream is lost.
    let mut state = 1_u128;
    let text: String = (0..4000)
        .map(|_| {
            state = state.wrapping_mul(0x2360_ED05_1FC6_5DA4_4385_DF64_9FCC_F645).wrapping_add(1);
            event(&format!("{state:032x}{:032x}", state.rotate_left(64).wrapping_mul(7))) + "\n"
        })
        .collect();
    for (codec, compress) in CODECS {
        let whole = compress(text.as_bytes());
        let name = format!("cut.{codec}");
        let cut = ingest(&name, &whole[..whole.len() * 9 / 10]).complains(&name, "cannot be read to its end");
        let found: usize = value(&cut.archive, "SELECT count(*) FROM audit").parse().unwrap();
        assert!((1000..4000).contains(&found), "{name}: {found}");
        let tail = ingest(&name, &whole[..whole.len() - 3]).complains(&name, "cannot be read to its end");
        assert_ne!(value(&tail.archive, "SELECT count(*) FROM audit"), "0", "{name}");
    }
}

#[test]
fn damage_in_a_stream_is_told() {
    for (codec, compress) in CODECS {
        let mut bytes = compress(lines(100, 200).as_bytes());
        let middle = bytes.len() / 2;
        bytes[middle] ^= 0x10;
        let name = format!("bent.{codec}");
        assert_eq!(ingest(&name, bytes).said.code, 1, "{name}");
    }
}

#[test]
fn a_bomb_is_stopped_in_every_compression_and_container() {
    let why = "inflates to more than 67108864 bytes";
    let mut bomb = vec![b' '; 72 << 20];
    bomb[0] = b'[';
    for (codec, compress) in CODECS {
        let name = format!("bomb.{codec}");
        ingest(&name, compress(&bomb)).complains(&name, why).has("");
    }
    let good = event("a");
    let members = [("a.json", good.as_bytes()), ("b.json", &bomb)];
    ingest("bomb.tgz", gz(&tar_of(&members))).complains("bomb.tgz!b.json", why).has("a");
    ingest("bomb.7z", seven_zip_of(&members)).complains("bomb.7z!b.json", why).has("a");
    for method in [CompressionMethod::Zstd, CompressionMethod::Bzip2] {
        let options = SimpleFileOptions::default().compression_method(method);
        ingest("bomb.zip", zip_with(options, &members)).complains("bomb.zip!b.json", why).has("a");
    }
    // Each layer is small, all together are not.
    ingest("layers.zip", zip_of(&[("b.json.gz", &gz(&bomb))])).complains("layers.zip!b.json.gz", why);
}

#[test]
fn a_stream_that_asks_for_too_much_memory_is_refused() {
    let mut xz = xz(event("a").as_bytes());
    // The first block's header: size, flags, filter LZMA2 with one property, the dictionary's size.
    assert_eq!(xz[12..16], [2, 0, 0x21, 1]);
    xz[16] = 40;
    let sum = crc32(&xz[12..20]);
    xz[20..24].copy_from_slice(&sum.to_le_bytes());
    ingest("big.xz", xz).complains("big.xz", "memory").has("");
}

/// The checksum of xz headers, bit by bit.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg()))
    })
}

#[test]
fn members_of_a_tar_are_read_in_every_compression() {
    let (a, b) = (event("a"), gz(event("b").as_bytes()));
    let tar = tar_of(&[("logs/a.json", a.as_bytes()), ("logs/b.json.gz", &b)]);
    ingest("plain.tar", &tar).whole().has("a b");
    for (codec, compress) in CODECS {
        let name = format!("x.tar.{codec}");
        let names = [format!("{name}!logs/a.json"), format!("{name}!logs/b.json.gz")];
        ingest(&name, compress(&tar)).whole().has("a b").named(&[&names[0], &names[1]]);
    }
}

#[test]
fn long_names_of_pax_and_gnu_tars_are_kept() {
    let long = format!("{}/a.json", "folder".repeat(30));
    let text = event("a");
    let mut gnu = tar::Builder::new(Vec::new());
    gnu.append_data(&mut tar_header(EntryType::Regular, "x", text.len()), &long, text.as_bytes()).unwrap();
    let expected = format!("x.tar!{long}");
    ingest("x.tar", gnu.into_inner().unwrap()).whole().has("a").named(&[&expected]);
    let mut pax = tar::Builder::new(Vec::new());
    pax.append_pax_extensions([("path", long.as_bytes()), ("mtime", b"1772438950.25")]).unwrap();
    pax.append(&tar_header(EntryType::Regular, "short", text.len()), text.as_bytes()).unwrap();
    ingest("x.tar", pax.into_inner().unwrap()).whole().has("a").named(&[&expected]);
}

#[test]
fn names_inside_containers_are_only_names() {
    let [a, b, c] = ["a", "b", "c"].map(event);
    let members: [(&str, &[u8]); 3] =
        [("../../evil.json", a.as_bytes()), ("/etc/evil.json", b.as_bytes()), ("x\\evil.json", c.as_bytes())];
    for (name, bytes) in
        [("n.tar", tar_of(&members)), ("n.7z", seven_zip_of(&members)), ("n.zip", zip_of(&members))]
    {
        let names =
            ["../../evil.json", "/etc/evil.json", "x/evil.json"].map(|member| format!("{name}!{member}"));
        let read = ingest(name, bytes).whole().has("a b c").named(&[&names[0], &names[1], &names[2]]);
        assert!(!files_below(read.dir.path()).iter().any(|path| path.ends_with("evil.json")));
    }
}

#[test]
fn links_devices_and_sparse_files_of_a_tar_are_told_and_not_followed() {
    let text = event("a");
    let mut builder = tar::Builder::new(Vec::new());
    let add = |builder: &mut tar::Builder<Vec<u8>>, kind, name, target: &str| {
        let mut header = tar_header(kind, name, 0);
        header.set_link_name_literal(target).unwrap();
        header.set_cksum();
        builder.append(&header, &b""[..]).unwrap();
    };
    add(&mut builder, EntryType::Directory, "logs/", "");
    add(&mut builder, EntryType::Symlink, "link.json", "/etc/passwd");
    add(&mut builder, EntryType::Link, "hard.json", "logs/a.json");
    add(&mut builder, EntryType::Fifo, "pipe.json", "");
    add(&mut builder, EntryType::Char, "zero.json", "");
    add(&mut builder, EntryType::new(b'V'), "volume", "");
    let mut sparse = tar_header(EntryType::GNUSparse, "sparse.json", 0);
    sparse.as_gnu_mut().unwrap().realsize.copy_from_slice(b"77777777777\0");
    sparse.as_gnu_mut().unwrap().sparse[0].offset.copy_from_slice(b"77777777777\0");
    sparse.as_gnu_mut().unwrap().sparse[0].numbytes.copy_from_slice(b"00000000000\0");
    sparse.set_cksum();
    builder.append(&sparse, &b""[..]).unwrap();
    builder.append_pax_extensions([("GNU.sparse.major", b"1".as_slice())]).unwrap();
    builder.append(&tar_header(EntryType::Regular, "pax.json", text.len()), text.as_bytes()).unwrap();
    builder.append(&tar_header(EntryType::Regular, "logs/a.json", text.len()), text.as_bytes()).unwrap();
    let read = ingest("odd.tar", builder.into_inner().unwrap()).has("a");
    assert_eq!(value(&read.archive, "SELECT count(*) FROM meta.sources"), "8");
    read.complains("odd.tar!link.json", "a link to `/etc/passwd`, which is not followed")
        .complains("odd.tar!hard.json", "a link to `logs/a.json`")
        .complains("odd.tar!pipe.json", "neither a file nor a folder")
        .complains("odd.tar!zero.json", "neither a file nor a folder")
        .complains("odd.tar!volume", "unknown kind `V`")
        .complains("odd.tar!sparse.json", "sparse")
        .complains("odd.tar!pax.json", "sparse");
}

#[test]
fn a_cut_tar_keeps_what_came_before_and_says_so() {
    let (a, b) = (lines(1, 3), lines(3, 9));
    let whole = tar_of(&[("a.json", a.as_bytes()), ("b.json", b.as_bytes())]);
    let begin_of_b = 512 + a.len().next_multiple_of(512);
    ingest("cut.tar", &whole[..begin_of_b]).complains("cut.tar", "end mark is missing").has("1 2");
    ingest("cut.tar", &whole[..begin_of_b + 100]).complains("cut.tar", "entire block").has("1 2");
    let in_b = &whole[..begin_of_b + 512 + event("3").len() + 20];
    ingest("cut.tar", in_b).complains("cut.tar!b.json", "cannot be read to its end").has("1 2 3");
    let mut bent = whole.clone();
    bent[begin_of_b + 3] ^= 1;
    ingest("bent.tar", &bent).complains("bent.tar", "checksum").has("1 2");
    for (codec, compress) in CODECS {
        let compressed = compress(&whole);
        let name = format!("cut.tar.{codec}");
        // The checksum stands behind the end of the tar.
        assert_eq!(ingest(&name, &compressed[..compressed.len() - 4]).said.code, 1, "{name}");
    }
}

#[test]
fn a_tar_behind_a_tar_is_read_too() {
    let tars = ["a", "b"].map(|id| tar_of(&[(&format!("{id}.json"), event(id).as_bytes())]));
    let padding = vec![0; 3 << 20];
    ingest("two.tar", [&tars[0][..], &padding, &tars[1], &padding].concat()).whole().has("a b");
}

#[test]
fn a_tar_header_that_would_fill_the_memory_is_refused() {
    let (good, long) = (event("a"), vec![b'x'; 2 << 20]);
    let mut builder = tar::Builder::new(Vec::new());
    builder.append(&tar_header(EntryType::Regular, "a.json", good.len()), good.as_bytes()).unwrap();
    builder.append(&tar_header(EntryType::GNULongName, "long", long.len()), long.as_slice()).unwrap();
    builder.append(&tar_header(EntryType::Regular, "b.json", good.len()), good.as_bytes()).unwrap();
    let bytes = zst(&builder.into_inner().unwrap());
    ingest("long.tar.zst", bytes).complains("long.tar.zst", "headers of more than 1048576 bytes").has("a");
}

#[test]
fn members_of_a_zip_are_read_whatever_their_compression() {
    let methods = [
        CompressionMethod::Stored,
        CompressionMethod::Deflated,
        CompressionMethod::Bzip2,
        CompressionMethod::Zstd,
    ];
    let text = event("a");
    for method in methods {
        let options = SimpleFileOptions::default().compression_method(method);
        ingest("m.zip", zip_with(options, &[("a.json", text.as_bytes())])).whole().has("a");
    }
    // Without long repetitions the bits of deflate64 are those of deflate.
    let deflate64 = zip_claiming(9, &zip_of(&[("a.json", text.as_bytes())]));
    ingest("explorer.zip", deflate64).whole().has("a");
}

#[test]
fn a_zip_member_of_an_unknown_compression_is_named() {
    let text = event("a");
    let zip = zip_claiming(98, &zip_of(&[("a.json", text.as_bytes())]));
    ingest("m.zip", zip)
        .complains("m.zip!a.json", "compressed with Ppmd")
        .complains("m.zip!a.json", "unpack it");
}

#[test]
fn members_of_a_7z_are_read_whatever_their_compression() {
    let methods: [EncoderConfiguration; 5] = [
        EncoderMethod::COPY.into(),
        LzmaOptions::from_level(1).into(),
        Lzma2Options::from_level(1).into(),
        Bzip2Options::from_level(1).into(),
        PpmdOptions::from_level(1).into(),
    ];
    let (a, b, c) = (event("a"), "x".repeat(200_000), event("c"));
    let members = [("logs/a.json", a.as_bytes()), ("b.txt", b.as_bytes()), ("c.json", c.as_bytes())];
    for method in methods {
        for is_solid in [false, true] {
            ingest("m.7z", seven_zip_with(method.clone(), is_solid, &members))
                .complains("m.7z!b.txt", "neither JSON nor")
                .has("a c")
                .named(&["m.7z!b.txt", "m.7z!c.json", "m.7z!logs/a.json"]);
        }
    }
}

#[test]
fn folders_and_empty_files_of_a_7z_are_no_puzzle() {
    let mut writer = ArchiveWriter::new(Cursor::new(Vec::new())).unwrap();
    writer.push_archive_entry::<&[u8]>(ArchiveEntry::new_directory("logs"), None).unwrap();
    writer.push_archive_entry(ArchiveEntry::new_file("empty.json"), Some(&b""[..])).unwrap();
    writer.push_archive_entry(ArchiveEntry::new_file("logs/a.json"), Some(event("a").as_bytes())).unwrap();
    let bytes = writer.finish().unwrap().into_inner();
    ingest("m.7z", bytes)
        .complains("m.7z!empty.json", "empty")
        .has("a")
        .named(&["m.7z!empty.json", "m.7z!logs/a.json"]);
}

#[test]
fn a_damaged_7z_says_so_and_keeps_what_came_before() {
    let (a, b) = (lines(1, 3), lines(3, 500));
    let whole = seven_zip_with(
        EncoderMethod::COPY.into(),
        false,
        &[("a.json", a.as_bytes()), ("b.json", b.as_bytes())],
    );
    ingest("cut.7z", &whole[..whole.len() - 10]).complains("cut.7z", "cannot read 7z file").has("");
    let bent = patched(&whole, br#""id":"400""#, br#""id":"4x0""#);
    let read = ingest("bent.7z", bent).complains("bent.7z!b.json", "cannot be read to its end");
    assert_ne!(value(&read.archive, "SELECT count(*) FROM audit WHERE id IN ('1', '2', '3')"), "0");
}

/// `a.json` with `{}` inside, encrypted with AES by a password; the names can be seen.
const ENCRYPTED_7Z: &[u8] = b"\x37\x7a\xbc\xaf\x27\x1c\x00\x04\x1c\xf9\x5e\x3e\x10\x00\x00\x00\x00\x00\x00\x00\x61\x00\x00\x00\x00\x00\x00\x00\x46\xdc\xe7\xe6\x2f\xfb\xf4\xf6\x6f\x53\x0c\x37\x15\x46\x66\xeb\xf1\x87\x6a\x76\x01\x04\x06\x00\x01\x09\x10\x0a\x01\xa6\xc5\x81\xac\x00\x07\x0b\x01\x00\x02\x24\x06\xf1\x07\x01\x22\xc8\xff\xb5\x0d\x7a\x3b\x19\xef\xd3\x29\xb6\x9f\x7d\x3c\xe4\x1e\x31\xc7\xe9\x99\x14\x0b\x68\x3b\xbc\x29\xb5\x09\x7f\x1e\xb3\xd9\x87\x65\x01\x00\x01\x00\x0c\x02\x02\x00\x08\x0a\x01\x43\xbf\xa6\xa3\x00\x00\x05\x01\x11\x0f\x00\x61\x00\x2e\x00\x6a\x00\x73\x00\x6f\x00\x6e\x00\x00\x00\x00\x00";

/// The same with its names encrypted too.
const ENCRYPTED_7Z_NAMES: &[u8] = b"\x37\x7a\xbc\xaf\x27\x1c\x00\x04\xb9\x69\xb8\x4a\x80\x00\x00\x00\x00\x00\x00\x00\x53\x00\x00\x00\x00\x00\x00\x00\xe1\xad\x8b\xc3\x1c\x4b\x34\xdd\x23\x07\xa6\x66\xe8\xa4\xd2\xc9\xe8\x65\xe6\xa6\xe5\x8c\x8b\x95\x69\x37\x1a\xe5\x47\x6d\x14\x08\x38\x19\xa6\x57\x2d\x3a\xec\xad\x23\xab\xeb\x42\x2a\x8e\xef\x04\x7f\xe1\x96\x07\xce\xd9\x78\x42\xee\xab\xae\x3a\xa4\x9c\xe4\xaa\x80\x6b\x7a\xfe\x74\x53\x4f\x2e\x84\x3e\x27\x1f\xdd\xdf\x57\x12\x21\xb0\x0d\x23\x57\x05\xd1\x37\x6f\xfb\x3b\xce\x8e\xd9\xa4\x42\x0f\x12\x2b\x34\x1a\xf7\x13\xf3\x4f\x17\xec\x14\xa7\x0b\xf4\xae\x9f\x2c\xd1\x04\x96\x61\x47\x73\x0f\x58\xff\x1b\x0f\x52\xad\xb2\x0c\x27\xa1\x6a\x17\x06\x10\x01\x09\x70\x0a\x01\xed\x3e\x32\xf6\x00\x07\x0b\x01\x00\x02\x24\x06\xf1\x07\x01\x22\xc8\xff\x20\xe1\x3c\xd2\xe0\xb6\x28\x91\xf1\x5c\xa4\xbe\xc9\x05\xfe\x87\xcb\x6c\x72\xf0\x01\xe5\x53\x15\x79\xcf\x5a\xa4\x91\x8b\x69\x16\x23\x03\x01\x01\x05\x5d\x00\x00\x80\x00\x01\x00\x0c\x61\x61\x00\x08\x0a\x01\x24\xcf\x1b\x7f\x00\x00";

#[test]
fn encrypted_containers_ask_to_be_unpacked_with_their_password() {
    let why = "it is encrypted; unpack it with its password";
    ingest("locked.7z", ENCRYPTED_7Z).complains("locked.7z", why);
    ingest("locked.7z", ENCRYPTED_7Z_NAMES).complains("locked.7z", why);
    let options = SimpleFileOptions::default().with_deprecated_encryption(b"secret").unwrap();
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    writer.start_file("a.json", options).unwrap();
    writer.write_all(event("a").as_bytes()).unwrap();
    writer.start_file("b.json", SimpleFileOptions::default()).unwrap();
    writer.write_all(event("b").as_bytes()).unwrap();
    let zip = writer.finish().unwrap().into_inner();
    ingest("locked.zip", &zip).complains("locked.zip!a.json", why).has("b");
    // What 7-Zip and WinZip write with AES.
    let aes = zip_claiming(99, &zip);
    ingest("aes.zip", aes).complains("aes.zip!a.json", why);
}

#[test]
fn containers_inside_containers_are_followed_and_their_names_chained() {
    let [a, b, c, d] = ["a", "b", "c", "d"].map(event);
    let tar_gz = gz(&tar_of(&[("logs/a.json", a.as_bytes())]));
    let zip = zip_of(&[("b.json", b.as_bytes())]);
    let seven_zip = seven_zip_of(&[("c.json", c.as_bytes())]);
    let tar_xz = xz(&tar_of(&[("inner.zip", &zip), ("inner.7z", &seven_zip)]));
    let outer =
        zip_of(&[("1.tar.gz", &tar_gz), ("2.tar.xz", &tar_xz), ("3.zip", &zip), ("4.json", d.as_bytes())]);
    let names = [
        "case.zip!1.tar.gz!logs/a.json",
        "case.zip!2.tar.xz!inner.7z!c.json",
        "case.zip!2.tar.xz!inner.zip!b.json",
        "case.zip!3.zip!b.json",
        "case.zip!4.json",
    ];
    ingest("case.zip", &outer).whole().has("a b c d").named(&names);
    let in_7z = seven_zip_of(&[("case.zip", &outer)]);
    ingest("case.7z", in_7z).whole().has("a b c d");
}

#[test]
fn nesting_is_followed_to_a_depth_and_no_further() {
    let packs: [Pack; 5] = [
        gz,
        zst,
        |bytes| tar_of(&[("x", bytes)]),
        |bytes| zip_of(&[("x", bytes)]),
        |bytes| seven_zip_of(&[("x", bytes)]),
    ];
    for pack in packs {
        let mut bytes = event("a").into_bytes();
        for _ in 0..8 {
            bytes = pack(&bytes);
        }
        ingest("deep", &bytes).whole().has("a");
        let read = ingest("deep", pack(&bytes)).has("");
        assert!(read.said.stderr.contains("nested more than 8 deep"), "{}", read.said.stderr);
    }
}

#[test]
fn a_large_zip_inside_a_container_asks_to_be_unpacked() {
    let mut large = b"PK\x03\x04".to_vec();
    large.resize(257 << 20, 0);
    // Bytes that do not shrink, so that the budget allows for so much.
    let mut state = 1_u32;
    large.extend((0..1_500_000).map(|_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    }));
    let good = event("a");
    let tar = zst(&tar_of(&[("large.zip", &large), ("a.json", good.as_bytes())]));
    ingest("x.tar.zst", tar).complains("x.tar.zst!large.zip", "up to 268435456 bytes; unpack it").has("a");
}

#[test]
fn a_damaged_container_inside_another_costs_only_itself() {
    let (a, c) = (event("a"), event("c"));
    let zip = zip_of(&[("x.json", event("x").as_bytes())]);
    let cut = &zip[..zip.len() - 30];
    let tar = tar_of(&[("a.json", a.as_bytes()), ("b.zip", cut), ("c.json", c.as_bytes())]);
    ingest("m.tar", tar).complains("m.tar!b.zip", "cannot read zip file").has("a c x");
    let cut = &gz(&tar_of(&[("x.json", lines(1, 9).as_bytes())]))[..100];
    let zip = zip_of(&[("a.json", a.as_bytes()), ("b.tgz", cut), ("c.json", c.as_bytes())]);
    assert_eq!(ingest("m.zip", zip).has("a c").said.code, 1);
}

#[test]
fn members_of_the_same_name_are_told_apart() {
    let [a, b, c] = ["a", "b", "c"].map(event);
    let tar = tar_of(&[("x.json", a.as_bytes()), ("x.json", b.as_bytes()), ("x.json", c.as_bytes())]);
    let names = ["d.tar!x.json", "d.tar!x.json (2)", "d.tar!x.json (3)"];
    let read = ingest("d.tar", tar).whole().has("a b c").named(&names);
    let of_c = "SELECT source_file FROM audit WHERE id = 'c'";
    assert_eq!(value(&read.archive, of_c), "d.tar!x.json (3)");
    let zip = zip_of(&[("x.json", a.as_bytes()), ("y.json", b.as_bytes())]);
    let zip = patched(&zip, b"y.json", b"x.json");
    ingest("d.zip", zip).whole().has("a b").named(&["d.zip!x.json", "d.zip!x.json (2)"]);
    let seven_zip = seven_zip_of(&[("x.json", a.as_bytes()), ("x.json", b.as_bytes())]);
    ingest("d.7z", seven_zip).whole().has("a b").named(&["d.7z!x.json", "d.7z!x.json (2)"]);
}

#[test]
fn ten_thousand_members_are_read() {
    let texts: Vec<_> = (0..10_000).map(|n| (format!("{n:05}.json"), event(&n.to_string()))).collect();
    let members: Vec<_> = texts.iter().map(|(name, text)| (name.as_str(), text.as_bytes())).collect();
    for (name, bytes) in
        [("m.tgz", gz(&tar_of(&members))), ("m.zip", zip_of(&members)), ("m.7z", seven_zip_of(&members))]
    {
        let read = ingest(name, bytes).whole();
        assert_eq!(value(&read.archive, "SELECT count(*) FROM audit"), "10000", "{name}");
        assert_eq!(value(&read.archive, "SELECT count(*) FROM meta.sources"), "10000", "{name}");
    }
}

#[test]
fn empty_containers_are_named() {
    for (name, bytes) in
        [("e.zip", zip_of(&[])), ("e.7z", seven_zip_with(EncoderMethod::COPY.into(), false, &[]))]
    {
        ingest(name, bytes).complains(name, "an empty container");
    }
    let inner = zip_of(&[]);
    ingest("e.tar", tar_of(&[("e.zip", &inner)])).complains("e.tar!e.zip", "an empty container");
}

#[test]
fn a_rar_is_named_as_one() {
    ingest("x.rar", b"Rar!\x1a\x07\x01\x00rest").complains("x.rar", "RAR files are not read; unpack it");
}

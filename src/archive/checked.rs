//! Data files are read block by block, and every block is checked against its checksum: a bit that has flipped on
//! disk is an error, never another answer.

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use parquet::errors::ParquetError;
use parquet::file::reader::{ChunkReader, Length};

use super::index::{self, BLOCK_BYTES};
use super::layout;
use crate::error::{Context, Result};
use crate::platform;

/// An open data file.
#[derive(Debug, Clone)]
pub(crate) struct CheckedFile(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    path: PathBuf,
    file: File,
    size_bytes: u64,
    sums: Vec<u32>,
}

impl CheckedFile {
    /// Opens a data file whose index is `index`.
    ///
    /// # Errors
    ///
    /// If one of them cannot be read, or the index is damaged or of another file.
    pub(super) fn new(path: PathBuf, file: File, index: (PathBuf, File)) -> Result<Self> {
        let describe = || format!("cannot read `{}`", path.display());
        let size_bytes = file.metadata().context(describe)?.len();
        let (index_path, index) = index;
        let sums = index::read_sums(index).context(|| format!("cannot read `{}`", index_path.display()))?;
        if sums.len() as u64 != size_bytes.div_ceil(BLOCK_BYTES) {
            let error = io::Error::new(
                ErrorKind::InvalidData,
                format!("it has {size_bytes} bytes, which is not what was written"),
            );
            return Err(error).context(describe);
        }
        Ok(Self(Arc::new(Inner { path, file, size_bytes, sums })))
    }

    /// Opens a file that is staged: its index lies beside it.
    ///
    /// # Errors
    ///
    /// As [`Self::new`].
    pub(crate) fn open_staged(path: &Path) -> Result<Self> {
        let open = |path: &Path| File::open(path).context(|| format!("cannot read `{}`", path.display()));
        let index = layout::staged_index(path);
        Self::new(path.to_owned(), open(path)?, (index.clone(), open(&index)?))
    }

    /// CRC-32 of the checksums of its blocks.
    pub(super) fn blocks_crc32(&self) -> u32 {
        index::crc32_of(&self.0.sums)
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.0.path
    }

    /// Size of the file.
    pub(crate) fn size_bytes(&self) -> u64 {
        self.0.size_bytes
    }

    /// Bytes of the file; those beyond its end are left out.
    ///
    /// # Errors
    ///
    /// If the disk fails, or a block is not as it was written.
    pub(crate) fn read(&self, range: Range<u64>) -> io::Result<Bytes> {
        let Inner { path, file, size_bytes, sums } = &*self.0;
        let end = range.end.min(*size_bytes);
        if range.start >= end {
            return Ok(Bytes::new());
        }
        let begin = range.start / BLOCK_BYTES * BLOCK_BYTES;
        let whole = end.next_multiple_of(BLOCK_BYTES).min(*size_bytes);
        let length = |bytes: u64| usize::try_from(bytes).map_err(|_| io::Error::from(ErrorKind::OutOfMemory));
        let mut bytes = vec![0; length(whole - begin)?];
        platform::read_exact_at(file, &mut bytes, begin)?;
        let first = length(begin / BLOCK_BYTES)?;
        for (block, sum) in bytes.chunks(length(BLOCK_BYTES)?).zip(&sums[first..]) {
            if crc32fast::hash(block) != *sum {
                let message = format!(
                    "`{}` is damaged: it is not as it was written; `auditql verify` says what else is, \
                     and a copy of the file restores it",
                    path.display()
                );
                return Err(io::Error::new(ErrorKind::InvalidData, message));
            }
        }
        Ok(Bytes::from(bytes).slice(length(range.start - begin)?..length(end - begin)?))
    }
}

impl Length for CheckedFile {
    fn len(&self) -> u64 {
        self.0.size_bytes
    }
}

impl ChunkReader for CheckedFile {
    type T = BlockReader;

    fn get_read(&self, start: u64) -> Result<BlockReader, ParquetError> {
        Ok(BlockReader { file: self.clone(), position: start, block: Bytes::new() })
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes, ParquetError> {
        let bytes = self.read(start..start + length as u64)?;
        if bytes.len() == length {
            Ok(bytes)
        } else {
            Err(ParquetError::EOF(format!("{length} bytes at {start}")))
        }
    }
}

/// Reads a data file from some place on.
#[derive(Debug)]
pub(crate) struct BlockReader {
    file: CheckedFile,
    position: u64,
    block: Bytes,
}

impl Read for BlockReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.block.is_empty() {
            let end = (self.position + 1).next_multiple_of(BLOCK_BYTES);
            self.block = self.file.read(self.position..end)?;
            self.position += self.block.len() as u64;
        }
        let length = buffer.len().min(self.block.len());
        buffer[..length].copy_from_slice(&self.block.split_to(length));
        Ok(length)
    }
}

//! How the engine gets at the archive's files: only those of its snapshot, only reading, every block checked.

use std::collections::HashMap;
use std::fmt;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use datafusion::object_store::path::Path;
use datafusion::object_store::{
    Attributes, CopyOptions, Error, GetOptions, GetRange, GetResult, GetResultPayload, ListResult,
    MultipartUpload, ObjectMeta, ObjectStore, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};
use futures::stream::{self, BoxStream, StreamExt};

use crate::archive::{CheckedFile, DataFile, Snapshot};

/// What stands before the reason in the text of an error of this store, behind whatever the engine puts before it.
pub(super) const READING_FAILED: &str = "Generic archive error: ";

/// The files of one snapshot.
#[derive(Debug)]
pub(super) struct ArchiveStore {
    snapshot: Snapshot,
    /// Files by path, and those that have been opened.
    files: Mutex<HashMap<String, File>>,
}

#[derive(Debug)]
enum File {
    Closed(DataFile),
    Open(CheckedFile),
}

impl ArchiveStore {
    pub(super) fn new(snapshot: Snapshot) -> Self {
        let files =
            snapshot.all_files().map(|file| (file.path.clone(), File::Closed(file.clone()))).collect();
        Self { snapshot, files: Mutex::new(files) }
    }

    fn open(&self, location: &Path) -> Result<CheckedFile> {
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        let file = files.get_mut(location.as_ref()).ok_or_else(|| Error::NotFound {
            path: location.to_string(),
            source: "it is no file of the archive".into(),
        })?;
        match file {
            File::Open(open) => Ok(open.clone()),
            File::Closed(closed) => {
                let open = self.snapshot.open_data(closed).map_err(failed)?;
                *file = File::Open(open.clone());
                Ok(open)
            }
        }
    }
}

fn failed(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::Generic { store: "archive", source: Box::new(error) }
}

/// Reading may wait for the disk, so it happens beside the engine's own threads.
async fn beside<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(failed)?
}

impl fmt::Display for ArchiveStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "archive {}", self.snapshot.path.display())
    }
}

#[async_trait]
impl ObjectStore for ArchiveStore {
    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        let file = self.open(location)?;
        let size = file.size_bytes();
        let range = match options.range {
            None => 0..size,
            Some(GetRange::Bounded(range)) => range.start..range.end.min(size),
            Some(GetRange::Offset(begin)) => begin..size,
            Some(GetRange::Suffix(length)) => size.saturating_sub(length)..size,
        };
        let wanted = if options.head { 0..0 } else { range.clone() };
        let bytes = beside(move || file.read(wanted).map_err(failed)).await?;
        let meta = ObjectMeta {
            location: location.clone(),
            last_modified: Default::default(),
            size,
            e_tag: None,
            version: None,
        };
        let payload = GetResultPayload::Stream(stream::once(async { Ok(bytes) }).boxed());
        Ok(GetResult { payload, meta, range, attributes: Attributes::new() })
    }

    async fn get_ranges(&self, location: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        let (file, ranges) = (self.open(location)?, ranges.to_vec());
        beside(move || ranges.into_iter().map(|range| file.read(range).map_err(failed)).collect()).await
    }

    async fn put_opts(&self, _: &Path, _: PutPayload, _: PutOptions) -> Result<PutResult> {
        Err(read_only())
    }

    async fn put_multipart_opts(&self, _: &Path, _: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        Err(read_only())
    }

    fn delete_stream(&self, _: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        stream::once(async { Err(read_only()) }).boxed()
    }

    fn list(&self, _: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        stream::once(async { Err(not_listed()) }).boxed()
    }

    async fn list_with_delimiter(&self, _: Option<&Path>) -> Result<ListResult> {
        Err(not_listed())
    }

    async fn copy_opts(&self, _: &Path, _: &Path, _: CopyOptions) -> Result<()> {
        Err(read_only())
    }
}

fn read_only() -> Error {
    Error::NotSupported { source: "an archive is changed by `auditql ingest` only".into() }
}

fn not_listed() -> Error {
    Error::NotSupported { source: "which files an archive has stands in its commit".into() }
}

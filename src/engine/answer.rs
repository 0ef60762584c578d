//! The rows that a statement gives, read batch by batch.

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use datafusion::error::DataFusionError;
use datafusion::execution::SendableRecordBatchStream;
use futures::StreamExt;
use tokio::runtime::Runtime;

use super::coverage::Warning;
use super::interrupt::{Interrupted, interrupted};
use super::panics;
use super::reading::Reading;
use crate::error::{Error, Place, Result};

/// Rows on their way. Dropping it stops the query.
pub(crate) struct Answer<'e> {
    runtime: &'e Runtime,
    stream: SendableRecordBatchStream,
    reading: Reading,
    warnings: Vec<Warning>,
    since: Interrupted,
    explain: Box<dyn Fn(DataFusionError) -> Error + 'e>,
    begin: Option<Place>,
}

impl<'e> Answer<'e> {
    pub(super) fn new(
        runtime: &'e Runtime,
        stream: SendableRecordBatchStream,
        reading: Reading,
        warnings: Vec<Warning>,
        since: Interrupted,
        explain: Box<dyn Fn(DataFusionError) -> Error + 'e>,
    ) -> Self {
        Self { runtime, stream, reading, warnings, since, explain, begin: None }
    }

    /// Makes places of its errors places of the text in which its statement begins there.
    pub(crate) fn begun_at(self, begin: Place) -> Self {
        Self { begin: Some(begin), ..self }
    }

    /// What the archive does not cover of the time that is asked for; known before the first row.
    pub(crate) fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// How much it reads, and has read whenever that is asked; also when the answer is gone.
    pub(crate) fn reading(&self) -> Reading {
        self.reading.clone()
    }

    /// Columns of the rows.
    pub(crate) fn schema(&self) -> SchemaRef {
        self.stream.schema()
    }
}

impl Iterator for Answer<'_> {
    type Item = Result<RecordBatch>;

    /// The next rows; the first error ends the answer.
    fn next(&mut self) -> Option<Self::Item> {
        let (runtime, since, stream) = (self.runtime, &mut self.since, &mut self.stream);
        let next = panics::caught(|| Ok(runtime.block_on(since.or(stream.next()))));
        let next = match next {
            Ok(None) => return Some(Err(interrupted())),
            Ok(Some(next)) => next?,
            Err(panic) => Err(panic),
        };
        Some(next.map_err(|error| {
            let error = (self.explain)(error);
            self.begin.into_iter().fold(error, Error::moved)
        }))
    }
}

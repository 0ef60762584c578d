//! The last statement and its rows, so that they can be seen again in another way.

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{Schema, SchemaRef};

use crate::engine::{Parameters, StatementText};
use crate::error::{Error, Result};

/// Rows that are kept for `\last`, in bytes of memory: a screenful many times over, and no burden.
const KEPT_BYTES_MAX: usize = 64 << 20;

/// The last statement.
pub(super) struct Last {
    is_wanted: bool,
    statement: Option<(StatementText, Parameters)>,
    schema: SchemaRef,
    batches: Vec<RecordBatch>,
    bytes: usize,
}

impl Last {
    /// Nothing yet; nothing ever if nobody will ask.
    pub(super) fn new(is_wanted: bool) -> Self {
        let schema = Arc::new(Schema::empty());
        Self { is_wanted, statement: None, schema, batches: Vec::new(), bytes: 0 }
    }

    /// Another statement begins.
    pub(super) fn begin(&mut self, statement: &StatementText, parameters: &Parameters) {
        if self.is_wanted {
            let schema = Arc::new(Schema::empty());
            let statement = Some((statement.clone(), parameters.clone()));
            *self = Self { is_wanted: true, statement, schema, batches: Vec::new(), bytes: 0 };
        }
    }

    /// The columns of its answer.
    pub(super) fn schema(&mut self, schema: &SchemaRef) {
        self.schema = Arc::clone(schema);
    }

    /// Keeps rows of its answer, unless there are too many.
    pub(super) fn keep(&mut self, batch: &Result<RecordBatch>) {
        let Ok(batch) = batch else { return };
        if !self.is_wanted || self.bytes > KEPT_BYTES_MAX {
            return;
        }
        self.bytes += batch.get_array_memory_size();
        if self.bytes > KEPT_BYTES_MAX {
            self.batches = Vec::new();
        } else {
            self.batches.push(batch.clone());
        }
    }

    /// The statement, and the values that it was run with.
    ///
    /// # Errors
    ///
    /// If none was run yet.
    pub(super) fn statement(&self) -> Result<(StatementText, Parameters)> {
        self.statement.clone().ok_or_else(none_yet)
    }

    /// Its answer.
    ///
    /// # Errors
    ///
    /// If there is none, or it was too large to be kept.
    pub(super) fn answer(&self) -> Result<(SchemaRef, Vec<RecordBatch>)> {
        if self.statement.is_none() {
            return Err(none_yet());
        }
        if self.bytes > KEPT_BYTES_MAX {
            return Err(Error::new("the last answer is not at hand any more")
                .because(format!("it takes more than {} MiB", KEPT_BYTES_MAX >> 20))
                .hint("`\\g` runs the statement again, `\\g FILE` into a file"));
        }
        Ok((Arc::clone(&self.schema), self.batches.clone()))
    }
}

fn none_yet() -> Error {
    Error::new("there is no last statement").hint("run one first")
}

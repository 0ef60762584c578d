//! The order of words: rows are ordered by some of their words before their time.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::Int32Type;

use crate::schema::Table;

/// Place in alphabetical order of each value of a dictionary column, over all batches.
pub(super) struct Ranks {
    names: Vec<String>,
    /// By batch: rank of each dictionary value, and the key of each row.
    batches: Vec<(Vec<usize>, ArrayRef)>,
}

impl Ranks {
    /// Ranks of the values of a column of the table.
    pub(super) fn of(table: &'static Table, batches: &[RecordBatch], column: &str) -> Self {
        let index = table.index_of(column);
        let mut ranks = BTreeMap::from([(String::new(), 0)]);
        for batch in batches {
            let dictionary = batch.column(index).as_dictionary::<Int32Type>();
            for value in dictionary.values().as_string::<i32>().iter().flatten() {
                if !ranks.contains_key(value) {
                    ranks.insert(value.to_owned(), 0);
                }
            }
        }
        for (rank, entry) in ranks.values_mut().enumerate() {
            *entry = rank;
        }
        let batches = batches.iter().map(|batch| {
            let array = Arc::clone(batch.column(index));
            let values = array.as_dictionary::<Int32Type>().values().as_string::<i32>().iter();
            let of_values = values.map(|value| ranks[value.unwrap_or_default()]).collect();
            (of_values, array)
        });
        Self { batches: batches.collect(), names: ranks.into_keys().collect() }
    }

    /// Rank of a row's value; NULL ranks as the empty text.
    pub(super) fn rank(&self, batch: usize, row: usize) -> usize {
        let (of_values, array) = &self.batches[batch];
        array.as_dictionary::<Int32Type>().key(row).map_or(0, |key| of_values[key])
    }

    /// The values, by rank.
    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    /// The value of a rank.
    pub(super) fn name(&self, rank: usize) -> &str {
        &self.names[rank]
    }
}

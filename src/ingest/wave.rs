//! The writing thread: drops known events from a wave of rows, orders the rest, and writes it.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, StringArray, TimestampMicrosecondArray};
use arrow::compute::interleave_record_batch;
use arrow::datatypes::{Int32Type, TimestampMicrosecondType};

use super::accounting;
use super::chunk::{Parsed, RejectedRecord};
use crate::archive::{Key, KeyIndex, Known, Snapshot, TableWriter, Transaction, stored_columns, text_column};
use crate::error::{Context, Result};
use crate::normalize::{RowKey, derived_id, derived_key, key_of_id, payload_hash, tenant_hash};
use crate::platform;
use crate::schema::{AUDIT, REJECT};

/// Rows gathered into one batch before it is encoded.
const WRITE_ROWS: usize = 8_192;

/// Rows that are written together, in the order of their sources.
#[derive(Debug, Default)]
pub(super) struct Wave {
    batches: Vec<RecordBatch>,
    keys: Vec<(RowKey, usize)>,
    rejects: Vec<RejectedRecord>,
    text_bytes: usize,
}

impl Wave {
    pub(super) fn add(&mut self, part: Parsed) {
        self.batches.extend(part.batch);
        self.text_bytes += part.text_bytes;
        self.text_bytes += part.rejects.iter().map(|reject| reject.text.len() + 256).sum::<usize>();
        self.keys.extend(part.keys);
        self.rejects.extend(part.rejects);
    }

    /// Bytes of the text that the wave was made of.
    pub(super) fn text_bytes(&self) -> usize {
        self.text_bytes
    }
}

/// What is known, and what has been written.
#[derive(Debug)]
pub(super) struct Writing<'a> {
    before: &'a Snapshot,
    known: KeyIndex,
    /// The table files; nothing in a dry run.
    writers: Option<(TableWriter, TableWriter)>,
    /// Rows added, by source.
    pub(super) added: Vec<u64>,
    /// Rows that differ from the event kept under their id, by source.
    pub(super) conflicting: Vec<u64>,
    /// Rows added by service, with the time of the first and the last.
    pub(super) services: BTreeMap<String, (u64, i64, i64)>,
    /// The source whose records without an id are being counted, and how often each fingerprint occurred in it.
    ordinals: (usize, HashMap<u128, u32>),
    _dry_run_dir: Option<ScratchDir>,
}

/// A folder that goes away with its owner.
#[derive(Debug)]
struct ScratchDir(PathBuf);

impl Drop for ScratchDir {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

impl<'a> Writing<'a> {
    /// Prepares to add to the archive as it was `before`; without a transaction nothing is written but to `scratch`.
    pub(super) fn new(
        before: &'a Snapshot,
        transaction: Option<&Transaction>,
        scratch: &Path,
    ) -> Result<Self> {
        let (dir, scratch) = match transaction {
            Some(transaction) => (transaction.staging_dir(), None),
            None => {
                platform::create_private_dir(scratch)
                    .context(|| format!("cannot make `{}`", scratch.display()))?;
                (scratch.to_owned(), Some(ScratchDir(scratch.to_owned())))
            }
        };
        Ok(Self {
            before,
            known: KeyIndex::new(dir),
            writers: transaction.map(|transaction| (transaction.writer(&AUDIT), transaction.writer(&REJECT))),
            added: Vec::new(),
            conflicting: Vec::new(),
            services: BTreeMap::new(),
            ordinals: (usize::MAX, HashMap::new()),
            _dry_run_dir: scratch,
        })
    }

    /// Learns the identity of every event that the archive has.
    pub(super) fn load_known(&mut self) -> Result<()> {
        let columns = ["event_time", "id", "tenant_id", "correlation_id", "activity", "target_id"];
        let index = &mut self.known;
        stored_columns(self.before, AUDIT.name, &columns, &mut |batch| {
            let texts = columns[1..].iter().map(|name| text_column(batch, name));
            let [ids, tenants, correlations, activities, targets] =
                texts.collect::<Vec<_>>().try_into().expect("five text columns");
            let times: &TimestampMicrosecondArray =
                batch.column_by_name(columns[0]).expect("the column was asked for").as_primitive();
            let text =
                |array: &StringArray, row: usize| array.is_valid(row).then(|| array.value(row).to_owned());
            let key = |row: usize| Key {
                id: key_of_id(ids.value(row)),
                tenant: text(tenants, row).map_or(0, |tenant| tenant_hash(&tenant)),
                payload: payload_hash(
                    times.value(row),
                    text(activities, row).as_deref(),
                    text(correlations, row).as_deref(),
                    text(targets, row).as_deref(),
                ),
            };
            index.add(&(0..batch.num_rows()).map(key).collect::<Vec<_>>()).map(drop)
        })
    }

    /// Writes the rows of a wave that are new.
    pub(super) fn write(&mut self, mut wave: Wave, now: i64) -> Result<()> {
        self.name_the_nameless(&mut wave);
        let key = |(key, _): &(RowKey, usize)| Key { id: key.id, tenant: key.tenant, payload: key.payload };
        let known = self.known.add(&wave.keys.iter().map(key).collect::<Vec<_>>())?;
        for ((_, source), _) in wave.keys.iter().zip(&known).filter(|(_, known)| **known == Known::Conflict) {
            count_one(&mut self.conflicting, *source);
        }
        let order = self.order(&wave, &known);
        let Some((events, rejects)) = &mut self.writers else { return Ok(()) };
        let batches: Vec<_> = wave.batches.iter().collect();
        for rows in order.chunks(WRITE_ROWS) {
            let batch =
                interleave_record_batch(&batches, rows).context(|| "cannot order events".to_owned())?;
            events.write(&batch)?;
        }
        events.end_group()?;
        if let Some(batch) = accounting::reject_batch(&wave.rejects, now) {
            rejects.write(&batch)?;
        }
        Ok(())
    }

    /// The files written, for the commit.
    pub(super) fn into_writers(self) -> Vec<TableWriter> {
        self.writers.map(|(events, rejects)| vec![events, rejects]).unwrap_or_default()
    }

    /// Gives rows without an id of their own one, which counts equal rows within their source.
    fn name_the_nameless(&mut self, wave: &mut Wave) {
        let mut begin = 0;
        for batch in &mut wave.batches {
            let keys = &mut wave.keys[begin..begin + batch.num_rows()];
            begin += batch.num_rows();
            if !keys.iter().any(|(key, _)| key.is_derived) {
                continue;
            }
            let index = AUDIT.index_of("id");
            let given: &StringArray = batch.column(index).as_string();
            let mut ids = Vec::with_capacity(keys.len());
            for (row, (key, source)) in keys.iter_mut().enumerate() {
                if !key.is_derived {
                    ids.push(given.value(row).to_owned());
                    continue;
                }
                if self.ordinals.0 != *source {
                    self.ordinals = (*source, HashMap::new());
                }
                let ordinal = self.ordinals.1.entry(key.id).or_default();
                ids.push(derived_id(key.id, *ordinal));
                key.id = derived_key(key.id, *ordinal);
                *ordinal += 1;
            }
            let mut columns = batch.columns().to_vec();
            columns[index] = Arc::new(StringArray::from(ids)) as ArrayRef;
            *batch = RecordBatch::try_new(batch.schema(), columns).expect("only the ids were replaced");
        }
    }

    /// Counts the new rows and says in which order they are written: by service, activity and time.
    fn order(&mut self, wave: &Wave, known: &[Known]) -> Vec<(usize, usize)> {
        let services = Ranks::of(wave, "service");
        let activities = Ranks::of(wave, "activity");
        let mut rows = Vec::with_capacity(known.len());
        let mut row_in_wave = 0;
        for (index, batch) in wave.batches.iter().enumerate() {
            let times: &TimestampMicrosecondArray =
                batch.column(AUDIT.index_of("event_time")).as_primitive::<TimestampMicrosecondType>();
            for row in 0..batch.num_rows() {
                if known[row_in_wave] == Known::New {
                    count_one(&mut self.added, wave.keys[row_in_wave].1);
                    let (service, time) = (services.rank(index, row), times.value(row));
                    self.count_service(services.name(service), time);
                    rows.push((service, activities.rank(index, row), time, index, row));
                }
                row_in_wave += 1;
            }
        }
        rows.sort_unstable();
        rows.into_iter().map(|(_, _, _, index, row)| (index, row)).collect()
    }

    fn count_service(&mut self, service: &str, time: i64) {
        if let Some((count, first, last)) = self.services.get_mut(service) {
            *count += 1;
            *first = time.min(*first);
            *last = time.max(*last);
        } else {
            self.services.insert(service.to_owned(), (1, time, time));
        }
    }
}

fn count_one(counts: &mut Vec<u64>, index: usize) {
    if counts.len() <= index {
        counts.resize(index + 1, 0);
    }
    counts[index] += 1;
}

/// Place in alphabetical order of each value of a dictionary column, over all batches of a wave.
struct Ranks {
    names: Vec<String>,
    /// By batch: rank of each dictionary value, and the key of each row.
    batches: Vec<(Vec<usize>, ArrayRef)>,
}

impl Ranks {
    fn of(wave: &Wave, column: &str) -> Self {
        let index = AUDIT.index_of(column);
        let mut ranks = BTreeMap::from([(String::new(), 0)]);
        for batch in &wave.batches {
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
        let batches = wave.batches.iter().map(|batch| {
            let array = Arc::clone(batch.column(index));
            let values = array.as_dictionary::<Int32Type>().values().as_string::<i32>().iter();
            let of_values = values.map(|value| ranks[value.unwrap_or_default()]).collect();
            (of_values, array)
        });
        Self { batches: batches.collect(), names: ranks.into_keys().collect() }
    }

    /// Rank of a row's value; NULL ranks as the empty text.
    fn rank(&self, batch: usize, row: usize) -> usize {
        let (of_values, array) = &self.batches[batch];
        array.as_dictionary::<Int32Type>().key(row).map_or(0, |key| of_values[key])
    }

    fn name(&self, rank: usize) -> &str {
        &self.names[rank]
    }
}

//! How much a statement has read so far, as its scans count it themselves.

use std::collections::BTreeMap;
use std::sync::Arc;

use datafusion::common::stats::Precision;
use datafusion::datasource::physical_plan::FileScanConfig;
use datafusion::datasource::source::DataSourceExec;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::metrics::{MetricValue, MetricsSet};

/// What a statement reads; asked from any thread while it runs.
///
/// Rows and bytes are those that were read, so that neither needs to reach what the archive has: whatever statistics
/// and indexes rule out is never read, and of a row only the columns that the statement needs.
#[derive(Debug, Clone, Default)]
pub(crate) struct Reading {
    /// Only the scans: whole plans hold what joins have built.
    scans: Arc<[Arc<dyn ExecutionPlan>]>,
    rows_total: Option<u64>,
}

impl Reading {
    /// What a plan reads from files.
    pub(super) fn of(plan: &Arc<dyn ExecutionPlan>) -> Self {
        let mut scans = Vec::new();
        let mut waiting = vec![plan];
        while let Some(plan) = waiting.pop() {
            if files(plan).is_some() {
                scans.push(Arc::clone(plan));
            }
            waiting.extend(plan.children());
        }
        let rows = |scan| files(scan).and_then(rows_of);
        let rows_total = scans.iter().map(rows).reduce(|a, b| Some(a? + b?)).flatten();
        Self { scans: scans.into(), rows_total }
    }

    /// Rows that were read, whether the filters then kept them or not.
    pub(crate) fn rows(&self) -> u64 {
        let rows = |metrics: &MetricsSet| {
            let pruned = metrics.sum_by_name("pushdown_rows_pruned").map_or(0, |value| value.as_usize());
            metrics.output_rows().unwrap_or(0) + pruned
        };
        self.sum(rows)
    }

    /// Rows of the files that are scanned, each as often as it is; nothing if there is none, or not all are known.
    pub(crate) fn rows_total(&self) -> Option<u64> {
        self.rows_total
    }

    /// Bytes that were read, compressed as they are.
    pub(crate) fn bytes(&self) -> u64 {
        let bytes = |value: MetricValue| value.as_usize();
        self.sum(|metrics| metrics.sum_by_name("bytes_scanned").map_or(0, bytes))
    }

    fn sum(&self, of: impl Fn(&MetricsSet) -> usize) -> u64 {
        let metrics = self.scans.iter().filter_map(|scan| scan.metrics());
        metrics.map(|metrics| of(&metrics) as u64).sum()
    }
}

/// The files of a scan.
fn files(plan: &Arc<dyn ExecutionPlan>) -> Option<&FileScanConfig> {
    plan.downcast_ref::<DataSourceExec>()?.data_source().downcast_ref::<FileScanConfig>()
}

/// Rows of a scan's files; a file may be scanned in several ranges.
fn rows_of(scan: &FileScanConfig) -> Option<u64> {
    let files = scan.file_groups.iter().flat_map(|group| group.files());
    let rows = files.map(|file| {
        let rows = match file.statistics.as_ref()?.num_rows {
            Precision::Exact(rows) => rows as u64,
            Precision::Inexact(_) | Precision::Absent => return None,
        };
        Some((file.object_meta.location.as_ref(), rows))
    });
    let rows: BTreeMap<&str, u64> = rows.collect::<Option<_>>()?;
    Some(rows.into_values().sum())
}

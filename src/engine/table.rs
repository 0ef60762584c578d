//! A table of the archive: exactly the files that its commit lists.

use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use chrono::DateTime;
use datafusion::catalog::Session;
use datafusion::common::stats::Precision;
use datafusion::common::{ColumnStatistics, ScalarValue, Statistics, project_schema};
use datafusion::config::TableParquetOptions;
use datafusion::datasource::TableProvider;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::parquet::CachedParquetFileReaderFactory;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfigBuilder, ParquetSource};
use datafusion::datasource::source::DataSourceExec;
use datafusion::error::Result;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown, TableType};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::empty::EmptyExec;

use super::scans::Scans;
use crate::archive::{DataFile, Snapshot};
use crate::schema::{Kind, Table};

/// Bytes at a file's end that hold its footer, page index included, in one read.
const FOOTER_BYTES: usize = 256 << 10;

/// Under which address the engine finds the folder of the archive called `name`, a lower-case word.
pub(super) fn archive_url(name: &str) -> ObjectStoreUrl {
    ObjectStoreUrl::parse(format!("archive://{name}")).expect("the address is well-formed")
}

/// One table as of one commit.
#[derive(Debug)]
pub(super) struct ArchiveTable {
    table: &'static Table,
    url: ObjectStoreUrl,
    schema: SchemaRef,
    files: Vec<PartitionedFile>,
    statistics: Statistics,
    /// Who hears of its scans.
    scans: Option<Scans>,
}

impl ArchiveTable {
    /// A table of the snapshot whose folder the engine finds under [`archive_url`] of `archive`.
    pub(super) fn new(
        table: &'static Table,
        archive: &str,
        snapshot: &Snapshot,
    ) -> crate::error::Result<Self> {
        let schema = table.served_schema();
        let files = snapshot.files(table.name);
        let partitioned = files.iter().map(|file| {
            let mut partitioned = PartitionedFile::new(file.path.clone(), file.size_bytes)
                .with_metadata_size_hint(FOOTER_BYTES)
                .with_statistics(Arc::new(statistics(table, std::slice::from_ref(file))));
            partitioned.object_meta.last_modified = stamp(file);
            partitioned
        });
        let (url, files, statistics) =
            (archive_url(archive), partitioned.collect(), statistics(table, files));
        Ok(Self { table, url, schema, files, statistics, scans: None })
    }

    /// The table, whose scans `scans` takes down.
    pub(super) fn telling(self, scans: &Scans) -> Self {
        Self { scans: Some(scans.clone()), ..self }
    }

    /// Whether a column has few distinct values, by its declaration.
    pub(super) fn is_word(&self, column: &str) -> bool {
        let mut columns = self.table.columns.iter();
        columns.any(|declared| declared.name == column && matches!(declared.kind, Kind::Word))
    }
}

/// A time that stands for a file's bytes. The engine's cache of footers knows a file by its path, and a cached footer
/// by the file's size and time: two archives have files of the same path, which may be of the same size.
fn stamp(file: &DataFile) -> DateTime<chrono::Utc> {
    let micros = file.sha256.get(..12).and_then(|digits| i64::from_str_radix(digits, 16).ok());
    micros.and_then(DateTime::from_timestamp_micros).unwrap_or_default()
}

/// What the commit knows of files: their exact number of rows, and the times of their first and last event.
fn statistics(table: &Table, files: &[DataFile]) -> Statistics {
    let exact = |micros: Option<i64>| match micros {
        Some(micros) => Precision::Exact(ScalarValue::TimestampMicrosecond(Some(micros), Some("UTC".into()))),
        None => Precision::Absent,
    };
    let columns = table.columns.iter().map(|column| match (column.name, column.kind) {
        ("event_time", Kind::Time) => ColumnStatistics {
            null_count: Precision::Exact(0),
            min_value: exact(files.iter().filter_map(|file| file.first_event).min()),
            max_value: exact(files.iter().filter_map(|file| file.last_event).max()),
            ..ColumnStatistics::new_unknown()
        },
        _ => ColumnStatistics::new_unknown(),
    });
    Statistics {
        num_rows: Precision::Exact(
            files.iter().map(|file| usize::try_from(file.rows).unwrap_or(usize::MAX)).sum(),
        ),
        total_byte_size: Precision::Absent,
        column_statistics: columns.collect(),
    }
}

#[async_trait]
impl TableProvider for ArchiveTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    /// The scan prunes files, row groups and pages by the filters, and the engine pushes the rest into it.
    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        Ok(vec![TableProviderFilterPushDown::Inexact; filters.len()])
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        if let Some(scans) = &self.scans {
            scans.tell(self.table, filters);
        }
        if self.files.is_empty() {
            return Ok(Arc::new(EmptyExec::new(project_schema(&self.schema, projection)?)));
        }
        let options = TableParquetOptions {
            global: state.config_options().execution.parquet.clone(),
            ..Default::default()
        };
        let environment = state.runtime_env();
        let readers = CachedParquetFileReaderFactory::new(
            environment.object_store(&self.url)?,
            environment.cache_manager.get_file_metadata_cache(),
        );
        let source = ParquetSource::new(Arc::clone(&self.schema))
            .with_table_parquet_options(options)
            .with_parquet_file_reader_factory(Arc::new(readers));
        let groups = FileGroup::new(self.files.clone()).split_files(state.config().target_partitions());
        let config = FileScanConfigBuilder::new(self.url.clone(), Arc::new(source))
            .with_file_groups(groups)
            .with_statistics(self.statistics.clone())
            .with_projection_indices(projection.cloned())?
            .with_limit(limit)
            .build();
        Ok(DataSourceExec::from_data_source(config))
    }
}

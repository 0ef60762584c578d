//! The session: how much memory and how many threads, and what is registered in it.

use std::collections::BTreeMap;
use std::sync::Arc;

use datafusion::catalog::{MemorySchemaProvider, SchemaProvider};
use datafusion::common::ScalarValue;
use datafusion::datasource::{TableProvider, ViewTable, provider_as_source};
use datafusion::error::DataFusionError;
use datafusion::execution::memory_pool::FairSpillPool;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::execution::session_state::SessionStateBuilder;
use datafusion::logical_expr::{LogicalPlan, LogicalPlanBuilder, col, lit};
use datafusion::prelude::{Expr, SQLOptions, SessionConfig, SessionContext};
use datafusion::sql::parser::{DFParserBuilder, Statement};
use datafusion::sql::sqlparser::tokenizer::Token;
use tokio::runtime::Runtime;

use super::answer::Answer;
use super::explain::explain;
use super::interrupt::{Interrupts, interrupted};
use super::lazy::LazySchema;
use super::meta::{self, TableDoc};
use super::parameters::Parameters;
use super::scans::Scans;
use super::store::ArchiveStore;
use super::table::{ArchiveTable, archive_url};
use super::time_range::TimeRange;
use super::{coverage, functions, hours, views};
use crate::archive::Snapshot;
use crate::error::{Context, Error, Result};
use crate::schema::{EVENT_TABLES, REJECT, SOURCE, Table};

/// Catalog and schema of the tables that are named without one.
const CATALOG: &str = "auditql";
const SCHEMA: &str = "public";
/// What the archive that a session is opened on is called in the addresses of its files.
const ARCHIVE: &str = "local";

/// How the engine may work.
#[derive(Debug, Clone)]
pub(crate) struct EngineOptions {
    /// Threads for queries.
    pub(crate) threads: usize,
    /// Memory that sorting, grouping and joining may take before they use the disk.
    pub(crate) memory_bytes: usize,
    /// Events outside it do not exist for this session.
    pub(crate) time_range: TimeRange,
    /// Rows of `meta.queries`: name, title, question, parameters.
    pub(crate) saved_queries: Vec<[String; 4]>,
}

/// An open archive that answers SQL.
pub(crate) struct Engine {
    runtime: Runtime,
    context: SessionContext,
    snapshot: Snapshot,
    time_range: TimeRange,
    scans: Scans,
    interrupts: Interrupts,
}

impl Engine {
    /// Opens the archive for queries.
    ///
    /// # Errors
    ///
    /// If the archive's folder cannot be read.
    pub(crate) fn open(snapshot: Snapshot, options: &EngineOptions) -> Result<Self> {
        let describe = || "cannot start the query engine".to_owned();
        let threads = options.threads.max(1);
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(threads).build().context(describe)?;
        let environment = RuntimeEnvBuilder::new()
            .with_memory_pool(Arc::new(FairSpillPool::new(options.memory_bytes)))
            .build_arc()
            .context(describe)?;
        let store = Arc::new(ArchiveStore::new(snapshot.clone()));
        environment.register_object_store(archive_url(ARCHIVE).as_ref(), store);
        let state = SessionStateBuilder::new()
            .with_config(config(threads))
            .with_runtime_env(environment)
            .with_default_features()
            .build();
        let context = SessionContext::new_with_state(state);
        let scans = Scans::default();
        let (time_range, interrupts) = (options.time_range, Interrupts::default());
        let engine = Self { runtime, context, snapshot, time_range, scans, interrupts };
        engine.register(options)?;
        Ok(engine)
    }

    /// Adds the tables of events of a second archive, as far as they lie in the time range: `name.audit` and so on.
    ///
    /// # Errors
    ///
    /// If the archive's folder cannot be read.
    pub(crate) fn attach(&self, name: &str, snapshot: &Snapshot, range: &TimeRange) -> Result<()> {
        let describe = || format!("cannot read archive `{}`", snapshot.path.display());
        let store = Arc::new(ArchiveStore::new(snapshot.clone()));
        self.context.runtime_env().register_object_store(archive_url(name).as_ref(), store);
        let schema = Arc::new(MemorySchemaProvider::new());
        for table in EVENT_TABLES {
            let provider = event_table(table, name, snapshot, range, None)?;
            schema.register_table(table.name.to_owned(), provider).context(describe)?;
        }
        let catalog = self.context.catalog(CATALOG).expect("the default catalog exists");
        catalog.register_schema(name, schema).context(describe).map(drop)
    }

    /// Plans and starts one statement.
    ///
    /// # Errors
    ///
    /// What is wrong with the statement, where, and what may have been meant.
    pub(crate) fn run(&self, sql: &str, parameters: &Parameters) -> Result<Answer<'_>> {
        let mut parser = DFParserBuilder::new(sql).build().map_err(|error| self.explain(sql, &error))?;
        let statement = parser.parse_statement().map_err(|error| self.explain(sql, &error))?;
        let rest = parser.parser.peek_token();
        if rest.token != Token::EOF {
            let error =
                parser.parser.expected::<()>("the end of the statement", rest).map_err(DataFusionError::from);
            return Err(self.explain(sql, &error.expect_err("something else was found")));
        }
        self.start(sql, statement, parameters)
    }

    fn start(&self, sql: &str, statement: Statement, parameters: &Parameters) -> Result<Answer<'_>> {
        let options = SQLOptions::new().with_allow_dml(false);
        self.scans.take();
        let mut since = self.interrupts.begin();
        let starting = async {
            let plan = self.context.state().statement_to_plan(statement).await?;
            options.verify_plan(&plan)?;
            let plan = parameters.bind(plan)?;
            let is_read = !matches!(plan, LogicalPlan::Explain(_));
            let rows = self.context.execute_logical_plan(plan).await?.execute_stream().await?;
            Ok((rows, is_read))
        };
        let started = self.runtime.block_on(since.or(starting)).ok_or_else(interrupted)?;
        let (stream, is_read) = started.map_err(|error| self.explain(sql, &error))?;
        let scans = if is_read { self.scans.take() } else { Vec::new() };
        let warnings = coverage::warnings(&self.snapshot, &scans);
        // Once rows are read, errors name no place in the statement any more.
        let explain = Box::new(move |error| self.explain("", &error));
        Ok(Answer::new(&self.runtime, stream, warnings, since, explain))
    }

    /// From now on Ctrl-C ends the statement that runs, and not the program.
    pub(crate) fn survive_interrupts(&self) {
        self.interrupts.listen(&self.runtime);
    }

    /// Our tables and views with their documentation, in the order in which they are listed.
    pub(crate) fn tables(&self) -> Result<Vec<TableDoc>> {
        self.runtime.block_on(meta::table_docs(&self.context)).map_err(|error| self.explain("", &error))
    }

    /// Path and commit of the archive.
    pub(crate) fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// The events that there are for this session.
    pub(crate) fn time_range(&self) -> TimeRange {
        self.time_range
    }

    fn explain(&self, sql: &str, error: &DataFusionError) -> Error {
        explain(sql, error, &meta::table_names(&self.context))
    }

    fn register(&self, options: &EngineOptions) -> Result<()> {
        let describe = || "cannot prepare the tables".to_owned();
        let catalog = self.context.catalog(CATALOG).expect("the default catalog exists");
        let waiting = |schema| views::of_schema(schema).collect::<BTreeMap<_, _>>();
        let mut meta_tables: BTreeMap<_, _> = waiting("meta").into_iter().chain(meta::made_here()).collect();
        meta_tables.extend([hours::make(&self.snapshot), coverage::make(&self.snapshot)]);
        let meta_schema = Arc::new(LazySchema::new(&self.context, meta_tables));
        let public_tables = waiting(SCHEMA).into_iter().chain(meta::references()).collect();
        let public_schema = Arc::new(LazySchema::new(&self.context, public_tables));
        catalog.register_schema(SCHEMA, public_schema).context(describe)?;
        catalog
            .register_schema("meta", Arc::clone(&meta_schema) as Arc<dyn SchemaProvider>)
            .context(describe)?;
        for table in EVENT_TABLES {
            self.context
                .register_table(
                    table.name,
                    event_table(table, ARCHIVE, &self.snapshot, &options.time_range, Some(&self.scans))?,
                )
                .context(describe)?;
        }
        for (name, table) in [("sources", &SOURCE), ("rejects", &REJECT)] {
            let provider = ArchiveTable::new(table, ARCHIVE, &self.snapshot)?;
            meta_schema.register_table(name.to_owned(), Arc::new(provider)).context(describe)?;
        }
        functions::register(&self.context, &self.snapshot);
        meta_schema
            .register_table("queries".to_owned(), meta::queries_table(&options.saved_queries))
            .context(describe)
            .map(drop)
    }
}

/// The table of an archive, as far as it lies in the time range. Snapshots of objects are as of a file's time, which
/// says nothing of the objects: they are always whole.
fn event_table(
    table: &'static Table,
    archive: &str,
    snapshot: &Snapshot,
    range: &TimeRange,
    scans: Option<&Scans>,
) -> Result<Arc<dyn TableProvider>> {
    let whole = ArchiveTable::new(table, archive, snapshot)?;
    let whole: Arc<dyn TableProvider> = Arc::new(match scans {
        Some(scans) => whole.telling(table, scans),
        None => whole,
    });
    if table.rows.is_snapshot {
        return Ok(whole);
    }
    let instant = |micros: i64| lit(ScalarValue::TimestampMicrosecond(Some(micros), Some("UTC".into())));
    let from = range.from.map(|from| col("event_time").gt_eq(instant(from)));
    let to = range.to.map(|to| col("event_time").lt(instant(to)));
    let Some(within) = from.into_iter().chain(to).reduce(Expr::and) else { return Ok(whole) };
    let plan = LogicalPlanBuilder::scan(table.name, provider_as_source(whole), None)
        .and_then(|scan| scan.filter(within))
        .and_then(LogicalPlanBuilder::build)
        .context(|| format!("cannot limit `{}` to the time range", table.name))?;
    Ok(Arc::new(ViewTable::new(plan, None)))
}

fn config(threads: usize) -> SessionConfig {
    let mut config = SessionConfig::new()
        .with_default_catalog_and_schema(CATALOG, SCHEMA)
        .with_create_default_catalog_and_schema(true)
        .with_information_schema(true)
        .with_target_partitions(threads);
    let options = config.options_mut();
    options.execution.parquet.pushdown_filters = true;
    options.execution.parquet.reorder_filters = true;
    options.sql_parser.collect_spans = true;
    config
}

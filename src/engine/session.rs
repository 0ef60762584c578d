//! The session: how much memory and how many threads, and what is registered in it.

use std::collections::BTreeMap;
use std::io;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use arrow::array::AsArray;
use arrow::compute::cast;
use arrow::datatypes::DataType;
use datafusion::catalog::{MemorySchemaProvider, SchemaProvider};
use datafusion::common::ScalarValue;
use datafusion::datasource::{TableProvider, ViewTable, provider_as_source};
use datafusion::error::{DataFusionError, Result as EngineResult};
use datafusion::execution::memory_pool::FairSpillPool;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::execution::session_state::SessionStateBuilder;
use datafusion::logical_expr::{LogicalPlan, LogicalPlanBuilder, col, lit};
use datafusion::physical_plan::common::spawn_buffered;
use datafusion::physical_plan::execute_stream;
use datafusion::prelude::{Expr, SQLOptions, SessionConfig, SessionContext};
use datafusion::sql::parser::{DFParserBuilder, Statement};
use datafusion::sql::sqlparser::tokenizer::Token;
use tokio::runtime::Runtime;

use super::answer::Answer;
use super::coverage::Warning;
use super::durations::DaysAreHours;
use super::explain::{
    Failure, Hazard, Known, Outcome, explain, find_guilty, is_same_failure, refuse, too_deep,
};
use super::interrupt::{Interrupts, interrupted};
use super::lazy::LazySchema;
use super::meta::{self, SavedQueries, TableDoc};
use super::parameters::{Parameter, Parameters};
use super::reading::Reading;
use super::scans::Scans;
use super::store::ArchiveStore;
use super::table::{ArchiveTable, archive_url};
use super::time_range::TimeRange;
use super::views::{View, Views};
use super::words::WordsAsCodes;
use super::{coverage, functions, hours, panics};
use crate::archive::Snapshot;
use crate::error::{Context, Error, Result};
use crate::schema::{EVENT_TABLES, REJECT, SOURCE, Table};

/// What looking for the values of a column may take: somebody waits for a completion.
const VALUES_TIME_MAX: Duration = Duration::from_millis(800);
/// Catalog and schema of the tables that are named without one.
const CATALOG: &str = "auditql";
const SCHEMA: &str = "public";
/// What the archive that a session is opened on is called in the addresses of its files.
const ARCHIVE: &str = "local";
/// Batches that are computed while the one before is written; each has up to 8,192 rows.
const BATCHES_AHEAD: usize = 1;
/// Of a thread, bytes: expressions of many parts are evaluated by calls within calls. Memory is taken as it is used.
const STACK: usize = 256 << 20;

/// How the engine may work.
#[derive(Clone)]
pub(crate) struct EngineOptions {
    /// Threads for queries.
    pub(crate) threads: usize,
    /// Memory that sorting, grouping and joining may take before they use the disk.
    pub(crate) memory_bytes: usize,
    /// Events outside it do not exist for this session.
    pub(crate) time_range: TimeRange,
    /// Rows of `meta.queries`.
    pub(crate) saved_queries: SavedQueries,
    /// Views to add to the shipped ones.
    pub(crate) views: Vec<View>,
}

/// An open archive that answers SQL.
pub(crate) struct Engine {
    runtime: Threads,
    context: SessionContext,
    snapshot: Snapshot,
    time_range: TimeRange,
    views: Arc<Views>,
    scans: Scans,
    interrupts: Interrupts,
    saved_queries: SavedQueries,
}

impl Engine {
    /// Opens the archive for queries.
    ///
    /// # Errors
    ///
    /// If the archive's folder cannot be read, or a view of the user is none.
    pub(crate) fn open(snapshot: Snapshot, options: &EngineOptions) -> Result<Self> {
        let describe = || "cannot start the query engine".to_owned();
        let threads = options.threads.max(1);
        let runtime = Threads::new(threads).context(describe)?;
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
            .with_query_planner(Arc::new(WordsAsCodes))
            .build();
        let context = SessionContext::new_with_state(state);
        context.add_analyzer_rule(Arc::new(DaysAreHours));
        let scans = Scans::default();
        let (time_range, interrupts) = (options.time_range, Interrupts::default());
        let views = Arc::new(Views::new(&options.views)?);
        let saved_queries = Arc::clone(&options.saved_queries);
        let engine = Self { runtime, context, snapshot, time_range, views, scans, interrupts, saved_queries };
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
        if let Some(refused) = too_deep(sql) {
            return Err(refused.shown_in(sql));
        }
        let failed = |error: &DataFusionError| self.explain(sql, parameters, error);
        let statement = self.parse(sql).map_err(|error| failed(&error))?;
        if let Some(refused) = refuse(sql, &statement, &|name| self.is_ours(name)) {
            return Err(refused.shown_in(sql));
        }
        self.start(sql, statement, parameters)
    }

    fn parse(&self, sql: &str) -> EngineResult<Statement> {
        panics::caught(|| {
            let mut parser = DFParserBuilder::new(sql).build()?;
            let statement = parser.parse_statement()?;
            let rest = parser.parser.peek_token();
            if rest.token != Token::EOF {
                parser.parser.expected::<()>("the end of the statement", rest)?;
            }
            Ok(statement)
        })
    }

    fn start(&self, sql: &str, mut statement: Statement, parameters: &Parameters) -> Result<Answer<'_>> {
        let options = SQLOptions::new().with_allow_dml(false);
        parameters.place(&mut statement);
        self.scans.take();
        let mut since = self.interrupts.begin();
        let starting = async {
            let plan = self.context.state().statement_to_plan(statement).await?;
            options.verify_plan(&plan)?;
            let plan = parameters.bind(plan)?;
            let is_read = !matches!(plan, LogicalPlan::Explain(_));
            if let LogicalPlan::Explain(explained) = &plan {
                // What cannot be planned would be told among the rows.
                self.context.state().create_physical_plan(&explained.plan).await?;
            }
            let frame = self.context.execute_logical_plan(plan).await?;
            let context = Arc::new(frame.task_ctx());
            let plan = frame.create_physical_plan().await?;
            let reading = Reading::of(&plan);
            // On threads of its own: what computes for long without a pause does not keep Ctrl-C from being heard.
            Ok((spawn_buffered(execute_stream(plan, context)?, BATCHES_AHEAD), reading, is_read))
        };
        let started = panics::caught(|| self.runtime.block_on(since.or(starting)).transpose());
        let started = started.transpose().ok_or_else(interrupted)?;
        let (stream, reading, is_read) = started.map_err(|error| self.explain(sql, parameters, &error))?;
        let scans = if is_read { self.scans.take() } else { Vec::new() };
        let warnings = coverage::warnings(&self.snapshot, &scans);
        let (sql, parameters) = (sql.to_owned(), parameters.clone());
        let explain = Box::new(move |error| self.explain(&sql, &parameters, &error));
        Ok(Answer::new(&self.runtime, stream, reading, warnings, since, explain))
    }

    /// From now on Ctrl-C ends the statement that runs, and not the program.
    pub(crate) fn survive_interrupts(&self) {
        self.interrupts.listen(&self.runtime);
    }

    /// Our tables and views with their documentation, in the order in which they are listed.
    pub(crate) fn tables(&self) -> Result<Vec<TableDoc>> {
        self.runtime
            .block_on(meta::table_docs(&self.context, &self.views))
            .map_err(|error| self.explain("", &Parameters::default(), &error))
    }

    /// Which of these tables of events the archive has nothing of. Of tables whose events come by
    /// themselves the answer of a statement that reads them tells that.
    pub(crate) fn lacking(&self, tables: &[String]) -> Vec<Warning> {
        let of = |name: &String| EVENT_TABLES.iter().find(|table| table.name == name);
        let silent = tables.iter().filter_map(of).filter(|table| !table.has_rhythm());
        silent
            .filter(|table| self.snapshot.rows(table.name) == 0)
            .map(|table| coverage::nothing_of(table))
            .collect()
    }

    /// Values of a column that begin with `start`, the most frequent first; nothing if it takes long, or the column
    /// holds no text.
    pub(crate) fn values(&self, table: &str, column: &str, start: &str, count: usize) -> Result<Vec<String>> {
        let name =
            |name: &str| name.split('.').map(|part| format!("\"{part}\"")).collect::<Vec<_>>().join(".");
        let sql = format!(
            "SELECT CAST({0} AS VARCHAR) FROM {1} WHERE starts_with(CAST({0} AS VARCHAR), $start) GROUP BY 1 \
             ORDER BY count(*) DESC, 1 LIMIT {count}",
            name(column),
            name(table)
        );
        let mut parameters = Parameters::default();
        parameters.set("start", Parameter::untyped(start));
        self.interrupts.within(VALUES_TIME_MAX, || {
            let mut values = Vec::new();
            for batch in self.run(&sql, &parameters)? {
                let texts =
                    cast(batch?.column(0), &DataType::Utf8).context(|| format!("cannot read `{column}`"))?;
                values.extend(texts.as_string::<i32>().iter().flatten().map(str::to_owned));
            }
            Ok(values)
        })
    }

    /// Path and commit of the archive.
    pub(crate) fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// The events that there are for this session.
    pub(crate) fn time_range(&self) -> TimeRange {
        self.time_range
    }

    fn explain(&self, sql: &str, parameters: &Parameters, error: &DataFusionError) -> Error {
        let saved_queries: Vec<String> = (self.saved_queries)().into_iter().map(|[name, ..]| name).collect();
        let known = || Known { context: &self.context, saved_queries: &saved_queries };
        if let Some(error) = self.views.explain(error, known()) {
            return error;
        }
        let blame = |error: &DataFusionError, hazard: Option<Hazard<'_>>| {
            let mut statement = self.parse(sql).ok()?;
            parameters.place(&mut statement);
            let look = |is_physical: bool| {
                find_guilty(sql, &statement, &mut |altered| {
                    self.outcome(altered, parameters, error, hazard, is_physical)
                })
            };
            look(false).or_else(|| if hazard.is_none() { look(true) } else { None })
        };
        explain(&Failure { sql, known: known(), blame: &blame }, error).shown_in(sql)
    }

    /// Whether an altered statement fails as the statement did, or can still fail so while it runs.
    fn outcome(
        &self,
        statement: Statement,
        parameters: &Parameters,
        error: &DataFusionError,
        hazard: Option<Hazard<'_>>,
        is_physical: bool,
    ) -> Outcome {
        let state = self.context.state();
        let planned = async {
            let plan = parameters.bind(state.statement_to_plan(statement).await?)?;
            let explained = if let LogicalPlan::Explain(explain) = &plan { &explain.plan } else { &plan };
            let plan = state.optimize(explained)?;
            if is_physical {
                state.query_planner().create_physical_plan(&plan, &state).await?;
            }
            Ok(plan)
        };
        let planned = panics::caught(|| self.runtime.block_on(planned));
        match (planned, hazard) {
            (Ok(plan), Some(hazard)) if hazard(&plan) => Outcome::Fails(None),
            (Ok(_), _) => Outcome::Passes,
            (Err(altered), None) if is_same_failure(&altered, error) => Outcome::Fails(Some(altered)),
            (Err(_), _) => Outcome::FailsOtherwise,
        }
    }

    /// Whether a name is that of a table or view that every session has; `meta.*` is all of a schema.
    fn is_ours(&self, name: &str) -> bool {
        let name = name.replace('"', "").to_ascii_lowercase();
        let name = name.strip_prefix("auditql.").unwrap_or(&name);
        if name == "public.*" {
            return true;
        }
        let name = name.strip_prefix("public.").unwrap_or(name);
        let in_schema = |schema: &str| name.strip_prefix(schema).is_some_and(|rest| rest.starts_with('.'));
        let is_table = EVENT_TABLES.iter().any(|table| table.name == name)
            || meta::references().any(|(table, _)| table == name)
            || self.views.iter().any(|view| view.name == name);
        is_table || in_schema("meta") || in_schema("information_schema")
    }

    fn register(&self, options: &EngineOptions) -> Result<()> {
        let describe = || "cannot prepare the tables".to_owned();
        let catalog = self.context.catalog(CATALOG).expect("the default catalog exists");
        let waiting = |schema| self.views.of_schema(schema).collect::<BTreeMap<_, _>>();
        let mut meta_tables = waiting("meta");
        meta_tables.extend(meta::made_here(&self.views));
        meta_tables.extend([
            hours::make(&self.snapshot),
            coverage::make(&self.snapshot),
            meta::make_queries(&options.saved_queries),
        ]);
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
        Ok(())
    }
}

/// The threads that queries run on. When it goes nobody waits for what they still compute.
#[derive(Debug)]
struct Threads(Option<Runtime>);

impl Threads {
    /// With its drivers: without them listening for Ctrl-C fails, and nobody hears of that.
    fn new(threads: usize) -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(threads)
            .thread_name(panics::THREAD_NAME)
            .thread_stack_size(STACK)
            .enable_all()
            .build()?;
        Ok(Self(Some(runtime)))
    }
}

impl Deref for Threads {
    type Target = Runtime;

    fn deref(&self) -> &Runtime {
        self.0.as_ref().expect("it is there until it is dropped")
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        self.0.take().into_iter().for_each(Runtime::shutdown_background);
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
        Some(scans) => whole.telling(scans),
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
    // With it some joins of several tables wait for each other for ever.
    options.optimizer.enable_join_dynamic_filter_pushdown = false;
    config
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_runtime_can_listen_for_interrupts() {
        let listening = async { futures::poll!(Box::pin(tokio::signal::ctrl_c())) };
        assert!(Threads::new(1).unwrap().block_on(listening).is_pending());
    }
}

//! Grouping by columns of few words: by a number for each word, and not by its text.
//!
//! In the files a word column is a dictionary and a number for each row, and what the scan makes of that is one view
//! for each row: equal words of a batch nearly always have the same sixteen bytes. So `code_of_word` looks at a text
//! only where a batch has a view for the first time, the engine groups by numbers, and `word_of_code` brings the texts
//! back for the groups. `count(DISTINCT category)` counts numbers. All word columns of a statement share their numbers.
//!
//! ```text
//! Aggregate category, count(*)     Projection word_of_code(…) AS category, count(*)
//!   TableScan audit           ─▶     Aggregate code_of_word(category), count(*)
//!                                      TableScan audit
//! ```

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arrow::array::{Array, ArrayRef, AsArray, StringViewArray, UInt32Array};
use arrow::compute::take;
use arrow::datatypes::{DataType, UInt32Type};
use async_trait::async_trait;
use datafusion::catalog::Session;
use datafusion::common::hash_utils::RandomState;
use datafusion::common::tree_node::{Transformed, TreeNodeRewriter};
use datafusion::common::{JoinType, Result, ScalarValue, exec_datafusion_err, internal_datafusion_err};
use datafusion::datasource::source_as_provider;
use datafusion::execution::context::QueryPlanner;
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryPool, MemoryReservation};
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::{
    Aggregate, ColumnarValue, LogicalPlan, Projection, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl,
    Signature, Volatility,
};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_planner::{DefaultPhysicalPlanner, PhysicalPlanner};
use datafusion::prelude::Expr;

use super::table::ArchiveTable;

/// Bytes that a word takes beside its text: its number, its places in the table of words and in the array of words.
const WORD_BYTES: usize = 96;

/// Numbers of views that are at hand without hashing, of each batch.
const NEAR: usize = 64;

/// The engine's planner, for plans that group words by their numbers.
#[derive(Debug)]
pub(super) struct WordsAsCodes;

#[async_trait]
impl QueryPlanner for WordsAsCodes {
    async fn create_physical_plan(
        &self,
        plan: &LogicalPlan,
        session: &dyn Session,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let plan = by_codes(plan.clone(), &session.runtime_env().memory_pool)?;
        DefaultPhysicalPlanner::default().create_physical_plan(&plan, session).await
    }
}

/// The optimised plan with words grouped by their numbers. Schemas stay as they are, of every part.
fn by_codes(plan: LogicalPlan, memory: &Arc<dyn MemoryPool>) -> Result<LogicalPlan> {
    let words = Words::new(memory);
    let mut rewriter = Rewriter {
        code_of_word: Arc::new(CodeOfWord::new(&words).into()),
        word_of_code: Arc::new(WordOfCode::new(&words).into()),
        are_limits: Vec::new(),
    };
    plan.rewrite_with_subqueries(&mut rewriter).map(|done| done.data)
}

struct Rewriter {
    code_of_word: Arc<ScalarUDF>,
    word_of_code: Arc<ScalarUDF>,
    /// Of the parts above and of this one, the outermost first: whether it is a LIMIT.
    are_limits: Vec<bool>,
}

impl TreeNodeRewriter for Rewriter {
    type Node = LogicalPlan;

    fn f_down(&mut self, plan: LogicalPlan) -> Result<Transformed<LogicalPlan>> {
        self.are_limits.push(matches!(plan, LogicalPlan::Limit(_)));
        Ok(Transformed::no(plan))
    }

    fn f_up(&mut self, plan: LogicalPlan) -> Result<Transformed<LogicalPlan>> {
        self.are_limits.pop();
        let is_limited = self.are_limits.last().copied().unwrap_or_default();
        match plan {
            // The engine stops such a one when it has as many groups, if the LIMIT stands right above it.
            LogicalPlan::Aggregate(aggregate) if is_limited && aggregate.aggr_expr.is_empty() => {
                Ok(Transformed::no(LogicalPlan::Aggregate(aggregate)))
            }
            LogicalPlan::Aggregate(aggregate) => self.grouped(aggregate),
            other => Ok(Transformed::no(other)),
        }
    }
}

impl Rewriter {
    fn grouped(&self, aggregate: Aggregate) -> Result<Transformed<LogicalPlan>> {
        let Aggregate { input, group_expr, aggr_expr, schema, .. } = &aggregate;
        let by_word: Vec<_> = group_expr.iter().map(|group| self.coded(group, input)).collect();
        let of_words: Vec<_> = aggr_expr.iter().map(|count| self.counted(count, input)).collect();
        let has_sets = group_expr.iter().any(|group| matches!(group, Expr::GroupingSet(_)));
        if has_sets || by_word.iter().chain(&of_words).all(Option::is_none) {
            return Ok(Transformed::no(LogicalPlan::Aggregate(aggregate)));
        }
        let mut groups: Vec<Expr> = Vec::new();
        let mut places = Vec::new();
        for (group, coded) in group_expr.iter().zip(&by_word) {
            let group = coded.as_ref().unwrap_or(group);
            // A column that is grouped by under two names is one number.
            let known = groups.iter().position(|known| coded.is_some() && known == group);
            places.push(known.unwrap_or(groups.len()));
            if known.is_none() {
                groups.push(group.clone());
            }
        }
        places.extend((0..aggr_expr.len()).map(|place| groups.len() + place));
        let counts = aggr_expr.iter().zip(&of_words).map(|(count, coded)| coded.as_ref().unwrap_or(count));
        let Ok(by_codes) = Aggregate::try_new(Arc::clone(input), groups, counts.cloned().collect()) else {
            // A column of the statement is called as a number would be.
            return Ok(Transformed::no(LogicalPlan::Aggregate(aggregate)));
        };
        let inner = by_codes.schema.columns();
        let outer = schema.iter().zip(places).enumerate().map(|(index, ((qualifier, field), place))| {
            let column = Expr::Column(inner[place].clone());
            if by_word.get(index).is_some_and(Option::is_some) {
                let word = ScalarFunction::new_udf(Arc::clone(&self.word_of_code), vec![column]);
                Expr::ScalarFunction(word).alias_qualified(qualifier.cloned(), field.name())
            } else if index >= by_word.len() && of_words[index - by_word.len()].is_some() {
                column.alias_qualified(qualifier.cloned(), field.name())
            } else {
                column
            }
        });
        let outer = outer.collect();
        let by_codes = Arc::new(LogicalPlan::Aggregate(by_codes));
        let projection = Projection::try_new_with_schema(outer, by_codes, Arc::clone(schema))?;
        Ok(Transformed::yes(LogicalPlan::Projection(projection)))
    }

    /// How many numbers there are, for how many words: of `count(DISTINCT column)`.
    fn counted(&self, aggregate: &Expr, input: &LogicalPlan) -> Option<Expr> {
        let Expr::AggregateFunction(count) = unnamed(aggregate) else { return None };
        let is_simple = count.params.distinct && count.params.order_by.is_empty();
        let ([column], "count", true) = (count.params.args.as_slice(), count.func.name(), is_simple) else {
            return None;
        };
        let mut counted = count.clone();
        counted.params.args = vec![self.coded(column, input)?];
        Some(Expr::AggregateFunction(counted))
    }

    /// The number of the word, of a column of words.
    fn coded(&self, column: &Expr, input: &LogicalPlan) -> Option<Expr> {
        let Expr::Column(column) = unnamed(column) else { return None };
        let index = input.schema().maybe_index_of_column(column)?;
        let is_text = *input.schema().field(index).data_type() == DataType::Utf8View;
        (is_text && is_word(input, index)).then(|| {
            let argument = vec![Expr::Column(column.clone())];
            Expr::ScalarFunction(ScalarFunction::new_udf(Arc::clone(&self.code_of_word), argument))
        })
    }
}

/// The expression below its names.
fn unnamed(expression: &Expr) -> &Expr {
    match expression {
        Expr::Alias(alias) => unnamed(&alias.expr),
        other => other,
    }
}

/// Whether a column of text comes from a column of words unchanged. Where it does not, numbers would be right as well,
/// but no gain.
fn is_word(mut plan: &LogicalPlan, mut index: usize) -> bool {
    loop {
        (plan, index) = match plan {
            LogicalPlan::TableScan(scan) => {
                let Ok(provider) = source_as_provider(&scan.source) else { return false };
                let table = provider.downcast_ref::<ArchiveTable>();
                return table.is_some_and(|table| table.is_word(scan.projected_schema.field(index).name()));
            }
            LogicalPlan::Filter(filter) => (&*filter.input, index),
            LogicalPlan::Sort(sort) => (&*sort.input, index),
            LogicalPlan::Limit(limit) => (&*limit.input, index),
            LogicalPlan::SubqueryAlias(alias) => (&*alias.input, index),
            LogicalPlan::Window(window) if index < window.input.schema().fields().len() => {
                (&*window.input, index)
            }
            LogicalPlan::Unnest(unnest) => match unnest.dependency_indices.get(index) {
                Some(&below) if !unnest.list_type_columns.iter().any(|(list, _)| *list == below) => {
                    (&*unnest.input, below)
                }
                _ => return false,
            },
            LogicalPlan::Union(union) => return union.inputs.iter().all(|input| is_word(input, index)),
            LogicalPlan::Join(join) => {
                let of_left = join.left.schema().fields().len();
                match join.join_type {
                    JoinType::RightSemi | JoinType::RightAnti => (&*join.right, index),
                    _ if index < of_left && join.join_type != JoinType::RightMark => (&*join.left, index),
                    JoinType::Inner | JoinType::Left | JoinType::Right | JoinType::Full => {
                        (&*join.right, index - of_left)
                    }
                    _ => return false,
                }
            }
            LogicalPlan::Projection(projection) => match unnamed(&projection.expr[index]) {
                Expr::Column(column) => match projection.input.schema().maybe_index_of_column(column) {
                    Some(below) => (&*projection.input, below),
                    None => return false,
                },
                Expr::ScalarFunction(function) => return function.func.inner().is::<WordOfCode>(),
                _ => return false,
            },
            _ => return false,
        };
    }
}

/// Where the number of a view is looked for first.
fn place_near(view: u128) -> usize {
    // Length, begin and place of the text: any two words of a batch differ in one of them.
    let mixed = (view ^ (view >> 64)) as u64;
    (mixed.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 58) as usize % NEAR
}

/// The words that a statement has met, each with a number.
struct Words {
    known: Mutex<Known>,
}

struct Known {
    codes: HashMap<Arc<str>, u32>,
    /// By their numbers.
    words: Vec<Arc<str>>,
    /// The same as an array, of those that there were when it was last needed.
    array: StringViewArray,
    memory: MemoryReservation,
}

impl Words {
    fn new(memory: &Arc<dyn MemoryPool>) -> Arc<Self> {
        let known = Known {
            codes: HashMap::new(),
            words: Vec::new(),
            array: StringViewArray::new_null(0),
            memory: MemoryConsumer::new("words").register(memory),
        };
        Arc::new(Self { known: Mutex::new(known) })
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn codes(&self, texts: &StringViewArray) -> Result<UInt32Array> {
        // Views mean something only together with the buffers of their array.
        let mut seen: HashMap<u128, u32, RandomState> = HashMap::default();
        let mut near: [Option<(u128, u32)>; NEAR] = [None; NEAR];
        let nulls = texts.nulls();
        let mut codes = Vec::with_capacity(texts.len());
        for (index, view) in texts.views().iter().enumerate() {
            if nulls.is_some_and(|nulls| nulls.is_null(index)) {
                codes.push(0);
                continue;
            }
            let near = &mut near[place_near(*view)];
            let code = match near {
                Some((known, code)) if known == view => *code,
                _ => match seen.entry(*view) {
                    Entry::Occupied(seen) => *seen.get(),
                    Entry::Vacant(unseen) => *unseen.insert(self.known().code(texts.value(index))?),
                },
            };
            *near = Some((*view, code));
            codes.push(code);
        }
        Ok(UInt32Array::new(codes.into(), nulls.cloned()))
    }

    fn texts(&self, codes: &UInt32Array) -> Result<StringViewArray> {
        let words = self.known().array();
        let texts = take(&words, codes, None)?;
        let texts = texts.as_string_view();
        let held: usize = words.data_buffers().iter().map(|buffer| buffer.len()).sum();
        // A few groups of many words: who holds the groups need not hold, and count, all words.
        let holds_too_much = held > texts.total_buffer_bytes_used();
        Ok(if holds_too_much { texts.gc() } else { texts.clone() })
    }
}

impl Known {
    fn code(&mut self, word: &str) -> Result<u32> {
        if let Some(code) = self.codes.get(word) {
            return Ok(*code);
        }
        let code = u32::try_from(self.words.len())
            .map_err(|_| exec_datafusion_err!("a column of words has more than {} of them", u32::MAX))?;
        // As a word, and in the array.
        self.memory.try_grow(2 * word.len() + WORD_BYTES)?;
        let word: Arc<str> = word.into();
        self.words.push(Arc::clone(&word));
        self.codes.insert(word, code);
        Ok(code)
    }

    fn array(&mut self) -> StringViewArray {
        if self.array.len() < self.words.len() {
            self.array = StringViewArray::from_iter_values(&self.words);
        }
        self.array.clone()
    }
}

/// Words as a part of a function, which is equal to a function of the same words only.
#[derive(Clone)]
struct SameWords(Arc<Words>);

impl fmt::Debug for SameWords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("words")
    }
}

impl PartialEq for SameWords {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for SameWords {}

impl Hash for SameWords {
    fn hash<H: Hasher>(&self, state: &mut H) {
        Arc::as_ptr(&self.0).hash(state);
    }
}

/// The number of a word; NULL of NULL. No statement can name it.
#[derive(Debug, PartialEq, Eq, Hash)]
struct CodeOfWord {
    words: SameWords,
    signature: Signature,
}

impl CodeOfWord {
    fn new(words: &Arc<Words>) -> Self {
        let signature = Signature::exact(vec![DataType::Utf8View], Volatility::Immutable);
        Self { words: SameWords(Arc::clone(words)), signature }
    }
}

impl ScalarUDFImpl for CodeOfWord {
    fn name(&self) -> &'static str {
        "code_of_word"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::UInt32)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        of_one(&args, |texts| {
            let texts = texts.as_string_view_opt().ok_or_else(|| internal_datafusion_err!("no texts"))?;
            Ok(Arc::new(self.words.0.codes(texts)?))
        })
    }
}

/// The word of a number; NULL of NULL. No statement can name it.
#[derive(Debug, PartialEq, Eq, Hash)]
struct WordOfCode {
    words: SameWords,
    signature: Signature,
}

impl WordOfCode {
    fn new(words: &Arc<Words>) -> Self {
        let signature = Signature::exact(vec![DataType::UInt32], Volatility::Immutable);
        Self { words: SameWords(Arc::clone(words)), signature }
    }
}

impl ScalarUDFImpl for WordOfCode {
    fn name(&self) -> &'static str {
        "word_of_code"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Utf8View)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        of_one(&args, |codes| {
            let codes = codes
                .as_primitive_opt::<UInt32Type>()
                .ok_or_else(|| internal_datafusion_err!("no numbers of words"))?;
            Ok(Arc::new(self.words.0.texts(codes)?))
        })
    }
}

/// Evaluates a function of one argument: a column gives a column, one value gives one value.
fn of_one(
    args: &ScalarFunctionArgs,
    evaluate: impl FnOnce(&dyn Array) -> Result<ArrayRef>,
) -> Result<ColumnarValue> {
    match args.args.first() {
        Some(ColumnarValue::Array(array)) => evaluate(array).map(ColumnarValue::Array),
        Some(ColumnarValue::Scalar(scalar)) => {
            let array = evaluate(&scalar.to_array()?)?;
            ScalarValue::try_from_array(&array, 0).map(ColumnarValue::Scalar)
        }
        None => Err(internal_datafusion_err!("an argument is missing")),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use arrow::array::{Array, StringViewBuilder};
    use datafusion::common::config::ConfigOptions;
    use datafusion::datasource::TableProvider;
    use datafusion::execution::memory_pool::{GreedyMemoryPool, UnboundedMemoryPool};
    use datafusion::prelude::SessionContext;

    use super::*;
    use crate::archive::Snapshot;
    use crate::schema::AUDIT;

    const LONG: &str = "Issue an authorization code to the application";

    fn unbounded() -> Arc<dyn MemoryPool> {
        Arc::new(UnboundedMemoryPool::default())
    }

    fn texts(values: &[Option<&str>]) -> StringViewArray {
        values.iter().copied().collect()
    }

    #[test]
    fn words_come_back() {
        let words = Words::new(&unbounded());
        let batches = [
            texts(&[Some("B2C"), None, Some(LONG), Some(LONG), Some(""), Some("B2C")]),
            texts(&[Some(LONG), Some("B2B"), None, Some("thirteen byte"), Some("twelve bytes")]),
            texts(&[None, None]),
            texts(&[]),
        ];
        for batch in &batches {
            let codes = words.codes(batch).unwrap();
            assert_eq!(&words.texts(&codes).unwrap(), batch);
        }
        let sliced = batches[0].slice(1, 3);
        assert_eq!(words.texts(&words.codes(&sliced).unwrap()).unwrap(), sliced);
        assert_eq!(words.known().words.len(), 6, "each word has one number");
    }

    #[test]
    fn a_word_has_one_number_in_whatever_buffer_it_lies() {
        let words = Words::new(&unbounded());
        let mut builder = StringViewBuilder::new().with_fixed_block_size(64);
        for word in [LONG, "another word that is not short", LONG] {
            builder.append_value(word);
        }
        let apart = builder.finish();
        assert_ne!(apart.views()[0], apart.views()[2]);
        let codes = words.codes(&apart).unwrap();
        assert_eq!(codes.values(), &[0, 1, 0]);
        // The view that meant one word in the last batch means another in this.
        let other = texts(&[Some("Issue an id_token, or whatever of such a length"), Some(LONG)]);
        assert_eq!(words.codes(&other.slice(0, 1)).unwrap().values(), &[2]);
        assert_eq!(words.codes(&other).unwrap().values(), &[2, 0]);
    }

    #[test]
    fn a_null_may_lie_over_any_view() {
        let words = Words::new(&unbounded());
        let covered = StringViewArray::new(
            texts(&[Some(LONG), Some("B2C")]).views().clone(),
            texts(&[Some(LONG)]).data_buffers().to_vec(),
            Some(vec![false, true].into()),
        );
        let codes = words.codes(&covered).unwrap();
        assert!(codes.is_null(0) && codes.is_valid(1));
        assert_eq!(words.texts(&codes).unwrap(), texts(&[None, Some("B2C")]));
        assert_eq!(words.known().words.len(), 1);
    }

    #[test]
    fn a_few_groups_do_not_hold_all_words() {
        let words = Words::new(&unbounded());
        let many: Vec<_> = (0..1000).map(|n| format!("a word that is not short {n}")).collect();
        let codes = words.codes(&StringViewArray::from_iter_values(&many)).unwrap();
        let few = words.texts(&codes.slice(7, 1)).unwrap();
        assert_eq!(few.value(0), many[7]);
        let held: usize = few.data_buffers().iter().map(|buffer| buffer.len()).sum();
        assert_eq!(held, many[7].len());
    }

    #[test]
    fn words_are_within_the_memory_of_a_query() {
        let pool: Arc<dyn MemoryPool> = Arc::new(GreedyMemoryPool::new(1000));
        let words = Words::new(&pool);
        for _ in 0..100 {
            words.codes(&texts(&[Some(LONG), Some("B2C")])).unwrap();
        }
        let many: Vec<_> = (0..1000).map(|n| n.to_string()).collect();
        assert!(words.codes(&StringViewArray::from_iter_values(&many)).is_err());
        drop(words);
        assert_eq!(pool.reserved(), 0);
    }

    #[test]
    fn one_value_gives_one_value() {
        let words = Words::new(&unbounded());
        let invoke = |function: &ScalarUDF, value: ScalarValue| {
            let field = |data_type| Arc::new(arrow::datatypes::Field::new("f", data_type, true));
            let args = ScalarFunctionArgs {
                arg_fields: vec![field(value.data_type())],
                return_field: field(function.return_type(&[]).unwrap()),
                args: vec![ColumnarValue::Scalar(value)],
                number_rows: 3,
                config_options: Arc::new(ConfigOptions::new()),
            };
            match function.invoke_with_args(args).unwrap() {
                ColumnarValue::Scalar(value) => value,
                ColumnarValue::Array(_) => panic!("a column of one value"),
            }
        };
        let (encode, decode) = (CodeOfWord::new(&words).into(), WordOfCode::new(&words).into());
        for text in [Some("B2C"), None, Some(LONG)] {
            let value = ScalarValue::Utf8View(text.map(str::to_owned));
            let code = invoke(&encode, value.clone());
            assert_eq!(code.is_null(), text.is_none());
            assert_eq!(invoke(&decode, code), value);
        }
    }

    /// The plan of a statement, optimised and then with words as numbers.
    async fn plans(sql: &str) -> (LogicalPlan, LogicalPlan) {
        let context = SessionContext::new();
        let audit = ArchiveTable::new(&AUDIT, "local", &Snapshot::empty(Path::new("none"))).unwrap();
        let audit: Arc<dyn TableProvider> = Arc::new(audit);
        context.register_table("audit", audit).unwrap();
        let plan = context.sql(sql).await.unwrap().into_optimized_plan().unwrap();
        let coded = by_codes(plan.clone(), &unbounded()).unwrap();
        (plan, coded)
    }

    fn run<T>(work: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(work)
    }

    #[test]
    fn names_and_types_stay() {
        for (sql, expected) in [
            ("SELECT category, activity, count(*) FROM audit GROUP BY category, activity", 2),
            ("SELECT DISTINCT category FROM audit", 1),
            ("SELECT a.category AS c, a.id, max(a.raw) FROM audit AS a GROUP BY 1, 2", 1),
            ("SELECT category FROM audit UNION SELECT service FROM audit", 1),
            ("SELECT count(DISTINCT category) FROM audit", 1),
            ("SELECT count(DISTINCT category), count(DISTINCT id), count(*) FROM audit", 1),
            (
                "SELECT id, count(DISTINCT category) AS c, count(DISTINCT activity) FILTER (WHERE id < 'x') FROM audit GROUP BY 1",
                2,
            ),
            (
                "SELECT a.category, b.category, count(*) FROM audit AS a LEFT JOIN audit AS b ON a.id = b.id \
                 GROUP BY 1, 2",
                2,
            ),
            (
                "SELECT c FROM (SELECT category AS c, id FROM audit WHERE result = 'x' ORDER BY id LIMIT 9) GROUP BY c",
                1,
            ),
            (
                "SELECT id FROM audit WHERE category = (SELECT max(c) FROM (SELECT category AS c FROM audit GROUP BY 1))",
                1,
            ),
            ("EXPLAIN SELECT category, count(*) FROM audit GROUP BY 1", 1),
        ] {
            let (plan, coded) = run(plans(sql));
            assert_eq!(plan.schema(), coded.schema(), "{sql}");
            let inner = match &coded {
                LogicalPlan::Explain(explain) => explain.plan.as_ref(),
                _ => &coded,
            };
            let text = inner.display_indent().to_string();
            let aggregates = text.lines().filter(|line| line.contains("groupBy="));
            let count: usize = aggregates.map(|line| line.matches("code_of_word(").count()).sum();
            assert_eq!(count, expected, "{text}");
        }
    }

    #[test]
    fn what_has_no_words_or_need_not_read_them_all_stays() {
        for sql in [
            "SELECT id, count(*) FROM audit GROUP BY id",
            "SELECT category || '', count(*) FROM audit GROUP BY 1",
            "SELECT category, result, count(*) FROM audit GROUP BY ROLLUP (category, result)",
            "SELECT category, count(*) FROM audit GROUP BY GROUPING SETS ((category), ())",
            "SELECT category, count(DISTINCT service), count(*) FROM audit GROUP BY CUBE (category)",
            "SELECT DISTINCT category FROM audit LIMIT 3",
            "SELECT max(category), count(category) FROM audit",
            "SELECT column1, count(*) FROM (VALUES ('a'), ('b')) GROUP BY 1",
        ] {
            let (plan, coded) = run(plans(sql));
            assert_eq!(plan, coded, "{sql}");
        }
    }
}

//! The SQL that brings the rows of two archives together.
//!
//! A row of one is a row of the other if both have the same id, the same values of what tells versions apart, and no two
//! different tenants. What is left over then, and has no id of its own on one side only, is matched by what such ids are
//! made of: as in an ingest, a row without an id is the same event as one with an id that agrees with it in the
//! columns of the table's fingerprint.

use super::Period;
use crate::schema::{Column, DERIVED_ID, Kind, Table};

/// Columns that say where and how a row was read, or which row it is: a difference in them is none.
const NOT_COMPARED: &[&str] =
    &["id", "tenant_id", "format", "source_file", "source_offset", "degraded", "raw"];

/// The text of `raw` without white space outside strings: an object is the same however it was indented.
const RAW_ON_ONE_LINE: &str = r#"regexp_replace(raw, '("(?:[^"\\]|\\.)*")|\s+', '\1', 'g')"#;

/// Name of the table of rows that are one event although only one of them has an id; beside those of the second archive.
const TWINS: &str = "twins";

/// The statements about one table, `public` being the one archive and `other` the second.
pub(super) struct Statements {
    pub(super) table: &'static Table,
    /// What the second archive is called.
    pub(super) other: &'static str,
    /// Rows that only one side has count if they lie in it; all count if there is none.
    pub(super) period: Option<Period>,
    /// Either side has rows without an id of their own.
    pub(super) has_nameless: bool,
}

/// Columns whose values are compared.
pub(super) fn compared_columns(table: &'static Table) -> impl Iterator<Item = &'static Column> {
    table.columns.iter().filter(|column| {
        let is_identity = NOT_COMPARED.contains(&column.name) || table.rows.version.contains(&column.name);
        let is_of_the_file = column.name == "event_time" && table.rows.is_snapshot;
        !is_identity && !is_of_the_file
    })
}

/// One row if the table has rows without an id of their own.
pub(super) fn nameless(schema: &str, table: &Table) -> String {
    format!("SELECT id FROM {schema}.{} WHERE starts_with(id, '{DERIVED_ID}') LIMIT 1", table.name)
}

impl Statements {
    /// One row of three numbers: rows only in the one, only in the other, pairs.
    pub(super) fn counts(&self) -> String {
        let within = self.within();
        format!(
            "{} SELECT count(*) FILTER (WHERE b.id IS NULL AND {within}), \
             count(*) FILTER (WHERE a.id IS NULL AND {within}), \
             count(*) FILTER (WHERE a.id IS NOT NULL AND b.id IS NOT NULL) FROM {}",
            self.with(),
            self.pairs()
        )
    }

    /// One row per row that only one side has within the period, and per pair that does not agree to the letter.
    pub(super) fn candidates(&self, is_ordered: bool) -> String {
        let compared: Vec<_> = compared_columns(self.table).map(|column| column.name).collect();
        let either = |column: &str| format!("coalesce(a.{column}, b.{column}) AS {column}");
        let mut columns = vec![
            either("event_time"),
            format!(
                "CASE WHEN a.id IS NULL OR (b.id IS NOT NULL AND starts_with(a.id, '{DERIVED_ID}')) \
                 THEN b.id ELSE a.id END AS id"
            ),
            either("tenant_id"),
            format!("{} AS activity", self.activity()),
        ];
        for name in ["id", "format", "degraded", "source_file", "source_offset"].iter().chain(&compared) {
            columns.extend(["a", "b"].map(|side| format!("{side}.{name} AS {side}_{name}")));
        }
        let differ: Vec<_> =
            compared.iter().map(|name| format!("(a.{name} IS DISTINCT FROM b.{name})")).collect();
        let mut order: Vec<_> = self.keys().map(|key| format!("coalesce(a.{key}, b.{key})")).collect();
        order.extend(
            ["a_source_file", "a_source_offset", "b_source_file", "b_source_offset"].map(str::to_owned),
        );
        let order = if is_ordered {
            format!(" ORDER BY event_time, id, tenant_id, {}", order.join(", "))
        } else {
            String::new()
        };
        format!(
            "{} SELECT {} FROM {} WHERE ((a.id IS NULL OR b.id IS NULL) AND {}) \
             OR (a.id IS NOT NULL AND b.id IS NOT NULL AND ({})){order}",
            self.with(),
            columns.join(", "),
            self.pairs(),
            self.within(),
            differ.join(" OR "),
        )
    }

    /// What happened, in short: the activity, or the words by which the table's rows are ordered, the last that has a
    /// value.
    fn activity(&self) -> String {
        let activity = self.table.columns.iter().map(|column| column.name).filter(|name| *name == "activity");
        let words = activity.chain(self.table.rows.order.iter().rev().copied());
        let words: Vec<_> = words.flat_map(|word| [format!("a.{word}"), format!("b.{word}")]).collect();
        format!("coalesce({})", words.join(", "))
    }

    /// Whether the row that only one side has lies in the period.
    fn within(&self) -> String {
        let Some(Period { from, to, .. }) = self.period else { return "true".to_owned() };
        let instant = |micros: i64| format!("arrow_cast({micros}, 'Timestamp(Microsecond, Some(\"UTC\"))')");
        let time = "coalesce(a.event_time, b.event_time)";
        format!("({time} >= {} AND {time} < {})", instant(from), instant(to))
    }

    /// Names of the columns that hold what tells versions apart.
    fn keys(&self) -> impl Iterator<Item = String> + '_ {
        (0..self.table.rows.version.len()).map(|index| format!("key_{index}"))
    }

    fn pairs(&self) -> String {
        format!("a FULL JOIN b ON {}", self.same_row("a", "b"))
    }

    /// Whether two rows are one: the same id and version, in no two different tenants.
    fn same_row(&self, a: &str, b: &str) -> String {
        let keys: String = self.keys().map(|key| format!(" AND {a}.{key} = {b}.{key}")).collect();
        format!(
            "{a}.match_id = {b}.match_id{keys} \
             AND ({a}.tenant_id IS NULL OR {b}.tenant_id IS NULL OR lower({a}.tenant_id) = lower({b}.tenant_id))"
        )
    }

    /// The rows of a side: all columns but `raw`, `key_n`, and `match_id`, the id by which a row is looked for.
    fn side(&self, schema: &str) -> String {
        // Views of texts keep alive the batches that they point into: sorted, each batch would hold all of them.
        let columns = self.table.columns.iter().filter(|column| column.name != "raw");
        let columns: Vec<_> = columns
            .map(|Column { name, kind, .. }| match kind {
                Kind::Text | Kind::Word => format!("arrow_cast({name}, 'Utf8') AS {name}"),
                _ => (*name).to_owned(),
            })
            .collect();
        let keys = self.table.rows.version.iter().enumerate();
        let keys: String =
            keys.map(|(index, column)| format!(", {} AS key_{index}", self.canonical(column))).collect();
        let columns = columns.join(", ");
        format!(
            "(SELECT {columns}{keys}, arrow_cast(id, 'Utf8') AS match_id FROM {schema}.{})",
            self.table.name
        )
    }

    /// The tables `a` and `b`. A row of `a` that has a twin is looked for by the twin's id.
    fn with(&self) -> String {
        let (a, b) = (self.side("public"), self.side(self.other));
        if !self.has_nameless {
            return format!("WITH a AS {a}, b AS {b}");
        }
        let keys: String = self.keys().map(|key| format!(" AND one.{key} = twin.{key}")).collect();
        format!(
            "WITH one AS {a}, b AS {b}, \
             a AS (SELECT one.* EXCEPT (match_id), coalesce(twin.b_id, one.id) AS match_id \
             FROM one LEFT JOIN {}.{TWINS} AS twin \
             ON one.id = twin.a_id AND coalesce(one.tenant_id, '') = twin.a_tenant{keys})",
            self.other
        )
    }

    /// Makes the table of pairs of rows left over, one of them without an id of its own.
    // LIMIT: it is held in memory, about 150 bytes a row; a download of the portal has 250,000 rows at most.
    pub(super) fn twins(&self) -> String {
        let columns: String = self.keys().map(|key| format!(", l.{key}")).collect();
        let mut agreeing: Vec<_> = (0..self.fingerprint().count()).map(|n| format!("print_{n}")).collect();
        agreeing.extend(self.keys());
        agreeing.push("number".to_owned());
        let agree: String = agreeing.iter().map(|name| format!(" AND l.{name} = r.{name}")).collect();
        format!(
            "CREATE OR REPLACE TABLE {other}.{TWINS} AS \
             WITH a AS {}, b AS {}, a_left AS ({}), b_left AS ({}) \
             SELECT l.id AS a_id, coalesce(l.tenant_id, '') AS a_tenant{columns}, r.id AS b_id \
             FROM a_left AS l JOIN b_left AS r ON l.is_nameless = (NOT r.is_nameless){agree}",
            self.side("public"),
            self.side(self.other),
            self.left_over("a", "b"),
            self.left_over("b", "a"),
            other = self.other,
        )
    }

    /// The rows of `side` that `other` has not, by what an id is made of: `print_n`, and the number of the row among
    /// those that agree in it.
    fn left_over(&self, side: &str, other: &str) -> String {
        let prints = self.fingerprint().enumerate();
        let prints: Vec<_> = prints.map(|(index, print)| format!("{print} AS print_{index}")).collect();
        let mut agreeing: Vec<_> = (0..prints.len()).map(|index| format!("print_{index}")).collect();
        agreeing.extend(self.keys());
        agreeing.push("is_nameless".to_owned());
        format!(
            "SELECT *, row_number() OVER (PARTITION BY {} ORDER BY length(id), id, tenant_id) AS number FROM \
             (SELECT {side}.*, starts_with(id, '{DERIVED_ID}') AS is_nameless, {} FROM {side} \
             LEFT ANTI JOIN {other} ON {})",
            agreeing.join(", "),
            prints.join(", "),
            self.same_row(side, other),
        )
    }

    /// What an id is made of where a record has none, as the columns that were stored say it.
    fn fingerprint(&self) -> impl Iterator<Item = String> + '_ {
        let rows = &self.table.rows;
        let time = if rows.is_snapshot { None } else { Some(self.canonical("event_time")) };
        let actor: Vec<_> = rows.fingerprint_actor.to_vec();
        let actor = (!actor.is_empty()).then(|| format!("coalesce({}, '')", actor.join(", ")));
        time.into_iter().chain(rows.fingerprint.iter().map(|column| self.canonical(column))).chain(actor)
    }

    /// A column as it belongs to an identity: times in whole seconds, NULL as nothing, a long text as its hash.
    fn canonical(&self, column: &str) -> String {
        match self.table.columns[self.table.index_of(column)].kind {
            Kind::Time => format!("coalesce(CAST(date_trunc('second', {column}) AS TEXT), '')"),
            Kind::Text | Kind::Word if column == "raw" => format!("sha256(coalesce({RAW_ON_ONE_LINE}, ''))"),
            Kind::Text | Kind::Word => format!("coalesce({column}, '')"),
            _ => format!("coalesce(CAST({column} AS TEXT), '')"),
        }
    }
}

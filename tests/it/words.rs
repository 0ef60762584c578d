//! Grouping by words answers as grouping by texts does.
//!
//! The engine groups by numbers where a column of words is grouped by as it is (`engine/words.rs`), and by texts where
//! something is done to it: `category || ''`.

use crate::support::{Run, sample_archive};

/// Statements with the words that they group by, count or leave once each in braces.
const STATEMENTS: &[&str] = &[
    "SELECT {a.category} AS c, {a.activity} AS b, count(*) AS n FROM audit AS a GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2",
    "SELECT {service} AS s, count(*) AS n, max(raw) AS r FROM audit GROUP BY 1 ORDER BY 1",
    "SELECT {category} AS c, actor_id, count(*) AS n FROM audit GROUP BY 1, 2 ORDER BY 1, 2",
    "SELECT {format} AS f, {policy_id} AS p, {application_id} AS a, date_trunc('day', event_time) AS d, count(*) AS n
     FROM audit GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4",
    "SELECT {result} AS r, {app_name} AS a, count(*) AS n FROM signin GROUP BY 1, 2 ORDER BY 1, 2",
    "SELECT {format} AS f, count(*) AS n FROM meta.sources GROUP BY 1 ORDER BY 1",
    // The same column twice.
    "SELECT {category} AS c, {category} AS d, count(*) AS n FROM audit GROUP BY 1, 2 ORDER BY 1",
    "SELECT c, d, count(*) AS n FROM (SELECT {category} AS c, {category} AS d FROM audit) GROUP BY c, d ORDER BY 1",
    // No rows, one group, groups as they come.
    "SELECT {category} AS c, count(*) AS n FROM audit WHERE activity = 'none such' GROUP BY 1",
    "SELECT {category} AS c, count(*) AS n FROM audit WHERE category = 'Authentication' GROUP BY 1",
    "SELECT DISTINCT {category} AS c, {result} AS r FROM audit ORDER BY 1, 2",
    // Conditions on groups, limits, and what is made of groups.
    "SELECT {category} AS c, count(*) AS n FROM audit GROUP BY 1 HAVING count(*) > 3 AND {category} IS NOT NULL
     ORDER BY 1",
    "SELECT {service} AS s, max(event_time) AS t FROM audit GROUP BY 1 ORDER BY 2 DESC LIMIT 2",
    "SELECT {service} AS s, min(event_time) AS t FROM audit GROUP BY 1 ORDER BY 2 LIMIT 4",
    "SELECT DISTINCT {service} AS s FROM audit ORDER BY 1 DESC LIMIT 3",
    "SELECT count(*) AS n FROM (SELECT DISTINCT {service} AS s FROM audit LIMIT 3)",
    "SELECT upper({service}) AS s, count(*) AS n FROM audit GROUP BY {service} ORDER BY 1",
    "SELECT {category} AS c, count(*) FILTER (WHERE category = 'B2C') AS n, min(category) AS m,
     string_agg(DISTINCT category, ',') AS g FROM audit GROUP BY 1 ORDER BY 1",
    "SELECT first_value({category} ORDER BY event_time, id) AS c, {service} AS s FROM audit GROUP BY 2 ORDER BY 2",
    // Counts of words.
    "SELECT count(DISTINCT {category}) AS n FROM audit",
    "SELECT count(DISTINCT {category}) AS n, count(DISTINCT {activity}) AS m, count(DISTINCT id) AS i FROM audit",
    "SELECT {service} AS s, count(DISTINCT {category}) AS n, count(DISTINCT {activity}) AS m,
     count(DISTINCT {result}) FILTER (WHERE result <> 'success') AS r, sum(target_count) AS t
     FROM audit GROUP BY 1 ORDER BY 1",
    "SELECT actor_id, count(DISTINCT {service}) AS n FROM audit GROUP BY 1 HAVING count(DISTINCT {service}) > 1
     ORDER BY 1",
    // Sets.
    "SELECT {category} AS c FROM audit UNION SELECT {service} FROM audit ORDER BY 1",
    "SELECT {category} AS c FROM audit EXCEPT SELECT {service} FROM audit ORDER BY 1",
    "SELECT {category} AS c FROM audit INTERSECT SELECT {category} FROM audit WHERE result = 'failure' ORDER BY 1",
    "SELECT c, count(*) AS n FROM (SELECT {category} AS c FROM audit UNION ALL SELECT {service} FROM audit)
     GROUP BY c ORDER BY 1",
    "SELECT DISTINCT ON ({category}) {category} AS c, id FROM audit ORDER BY {category}, event_time, id",
    "SELECT c, r, count(*) AS n FROM (SELECT {category} AS c, {result} AS r FROM audit) GROUP BY ROLLUP (c, r)
     ORDER BY 1, 2, 3",
    // Queries in queries.
    "WITH x AS (SELECT {service} AS s, event_time FROM audit WHERE result = 'success')
     SELECT s, count(*) AS n FROM x GROUP BY s ORDER BY 1",
    "SELECT s, count(*) AS n, sum(n) AS m FROM (SELECT {service} AS s, {category} AS c, count(*) AS n FROM audit
     GROUP BY 1, 2) GROUP BY s ORDER BY 1",
    "SELECT {category} AS c, count(*) AS n FROM (SELECT * FROM audit ORDER BY event_time, id LIMIT 50) GROUP BY 1
     ORDER BY 1",
    "SELECT {service} AS s, count(*) AS n FROM audit GROUP BY 1 HAVING count(*) =
     (SELECT max(n) FROM (SELECT count(*) AS n FROM audit GROUP BY {service})) ORDER BY 1",
    "SELECT {service} AS s, count(*) AS n FROM audit
     WHERE category IN (SELECT {category} FROM audit GROUP BY 1 HAVING count(*) > 5) GROUP BY 1 ORDER BY 1",
    "SELECT {a.category} AS c, count(*) AS n FROM audit AS a
     WHERE EXISTS (SELECT 1 FROM audit AS b WHERE b.category = a.category AND b.result = 'failure') GROUP BY 1
     ORDER BY 1",
    "SELECT c, (SELECT count(*) FROM audit AS b WHERE b.category = c) AS n
     FROM (SELECT {category} AS c FROM audit GROUP BY 1) ORDER BY 1",
    "WITH RECURSIVE t AS (SELECT 0 AS i, 0 AS n UNION ALL SELECT i + 1, c.n FROM t,
     (SELECT {service} AS s, count(*) AS n FROM audit GROUP BY 1) AS c WHERE c.s = 'B2C' AND i < 3)
     SELECT * FROM t ORDER BY 1",
    // Joins.
    "SELECT {a.category} AS c, {b.category} AS d, count(*) AS n
     FROM audit AS a JOIN audit AS b ON a.correlation_id = b.correlation_id GROUP BY 1, 2 ORDER BY 1, 2",
    "SELECT {a.category} AS c, {b.service} AS d, count(*) AS n
     FROM audit AS a FULL JOIN (SELECT * FROM audit WHERE result = 'failure') AS b ON a.id = b.id GROUP BY 1, 2
     ORDER BY 1, 2",
    "SELECT x.c, x.n, y.n AS m FROM (SELECT {category} AS c, count(*) AS n FROM audit GROUP BY 1) AS x
     LEFT JOIN (SELECT {category} AS c, count(*) AS n FROM audit WHERE result = 'success' GROUP BY 1) AS y ON x.c = y.c
     ORDER BY 1",
    // Windows.
    "SELECT c, n, rank() OVER (ORDER BY n DESC, c) AS k, sum(n) OVER (PARTITION BY length(c)) AS t
     FROM (SELECT {category} AS c, count(*) AS n FROM audit GROUP BY 1) ORDER BY 1",
    "SELECT c, k, count(*) AS n FROM (SELECT {service} AS c,
     row_number() OVER (PARTITION BY service ORDER BY event_time, id) % 2 AS k FROM audit) GROUP BY 1, 2 ORDER BY 1, 2",
    // Views.
    "SELECT {b.category} AS p, {b.result} AS s, count(*) AS n FROM b2c_event AS b GROUP BY 1, 2 ORDER BY 1, 2",
    "SELECT {t.category} AS p, {t.activity} AS a, count(*) AS n FROM audit_target AS t GROUP BY 1, 2 ORDER BY 1, 2",
    "SELECT {t.service} AS s, count(*) AS n FROM timeline AS t GROUP BY 1 ORDER BY 1",
    // Parameters.
    "SELECT {category} AS c, count(*) AS n FROM audit WHERE service = $service GROUP BY 1 ORDER BY 1",
];

fn statement(text: &str, open: &str, close: &str) -> String {
    text.replace('{', open).replace('}', close)
}

fn answers(open: &str, close: &str, threads: &str) -> String {
    let mut run =
        Run::new().args(["query", "--format", "csv", "--param", "service=B2C", "--threads", threads]);
    for text in STATEMENTS {
        run = run.args(["-c", &statement(text, open, close)]);
    }
    run.archive(sample_archive()).ok()
}

#[test]
fn words_are_grouped_as_texts_are() {
    let as_texts = answers("(", " || '')", "1");
    for threads in ["1", "3"] {
        assert_eq!(answers("", "", threads), as_texts, "{threads} threads");
    }
}

#[test]
fn only_words_as_they_are_become_numbers() {
    let plan = |sql: String| {
        let sql = format!("EXPLAIN {sql}");
        Run::new().args(["query", "-c", &sql]).archive(sample_archive()).ok()
    };
    assert!(plan(statement(STATEMENTS[0], "", "")).contains("code_of_word"));
    assert!(!plan(statement(STATEMENTS[0], "(", " || '')")).contains("code_of_word"));
}

#[test]
fn nobody_else_can_name_the_numbers() {
    for function in ["code_of_word(category)", "word_of_code(1)"] {
        let sql = format!("SELECT {function} FROM audit");
        let said = Run::new().args(["query", "-c", &sql]).archive(sample_archive()).said();
        assert_eq!(said.code, 2, "{}", said.stdout);
    }
}

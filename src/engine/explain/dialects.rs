//! What other query languages call a function or an operator, and what to write here.

/// Functions of KQL, DuckDB, PostgreSQL, MySQL, SQL Server, Spark and SPL that the engine lacks, by name in lower case.
const FUNCTIONS: &[(&[&str], &str)] = &[
    (&["ago"], "`archive_end() - INTERVAL '7 days'`, or run it with `--from -7d`"),
    (
        &[
            "getdate",
            "sysdate",
            "utcnow",
            "getutcdate",
            "sysdatetime",
            "curdate",
            "current_datetime",
            "localtime",
        ],
        "`archive_end()`, the newest event's time, or `now()`",
    ),
    (
        &["bin", "bin_at", "time_bucket", "toStartOfHour", "tumble", "date_truncate", "timestamp_trunc"],
        "`date_trunc('hour', event_time)`, or `date_bin(INTERVAL '15 minutes', event_time)`",
    ),
    (&["startofday", "endofday"], "`date_trunc('day', event_time)`"),
    (&["startofweek", "endofweek"], "`date_trunc('week', event_time)`"),
    (&["startofmonth", "endofmonth", "last_day", "eomonth"], "`date_trunc('month', event_time)`"),
    (&["hourofday", "hour"], "`date_part('hour', event_time)`"),
    (&["dayofweek", "weekday", "dayname"], "`date_part('dow', event_time)`, 0 is Sunday"),
    (&["dayofmonth", "day"], "`date_part('day', event_time)`"),
    (&["dayofyear"], "`date_part('doy', event_time)`"),
    (&["monthofyear", "month", "monthname", "getmonth"], "`date_part('month', event_time)`"),
    (&["year", "getyear"], "`date_part('year', event_time)`"),
    (&["week", "weekofyear", "week_of_year"], "`date_part('week', event_time)`"),
    (&["minute"], "`date_part('minute', event_time)`"),
    (
        &["epoch", "unixepoch", "unix_timestamp", "epoch_ms", "extract_epoch"],
        "`date_part('epoch', event_time)`",
    ),
    (
        &[
            "strftime",
            "format_datetime",
            "format_timespan",
            "time_format",
            "formatdatetime",
            "format_timestamp",
        ],
        "`to_char(event_time, '%Y-%m-%d %H:%M')`",
    ),
    (
        &[
            "strptime",
            "str_to_date",
            "parse_datetime",
            "parse_timestamp",
            "todatetime",
            "datetime",
            "make_datetime",
        ],
        "`to_timestamp('2026-03-01 14:00', '%Y-%m-%d %H:%M')`, or `TIMESTAMP '2026-03-01 14:00:00'`",
    ),
    (
        &["date_sub", "datesub", "subdate", "datetime_add", "date_add", "dateadd", "adddate", "timestampadd"],
        "`event_time - INTERVAL '1 day'`, or `+`",
    ),
    (
        &["datediff", "date_diff", "datetime_diff", "timestampdiff", "timediff", "age"],
        "`a - b`; in seconds `date_part('epoch', a - b)`",
    ),
    (&["totimespan", "timespan", "to_days"], "`INTERVAL '1 hour'`"),
    (
        &[
            "dcount",
            "dcount_hll",
            "count_distinct",
            "countdistinct",
            "uniq",
            "uniqexact",
            "distinct_count",
            "dc",
        ],
        "`count(DISTINCT x)`",
    ),
    (&["dcountif"], "`count(DISTINCT x) FILTER (WHERE …)`"),
    (&["countif", "count_if"], "`count(*) FILTER (WHERE …)`"),
    (&["sumif", "sum_if"], "`sum(x) FILTER (WHERE …)`"),
    (&["avgif", "avg_if"], "`avg(x) FILTER (WHERE …)`"),
    (&["maxif", "minif", "take_anyif", "anyif"], "`max(x) FILTER (WHERE …)`"),
    (&["makelist", "collect_list", "group_array", "grouparray", "list"], "`array_agg(x)`"),
    (
        &["make_set", "makeset", "collect_set", "array_unique", "array_agg_distinct", "groupuniqarray"],
        "`array_agg(DISTINCT x)`",
    ),
    (
        &["arg_max", "max_by", "argmax", "latest", "arg_min", "min_by", "argmin", "earliest"],
        "`first_value(x ORDER BY event_time DESC)`, or without DESC for the earliest",
    ),
    (&["take_any", "any", "anylast", "arbitrary", "first", "last"], "`any_value(x)`, or `min(x)`"),
    (
        &["percentile", "percentiles", "quantile", "approx_quantile", "perc95"],
        "`approx_percentile_cont(0.95) WITHIN GROUP (ORDER BY x)`",
    ),
    (&["stdev", "stdevp", "std"], "`stddev(x)`"),
    (&["variance"], "`var_samp(x)`"),
    (&["group_concat", "listagg", "wm_concat", "strcat_array"], "`string_agg(x, ', ')`"),
    (&["iff", "iif", "if"], "`CASE WHEN … THEN … ELSE … END`"),
    (
        &["isnull", "isnotnull"],
        "`x IS NULL`, or `IS NOT NULL`; a value instead of NULL is `coalesce(x, '-')`",
    ),
    (&["isempty", "isnotempty", "isblank"], "`x IS NULL OR x = ''`"),
    (&["zeroifnull", "nullifzero"], "`coalesce(x, 0)`, or `nullif(x, 0)`"),
    (&["strcat", "strcat_delim"], "`concat(a, b)`, or `a || b`"),
    (&["strlen", "len", "string_size"], "`length(x)`"),
    (&["tolower", "lcase"], "`lower(x)`"),
    (&["toupper", "ucase"], "`upper(x)`"),
    (&["mid", "substring_index_of"], "`substr(x, 1, 3)`"),
    (&["charindex", "indexof", "locate", "string_position"], "`strpos(x, 'part')`, 0 if it is not there"),
    (&["replace_string", "replace_strings"], "`replace(x, 'a', 'b')`"),
    (&["replace_regex", "regex_replace"], "`regexp_replace(x, 'a+', 'b')`"),
    (
        &[
            "regexp_extract",
            "regexp_substr",
            "regex_extract",
            "extract_regex",
            "regexp_extract_all",
            "extract_all",
        ],
        "`regexp_match(x, 'a(b+)')[1]`",
    ),
    (&["regexp_matches", "regexp_full_match", "regex_match", "rlike", "match"], "`regexp_like(x, 'a+')`"),
    (
        &["split", "str_split", "string_split", "strsplit"],
        "`split_part(x, ',', 1)`, or `string_to_array(x, ',')`",
    ),
    (&["countof"], "`regexp_count(x, 'a+')`"),
    (&["toint", "tolong", "parse_int", "to_number", "tonumber", "int", "bigint"], "`TRY_CAST(x AS BIGINT)`"),
    (&["todouble", "toreal", "todecimal", "double"], "`TRY_CAST(x AS DOUBLE)`"),
    (&["tostring", "to_string", "to_text", "str", "varchar"], "`CAST(x AS TEXT)`"),
    (&["tobool", "toboolean"], "`TRY_CAST(x AS BOOLEAN)`"),
    (&["date", "to_date_time"], "`DATE '2026-03-01'`, or `CAST(x AS DATE)`"),
    (&["timestamp"], "`TIMESTAMP '2026-03-01 14:00:00'`, or `CAST(x AS TIMESTAMP)`"),
    (&["cast", "try_cast", "safe_cast", "convert", "try_convert", "try_parse"], "`TRY_CAST(x AS BIGINT)`"),
    (&["typeof", "pg_typeof", "gettype"], "`arrow_typeof(x)`"),
    (
        &[
            "parse_json",
            "todynamic",
            "json_extract",
            "json_extract_string",
            "json_query",
            "get_json_object",
            "json_get",
            "json_get_str",
            "extractjson",
            "extract_json",
            "json_unquote",
            "openjson",
            "spath",
            "json_extract_path",
            "json_extract_path_text",
            "json_extract_scalar",
            "jsonb_path_query",
        ],
        "`json_value(raw, '$.initiatedBy.user.id')`",
    ),
    (
        &[
            "json_each",
            "json_array_elements",
            "jsonb_array_elements",
            "json_array_elements_text",
            "mv_expand",
            "mvexpand",
            "explode",
            "flatten_json",
        ],
        "the views `audit_target`, `audit_change` and `audit_detail`, which have a row for each element",
    ),
    (&["json_array_length", "jsonb_array_length", "array_size", "size", "array_count"], "`cardinality(x)`"),
    (&["set_has_element", "has_element", "contains_any"], "`array_has(x, 'value')`"),
    (
        &["bag_keys", "json_keys", "object_keys", "json_object_keys"],
        "`json_value(raw, '$.name')` for each key",
    ),
    (
        &["ipv4_is_in_range", "ipv6_is_in_range", "ipv4_is_match", "ipv4_is_in_any_range", "cidrmatch"],
        "`ip_in_cidr(ip, '192.0.2.0/24')`",
    ),
    (
        &["ipv4_is_private", "ipv6_is_private"],
        "`ip_in_cidr(ip, '10.0.0.0/8') OR ip_in_cidr(ip, '172.16.0.0/12') OR ip_in_cidr(ip, '192.168.0.0/16')`",
    ),
    (&["toscalar"], "a subquery in brackets: `(SELECT max(event_time) FROM audit)`"),
    (&["materialize"], "`WITH name AS (SELECT …) SELECT … FROM name`"),
    (&["new_guid", "newid", "gen_random_uuid"], "`uuid()`"),
    (&["sha1", "hash_sha256", "hash"], "`sha256(x)`"),
    (&["row_count", "rownum"], "`row_number() OVER (ORDER BY event_time)`"),
    (&["prev", "next"], "`lag(x) OVER (ORDER BY event_time)`, or `lead`"),
    (&["count_big", "counts"], "`count(*)`"),
];

/// Functions that read files elsewhere.
pub(super) const FILE_READERS: &[&str] = &[
    "read_csv",
    "read_csv_auto",
    "read_json",
    "read_json_auto",
    "read_ndjson",
    "read_parquet",
    "parquet_scan",
    "openrowset",
    "externaldata",
];

/// Operators of KQL between a column and a text.
const OPERATORS: &[(&str, &str)] = &[
    ("has", "ILIKE '%…%'"),
    ("!has", "NOT ILIKE '%…%'"),
    ("has_cs", "LIKE '%…%'"),
    ("contains", "ILIKE '%…%'"),
    ("!contains", "NOT ILIKE '%…%'"),
    ("contains_cs", "LIKE '%…%'"),
    ("startswith", "ILIKE '…%'"),
    ("!startswith", "NOT ILIKE '…%'"),
    ("startswith_cs", "LIKE '…%'"),
    ("endswith", "ILIKE '%…'"),
    ("hasprefix", "ILIKE '…%'"),
    ("hassuffix", "ILIKE '%…'"),
    ("matches", "~ '…'"),
    ("has_any", "ILIKE '%…%' OR"),
    ("has_all", "ILIKE '%…%' AND"),
];

/// KQL's operators after a pipe, with the clause of SQL that does their work.
pub(super) const PIPES: &[(&str, &str)] = &[
    ("where", "WHERE"),
    ("filter", "WHERE"),
    ("search", "WHERE"),
    ("summarize", "GROUP BY"),
    ("stats", "GROUP BY"),
    ("count", "SELECT"),
    ("project", "SELECT"),
    ("project-away", "SELECT"),
    ("extend", "SELECT"),
    ("eval", "SELECT"),
    ("table", "SELECT"),
    ("fields", "SELECT"),
    ("distinct", "SELECT"),
    ("dedup", "SELECT"),
    ("mv", "SELECT"),
    ("parse", "SELECT"),
    ("render", "SELECT"),
    ("join", "SELECT"),
    ("union", "SELECT"),
    ("lookup", "SELECT"),
    ("evaluate", "SELECT"),
    ("order", "ORDER BY"),
    ("sort", "ORDER BY"),
    ("top", "ORDER BY"),
    ("take", "LIMIT"),
    ("limit", "LIMIT"),
    ("head", "LIMIT"),
];

/// What to write for a function of another language.
pub(super) fn function(name: &str) -> Option<&'static str> {
    let known = |names: &&[&str]| names.iter().any(|known| known.eq_ignore_ascii_case(name));
    FUNCTIONS.iter().find(|(names, _)| known(names)).map(|(_, meant)| *meant)
}

/// What to write for an operator of KQL, with the text that it is followed by.
pub(super) fn operator(word: &str, text: &str) -> Option<String> {
    let (_, meant) = OPERATORS.iter().find(|(known, _)| known.eq_ignore_ascii_case(word))?;
    Some(meant.replace('…', if text.is_empty() { "…" } else { text }))
}

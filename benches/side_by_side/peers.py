"""The other engines: their versions, and the commands that make them do the work in their quickest form."""

import importlib.metadata
import json
import pathlib
import subprocess
import sys

from .process import run

HERE = pathlib.Path(__file__).resolve().parent
PACKAGES = ("duckdb", "duckdb-cli", "chdb", "polars")

# Ways to deduplicate; the fastest on the pages at hand is the one compared. Explicit schemas, `from_json` over each event's text
# and DISTINCT ON were never the fastest.
DUCKDB_FORMS = {
    "first row of each id": [
        "CREATE TEMP TABLE event AS SELECT event.* FROM ({events})",
        "SELECT *{text} FROM event WHERE rowid IN (SELECT min(rowid) FROM event GROUP BY id) ORDER BY activityDateTime"],
    "distinct rows": [
        "SELECT *{text} FROM (SELECT DISTINCT event.* FROM ({events})) AS event ORDER BY activityDateTime"],
    "row number within id": [
        "SELECT event.*{text} FROM (SELECT event FROM ({events}) QUALIFY row_number() OVER (PARTITION BY event.id) = 1) "
        "ORDER BY event.activityDateTime"],
}
DUCKDB_PLAIN = ["SELECT event.*{text} FROM ({events})"]

CHDB_COLUMNS = ("id", "category", "correlationId", "result", "resultReason", "activityDisplayName", "activityDateTime",
                "loggedByService", "operationType", "initiatedBy", "targetResources", "additionalDetails")
# An explicit schema is a little quicker here than ClickHouse's own guess.
CHDB_SCHEMA = """value Array(Tuple(id String, category String, correlationId String, result String, resultReason Nullable(String),
    activityDisplayName String, activityDateTime DateTime64(6, 'UTC'), loggedByService String, operationType String,
    initiatedBy Tuple(user Tuple(id Nullable(String), displayName Nullable(String), userPrincipalName Nullable(String),
            ipAddress Nullable(String), userType Nullable(String), homeTenantId Nullable(String), homeTenantName Nullable(String)),
        app Tuple(appId Nullable(String), displayName Nullable(String), servicePrincipalId Nullable(String),
            servicePrincipalName Nullable(String))),
    targetResources Array(Tuple(id Nullable(String), displayName Nullable(String), type Nullable(String),
        userPrincipalName Nullable(String), groupType Nullable(String),
        modifiedProperties Array(Tuple(displayName Nullable(String), oldValue Nullable(String), newValue Nullable(String))))),
    additionalDetails Array(Tuple(key String, value Nullable(String)))))"""


def versions(options):
    """Version by package. Asks the packages' metadata: to import one would make this process, and so its children, larger."""
    try:
        found = {name: importlib.metadata.version(name) for name in (*PACKAGES, "pytz")}
    except importlib.metadata.PackageNotFoundError as error:
        sys.exit(f"compare.py: the Python package {error.name} is missing: python3 -m pip install {' '.join(PACKAGES)} pytz")
    found["duckdb-cli"] = run([options.duckdb_cli, "--version"]).stdout.split()[0].lstrip("v")
    return found


def child(engine, *arguments):
    return [sys.executable, HERE / f"peer_{engine}.py", *arguments]


def quoted(text):
    return "'" + str(text).replace("'", "''") + "'"


# DuckDB


def duckdb_setup(parquet):
    return ["SET TimeZone = 'UTC'", f"CREATE VIEW audit AS SELECT * FROM read_parquet({quoted(parquet)})"]


def duckdb_rows(statements):
    """Types by column, and the last statement's rows."""
    types, *rows = map(json.loads, run(child("duckdb", "rows", *statements)).stdout.splitlines())
    return types, rows


def duckdb_events(pages):
    # Graph's pages are one line each, and the schema of a few stands for all: both hints save DuckDB time.
    return (f"SELECT unnest(value) AS event FROM read_json({quoted(pages / 'audit*.json')}, "
            "format = 'newline_delimited', maximum_sample_files = 4)")


def duckdb_ingest(pages, output, form, keep_text):
    """`form` is one of DUCKDB_FORMS, or None: neither deduplicated nor ordered."""
    # The struct written as JSON again: DuckDB has no cheaper way to the text, and this is not quite the page's own bytes.
    text = ", to_json(event)::VARCHAR AS raw" if keep_text else ""
    *before, select = (statement.format(events=duckdb_events(pages), text=text)
                       for statement in (DUCKDB_FORMS[form] if form else DUCKDB_PLAIN))
    return child("duckdb", "run", "SET preserve_insertion_order = false", *before,
                 f"COPY ({select}) TO {quoted(output)} (FORMAT parquet, COMPRESSION zstd)")


def duckdb_to_csv(sql):
    """DuckDB's own CSV writer is much quicker than Python's."""
    return f"COPY ({sql}) TO '/dev/stdout' (FORMAT csv)"


class DuckdbHot:
    """One DuckDB that stays, and says how long queries took inside it."""

    def __init__(self, parquet):
        setup = ["SET parquet_metadata_cache = true", *duckdb_setup(parquet)]
        command = [str(part) for part in child("duckdb", "hot", *setup)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def seconds(self, sql, times):
        self.process.stdin.write(json.dumps({"sql": f"COPY ({sql}) TO '/dev/null' (FORMAT csv)", "times": times}) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        self.process.wait()


# ClickHouse


def chdb_ingest(pages, output, keep_text):
    columns = ", ".join(f"event.{name} AS {name}" for name in CHDB_COLUMNS)
    text = ", toJSONString(event) AS raw" if keep_text else ""
    schema = " ".join(CHDB_SCHEMA.split())
    return child("chdb", "run", (
        f"SELECT {columns}{text} FROM (SELECT arrayJoin(value) AS event FROM file({quoted(pages / 'audit*.json')}, 'JSONEachRow', "
        f"{quoted(schema)})) ORDER BY activityDateTime LIMIT 1 BY id INTO OUTFILE {quoted(output)} TRUNCATE FORMAT Parquet "
        "SETTINGS output_format_parquet_compression_method = 'zstd', date_time_input_format = 'best_effort', "
        "input_format_skip_unknown_fields = 1"))


def chdb_query(parquet, sql, mode="csv"):
    return child("chdb", mode, sql.replace("FROM audit", f"FROM file({quoted(parquet)})"))


# Polars


def polars_ingest(pages, output, keep_text):
    return child("polars", "ingest", pages, output, "text" if keep_text else "plain")


def polars_query(parquet, name, facts, mode="csv", first_rows=0):
    return child("polars", mode, name, parquet, json.dumps(facts), first_rows)

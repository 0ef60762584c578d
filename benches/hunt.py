#!/usr/bin/env python3
"""How long a hunt takes, and DuckDB running the same SQL where it can.

    python3 tests/tenant/generate.py /tmp/tenant --events 1000000
    auditql ingest /tmp/tenant/pages -a /tmp/tenant/archive
    python3 -m pip install duckdb pytz
    python3 benches/hunt.py --archive /tmp/tenant/archive

auditql: `auditql hunt` as a whole process, and each detection by itself with `auditql run`. DuckDB: one open connection with its
defaults, auditql's views and the detection's own text over the archive's Parquet files, parameters put in as literals, and macros
for such functions of auditql as SQL can say; what it still cannot plan or run is told with its reason. Its times are without
start, and hold the fetching of rows; auditql's hold the start. Tables that the archive has no file of are empty ones.
"""

import argparse
import importlib.metadata
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
UNITS = {"s": "second", "m": "minute", "h": "hour", "d": "day", "w": "week"}
# auditql's functions, as far as DuckDB's SQL can say them, and names of the engine's own that it spells otherwise.
MACROS = """
    CREATE MACRO detail(list, name) AS list_filter(list, lambda pair: lower(pair.key) = lower(name))[1].value;
    CREATE MACRO packed_value(text, name) AS nullif(regexp_extract(text, name || ': ([^,]*)', 1), '');
    CREATE MACRO property_value(text) AS CASE WHEN text LIKE '["%"]' THEN text[3:-3] WHEN text LIKE '"%"' THEN text[2:-2] ELSE text END;
    CREATE MACRO target_of_type(list, kind) AS list_filter(list, lambda target: lower(target.type) = lower(kind))[1].id;
    CREATE MACRO ip_network(ip, bits4, bits6) AS CASE WHEN ip LIKE '%:%' THEN array_to_string(string_split(ip, ':')[1:bits6 // 16], ':')
        ELSE array_to_string(string_split(ip, '.')[1:bits4 // 8], '.') END;
    CREATE MACRO regexp_like(text, pattern) AS regexp_matches(text, pattern);
    CREATE MACRO regexp_match(text, pattern) AS [regexp_extract(text, pattern)];
    CREATE MACRO make_array(a, b := NULL) AS [a, b];
    CREATE MACRO cardinality(list) AS len(list);
    CREATE MACRO arrow_cast(value, kind) AS value;
    CREATE MACRO string_to_array(text, sep) AS string_split(text, sep);
    CREATE MACRO distance_km(a, b, c, d) AS 12742 * asin(sqrt(pow(sin(radians(c - a) / 2), 2)
        + cos(radians(a)) * cos(radians(c)) * pow(sin(radians(d - b) / 2), 2)));
"""


def main():
    options = arguments()
    detections = {}
    for path in sorted((ROOT / "queries").glob("*/*.sql")):
        text = path.read_text()
        if "\n-- kind: detection\n" in text:
            detections[f"{path.parent.name}/{path.stem}"] = text
    hunts = [timed([options.auditql, "hunt", "-a", options.archive, "--format", "json", "-q"]) for _ in range(options.runs)]
    findings = json.loads(hunts[-1][1])
    with tempfile.TemporaryDirectory() as scratch:
        compare(options, detections, hunts, findings, *duckdb_connection(options.auditql, options.archive, pathlib.Path(scratch)))


def compare(options, detections, hunts, findings, connection, lacking):
    print("## A hunt\n\n"
          "By `hunt.py`: every detection, as `auditql run` from start to end, and DuckDB running the same SQL over the same files where it "
          f"can, inside an open connection. Load average {os.getloadavg()[0]:.1f}; {options.runs} runs, medians; "
          f"DuckDB {importlib.metadata.version('duckdb')} in Python.\n")
    print("| detection | auditql, s | rows | DuckDB, s | rows |\n|---|---|---|---|---|")
    both = []
    for name, text in detections.items():
        ours = [timed([options.auditql, "run", name, "-a", options.archive, "--format", "ndjson", "-q"]) for _ in range(options.runs)]
        own = statistics.median(seconds for seconds, _ in ours)
        rows = len(ours[-1][1].splitlines())
        peer, peer_rows = duckdb_time(connection, with_literals(text), options.runs)
        if isinstance(peer, float):
            if peer_rows == rows:  # Another answer is no comparison.
                both.append((own, peer))
            peer = f"{peer:.2f}"
        print(f"| {name} | {own:.2f} | {rows} | {peer} | {peer_rows} |", flush=True)
    whole = statistics.median(seconds for seconds, _ in hunts)
    print(f"\n`auditql hunt`, all {len(detections)} detections in one process: {whole:.1f} s, {len(findings)} findings.")
    print(f"DuckDB answers {len(both)} of them with as many rows: {sum(peer for _, peer in both):.1f} s; auditql those {sum(own for own, _ in both):.1f} s, "
          "each with its own start.")
    for view, reason in lacking.items():
        print(f"\nView `{view}` is none for DuckDB: {reason}")


def timed(command):
    """Seconds of a whole process, and what it printed."""
    began = time.perf_counter()
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if done.returncode not in (0, 1):
        sys.exit(f"hunt.py: {command} ended with {done.returncode}: {done.stderr}")
    return time.perf_counter() - began, done.stdout


def duckdb_connection(auditql, archive, scratch):
    """A connection that knows tables, reference data and views; and the views that it cannot have, with reasons."""
    import duckdb

    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'; SET enable_progress_bar = false; SET parquet_metadata_cache = true")
    connection.execute(MACROS)
    # The name of every table, and the Parquet of those that no file is of.
    sql = "SELECT table_name FROM meta.tables WHERE table_name NOT LIKE '%.%'"
    tables = timed([auditql, "query", "-a", archive, "-F", "csv", "-q", "-c", sql])[1].split()[1:]
    views = {path.stem: path.read_text() for path in (ROOT / "queries" / "views").glob("*.sql")}
    for table in tables:
        if table in views:
            continue
        if any((archive / "data" / table).glob("*.parquet")):
            source = archive / "data" / table / "*.parquet"
        else:
            source = scratch / f"{table}.parquet"
            timed([auditql, "query", "-a", archive, "-F", "parquet", "-q", "-o", source, "-c", f"SELECT * FROM {table}"])
        connection.execute(f'CREATE TABLE "{table}" AS SELECT * FROM read_parquet(\'{source}\')' if table.startswith("ref_")
                           else f'CREATE VIEW "{table}" AS SELECT * FROM read_parquet(\'{source}\')')
    # Views lean on each other: what fails is tried again until nothing more succeeds.
    reasons = {}
    while True:
        done = [name for name, text in views.items() if make_view(connection, name, text, reasons)]
        for name in done:
            views.pop(name), reasons.pop(name, None)
        if not done:
            return connection, reasons


def make_view(connection, name, text, reasons):
    try:
        connection.execute(f'CREATE VIEW "{name}" AS {text}')
    except Exception as error:
        reasons[name] = str(error).split("\n")[0]
        return False
    return True


def with_literals(text):
    """The query with its parameters' defaults in their places."""
    for name, kind, default in re.findall(r"^-- param: (\w+) (\w+)(?: = ([^;]*))?", text, re.MULTILINE):
        literal = "NULL"
        if default and kind == "duration":
            literal = f"INTERVAL '{default[:-1]} {UNITS[default[-1]]}'"
        elif default:
            literal = default if kind in ("integer", "number", "boolean") else "'" + default.replace("'", "''") + "'"
        text = re.sub(rf"\${name}\b", literal, text)
    return text


def duckdb_time(connection, sql, runs):
    """Median seconds and rows; or the reason why not."""
    try:
        times = []
        for _ in range(runs):
            began = time.perf_counter()
            rows = len(connection.execute(sql).fetchall())
            times.append(time.perf_counter() - began)
        return statistics.median(times), rows
    except Exception as error:
        return "cannot: " + str(error).split("\n")[0].replace("|", "\\|")[:90], ""


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--archive", required=True, type=pathlib.Path)
    parser.add_argument("--auditql", default=ROOT / "target/release/auditql", type=pathlib.Path)
    parser.add_argument("--runs", default=3, type=int)
    return parser.parse_args()


if __name__ == "__main__":
    main()

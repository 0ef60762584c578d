#!/usr/bin/env python3
"""Measures auditql beside DuckDB on the same pages, in one run; prints a report in Markdown.

    python3 benches/pages.py /tmp/pages --gigabytes 1
    python3 -m pip install duckdb pytz duckdb-cli
    python3 benches/compare.py --pages /tmp/pages --work /tmp/compare --out /tmp/RESULTS.md

benches/README.md says what is measured and what is fair about it. Linux, Python 3.11 or newer.
"""

import argparse
import collections
import datetime
import importlib.metadata
import json
import os
import pathlib
import platform
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

TIMED_RUNS_PER_ROUND = 3  # After one warm-up each.

Measure = collections.namedtuple("Measure", "seconds cpu_seconds peak_bytes stdout stderr")

# The text is the same for both engines. {correlation_id}, {user_id}, {hour_start}, {hour_end} are picked from the data.
ALL_COLUMNS = """event_time, id, tenant_id, correlation_id, service, category, activity, activity_type, operation_type, result,
    result_reason, actor_type, actor_id, actor_upn, actor_name, actor_app_id, actor_service_principal_id, actor_ip, actor_user_agent,
    target_id, target_type, target_upn, target_name, targets, details, policy_id, application_id, client_ip, identity_provider,
    format, source_file, source_offset, degraded"""
QUERIES = {
    "Q1 tokens by policy, kind and day": """
        SELECT policy_id, activity, CAST(event_time AS DATE) AS day, count(*) AS tokens, count(DISTINCT target_id) AS users
        FROM audit
        WHERE service = 'B2C' AND result = 'success' AND (activity LIKE 'Issue %' OR activity = 'Exchange token')
        GROUP BY policy_id, activity, CAST(event_time AS DATE)
        ORDER BY day, policy_id, activity""",
    "Q2 census of activities": """
        SELECT service, category, activity, count(*) AS events, count(DISTINCT coalesce(actor_id, actor_app_id)) AS actors,
               count(*) FILTER (WHERE result = 'failure') AS failures, min(event_time) AS first_event, max(event_time) AS last_event
        FROM audit
        GROUP BY service, category, activity
        ORDER BY events DESC, activity""",
    "Q3 one correlation id, every column but raw": f"""
        SELECT {ALL_COLUMNS}
        FROM audit
        WHERE correlation_id = '{{correlation_id}}'
        ORDER BY event_time, id""",
    "Q4 one user as actor or first target": """
        SELECT event_time, id, activity, result, actor_id, target_id, policy_id, application_id, client_ip
        FROM audit
        WHERE actor_id = '{user_id}' OR target_id = '{user_id}'
        ORDER BY event_time, id""",
    "Q5 details by key: identity providers": """
        SELECT detail['value'] AS identity_provider_name, count(*) AS events
        FROM (SELECT unnest(details) AS detail FROM audit)
        WHERE detail['key'] = 'IdentityProviderName'
        GROUP BY detail['value']
        ORDER BY events DESC, identity_provider_name""",
    "Q6 one hour by activity": """
        SELECT activity, count(*) AS events
        FROM audit
        WHERE event_time >= TIMESTAMP '{hour_start}' AND event_time < TIMESTAMP '{hour_end}'
        GROUP BY activity
        ORDER BY events DESC, activity""",
    "Q7 changed properties, old and new": """
        SELECT activity, change['name'] AS property, change['old_value'] AS old_value, change['new_value'] AS new_value,
               count(*) AS events
        FROM (SELECT activity, unnest(target['modified_properties']) AS change
              FROM (SELECT activity, unnest(targets) AS target FROM audit))
        GROUP BY activity, change['name'], change['old_value'], change['new_value']
        ORDER BY events DESC, activity, property, old_value NULLS LAST, new_value NULLS LAST
        LIMIT 200""",
}

# A typical user has about this many events: Q4 takes the one closest to it.
USER_EVENTS = 100
PICK = f"""
    SELECT (SELECT count(*) FROM audit) AS events,
           (SELECT strftime(min(event_time), '%Y-%m-%d %H:%M') FROM audit) AS first_event,
           (SELECT strftime(max(event_time), '%Y-%m-%d %H:%M') FROM audit) AS last_event,
           (SELECT correlation_id FROM audit GROUP BY correlation_id ORDER BY count(*) DESC, correlation_id LIMIT 1) AS correlation_id,
           (SELECT target_id FROM audit WHERE service = 'B2C' AND target_id IS NOT NULL
            GROUP BY target_id ORDER BY abs(count(*) - {USER_EVENTS}), target_id LIMIT 1) AS user_id,
           hour.hour_start, hour.hour_end
    FROM (SELECT strftime(date_trunc('hour', event_time), '%Y-%m-%d %H:00:00') AS hour_start,
                 strftime(date_trunc('hour', event_time) + INTERVAL 1 HOUR, '%Y-%m-%d %H:00:00') AS hour_end
          FROM audit GROUP BY ALL ORDER BY count(*) DESC, hour_start LIMIT 1) AS hour"""

# DuckDB's children are one-liners: the interpreter, the import, the work. Statements come as arguments.
DUCKDB_START = "import duckdb; duckdb.connect()"
DUCKDB_INGEST = """
import sys, time
start = time.perf_counter()
import duckdb
print(time.perf_counter() - start)
for statement in sys.argv[1:]: duckdb.execute(statement)
"""
# Ways to say it; the fastest on the pages at hand is the one compared. Explicit schemas, `from_json` over each event's text
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
DUCKDB_CSV = """
import csv, sys, duckdb
for statement in sys.argv[1:]: result = duckdb.execute(statement)
writer = csv.writer(sys.stdout)
writer.writerow([column[0] for column in result.description])
writer.writerows(result.fetchall())
"""
DUCKDB_JSON = """
import json, sys, duckdb
for statement in sys.argv[1:]: result = duckdb.execute(statement)
names = [column[0] for column in result.description]
print(json.dumps({column[0]: str(column[1]) for column in result.description}))
for row in result.fetchall(): print(json.dumps(dict(zip(names, row)), default=lambda value: value.isoformat()))
"""


def main():
    options = parse_options()
    versions = duckdb_versions(options)
    has_auditql = shutil.which(options.auditql) is not None
    if not has_auditql:
        print(f"compare.py: there is no program {options.auditql}: build it with `cargo build --release`, or name another with\n"
              "--auditql. Only DuckDB's ingest is measured; queries need the archive that auditql makes.", file=sys.stderr)

    options.work.mkdir(parents=True, exist_ok=True)
    for section in sections(options, versions, has_auditql):
        # At once, so that a failure in a later section does not take this one along.
        text = "\n".join(section) + "\n\n"
        print(text, end="", flush=True)
        if options.out:
            with options.out.open("a") as out:
                out.write(text)
    if not has_auditql:
        sys.exit(1)


def sections(options, versions, has_auditql):
    yield machine(options, versions, has_auditql)
    yield data(options.pages)
    yield ingest_table(*measure_ingest(options, has_auditql))
    if has_auditql:
        # Children before `import duckdb`: on Linux a child's peak memory is never less than its parent's at the fork.
        archive = options.work / "archive"
        parquet = archive / "data" / "audit" / "*.parquet"
        facts = pick(parquet)
        yield archive_facts(facts, archive)
        check_events(options.work, facts["events"])
        queries = {name: " ".join(text.split()).format(**facts) for name, text in QUERIES.items()}
        rows = {name: compare_rows(options.auditql, archive, parquet, name, sql) for name, sql in queries.items()}
        yield cold_table(measure_cold(options, archive, parquet, queries))
        yield hot_table(measure_hot(options, archive, parquet, queries), rows)
    yield [f"Load average at the end: {os.getloadavg()[0]:.1f}."]


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--pages", type=pathlib.Path, required=True, help="folder written by pages.py")
    parser.add_argument("--work", type=pathlib.Path, required=True, help="scratch folder; what is in the way there is replaced")
    parser.add_argument("--auditql", default="target/release/auditql", help="program to measure (default %(default)s)")
    parser.add_argument("--duckdb-cli", default=find_duckdb_cli(), help="DuckDB's own program (default: from PyPI's duckdb-cli, if found)")
    parser.add_argument("--runs", type=int, default=5, help="rounds of every query (default %(default)s)")
    parser.add_argument("--ingest-runs", type=int, default=3, help="rounds of the ingest (default %(default)s)")
    parser.add_argument("--out", type=pathlib.Path, help="write the report to this file as well")
    options = parser.parse_args()
    if not any(options.pages.glob("audit*.json")):
        sys.exit(f"compare.py: no audit*.json in {options.pages}: make some with benches/pages.py")
    if options.out:
        options.out.write_text("")
    return options


def find_duckdb_cli():
    return shutil.which("duckdb", path=f"{pathlib.Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}")


def duckdb_versions(options):
    """Versions by part. Asks the package's metadata, because importing the package would grow this process."""
    try:
        versions = {"python": importlib.metadata.version("duckdb")}
        importlib.metadata.version("pytz")  # DuckDB's Python package needs it for times with a zone.
    except importlib.metadata.PackageNotFoundError as error:
        sys.exit(f"compare.py: the Python package {error.name} is missing: python3 -m pip install duckdb pytz")
    if options.duckdb_cli:
        versions["cli"] = run([options.duckdb_cli, "--version"]).stdout.split()[0].lstrip("v")
    return versions


# Ingest


def measure_ingest(options, has_auditql):
    """Measures and bytes on disk by contender, DuckDB's form, and the seconds of its other forms.

    Contenders take turns; the last round's outputs stay for the queries.
    """
    for page in sorted(options.pages.glob("audit*.json")):
        page.read_bytes()  # Both find the pages in the page cache.
    form, form_seconds = fastest_form(options)
    contenders = [("DuckDB", duckdb_ingest(options, form, keep_text=False)),
                  ("DuckDB, text kept", duckdb_ingest(options, form, keep_text=True))]
    if has_auditql:
        contenders.insert(0, ("auditql", [options.auditql, "ingest", options.pages, "-a", options.work / "archive", "--quiet"]))
    measures = collections.defaultdict(list)
    for _ in range(options.ingest_runs):
        for name, command in contenders:
            output = ingest_output(options.work, name)
            shutil.rmtree(output, ignore_errors=True)
            output.unlink(missing_ok=True)
            os.sync()  # Nobody pays for another's dirty pages.
            measures[name].append(run(command))
    return {name: (runs, size_on_disk(ingest_output(options.work, name))) for name, runs in measures.items()}, form, form_seconds


def ingest_output(work, name):
    return work / {"auditql": "archive", "DuckDB": "duckdb.parquet", "DuckDB, text kept": "duckdb_text.parquet"}[name]


def fastest_form(options):
    """The name of the form that is quickest on these pages, and the seconds of each."""
    seconds = collections.defaultdict(list)
    for _ in range(2):
        for form in DUCKDB_FORMS:
            seconds[form].append(run(duckdb_ingest(options, form, keep_text=False)).seconds)
    best = {form: min(tries) for form, tries in seconds.items()}
    return min(best, key=best.get), best


def duckdb_ingest(options, form, keep_text):
    output = ingest_output(options.work, "DuckDB, text kept" if keep_text else "DuckDB")
    # Graph's pages are one line each, and the schema of a few stands for all: both hints save DuckDB time.
    events = (f"SELECT unnest(value) AS event FROM read_json({quoted(options.pages / 'audit*.json')}, "
              "format = 'newline_delimited', maximum_sample_files = 4)")
    # The struct written as JSON again: DuckDB has no cheaper way to the text, and this is not quite the page's own bytes.
    text = ", to_json(event)::VARCHAR AS raw" if keep_text else ""
    *before, select = (statement.format(events=events, text=text) for statement in DUCKDB_FORMS[form])
    return [sys.executable, "-c", DUCKDB_INGEST, "SET enable_progress_bar = false", "SET preserve_insertion_order = false",
            *before, f"COPY ({select}) TO {quoted(output)} (FORMAT parquet, COMPRESSION zstd)"]


def check_events(work, archive_events):
    for name in ("DuckDB", "DuckDB, text kept"):
        _, (row,) = duckdb_rows([f"SELECT count(*) AS events FROM read_parquet({quoted(ingest_output(work, name))})"])
        if row["events"] != archive_events:
            sys.exit(f"compare.py: the ingests differ: {archive_events} events in auditql's archive, {row['events']} in {name}'s file")


# Queries: same rows


def pick(parquet):
    _, (row,) = duckdb_rows([*duckdb_setup(parquet), PICK])
    return row


def compare_rows(auditql, archive, parquet, name, sql):
    """The number of rows, which must be equal in both engines, as must be the rows themselves."""
    types, expected = duckdb_rows([*duckdb_setup(parquet), sql])
    lines = run([auditql, "query", "-a", archive, "-c", sql, "--format", "ndjson"]).stdout.splitlines()
    ours, theirs = (sorted(canonical(row, types) for row in rows) for rows in (map(json.loads, lines), expected))
    if ours != theirs:
        differing = next((pair for pair in zip(ours, theirs) if pair[0] != pair[1]), ("(no row)", "(no row)"))
        sys.exit(f"compare.py: {name}: the engines disagree: auditql {len(ours)} rows, DuckDB {len(theirs)}\n"
                 f"auditql: {differing[0]}\nDuckDB:  {differing[1]}\nquery: {sql}")
    if not ours:
        print(f"compare.py: warning: {name} finds no rows; its time says little", file=sys.stderr)
    return len(ours)


def canonical(row, types):
    """A row as text that is equal for equal values: times in one spelling, absent keys like NULL."""
    return json.dumps({name: canonical_value(row.get(name), type_name) for name, type_name in types.items()}, sort_keys=True)


def canonical_value(value, type_name=""):
    if isinstance(value, str) and type_name.startswith("TIMESTAMP"):
        moment = datetime.datetime.fromisoformat(value)
        return moment.replace(tzinfo=moment.tzinfo or datetime.timezone.utc).astimezone(datetime.timezone.utc).isoformat()
    if isinstance(value, dict):
        return {key: canonical_value(member) for key, member in value.items() if member is not None}
    if isinstance(value, list):
        return [canonical_value(member) for member in value]
    return value


def duckdb_rows(statements):
    """Types by column, and the last statement's rows."""
    types, *rows = map(json.loads, run([sys.executable, "-c", DUCKDB_JSON, *statements]).stdout.splitlines())
    return types, rows


def duckdb_setup(parquet):
    return ["SET TimeZone = 'UTC'", f"CREATE VIEW audit AS SELECT * FROM read_parquet({quoted(parquet)})"]


# Queries: times


def measure_cold(options, archive, parquet, queries):
    """Whole processes, measures by query and contender. The first row is a start with nothing to do."""
    setup = duckdb_setup(parquet)
    python = [sys.executable, "-c"]
    commands = {"start only": {"auditql": [options.auditql, "--version"], "DuckDB in Python": [*python, DUCKDB_START]}}
    for name, sql in queries.items():
        commands[name] = {"auditql": [options.auditql, "query", "-a", archive, "-c", sql, "--format", "csv"],
                          "DuckDB in Python": [*python, DUCKDB_CSV, *setup, sql]}
    if options.duckdb_cli:
        cli = [options.duckdb_cli, "-init", os.devnull, "-csv", "-c"]
        commands["start only"]["DuckDB CLI"] = [*cli, "SELECT 1"]
        for name, sql in queries.items():
            commands[name]["DuckDB CLI"] = [*cli, "; ".join([*setup, sql])]
    measures = {}
    for name, contenders in commands.items():
        measures[name] = collections.defaultdict(list)
        for round_number in range(options.runs + 1):
            for contender, command in contenders.items():
                measure = run(command)
                if round_number:  # Round 0 warms the page cache.
                    measures[name][contender].append(measure)
    return measures


def measure_hot(options, archive, parquet, queries):
    """Milliseconds by query and engine; engines take turns, and each warms up in every turn."""
    import duckdb  # Late: see main.

    connection = duckdb.connect()
    for statement in ["SET parquet_metadata_cache = true", *duckdb_setup(parquet)]:
        connection.execute(statement)
    times = {}
    for name, sql in queries.items():
        ours, theirs = [], []
        for _ in range(options.runs):
            ours += auditql_hot(options, archive, sql)
            theirs += [duckdb_hot(connection, sql) for _ in range(1 + TIMED_RUNS_PER_ROUND)][1:]
        times[name] = ours, theirs
    return times


def auditql_hot(options, archive, sql):
    """One process that runs the query several times and says how long each took; the first is the warm-up."""
    script = options.work / "hot.sql"
    script.write_text(f"{sql};\n" * (1 + TIMED_RUNS_PER_ROUND))
    stderr = run([options.auditql, "query", "-a", archive, "--timing", "--format", "csv", "-f", script]).stderr
    times = [float(text) for text in re.findall(r"^timing: statement \d+: ([\d.]+) ms\s*$", stderr, re.MULTILINE)]
    if len(times) != 1 + TIMED_RUNS_PER_ROUND:
        sys.exit(f"compare.py: expected {1 + TIMED_RUNS_PER_ROUND} lines `timing: statement <n>: <ms> ms`, got {len(times)}:\n{stderr}")
    return times[1:]


def duckdb_hot(connection, sql):
    start = time.perf_counter()
    connection.execute(sql).fetchall()
    return (time.perf_counter() - start) * 1000


def run(command):
    """Runs a program to its end: wall time, CPU time, peak resident memory, both outputs. Anything but success ends the comparison."""
    with tempfile.TemporaryFile() as stdout, tempfile.TemporaryFile() as stderr:
        start = time.perf_counter()
        child = subprocess.Popen([str(part) for part in command], stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr)
        _, status, usage = os.wait4(child.pid, 0)
        seconds = time.perf_counter() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        stdout.seek(0), stderr.seek(0)
        texts = stdout.read().decode(), stderr.read().decode()
    if child.returncode:
        sys.exit(f"compare.py: exit code {child.returncode} from {command}\n{texts[1][-4000:]}")
    return Measure(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024, *texts)


# Report


def machine(options, versions, has_auditql):
    model = next((line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), platform.machine())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    ours = run([options.auditql, "--version"]).stdout.strip() if has_auditql else "auditql missing"
    cli = f", DuckDB CLI {versions['cli']}" if "cli" in versions else ", no DuckDB CLI"
    return ["## Machine", "",
            f"{len(os.sched_getaffinity(0))} cores of {model}, {memory / 2**30:.0f} GiB memory, {platform.system()} {platform.release()}. "
            f"{ours}, DuckDB {versions['python']} in Python {platform.python_version()}{cli}. Both engines use all cores. "
            f"Load average at the start: {os.getloadavg()[0]:.1f}."]


def data(pages):
    files = list(pages.glob("audit*.json"))
    return ["## Data", "", f"{len(files)} pages, {sum(file.stat().st_size for file in files) / 1e6:,.1f} MB of JSON."]


def archive_facts(facts, archive):
    files = list((archive / "data" / "audit").glob("*.parquet"))
    return [f"{facts['events']:,} distinct events, {facts['first_event']} to {facts['last_event']}; "
            f"the archive holds them in {len(files)} Parquet files of {sum(file.stat().st_size for file in files) / 1e6:,.1f} MB."]


def ingest_table(ingest, form, form_seconds):
    ours = statistics.median(run.seconds for run in ingest["auditql"][0]) if "auditql" in ingest else None
    lines = ["## Ingest: pages to deduplicated, ordered Parquet (zstd)", "", "Median (least–most) of whole processes.", "",
             "| | wall, s | CPU, s | peak memory, MiB | on disk, MB | auditql ÷ this, wall |", "|---|---|---|---|---|---|"]
    for name, (runs, size) in ingest.items():
        ratio = f"{ours / statistics.median(run.seconds for run in runs):.2f}" if ours else "–"
        lines.append(f"| {name} | {spread(run.seconds for run in runs)} | {spread(run.cpu_seconds for run in runs)} | "
                     f"{max(run.peak_bytes for run in runs) / 2**20:,.0f} | {size / 1e6:,.1f} | {ratio} |")
    imports = spread(float(run.stdout.split()[0]) for name, (runs, _) in ingest.items() if name != "auditql" for run in runs)
    tried = ", ".join(f"{name} {digits(seconds)} s" for name, seconds in form_seconds.items())
    return [*lines, "", f"DuckDB's form: {form} (best of two tries before: {tried}). "
            f"`import duckdb` takes {imports} s of DuckDB's wall time."]


def hot_table(times, rows):
    lines = ["## Queries, hot", "",
             "In a running engine, on the archive's own Parquet files; ms, median (least–most). Both engines returned equal rows.", "",
             "| query | rows | auditql | DuckDB | auditql ÷ DuckDB |", "|---|---|---|---|---|"]
    for name, (ours, theirs) in times.items():
        lines.append(f"| {name} | {rows[name]:,} | {spread(ours)} | {spread(theirs)} | {statistics.median(ours) / statistics.median(theirs):.2f} |")
    return lines


def cold_table(measures):
    contenders = list(measures["start only"])
    lines = ["## Queries, whole processes writing CSV", "",
             "Page cache warm; ms, median (least–most), and the most memory in any run, MiB. auditql's start is `--version`, DuckDB's an open, empty engine.", "",
             f"| query | {' | '.join(f'{contender} | MiB' for contender in contenders)} | {' | '.join(f'auditql ÷ {other}' for other in contenders[1:])} |",
             f"|{'---|' * (3 * len(contenders))}"]
    for name, by_contender in measures.items():
        medians = {contender: statistics.median(run.seconds for run in runs) for contender, runs in by_contender.items()}
        cells = [name]
        for contender in contenders:
            runs = by_contender[contender]
            cells += [spread(run.seconds * 1000 for run in runs), f"{max(run.peak_bytes for run in runs) / 2**20:,.0f}"]
        cells += [f"{medians['auditql'] / medians[other]:.2f}" for other in contenders[1:]]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def spread(values):
    values = sorted(values)
    return f"{digits(statistics.median(values))} ({digits(values[0])}–{digits(values[-1])})"


def digits(value):
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def size_on_disk(path):
    return sum(file.stat().st_size for file in ([path] if path.is_file() else path.rglob("*")) if file.is_file())


def quoted(path):
    return "'" + str(path).replace("'", "''") + "'"


if __name__ == "__main__":
    main()

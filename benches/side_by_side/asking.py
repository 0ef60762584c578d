"""Queries: whole processes, inside a running engine, and on the raw pages; look-ups with the bytes they read."""

import collections
import functools
import re
import sys

from . import answers, data, peers, queries
from .options import EVENTS
from .process import Failed, apart, run, take_turns

OURS, CLI, PYTHON = "auditql", "DuckDB CLI", "DuckDB in Python"
HOT_OURS, HOT_DUCKDB = "auditql", "DuckDB"
TIMED_RUNS_PER_ROUND = 3  # After one warm-up each.

# DuckDB reads all pages for every query: few runs, and none of the largest size.
PAGES_RUNS = 2
PAGES_EVENTS_MAX = 1_000_000

LOOKUPS = ("Q4", "Q5", "Q3")
LOOKUP_RUNS_MIN = 15


def measure_queries(options, size):
    pages = data.pages(options, size)
    archive = data.archive_of(options, size)
    facts = data.facts(archive)
    result = {"facts": facts, "rows": {}, "differences": [], "on_pages": {}}
    for name, query in queries.QUERIES.items():
        rows, differences = apart(answers.check, options, archive, facts, name)
        result["rows"][name] = facts["events"] if query.first_rows else rows
        result["differences"] += differences
        if not rows:
            print(f"compare.py: warning: {name} finds no rows; its time says little", file=sys.stderr)
    result["cold"] = {name: cold(options, archive, facts, name, options.runs) for name in queries.QUERIES}
    result["hot"] = hot(options, archive, facts, queries.QUERIES)
    if EVENTS[size] <= PAGES_EVENTS_MAX:
        for name, query in queries.QUERIES.items():
            result["differences"] += apart(answers.check_on_pages, options, archive, facts, name, pages)
            *setup, sql = queries.on_pages(query, peers.duckdb_events(pages), facts)
            command = peers.child("duckdb", "run", *setup, peers.duckdb_to_csv(sql))
            result["on_pages"][name] = take_turns({PYTHON: functools.partial(run, command, keep_stdout=False)}, PAGES_RUNS)[PYTHON]
    return result


def measure_lookups(options, size):
    archive = data.archive_of(options, size)
    facts = data.facts(archive)
    runs = max(options.runs, LOOKUP_RUNS_MIN)
    return {"facts": facts, "archive": data.archive_bytes(archive),
            "cold": {name: cold(options, archive, facts, name, runs, [OURS, CLI, PYTHON]) for name in LOOKUPS},
            "hot": hot(options, archive, facts, LOOKUPS)}


def largest(options):
    return [options.largest]


def commands(options, archive, facts, name):
    """From process start to CSV written, by contender."""
    query, parquet = queries.QUERIES[name], data.parquet(archive)
    setup, sql = peers.duckdb_setup(parquet), query.text("duckdb", facts)
    return {
        OURS: [options.auditql, "query", "-a", archive, "-F", "csv", "-c", query.text("auditql", facts)],
        CLI: duckdb_cli(options, [*setup, sql]),
        PYTHON: peers.child("duckdb", "run", *setup, peers.duckdb_to_csv(sql)),
        "chdb": peers.chdb_query(parquet, query.text("chdb", facts)),
        "Polars": peers.polars_query(parquet, name, facts),
    }


def duckdb_cli(options, statements):
    return [options.duckdb_cli, "-init", "/dev/null", "-csv", "-c", "; ".join(statements)]


def cold(options, archive, facts, name, runs, chosen=None):
    turns = {contender: functools.partial(run, command, keep_stdout=False)
             for contender, command in commands(options, archive, facts, name).items() if not chosen or contender in chosen}
    return take_turns(turns, runs, warm_up=True)


def hot(options, archive, facts, names):
    """Seconds by query and engine; engines take turns, and each warms up in every turn. Both write CSV to /dev/null."""
    duckdb = peers.DuckdbHot(data.parquet(archive))
    times = {}
    for name in names:
        query, seconds = queries.QUERIES[name], collections.defaultdict(list)
        for _ in range(options.runs):
            seconds[HOT_OURS] += auditql_hot(options, archive, query.text("auditql", facts))
            seconds[HOT_DUCKDB] += duckdb.seconds(query.text("duckdb", facts), 1 + TIMED_RUNS_PER_ROUND)[1:]
        times[name] = {engine: {"seconds": values} for engine, values in seconds.items()}
    duckdb.close()
    return times


def auditql_hot(options, archive, sql):
    """One process that runs the query several times and says how long each took; the first is the warm-up."""
    script = options.work / "hot.sql"
    script.write_text(f"{sql};\n" * (1 + TIMED_RUNS_PER_ROUND))
    stderr = run([options.auditql, "query", "-a", archive, "--timing", "-F", "csv", "-f", script], keep_stdout=False).stderr
    times = [float(text) / 1000 for text in re.findall(r"^timing: statement \d+: ([\d.]+) ms\s*$", stderr, re.MULTILINE)]
    if len(times) != 1 + TIMED_RUNS_PER_ROUND:
        raise Failed(f"expected {1 + TIMED_RUNS_PER_ROUND} lines `timing: statement <n>: <ms> ms`, got {len(times)}: {stderr}")
    return times[1:]

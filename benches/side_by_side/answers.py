"""Whether the engines give the same answer, value by value; before anything is timed."""

import datetime
import json

from . import data, peers, queries
from .process import Failed, run


def check(options, archive, facts, name):
    """The number of rows of auditql's answer, and what any other engine's answer differs in, in words."""
    query, parquet = queries.QUERIES[name], data.parquet(archive)
    limit = f" LIMIT {query.first_rows}" if query.first_rows else ""
    types, theirs = peers.duckdb_rows([*peers.duckdb_setup(parquet), query.text("duckdb", facts) + limit])
    ours = rows_of([options.auditql, "query", "-a", archive, "--format", "ndjson", "-c", query.text("auditql", facts) + limit])
    others = {
        "DuckDB": lambda: theirs,
        "chdb": lambda: rows_of(peers.chdb_query(parquet, query.text("chdb", facts) + limit, "rows")),
        "Polars": lambda: rows_of(peers.polars_query(parquet, name, facts, "rows", query.first_rows)),
    }
    expected = [canonical(row, types) for row in ours]
    differences = []
    for engine, answer in others.items():
        try:
            differences += difference(f"{name}, {engine}", expected, [canonical(row, types) for row in answer()])
        except Failed as failed:
            differences.append(f"{name}, {engine}: {failed}")
    return len(ours), differences


def check_on_pages(options, archive, facts, name, pages):
    """DuckDB's answer from the pages. Times are left out, because DuckDB rounds what auditql truncates to microseconds; whole
    events have other columns there, and are counted."""
    query = queries.QUERIES[name]
    if query.first_rows:
        return []
    types, theirs = peers.duckdb_rows(queries.on_pages(query, peers.duckdb_events(pages), facts))
    ours = rows_of([options.auditql, "query", "-a", archive, "--format", "ndjson", "-c", query.text("auditql", facts)])
    is_whole = query.columns.split(",")[0] == "event"
    same = {} if is_whole else {column: kind for column, kind in types.items() if not kind.startswith("TIMESTAMP")}
    return difference(f"{name}, DuckDB on the pages", *(sorted(canonical(row, same) for row in rows) for rows in (ours, theirs)))


def rows_of(command):
    return [json.loads(line) for line in run(command).stdout.splitlines()]


def difference(label, ours, theirs):
    """Nothing, or one sentence. Rows are compared as sets: engines may order NULL and ties differently."""
    ours, theirs = sorted(ours), sorted(theirs)
    if ours == theirs:
        return []
    pair = next((pair for pair in zip(ours, theirs) if pair[0] != pair[1]), ("(no row)", "(no row)"))
    return [f"{label}: {len(ours)} rows of auditql, {len(theirs)} of the other; first difference {pair[0]} and {pair[1]}"]


def canonical(row, types):
    """A row as text that is equal for equal values: times in one spelling, absent keys like NULL."""
    return json.dumps({name: canonical_value(row.get(name), kind) for name, kind in types.items()}, sort_keys=True)


def canonical_value(value, kind=""):
    if isinstance(value, str) and kind.startswith("TIMESTAMP"):
        moment = datetime.datetime.fromisoformat(value)
        return moment.replace(tzinfo=moment.tzinfo or datetime.timezone.utc).astimezone(datetime.timezone.utc).isoformat()
    if isinstance(value, dict):
        return {key: canonical_value(member) for key, member in value.items() if member is not None}
    if isinstance(value, list):
        return [canonical_value(member) for member in value]
    return value

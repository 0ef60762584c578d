#!/usr/bin/env python3
"""Measures auditql beside DuckDB, ClickHouse (chdb) and Polars on the same pages; prints a report in Markdown.

    python3 -m pip install duckdb duckdb-cli pytz chdb polars
    cargo build --release
    python3 benches/compare.py --work /tmp/compare --out benches/RESULTS.md

Some of it: `--sizes S,M`, `--only queries,lookups`. Results stay in WORK, and the report shows all that are there.
benches/README.md says what is measured and what is fair about it. Linux, Python 3.11 or newer.
"""

import datetime
import json
import os
import sys
import time

from side_by_side import again, asking, at_once, data, ingest, options, peers, report, start
from side_by_side.process import Failed

# Which sizes a section measures, and how.
SECTIONS = {
    "ingest": (ingest.sizes, ingest.measure),
    "again": (again.sizes, again.measure),
    "queries": (ingest.sizes, asking.measure_queries),
    "lookups": (asking.largest, asking.measure_lookups),
    "start": (start.sizes, start.measure),
    "concurrent": (at_once.sizes, at_once.measure),
}


def main():
    given = options.parse(__doc__)
    versions = peers.versions(given)
    versions["auditql"] = data.version(given)
    prefer_to_be_killed()
    given.results("").parent.mkdir(parents=True, exist_ok=True)
    for section in given.only:
        sizes, measure = SECTIONS[section]
        for size in sizes(given):
            print(f"compare.py: {section} {size}", file=sys.stderr)
            keep(given, section, size, timed(measure, given, size) | {"auditql": versions["auditql"]})
    results = {section: data.load(given.results(section)) for section in SECTIONS if given.results(section).exists()}
    text = report.text(given, results, report.machine_facts(given, versions))
    print(text, end="")
    if given.out:
        given.out.write_text(text)
    return 1 if any(entry["data"].get("differences") for sizes in results.values() for entry in sizes.values()) else 0


def timed(measure, given, size):
    when, load, began = datetime.datetime.now(datetime.timezone.utc), os.getloadavg()[0], time.perf_counter()
    measured = measure(given, size)
    return {"data": measured, "when": when.strftime("%Y-%m-%d %H:%M"), "load": [load, os.getloadavg()[0]],
            "took": time.perf_counter() - began}


def keep(given, section, size, entry):
    """At once, so that a failure later does not take this along; sizes in their order."""
    path = given.results(section)
    known = (data.load(path) if path.exists() else {}) | {size: entry}
    order = [name for name in [*options.EVENTS, "all"] if name in known]
    path.write_text(json.dumps({name: known[name] for name in order}, indent=1))


def prefer_to_be_killed():
    """If memory runs out, the system ends one of our children, the largest, and nobody else's program."""
    with open("/proc/self/oom_score_adj", "w") as score:
        score.write("1000")


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failed as failed:
        sys.exit(f"compare.py: {failed}")

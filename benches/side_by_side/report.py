"""Markdown from the results of all sections."""

import os
import pathlib
import platform
import sys

from . import again, asking, at_once, data, goals, ingest, peers, queries, start
from .figures import digits, median, peak_mib, ratio, spread, table, two
from .options import EVENTS

PEERS = (asking.CLI, asking.PYTHON, "chdb", "Polars")
RUN_WORDS = "Median (least–most); memory is the most of any run."


def text(options, results, facts):
    parts = [head(), summary(results), disagreements(results), machine(facts)]
    for section, render in (("ingest", ingest_part), ("again", again_part), ("queries", queries_part), ("lookups", lookups_part),
                            ("start", start_part), ("concurrent", concurrent_part)):
        if results.get(section):
            parts.append(render(results[section]))
    parts += [curves(results), appended(options), commands(options, results), times(results)]
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def head():
    return ["# Results", "",
            "Made by `benches/compare.py`, as [README.md](README.md) says; ratios are auditql ÷ the other, below 1 is quicker.",
            "[FINDINGS.md](FINDINGS.md) says where the time goes and what was tried."]


def summary(results):
    rows = [(goal, measured, "yes" if met else "**no**") for goal, measured, met in goals.rows(results)]
    return ["## Goals", "", *table(("goal", "measured", "met?"), rows)] if rows else []


def disagreements(results):
    entries = [(section, size, entry["data"]) for section, sizes in results.items() for size, entry in sizes.items()]
    found = [f"{section} of {size}, {words}" for section, size, measured in entries
             for words in (*measured.get("differences", []), *failures(measured))]
    if found:
        return ["## Answers that differ, and failures", "", *(f"- {words}" for words in found)]
    return ["All engines gave equal answers to all queries, value by value, and ingested equal numbers of events."]


def failures(measured, name=""):
    """Whatever failed, at any depth."""
    if not isinstance(measured, dict):
        return []
    own = [f"{name} failed: {measured['failed']}"] if "failed" in measured else []
    return own + [words for key, value in measured.items() for words in failures(value, f"{name}, {key}" if name else key)]


def machine_facts(options, versions):
    with open("/proc/cpuinfo") as lines:
        model = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {"cores": len(os.sched_getaffinity(0)), "model": model, "memory": memory, "system": f"{platform.system()} {platform.release()}",
            "python": platform.python_version(), **versions}


def machine(facts):
    return ["## Machine", "",
            f"{facts['cores']} cores of {facts['model']}, {facts['memory'] / 2**30:.0f} GiB memory, {facts['system']}. {facts['auditql']}; "
            f"DuckDB {facts['duckdb']} in Python {facts['python']}, DuckDB CLI {facts['duckdb-cli']}, chdb {facts['chdb']}, "
            f"Polars {facts['polars']}. All use all cores and their default memory limits; pages and Parquet are in the page cache."]


# Sections


def ingest_part(sizes):
    lines = ["## Ingest: pages to Parquet (zstd)", "", RUN_WORDS + " “Ordered” is deduplicated and ordered by time, “plain” neither."]
    for size, entry in sizes.items():
        measured = entry["data"]
        ours, pages, facts = measured["series"][ingest.OURS], measured["pages"], measured["facts"]
        rows = []
        for name, series in measured["series"].items():
            if "failed" in series:
                rows.append((name, "failed", *["–"] * 6))
                continue
            rows.append((name, spread(series), spread(series, "cpu_seconds"), peak_mib(series),
                         f"{measured['disk'][name] / 1e6:,.1f}", f"{facts['events'] / median(series):,.0f}",
                         two(ratio(ours, series)), two(ratio(ours, series, "cpu_seconds"))))
        tried = ", ".join(f"{name} {digits(seconds)} s" for name, seconds in measured["forms"].items())
        archive = measured["archive"]
        lines += ["", f"### {size}: {facts['events']:,} events, {pages['pages']:,} pages of {pages['bytes'] / 1e6:,.1f} MB", "",
                  *table(("", "wall, s", "CPU, s", "memory, MiB", "on disk, MB", "events/s", "auditql ÷ this, wall", "CPU"), rows), "",
                  f"DuckDB's form: {measured['form']} (best of {ingest.FORM_RUNS} tries before: {tried}). {facts['first_event']} to "
                  f"{facts['last_event']}. Of auditql's {archive['all'] / 1e6:,.1f} MB {archive['data'] / 1e6:,.1f} are the table's files, "
                  f"and {archive['raw'] / 1e6:,.1f} of these the column `raw`."]
    return lines


def again_part(sizes):
    lines = ["## Ingest again", "", RUN_WORDS]
    rows = []
    for size, entry in sizes.items():
        for name, series in entry["data"]["series"].items():
            rows.append((size, name, spread(series), spread(series, "cpu_seconds"), peak_mib(series),
                         two(ratio(series, entry["data"]["series"][again.FIRST]))))
    return [*lines, "", *table(("archive", "ingest of", "wall, s", "CPU, s", "memory, MiB", "÷ the first"), rows)]


def queries_part(sizes):
    lines = ["## Queries", "", *table(("", "query"), [(name, query.about) for name, query in queries.QUERIES.items()])]
    for size, entry in sizes.items():
        measured = entry["data"]
        lines += ["", f"### {size}, whole processes", "", f"From process start to CSV written to /dev/null, ms. {RUN_WORDS}", "",
                  *cold_table(measured["cold"], PEERS), "", f"### {size}, hot", "",
                  "Inside a running engine, over the archive's own Parquet files, CSV to /dev/null, ms.", "",
                  *hot_table(measured["hot"], measured["rows"])]
        if measured["on_pages"]:
            rows = [(name, spread(series, scale=1000), peak_mib(series), spread(measured["cold"][name][asking.OURS], scale=1000),
                     two(ratio(measured["cold"][name][asking.OURS], series))) for name, series in measured["on_pages"].items()]
            lines += ["", f"### {size}, DuckDB on the raw pages", "", "Whole processes, ms; auditql on its archive.", "",
                      *table(("query", "DuckDB on the pages", "MiB", "auditql", "auditql ÷ this"), rows)]
    return lines


def cold_table(measured, contenders):
    heads = ["query", "auditql", "MiB", *(head for peer in contenders for head in (peer, "MiB", "auditql ÷"))]
    rows = []
    for name, series in measured.items():
        ours = series[asking.OURS]
        row = [name, spread(ours, scale=1000), peak_mib(ours)]
        for peer in contenders:
            row += [spread(series[peer], scale=1000), peak_mib(series[peer]), two(ratio(ours, series[peer]))]
        rows.append(row)
    return table(heads, rows)


def hot_table(measured, row_counts=None):
    rows = []
    for name, series in measured.items():
        ours, theirs = series[asking.HOT_OURS], series[asking.HOT_DUCKDB]
        rows.append((name, *([f"{row_counts[name]:,}"] if row_counts else []), spread(ours, scale=1000), spread(theirs, scale=1000),
                     two(ratio(ours, theirs))))
    return table(("query", *(["rows"] if row_counts else []), "auditql", "DuckDB", "auditql ÷"), rows)


def lookups_part(sizes):
    lines = ["## Look-ups"]
    for size, entry in sizes.items():
        measured = entry["data"]
        rows = []
        for name, series in measured["cold"].items():
            shares = [median(series[contender], "read_bytes") for contender in (asking.OURS, asking.CLI)]
            rows.append((name, *(f"{share / 1e6:,.2f} ({share / measured['archive']['data']:.2%})" for share in shares)))
        lines += ["", f"### {size}, whole processes", "", "ms; Q4 by event id, Q5 by correlation id, Q3 by user over all 60 days.", "",
                  *cold_table(measured["cold"], PEERS[:2]), "", f"### {size}, hot", "", *hot_table(measured["hot"]), "",
                  f"### {size}, bytes read", "",
                  f"All that the process asked the system to read, MB, and its share of the table's {measured['archive']['data'] / 1e6:,.1f} MB.", "",
                  *table(("query", "auditql", "DuckDB CLI"), rows)]
    return lines


def start_part(sizes):
    series = sizes["all"]["data"]["series"]
    rows = [(name, spread(numbers, scale=1000), peak_mib(numbers), two(ratio(numbers, series[start.CLI_PROMPT if "prompt" in name else start.CLI])))
            for name, numbers in series.items()]
    return ["## Start", "", f"ms. {RUN_WORDS} {data.YEAR}: {data.YEAR_EVENTS:,} events over so long.", "",
            *table(("", "ms", "MiB", "÷ `duckdb`"), rows)]


def concurrent_part(sizes):
    lines = ["## Sixteen at once", "", f"{at_once.PROCESSES} processes started together, {', '.join(at_once.MIX)} in turn; ms."]
    for size, entry in sizes.items():
        rows = [(contender, spread(series["total"], scale=1000), spread(series["each"], scale=1000)) for contender, series in entry["data"].items()]
        lines += ["", *table((size, "until the last has ended", "each query"), rows)]
    return lines


def curves(results):
    """Time and memory against size: whole processes of auditql and of the peer it is measured by."""
    lines = []
    work = {}
    for size, measured in goals.of_section(results, "ingest").items():
        work.setdefault("ingest", {})[size] = measured["series"], ingest.OURS, ingest.ORDERED_TEXT
    for size, measured in goals.of_section(results, "queries").items():
        for name, series in measured["cold"].items():
            work.setdefault(name, {})[size] = series, asking.OURS, asking.CLI
    sizes = [size for size in EVENTS if any(size in by_size for by_size in work.values())]
    if len(sizes) < 2:
        return []
    for title, cell in (("Time, s", lambda series: digits(median(series))), ("Peak memory, MiB", peak_mib)):
        rows = []
        for name, by_size in work.items():
            sides = [[cell(by_size[size][0][by_size[size][side]]) if size in by_size else "–" for size in sizes] for side in (1, 2)]
            rows.append((name, *sides[0], *sides[1]))
        heads = ["", *(f"auditql {size}" for size in sizes), *(f"DuckDB {size}" for size in sizes)]
        lines += ["", f"### {title}", "", *table(heads, rows)]
    return ["## Cost against size", "",
            "Whole processes. DuckDB's ingest is the ordered one with the text kept; its queries are its own program's.", *lines]


def appended(options):
    return ["\n\n".join(file.read_text().strip() for file in options.append)] if options.append else []


def commands(options, results):
    pages, out, parquet = pathlib.Path("PAGES"), "OUT.parquet", pathlib.Path("ARCHIVE/data/audit/*.parquet")
    measured = list(goals.of_section(results, "ingest").values())
    form = measured[-1]["form"] if measured else next(iter(peers.DUCKDB_FORMS))
    ingests = {
        "auditql": ["auditql", *data.ingest_command(options, pages, "ARCHIVE")[1:]],
        ingest.ORDERED_TEXT + "; without text it has no `to_json`": peers.duckdb_ingest(pages, out, form, keep_text=True),
        ingest.PLAIN_TEXT: peers.duckdb_ingest(pages, out, None, keep_text=True),
        "chdb, ordered, text kept": peers.chdb_ingest(pages, out, keep_text=True),
        "Polars; the steps stand in `side_by_side/peer_polars.py`": peers.polars_ingest(pages, out, keep_text=True),
    }
    lines = ["## Commands", "", "Python children are scripts of `benches/side_by_side/`, which hand each argument to the engine as a statement.", ""]
    for name, command in ingests.items():
        lines += [f"{name}:", "", "```text", *shown(command), "```", ""]
    lines += ["Queries, first in the words that both engines read:", "", "```sql"]
    setup = "; ".join(peers.duckdb_setup(parquet))
    for name, query in queries.QUERIES.items():
        for engine, words in (("", query.sql), (" in auditql", query.auditql), (" in DuckDB", query.duckdb), (" in chdb", query.chdb),
                              (" on pages", query.pages)):
            if words:
                lines.append(f"-- {name}{engine}\n{' '.join(words.split())};")
    lines += ["```", "", "As a child: `auditql query -a ARCHIVE -F csv -c QUERY`, "
              f"`duckdb -init /dev/null -csv -c \"{setup}; QUERY\"`, and in Python the same statements with "
              f"`{peers.duckdb_to_csv('QUERY')}`. chdb reads `file('{parquet}')`, Polars `scan_parquet`. On pages the view `audit` is "
              "`SELECT DISTINCT` of the columns that the query needs over", "", "```sql",
              " ".join(queries.PAGES_VIEW.split()).format(events=peers.duckdb_events(pages)), "```"]
    return lines


def shown(command):
    """The command on a line, and the statements that it is given, if any, on lines of their own."""
    if command[0] != sys.executable:
        return [" ".join(map(str, command))]
    _, script, mode, *arguments = command
    first = f"python {script.name} {mode}"
    return [f"{first} {' '.join(map(str, arguments))}"] if mode == "ingest" else [first, *(f"    {statement};" for statement in arguments)]


def times(results):
    rows = [(section, size, entry["when"], f"{entry['load'][0]:.1f}", f"{entry['load'][1]:.1f}", f"{entry['took']:,.0f}", entry["auditql"])
            for section, sizes in results.items() for size, entry in sizes.items()]
    return ["## When", "", *table(("section", "size", "begun, UTC", "load before", "load after", "took, s", "auditql"), rows)]

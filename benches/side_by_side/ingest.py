"""Ingest: whole processes from pages to Parquet."""

import functools
import os
import shutil

from . import data, peers
from .options import EVENTS
from .process import Failed, run, take_turns

OURS = "auditql"
ORDERED, ORDERED_TEXT = "DuckDB, ordered", "DuckDB, ordered, text kept"
PLAIN, PLAIN_TEXT = "DuckDB, plain", "DuckDB, plain, text kept"
FORM_RUNS = 2
FORMS_EVENTS_MAX = 1_000_000  # What is quickest on M is taken for L.

# Polars holds all of it in memory: of L that is more than many a machine has.
POLARS_EVENTS_MAX = 1_000_000


def sizes(options):
    return options.sizes


def measure(options, size):
    pages = data.pages(options, size)
    forms = try_forms(options, pages if EVENTS[size] <= FORMS_EVENTS_MAX else data.pages(options, "M"))
    form = min(forms, key=forms.get)
    commands = contenders(options, size, pages, form)
    series = take_turns({name: functools.partial(fresh, pages, *command) for name, command in commands.items()},
                        options.ingest_runs_of(size))
    outputs = {name: output for name, (_, output) in commands.items() if "failed" not in series[name]}
    disk = {name: data.size_on_disk(output) for name, output in outputs.items()}
    archive = options.archive(size)
    facts = data.facts(archive)
    return {"series": series, "disk": disk, "form": form, "forms": forms, "pages": data.page_facts(pages), "facts": facts,
            "archive": data.archive_bytes(archive), "differences": differences(outputs, facts["events"])}


def contenders(options, size, pages, form):
    """Command and output by contender."""
    outputs = options.work / "peers" / size
    outputs.mkdir(parents=True, exist_ok=True)
    commands = {OURS: (data.ingest_command(options, pages, options.archive(size)), options.archive(size))}
    peer_commands = {
        ORDERED: lambda out: peers.duckdb_ingest(pages, out, form, keep_text=False),
        ORDERED_TEXT: lambda out: peers.duckdb_ingest(pages, out, form, keep_text=True),
        PLAIN: lambda out: peers.duckdb_ingest(pages, out, None, keep_text=False),
        PLAIN_TEXT: lambda out: peers.duckdb_ingest(pages, out, None, keep_text=True),
        "chdb, ordered": lambda out: peers.chdb_ingest(pages, out, keep_text=False),
        "chdb, ordered, text kept": lambda out: peers.chdb_ingest(pages, out, keep_text=True),
    }
    if EVENTS[size] <= POLARS_EVENTS_MAX:
        peer_commands["Polars, ordered"] = lambda out: peers.polars_ingest(pages, out, keep_text=False)
        peer_commands["Polars, ordered, text kept"] = lambda out: peers.polars_ingest(pages, out, keep_text=True)
    for name, command in peer_commands.items():
        output = outputs / f"{name.lower().replace(', ', '-').replace(' ', '-')}.parquet"
        commands[name] = (command(output), output)
    return commands


def fresh(pages, command, output):
    """Runs it with the pages in the page cache and no output there."""
    remove(output)
    data.warm(pages)
    os.sync()  # Nobody pays for another's dirty pages.
    return run(command)


def remove(path):
    if path.is_dir():
        shutil.rmtree(path)
    path.unlink(missing_ok=True)


def try_forms(options, pages):
    """The best seconds of each of DuckDB's forms."""
    output = options.work / "form.parquet"
    turns = {form: functools.partial(fresh, pages, peers.duckdb_ingest(pages, output, form, keep_text=False), output)
             for form in peers.DUCKDB_FORMS}
    series = take_turns(turns, FORM_RUNS)
    remove(output)
    best = {form: min(numbers["seconds"]) for form, numbers in series.items() if numbers["seconds"]}
    if not best:
        raise Failed("; ".join(f"DuckDB, {form}: {numbers['failed']}" for form, numbers in series.items()))
    return best


def differences(outputs, events):
    """Deduplicated outputs hold as many events, and as many ids, as the archive."""
    found = []
    for name, output in outputs.items():
        if name in (OURS, PLAIN, PLAIN_TEXT):
            continue
        sql = f"SELECT count(*) AS events, count(DISTINCT id) AS ids FROM read_parquet({peers.quoted(output)})"
        _, (row,) = peers.duckdb_rows([sql])
        if {events} != set(row.values()):
            found.append(f"ingest, {name}: {row['events']} events and {row['ids']} ids, {events} events in the archive")
    return found

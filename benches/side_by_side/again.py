"""Ingest into an archive that is there: the same pages again, one per cent of new events; and all events as one file."""

import os
import shutil

from . import data
from .process import run, take_turns

FIRST, SECOND = "the folder", "the same folder again"
NEW, NEW_ALONE = "1 % new events into the archive", "the same into an empty one"
ONE_FILE = "all events as one file"


def sizes(options):
    return options.sizes


def measure(options, size):
    pages, new = data.pages(options, size), data.new_pages(options, size)
    archive = options.work / "again"
    turns = {
        FIRST: lambda: ingest(options, pages, archive, base=None),
        SECOND: lambda: ingest(options, pages, archive, base=archive),
        NEW: lambda: ingest(options, new, options.work / "again new", base=archive),
        NEW_ALONE: lambda: ingest(options, new, options.work / "again new", base=None),
    }
    one = None
    if size == options.largest:
        one = data.one_file(options, size)
        turns[ONE_FILE] = lambda: ingest(options, one, options.work / "again one", base=None)
    series = take_turns(turns, options.ingest_runs_of(size))
    for folder in ("again", "again new", "again one"):
        shutil.rmtree(options.work / folder, ignore_errors=True)
    return {"series": series, "new": data.page_facts(new), "one_file": one and data.page_facts(one)}


def ingest(options, pages, archive, base):
    """Into the archive as it stands (`base` is it), into a copy of another, or into none."""
    if archive != base:
        shutil.rmtree(archive, ignore_errors=True)
        if base:
            shutil.copytree(base, archive)
    data.warm(pages)
    os.sync()
    return run(data.ingest_command(options, pages, archive))

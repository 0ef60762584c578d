#!/usr/bin/env python3
"""Writes the files of `sample-data/`, or with --check says which of them differ from what would be written.

Needs Python 3.8 or later and nothing else. The same story and the same bytes come out of every run.
"""
from __future__ import annotations

import argparse
import bz2
import gzip
import io
import lzma
import sys
import zipfile
import zlib
from collections import Counter
from pathlib import Path

# No __pycache__ beside the sample: people point the engine at the whole folder.
sys.dont_write_bytecode = True

from generator.administration import Administration
from generator.consumers import Consumers
from generator.directory import Directory
from generator.files import Output, all_files
from generator.further import further_files
from generator.guests import Guests
from generator.model import Story

HERE = Path(__file__).resolve().parents[2] / "sample-data"
BEGIN, END = "<!-- generated: begin -->", "<!-- generated: end -->"


def tell():
    story = Story()
    for part in (Directory, Administration, Guests, Consumers):
        part(story).tell()
    return story.finish()


def counts(files):
    """The part of the README that would otherwise go stale."""
    lines = ["| file | shape | framing and encoding | records | look at |", "|---|---|---|---:|---|"]
    for file in files:
        lines.append("| `%s` | %s | %s | %d | %s |" % (file.path, file.shape, file.framing, file.records, file.look))
    distinct = {event.id: event for file in files for event in file.events}
    services = Counter(event.service for event in distinct.values())
    lines += ["", "%d readable records of audit events, %d distinct events: %s." % (
        sum(file.audits for file in files), len(distinct), ", ".join("%s %d" % item for item in sorted(services.items())))]
    others = {}
    for file in files:
        for kind, key in file.others:
            others.setdefault(kind, []).append(key)
    lines += ["", "Beside these:", "", "| kind | readable records | distinct |", "|---|---:|---:|"]
    lines += ["| %s | %d | %d |" % (kind, len(keys), len(set(keys))) for kind, keys in sorted(others.items()) if kind != Output.FOREIGN]
    strangers = others[Output.FOREIGN]
    lines += ["", "%d records of other products lie among them, %d distinct." % (len(strangers), len(set(strangers)))]
    return "\n".join(lines)


def readme(files):
    text = (HERE / "README.md").read_text(encoding="utf-8")
    head, rest = text.split(BEGIN)
    tail = rest.split(END)[1]
    return (head + BEGIN + "\n" + counts(files) + "\n" + END + tail).encode("utf-8")


def content(path, data):
    """What a container holds. Two builds of zlib may deflate the same bytes differently; that is no difference in the sample."""
    for ending, module in ((".gz", gzip), (".bz2", bz2), (".xz", lzma)):
        if path.endswith(ending):
            return module.decompress(data)
    if path.endswith(".zip"):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return [(info.filename, archive.read(info)) for info in archive.infolist()]
    return data


def same(path, wanted):
    try:
        found = (HERE / path).read_bytes()
        return found == wanted or content(path, found) == content(path, wanted)
    except (OSError, ValueError, EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile):
        return False


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 and name the files that differ")
    check = parser.parse_args().check
    events = tell()
    files = all_files(events) + further_files(events)
    outputs = [(file.path, file.data) for file in files] + [("README.md", readme(files))]
    if check:
        known = {path for path, _ in outputs}
        different = [path for path, data in outputs if not same(path, data)]
        folders = sorted({path.split("/")[0] for path in known if "/" in path})
        found = (path.relative_to(HERE).as_posix() for folder in folders for path in sorted((HERE / folder).rglob("*")) if path.is_file())
        # A file that nobody generates would be read by every test that reads the folder.
        different += [path for path in found if path not in known]
        for path in different:
            print("differs: sample-data/%s" % path)
        return 1 if different else 0
    for path, data in outputs:
        (HERE / path).parent.mkdir(parents=True, exist_ok=True)
        (HERE / path).write_bytes(data)
        print("%9d  sample-data/%s" % (len(data), path))
    return 0


if __name__ == "__main__":
    sys.exit(main())

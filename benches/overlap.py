#!/usr/bin/env python3
"""Ingests a seven-day download on each of 60 days into one archive, and the same download into an empty one.

    python3 benches/pages.py /tmp/pages60 --events 1000000
    python3 benches/overlap.py --pages /tmp/pages60 --work /tmp/overlap --auditql target/release/auditql

Prints a table: what each ingest took, how many events were new, and what the same download takes with no archive there.
The exit code is 1 if the archive's events are not exactly the distinct ones of the pages.
"""

import argparse
import collections
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import time

PAGE_EVENTS = 1000
DOWNLOAD_DAYS = 7


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=pathlib.Path, required=True)
    parser.add_argument("--work", type=pathlib.Path, required=True)
    parser.add_argument("--auditql", type=pathlib.Path, default=pathlib.Path("target/release/auditql"))
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    days = split_by_day(options.pages, options.work / "days")
    archive, fresh = options.work / "archive", options.work / "fresh"
    shutil.rmtree(archive, ignore_errors=True)
    names = sorted(days)
    rows = []
    for position, name in enumerate(names):
        download = options.work / "download"
        events = write_download(download, [days[day] for day in names[max(0, position - DOWNLOAD_DAYS + 1):position + 1]])
        wall, cpu, rss = ingest(options.auditql, download, archive)
        shutil.rmtree(fresh, ignore_errors=True)
        alone = ingest(options.auditql, download, fresh)[0]
        held = count(options.auditql, archive)
        files = len(list((archive / "data" / "audit").glob("*.parquet")))
        rows.append((position + 1, events, held, wall, cpu, rss, alone, files))
        print(f"download {position + 1}: {wall:.2f} s, alone {alone:.2f} s, {held} events, {files} files", file=sys.stderr)
    distinct = sum(len(set(json.loads(line)["id"] for line in open(path))) for path in days.values())
    print("## Sixty overlapping downloads\n\n"
          "By `overlap.py`: on each of 60 days the last seven days are downloaded and ingested into one archive; beside it the same "
          "download into an empty one. Medians of ten downloads each.\n")
    print(table(rows))
    held = rows[-1][2]
    print(f"\n{held} events in the archive, {distinct} distinct ones in the pages.")
    return 0 if held == distinct else 1


def split_by_day(pages, folder):
    """One file of events, a line each, for each day; the same event stands in two pages at most."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    days, files, seen = {}, {}, set()
    for page in sorted(pages.glob("audit*.json"), key=lambda path: int(path.stem[5:])):
        for event in json.loads(page.read_bytes())["value"]:
            if event["id"] in seen:
                continue
            seen.add(event["id"])
            day = event["activityDateTime"][:10]
            if day not in files:
                days[day] = folder / f"{day}.ndjson"
                files[day] = days[day].open("w")
            files[day].write(json.dumps(event, separators=(",", ":")) + "\n")
    for file in files.values():
        file.close()
    return days


def write_download(folder, days):
    """Pages of the days' events, newest first, as Graph answers. Returns how many events."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    events = [line for day in reversed(days) for line in day.read_text().splitlines()]
    for number, begin in enumerate(range(0, len(events), PAGE_EVENTS)):
        link = '"@odata.nextLink":"https://graph.microsoft.com/next",' if begin + PAGE_EVENTS < len(events) else ""
        page = ",".join(events[begin:begin + PAGE_EVENTS])
        (folder / f"audit{number}.json").write_text('{' + link + '"value":[' + page + ']}')
    return len(events)


def ingest(auditql, download, archive):
    """Wall and CPU seconds and peak memory in MiB of one ingest."""
    begin = time.perf_counter()
    process = subprocess.Popen([auditql, "ingest", "-q", download, "-a", archive])
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - begin
    if os.waitstatus_to_exitcode(status) > 1:
        sys.exit("an ingest failed")
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def count(auditql, archive):
    command = [auditql, "query", "-q", "-a", archive, "-F", "csv", "-c", "SELECT count(DISTINCT id) AS n, count(*) AS m FROM audit"]
    distinct, rows = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[1].split(",")
    if distinct != rows:
        sys.exit(f"{rows} rows, {distinct} distinct ids")
    return int(rows)


def table(rows):
    lines = ["| downloads | events in it | events in the archive | wall, s | CPU, s | memory, MiB | into an empty archive, s | ratio | data files |",
             "|---|---|---|---|---|---|---|---|---|"]
    spans = collections.OrderedDict()
    for row in rows:
        spans.setdefault((row[0] - 1) // 10, []).append(row)
    for span in spans.values():
        middle = lambda index: statistics.median(row[index] for row in span)
        ratio = statistics.median(row[3] / row[6] for row in span)
        lines.append(f"| {span[0][0]}–{span[-1][0]} | {middle(1):,.0f} | {span[-1][2]:,} | {middle(3):.2f} | {middle(4):.2f} "
                     f"| {middle(5):.0f} | {middle(6):.2f} | {ratio:.2f} | {max(row[7] for row in span)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Writes the raw pages of a busy made-up tenant: sixty days of audit events, sign-ins, risk detections and users.

    generate.py FOLDER [--events 100000] [--clean]

The pages go to FOLDER/pages, as Graph gives them, in downloads that overlap. Unless `--clean`, incidents are among the
events (incidents.py), and FOLDER/incidents.json says which: name, the detection that must find it, the severity that it
must have at least, and the ids of its events. The same numbers give the same bytes.

Needs Python 3.11 and nothing else.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

sys.dont_write_bytecode = True
# The shapes of events are those of the sample's generator.
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "sample-data"))

from generator.shapes import graph, page

from administration import Administration
from incidents import plant
from log import DAYS, Log, moment
from shoppers import Shoppers
from staff import Staff
from visitors import Visitors

PAGE = 1000
# Graph repeats the last records of a page on the next one now and then, and nobody downloads to the second.
REPEATED = 3
DOWNLOAD_DAYS, OVERLAP_HOURS = 5, 2
BASE = "https://graph.microsoft.com/"


def pages(folder, name, version, path, records):
    """`records` are (ticks, id, record), oldest first; each download is written newest first, as Graph sorts."""
    number = 0
    times = [time for time, _, _ in records]
    begin, end = 0, 0
    for day in range(0, DAYS + 2, DOWNLOAD_DAYS):
        first, last = moment(day, -OVERLAP_HOURS), moment(day + DOWNLOAD_DAYS, 0)
        while begin < len(times) and times[begin] < first:
            begin += 1
        while end < len(times) and times[end] < last:
            end += 1
        download = [record for _, _, record in reversed(records[begin:end])]
        for place in range(0, len(download), PAGE):
            link = BASE + "%s/%s?$skiptoken=%d" % (version, path, number) if place + PAGE < len(download) else None
            body = page(download[max(place - REPEATED, 0) : place + PAGE], BASE + "%s/$metadata#%s" % (version, path), link)
            write(folder / ("%s-%03d.json" % (name, number)), body)
            number += 1


def write(path, body):
    path.write_text(json.dumps(body, separators=(",", ":"), ensure_ascii=False), encoding="utf-8", newline="\n")


def tell(events, clean):
    """The log of the routine, the one of the incidents, what was planted, and the users."""
    routine, strange = Log("routine", 0), Log("strange", 1)
    staff = Staff(routine)
    visitors = Visitors(routine, staff)
    for part in (staff, Administration(routine), visitors):
        part.tell()
    shoppers = Shoppers(routine)
    shoppers.tell(events - len(routine.audits))
    planted = [] if clean else plant(strange)
    return routine, strange, planted, visitors.users()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--events", type=int, default=100_000, help="audit events, about")
    parser.add_argument("--clean", action="store_true", help="nothing happens but the routine")
    options = parser.parse_args()
    routine, strange, planted, users = tell(options.events, options.clean)
    folder = options.folder / "pages"
    folder.mkdir(parents=True, exist_ok=True)
    end = moment(DAYS, 0)
    audits = sorted((event.ticks, event.id, graph(event)) for event in routine.audits + strange.audits if event.ticks < end)
    signins = sorted((one for one in routine.signins + strange.signins if one[0] < end), key=lambda one: one[:2])
    pages(folder, "directoryAudits", "v1.0", "auditLogs/directoryAudits", audits)
    pages(folder, "signIns", "beta", "auditLogs/signIns", signins)
    write(folder / "riskDetections.json", page(routine.risks + strange.risks, BASE + "v1.0/$metadata#identityProtection/riskDetections"))
    write(folder / "users.json", page(users, BASE + "beta/$metadata#users(sponsors())"))
    incidents = [
        {"name": name, "detection": detection, "severity": severity, "event_ids": ids} for name, detection, severity, ids in planted
    ]
    write(options.folder / "incidents.json", incidents)
    print("%d audit events, %d sign-ins, %d incidents" % (len(audits), len(signins), len(incidents)))


if __name__ == "__main__":
    main()

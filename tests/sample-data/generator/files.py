"""Which events go into which file, and the bytes of each file."""
from __future__ import annotations

import gzip
import io
import json
import zipfile

from . import shapes
from .model import TICKS_PER_SECOND, clock

BOM = "\ufeff"
# 2026-03-09 06:00:00 UTC: containers carry a time, and it must not be the time of the run.
CONTAINER_TIME = 1773036000


class Output:
    """One file: where it goes, its bytes, and what the README says about it.

    `events` are audit events, `others` pairs of a kind and what tells one record of that kind from another.
    `records` is given where the file holds some of its audit events twice. What another product wrote is not counted in it.
    """

    FOREIGN = "of another product"

    def __init__(self, path, data, events, shape, framing, look, records=None, others=()):
        self.path, self.data, self.events, self.others = path, data, events, list(others)
        self.shape, self.framing, self.look = shape, framing, look
        self.audits = len(events) if records is None else records
        self.records = self.audits + sum(kind != self.FOREIGN for kind, _ in self.others)


def compact(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def pretty(value, newline="\n"):
    return json.dumps(value, ensure_ascii=False, indent=2).replace("\n", newline)


def between(events, start, end):
    return [event for event in events if clock(start) <= event.ticks < clock(end)]


def pages(events, count):
    """Splits into pages; each begins with the last event of the one before, as a service does that pages by time."""
    size = -(-len(events) // count)
    cuts = [(max(0, n * size - 1), (n + 1) * size) for n in range(count)]
    return [events[low:high] for low, high in cuts]


def all_files(events):
    files = []
    files += legacy_pages(between(events, "Mon 00:00", "Tue 18:00"))
    files += graph_pages(between(events, "Tue 09:00", "Thu 24:00"))
    files.append(beta_page(between(events, "Fri 00:00", "Fri 18:00")))
    files.append(damaged_page(between(events, "Sat 20:00", "Sat 24:00")))
    files.append(portal_json(between(events, "Thu 00:00", "Fri 24:00")))
    files.append(portal_csv(between(events, "Sun 00:00", "Sun 24:00")))
    files.append(collector_zip(between(events, "Sat 00:00", "Sat 20:00")))
    files.append(collector_combined(between(events, "Wed 07:00", "Wed 24:00")))
    files.append(collector_single(events))
    return files


def legacy_pages(events):
    looks = (
        "Old PowerShell `Out-File`. `category` is the service; `activityDateInMillis` beside `activityDate`. A new application, its secret, two invitations.",
        "First event is the last one of `audit0.json`, with the same id. Maren Solberg signs up (Monday 18:02).",
        "Last page: no `@odata.nextLink`. Everything from Tuesday 09:00 is also in `graph/`, with the same ids.",
    )
    # The first page is the smallest: UTF-16 and indentation make it four times as large as the others.
    parts = [events[:45], events[44:140], events[139:]]
    files = []
    for n, part in enumerate(parts):
        last = n == len(parts) - 1
        body = shapes.page([shapes.legacy(event) for event in part], shapes.LEGACY_CONTEXT, None if last else shapes.LEGACY_NEXT % -(7351 + n))
        if n == 0:
            data, framing = (BOM + pretty(body, "\r\n") + "\r\n").encode("utf-16-le"), "UTF-16LE with BOM, CRLF, indented"
        else:
            data, framing = compact(body).encode("utf-8"), "UTF-8, one line"
        files.append(Output("legacy/audit%d.json" % n, data, part, "Azure AD Graph page", framing, looks[n]))
    return files


def graph_pages(events):
    looks = (
        "Newest first, as the service answers: this page ends the period on Thursday evening.",
        "The night of the password spray (Thursday 02:14) from 203.0.113.66.",
        "The broken supplier policy (Wednesday 14:05 to 14:47).",
        "The same API saved with `-Encoding UTF8` on Windows. JSON inside JSON in `PolicyDetail`.",
        "Last page: no `@odata.nextLink`. Begins on Tuesday 09:00, so it overlaps with `legacy/`.",
    )
    files = []
    parts = pages(events[::-1], 5)
    for n, part in enumerate(parts):
        last = n == len(parts) - 1
        body = shapes.page([shapes.graph(event) for event in part], shapes.GRAPH_CONTEXT % "v1.0", None if last else shapes.GRAPH_NEXT % ("page%d" % (n + 1)))
        if n == 3:
            data, framing = (BOM + pretty(body, "\r\n") + "\r\n").encode("utf-8"), "UTF-8 with BOM, CRLF, indented"
        else:
            data, framing = compact(body).encode("utf-8"), "UTF-8, one line"
        files.append(Output("graph/audit%d.json" % n, data, part, "Graph v1.0 page", framing, looks[n]))
    return files


def beta_page(events):
    body = shapes.page([shapes.beta(event) for event in events[::-1]], shapes.GRAPH_CONTEXT % "beta")
    buffer = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", compresslevel=9, fileobj=buffer, mtime=CONTAINER_TIME) as stream:
        stream.write(compact(body).encode("utf-8"))
    look = "`userAgent` and `linkableIdentifiers`. Fetched on Friday at 18:00; the evening is in `portal/` only."
    return Output("graph/beta/page-1.json.gz", buffer.getvalue(), events, "Graph beta page", "gzip of UTF-8, one line", look)


def damaged_page(events):
    """One record has lost the value of `result`; its braces still balance, so a tolerant reader can step over it."""
    checks = [n for n, event in enumerate(events) if event.activity.startswith("Evaluate")]
    broken = min(checks, key=lambda n: abs(n - len(events) // 2))
    text = pretty(shapes.page([shapes.graph(event) for event in events], shapes.GRAPH_CONTEXT % "v1.0")) + "\n"
    start = text.index(compact(events[broken].id))
    head, tail = text[:start], text[start:]
    tail = tail.replace('"result": "success"', '"result": ', 1)
    good = events[:broken] + events[broken + 1:]
    look = "One record of %d is broken inside (`\"result\": ,`). Its neighbours are whole and in no other file." % len(events)
    return Output("graph/damaged.json", (head + tail).encode("utf-8"), good, "Graph v1.0 page", "UTF-8, indented, damaged", look)


def portal_json(events):
    look = "`userAgent`. Thursday and Friday again, with the ids of `graph/`; Friday after 18:00 is only here."
    records = [compact(shapes.portal(event)) for event in events[::-1]]
    data = ("[\n" + ",\n".join(records) + "\n]\n").encode("utf-8")
    return Output("portal/AuditLogs_2026-03-05_2026-03-06.json", data, events, "portal JSON", "UTF-8, bare array, one record a line", look)


def portal_csv(events):
    look = "86 columns, no event id, whole seconds; cells with line breaks and quotes; more than 3 targets or 6 details are cut. Sunday, in no other file."
    return Output("portal/AuditLogs_2026-03-08_2026-03-08.csv", audit_csv(events), events, "portal CSV", "UTF-8 with BOM, CRLF", look)


def audit_csv(events, header=None, delimiter=","):
    keys = set()
    for event in events:
        who = (event.user or {}).get("id") or (event.app or {}).get("servicePrincipalName") or (event.app or {}).get("servicePrincipalId")
        first = event.targets[0]["id"] if event.targets else None
        key = (event.ticks // TICKS_PER_SECOND, event.correlation, event.service, event.category, event.activity, who, first, event.result)
        # The rows have no id: two equal ones could not be told from one exported twice.
        assert key not in keys, event
        keys.add(key)
    return csv_bytes(header or shapes.csv_header(), [shapes.csv_row(event) for event in events], delimiter)


def csv_bytes(header, rows, delimiter=",", everything=False, bom=BOM):
    """The header in quotes, cells only where they need them: so the portal writes. `everything` quotes all, as PowerShell does."""

    def quoted(cells):
        return delimiter.join('"%s"' % cell.replace('"', '""') for cell in cells)

    def plain(cells):
        special = '"\r\n' + delimiter
        return delimiter.join('"%s"' % cell.replace('"', '""') if any(c in cell for c in special) or cell != cell.strip() else cell for cell in cells)

    lines = [quoted(header)] + [(quoted if everything else plain)(cells) for cells in rows]
    return (bom + "\r\n".join(lines) + "\r\n").encode("utf-8")


def collector_zip(events):
    half = len(events) * 3 // 5
    morning, rest = events[:half + 4], events[half - 2:]
    lines = "".join(compact(shapes.without_nulls(shapes.graph(event, "+00:00"))) + "\n" for event in morning)
    members = (
        ("AADAuditLog/2026-03-07/morning.json", lines),
        ("AADAuditLog/2026-03-07/rest-of-day.json", pretty([shapes.graph(event) for event in rest]) + "\n"),
    )
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in members:
            info = zipfile.ZipInfo(name, (2026, 3, 9, 6, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            # Otherwise Windows and Unix would write different bytes.
            info.create_system = 3
            info.external_attr = 0o644 << 16
            archive.writestr(info, text.encode("utf-8"), compresslevel=9)
    look = (
        "Two members in a nested folder. `morning.json`: %d lines, one event each, `+00:00` times, absent keys instead of null. "
        "`rest-of-day.json`: an indented array of %d. They share %d events." % (len(morning), len(rest), len(morning) + len(rest) - len(events))
    )
    return Output("collector/AADAuditLog_2026-03-07.zip", buffer.getvalue(), events, "collector output, Graph v1.0 records",
                  "zip of NDJSON and of an array", look, len(morning) + len(rest))


def collector_combined(events):
    first, second = events[:14], events[11:26]
    data = (BOM + compact([shapes.graph(event) for event in first]) + "\r\n"
            + BOM + compact([shapes.graph(event) for event in second]) + "\r\n").encode("utf-8")
    look = "Two pages appended to one file: `[..]`, line break, U+FEFF, `[..]`. They share three events; all ids are also in `graph/`."
    return Output("collector/combined.json", data, first + second[3:], "collector output, Graph v1.0 records",
                  "UTF-8 with two BOMs, concatenated arrays", look, len(first) + len(second))


def collector_single(events):
    event, = [e for e in events if e.activity == "Add member to role" and "#EXT#" in (e.targets[0]["userPrincipalName"] or "")]
    data = (BOM + pretty(shapes.graph(event), "\r\n") + "\r\n").encode("utf-8")
    look = "PowerShell unwraps an array of one. The guest Paulo Mendes gets a role; the same event is in `graph/` and `portal/`."
    return Output("collector/single.json", data, [event], "collector output, Graph v1.0 record", "UTF-8 with BOM, CRLF, one object", look)

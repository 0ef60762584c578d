#!/usr/bin/env python3
"""Compares ten saved queries with the same answers computed in Python from the raw pages, row by row.

    compare.py AUDITQL ARCHIVE PAGES [--queries DIR] [NAME …]

Prints what differs and exits with 1 if anything does. With `--print NAME` it prints the independent answer as CSV.
"""

import argparse
import csv
import io
import re
import subprocess
import sys

sys.dont_write_bytecode = True

import access
import consumers
import guests
import spray
from raw import Archive, microseconds, write

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
NUMBER = re.compile(r"-?\d+(\.\d+)?")


def cases(archive):
    """Name of the query, parameters, and who computes it."""
    yield "b2c/tokens-per-policy", [], consumers.tokens_per_policy
    yield "b2c/tokens-per-application", [], consumers.tokens_per_application
    yield "b2c/journeys", [], consumers.journeys
    yield "b2c/abandoned-journeys", [], consumers.abandoned_journeys
    yield "b2b/guest-invitations", [], guests.invitations
    yield "b2b/guest-open-invitations", [], guests.open_invitations
    for one in guests.telling(archive):
        yield "b2b/guest-history", ["guest=" + one], lambda archive, one=one: guests.history(archive, one)
    yield "roles/role-assignments", [], access.role_assignments
    yield "apps/consents", [], access.consents
    yield "signin/password-spray", [], spray.password_spray


def cell(text):
    """One value whatever its spelling: times to the microsecond, numbers as numbers."""
    if TIME.fullmatch(text):
        return microseconds(text)
    if NUMBER.fullmatch(text):
        return float(text)
    return text


def by_auditql(options, name, parameters):
    command = [options.auditql, "run", name, "--archive", options.archive, "--format", "csv", "--quiet"]
    for one in parameters:
        command += ["--param", one]
    if options.queries:
        command += ["--queries", options.queries]
    run = subprocess.run(command, capture_output=True, encoding="utf-8")
    if run.returncode:
        sys.exit("%s: %s" % (name, run.stderr))
    return list(csv.DictReader(io.StringIO(run.stdout, newline="")))


def differences(header, mine, theirs):
    """Rows of one answer that the other has not, in order; of equal rows one stands for each."""
    columns = list(header)
    missing = [column for column in columns if theirs and column not in theirs[0]]
    if missing:
        return ["no column " + ", ".join(missing)]
    mine = [tuple(cell("" if value is None else str(value)) for value in row) for row in mine]
    theirs = [tuple(cell(row[column]) for column in columns) for row in theirs]
    if mine == theirs:
        return []
    found = []
    for sign, ours, others in (("python", mine, theirs), ("auditql", theirs, mine)):
        left = {}
        for row in others:
            left[row] = left.get(row, 0) + 1
        for row in ours:
            if left.get(row, 0):
                left[row] -= 1
            else:
                found.append((row, sign))
    found.sort(key=lambda one: tuple(str(value) for value in one[0]))
    return ["%s only: %s" % (sign, dict(zip(columns, row))) for row, sign in found] or ["the same rows in another order"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("auditql")
    parser.add_argument("archive")
    parser.add_argument("pages")
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these queries")
    parser.add_argument("--queries", help="a folder of queries instead of the shipped ones")
    parser.add_argument("--print", action="store_true", help="print the independent answers")
    options = parser.parse_args()
    archive = Archive(options.pages)
    known = list(cases(archive))
    if unknown := set(options.names) - {name for name, _, _ in known}:
        parser.error("nobody computes " + ", ".join(sorted(unknown)))
    is_equal = True
    for name, parameters, compute in known:
        if options.names and name not in options.names:
            continue
        header, rows = compute(archive)
        if options.print:
            write(header, rows)
            continue
        found = differences(header, rows, by_auditql(options, name, parameters))
        print("%s %s: %d rows, %s" % (name, " ".join(parameters), len(rows), "%d differences" % len(found) if found else "equal"))
        for line in found[:20]:
            print("  " + line)
        is_equal = is_equal and not found and bool(rows)
    sys.exit(0 if is_equal else 1)


if __name__ == "__main__":
    main()

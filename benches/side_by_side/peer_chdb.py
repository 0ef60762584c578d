"""ClickHouse in Python (chdb), as a child of the comparison: `run SQL…`, or `csv SQL` or `rows SQL` to standard output."""

import sys

import chdb

FORMATS = {"run": "Null", "csv": "CSVWithNames", "rows": "JSONEachRow"}

mode, *statements = sys.argv[1:]
for statement in statements:
    result = chdb.query(statement, FORMATS[mode])
if mode != "run":
    sys.stdout.buffer.write(result.bytes())

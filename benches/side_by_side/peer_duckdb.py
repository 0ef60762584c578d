"""DuckDB in Python, as a child of the comparison: `run SQL…`, `rows SQL…` or `hot SQL…`.

`run` executes statements. `rows` prints the last one's types and rows, a JSON object a line. `hot` executes them, then for each
JSON object `{"sql": …, "times": n}` of standard input prints a list of n times in seconds.
"""

import json
import sys
import time

import duckdb


def main():
    mode, *statements = sys.argv[1:]
    connection = duckdb.connect()
    for statement in ["SET enable_progress_bar = false", *statements]:
        result = connection.execute(statement)
    if mode == "rows":
        names = [column[0] for column in result.description]
        print(json.dumps({column[0]: str(column[1]) for column in result.description}))
        while rows := result.fetchmany(1000):
            for row in rows:
                print(json.dumps(dict(zip(names, row)), default=text_of))
    if mode == "hot":
        for line in sys.stdin:
            asked = json.loads(line)
            print(json.dumps([seconds_of(connection, asked["sql"]) for _ in range(asked["times"])]), flush=True)


def text_of(value):
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def seconds_of(connection, sql):
    start = time.perf_counter()
    connection.execute(sql).fetchall()
    return time.perf_counter() - start


main()

"""Arguments of `compare.py`, the sizes, and where things lie."""

import argparse
import dataclasses
import os
import pathlib
import shutil
import sys

EVENTS = {"S": 100_000, "M": 1_000_000, "L": 4_000_000}
SECTIONS = ("ingest", "again", "queries", "lookups", "start", "concurrent")
BENCHES = pathlib.Path(__file__).resolve().parent.parent


@dataclasses.dataclass
class Options:
    sizes: list
    only: list
    work: pathlib.Path
    pages: pathlib.Path
    auditql: pathlib.Path
    duckdb_cli: str
    out: pathlib.Path
    append: list
    runs: int
    ingest_runs: int
    large_ingest_runs: int

    @property
    def largest(self):
        return self.sizes[-1]

    def archive(self, name):
        return self.work / "archives" / name

    def results(self, section):
        return self.work / "results" / f"{section}.json"

    def ingest_runs_of(self, size):
        return self.large_ingest_runs if size == "L" else self.ingest_runs


def parse(description):
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=pathlib.Path, required=True, help="scratch folder; what is in the way there is replaced")
    parser.add_argument("--pages", type=pathlib.Path, help="folder of the folders S, M, L …; made if missing (default WORK/pages)")
    parser.add_argument("--sizes", type=names_of(EVENTS), default=list(EVENTS), help="some of S,M,L (default all)")
    parser.add_argument("--only", type=names_of(SECTIONS), default=list(SECTIONS),
                        help=f"sections to measure, of {','.join(SECTIONS)}; `report` is none (default all)")
    parser.add_argument("--auditql", type=pathlib.Path, default=BENCHES.parent / "target/release/auditql", help="default %(default)s")
    parser.add_argument("--duckdb-cli", default=find_duckdb_cli(), help="DuckDB's own program (default: from PyPI's duckdb-cli)")
    parser.add_argument("--runs", type=int, default=5, help="rounds of every query (default %(default)s)")
    parser.add_argument("--ingest-runs", type=int, default=5, help="rounds of an ingest of S and M (default %(default)s)")
    parser.add_argument("--large-ingest-runs", type=int, default=3, help="rounds of an ingest of L (default %(default)s)")
    parser.add_argument("--out", type=pathlib.Path, help="write the report to this file as well")
    parser.add_argument("--append", type=pathlib.Path, action="append", default=[],
                        help="what overlap.py or hunt.py printed, for the end of the report; may be repeated")
    given = Options(**vars(parser.parse_args()))
    given.work, given.auditql = given.work.resolve(), given.auditql.resolve()
    given.pages = (given.pages or given.work / "pages").resolve()
    if not os.access(given.auditql, os.X_OK):
        sys.exit(f"compare.py: there is no program {given.auditql}: build it with `cargo build --release`, or name it with --auditql")
    if not given.duckdb_cli:
        sys.exit("compare.py: DuckDB's program is missing: python3 -m pip install duckdb-cli, or name it with --duckdb-cli")
    return given


def names_of(known):
    def parse_names(text):
        chosen = text.split(",")
        unknown = set(chosen) - set(known) - {"report"}
        if unknown:
            raise argparse.ArgumentTypeError(f"{', '.join(sorted(unknown))} is none of {', '.join(known)}")
        return [name for name in known if name in chosen]
    return parse_names


def find_duckdb_cli():
    return shutil.which("duckdb", path=f"{pathlib.Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}")

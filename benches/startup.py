#!/usr/bin/env python3
"""How long until there is an answer: whole processes from start to end, and a shell from start to its first prompt.

    python3 -m pip install duckdb duckdb-cli
    cargo build --release
    python3 benches/startup.py --archive /tmp/case

The archive is whatever `auditql ingest` made; one day of events and a year of them should not differ. Contenders take
turns; medians, least and most of `--runs` (15). Linux.
"""

import argparse
import importlib.metadata
import os
import pathlib
import pty
import select
import shutil
import statistics
import subprocess
import sys
import time

PATIENCE_S = 60
# What a terminal answers at once, and shells wait for: where the cursor is, what it can do, its colour behind the text.
TERMINAL_ANSWERS = {b"\x1b[6n": b"\x1b[1;1R", b"\x1b[c": b"\x1b[?62;c", b"\x1b]11;?": b"\x1b]11;rgb:0000/0000/0000\x1b\\"}


def main():
    options = arguments()
    auditql, archive = str(options.auditql), str(options.archive)
    python_duckdb = [sys.executable, "-c", "import duckdb; print(duckdb.sql('SELECT 1').fetchall())"]
    whole = {
        "`auditql query -c 'SELECT 1'`": [auditql, "query", "-a", archive, "-F", "csv", "-c", "SELECT 1"],
        "`auditql --version`": [auditql, "--version"],
        "DuckDB in Python, `SELECT 1`": python_duckdb,
    }
    prompts = {"`auditql`, first prompt": ([auditql, "-a", archive], b"auditql> ")}
    if options.duckdb_cli:
        whole["`duckdb -c 'SELECT 1'`"] = [options.duckdb_cli, "-csv", "-c", "SELECT 1"]
        prompts["`duckdb`, first prompt"] = ([options.duckdb_cli], b"D ")
    times = {name: [] for name in [*whole, *prompts]}
    for round_number in range(options.runs + 1):
        for name, command in whole.items():
            note(times[name], round_number, until_end(command))
        for name, (command, prompt) in prompts.items():
            note(times[name], round_number, until_prompt(command, prompt))
    versions = f"DuckDB {importlib.metadata.version('duckdb')} in Python"
    if options.duckdb_cli:
        versions += ", CLI " + subprocess.run([options.duckdb_cli, "--version"], capture_output=True, text=True).stdout.split()[0]
    print(f"Load average {os.getloadavg()[0]:.1f}; {options.runs} runs; {versions}.\n")
    print("| start | ms, median (least–most) |\n|---|---|")
    for name, taken in times.items():
        print(f"| {name} | {statistics.median(taken):.1f} ({min(taken):.1f}–{max(taken):.1f}) |")
    if options.duckdb_cli:
        pairs = [("`auditql query -c 'SELECT 1'`", "`duckdb -c 'SELECT 1'`"), ("`auditql`, first prompt", "`duckdb`, first prompt")]
        for ours, theirs in pairs:
            print(f"\n{ours} ÷ {theirs}: {statistics.median(times[ours]) / statistics.median(times[theirs]):.2f}")


def note(times, round_number, milliseconds):
    """The first round only fills caches."""
    if round_number:
        times.append(milliseconds)


def until_end(command):
    began = time.perf_counter()
    done = subprocess.run(command, capture_output=True)
    taken = (time.perf_counter() - began) * 1_000
    if done.returncode:
        sys.exit(f"startup.py: {command} ended with {done.returncode}: {done.stderr.decode()}")
    return taken


def until_prompt(command, prompt):
    """From start to the prompt at a terminal of the command's own."""
    began = time.perf_counter()
    child, terminal = pty.fork()
    if child == 0:
        os.environ.update(TERM="xterm", NO_COLOR="1")
        os.execv(command[0], command)
    seen, taken = b"", None
    while taken is None:
        ready, _, _ = select.select([terminal], [], [], PATIENCE_S)
        if not ready:
            sys.exit(f"startup.py: {command} shows no prompt {prompt!r} but {seen!r}")
        try:
            part = os.read(terminal, 65_536)
        except OSError:
            part = b""
        if not part:
            sys.exit(f"startup.py: {command} ended before its prompt: {seen!r}")
        seen += part
        for question, answer in TERMINAL_ANSWERS.items():
            if question in part:
                os.write(terminal, answer)
        if prompt in seen:
            taken = (time.perf_counter() - began) * 1_000
    os.kill(child, 9)
    os.waitpid(child, 0)
    os.close(terminal)
    return taken


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    root = pathlib.Path(__file__).resolve().parent.parent
    parser.add_argument("--archive", required=True, type=pathlib.Path, help="an archive of auditql")
    parser.add_argument("--auditql", default=root / "target/release/auditql", type=pathlib.Path)
    path = f"{pathlib.Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    parser.add_argument("--duckdb-cli", default=shutil.which("duckdb", path=path))
    parser.add_argument("--runs", default=15, type=int)
    return parser.parse_args()


if __name__ == "__main__":
    main()

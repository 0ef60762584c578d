"""How long until there is an answer: whole processes of `SELECT 1`, and a shell from start to its first prompt."""

import collections
import functools
import os
import pty
import select
import time

from . import asking, data, peers
from .process import Failed, run, take_turns

OURS, OUR_PROMPT = "`auditql query -c 'SELECT 1'`", "`auditql`, first prompt"
CLI, CLI_PROMPT = "`duckdb -c 'SELECT 1'`", "`duckdb`, first prompt"
RUNS_MIN = 15
PATIENCE_S = 60
# What a terminal answers at once, and shells wait for: where the cursor is, what it can do, its colour behind the text.
TERMINAL_ANSWERS = {b"\x1b[6n": b"\x1b[1;1R", b"\x1b[c": b"\x1b[?62;c", b"\x1b]11;?": b"\x1b]11;rgb:0000/0000/0000\x1b\\"}

Prompted = collections.namedtuple("Prompted", "seconds cpu_seconds peak_bytes read_bytes")


def sizes(options):
    return ["all"]


def measure(options, _):
    archives = {size: data.archive_of(options, size) for size in dict.fromkeys((options.sizes[0], options.largest))}
    archives[data.YEAR] = data.archive(options, data.YEAR, data.year_pages(options))
    whole = {CLI: asking.duckdb_cli(options, ["SELECT 1"]), "DuckDB in Python": peers.child("duckdb", "run", "SELECT 1"),
             "`auditql --version`": [options.auditql, "--version"]}
    prompts = {CLI_PROMPT: ([options.duckdb_cli], b"D ")}
    for name, archive in archives.items():
        whole[f"{OURS}, {name}"] = [options.auditql, "query", "-a", archive, "-F", "csv", "-c", "SELECT 1"]
        prompts[f"{OUR_PROMPT}, {name}"] = ([options.auditql, "-a", archive], b"auditql> ")
    turns = {name: functools.partial(run, command, keep_stdout=False) for name, command in whole.items()}
    turns |= {name: functools.partial(until_prompt, *prompt) for name, prompt in prompts.items()}
    return {"series": take_turns(turns, max(options.runs, RUNS_MIN), warm_up=True), "archives": list(archives)}


def until_prompt(command, prompt):
    """From start to the prompt at a terminal of the command's own."""
    began = time.perf_counter()
    child, terminal = pty.fork()
    if child == 0:
        os.environ.update(TERM="xterm", NO_COLOR="1")
        os.execv(command[0], [str(part) for part in command])
    seen = b""
    while prompt not in seen:
        ready, _, _ = select.select([terminal], [], [], PATIENCE_S)
        if not ready:
            raise Failed(f"{command} shows no prompt {prompt!r} but {seen!r}")
        try:
            part = os.read(terminal, 65_536)
        except OSError:
            part = b""
        if not part:
            raise Failed(f"{command} ended before its prompt: {seen!r}")
        seen += part
        for question, answer in TERMINAL_ANSWERS.items():
            if question in part:
                os.write(terminal, answer)
    seconds = time.perf_counter() - began
    os.kill(child, 9)
    _, _, usage = os.wait4(child, 0)
    os.close(terminal)
    return Prompted(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024, 0)

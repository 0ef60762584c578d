"""Children: their wall and CPU time, peak memory and bytes read; one alone, several in turns, many at once."""

import collections
import multiprocessing
import os
import signal
import subprocess
import tempfile
import time

Measure = collections.namedtuple("Measure", "seconds cpu_seconds peak_bytes read_bytes stdout stderr")
NUMBERS = ("seconds", "cpu_seconds", "peak_bytes", "read_bytes")

# What stands in a report about a child that failed.
ERROR_TEXT_MAX = 300


class Failed(Exception):
    """A child that did not end well."""


def run(command, keep_stdout=True):
    """Runs a program to its end. Without `keep_stdout` its output goes to /dev/null, so that nobody waits for a disk."""
    with tempfile.TemporaryFile() as stdout, tempfile.TemporaryFile() as stderr:
        start = time.perf_counter()
        child = start_child(command, stdout if keep_stdout else subprocess.DEVNULL, stderr)
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        seconds = time.perf_counter() - start
        read_bytes = bytes_read(child.pid)  # Before the child is forgotten.
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        stdout.seek(0), stderr.seek(0)
        texts = stdout.read().decode(), stderr.read().decode()
    if child.returncode:
        raise Failed(failure(child.returncode, texts[1], command))
    return Measure(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024, read_bytes, *texts)


def together(commands):
    """Starts all at once: the seconds until the last has ended, and the seconds of each."""
    start = time.perf_counter()
    children = {}
    for command in commands:
        child = start_child(command, subprocess.DEVNULL, subprocess.DEVNULL)
        children[child.pid] = (child, command, time.perf_counter())
    seconds = []
    while children:
        pid, status = os.wait()
        child, command, began = children.pop(pid)
        seconds.append(time.perf_counter() - began)
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            raise Failed(failure(child.returncode, "", command))
    return time.perf_counter() - start, seconds


def take_turns(contenders, runs, warm_up=False):
    """Calls each contender once a round; lists of numbers by contender. `warm_up` adds a first round that does not count.

    A contender that fails is left out from then on, and its words stand in `failed`.
    """
    series = {name: {number: [] for number in NUMBERS} for name in contenders}
    for round_number in range(runs + warm_up):
        for name, contend in contenders.items():
            if "failed" in series[name]:
                continue
            try:
                measure = contend()
            except Failed as failed:
                series[name]["failed"] = str(failed)
                continue
            if round_number or not warm_up:
                for number in NUMBERS:
                    series[name][number].append(getattr(measure, number))
    return series


def start_child(command, stdout, stderr):
    return subprocess.Popen([str(part) for part in command], stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr)


def apart(function, *arguments):
    """Calls it in a process of its own. What it needs in memory would else count for all later children: on Linux a child's peak
    memory is never less than what its parent held when it was started."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(function, arguments)


def bytes_read(pid):
    """All that the process asked to read, from disk or page cache."""
    with open(f"/proc/{pid}/io") as lines:
        return int(next(line.split()[1] for line in lines if line.startswith("rchar")))


def failure(code, stderr, command):
    if code == -signal.SIGKILL:
        return "killed, for want of memory"
    words = stderr.strip()[-ERROR_TEXT_MAX:] or " ".join(map(str, command))[:ERROR_TEXT_MAX]
    return f"exit code {code}: {' '.join(words.split())}"

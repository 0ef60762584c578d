"""The table on top of the report: goal, what was measured, and whether it is met. A goal that nothing was measured for is left out; a
dash is a side that failed."""

import statistics

from . import again, asking, data, ingest, start
from .figures import digits, geometric_mean, median, ratio, two

MEMORY_BYTES_MAX = 512 * 2**20


def rows(results):
    """(goal, measured, met) of every goal."""
    found = []
    for part in (of_ingest, of_memory, of_size, of_again, of_queries, of_lookups, of_start, of_concurrent):
        found += part(results)
    return found


def of_section(results, section):
    return {size: entry["data"] for size, entry in results.get(section, {}).items()}


def of_ingest(results):
    found = []
    for size, measured in of_section(results, "ingest").items():
        series = measured["series"]
        for peer, with_text, goal, words in (
                (ingest.ORDERED_TEXT, True, 0.3, "deduplicated, ordered, text kept by both"),
                (ingest.PLAIN_TEXT, True, 0.7, "DuckDB neither deduplicates nor orders; text kept by both"),
                (ingest.ORDERED, False, 0.2, "deduplicated, ordered; text kept by auditql alone"),
                (ingest.PLAIN, False, 0.5, "DuckDB neither deduplicates nor orders; text kept by auditql alone")):
            numbers = ["seconds"] if "plain" in peer else ["seconds", "cpu_seconds"]
            ratios = [ratio(series[ingest.OURS], series[peer], number) for number in numbers]
            text = ", ".join(f"{two(value)} {'wall' if number == 'seconds' else 'CPU'}" for value, number in zip(ratios, numbers))
            remark = "" if with_text else " (auditql has no way without the text: its goal is for equal work)"
            found.append((f"ingest {size} ÷ DuckDB, {words}: ≤ {goal}{remark}", text, None not in ratios and max(ratios) <= goal))
    return found


def of_memory(results):
    peaks = {}  # Of the largest.
    for size, measured in of_section(results, "ingest").items():
        peaks = {size: max(measured["series"][ingest.OURS]["peak_bytes"])}
        same = of_section(results, "again").get(size)
        one = same and same["series"].get(again.ONE_FILE)
        if one and one["peak_bytes"]:
            peaks[f"{size} as one file of {same['one_file']['bytes'] / 1e9:.1f} GB"] = max(one["peak_bytes"])
    if not peaks:
        return []
    text = ", ".join(f"{name} {peak / 2**20:,.0f} MiB" for name, peak in peaks.items())
    return [("peak memory of the ingest, as folder and as one file: ≤ 512 MiB", text, max(peaks.values()) <= MEMORY_BYTES_MAX)]


def of_size(results):
    found = []
    for size, measured in of_section(results, "ingest").items():
        archive, disk = measured["archive"], measured["disk"]
        without = (archive["all"] - archive["raw"]) / disk[ingest.ORDERED] if ingest.ORDERED in disk else None
        part = measured["pages"]["bytes"] / archive["all"]
        if without:
            found.append((f"archive of {size} without `raw` ÷ DuckDB's file: ≤ 0.85", two(without), without <= 0.85))
        found.append((f"archive of {size} with `raw`: ≤ 1/7 of the JSON", f"1/{part:.1f}", part >= 7))
    return found


def of_again(results):
    found = []
    for size, measured in of_section(results, "again").items():
        series = measured["series"]
        quicker = ratio(series[again.FIRST], series[again.SECOND])
        more = ratio(series[again.NEW], series[again.NEW_ALONE])
        if quicker:
            found.append((f"{size} a second time: ≥ 20 × quicker than the first", f"{quicker:.0f} ×", quicker >= 20))
        if more:
            found.append((f"1 % new events into the archive of {size}: in proportion to them, not to it (read as ≤ 2 × the time into an empty one)",
                          f"{two(more)} × ({digits(median(series[again.NEW]))} s)", more <= 2))
    return found


def of_queries(results):
    found = []
    for size, measured in of_section(results, "queries").items():
        cold = {name: ours_to_best(series) for name, series in measured["cold"].items()}
        hot = {name: ratio(series[asking.HOT_OURS], series[asking.HOT_DUCKDB]) for name, series in measured["hot"].items()}
        found += verdict(f"queries on {size}, process start included, ÷ the quicker of DuckDB CLI and DuckDB in Python", cold)
        found += verdict(f"queries on {size}, hot inside one process, ÷ DuckDB", hot)
        pages = {name: ratio(measured["cold"][name][asking.OURS], series) for name, series in measured["on_pages"].items()}
        pages = {name: value for name, value in pages.items() if value}  # What failed is told elsewhere.
        if pages:
            worst = max(pages, key=pages.get)
            found.append((f"queries on {size} ÷ DuckDB on the raw pages: each ≤ 0.05",
                          f"{two(min(pages.values()))}–{two(pages[worst])} ({worst}), geometric mean {two(geometric_mean(pages.values()))}",
                          pages[worst] <= 0.05))
    return found


def ours_to_best(series):
    ratios = [ratio(series[asking.OURS], series[peer]) for peer in (asking.CLI, asking.PYTHON)]
    return max((value for value in ratios if value), default=None)


def verdict(words, ratios):
    """A query that failed on a side has no ratio, and misses both goals."""
    missed = [f"{name} {two(value)}" for name, value in ratios.items() if not value or value > 1]
    mean = geometric_mean(ratios.values()) if all(ratios.values()) else None
    return [(f"{words}: each ≤ 1.0", f"above: {', '.join(missed)}" if missed else "all", not missed),
            (f"{words}: geometric mean ≤ 0.7", two(mean), mean is not None and mean <= 0.7)]


def of_lookups(results):
    found = []
    for size, measured in of_section(results, "lookups").items():
        for name, about in zip(asking.LOOKUPS, ("event id", "correlation id", "user over 60 days")):
            hot = measured["hot"][name]
            whole, inside = ours_to_best(measured["cold"][name]), ratio(hot[asking.HOT_OURS], hot[asking.HOT_DUCKDB])
            read = read_share(measured, name)
            if whole and inside:
                found.append((f"look-up by {about} in {size} ÷ DuckDB: ≤ 0.5", f"{two(whole)} with start, {two(inside)} hot",
                              max(whole, inside) <= 0.5))
                found.append((f"look-up by {about} in {size} reads < 2 % of the data", f"{read:.1%}", read < 0.02))
    return found


def read_share(measured, name):
    return median(measured["cold"][name][asking.OURS], "read_bytes") / measured["archive"]["data"]


def of_start(results):
    found = []
    for measured in of_section(results, "start").values():
        series = measured["series"]
        year = ratio(series[f"{start.OURS}, {data.YEAR}"], series[start.CLI])
        prompt = ratio(series[f"{start.OUR_PROMPT}, {data.YEAR}"], series[start.CLI_PROMPT])
        first, last = measured["archives"][0], measured["archives"][-2]
        grows = ratio(series[f"{start.OURS}, {last}"], series[f"{start.OURS}, {first}"])
        if year:
            found.append(("`SELECT 1`, archive of 365 days ÷ `duckdb -c 'SELECT 1'`: ≤ 0.6", two(year), year <= 0.6))
        if prompt:
            found.append(("first prompt, archive of 365 days ÷ `duckdb`: ≤ 0.6", two(prompt), prompt <= 0.6))
        if grows and first != last:
            found.append((f"start does not grow with the archive (read as {last} ÷ {first} ≤ 1.1)", two(grows), grows <= 1.1))
    return found


def of_concurrent(results):
    found = []
    for size, measured in of_section(results, "concurrent").items():
        ours, theirs = measured[asking.OURS], measured[asking.CLI]
        each = statistics.median(ours["each"]["seconds"]) / statistics.median(theirs["each"]["seconds"])
        total = ratio(ours["total"], theirs["total"])
        found.append((f"16 queries at once on {size} ÷ DuckDB: ≤ 1.0", f"{two(each)} a query, {two(total)} in all", max(each, total) <= 1))
    return found

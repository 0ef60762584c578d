"""Lists of measured numbers to text."""

import math
import statistics


def median(series, number="seconds"):
    """None if the contender failed, or was not there."""
    values = (series or {}).get(number)
    return statistics.median(values) if values and "failed" not in series else None


def ratio(ours, theirs, number="seconds"):
    """Of the medians; None if either is missing."""
    top, bottom = median(ours, number), median(theirs, number)
    return top / bottom if top is not None and bottom else None


def geometric_mean(values):
    return math.exp(statistics.fmean(map(math.log, values)))


def spread(series, number="seconds", scale=1.0):
    if not series or "failed" in series or not series.get(number):
        return "failed" if series else "–"
    values = sorted(value * scale for value in series[number])
    return f"{digits(statistics.median(values))} ({digits(values[0])}–{digits(values[-1])})"


def peak_mib(series):
    return f"{max(series['peak_bytes']) / 2**20:,.0f}" if series and series.get("peak_bytes") else "–"


def digits(value):
    if value is None:
        return "–"
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def two(value):
    """A ratio."""
    return "–" if value is None else f"{value:.2f}" if value >= 0.1 else f"{value:.3f}"


def table(heads, rows):
    return ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads),
            *("| " + " | ".join(str(cell) for cell in row) + " |" for row in rows)]

"""Sixteen processes at once, each with a query of its own."""

from . import asking, data
from .process import together

MIX = ("Q1", "Q2", "Q5", "Q8")
PROCESSES = 16


def sizes(options):
    """M stands for an archive that many look into; else the largest there is."""
    return ["M" if "M" in options.sizes else options.largest]


def measure(options, size):
    archive = data.archive_of(options, size)
    facts = data.facts(archive)
    by_query = {name: asking.commands(options, archive, facts, name) for name in MIX}
    result = {}
    for round_number in range(options.runs + 1):
        for contender in (asking.OURS, asking.CLI):
            total, each = together([by_query[MIX[number % len(MIX)]][contender] for number in range(PROCESSES)])
            if round_number:  # Round 0 warms up.
                series = result.setdefault(contender, {"total": {"seconds": []}, "each": {"seconds": []}})
                series["total"]["seconds"].append(total)
                series["each"]["seconds"] += each
    return result

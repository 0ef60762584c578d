"""Events, times and identifiers, before any file format.

A time is an integer of 100 ns ticks since 1970-01-01 UTC, the resolution of the Graph API; a float would lose the last digit.
"""
from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import datetime, timezone

SEED = "alder-coffee-2026-03-02"
TICKS_PER_SECOND = 10_000_000
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONDAY = int(datetime(2026, 3, 2, tzinfo=timezone.utc).timestamp()) * TICKS_PER_SECOND

# The first part of an event id names the service, in the spelling the service itself uses.
ID_PREFIX = {"Core Directory": "Directory"}


def seeded(name):
    """A random source for one part of the story, so that a change in one part does not reshuffle the others."""
    return random.Random("%s/%s" % (SEED, name))


def guid(block, number):
    """A readable made-up GUID: the fourth group says what it identifies, the last one which."""
    return "00000000-0000-4000-%s-%012d" % (block, number)


def clock(text):
    """Ticks of `Tue 09:30` or `Tue 09:30:15`, without a fraction. `Sun 24:00` is the end of the week."""
    day, time = text.split(" ")
    parts = [int(part) for part in time.split(":")] + [0]
    seconds = DAYS.index(day) * 86400 + parts[0] * 3600 + parts[1] * 60 + parts[2]
    return MONDAY + seconds * TICKS_PER_SECOND


def seconds(value):
    return int(value * TICKS_PER_SECOND)


def iso(ticks, suffix="Z"):
    """Graph's spelling: up to seven decimals, trailing zeros cut, and no point when nothing is left."""
    whole, fraction = divmod(ticks, TICKS_PER_SECOND)
    text = datetime.fromtimestamp(whole, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S")
    decimals = ("%07d" % fraction).rstrip("0")
    return text + ("." + decimals if decimals else "") + suffix


@dataclass
class Event:
    """One thing that happened. Every file shape is a rendering of this."""

    ticks: int
    service: str
    category: str
    activity: str
    correlation: str
    operation: object = ""
    result: str = "success"
    reason: object = ""
    user: object = None
    app: object = None
    targets: list = field(default_factory=list)
    details: list = field(default_factory=list)
    user_agent: object = None
    # Some exporters leave the empty half of `initiatedBy` out instead of writing null.
    one_sided: bool = False
    id: str = ""


class Story:
    """Collects events and gives out correlation ids; `finish` sorts them and numbers them."""

    def __init__(self):
        self.events = []
        self._correlations = 0

    def correlation(self):
        self._correlations += 1
        return guid("9000", self._correlations)

    def add(self, ticks, service, category, activity, correlation, **more):
        event = Event(ticks, service, category, activity, correlation, **more)
        self.events.append(event)
        return event

    def finish(self):
        rng = seeded("ids")
        alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
        self.events.sort(key=lambda event: event.ticks)
        number = 41_000_000
        for event in self.events:
            number += rng.randrange(3, 900)
            tag = "".join(rng.choice(alphabet) for _ in range(5))
            prefix = ID_PREFIX.get(event.service, event.service)
            event.id = "%s_%s_%s_%d" % (prefix, event.correlation, tag, number)
        return self.events


class Moments:
    """Adds believable fractions to times: seven random digits, now and then fewer because a zero was cut."""

    def __init__(self, rng):
        self.rng = rng

    def near(self, ticks):
        fraction = self.rng.randrange(1, TICKS_PER_SECOND)
        roll = self.rng.random()
        if roll < 0.02:
            fraction = 0
        elif roll < 0.12:
            fraction -= fraction % 1000
        return ticks - ticks % TICKS_PER_SECOND + fraction

    def at(self, text):
        return self.near(clock(text))

    def after(self, ticks, low, high):
        """A moment `low` to `high` seconds later."""
        return ticks + self.rng.randrange(seconds(low), seconds(high))

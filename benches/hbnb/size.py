"""The rows of size: a search by two states and three amenities in tables of ten thousand to a million places.

Two things are asked of each table: two states that have the same 400 places in every one, so that only the table grows;
and two others by chance, whose places, and so the result, grow with the table. Of MariaDB only the limited table is asked.
"""

import itertools
import random
import sqlite3
from contextlib import ExitStack
from dataclasses import dataclass, field
from statistics import median

import large
import pace
from bench import OURS
from mariadb import MariaDb
from process import Failed
from question import search
from service import Service
from table import Limit, Line, bound

SIZES = (10_000, 100_000, 1_000_000)
LIMITED = 100_000
P99_MS = Limit("≤", 20)
# The median in the largest table, in which only the table is larger, to the median in the smallest.
GROWTH = Limit("≤", 2)
PER_SECOND = 50
# A search that finds a thousand places takes longer than a fiftieth of a second; more at a time would only queue.
PER_SECOND_OF_LARGEST = 2
CONNECTIONS = 8
PAIRS = 20


def wanted(data, states):
    """The ids that a search must find, by a statement of our own."""
    rows = sqlite3.connect(f"file:{data.path}?mode=ro", uri=True)
    found = rows.execute(
        "SELECT p.id FROM places p JOIN cities c ON c.id = p.city_id WHERE c.state_id IN (?, ?) AND (SELECT COUNT(*) "
        "FROM place_amenity l WHERE l.place_id = p.id AND l.amenity_id IN (?, ?, ?)) = 3 ORDER BY p.id",
        [*states, *data.amenities],
    ).fetchall()
    rows.close()
    return [one for (one,) in found]


@dataclass
class Series:
    """What is asked of one table at one pace; `rounds` are the times in milliseconds, the shortest first."""

    service: Service
    data: large.Large
    pairs: list
    title: str
    per_second: int
    rounds: list = field(default_factory=list)
    # Means nothing, but makes each question another one: no answer to it was given before.
    number: itertools.count = field(default_factory=itertools.count)

    def question(self, states):
        return search(self.title, states=list(states), amenities=self.data.amenities, number=next(self.number))

    def found(self):
        """How many places are usually found; they must be the right ones."""
        counts = []
        for states in self.pairs[:3]:
            ids = [one["id"] for one in self.service.objects(self.question(states))]
            right = wanted(self.data, states)
            if ids != right:
                raise Failed(f"{self.title}: {len(ids)} places are found instead of {len(right)}")
            counts.append(len(ids))
        return median(counts)

    def times_ms(self, seconds):
        count = int(seconds * self.per_second)
        questions = [self.question(self.pairs[number % len(self.pairs)]) for number in range(count)]
        requests = [pace.Request(f"POST {question.path}", question.body.encode()) for question in questions]
        arrivals = [(number / self.per_second, request) for number, request in enumerate(requests)]
        return sorted(ms for _, ms in pace.times_ms(self.service, arrivals, CONNECTIONS))

    def measure(self, bench):
        taken = bench.calm.measured(lambda: self.times_ms(bench.seconds * 2), self.service)
        self.rounds.append(taken)

    def line(self, name, at):
        return Line(f"{self.title}: {name}", OURS, "ms", [one[int(len(one) * at)] for one in self.rounds])


class OnMariaDb:
    """The limited table on the other engine, which no answer is kept of."""

    def measure(self, bench):
        data = large.make(LIMITED)
        with MariaDb(bench.work) as server, Service(OURS, server.holding("places", data.path), bench.work) as service:
            series = growing(service, data, LIMITED)
            series.title = f"places_search on MariaDB of {series.title}, {series.found():,.0f} found"
            series.times_ms(bench.warm_up)
            for _ in range(bench.rounds):
                series.measure(bench)
        return [series.line("median", 0.5), bound(series.line("p99", 0.99), P99_MS)]


def into_memory(path):
    """The system reads the file once, so that the disk is not measured."""
    with open(path, "rb") as file:
        while file.read(1 << 20):
            pass


class Size:
    """One service a table; all in turns."""

    def measure(self, bench):
        tables = {places: large.make(places) for places in SIZES}
        with ExitStack() as stack:
            quiet, busy = [], []
            for places, data in tables.items():
                into_memory(data.path)
                service = stack.enter_context(Service(OURS, data.path, bench.work))
                quiet.append(Series(service, data, [data.quiet], f"{places:,} places, 400 in the states", PER_SECOND))
                busy.append(growing(service, data, places))
            for series in quiet + busy:
                series.title = f"places_search of {series.title}, {series.found():,.0f} found"
                series.times_ms(bench.warm_up)
            for _ in range(bench.rounds):
                for series in quiet + busy:
                    series.measure(bench)
        return lines(quiet, busy)


def growing(service, data, places):
    chance = random.Random(places)
    pairs = [chance.sample(data.busy, 2) for _ in range(PAIRS)]
    title = f"{places:,} places, {places * 2 // len(data.busy):,} in the states"
    return Series(service, data, pairs, title, PER_SECOND_OF_LARGEST if places == SIZES[-1] else PER_SECOND)


def lines(quiet, busy):
    """By table: only the table grows, then the result too."""
    medians = [series.line("median", 0.5) for series in quiet]
    growth = medians[-1].median / medians[0].median
    medians[-1].limit = f"{growth:.2f}× of {SIZES[0]:,}, {GROWTH.sign} {GROWTH.bound:g}×"
    medians[-1].kept = GROWTH.kept(growth)
    found = []
    for places, middle, *both in zip(SIZES, medians, quiet, busy):
        # Of a few requests there is no hundredth.
        p99 = [series.line("p99", 0.99) for series in both if series.per_second == PER_SECOND]
        if places == LIMITED:
            p99 = [bound(line, P99_MS) for line in p99]
        found += [middle, both[1].line("median", 0.5), *p99]
    return found

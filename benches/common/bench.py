"""What every table of the benches shares: how long is measured, how it is printed, and how the program ends."""

import argparse
import signal
import sys
import tempfile
from dataclasses import dataclass, field
from statistics import median

import wrk
from calm import Calm
from process import Failed
from table import heading, markdown

OURS = "appserver"


@dataclass(frozen=True)
class Bench:
    """What all rows share: how often, how long, and where to write."""

    rounds: int
    seconds: int
    work: str
    warm_up: int = 1
    connections: int = wrk.CONNECTIONS
    calm: Calm = field(default_factory=Calm)

    def load(self, server, path, script=None):
        return self.calm.measured(lambda: wrk.load(server, path, self.seconds, script, self.connections), server)

    def warm(self, server, path, script=None):
        wrk.asked(server, path, self.warm_up, script, self.connections)

    def table(self, rows, conditions, ours=OURS):
        """Prints each row as soon as it is known; the lines whose limit is not kept."""
        lines = []
        print(f"\n{heading(ours)}", flush=True)
        for row in rows:
            found = row.measure(self)
            print("\n".join(map(markdown, found)), flush=True)
            lines += found
        print(f"\nMedians of {self.rounds} rounds of {self.seconds} s, in turns; {conditions}.")
        usual, most = median(self.calm.shares or [0]), max(self.calm.shares or [0])
        print(f"Other programs took {usual:.0%} of the machine in the median measurement, {most:.0%} in the worst.")
        return [line for line in lines if line.kept is False]


def arguments(about, rows, rounds=5, seconds=3):
    """What was typed: which of `rows`, and how long they are measured; `rounds` and `seconds` are the usual numbers."""
    parser = argparse.ArgumentParser(description=about.splitlines()[0])
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"only these rows: {', '.join(rows)}")
    parser.add_argument("--rounds", type=int, default=rounds)
    parser.add_argument("--seconds", type=int, default=seconds, help="of one round")
    given = parser.parse_args()
    unknown = [name for name in given.rows if name not in rows]
    if unknown:
        parser.error(f"unknown: {', '.join(unknown)}; rows: {', '.join(rows)}")
    return given


def run(measure):
    """The exit status: 1 if `measure(work)`, which may write into that directory, returns lines, 2 if it fails."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(2))
    try:
        with tempfile.TemporaryDirectory() as work:
            missed = measure(work)
    except Failed as failed:
        print(f"error: {failed}", file=sys.stderr)
        return 2
    for line in missed:
        print(f"missed: {line.what}, {line.server}: {line.limit}", file=sys.stderr)
    return 1 if missed else 0

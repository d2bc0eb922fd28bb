#!/usr/bin/python3
"""An application behind the Nginx that deployer renders, and behind a dozen lines by hand: throughput, in one run.

The same application server for both, on a socket file; it and both Nginxes on core 0, wrk on core 1; short rounds, each of
some turns; medians, ratios by turn. The main file is the same for both, as Debian has it, with its access log.
Exits 1 if a limit is not kept, 2 if it cannot be measured. Needs nginx, wrk, taskset, and Python's venv.
"""

import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

sys.dont_write_bytecode = True
os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
sys.path.append(str(Path(__file__).resolve().parent.parent / "common"))

import bench
import front
import program
import small
import wrk
from table import Limit, Line, compare

LIMIT = Limit("≥", 0.95)
# How often each is asked in a round, and for how long: neighbours in time are alike, whatever else the machine does. But
# each round is one throw of the dice of where programs lie in memory: of sixteen the median is still 1 % off.
ROUNDS, TURNS, SECONDS = 32, 2, 1
ROWS = {
    "hello": front.App("eleven bytes that cost nothing", "@hbnb/onepage", "/airbnb-onepage/"),
    "states": front.App("the clone's states as JSON", "@hbnb/api", "/api/v1/states"),
    "home": front.App("the clone's home page, 150 places", "@hbnb/web", "/"),
    "flask": front.App("a Flask view", "view:app", "/"),
}


@dataclass(frozen=True)
class Row:
    """One application behind both."""

    app: front.App
    database: str

    def measure(self, bench):
        """All programs are started anew for each round: where one happens to lie in memory is worth 5 % either way."""
        loads = {front.RENDERED: [], front.BY_HAND: []}
        for number in range(bench.rounds):
            with (
                tempfile.TemporaryDirectory(dir=bench.work) as work,
                front.Application(self.app, self.database, work) as application,
                front.Front(front.RENDERED, application, work) as rendered,
                front.Front(front.BY_HAND, application, work) as by_hand,
            ):
                for one in (rendered, by_hand):
                    bench.warm(one, self.app.path)
                for turn in range(number, number + TURNS):
                    for one in (rendered, by_hand) if turn % 2 else (by_hand, rendered):
                        loads[one.name].append(bench.load(one, self.app.path))
        title = f"through Nginx: {self.app.title}"
        lines = [Line(title, name, "/s", [load.per_second for load in done]) for name, done in loads.items()]
        lines = compare(lines, front.RENDERED, {front.BY_HAND: LIMIT})
        p99 = [Line(f"{title}: p99", name, "ms", [load.p99_ms for load in done]) for name, done in loads.items()]
        return lines + compare(p99, front.RENDERED, {})


def measure(given, work):
    program.prepare(program.APPSERVER, front.DEPLOYER, small.HBNB)
    database = small.make(work).path
    chosen = bench.Bench(given.rounds, given.seconds, work)
    conditions = (
        f"{TURNS} turns a round; one worker each; the application and both Nginxes on core 0, wrk -t1 -c{wrk.CONNECTIONS} on core 1.\n"
        f"nginx {front.version()}, " + program.versions(["appserver", "Flask"])
    )
    return chosen.table([Row(ROWS[name], database) for name in given.rows or ROWS], conditions, front.RENDERED)


if __name__ == "__main__":
    asked = bench.arguments(__doc__, ROWS, ROUNDS, SECONDS)
    sys.exit(bench.run(lambda work: measure(asked, work)))

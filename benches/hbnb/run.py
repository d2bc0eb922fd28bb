#!/usr/bin/python3
"""The Airbnb clone beside the same application in Flask and SQLAlchemy under Gunicorn: speed, latency, memory, size.

The same rows in the same SQLite file, as many workers, all of a side on core 0, wrk on core 1; short rounds, the sides
in turns; medians, ratios by round. The answers of all sides are compared first.
Exits 1 if a limit is not kept, 2 if it cannot be measured. Needs wrk, taskset, and Python's venv.
"""

import os
import sys
from dataclasses import dataclass
from pathlib import Path

sys.dont_write_bytecode = True
os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
sys.path.append(str(Path(__file__).resolve().parent.parent / "common"))

import bench
import program
import small
from footprint import Footprint
from question import Question, home, search
from service import WORKERS
from size import OnMariaDb, Size
from small import Small
from speed import Speed

# The clone needs a tenth of a second for some answers: of more clients at a time each would wait for seconds.
CONNECTIONS = 8
QUESTIONS = {
    "states": lambda _: Question("GET /api/v1/states", "/api/v1/states"),
    "place": lambda data: Question("GET /api/v1/places/ID", f"/api/v1/places/{data.place}"),
    "search": lambda _: search("POST /api/v1/places_search {}"),
    "anew": lambda _: search("POST /api/v1/places_search {}, never asked before", is_new=True),
    "amenities": lambda data: search("POST /api/v1/places_search, three amenities", amenities=data.amenities),
    "home": lambda _: home(),
}
ROWS = {
    **{name: Speed(question, is_limited=name != "anew") for name, question in QUESTIONS.items()},
    "memory": Footprint(QUESTIONS.values()),
    "size": Size(),
    "mariadb": OnMariaDb(),
}


@dataclass(frozen=True)
class Bench(bench.Bench):
    """The rows side by side ask the small database."""

    small: Small | None = None


def measure(given, work):
    program.prepare(program.APPSERVER, small.HBNB)
    conditions = (
        f"{WORKERS} workers on either side; {small.PLACES} places unless said otherwise; servers on core 0, "
        f"wrk -t1 -c{CONNECTIONS} on core 1.\n"
        + program.versions(["appserver", "gunicorn", "Flask", "SQLAlchemy", "Jinja2"])
    )
    chosen = Bench(given.rounds, given.seconds, work, connections=CONNECTIONS, small=small.make(work))
    return chosen.table([ROWS[name] for name in given.rows or ROWS], conditions)


if __name__ == "__main__":
    asked = bench.arguments(__doc__, ROWS)
    sys.exit(bench.run(lambda work: measure(asked, work)))

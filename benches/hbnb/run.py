#!/usr/bin/python3
"""The Airbnb clone beside the same application in Flask and SQLAlchemy under Gunicorn: speed, latency, memory, size.

The same rows in the same SQLite file, as many workers, all of a side on core 0, wrk on core 1; short rounds, the sides
in turns; medians, ratios of medians. The answers of all sides are compared first.
Exits 1 if a limit is not kept, 2 if it cannot be measured. Needs wrk, taskset, and Python's venv.
"""

import argparse
import os
import platform
import shutil
import signal
import statistics
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

sys.dont_write_bytecode = True
os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
sys.path.append(str(Path(__file__).resolve().parent.parent / "wsgi"))

import peer
import row
import small
from footprint import Footprint
from process import CLIENT_CORE, Failed
from question import Question, home, search
from service import OURS, WORKERS
from size import Size
from small import Small
from speed import Speed
from table import heading, markdown

QUESTIONS = {
    "states": lambda _: Question("GET /api/v1/states", "/api/v1/states"),
    "place": lambda data: Question("GET /api/v1/places/ID", f"/api/v1/places/{data.place}"),
    "search": lambda _: search("POST /api/v1/places_search {}"),
    "amenities": lambda data: search("POST /api/v1/places_search, three amenities", amenities=data.amenities),
    "home": lambda _: home(),
}
ROWS = {
    **{name: Speed(question) for name, question in QUESTIONS.items()},
    "memory": Footprint(QUESTIONS.values()),
    "size": Size(),
}


@dataclass(frozen=True)
class Bench(row.Bench):
    """What all rows share."""

    small: Small | None = None


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"only these rows: {', '.join(ROWS)}")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=3, help="of one round")
    given = parser.parse_args()
    unknown = [name for name in given.rows if name not in ROWS]
    if unknown:
        parser.error(f"unknown: {', '.join(unknown)}; rows: {', '.join(ROWS)}")
    return given


def prepare():
    """What must be there before anything is measured."""
    missing = [program for program in ("wrk", "taskset") if not shutil.which(program)]
    binaries = [path for path in (peer.APPSERVER, small.HBNB) if not os.access(path, os.X_OK)]
    missing += [f"{path} (cargo build --release)" for path in binaries]
    if missing:
        raise Failed("missing: " + ", ".join(missing))
    if not {0, CLIENT_CORE} <= os.sched_getaffinity(0):
        raise Failed("two cores are needed: one serves, one asks")
    peer.install()
    os.sched_setaffinity(0, {CLIENT_CORE})


def conditions(bench):
    packages = ("appserver", "gunicorn", "Flask", "SQLAlchemy", "Jinja2")
    listed = ", ".join(f"{package} {peer.version(package)}" for package in packages)
    python = os.popen(f"{peer.PYTHON} -V").read().split()[1]
    return (
        f"Medians of {bench.rounds} rounds of {bench.seconds} s, the sides in turns; {WORKERS} workers each; "
        f"{small.PLACES} places; servers on core 0, wrk -t1 -c{row.wrk.CONNECTIONS} on core 1.\n"
        f"{listed}; Python {python}, Linux {platform.release()}."
    )


def measure(given, work):
    """Prints each row as soon as it is known; the lines whose limit is not kept."""
    bench = Bench((), given.rounds, given.seconds, 1, work, small=small.make(work))
    lines = []
    print(f"\n{heading(OURS)}", flush=True)
    for name in given.rows or ROWS:
        found = ROWS[name].measure(bench)
        print("\n".join(map(markdown, found)), flush=True)
        lines += found
    print(f"\n{conditions(bench)}")
    shares = bench.calm.shares or [0]
    usual, most = statistics.median(shares), max(shares)
    print(f"Other programs took {usual:.0%} of the machine in the median measurement, {most:.0%} in the worst.")
    return [line for line in lines if line.kept is False]


def main():
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(2))
    given = arguments()
    try:
        prepare()
        with tempfile.TemporaryDirectory() as work:
            missed = measure(given, work)
    except Failed as failed:
        print(f"error: {failed}", file=sys.stderr)
        return 2
    for line in missed:
        print(f"missed: {line.what}, {line.server}: {line.limit}", file=sys.stderr)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())

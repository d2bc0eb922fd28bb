#!/usr/bin/python3
"""appserver beside its peers with Python WSGI applications: throughput, latency, memory, in one run.

One worker, all of the server on core 0, wrk on core 1; short rounds, the servers in turns; medians, ratios of medians.
Exits 1 if a limit is not kept, 2 if it cannot be measured. Needs wrk, taskset, gcc, and Python's headers and venv.
"""

import argparse
import os
import platform
import shutil
import signal
import statistics
import sys
import tempfile

sys.dont_write_bytecode = True
os.environ["PYTHONDONTWRITEBYTECODE"] = "1"

import crowd
import memory
import mixed
import peer
import row
from process import CLIENT_CORE, Failed
from table import heading, markdown

ROWS = {**row.ROWS, "mixed": mixed.Mixed(), "memory": memory.Memory()}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"only these rows: {', '.join(ROWS)}")
    parser.add_argument("--only", default="", metavar="NAMES", help="only these servers: appserver,granian,gunicorn …")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=3, help="of one round")
    given = parser.parse_args()
    given.only = tuple(name for name in given.only.split(",") if name)
    unknown = [name for name in given.rows if name not in ROWS]
    unknown += [o for o in given.only if not any(n == o or n.startswith(f"{o}-") for n in peer.SERVERS)]
    if unknown:
        parser.error(f"unknown: {', '.join(unknown)}; rows: {', '.join(ROWS)}; servers: {', '.join(peer.SERVERS)}")
    return given


def prepare(given):
    """What must be there before anything is measured."""
    missing = [program for program in ("wrk", "taskset") if not shutil.which(program)]
    if (not given.only or row.OURS in given.only) and not os.access(peer.APPSERVER, os.X_OK):
        missing.append(f"{peer.APPSERVER} (cargo build --release)")
    if missing:
        raise Failed("missing: " + ", ".join(missing))
    if not {0, CLIENT_CORE} <= os.sched_getaffinity(0):
        raise Failed("two cores are needed: one serves, one asks")
    crowd.raise_open_files()
    peer.install()
    os.sched_setaffinity(0, {CLIENT_CORE})


def conditions(bench, names):
    versions = {package: peer.version(package) for package in dict.fromkeys(peer.SERVERS[n].package for n in names)}
    flask = peer.version("Flask")
    python = os.popen(f"{peer.PYTHON} -V").read().split()[1]
    listed = ", ".join(f"{package} {number}" for package, number in versions.items())
    return (
        f"Medians of {bench.rounds} rounds of {bench.seconds} s, servers in turns; one worker unless said otherwise; "
        f"servers on core 0, wrk -t1 -c{row.wrk.CONNECTIONS} on core 1.\n"
        f"{listed}, Flask {flask}; Python {python}, Linux {platform.release()}."
    )


def measure(given, work):
    """Prints each row as soon as it is known; the lines whose limit is not kept."""
    bench = row.Bench(given.only, given.rounds, given.seconds, 1, work)
    lines = []
    print(f"\n{heading(row.OURS)}", flush=True)
    for name in given.rows or ROWS:
        found = ROWS[name].measure(bench)
        print("\n".join(map(markdown, found)), flush=True)
        lines += found
    print(f"\n{conditions(bench, bench.names(peer.SERVERS))}")
    usual, most = statistics.median(bench.calm.shares), max(bench.calm.shares)
    print(f"Other programs took {usual:.0%} of the machine in the median measurement, {most:.0%} in the worst.")
    return [line for line in lines if line.kept is False]


def main():
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(2))
    given = arguments()
    try:
        prepare(given)
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

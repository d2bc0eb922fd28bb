#!/usr/bin/python3
"""appserver beside its peers with Python WSGI applications: throughput, latency, memory, in one run.

One worker, all of the server on core 0, wrk on core 1; short rounds, the servers in turns; medians, ratios by round.
Exits 1 if a limit is not kept, 2 if it cannot be measured. Needs wrk, taskset, gcc, and Python's headers and venv.
"""

import argparse
import os
import sys
from pathlib import Path

sys.dont_write_bytecode = True
os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
sys.path.append(str(Path(__file__).resolve().parent.parent / "common"))

import bench
import crowd
import memory
import mixed
import peer
import program
import row
import wrk

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


def measure(given, work):
    chosen = row.Bench(given.rounds, given.seconds, work, only=given.only)
    names = chosen.names(peer.SERVERS)
    program.prepare(*(program.APPSERVER for name in names if name == bench.OURS))
    crowd.raise_open_files()
    conditions = (
        f"one worker unless said otherwise; servers on core 0, wrk -t1 -c{wrk.CONNECTIONS} on core 1.\n"
        + program.versions([*(peer.SERVERS[name].package for name in names), "Flask"])
    )
    return chosen.table([ROWS[name] for name in given.rows or ROWS], conditions)


if __name__ == "__main__":
    asked = arguments()
    sys.exit(bench.run(lambda work: measure(asked, work)))

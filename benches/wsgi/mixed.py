"""The row of fast views beside slow ones: does a fast view wait for a slow one although a worker is free?

Requests arrive at random, at the same moments for every server, and do not wait for earlier answers; one in ten asks
for the view that sleeps. At 200 a second that keeps one of the four workers asleep on the average. Only fast views
are timed, each from the moment when it was due.
"""

import random
from contextlib import ExitStack

import pace
import peer
from ask import FLASK_VIEW
from bench import OURS
from table import Limit, Line, compare

WORKERS = 4
PER_SECOND = 200
SLOW_SHARE = 0.1
CONNECTIONS = 32
FAST = pace.Request("GET /", answer=FLASK_VIEW.answer)
SLOW = pace.Request("GET /slow", answer=b"Slow")


def arrivals(seconds, seed):
    """Moments from the start on, and the request that arrives then."""
    chance = random.Random(seed)
    at = 0.0
    while (at := at + chance.expovariate(PER_SECOND)) < seconds:
        yield at, SLOW if chance.random() < SLOW_SHARE else FAST


def p99_ms(server, seconds, seed):
    asked = pace.times_ms(server, arrivals(seconds, seed), CONNECTIONS)
    taken = sorted(ms for request, ms in asked if request is FAST)
    return taken[int(len(taken) * 0.99)]


class Mixed:
    def measure(self, bench):
        names = bench.names((OURS, "granian", "gunicorn-gthread"))
        seconds = bench.seconds * 2
        times = {name: [] for name in names}
        with ExitStack() as stack:
            servers = [stack.enter_context(peer.Running(n, "view:app", FLASK_VIEW, bench.work, WORKERS)) for n in names]
            for server in servers:
                p99_ms(server, bench.warm_up, seed=-1)
            for seed in range(bench.rounds):
                for server in servers:
                    one = bench.calm.measured(lambda: p99_ms(server, seconds, seed), server)
                    times[server.name].append(one)
        title = f"fast views, one in ten sleeps 50 ms, {WORKERS} workers: p99"
        lines = [Line(title, name, "ms", values) for name, values in times.items()]
        return compare(lines, OURS, {"gunicorn-gthread": Limit("≤", 0.5)})

"""The row of fast views beside slow ones: does a fast view wait for a slow one although a worker is free?

Requests arrive at random, at the same moments for every server, and do not wait for earlier answers; one in ten asks
for the view that sleeps. At 200 a second that keeps one of the four workers asleep on the average. Only fast views
are timed, from their arrival.
"""

import asyncio
import random
import time
from contextlib import ExitStack

import peer
from ask import FLASK_VIEW, Request
from bench import OURS
from process import Failed
from table import Limit, Line, compare

WORKERS = 4
PER_SECOND = 200
SLOW_SHARE = 0.1
CONNECTIONS = 32
FAST = FLASK_VIEW
SLOW = Request("GET", "/slow", None, b"Slow")


def arrivals(seconds, seed):
    """Moments from the start on, and the request that arrives then."""
    chance = random.Random(seed)
    at = 0.0
    while (at := at + chance.expovariate(PER_SECOND)) < seconds:
        yield at, SLOW if chance.random() < SLOW_SHARE else FAST


async def exchange(reader, writer, request):
    """One request on an open connection."""
    writer.write(f"GET {request.path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    length = int(head.split(b"content-length:")[1].split(b"\r\n")[0])
    body = await reader.readexactly(length)
    if head.split(b" ")[1] != b"200" or body != request.answer:
        raise Failed(f"{request.path} is answered with {head!r} {body!r}")


async def connection(port, waiting, taken):
    """Asks what is `waiting` over one connection; puts the times of the fast views into `taken`."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while item := await waiting.get():
        since, request = item
        await exchange(reader, writer, request)
        if request is FAST:
            taken.append(time.perf_counter() - since)
    writer.close()


async def ask_all(port, seconds, seed):
    """The times of the fast views, in seconds."""
    waiting, taken = asyncio.Queue(), []
    async with asyncio.TaskGroup() as tasks:
        for _ in range(CONNECTIONS):
            tasks.create_task(connection(port, waiting, taken))
        begin = time.perf_counter()
        for at, request in arrivals(seconds, seed):
            await asyncio.sleep(max(begin + at - time.perf_counter(), 0))
            waiting.put_nowait((time.perf_counter(), request))
        for _ in range(CONNECTIONS):
            waiting.put_nowait(None)
    return taken


def p99_ms(server, seconds, seed):
    try:
        taken = sorted(asyncio.run(ask_all(server.port, seconds, seed)))
    except* (OSError, EOFError, Failed) as errors:
        raise Failed(f"{server.name}: {errors.exceptions[0]!r}\n{server.said()}".rstrip()) from None
    return taken[int(len(taken) * 0.99)] * 1000


class Mixed:
    def measure(self, bench):
        names = bench.names((OURS, "granian", "gunicorn-gthread"))
        seconds = bench.seconds * 2
        times = {name: [] for name in names}
        with ExitStack() as stack:
            servers = [stack.enter_context(peer.Running(n, "view:app", FAST, bench.work, WORKERS)) for n in names]
            for server in servers:
                p99_ms(server, bench.warm_up, seed=-1)
            for seed in range(bench.rounds):
                for server in servers:
                    one = bench.calm.measured(lambda: p99_ms(server, seconds, seed), server)
                    times[server.name].append(one)
        title = f"fast views, one in ten sleeps 50 ms, {WORKERS} workers: p99"
        lines = [Line(title, name, "ms", values) for name, values in times.items()]
        return compare(lines, OURS, {"gunicorn-gthread": Limit("≤", 0.5)})

"""The rows of throughput: the same request asked of every server, in turns."""

import subprocess
from contextlib import ExitStack
from dataclasses import dataclass, field

import bench
import peer
from ask import FLASK_VIEW, Request
from bench import OURS
from process import SERVER_CORE, Failed, pinned
from program import PYTHON
from table import Limit, Line, compare

LOOP = "bare loop"
PEERS = ("granian", *peer.UWSGI, *peer.GUNICORN)
# Without a limit: no server, only how thin one can be.
THINNEST = "fastwsgi"
AHEAD = Limit(">", 1)


@dataclass(frozen=True)
class Bench(bench.Bench):
    """Which servers are measured: all if `only` is empty."""

    only: tuple = ()

    def names(self, candidates):
        """The chosen servers among `candidates`: `gunicorn` chooses all its classes."""
        return [n for n in candidates if not self.only or any(n == o or n.startswith(f"{o}-") for o in self.only)]


@dataclass(frozen=True)
class Throughput:
    """One request, its application, and by how much appserver must be ahead of whom."""

    title: str
    application: str
    request: Request
    limits: dict
    script: str | None = None
    floor: Limit | None = None
    p99_limits: dict = field(default_factory=dict)

    def measure(self, bench):
        names = bench.names((OURS, *PEERS, THINNEST))
        script = self.script and peer.HERE / self.script
        loads = {name: [] for name in names}
        floor = []
        with ExitStack() as stack:
            servers = [
                stack.enter_context(peer.Running(name, self.application, self.request, bench.work)) for name in names
            ]
            for server in servers:
                bench.warm(server, self.request.path, script)
            for _ in range(bench.rounds):
                floor += [bench.calm.measured(lambda: bare_loop(bench.seconds))] if self.floor else []
                for server in servers:
                    loads[server.name].append(bench.load(server, self.request.path, script))
        return self.lines(loads, floor)

    def lines(self, loads, floor):
        speed = [Line(self.title, name, "/s", [load.per_second for load in done]) for name, done in loads.items()]
        limits = dict(self.limits)
        if floor:
            speed.append(Line(self.title, LOOP, "/s", floor))
            limits[LOOP] = self.floor
        lines = compare(speed, OURS, limits)
        if self.p99_limits:
            p99 = [Line(f"{self.title}: p99", name, "ms", [x.p99_ms for x in done]) for name, done in loads.items()]
            lines += compare(p99, OURS, self.p99_limits)
        return lines


def bare_loop(seconds):
    """Calls a second of the Flask application in the peers' own interpreter, on the servers' core."""
    argv = pinned(SERVER_CORE, [PYTHON, peer.APPS / "loop.py", seconds])
    done = subprocess.run(argv, text=True, capture_output=True)
    if done.returncode != 0:
        raise Failed(f"the bare loop: {done.stderr or done.stdout}")
    return float(done.stdout)


POST_BODY = b"x" * 10240

ROWS = {
    "flask": Throughput(
        "Flask view",
        "view:app",
        FLASK_VIEW,
        limits=dict.fromkeys(PEERS, AHEAD),
        floor=Limit("≥", 0.75),
        p99_limits={"granian": Limit("≤", 1)},
    ),
    "hello": Throughput(
        "hello, world",
        "plain:hello",
        Request("GET", "/", None, b"Hello, world!"),
        limits={**dict.fromkeys(peer.UWSGI + peer.GUNICORN, Limit("≥", 3)), "granian": Limit("≥", 0.9)},
    ),
    "post": Throughput(
        "10 KB POST echo",
        "plain:echo",
        Request("POST", "/", POST_BODY, POST_BODY),
        limits=dict.fromkeys(PEERS, AHEAD),
        script="post.lua",
    ),
    "large": Throughput(
        "1 MB response",
        "plain:megabyte",
        Request("GET", "/", None, b"x" * (1 << 20)),
        limits=dict.fromkeys(PEERS, AHEAD),
    ),
}

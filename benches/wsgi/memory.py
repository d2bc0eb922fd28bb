"""The rows of memory and of many clients that do little: what they cost, and what the others feel."""

import os
import sys
from contextlib import ExitStack

import crowd
import peer
from ask import FLASK_VIEW
from bench import OURS
from process import CLIENT_CORE, Failed, Process, command_line, resident_kb, until
from table import Limit, Line, bound

IDLE = 10_000
TRICKLING = 1_000
CROWD_SECONDS = 60
MASTER_MB = Limit("≤", 6)
FRONT_MB = Limit("≤", 12)
FRONT_CROWDED_MB = Limit("≤", 12 + IDLE * 8 / 1024)
CHANGE = Limit("≤", 1.2)


def crowded(bench, server, kind, count, inside):
    """Calls `inside` while so many clients of the kind are connected; they are gone, also for the server, afterwards."""
    before = server.open_files()
    argv = [sys.executable, crowd.__file__, kind, server.port, count]
    with Process(argv, CLIENT_CORE, f"{bench.work}/{kind}.log") as clients:

        def ready():
            return clients.child.poll() is not None or clients.said() == "ready"

        def still_there():
            if clients.child.poll() is not None or clients.said() != "ready":
                raise crowd_failed(server, kind, clients)

        until(ready, CROWD_SECONDS, lambda: f"{server.name}: cannot serve {count} {kind} clients")
        still_there()
        seen = inside()
        still_there()
    until(lambda: server.open_files() <= before + 10, 10, lambda: f"{server.name} keeps connections of gone clients")
    return seen


def crowd_failed(server, kind, clients):
    return Failed(f"{server.name}, {kind} clients: {clients.said()}\n{server.said()}".rstrip())


def resident_mb(server):
    """Resident memory by part: the started process is the master; a front is its own program again, and named so."""
    parts = {}
    for pid in server.tree():
        own = os.readlink(f"/proc/{pid}/exe") == os.readlink(f"/proc/{server.pid}/exe")
        front = own and any("front" in word for word in command_line(pid))
        part = "master" if pid == server.pid else "front" if front else "worker"
        parts[part] = parts.get(part, 0) + resident_kb(pid) / 1024
    missing = {"master", "front", "worker"} - set(parts)
    if server.name == OURS and missing:
        raise Failed(f"{server.name} has no {missing}: {[command_line(pid) for pid in server.tree()]}")
    return parts


class Seen:
    """One server's figures, by round."""

    def __init__(self):
        self.alone_mb, self.crowded_mb = None, []
        self.p99_ms = {"": [], "idle": [], "trickle": []}

    def round(self, bench, server):
        def load(kind):
            self.p99_ms[kind].append(bench.load(server, "/").p99_ms)
            return resident_mb(server)

        alone_mb = load("")
        # Later rounds show what an allocator has kept of the crowds before.
        self.alone_mb = self.alone_mb or alone_mb
        self.crowded_mb.append(crowded(bench, server, "idle", IDLE, lambda: load("idle")))
        crowded(bench, server, "trickle", TRICKLING, lambda: load("trickle"))

    def memory_lines(self, name):
        def line(title, rounds, part, limit=None):
            found = Line(f"{title}: {part}", name, "MB", [parts[part] for parts in rounds])
            return bound(found, limit) if limit and name == OURS else found

        limits = {"master": MASTER_MB, "front": FRONT_MB}
        lines = [line("memory", [self.alone_mb], part, limits.get(part)) for part in self.alone_mb]
        holder = "front" if name == OURS else "worker"
        return lines + [line(f"memory, {IDLE:,} idle clients", self.crowded_mb, holder, FRONT_CROWDED_MB)]

    def p99_lines(self, name):
        lines = [Line("Flask view, no other clients: p99", name, "ms", self.p99_ms[""])]
        for kind, count in (("idle", IDLE), ("trickle", TRICKLING)):
            label = {"idle": "idle", "trickle": "trickling"}[kind]
            line = Line(f"Flask view, {count:,} {label} clients: p99", name, "ms", self.p99_ms[kind])
            change = line.median / lines[0].median
            line.limit = f"{change:.2f}× of alone"
            if name == OURS:
                line.limit += f", {CHANGE.sign} {CHANGE.bound:g}×"
                line.kept = CHANGE.kept(change)
            lines.append(line)
        return lines


class Memory:
    def measure(self, bench):
        names = bench.names((OURS, "granian"))
        seen = {name: Seen() for name in names}
        with ExitStack() as stack:
            servers = [stack.enter_context(peer.Running(n, "view:app", FLASK_VIEW, bench.work)) for n in names]
            for server in servers:
                bench.warm(server, "/")
            for _ in range(bench.rounds):
                for server in servers:
                    seen[server.name].round(bench, server)
        lines = []
        for name in names:
            lines += seen[name].memory_lines(name) + seen[name].p99_lines(name)
        return lines

"""Processes of the bench: each in a group of its own, pinned to a core, and ended with the bench."""

import os
import signal
import subprocess
import time
from pathlib import Path

SERVER_CORE = 0
CLIENT_CORE = 1
END_SECONDS = 5
TICKS = os.sysconf("SC_CLK_TCK")


class Failed(Exception):
    """The bench cannot go on: a sentence for people."""


def pinned(core, argv):
    return ["taskset", "-c", str(core), *map(str, argv)]


def status(pid):
    """`/proc/PID/status` as a dict; empty when the process has gone."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return {}
    return dict(line.split(":", 1) for line in lines)


def alive(pid):
    return status(pid).get("State", "Z").split()[0] not in "ZX"


def resident_kb(pid):
    return int(status(pid)["VmRSS"].split()[0])


def command_line(pid):
    return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")


def cpu_seconds(pid):
    """Processor time of one process, user and system."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return (int(fields[11]) + int(fields[12])) / TICKS


class Process:
    """A started program. `with` ends it and all that it started."""

    def __init__(self, argv, core, log, cwd=None):
        self.log = Path(log)
        with self.log.open("wb") as out:
            self.child = subprocess.Popen(
                pinned(core, argv),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                cwd=cwd,
                start_new_session=True,
            )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()

    @property
    def pid(self):
        return self.child.pid

    def tree(self):
        """The process and all its descendants, the oldest first."""
        parents = {int(entry.name): status(entry.name).get("PPid") for entry in Path("/proc").glob("[0-9]*")}
        found = [self.pid]
        for pid in found:
            found += [child for child, parent in parents.items() if parent is not None and int(parent) == pid]
        return found

    def cpu_seconds(self):
        return sum(map(cpu_seconds, self.tree()))

    def open_files(self):
        """How many descriptors the whole tree has open."""
        count = 0
        for pid in self.tree():
            try:
                count += len(os.listdir(f"/proc/{pid}/fd"))
            except (FileNotFoundError, ProcessLookupError):
                pass
        return count

    def said(self):
        """The last lines of what it printed."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-15:])

    def end(self):
        """Ask the group to end, then make it; whoever left the group is found by descent."""
        pids = self.tree()
        self.signal_group(signal.SIGTERM)
        deadline = time.monotonic() + END_SECONDS
        while time.monotonic() < deadline and any(map(alive, pids)):
            self.child.poll()
            time.sleep(0.02)
        self.signal_group(signal.SIGKILL)
        for pid in filter(alive, pids):
            os.kill(pid, signal.SIGKILL)
        self.child.wait()

    def signal_group(self, number):
        try:
            os.killpg(self.pid, number)
        except ProcessLookupError:
            pass


def until(condition, seconds, complaint):
    """Wait until `condition()` is true; what is false for `seconds` fails with `complaint()`."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise Failed(complaint())
        time.sleep(0.05)

"""Whether other programs disturbed a measurement; a disturbed one is taken again."""

import os
import resource
import time
from pathlib import Path

from process import TICKS

# Kernel threads, timers and the clients of `crowd.py` take less than this of the machine.
CALM_SHARE = 0.05
TRIES = 2


def busy_seconds():
    """What all cores have worked, for whomever; time stolen by other machines is counted too."""
    total = Path("/proc/stat").read_text().splitlines()[0].split()[1:]
    user, nice, system, _idle, _iowait, irq, softirq, steal = map(int, total[:8])
    return (user + nice + system + irq + softirq + steal) / TICKS


def foreign_seconds(server):
    """What all cores have worked for others than the server, the bench, and the programs that the bench waited for."""
    uses = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    ours = sum(use.ru_utime + use.ru_stime for use in uses)
    return busy_seconds() - ours - (server.cpu_seconds() if server else 0)


class Calm:
    """Takes measurements; `shares` is what others took of the machine during those that were kept."""

    def __init__(self):
        self.shares = []

    def measured(self, measure, server=None):
        """What `measure()` returns, of the calmer of two tries; a calm first one is enough."""
        tries = []
        for _ in range(TRIES):
            foreign, begin = foreign_seconds(server), time.monotonic()
            result = measure()
            foreign, took = foreign_seconds(server) - foreign, time.monotonic() - begin
            tries.append((max(foreign, 0) / (took * os.cpu_count()), result))
            if tries[-1][0] <= CALM_SHARE:
                break
        share, result = min(tries, key=lambda one: one[0])
        self.shares.append(share)
        return result

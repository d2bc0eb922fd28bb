"""The row of memory: the whole service, master and workers, after it answered every question."""

from pathlib import Path

from bench import OURS
from process import status
from service import CLONES, Service
from table import Limit, Line, compare

SHARE = dict.fromkeys(CLONES, Limit("≤", 0.2))


def resident_mb(service):
    """Every process's resident pages: what several share is counted for each."""
    return sum(int(status(pid)["VmRSS"].split()[0]) for pid in service.tree()) / 1024


def proportional_mb(service):
    """As before, but a page that several share is divided among them: what the machine really gives."""
    return sum(proportional_kb(pid) for pid in service.tree()) / 1024


def proportional_kb(pid):
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


class Footprint:
    def __init__(self, questions):
        self.questions = questions

    def measure(self, bench):
        resident, proportional = {}, {}
        for name in (OURS, *CLONES):
            with Service(name, bench.small.path, bench.work) as service:
                for question in self.questions:
                    asked = question(bench.small)
                    bench.warm(service, asked.path, asked.script(bench.work))
                resident[name], proportional[name] = resident_mb(service), proportional_mb(service)

        def compared(title, found):
            return compare([Line(title, name, "MB", [value]) for name, value in found.items()], OURS, SHARE)

        return compared("memory of the service, resident", resident) + compared(
            "memory of the service, shared pages divided", proportional
        )

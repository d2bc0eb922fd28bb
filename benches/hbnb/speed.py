"""The rows side by side: one question asked of our service and of the clone, with the same rows, in turns."""

from contextlib import ExitStack
from dataclasses import dataclass
from typing import Callable

from bench import OURS
from process import Failed
from question import difference
from service import CLONES, Service
from table import Limit, Line, compare

SPEED = dict.fromkeys(CLONES, Limit("≥", 20))
P99 = dict.fromkeys(CLONES, Limit("≤", 0.1))


def agree(services, question):
    """Fails unless all answer the same; how many objects that is."""
    ours, *others = [service.objects(question) for service in services]
    for service, theirs in zip(services[1:], others):
        wrong = difference(ours, theirs)
        if wrong:
            raise Failed(f"{question.title}: {services[0].name} and {service.name} do not answer the same: {wrong}")
    return len(ours)


@dataclass(frozen=True)
class Speed:
    """`question(small)` is what is asked, of the small database."""

    question: Callable
    is_limited: bool = True

    def measure(self, bench):
        question = self.question(bench.small)
        script = question.script(bench.work)
        with ExitStack() as stack:
            services = [stack.enter_context(Service(name, bench.small.path, bench.work)) for name in (OURS, *CLONES)]
            count = agree(services, question)
            for service in services:
                bench.warm(service, question.path, script)
            loads = {service.name: [] for service in services}
            for _ in range(bench.rounds):
                for service in services:
                    loads[service.name].append(bench.load(service, question.path, script))
        return lines(f"{question.title}, {count} objects" if count > 1 else question.title, loads, self.is_limited)


def lines(title, loads, is_limited):
    speed = [Line(title, name, "/s", [load.per_second for load in done]) for name, done in loads.items()]
    p99 = [Line(f"{title}: p99", name, "ms", [load.p99_ms for load in done]) for name, done in loads.items()]
    return compare(speed, OURS, SPEED if is_limited else {}) + compare(p99, OURS, P99 if is_limited else {})

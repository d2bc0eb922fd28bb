"""The table: medians, ratios to others, limits."""

from dataclasses import dataclass
from statistics import median
from typing import NamedTuple


class Limit(NamedTuple):
    """What a ratio or a value must keep: `sign` is one of ≥ > ≤."""

    sign: str
    bound: float

    def kept(self, value):
        return {"≥": value >= self.bound, ">": value > self.bound, "≤": value <= self.bound}[self.sign]


@dataclass
class Line:
    """One server's figures in one row: `values` by round. `ratio` and `kept` are None where nothing is compared."""

    what: str
    server: str
    unit: str
    values: list
    ratio: float | None = None
    limit: str = ""
    kept: bool | None = None

    @property
    def median(self):
        return median(self.values)


def shown(value, unit):
    if unit == "/s":
        return f"{value:,.0f}/s"
    return f"{value:.2f} {unit}" if value < 10 else f"{value:.1f} {unit}"


def compare(lines, ours, limits):
    """Put the ratio of `ours` to each other line, and its limit by server, where there is one.

    The ratio is the median over the rounds: what disturbs a machine for some seconds disturbs all servers of a round.
    """
    mine = next((line for line in lines if line.server == ours), None)
    for line in lines:
        if mine is None or line is mine:
            continue
        line.ratio = median(own / its for own, its in zip(mine.values, line.values, strict=True))
        limit = limits.get(line.server)
        if limit:
            line.limit = f"{limit.sign} {limit.bound:g}×"
            line.kept = limit.kept(line.ratio)
    return lines


def bound(line, limit):
    """The limit of a value itself."""
    line.limit = f"{limit.sign} {shown(limit.bound, line.unit)}"
    line.kept = limit.kept(line.median)
    return line


def heading(ours):
    return f"| what | server | median | lowest to highest | {ours} is | limit | |\n|---|---|---|---|---|---|---|"


def markdown(line):
    """One line of the table."""
    span = f"{shown(min(line.values), line.unit)} to {shown(max(line.values), line.unit)}"
    ratio = "" if line.ratio is None else f"{line.ratio:.2f}×"
    verdict = {None: "", True: "pass", False: "**FAIL**"}[line.kept]
    cells = (line.what, line.server, shown(line.median, line.unit), span, ratio, line.limit, verdict)
    return "| " + " | ".join(cells) + " |"

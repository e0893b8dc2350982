"""A figure: what ours takes, what the limit or a peer takes, measured in turn, and the budget."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean, median, quantiles
from typing import Literal

Budgeted = Literal["ratio", "value", ""]
#: What a unit makes of a sample: seconds become milliseconds or calls per second; other values stay.
SCALES: dict[str, Callable[[float], float]] = {"ms": lambda second: second * 1000, "/s": lambda s: 1 / s}

#: How often samples are drawn again to tell how sure a percentile is.
REDRAWN = 100


@dataclass(frozen=True)
class Samples:
    """Seconds of some calls: on the wall, of this process's CPU, and of the database server's CPU."""

    wall: Sequence[float]
    client: Sequence[float] = ()
    server: Sequence[float] = ()

    @property
    def cpu(self) -> tuple[float, float]:
        """Return the mean CPU seconds of client and server for a call; zero where they were not taken."""
        return (fmean(self.client) if self.client else 0.0, fmean(self.server) if self.server else 0.0)


@dataclass(frozen=True)
class Figure:
    """One line of the table of budgets.

    :param name: stays the same for ever: runs are compared by it.
    :param ours: seconds, one per call; a plain list, or :class:`Samples` with the CPU beside them. With a
        unit other than ``ms``, ``s`` and ``/s`` the values themselves (per cent, bytes).
    :param limit: the same of the limit or peer; empty where only an absolute budget is given.
    :param unit: what the values are printed in: ``ms``, ``s``, ``/s`` (one over the seconds), ``%``, ``B``.
    :param budget: what may not be exceeded (or what must be reached, if ``at_least``); None has no budget.
    :param budget_of: ``ratio`` of the medians, ours to the limit's, or ``value``, ours in ``unit``.
        By default ``ratio`` where there is a limit, and ``value`` otherwise.
    :param at_least: the budget is a lower bound, as for requests per second or for a share.
    :param percentile: which percentile of ours and of the limit counts; the median by default.
    :param peer: what the limit is, in words.
    :param note: what a reader must know of it.
    """

    name: str
    ours: Samples | Sequence[float]
    limit: Samples | Sequence[float] = ()
    unit: str = "ms"
    budget: float | None = None
    peer: str = ""
    note: str = ""
    budget_of: Budgeted = ""
    at_least: bool = False
    percentile: int = 50

    def __post_init__(self) -> None:
        for side in ("ours", "limit"):
            given = getattr(self, side)
            if not isinstance(given, Samples):
                object.__setattr__(self, side, Samples(tuple(given)))
        if not self.budget_of:
            object.__setattr__(self, "budget_of", "ratio" if self.limit_samples.wall else "value")
        if not self.our_samples.wall or (self.budget_of == "ratio" and not self.limit_samples.wall):
            raise ValueError(f"{self.name}: samples are missing")

    @property
    def our_samples(self) -> Samples:
        assert isinstance(self.ours, Samples)
        return self.ours

    @property
    def limit_samples(self) -> Samples:
        assert isinstance(self.limit, Samples)
        return self.limit

    @property
    def our_value(self) -> float:
        """Return our median (or percentile) in the unit."""
        return self._in_unit(self.our_samples.wall)

    @property
    def limit_value(self) -> float | None:
        """Return the limit's median (or percentile) in the unit; None without a limit."""
        return self._in_unit(self.limit_samples.wall) if self.limit_samples.wall else None

    @property
    def ratio(self) -> float | None:
        """Return how many times the limit's value ours is; None without a limit."""
        return None if self.limit_value is None else self.our_value / self.limit_value

    @property
    def spread(self) -> tuple[float, float]:
        """Return the quartiles of what the budget is of: the ratio, or our value.

        Samples taken in turn are compared in pairs, as whatever disturbed one disturbed the other. Of a
        percentile, they are the quartiles that it has among samples of the samples.
        """
        ours, limit = (self.scaled(side.wall) for side in (self.our_samples, self.limit_samples))
        if self.percentile != 50:
            drawn = random.Random(7)
            redrawn = [
                [find_percentile(drawn.choices(side, k=len(side)), self.percentile) for _ in range(REDRAWN)]
                for side in (ours, limit)
                if side
            ]
            if self.budget_of == "value":
                return find_quartiles(redrawn[0])
            return find_quartiles([our / its for our, its in zip(*redrawn, strict=True)])
        if self.budget_of == "value":
            return find_quartiles(ours)
        if len(ours) == len(limit):
            return find_quartiles([our / its for our, its in zip(ours, limit, strict=True)])
        (low, high), (limit_low, limit_high) = find_quartiles(ours), find_quartiles(limit)
        return low / limit_high, high / limit_low

    @property
    def measured(self) -> float:
        """Return what is held against the budget."""
        return self.our_value if self.budget_of == "value" else float(self.ratio or 0)

    @property
    def is_met(self) -> bool | None:
        """Return whether the budget is kept; None without one."""
        if self.budget is None:
            return None
        return self.measured >= self.budget if self.at_least else self.measured <= self.budget

    def scaled(self, values: Sequence[float]) -> list[float]:
        """Return samples in the unit."""
        scale = SCALES.get(self.unit)
        return [scale(value) for value in values] if scale else list(values)

    def _in_unit(self, values: Sequence[float]) -> float:
        return find_percentile(self.scaled(values), self.percentile)


def find_percentile(values: Sequence[float], percentile: int) -> float:
    """Return a percentile of some values; the median of a single one is that."""
    if percentile == 50 or len(values) < 2:
        return median(values)
    return quantiles(values, n=100, method="inclusive")[percentile - 1]


def find_quartiles(values: Sequence[float]) -> tuple[float, float]:
    """Return the first and the third quartile; the value twice if it is a single one."""
    if len(values) < 2:
        return values[0], values[0]
    cuts = quantiles(values, n=4, method="inclusive")
    return cuts[0], cuts[2]


def interleave(
    ours: Callable[[], object],
    limit: Callable[[], object],
    samples: int = 20,
    *,
    before: Callable[[], object] | None = None,
    warm_up: int = 1,
) -> tuple[Samples, Samples]:
    """Call both in turn, ``samples`` times each, and return what ours and what the limit took.

    :param before: called before each call, and not timed: to clear a cache, or to undo what the last wrote.
    :param warm_up: how often both are called first without being timed.
    """
    first, second = interleave_all([ours, limit], samples, before=before, warm_up=warm_up)
    return first, second


def interleave_all(
    calls: Sequence[Callable[[], object]],
    samples: int = 20,
    *,
    before: Callable[[], object] | None = None,
    warm_up: int = 1,
) -> list[Samples]:
    """Call all in turn as :func:`interleave` does with two; return the samples of each."""
    taken: list[tuple[list[float], list[float], list[float]]] = [([], [], []) for _ in calls]
    server = find_server()
    for number in range(-warm_up, samples):
        for call, lists in zip(calls, taken, strict=True):
            if before is not None:
                before()
            times = time_call(call, server)
            if number >= 0:
                for values, value in zip(lists, times, strict=True):
                    values.append(value)
    return [Samples(*(tuple(values) for values in lists)) for lists in taken]


def time_call(call: Callable[[], object], server: int | None) -> tuple[float, float, float]:
    """Return the seconds of one call: wall, CPU of this process, and CPU of the server's process."""
    from benchmarks.two_times import read_cpu

    server_before = read_cpu(server) if server else 0.0
    client_before, started = time.process_time(), time.perf_counter()
    call()
    wall, client = time.perf_counter() - started, time.process_time() - client_before
    return wall, client, read_cpu(server) - server_before if server else 0.0


def find_server() -> int | None:
    """Return the id of the server's process for this connection; None on SQLite, which runs in this one."""
    from django.db import connection

    from benchmarks.two_times import find_server_process

    return find_server_process() if connection.vendor == "postgresql" else None

"""Families of metrics that code counts as it happens, with labels of few values.

A family is declared when modules are imported, which is before the settings say where counts are kept; what
counts is made at its first use. To find a child and to write a number into a file takes the library some
microseconds, of which a page that is at hand takes hundreds: what every request counts is added up in the
process first (``counts_often``), and handed to the library every few seconds and whenever somebody asks.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from operator import add
from threading import Lock
from typing import Any, ClassVar

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics
from prometheus_client.metrics_core import Metric

disable_created_metrics()  # type: ignore[no-untyped-call]

#: All families of this process, as the library has them.
REGISTRY = CollectorRegistry()

_DECLARED: dict[str, Family] = {}


@dataclass(frozen=True)
class Told:
    """What is said of a family: name, kind of Prometheus, one sentence, and the names of its labels."""

    name: str
    kind: str
    meaning: str
    labels: tuple[str, ...]


class Family:
    """A metric with labels, declared once.

    :param name: as Prometheus shows it; that of a counter ends in ``_total``.
    :param labels: names of labels. No label may have a value that people choose: each is a series for ever.
    :param counts_often: whether every request counts it.
    """

    kind: ClassVar[str]

    def __init__(self, name: str, meaning: str, *labels: str, counts_often: bool = False) -> None:
        self._counts_often = counts_often
        self.told = Told(name, self.kind, meaning, labels)
        self._children: dict[tuple[str, ...], Any] = {}
        self._lock = Lock()
        self._pending: dict[tuple[str, ...], Any] = {}
        self._made: Any = None
        if name in _DECLARED:
            raise ValueError(f"{name} is declared twice")
        _DECLARED[name] = self

    def _find(self, values: tuple[str, ...]) -> Any:
        child = self._children.get(values)
        return self._add(values) if child is None else child

    def _add(self, values: tuple[str, ...]) -> Any:
        with self._lock:
            if self._made is None:
                self._made = self._make()
            child = self._made.labels(*values) if self.told.labels else self._made
            self._children[values] = child
        return child

    def _make(self) -> Any:
        raise NotImplementedError

    def hand_on(self) -> None:
        """Hand what was added up to the library."""
        with self._lock:
            pending, self._pending = self._pending, {}
        for values, found in pending.items():
            self._hand_on(self._find(values), found)

    def _hand_on(self, child: Any, found: Any) -> None:
        raise NotImplementedError


class Counted(Family):
    """A number that only grows."""

    kind = "counter"

    def add(self, *values: str, amount: float = 1) -> None:
        """Count one, or ``amount``, of what has these values of the labels."""
        if not self._counts_often:
            self._find(values).inc(amount)
            return
        with self._lock:
            self._pending[values] = self._pending.get(values, 0) + amount

    def _hand_on(self, child: Any, found: Any) -> None:
        child.inc(found)

    def _make(self) -> Counter:
        told = self.told
        return Counter(told.name, told.meaning, told.labels, registry=REGISTRY)


class Timed(Family):
    """How long something took, in seconds, by ranges.

    :param bounds: where the ranges end.
    """

    kind = "histogram"

    def __init__(self, name: str, meaning: str, *labels: str, bounds: tuple[float, ...]) -> None:
        super().__init__(name, meaning, *labels, counts_often=True)
        self._bounds = bounds

    def note(self, *values: str, seconds: float) -> None:
        """Note that it took so long."""
        counts: list[float] = [0] * (len(self._bounds) + 1)
        counts[bisect_left(self._bounds, seconds)] = 1
        self.note_all(*values, seconds=seconds, counts=counts)

    def note_all(self, *values: str, seconds: float, counts: Sequence[float]) -> None:
        """Note that it took so long together, and how often each range of time."""
        with self._lock:
            before = self._pending.get(values) or [0.0] * (len(counts) + 1)
            self._pending[values] = list(map(add, before, [seconds, *counts]))

    def _hand_on(self, child: Any, found: Any) -> None:
        # The library takes one observation at a time; these are the numbers it keeps.
        child._sum.inc(found[0])
        for bucket, count in zip(child._buckets, found[1:], strict=True):
            if count:
                bucket.inc(count)

    def _make(self) -> Histogram:
        told = self.told
        return Histogram(told.name, told.meaning, told.labels, buckets=self._bounds, registry=REGISTRY)


class Level(Family):
    """A number that goes up and down in each process; shown is the sum over those that are alive."""

    kind = "gauge"

    def set(self, *values: str, to: float) -> None:
        """Set what it is in this process."""
        self._find(values).set(to)

    def _make(self) -> Gauge:
        told = self.told
        return Gauge(told.name, told.meaning, told.labels, multiprocess_mode="livesum", registry=REGISTRY)


#: What hands on to families what it added up by itself, and what has it forget that.
_SOURCES: list[tuple[Callable[[], object], Callable[[], object]]] = []


def register_source(hand_on: Callable[[], object], *, forget: Callable[[], object]) -> None:
    """Have what is counted elsewhere handed on to its families before these hand it on."""
    _SOURCES.append((hand_on, forget))


def list_families() -> list[Told]:
    """Return what is declared, by name."""
    return [family.told for _, family in sorted(_DECLARED.items())]


def hand_on_counts() -> None:
    """Hand on what was added up in this process, so that others see it."""
    for hand_on, _ in _SOURCES:
        hand_on()
    for family in _DECLARED.values():
        family.hand_on()


def collect_own() -> Iterator[Metric]:
    """List what this process has counted, where counts are kept in its memory."""
    yield from REGISTRY.collect()


def forget_counts() -> None:
    """Forget what was counted, and where: what is counted next begins at nothing. For tests."""
    for _, forget in _SOURCES:
        forget()
    for family in _DECLARED.values():
        with family._lock:
            if family._made is not None:
                REGISTRY.unregister(family._made)
            family._made = None
            family._children.clear()
            family._pending.clear()

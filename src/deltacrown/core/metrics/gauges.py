"""Metrics that are read when somebody asks: of the tables, of the queue.

Another app adds its own when it is ready (``apps.py``)::

    register_gauges(
        [GaugeFamily("deltacrown_webhooks_waiting", "Deliveries that wait.")],
        lambda now: {"deltacrown_webhooks_waiting": Delivery.objects.filter(...).count()},
    )

A read that fails, or tells nothing, leaves its gauges out; the others are told.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from prometheus_client.metrics_core import GaugeMetricFamily, Metric

logger = logging.getLogger(__name__)

#: A number; or, of a gauge with a label, a number for each of its values. None is left out.
Reading = float | None | Mapping[str, float | None]
Read = Callable[[datetime], Mapping[str, Reading]]


@dataclass(frozen=True)
class GaugeFamily:
    """A gauge.

    :param label: the name of its label, if it has one.
    """

    name: str
    meaning: str
    label: str = ""


@dataclass(frozen=True)
class _Group:
    families: tuple[GaugeFamily, ...]
    read: Read
    asks_database: bool


_GROUPS: dict[str, _Group] = {}


def register_gauges(families: Sequence[GaugeFamily], read: Read, *, asks_database: bool = True) -> None:
    """Add gauges that one function reads; an app that is made ready again replaces its own.

    :param read: is given the time, and returns the reading of each by name. It is called at each scrape,
        so it must be fast: some ms.
    :param asks_database: whether to leave it alone while the database is away.
    """
    _GROUPS[families[0].name] = _Group(tuple(families), read, asks_database)


def list_gauges() -> list[GaugeFamily]:
    """Return all gauges that are registered."""
    return [family for group in _GROUPS.values() for family in group.families]


def read_gauges(*, now: datetime, is_database_away: bool) -> tuple[list[Metric], list[str]]:
    """Read all gauges; return them, and the first of each group that could not be read."""
    found, failed = [], []
    for name, group in list(_GROUPS.items()):
        readings: Mapping[str, Reading] = {}
        if not (group.asks_database and is_database_away):
            try:
                readings = group.read(now)
            except Exception:  # what one app cannot tell must not hide the rest
                logger.exception("gauges with %s cannot be read", name)
                failed.append(name)
        found += [_write(family, readings.get(family.name)) for family in group.families]
    return found, failed


def _write(family: GaugeFamily, reading: Reading) -> Metric:
    labels = [family.label] if family.label else []
    metric = GaugeMetricFamily(family.name, family.meaning, labels=labels)
    values = reading if isinstance(reading, Mapping) else {"": reading}
    for value, number in values.items():
        if number is not None:
            metric.add_metric([value] if labels else [], number)
    return metric

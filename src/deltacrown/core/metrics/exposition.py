"""Write all metrics as Prometheus reads them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4, CollectorRegistry, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, Metric

from deltacrown.core.metrics import folder
from deltacrown.core.metrics.families import collect_own, hand_on_counts, list_families
from deltacrown.core.metrics.gauges import GaugeFamily, read_gauges
from deltacrown.core.outages import get_rest

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4

#: What this module tells by itself.
OWN = (
    GaugeFamily(
        "deltacrown_gauges_unreadable", "Groups of gauges that could not be read now; the errors are logged."
    ),
    GaugeFamily(
        "deltacrown_database_away", "Whether the process that answers has lost its database: 1 or 0."
    ),
)


def write_exposition(*, now: datetime) -> bytes:
    """Return every metric, in the text format; one of which nothing was counted yet has no value."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Everything(now))
    return generate_latest(registry)


class _Everything:
    def __init__(self, now: datetime) -> None:
        self._now = now

    def collect(self) -> Iterator[Metric]:
        hand_on_counts()
        counted = folder.collect_all(now=self._now.timestamp()) if folder.is_kept() else collect_own()
        yield from _in_order(counted)
        is_away = get_rest() is not None
        gauges, failed = read_gauges(now=self._now, is_database_away=is_away)
        yield from gauges
        own = dict(zip(OWN, (len(failed), int(is_away)), strict=True))
        for family, value in own.items():
            yield GaugeMetricFamily(family.name, family.meaning, value=value)


def _in_order(counted: Iterable[Metric]) -> Iterator[Metric]:
    """List what is declared, by name, with what was counted of it."""
    found = {metric.name: metric for metric in counted}
    for told in list_families():
        name = told.name.removesuffix("_total") if told.kind == "counter" else told.name
        metric = Metric(name, told.meaning, told.kind)
        if name in found:
            metric.samples = [each for each in found[name].samples if not each.name.endswith("_created")]
        yield metric

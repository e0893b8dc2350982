"""What is watched with exists: every metric is documented, and dashboards and alerts name no other."""

from __future__ import annotations

import json
import re

import pytest

from deltacrown.core.metrics.exposition import OWN
from deltacrown.core.metrics.families import list_families
from deltacrown.core.metrics.gauges import list_gauges
from tests.docs.pages import ROOT, page

pytestmark = pytest.mark.once

NAME = re.compile(r"\bdeltacrown_[a-z_]+\b")
ALERTS, DASHBOARD = ROOT / "deploy/prometheus-alerts.yml", ROOT / "deploy/grafana-dashboard.json"


def list_declared():
    """``{name: (kind, labels, meaning)}`` of all metrics."""
    counted = {told.name: (told.kind, told.labels, told.meaning) for told in list_families()}
    read = {
        told.name: ("gauge", (told.label,) * bool(told.label), told.meaning)
        for told in (*list_gauges(), *OWN)
    }
    return counted | read


def list_names():
    """What a query can name: a histogram has three."""
    declared = list_declared()
    ends = {"histogram": ("_bucket", "_sum", "_count")}
    return {name + end for name, (kind, *_) in declared.items() for end in ends.get(kind, ("",))}


def find_unknown(queries):
    return set(NAME.findall(queries)) - list_names()


def test_the_page_lists_every_metric():
    rows = re.findall(
        r"^\| `(\w+)` \| (\w+) \| (.+?) \| (.+) \|$", page("docs/reference/metrics.md").text, re.MULTILINE
    )
    documented = {
        name: (kind, tuple(re.findall(r"`(\w+)`", labels)), meaning) for name, kind, labels, meaning in rows
    }

    assert documented == list_declared()
    assert list(documented) == sorted(documented)


def test_alerts_name_metrics_that_exist():
    queries = re.findall(r"^ +expr: (.+)$", ALERTS.read_text(), re.MULTILINE)

    assert len(queries) == ALERTS.read_text().count("- alert: ") > 5
    assert find_unknown("\n".join(queries)) == set()
    assert all(query.count("(") == query.count(")") for query in queries)


def test_the_dashboard_names_metrics_that_exist():
    panels = json.loads(DASHBOARD.read_text())["panels"]
    queries = [target["expr"] for panel in panels for target in panel["targets"]]

    assert find_unknown("\n".join(queries)) == set()
    assert all(query.count("(") == query.count(")") for query in queries)
    unseen = {name for name in list_declared() if not any(name in query for query in queries)}
    assert unseen == set(), "every metric is on the dashboard"
    assert len({panel["id"] for panel in panels}) == len(panels)


def test_a_metric_that_does_not_exist_is_found():
    assert find_unknown("rate(deltacrown_request_total[5m])") == {"deltacrown_request_total"}

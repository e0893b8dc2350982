"""Metrics of several processes are added up, also of those that ended; whoever asks reads them all."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from deltacrown.core import pools
from deltacrown.core.metrics import families, folder, gauges
from deltacrown.core.metrics.catalogue import POOL_CONNECTIONS, REQUEST_SECONDS, REQUESTS, RETRIES
from deltacrown.core.metrics.exposition import write_exposition
from deltacrown.core.metrics.gauges import GaugeFamily, register_gauges
from deltacrown.core.metrics.requests import note_request
from deltacrown.core.retries import count_retry
from tests.docs.pages import ROOT

pytestmark = [pytest.mark.once, pytest.mark.django_db]

NOW = datetime(2025, 6, 2, 12, 0, tzinfo=UTC)
#: Counts ``argv[2]`` requests in the folder ``argv[1]``, and waits for the end of its input if ``argv[3]``.
COUNT = """
import sys
from pathlib import Path
import django
django.setup()
from deltacrown.core.metrics import families, folder
from deltacrown.core.metrics.catalogue import POOL_CONNECTIONS, REQUESTS, REQUEST_SECONDS
folder.keep_counts_in(Path(sys.argv[1]))
for _ in range(int(sys.argv[2])):
    REQUESTS.add("home", "GET", "200")
    REQUEST_SECONDS.note("home", seconds=0.03)
POOL_CONNECTIONS.set("used", to=int(sys.argv[2]))
families.hand_on_counts()
print("counted", flush=True)
if len(sys.argv) > 3:
    sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def counts():
    families.forget_counts()
    yield
    families.forget_counts()
    folder.keep_in_memory()


def read(name):
    found = re.findall(rf"^{name}(?:\{{(.*)\}})? (\S+)$", write_exposition(now=NOW).decode(), re.MULTILINE)
    return {labels: float(value) for labels, value in found}


class Counting:
    """Another process that has counted, and lives until it is ended."""

    def __init__(self, path, number):
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT / "src"),
            "DJANGO_SETTINGS_MODULE": "deltacrown.config.settings",
        }
        self.process = subprocess.Popen(
            [sys.executable, "-c", COUNT, str(path), str(number), "wait"],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self.process.stdout.readline() == b"counted\n"

    def kill(self):
        self.process.kill()
        self.process.communicate()


def test_processes_are_added_up_and_none_is_lost_or_told_twice(tmp_path):
    path = tmp_path / "metrics"
    folder.keep_counts_in(path)
    one, two = Counting(path, 3), Counting(path, 5)
    try:
        REQUESTS.add("home", "GET", "200")
        told = {'method="GET",route="home",status="200"': 9}
        assert read("deltacrown_requests_total") == told
        assert read("deltacrown_pool_connections") == {'state="used"': 8}

        one.kill()
        for _ in range(2):  # its files are moved by the first
            assert read("deltacrown_requests_total") == told
            assert read("deltacrown_pool_connections") == {'state="used"': 5}
        assert read("deltacrown_request_seconds_count") == {'route="home"': 8}
        assert read("deltacrown_request_seconds_bucket")['le="0.05",route="home"'] == 8
        assert read("deltacrown_request_seconds_bucket")['le="0.025",route="home"'] == 0
    finally:
        one.kill()
        two.kill()
    assert read("deltacrown_requests_total") == told
    assert read("deltacrown_pool_connections") == {}
    ended = {each.name for each in path.glob("*_ended.db")}
    assert ended == {"counter_ended.db", "histogram_ended.db"}
    assert len(list(path.glob("*.db"))) == 3  # and this process's counter


def test_a_file_of_another_machine_is_believed_for_a_day(tmp_path):
    folder.keep_counts_in(tmp_path)
    REQUESTS.add("home", "GET", "200")
    families.hand_on_counts()
    [own] = tmp_path.glob("counter_*.db")
    other = own.with_name("counter_elsewhere-1.db")
    other.write_bytes(own.read_bytes())
    os.utime(other, (NOW.timestamp(), NOW.timestamp() - 3600))

    assert list(read("deltacrown_requests_total").values()) == [2]
    assert other.exists()
    os.utime(other, (NOW.timestamp(), NOW.timestamp() - 2 * 24 * 3600))
    assert list(read("deltacrown_requests_total").values()) == [2]
    assert not other.exists()


def test_a_file_that_was_just_made_holds_nothing_yet(tmp_path):
    """A process makes it, and gives it its size in a second step: one that was killed between never does."""
    folder.keep_counts_in(tmp_path)
    REQUESTS.add("home", "GET", "200")
    families.hand_on_counts()
    [own] = tmp_path.glob("counter_*.db")
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    for number in (os.getppid(), ended.pid):
        own.with_name(own.name.replace(f"-{os.getpid()}.db", f"-{number}.db")).touch()

    assert list(read("deltacrown_requests_total").values()) == [1]
    assert {path.stem.rpartition("-")[2] for path in tmp_path.glob("counter_*.db")} == {
        str(os.getpid()),
        str(os.getppid()),
        "counter_ended",
    }


def test_times_fall_into_ranges_that_include_their_end():
    for seconds in (0.001, 0.0011, 11.0):
        REQUEST_SECONDS.note("home", seconds=seconds)

    buckets = read("deltacrown_request_seconds_bucket")
    assert buckets['le="0.001",route="home"'] == 1
    assert buckets['le="0.0025",route="home"'] == 2
    assert buckets['le="10.0",route="home"'] == 2
    assert buckets['le="+Inf",route="home"'] == 3
    assert read("deltacrown_request_seconds_sum") == {'route="home"': pytest.approx(11.0021)}


def test_a_transaction_that_is_run_again_is_counted_by_its_cause():
    for sqlstate in ("40P01", "40001", "40001"):
        count_retry(sqlstate=sqlstate, signal=None, sender=None)

    assert read("deltacrown_retries_total") == {'cause="deadlock"': 1, 'cause="serialisation"': 2}
    assert RETRIES.told.labels == ("cause",)


def test_pools_are_told_and_timeouts_once(monkeypatch):
    class Pool:
        stats = {"pool_size": 4, "pool_available": 1, "requests_waiting": 2, "requests_errors": 3}

        def get_stats(self):
            return self.stats

    monkeypatch.setattr(pools, "_list_pools", lambda: [Pool()])
    monkeypatch.setattr(pools._Told, "timeouts", 0)
    pools.publish_pools()
    pools.publish_pools()

    assert read("deltacrown_pool_connections") == {'state="used"': 3, 'state="free"': 1}
    assert read("deltacrown_pool_waiting") == {"": 2}
    assert read("deltacrown_pool_timeouts_total") == {"": 3}
    assert POOL_CONNECTIONS.told.kind == "gauge"


def test_another_app_adds_a_gauge(monkeypatch):
    monkeypatch.setattr(gauges, "_GROUPS", {})
    one, two = GaugeFamily("deltacrown_x", "How much."), GaugeFamily("deltacrown_y", "Of what.", "kind")
    register_gauges([one, two], lambda now: {one.name: now.year, two.name: {"a": 1, "b": None}})

    assert read("deltacrown_x") == {"": 2025}
    assert read("deltacrown_y") == {'kind="a"': 1}


def test_a_name_is_declared_once():
    with pytest.raises(ValueError, match="declared twice"):
        families.Counted("deltacrown_requests_total", "Again.")


def test_requests_that_are_counted_together_are_told_apart():
    for status, seconds, statements in ((200, 0.03, 2), (200, 0.001, 0), (404, 11.0, 1)):
        note_request("home", "GET", status, seconds=seconds, statements=statements, waited=statements / 8)
    note_request("board", "GET", 200, seconds=0.002, statements=0, waited=0.0)

    for _ in range(2):  # nothing is handed on twice
        assert read("deltacrown_requests_total") == {
            'method="GET",route="home",status="200"': 2,
            'method="GET",route="home",status="404"': 1,
            'method="GET",route="board",status="200"': 1,
        }
    assert read("deltacrown_request_seconds_count") == {'route="home"': 3, 'route="board"': 1}
    assert read("deltacrown_request_seconds_sum")['route="home"'] == pytest.approx(11.031)
    buckets = read("deltacrown_request_seconds_bucket")
    assert [buckets[f'le="{end}",route="home"'] for end in ("0.001", "0.025", "0.05", "10.0", "+Inf")] == [
        1, 1, 2, 2, 3,
    ]  # fmt: skip
    assert read("deltacrown_statements_total") == {'route="home"': 3}
    assert read("deltacrown_statement_seconds_total") == {'route="home"': 0.375}
    note_request("home", "GET", 404, seconds=0.002, statements=0, waited=0.0)
    assert read("deltacrown_requests_total")['method="GET",route="home",status="404"'] == 2

    note_request("home", "GET", 200, seconds=0.002, statements=0, waited=0.0)
    families.forget_counts()
    assert read("deltacrown_requests_total") == {}

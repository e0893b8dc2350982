"""Metrics of what really happened: a deadlock of PostgreSQL, and tasks that wait in a Redis."""

from __future__ import annotations

import re
import threading

import pytest
from celery import Celery

from deltacrown.accounts.models import User
from deltacrown.core import clock, own_gauges
from deltacrown.core.metrics import families, folder
from deltacrown.core.metrics.exposition import write_exposition
from django_tally.transactions import atomic_service
from tests import scene
from tests.concurrency import call_together


@pytest.fixture(autouse=True)
def counts():
    families.forget_counts()
    yield
    families.forget_counts()
    folder.keep_in_memory()


def read(name):
    told = write_exposition(now=clock.now()).decode()
    found = re.findall(rf"^{name}(?:\{{(.*)\}})? (\S+)$", told, re.MULTILINE)
    return {labels: float(value) for labels, value in found}


@pytest.mark.django_db(transaction=True)
def test_a_real_deadlock_is_counted_and_both_get_through():
    """Two threads lock two players in opposite order, the second after both have one."""
    keys = [scene.player(name).pk for name in ("ann", "bob")]
    both_began = threading.Barrier(2, timeout=300)
    attempts = []

    def write(first, second):
        has_begun = False

        @atomic_service
        def transact():
            nonlocal has_begun
            attempts.append(first)
            User.objects.select_for_update().get(pk=first)
            if not has_begun:
                has_begun = True
                both_began.wait()
            User.objects.select_for_update().get(pk=second)
            return "through"

        return transact

    assert call_together([write(*keys), write(*reversed(keys))]) == ["through", "through"]
    lost = len(attempts) - 2
    assert lost >= 1
    assert read("deltacrown_retries_total") == {'cause="deadlock"': lost}


@pytest.mark.once
@pytest.mark.django_db
def test_the_depth_of_the_queue_is_that_of_redis(redis_server, settings, monkeypatch):
    monkeypatch.setattr(own_gauges, "PATIENCE_SECONDS", 60.0)  # a busy machine needs longer than figures may
    settings.CELERY_BROKER_URL = f"redis+socket://{redis_server.socket}"
    assert read("deltacrown_queue_depth") == {"": 0}
    with Celery(broker=settings.CELERY_BROKER_URL, set_as_current=False) as sender:
        for _ in range(3):
            sender.send_task("jobs.deliver-webhooks", ignore_result=True)
    assert read("deltacrown_queue_depth") == {"": 3}

    redis_server.kill()
    assert read("deltacrown_queue_depth") == {}

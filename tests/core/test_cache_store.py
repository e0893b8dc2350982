"""What the cache does to those who use it when it answers, forgets, hangs, dies and comes back."""

from __future__ import annotations

import logging
import time

import pytest
from django.core.cache import caches

from deltacrown.config.caching import PATIENCE_SECONDS, redis_cache_at
from deltacrown.freshness import cache_store


@pytest.fixture(autouse=True)
def rested(monkeypatch):
    """Every test begins with a cache that is not being left alone."""
    monkeypatch.setattr(cache_store._Health, "resting_until", 0.0)


def complaints(caplog):
    return [
        record.getMessage().split(",")[0] for record in caplog.records if record.levelno >= logging.WARNING
    ]


def count_reads(monkeypatch):
    """Every key that the cache itself was asked for."""
    asked, get = [], caches["default"].get

    def note(key):
        asked.append(key)
        return get(key)

    monkeypatch.setattr(caches["default"], "get", note)
    return asked


class TestARealRedis:
    def test_keeps_and_forgets(self, redis_cache):
        cache_store.write("a", {"x": [1, 2]}, seconds=60)

        assert cache_store.read("a") == {"x": [1, 2]}
        redis_cache.connect().flushall()
        assert cache_store.read("a") is None

    def test_keeps_for_as_long_as_was_said(self, redis_cache):
        cache_store.write("a", 1, seconds=3_000)
        client = redis_cache.connect()

        (key,) = client.keys()
        assert 2_000 < client.ttl(key) <= 3_000

    def test_gone_it_is_missed_by_nobody_and_found_again(self, redis_cache, caplog, monkeypatch):
        cache_store.write("a", 1, seconds=60)
        redis_cache.kill()

        assert cache_store.read("a") is None
        cache_store.write("a", 2, seconds=60)
        assert not cache_store.is_answering()
        redis_cache.start()
        assert cache_store.is_answering()
        cache_store.write("a", 3, seconds=60)
        assert cache_store.read("a") == 3
        assert complaints(caplog)[0] == "the cache does not answer"
        assert complaints(caplog)[-1] == "the cache answers again"

    def test_frozen_it_holds_up_one_request_and_not_the_next(
        self, redis_cache, caplog, settings, monkeypatch
    ):
        """Redis is asked once, with the timeout of production. The time it takes is not compared."""
        monkeypatch.setattr(cache_store, "REST_SECONDS", 3_600.0)
        cache_store.write("a", 1, seconds=60)
        settings.CACHES = {"default": redis_cache_at(redis_cache.url)}
        asked = count_reads(monkeypatch)
        redis_cache.freeze()
        for _ in range(100):
            assert cache_store.read("a") is None
        redis_cache.thaw()

        assert len(asked) == 1
        assert PATIENCE_SECONDS < 0.5
        assert complaints(caplog) == ["the cache does not answer"]

    def test_is_asked_again_after_a_rest(self, redis_cache, monkeypatch, caplog):
        redis_cache.kill()
        cache_store.read("a")
        redis_cache.start()
        now = time.monotonic()
        monkeypatch.setattr(cache_store.time, "monotonic", lambda: now + cache_store.REST_SECONDS + 1)

        cache_store.write("a", 1, seconds=60)

        assert cache_store.read("a") == 1

    def test_what_cannot_be_read_is_as_if_it_were_not_there(self, redis_cache, caplog):
        cache_store.write("a", 1, seconds=60)
        client = redis_cache.connect()
        (key,) = client.keys()
        client.set(key, b"cdeltacrown.core\nNothingOfTheKind\n.")

        assert cache_store.read("a") is None
        assert complaints(caplog) == ["the cache does not answer"]


def test_local_memory_needs_no_server(settings):
    assert settings.CACHES["default"]["BACKEND"].endswith("LocMemCache")
    cache_store.write("a", 1, seconds=60)

    assert cache_store.is_answering()
    assert cache_store.read("a") == 1
    caches["default"].clear()
    assert cache_store.read("a") is None


@pytest.mark.parametrize("fixture", ["empty_memory", "redis_cache"])
def test_what_begins_alike_is_forgotten_together(fixture, request):
    request.getfixturevalue(fixture)
    for key in ("page/a", "page/b/[c]", "other/page/a"):
        cache_store.write(key, 1, seconds=60)

    cache_store.forget("page/")

    assert [cache_store.read(key) for key in ("page/a", "page/b/[c]", "other/page/a")] == [None, None, 1]


@pytest.fixture
def empty_memory():
    caches["default"].clear()
    yield
    caches["default"].clear()

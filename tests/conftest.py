"""Fixtures every test may use: players, games, and the question whether anything drifted."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from importlib import import_module
from itertools import count
from typing import Any

import pytest

#: As in ``tests.scene``, which cannot be imported before Django is set up.
NOON = datetime(2025, 6, 1, 12, 0, tzinfo=UTC)


def pytest_configure() -> None:
    """Use a fast password hash, as a secure one costs time for every sign-in; and no limits of requests.

    Statements are compiled once: the suite has more of them than a site. Examples are drawn as on the machine
    that decides, everywhere: the same ones each time, however long one takes.
    """
    from django.conf import settings
    from hypothesis import settings as drawing

    drawing.load_profile("ci")  # hypothesis has it
    # A suite signs in and asks for pages more often than anybody; tests of the limits set their own.
    settings.PAGE_RATE_PER_ADDRESS = "1000000/60"
    settings.SIGN_IN_RATE_PER_ACCOUNT = settings.SIGN_IN_RATE_PER_ADDRESS = "1000000/60"
    settings.API_RATE_PER_KEY = settings.API_RATE_PER_ADDRESS = "1000000/60"
    # Thousands of tests take turns on one connection: each of their statements is compiled once.
    if "cached_statements" in settings.DATABASES["default"]["OPTIONS"]:
        settings.DATABASES["default"]["OPTIONS"]["cached_statements"] = 5_000
    # Where many threads connect at once, a busy machine may take longer than a person would wait.
    if "connect_timeout" in settings.DATABASES["default"]["OPTIONS"]:
        settings.DATABASES["default"]["OPTIONS"]["connect_timeout"] = 300
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def pytest_collection_finish() -> None:
    """Import what the first request would; garbage is never looked for among what was imported.

    A module that a request imports within a test would keep what the test put in the place of the clock, and
    sessions of all tests after it would be over.
    """
    from django.conf import settings
    from django.contrib.auth import get_backends
    from django.urls import get_resolver
    from django.utils.module_loading import import_string

    import_module(settings.SESSION_ENGINE)
    get_backends()
    assert get_resolver().url_patterns
    for name in settings.MIDDLEWARE:
        import_string(name)
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings: None, request: Any, tmp_path_factory: Any
) -> Iterator[None]:
    """The names of the test databases; and where several workers run, only one of them migrates."""
    if not hasattr(request.config, "workerinput"):
        yield
        return
    from tests.first_of_run import find_shared
    from tests.migrated_once import shared_among_workers

    with shared_among_workers(find_shared(tmp_path_factory, request.config)):
        yield


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """The test database; what a test commits is taken back by a copy of it, not by a flush."""
    from tests.pristine import restored_after_commits

    with django_db_blocker.unblock():
        restoring = restored_after_commits()
        restoring.__enter__()
    yield
    restoring.__exit__(None, None, None)


@pytest.fixture(autouse=True)
def _nobody_is_told() -> None:
    """No endpoint of webhooks is active, and that is at hand: no test pays for the question by chance."""
    from deltacrown.webhooks import listening

    listening.know(is_anybody=False)


@pytest.fixture(autouse=True)
def _nothing_is_kept() -> None:
    """The cache is empty and at work.

    Neither answers nor counts of requests and mails are those of the test before; and where that had a cache
    that failed, this one does not go without for the seconds that a site does. Kinds of content are read anew
    as well, by whoever asks for one: statements are counted.
    """
    from django.contrib.contenttypes.models import ContentType
    from django.core.cache import cache

    from deltacrown.freshness import cache_store

    cache_store._Health.resting_until = 0.0
    cache.clear()
    ContentType.objects.clear_cache()


@pytest.fixture
def noon() -> datetime:
    """The fixed time tests happen at."""
    return NOON


@pytest.fixture
def player(db: None) -> Callable[..., Any]:
    """``player("ann")``: a user; the database makes the profile and the privacy row."""
    from tests import scene

    def make(username: str = "ann", **fields: Any) -> Any:
        return scene.player(username, **{"date_joined": NOON - timedelta(days=100), **fields})

    return make


@pytest.fixture
def game(db: None) -> Any:
    from tests import scene

    return scene.game("rocket")


@pytest.fixture
def played(game: Any) -> Callable[..., Any]:
    """``played(user, "WIN")``: a match row, written straight into the table, the next minute each."""
    from deltacrown.games.models import Match

    numbers = count(1)

    def make(user: Any, result: str = "WIN", **fields: Any) -> Any:
        number = next(numbers)
        defaults = {"game": game, "match_key": f"m{number}", "played_at": NOON + timedelta(minutes=number)}
        return Match.objects.create(**{**defaults, **fields}, user=user, result=result)

    return make


@pytest.fixture
def own_tables(db: None) -> None:
    """Begin with empty table files, for tests of query plans. To be used before a row is written."""
    from tests.plans import empty_tables

    empty_tables()


@contextmanager
def without_reactions() -> Iterator[None]:
    """Disconnect the reactions to events, as the fixture ``no_reactions`` does for a test."""
    from deltacrown.notifications import receivers as telling
    from deltacrown.user_profile import receivers
    from deltacrown.webhooks import receivers as outbox

    for each in (outbox, telling, receivers):
        each.disconnect()
    try:
        yield
    finally:
        for each in (outbox, receivers, telling):
            each.connect()


@pytest.fixture
def no_reactions() -> Iterator[None]:
    """Disconnect the reactions to events, for tests of an app's own queries or of hand-made timelines."""
    with without_reactions():
        yield


@pytest.fixture
def find_all_drift(db: None) -> Callable[[], list[tuple[str, tuple[int, ...], str, int | None, int]]]:
    """Everything that has drifted anywhere, as plain tuples; empty when the engine does its work."""
    from django_tally.feeds import list_holders
    from django_tally.verification import find_drift

    def find() -> list[tuple[str, tuple[int, ...], str, int | None, int]]:
        found = [drift for holder in list_holders() for drift in find_drift(holder)]
        return [
            (drift.holder.__name__, drift.keys, drift.stat, drift.cached, drift.actual) for drift in found
        ]

    return find


@pytest.fixture(scope="session")
def _shared_redis(tmp_path_factory: Any) -> Iterator[Any]:
    from tests.redis_server import RedisServer, find_server

    executable = find_server()
    if executable is None:
        pytest.skip(
            "no redis-server: install Debian's package redis-server, "
            "or use Python 3.11 or 3.12, for which a package carries one"
        )
    server = RedisServer(tmp_path_factory.mktemp("redis"), executable)
    yield server
    server.kill()


@pytest.fixture
def redis_server(_shared_redis: Any) -> Any:
    """A real Redis, running and empty, whatever the test before did to it."""
    _shared_redis.make_ready()
    return _shared_redis


@pytest.fixture
def redis_cache(redis_server: Any, settings: Any, monkeypatch: Any) -> Any:
    """The cache is a real Redis, set up as in production, but waited for as long as a busy machine needs."""
    from deltacrown.config.caching import redis_cache_at
    from deltacrown.freshness import cache_store

    monkeypatch.setattr(cache_store._Health, "resting_until", 0.0)
    entry = redis_cache_at(redis_server.url)
    patience = {"socket_timeout": 60.0, "socket_connect_timeout": 60.0}
    settings.CACHES = {"default": {**entry, "OPTIONS": {**entry["OPTIONS"], **patience}}}
    return redis_server

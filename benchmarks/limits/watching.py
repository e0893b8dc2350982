"""What it takes to watch the requests for the page that is looked at most: ids, counts, context, records."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.limits.figure import Figure, Samples, interleave

SAMPLES = 400
#: Requests of a sample: one takes about as long as the clock of the processor can tell.
TOGETHER = 10
WATCHES = "deltacrown.web.watching.WatchedRequests"


def measure(samples: int = SAMPLES) -> Iterator[Figure]:
    """Yield the CPU of a kept page with all that watches it, in turn with the same page unwatched.

    :raises RuntimeError: an answer is not 200.
    """
    from django.conf import settings
    from django.core.handlers.wsgi import WSGIHandler
    from django.test import RequestFactory, override_settings

    from benchmarks.measures import draw_players

    [player] = draw_players(1)
    environ = RequestFactory(SERVER_NAME="localhost").get(f"/players/{player}/").environ
    watched = WSGIHandler()
    with override_settings(MIDDLEWARE=[each for each in settings.MIDDLEWARE if each != WATCHES]):
        unwatched = WSGIHandler()
    note = "CPU of this process for ten requests, in pairs; the limit is the same page without any of it."
    for name, level in (("counted", logging.ERROR), ("counted and recorded", logging.INFO)):
        calls = partial(call, watched, environ), partial(call_unwatched, unwatched, environ)
        with recording(level), connected():
            ours, limit = interleave(*calls, samples, warm_up=20)
        budget = 1.03 if level == logging.ERROR else None
        told = {"budget": budget, "peer": "unwatched", "note": note}
        yield Figure(f"serve: kept profile page, {name}", Samples(ours.client), Samples(limit.client), **told)


@contextmanager
def recording(level: int) -> Iterator[None]:
    """Have the records of access from this level on written as the site writes them, to nowhere."""
    log = logging.getLogger("deltacrown.access")
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        handler = logging.StreamHandler(nowhere)
        handler.setFormatter(logging.getLogger().handlers[0].formatter)
        was = log.level, log.propagate
        log.addHandler(handler)
        log.propagate = False
        log.setLevel(level)
        try:
            yield
        finally:
            log.removeHandler(handler)
            log.propagate = was[1]
            log.setLevel(was[0])


@contextmanager
def connected() -> Iterator[None]:
    """Keep the connection from request to request, as the pool of a server does."""
    from django.core.signals import request_finished, request_started
    from django.db import close_old_connections

    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    try:
        yield
    finally:
        for signal in (request_started, request_finished):
            signal.connect(close_old_connections)


def call(handler: Callable[..., Any], environ: dict[str, Any]) -> None:
    """Have the page answered some times.

    :raises RuntimeError: an answer is not 200.
    """
    for _ in range(TOGETHER):
        answer = handler(dict(environ), lambda *_: None)
        body = b"".join(answer)
        answer.close()
        if answer.status_code != 200 or not body:
            raise RuntimeError(f"the page answered {answer.status_code}")


def call_unwatched(handler: Callable[..., Any], environ: dict[str, Any]) -> None:
    """As ``call``, without the tally of statements either."""
    from django.db import connection

    from deltacrown.core.statement_tally import tally_statement

    wrappers = connection.execute_wrappers
    wrappers.remove(tally_statement)
    try:
        call(handler, environ)
    finally:
        wrappers.insert(0, tally_statement)

"""What a site has beside its database: the cache, and the broker of its jobs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

from django.conf import settings

from deltacrown.freshness import cache_store
from deltacrown.operations.doctor.findings import Finding, Visit

BROKER_SECONDS = 3
#: What ``serve`` starts unless it is told otherwise.
SIZE, USUAL_WORKERS = "WORKERS", "4"


def find_cache_faults(_visit: Visit) -> Iterator[Finding]:
    """Find a cache that does not answer, or that each process has for itself."""
    is_memory = "locmem" in settings.CACHES["default"]["BACKEND"]
    workers = os.environ.get(SIZE) or USUAL_WORKERS
    if is_memory:
        if workers != "1" and not settings.DEBUG:
            yield Finding.advice(
                f"There is no REDIS_URL: each of {workers} server processes keeps pages and counts requests "
                "for "
                "itself, so limits of requests and of attempts to sign in are per process.",
                "Set REDIS_URL, or WORKERS=1.",
            )
    elif not cache_store.is_answering():
        yield Finding(
            "Redis (REDIS_URL) does not answer: pages come from the database, and no limit of requests "
            "holds.",
            "Start it (systemctl start redis-server), or compare REDIS_URL with its address and password.",
        )


def find_broker_faults(_visit: Visit) -> Iterator[Finding]:
    """Find a broker that does not answer: beat and workers then do nothing."""
    url = settings.CELERY_BROKER_URL
    if not url:
        return  # the jobs run from timers or a crontab
    from kombu.connection import Connection  # noqa: PLC0415 - only where there is a broker

    options = {"socket_timeout": BROKER_SECONDS, "socket_connect_timeout": BROKER_SECONDS}
    try:
        asked: Any = Connection  # its arguments have no types
        with asked(url, connect_timeout=BROKER_SECONDS, transport_options=options) as broker:
            broker.ensure_connection(max_retries=1, interval_start=0, timeout=BROKER_SECONDS)
            broker.channel().close()  # some transports first connect for a channel
    except Exception as error:  # noqa: BLE001 - each transport fails in a way of its own
        yield Finding(
            f"The broker of the jobs does not answer ({type(error).__name__}): beat and workers do nothing.",
            "Start it, or compare CELERY_BROKER_URL (by default REDIS_URL) with its address and password. "
            "Until then: deltacrown run_job --due.",
        )

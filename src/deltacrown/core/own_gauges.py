"""Gauges of the jobs, and of the queue they wait in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings

from deltacrown.core.job_figures import list_job_figures
from deltacrown.core.metrics.gauges import GaugeFamily, Reading, register_gauges

#: Where Celery puts tasks.
QUEUE = "celery"
PATIENCE_SECONDS = 0.25

SUCCESS = GaugeFamily(
    "deltacrown_job_success_timestamp_seconds",
    "When the latest run of a job that was done ended, in seconds since 1970.",
    "job",
)
DURATION = GaugeFamily(
    "deltacrown_job_duration_seconds", "How long the latest run of a job that was done took.", "job"
)
FAILURES = GaugeFamily(
    "deltacrown_job_failures", "Runs of a job that failed since the latest that was done.", "job"
)
PROBLEM = GaugeFamily(
    "deltacrown_job_problem", "Whether check_jobs reports a problem of a job: 1 or 0.", "job"
)
DEPTH = GaugeFamily(
    "deltacrown_queue_depth", "Tasks that wait for a worker of Celery; none is told without a Redis."
)


def register() -> None:
    """Add them to the metrics."""
    register_gauges([SUCCESS, DURATION, FAILURES, PROBLEM], _read_jobs)
    register_gauges([DEPTH], _read_queue, asks_database=False)


def _read_jobs(now: datetime) -> Mapping[str, Reading]:
    figures = list_job_figures(now)
    return {
        SUCCESS.name: {each.job: each.done_at.timestamp() if each.done_at else None for each in figures},
        DURATION.name: {each.job: each.seconds for each in figures},
        FAILURES.name: {each.job: each.failures for each in figures},
        PROBLEM.name: {each.job: int(each.has_problem) for each in figures},
    }


def _read_queue(_now: datetime) -> Mapping[str, Reading]:
    url: str = settings.CELERY_BROKER_URL
    if not url.startswith(("redis://", "rediss://", "redis+socket://", "unix://")):
        return {}
    from redis import Redis  # noqa: PLC0415 - only where there is a Redis

    limits: dict[str, Any] = {
        "socket_timeout": PATIENCE_SECONDS,
        "socket_connect_timeout": PATIENCE_SECONDS,
    }
    with Redis.from_url(url.replace("redis+socket://", "unix://", 1), **limits) as redis:
        return {DEPTH.name: redis.llen(QUEUE)}

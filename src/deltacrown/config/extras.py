"""What a setting needs besides the packages that are always there."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec


@dataclass(frozen=True)
class Extra:
    """An extra of the distribution, ``pip install 'deltacrown[name]'``.

    :param modules: what it installs, as it is imported.
    """

    name: str
    modules: tuple[str, ...]

    def find_missing(self) -> str:
        """Return a module that is not there; ``""`` when all are."""
        return next((module for module in self.modules if not _is_there(module)), "")


def _is_there(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # not even what it is in
        return False


TRACING = Extra(
    "tracing",
    (
        "opentelemetry.sdk",
        "opentelemetry.exporter.otlp.proto.http",
        "opentelemetry.instrumentation.django",
        "opentelemetry.instrumentation.psycopg",
        "opentelemetry.instrumentation.celery",
    ),
)
ERRORS = Extra("errors", ("sentry_sdk",))

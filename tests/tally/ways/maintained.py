"""Choosing who keeps the numbers, within a test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import connection
from django.test import override_settings

from deltacrown.core.clock import now
from django_tally.keeping import signals
from django_tally.keeping.maintainer import SIGNALS
from django_tally.triggers import installation


@contextmanager
def maintained_by(maintainer: str) -> Iterator[None]:
    """Within, ``maintainer`` is at work, whoever the test database was made for."""
    usual = settings.TALLY_MAINTAINER
    if maintainer == usual:
        yield
        return
    try:
        with override_settings(TALLY_MAINTAINER=maintainer):
            change_to(maintainer)
            yield
    finally:
        if connection.in_atomic_block:  # the triggers come back with the test's transaction
            signals.install() if usual == SIGNALS else signals.uninstall()
        else:
            change_to(usual)


def change_to(maintainer: str) -> None:
    """What `migrate` and a restart do when the setting has changed."""
    signals.install() if maintainer == SIGNALS else signals.uninstall()
    installation.install_triggers("default")
    installation.record_installation("default", now=now())

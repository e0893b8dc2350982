"""Choosing who keeps the numbers, within a test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.test import override_settings

from deltacrown.core.clock import now
from deltacrown.tally import installation
from deltacrown.tally.maintainers import SIGNALS, signals


@contextmanager
def maintained_by(maintainer: str) -> Iterator[None]:
    """Within, ``maintainer`` is at work on a database made for triggers.

    The triggers come back with the test's transaction; a test that commits puts them back itself.
    """
    if maintainer != SIGNALS:
        yield
        return
    with override_settings(TALLY_MAINTAINER=SIGNALS):
        installation.install_triggers("default", now=now())
        signals.install()
        try:
            yield
        finally:
            signals.uninstall()

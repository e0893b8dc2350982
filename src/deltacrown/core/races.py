"""Inserting what another transaction may insert at the same moment."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TypeVar

from django.db import IntegrityError, transaction

T = TypeVar("T")

logger = logging.getLogger(__name__)

#: An attempt is lost only to a writer that finished, so this many may want the same rows at once.
ATTEMPTS = 10


def find_or_insert(attempt: Callable[[], T]) -> T:
    """Run ``attempt`` in a savepoint, and again when a unique key shows that another writer was first.

    :param attempt: looks up what exists, then inserts what does not; the next run finds the other's rows.
    :raises IntegrityError: the last attempt failed too, so it is no race.
    """
    for number in range(1, ATTEMPTS + 1):
        try:
            with transaction.atomic():
                return attempt()
        except IntegrityError as error:
            if number == ATTEMPTS:
                raise
            logger.info("attempt %d met rows of another writer, looking again: %s", number, error)
    raise AssertionError("unreachable")

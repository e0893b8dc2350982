"""Insert rows that another transaction may insert at the same time."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TypeVar

from django.db import IntegrityError, transaction

from deltacrown.core.metrics.catalogue import RETRIES

T = TypeVar("T")

logger = logging.getLogger(__name__)

#: An attempt fails only when another writer has committed, so this is how many writers may compete.
ATTEMPTS = 10


def find_or_insert(attempt: Callable[[], T]) -> T:
    """Run ``attempt`` in a savepoint; repeat it when a unique constraint shows that another writer was first.

    :param attempt: looks up existing rows and inserts the missing ones; a repetition finds the other's rows.
    :return: the return value of the attempt that succeeded.
    :raises IntegrityError: ten attempts failed, so the cause is not a race.
    """
    for number in range(1, ATTEMPTS + 1):
        try:
            with transaction.atomic():
                return attempt()
        except IntegrityError as error:
            if number == ATTEMPTS:
                raise
            RETRIES.add("another_writer")
            logger.info("attempt %d found rows of another writer, trying again: %s", number, error)
    raise AssertionError("unreachable")

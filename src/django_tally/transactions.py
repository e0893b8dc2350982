"""Transactions that are run again after a deadlock or a serialisation failure."""

from __future__ import annotations

import functools
import logging
import random
import time
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from django.db import OperationalError, transaction
from django.dispatch import Signal

P = ParamSpec("P")
R = TypeVar("R")

logger = logging.getLogger(__name__)

ATTEMPTS = 16
#: The longest pause before an attempt. Pauses are random, up to a bound that doubles, so that two
#: transactions that failed together are run again at different times.
LONGEST_PAUSE_SECONDS = 0.5
#: serialization_failure and deadlock_detected, https://www.postgresql.org/docs/current/errcodes-appendix.html
SERIALISATION_FAILURE, DEADLOCK = "40001", "40P01"
RETRYABLE_SQLSTATES = frozenset({SERIALISATION_FAILURE, DEADLOCK})

#: Sent before a transaction is run again, with ``sqlstate``. A receiver must not ask the database.
transaction_lost = Signal()


def is_retryable(error: BaseException) -> bool:
    """Return whether the same transaction may succeed when run again: a deadlock, a serialisation failure."""
    return getattr(error.__cause__, "sqlstate", None) in RETRYABLE_SQLSTATES


def atomic_service(function: Callable[P, R]) -> Callable[P, R]:
    """Run a service in one transaction, and again when the database chose it as a deadlock's victim.

    Inside an outer transaction it only joins: the outermost door owns the retry, since a
    PostgreSQL transaction that failed cannot be continued. The function must therefore have no
    effect outside the database before it returns.
    """

    @functools.wraps(function)
    def door(*args: P.args, **kwargs: P.kwargs) -> R:
        if transaction.get_connection().in_atomic_block:
            with transaction.atomic():
                return function(*args, **kwargs)
        for attempt in range(1, ATTEMPTS + 1):
            try:
                with transaction.atomic():
                    return function(*args, **kwargs)
            except OperationalError as error:
                if attempt == ATTEMPTS or not is_retryable(error):
                    raise
                transaction_lost.send(atomic_service, sqlstate=getattr(error.__cause__, "sqlstate", ""))
                logger.info(
                    "%s: attempt %d lost to another transaction, running it again", function.__name__, attempt
                )
                time.sleep(random.uniform(0, min(0.01 * 2**attempt, LONGEST_PAUSE_SECONDS)))  # noqa: S311
        raise AssertionError("unreachable")

    return door

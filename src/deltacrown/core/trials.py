"""Do something in the database, look at what came of it, and take it back: for previews."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from django.db import transaction

from deltacrown.core.audit import not_logged
from django_tally.transactions import atomic_service

Value = TypeVar("Value")


@atomic_service
def try_out(deed: Callable[[], Value]) -> Value:
    """Return what ``deed`` returns, with all that it wrote taken back. Nobody else sees any of it.

    What it locks is locked until the end of the transaction. What it puts off until the commit is not done,
    and nothing of it is logged.
    """
    with not_logged(), transaction.atomic():
        value = deed()
        transaction.set_rollback(True)
    return value

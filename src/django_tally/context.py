"""Who changes what was recorded, and why: stated around the change, stored with every revision it causes."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import ParamSpec, TypeVar

from django.db import connection, transaction

from django_tally.models import ChangeContext

P = ParamSpec("P")
R = TypeVar("R")

ACTOR, REASON = "tally.actor", "tally.reason"


@contextmanager
def attributed(*, actor: str, reason: str) -> Iterator[None]:
    """Record changes to source rows, within, as made by ``actor`` because of ``reason``.

    Opens a transaction (or a savepoint); what the context says ends with it, and with a rollback.
    Contexts nest: the inner one holds until its end.
    """
    # Whether a text can be stored at all is for the service inside to judge, with its own words.
    actor, reason = (text.replace("\0", "")[:limit] for text, limit in ((actor, 150), (reason, 500)))
    with transaction.atomic():
        enter = _enter_session if connection.vendor == "postgresql" else _enter_table
        restore = enter(actor, reason)
        yield
        restore()  # not in a finally: after an error the savepoint's rollback does it, and nothing else can


def _enter_session(actor: str, reason: str) -> Callable[[], object]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT current_setting('{ACTOR}', true), current_setting('{REASON}', true)")
        before = cursor.fetchone()
    _set_session(actor, reason)
    return lambda: _set_session(before[0] or "", before[1] or "")


def _set_session(actor: str, reason: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config(%s, %s, true), set_config(%s, %s, true)", [ACTOR, actor, REASON, reason]
        )


def _enter_table(actor: str, reason: str) -> Callable[[], object]:
    context = ChangeContext.objects.create(actor=actor, reason=reason)
    return context.delete


def attributed_change(function: Callable[P, R]) -> Callable[P, R]:
    """Record what a service changes as made by its ``by`` because of its ``reason``, both keyword arguments.

    ``by`` is a name, anything with ``get_username()``, or ``None``.
    """

    @functools.wraps(function)
    def door(*args: P.args, **kwargs: P.kwargs) -> R:
        with attributed(actor=_name_of(kwargs.get("by")), reason=str(kwargs["reason"])):
            return function(*args, **kwargs)

    return door


def _name_of(actor: object) -> str:
    get_username = getattr(actor, "get_username", None)
    if callable(get_username):
        return str(get_username())
    return actor if isinstance(actor, str) else ""

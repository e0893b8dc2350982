"""Row-level triggers, for SQLite."""

from __future__ import annotations

from django_tally.schema import quote
from django_tally.triggers.trigger import Trigger


def make_trigger(*, name: str, table: str, event: str, body: str, when: str = "") -> Trigger:
    """Return a row-level AFTER trigger called ``name``.

    :param body: its statements, each ended by a semicolon; they may read ``NEW`` and ``OLD``.
    :param when: a condition on ``NEW`` and ``OLD`` that the trigger itself is subject to.
    """
    condition = f"WHEN {when} " if when else ""
    source = f"CREATE TRIGGER {name} AFTER {event} ON {quote(table)} FOR EACH ROW {condition}BEGIN {body} END"

    return Trigger(name=name, table=table, create=(source,), source=source)

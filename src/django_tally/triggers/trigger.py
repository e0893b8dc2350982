"""A trigger, as text."""

from __future__ import annotations

from dataclasses import dataclass

#: The name of every trigger begins so; nothing else in the database may.
PREFIX = "tally_"


@dataclass(frozen=True)
class Trigger:
    """One trigger.

    :param name: begins with ``tally_``; at most 63 characters.
    :param table: the table it watches, unquoted.
    :param create: the statements that make it, in order.
    :param source: what the database shows of it afterwards, to compare with: the text of the
        trigger on SQLite, of its function's body on PostgreSQL.
    :param shape: when it fires, in the words of :func:`~django_tally.triggers.postgresql.describe_shape`;
        empty on SQLite, where ``source`` includes it.
    """

    name: str
    table: str
    create: tuple[str, ...]
    source: str
    shape: str = ""

"""The log of what staff read, decide and do with the data of others: a line of text, and a row.

The line goes to ``deltacrown.audit``, whatever the level of the other logs is. The row is an ``AuditEntry``.
Rulings and changes are written in the transaction of their writer, so there is neither without the other.
Reads are collected while a request is answered, and written before the answer leaves, in one statement: what
cannot be logged is not shown. See ``docs/decisions/0056-the-audit-log.md``.

People are named by their key, never by a name that can change.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime, timedelta
from typing import Any, Protocol

from deltacrown.core.deeds import DEEDS, Deed
from deltacrown.core.models import AuditEntry

#: For so long reads are kept; rulings and changes are kept always.
READS_KEPT_FOR = timedelta(days=400)

_log = logging.getLogger("deltacrown.audit")
_collected: ContextVar[dict[str, AuditEntry] | None] = ContextVar("collected_reads", default=None)

_is_rehearsed: ContextVar[bool] = ContextVar("is_rehearsed", default=False)


class Keyed(Protocol):
    """A person, by key."""

    @property
    def pk(self) -> Any:
        """Return the key."""


def write_about(kind: str, key: object) -> str:
    """Return what an entry is about: ``tournament:cup``, ``match:17``. Never what a player is called."""
    return f"{kind}:{key}"


def record_deed(
    *,
    deed: Deed,
    by: Keyed | int | None,
    of: Keyed | int | None = None,
    about: str = "",
    reason: str = "",
    who: str = "",
    told: Mapping[str, object] | None = None,
) -> None:
    """Log a deed: the line at once; the row with the writer's transaction, or, of a read, with the request's.

    :param by: who did it, or the key; None for a command or a job.
    :param of: the player it is about, or the key.
    :param about: what else it is about, by ``write_about``.
    :param who: how the line names who did it, where that is not by key alone.
    :param told: what the line says besides.
    """
    if _is_rehearsed.get():
        return
    said, actor, subject = DEEDS[deed], _get_key(by), _get_key(of)
    by_whom = who or ("somebody" if actor is None else actor)
    _log.info(said.line % {"by": by_whom, "of": subject, "about": about, **(told or {})})
    keys = {"actor_id": actor, "subject_id": subject}
    entry = AuditEntry(kind=said.kind, deed=deed, about=about[:200], reason=reason.strip(), **keys)
    if said.once_a_minute:
        _collect(entry)
        return
    entry.minute = None
    entry.save(force_insert=True)


@contextmanager
def collecting_reads() -> Iterator[None]:
    """Collect the reads of a block, and write them at its end, in one statement."""
    collected: dict[str, AuditEntry] = {}
    token = _collected.set(collected)
    try:
        yield
    finally:
        _collected.reset(token)
        # Also after a refusal: it may tell of what was read.
        if collected:
            _insert_reads(list(collected.values()))


@contextmanager
def not_logged() -> Iterator[None]:
    """Log no deed of a block: it only finds out what would be done, and is rolled back."""
    token = _is_rehearsed.set(True)
    try:
        yield
    finally:
        _is_rehearsed.reset(token)


def empty_reasons(*, subjects: Sequence[int]) -> None:
    """Empty the reasons of what is logged of players who are anonymised; the keys and the deeds stay."""
    AuditEntry.objects.filter(subject__in=subjects).exclude(reason="").update(reason="")


def prune_reads(*, now: datetime) -> int:
    """Delete the reads that are older than ``READS_KEPT_FOR``; return how many. Rulings and changes stay."""
    old = AuditEntry.objects.filter(kind=AuditEntry.Kind.READ, at__lt=now - READS_KEPT_FOR)
    return int(old.delete()[0])


def _get_key(person: Keyed | int | None) -> int | None:
    """Return the key of a person; None of nobody, and of who is not signed in."""
    key = person if person is None or isinstance(person, int) else person.pk
    return None if key is None else int(key)


def _collect(entry: AuditEntry) -> None:
    said = f"{entry.deed}/{entry.actor_id}/{entry.subject_id}/{entry.about}"
    entry.sameness = hashlib.sha256(said.encode()).hexdigest()
    collected = _collected.get()
    if collected is None:
        _insert_reads([entry])
        return
    collected[entry.sameness] = entry


def _insert_reads(entries: Sequence[AuditEntry]) -> None:
    """Insert reads, but for those that are logged in this minute already."""
    AuditEntry.objects.bulk_create(entries, ignore_conflicts=True)

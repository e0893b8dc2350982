"""Move old matches out of the live table.

Nothing a reader sees changes: every count, history and page reads both tables.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from deltacrown.core.dates import write_iso_minute
from deltacrown.core.errors import InvalidInput
from deltacrown.core.inputs import check_datetime, check_integer
from deltacrown.games.models import ArchivedMatch, Match
from deltacrown.games.services.records import MatchKey
from django_tally.transactions import atomic_service

#: Called with the rows looked at so far, and how many there are to look at.
Progress = Callable[[int, int], None]

#: Rows looked for per transaction: players whose matches move wait no longer than moving so many takes.
BATCH_SIZE, LARGEST_BATCH = 2_000, 10_000


@dataclass(frozen=True)
class Archived:
    """What an archive run moved, or on a dry run would move.

    :param left: matches left alone because the archive holds a row of the same player under their key.
    """

    rows: int
    matches: int
    left: int


@dataclass(frozen=True)
class _LockedRow:
    pk: int
    key: MatchKey
    stays: bool
    clashes: bool


def archive_matches(
    *,
    before: datetime,
    now: datetime,
    dry_run: bool = False,
    batch_size: int = BATCH_SIZE,
    progress: Progress | None = None,
) -> Archived:
    """Move every match of which all rows were played before ``before`` into the archive, whole, in batches.

    Each batch is a transaction. A run that is stopped keeps what it moved, and running again moves
    the rest; two at once share the work. Rows keep their ids, so what points to them still does.

    :param before: timezone-aware, not after ``now``.
    :param dry_run: move nothing, count what would move.
    :param batch_size: rows looked for per transaction, 1 to 10,000; their matches are completed.
    :raises InvalidInput: for a time in the future or without timezone, or a batch size out of range.
    """
    _check(before, now, batch_size)
    old = Match.objects.filter(played_at__lt=before).order_by("pk")
    total = old.count() if progress else 0
    position, looked, moved = 0, 0, Archived(0, 0, 0)
    while candidates := list(old.filter(pk__gt=position).values_list("pk", flat=True)[:batch_size]):
        batch = _move_batch(candidates=candidates, before=before, dry_run=dry_run)
        position, looked = candidates[-1], looked + len(candidates)
        moved = Archived(moved.rows + batch.rows, moved.matches + batch.matches, moved.left + batch.left)
        if progress:
            progress(looked, max(looked, total))
    return moved


def _check(before: datetime, now: datetime, batch_size: int) -> None:
    check_datetime(before, field="before")
    check_integer(batch_size, field="batch_size", least=1, most=LARGEST_BATCH)
    if before > now:
        message = _("%(time)s lies in the future; only matches of the past can be archived.")
        raise InvalidInput(message % {"time": write_iso_minute(before)}, field="before")


@atomic_service
def _move_batch(*, candidates: Sequence[int], before: datetime, dry_run: bool) -> Archived:
    """Lock the matches of ``candidates``; copy their rows, then delete exactly those from the live table."""
    matches: dict[MatchKey, list[_LockedRow]] = {}
    for row in _lock_matches(candidates, before):
        matches.setdefault(row.key, []).append(row)
    # A match that began in an earlier batch was dealt with there.
    began_here = [rows for rows in matches.values() if rows[0].pk >= candidates[0]]
    ours = [rows for rows in began_here if not any(row.stays for row in rows)]
    free = [rows for rows in ours if not any(row.clashes for row in rows)]
    keys = sorted(row.pk for rows in free for row in rows)
    if keys and not dry_run:
        _copy_then_remove(keys)
    return Archived(rows=len(keys), matches=len(free), left=len(ours) - len(free))


def _lock_matches(candidates: Sequence[int], before: datetime) -> list[_LockedRow]:
    """Return the live rows of the candidates' matches in order of id, locked."""
    live, archive = _table(Match), _table(ArchivedMatch)
    # On SQLite, the transaction is the lock.
    lock = " FOR UPDATE OF m" if connection.features.has_select_for_update_of else ""
    sql = (
        f"SELECT m.id, m.game_id, m.match_key, NOT (m.played_at < %s), "
        f"EXISTS (SELECT 1 FROM {archive} a WHERE a.id = m.id OR "
        f"(a.game_id = m.game_id AND a.match_key = m.match_key AND a.user_id = m.user_id)) FROM {live} m "
        f"WHERE (m.game_id, m.match_key) IN "
        f"(SELECT game_id, match_key FROM {live} WHERE id IN ({_listed(candidates)})) ORDER BY m.id{lock}"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [connection.ops.adapt_datetimefield_value(before)])
        return [
            _LockedRow(pk, (game, key), bool(stays), bool(clashes))
            for pk, game, key, stays, clashes in cursor.fetchall()
        ]


def _copy_then_remove(keys: Sequence[int]) -> None:
    """Move rows under their ids, copying first, so that the engine sees a move and writes no revision."""
    columns = ", ".join(connection.ops.quote_name(str(field.column)) for field in Match._meta.concrete_fields)
    listed = _listed(keys)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {_table(ArchivedMatch)} ({columns}) "
            f"SELECT {columns} FROM {_table(Match)} WHERE id IN ({listed})"
        )
        copied = cursor.rowcount
        # Not the ORM's delete: that would take along what points to the rows, which must stay.
        cursor.execute(f"DELETE FROM {_table(Match)} WHERE id IN ({listed})")
        if not copied == cursor.rowcount == len(keys):
            raise RuntimeError(
                f"{len(keys)} match rows were locked, {copied} copied and {cursor.rowcount} removed; "
                "nothing was moved"
            )


def _table(model: type[Any]) -> str:
    return connection.ops.quote_name(model._meta.db_table)


def _listed(keys: Sequence[int]) -> str:
    return ", ".join(str(int(key)) for key in keys)

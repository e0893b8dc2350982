"""Move old entries out of the live table. Nothing a reader sees changes: timelines read both tables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext

from deltacrown.core.dates import write_iso_minute
from deltacrown.core.days import start_of_day
from deltacrown.core.errors import InvalidInput
from deltacrown.core.inputs import check_datetime, check_integer
from deltacrown.user_profile.models import ArchivedUserActivity, UserActivity
from django_tally.transactions import atomic_service

#: Called with the entries looked at so far, and how many there are to look at.
Progress = Callable[[int, int], None]

BATCH_SIZE, LARGEST_BATCH = 2_000, 10_000


@dataclass(frozen=True)
class ArchivedActivities:
    """What an archive run moved, or on a dry run would move.

    :param left: entries left alone because the archive holds one of the same fact.
    """

    entries: int
    left: int


def archive_activities(
    *,
    before: datetime,
    now: datetime,
    dry_run: bool = False,
    batch_size: int = BATCH_SIZE,
    progress: Progress | None = None,
) -> ArchivedActivities:
    """Move every entry of what happened before the day of ``before`` into the archive, in batches.

    Whole days in UTC are moved. Feeds show live entries only, so a cut within a day would tell which of its
    entries came before it, also to those who may learn of days only.

    Each batch is a transaction. A run that is stopped keeps what it moved, and running again moves
    the rest. Entries keep their ids.

    :param before: timezone-aware, not after ``now``; the midnight in UTC before it counts.
    :param dry_run: move nothing, count what would move.
    :param batch_size: entries per transaction, 1 to 10,000.
    :raises InvalidInput: for a datetime in the future or without a time zone, or a batch size out of range.
    """
    # not atomic: commits in batches
    check_datetime(before, field="before")
    check_integer(batch_size, field="batch_size", least=1, most=LARGEST_BATCH)
    if before > now:
        message = gettext("%(before)s lies in the future; only what has happened can be archived.") % {
            "before": write_iso_minute(before)
        }
        raise InvalidInput(message, field="before")

    before = start_of_day(before)
    total = UserActivity.objects.filter(created_at__lt=before).count() if progress else 0
    position, looked, done = 0, 0, ArchivedActivities(0, 0)
    while batch := _move_batch(before=before, after=position, batch_size=batch_size, dry_run=dry_run):
        position, looked = batch.last, looked + batch.looked
        done = ArchivedActivities(done.entries + batch.moved, done.left + batch.looked - batch.moved)
        if progress:
            progress(looked, max(looked, total))

    return done


@dataclass(frozen=True)
class _Batch:
    """Entries looked at, the id of the last, and how many were moved."""

    looked: int
    last: int
    moved: int


@atomic_service
def _move_batch(*, before: datetime, after: int, batch_size: int, dry_run: bool) -> _Batch | None:
    """Lock the old entries that follow the id ``after``, and move them; None when there are none."""
    same = ArchivedUserActivity.objects.filter(
        user=OuterRef("user"), activity_type=OuterRef("activity_type"), dedupe_key=OuterRef("dedupe_key")
    )
    old = UserActivity.objects.filter(created_at__lt=before, pk__gt=after).order_by("pk")
    rows = old.annotate(clashes=Exists(same)).select_for_update(of=("self",))
    found = list(rows.values_list("pk", "clashes")[:batch_size])
    if not found:
        return None

    keys = [pk for pk, clashes in found if not clashes]
    if keys and not dry_run:
        _copy_then_remove(keys)

    return _Batch(looked=len(found), last=found[-1][0], moved=len(keys))


def _copy_then_remove(keys: Sequence[int]) -> None:
    quote = connection.ops.quote_name
    live, archive = (quote(table._meta.db_table) for table in (UserActivity, ArchivedUserActivity))
    columns = ", ".join(quote(str(field.column)) for field in UserActivity._meta.concrete_fields)
    these = f"id IN ({', '.join(str(int(key)) for key in keys)})"

    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {archive} ({columns}) SELECT {columns} FROM {live} WHERE {these}")
        copied = cursor.rowcount
        cursor.execute(f"DELETE FROM {live} WHERE {these}")
        removed = cursor.rowcount

    if not copied == removed == len(keys):
        counted = f"{len(keys)} entries were locked, {copied} copied and {removed} removed"
        raise RuntimeError(f"{counted}; nothing was moved")

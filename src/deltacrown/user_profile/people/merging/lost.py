"""What either account had and lost before a merge: achievements, and experience, told of one account.

History tells of a row that is gone by its revisions alone. One account has an achievement once at a time, so
of two that were there together only one is told.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from deltacrown.core.dates import NEVER
from deltacrown.user_profile.models import Achievement, ExperienceAward, UserAchievement
from django_tally.models import Revision
from django_tally.sources import history_label
from django_tally.whole_rows import RowText, take_revisions

#: Table → the column that says what a row is for: a player has one row for each.
SAME: dict[Any, str] = {UserAchievement: "achievement_id", ExperienceAward: "dedupe_key"}

Span = tuple[datetime, datetime]


@dataclass(frozen=True)
class Lost:
    """A row that was there and is gone.

    :param what: the achievement's id, or the key of the experience.
    :param span: from when to when it was there.
    :param revisions: the keys of what history tells of it.
    """

    what: int | str
    span: Span
    revisions: tuple[int, ...]


def list_lost(table: Any, users: Collection[int]) -> list[Lost]:
    """Return the rows of some players that are gone, those that were there longest first."""
    told: dict[int, list[Revision]] = {}
    label = history_label(table)
    for revision in Revision.objects.filter(owner__in=users, source=label).order_by("pk"):
        told.setdefault(revision.row, []).append(revision)
    lost = []
    for revisions in told.values():
        first, last = revisions[0], revisions[-1]
        if last.new is None and last.old is not None:
            span = first.recorded_at, last.changed_at
            keys = tuple(revision.pk for revision in revisions)
            lost.append(Lost(last.old[SAME[table]], span, keys))
    return sorted(lost, key=lambda row: (row.span[0] - row.span[1], row.revisions))


def date_back_to_lost(first: dict[str, datetime], users: Collection[int]) -> dict[str, datetime]:
    """Return slug → since when one account would have had what was held and not lost for good.

    :param first: slug → since when the one or the other has it now.
    """
    slugs = dict(Achievement.objects.filter(slug__in=first).values_list("pk", "slug"))
    since = dict(first)
    for row in sorted(list_lost(UserAchievement, users), key=lambda row: row.span[1], reverse=True):
        slug = slugs.get(int(row.what))
        if slug is not None and row.span[0] < since[slug] <= row.span[1]:
            since[slug] = row.span[0]
    return since


def forget_doubles(user: int) -> list[RowText]:
    """Delete what history tells of a row that was there together with another of the same; return it."""
    doubles: list[int] = []
    for table, column in SAME.items():
        spans: dict[Any, list[Span]] = {}
        for what, recorded_at in table.objects.filter(user=user).values_list(column, "recorded_at"):
            spans.setdefault(what, []).append((recorded_at, NEVER))
        for row in list_lost(table, [user]):
            told = spans.setdefault(row.what, [])
            if _overlaps(row.span, told):
                doubles += row.revisions
            else:
                told.append(row.span)
    return take_revisions(sorted(doubles))


def _overlaps(span: Span, others: Iterable[Span]) -> bool:
    return any(span[0] < end and begin < span[1] for begin, end in others)

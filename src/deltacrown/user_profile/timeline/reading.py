"""Read a player's timeline of major events, live and archived."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F, Q, QuerySet, TextField, Value
from django.db.models.functions import Concat

from deltacrown.accounts.models import User
from deltacrown.core.days import CodePoints, Precision
from deltacrown.core.pagination import Order, Page, check_limit, iterate_pages, paginate
from deltacrown.core.words import in_english
from deltacrown.user_profile.models import ActivityRow, ArchivedUserActivity, PrivacySettings, UserActivity
from deltacrown.user_profile.previewing import find_told_exactly
from deltacrown.user_profile.privacy import (
    Viewer,
    filter_activity_by_visibility,
    has_happened,
    is_self,
    sees_hidden,
    tell_activity_times,
    tell_times,
)
from deltacrown.user_profile.timeline.hiding import is_hidden, write_handle
from deltacrown.user_profile.timeline.kind import Wording
from deltacrown.user_profile.timeline.kinds import KINDS

#: For readers who may not know all times: within a day by what the entries say.
ACTIVITY_AS_TOLD: Order = ("-told_at", "-told_as", "-user_id", "-told_key")
#: Of events of one time, their words decide: never the order in which they were recorded.
ORDER: Order = ("-created_at", "-told_as", "-user_id", "-told_key")


@dataclass(frozen=True)
class ActivityEntry:
    """One event of a timeline; ``metadata`` holds what a page needs to link to it.

    :param created_at: when it happened, as far as the reader may know; see ``precision``.
    :param hidden: its player has hidden it.
    :param handle: names it to its player, to hide it or show it again; empty for everybody else.
    """

    activity_type: str
    description: str
    metadata: dict[str, Any]
    visibility: ActivityRow.Visibility
    created_at: datetime
    precision: Precision
    hidden: bool = False
    handle: str = ""


def get_activity_timeline(
    user: User,
    viewer: Viewer = None,
    page: str | None = None,
    *,
    limit: int = 10,
) -> Page[ActivityEntry]:
    """Return a page of the events of ``user`` that ``viewer`` may see, latest first.

    Who may not see a history of ``user`` is told the days of what may follow from it, and no order within.

    :param limit: 1 to 50.
    :raises InvalidInput: for a cursor or limit that cannot be taken.
    """
    check_limit(limit)
    own = is_self(viewer, user)
    found = paginate_entries(
        _list_visible(user, viewer),
        listing=f"activity/{user.pk}",
        viewer=viewer,
        owner=user,
        cursor=page,
        limit=limit,
    )
    return found.with_items(lambda rows: describe_entries(rows, own=own))


def list_hidden_entries(user: User, page: str | None = None, *, limit: int = 10) -> Page[ActivityEntry]:
    """Return a page of the entries that ``user`` hides from everybody else, latest first.

    :param limit: 1 to 50.
    :raises InvalidInput: for a cursor or limit that cannot be taken.
    """
    check_limit(limit)
    private = [value for value, kind in KINDS.items() if kind.is_private]
    hidden = Q(has_happened(), user=user, visibility=ActivityRow.Visibility.PRIVATE)
    tables = [
        table.objects.filter(hidden).exclude(activity_type__in=private)
        for table in (UserActivity, ArchivedUserActivity)
    ]
    listing = f"hidden/{user.pk}"
    found = paginate_entries(tables, listing=listing, viewer=user, owner=user, cursor=page, limit=limit)
    return found.with_items(lambda rows: describe_entries(rows, own=True))


def iterate_activity_timeline(user: User, viewer: Viewer = None, *, size: int) -> Iterator[ActivityEntry]:
    """Return all that the pages of ``get_activity_timeline`` show, one after the other, in English.

    :param size: how many are read at a time.
    """
    own = is_self(viewer, user)
    tables, order, days_of = _tell_entries(_list_visible(user, viewer), viewer, user)
    for rows in iterate_pages(tables, order=order, size=size, days_of=days_of):
        with in_english():  # streams are written when the language of the request is no more
            entries = describe_entries(rows, own=own)
        yield from entries


def _list_visible(user: User, viewer: Viewer) -> list[QuerySet[Any]]:
    """Return the entries of ``user`` that ``viewer`` may see, live and archived."""
    tables = (UserActivity, ArchivedUserActivity)
    return [
        filter_activity_by_visibility(table.objects.filter(user=user), viewer, owner=user) for table in tables
    ]


def paginate_entries(
    tables: Sequence[QuerySet[Any]],
    *,
    listing: str,
    viewer: Viewer,
    owner: User | None = None,
    cursor: str | None = None,
    limit: int,
    flags: PrivacySettings | None = None,
) -> Page[Any]:
    """Return a page of entries that ``viewer`` may see, each with the time to show them as ``told_at``.

    :param owner: the one player they are about; None for a list of many players.
    :param flags: their settings, where those that are saved are not meant, for a preview of ``owner``.
    """
    told, order, days_of = _tell_entries(tables, viewer, owner, flags)
    return paginate(told, listing=listing, order=order, cursor=cursor, limit=limit, days_of=days_of)


def _tell_entries(
    tables: Sequence[QuerySet[Any]],
    viewer: Viewer,
    owner: User | None,
    flags: PrivacySettings | None = None,
) -> tuple[list[QuerySet[Any]], Order, str]:
    """Return entries with the times that ``viewer`` may know; and their order, and ``days_of`` it."""
    if flags is not None:
        exactly = find_told_exactly(flags)
        told = [tell_times(table, dated_by="created_at", exactly=exactly) for table in tables]
        return [add_words(table) for table in told], ACTIVITY_AS_TOLD, "created_at"

    if sees_hidden(viewer) or (owner is not None and is_self(viewer, owner)):
        told = [tell_times(table, dated_by="created_at", exactly=None) for table in tables]
        return [add_words(table) for table in told], ORDER, ""

    return [add_words(table) for table in tell_activity_times(tables, viewer)], ACTIVITY_AS_TOLD, "created_at"


def add_words(entries: QuerySet[Any]) -> QuerySet[Any]:
    """Annotate timeline entries with what orders those of one time: ``told_as``, then ``told_key``."""
    text = Concat("activity_type", Value(" "), "description", output_field=TextField())
    worded: QuerySet[Any] = entries.annotate(
        told_as=CodePoints(text, output_field=TextField()),
        told_key=CodePoints(F("dedupe_key"), output_field=TextField()),
    )
    return worded


def describe_entries(rows: Iterable[Any], *, own: bool = False) -> list[ActivityEntry]:
    """Turn rows into entries, with today's names; with ``own`` for the player they are about.

    At most one query for each kind of activity that names teams, tournaments or achievements.

    :param rows: as ``paginate_entries`` gives them; for their own player any rows.
    """
    listed = list(rows)
    wordings = find_wordings(listed)
    return [
        ActivityEntry(
            activity_type=row.activity_type,
            description=wordings[row.pk].description,
            metadata=dict(wordings[row.pk].metadata),
            visibility=ActivityRow.Visibility(row.visibility),
            created_at=row.created_at if own else row.told_at,
            precision=Precision.of_time(row.created_at) if own else Precision.of(row),
            hidden=is_hidden(row),
            handle=write_handle(row) if own and not KINDS[row.activity_type].is_private else "",
        )
        for row in listed
    ]


def find_wordings(rows: Sequence[ActivityRow]) -> dict[int, Wording]:
    """Return entry's id → what it says today; what is stored of an entry whose fact names nothing."""
    by_type: dict[str, list[ActivityRow]] = {}
    for row in rows:
        by_type.setdefault(row.activity_type, []).append(row)

    wordings = {row.pk: Wording(row.description, row.metadata) for row in rows}
    for activity_type, entries in by_type.items():
        wordings |= KINDS[activity_type].find_wordings(entries)
    return wordings

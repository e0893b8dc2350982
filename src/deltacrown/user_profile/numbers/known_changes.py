"""The changes of a number in the order in which this site learnt of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, time
from typing import Any

from deltacrown.core.dates import read_stored_time
from deltacrown.core.days import Precision
from deltacrown.user_profile.numbers.catalogue import NumberReading, PlayerNumber
from deltacrown.user_profile.numbers.change_words import (
    describe_change,
    describe_missing,
    describe_reasons,
    describe_subject,
    find_subjects,
)
from deltacrown.user_profile.numbers.changes import (
    Countdown,
    HistoryOrder,
    StatChange,
    StatHistory,
    Value,
    compute_values,
    is_counted,
    list_parts,
    make_page,
    name_listing,
    name_part,
    read_countdown,
    tell_day,
)
from deltacrown.user_profile.privacy import Viewer, sees_hidden
from django_tally.history import Change, DailyChange, list_changes, list_daily_changes
from django_tally.sources import history_label
from django_tally.stat_sql import StatOf


def get_known_changes(
    number: PlayerNumber, page: str | None, *, limit: int, viewer: Viewer, reading: NumberReading
) -> StatHistory:
    """Return a page of everything that moved a number on this site, the latest known first.

    Of a computed number, each change comes with what the number was after all that was known at that time.

    :param reading: the number as it is now.
    """
    line, parts, is_plain = reading
    listing = name_listing(number, "known")
    after, left = read_countdown(listing, page) if page else (None, Countdown(list(parts)))
    position = (after[0], after[1], after[2]) if after else None
    stats = list_stats_of(number)
    changes = list_changes(*stats, limit=limit + 1, after=position, are_plain=is_plain)
    shown, has_next = changes[:limit], len(changes) > limit

    values = take_back(number, left, shown)
    entries = describe_changes(number, shown, values, viewer)
    cursor = left.write(listing, shown[-1].position) if has_next else None
    return make_page(number, line, entries, cursor, order=HistoryOrder.KNOWN)


def get_known_days(
    number: PlayerNumber, page: str | None, *, limit: int, reading: NumberReading
) -> StatHistory:
    """Return a page of the days on which this site learnt of changes of a number."""
    line, parts, _ = reading
    listing = name_listing(number, "known by day")
    after, left = read_countdown(listing, page) if page else (None, Countdown(list(parts)))
    position = (after[0], after[1]) if after else None
    changes = list_daily_changes(*list_stats_of(number), limit=limit + 1, after=position)
    shown, has_next = changes[:limit], len(changes) > limit

    values = take_back(number, left, shown)
    entries = [
        tell_day(
            number,
            change.stat,
            change.delta,
            value,
            known_at=datetime.combine(change.day, time(), UTC),
        )
        for change, value in zip(shown, values, strict=True)
    ]
    cursor = left.write(listing, shown[-1].position) if has_next else None
    return make_page(number, line, entries, cursor, order=HistoryOrder.KNOWN, precision=Precision.DAY)


def list_stats_of(number: PlayerNumber) -> list[StatOf]:
    """Return the counted numbers that a number is made of, as their histories are read."""
    return [StatOf(number.holder, part, number.keys) for part in list_parts(number)]


def take_back(number: PlayerNumber, left: Countdown, changes: Sequence[Change | DailyChange]) -> list[Value]:
    """Return what the number was after each change. All that became known at one time is one group."""
    places = {part.name: place for place, part in enumerate(list_parts(number))}
    counted = is_counted(number)
    told = []
    for change in changes:
        when = change.day if isinstance(change, DailyChange) else change.at
        group = list(change.position) if counted else when.isoformat()
        told.append(left.take_back(places[change.stat], change.delta, group=group))
    return compute_values(number, told)


def describe_changes(
    number: PlayerNumber, changes: Sequence[Change], values: Sequence[Value], viewer: Viewer
) -> list[StatChange]:
    """Return changes in words."""
    rows = find_subjects(changes)
    reasons = describe_reasons({change.reason for change in changes}, number.user.pk)
    knows_who = sees_hidden(viewer)
    entries = []
    for change, value in zip(changes, values, strict=True):
        row = rows.get((change.source, change.row))
        # Who ruled is for staff to know; what was decided and why is for everyone who may see the row.
        actor = change.actor if knows_who else ""
        told = replace(change, reason=reasons.get(change.reason, ""), actor=actor)
        entries.append(_tell(number, told, value, row))
    return entries


def _tell(number: PlayerNumber, change: Change, value: Value, row: Any) -> StatChange:
    about = describe_subject(row) if row else describe_missing(change)
    happened_at, is_time_known = _find_happened(number, change, row)
    return StatChange(
        happened_at=happened_at,
        known_at=change.at,
        is_time_known=is_time_known,
        part=name_part(number, change.stat),
        delta=change.delta,
        value=value,
        subject=about.text,
        what=describe_change(change),
        actor=change.actor,
        reason=change.reason,
        is_explained=change.is_recording or bool(change.reason),
        about=about,
    )


def _find_happened(number: PlayerNumber, change: Change, row: Any) -> tuple[datetime | None, bool]:
    """Return when what a row tells of happened, by the row or what is left of it; and whether to the time."""
    dated_by = next(
        (
            each.happened_at
            for part in list_parts(number)
            for each in part.contributions
            if part.name == change.stat and history_label(each.model) == change.source
        ),
        "",
    )
    if row:
        return getattr(row, dated_by), getattr(row, "is_time_known", True)

    image: Mapping[str, Any] = change.new or change.old or {}
    stored = image.get(dated_by)
    return (read_stored_time(stored), bool(image.get("is_time_known", True))) if stored else (None, False)

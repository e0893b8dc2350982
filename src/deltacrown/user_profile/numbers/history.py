"""When and why a number changed, and what it was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

from deltacrown.accounts.models import User
from deltacrown.core.days import ONE_DAY, Precision
from deltacrown.core.errors import InvalidInput
from deltacrown.core.pagination import InvalidCursor, Page, check_limit, read_position, write_position
from deltacrown.games.models import Game
from deltacrown.user_profile.histories.filters import get_game
from deltacrown.user_profile.models import UserProfile
from deltacrown.user_profile.numbers.catalogue import PlayerNumber, StatLine, get_number, get_stat_field
from deltacrown.user_profile.numbers.change_words import (
    DELETED,
    REPAIRED,
    Subject,
    describe_change,
    describe_reasons,
    describe_subjects,
)
from deltacrown.user_profile.numbers.row_sources import list_row_sources
from deltacrown.user_profile.privacy import (
    History,
    Viewer,
    get_visibility,
    require_time,
    sees_hidden,
)
from deltacrown.user_profile.stat_fields import Stat
from django_tally.as_of import get_as_of, list_components
from django_tally.history import (
    Change,
    DailyChange,
    Position,
    StatOf,
    list_changes,
    list_daily_changes,
)

Value = int | Decimal | None

#: What is said of the changes of a day that are told as one: not how many they were, nor of what.
ALL_OF_A_DAY = "all changes of the day together"


@dataclass(frozen=True)
class StatChange:
    """One change of a number, or of a part it is computed from.

    :param part: the label of the number that moved: the number's own, or that of the part.
    :param delta: by how much the part moved.
    :param value: what the number was from then on.
    :param subject: the row it is about: ``Rocket match m12, played 1 Jun 2025``.
    :param what: what happened to the row: ``recorded``, ``voided: smurfing``, ``result corrected from WIN to
        LOSS``.
    :param precision: ``DAY`` where the reader may not see a history from which the changes follow. Then this
        is all that changed on a day, and ``at`` the midnight at which it began, without row, actor or reason.
    :param actor: who; empty when the write did not say, or when the viewer is not to know.
    :param reason: why, as the one who did it put it; empty when the write did not say.
    """

    at: datetime
    part: str
    delta: int
    value: Value
    subject: str
    what: str
    actor: str
    reason: str
    is_explained: bool
    #: The subject with what its page is found by.
    about: Subject
    precision: Precision = Precision.EXACT


@dataclass(frozen=True)
class StatHistory(Page[StatChange]):
    """A page of the changes of one number, newest first.

    :param is_counted: whether the number is a count or a sum itself; a computed one has the changes of its
        parts.
    :param precision: that of all its changes.
    """

    stat: StatLine
    game: Game | None
    is_counted: bool
    precision: Precision = Precision.EXACT


def get_stat_history(
    user: User,
    stat: str,
    page: str | None = None,
    *,
    game: Game | str | None = None,
    limit: int = 10,
    viewer: Viewer = None,
) -> StatHistory:
    """Return a page of the changes that made the number ``stat`` of ``user`` what it is, newest first.

    The deltas of all pages add up to the number. Of a computed number, such as a rate, the changes
    of its parts are listed, each with what the number was after it. Where the viewer may not see a history
    from which the changes follow, they are told by the day.

    :param game: a game or its slug: the player's number in that game.
    :param limit: 1 to 50.
    :raises NotFound: when there is no such number or game.
    :raises HistoryHidden: when ``viewer`` may not see the rows behind it.
    :raises InvalidInput: for a cursor or limit that cannot be taken.
    """
    check_limit(limit)
    number = _find_number(user, stat, game, viewer)
    line = number.read()
    if not _is_told_exactly(number, viewer):
        return _get_daily_history(number, line, page, limit)

    listing = f"history/{user.pk}/{stat}/{number.game.slug if number.game else ''}"
    after, value = _read_cursor(listing, page) if page else (None, line.value)
    changes = list_changes(*_list_parts(number), limit=limit + 1, after=after)
    shown, has_next = changes[:limit], len(changes) > limit

    entries, rest = _describe(number, shown, value, viewer)
    cursor = write_position(listing, [*shown[-1].position, rest]) if has_next else None
    return StatHistory(entries, cursor, has_next, stat=line, game=number.game, is_counted=_is_counted(number))


def get_stat_as_of(
    user: User,
    stat: str,
    at: datetime,
    *,
    game: Game | str | None = None,
    viewer: Viewer = None,
    now: datetime | None = None,
) -> Value:
    """Return the number ``stat`` of ``user`` as this site showed it at ``at``.

    :param at: timezone-aware. A match counts from when it was recorded, whenever it was played.
    :param now: the present, if ``at`` may be it: everybody may see what a number is now.
    :raises NotFound: when there is no such number or game.
    :raises HistoryHidden: when ``viewer`` may not see the rows behind it: values over time would tell them.
        Also where ``viewer`` may learn of days only, and ``at`` is neither ``now`` nor the end of a day.
    :raises InvalidInput: for a datetime without a timezone.
    """
    if at.tzinfo is None:
        raise InvalidInput(
            "The datetime needs a timezone: end it with Z, or with an offset like +02:00.",
            field="as_of",
        )
    number = _find_number(user, stat, game, viewer)
    if at != now and (revealed := _list_revealed(number)):
        require_time(at, revealed, get_visibility(user, viewer), user)
    return get_as_of(number.holder, number.column, at, number.keys)


def _find_number(user: User, stat: str, game: Game | str | None, viewer: Viewer) -> PlayerNumber:
    """Return the number a reader asked for, the right to read the rows behind it checked."""
    get_stat_field(UserProfile, stat)

    for source in list_row_sources(UserProfile, stat):
        if source.require:
            source.require(user, viewer)

    return get_number(user, stat, get_game(game) if isinstance(game, str) else game)


def _list_revealed(number: PlayerNumber) -> frozenset[History]:
    """Return the histories that the times of the changes of a number can tell of."""
    sources = list_row_sources(UserProfile, number.name)
    return frozenset[History]().union(*(source.reveals for source in sources))


def _is_told_exactly(number: PlayerNumber, viewer: Viewer) -> bool:
    revealed = _list_revealed(number)
    return not revealed or get_visibility(number.user, viewer).shows(revealed)


def _get_daily_history(number: PlayerNumber, line: StatLine, page: str | None, limit: int) -> StatHistory:
    """Return a page of the days on which a number changed."""
    listing = f"history by day/{number.user.pk}/{number.name}/{number.game.slug if number.game else ''}"
    after, value = None, line.value
    if page:
        day, rank, value = read_position(listing, page)
        after = (day, rank)

    changes = list_daily_changes(*_list_parts(number), limit=limit + 1, after=after)
    shown, has_next = changes[:limit], len(changes) > limit
    entries, is_counted = [], _is_counted(number)

    for change in shown:
        start = datetime.combine(change.day, time(), UTC)
        if not is_counted:
            end = start + ONE_DAY - timedelta(microseconds=1)
            value = get_as_of(number.holder, number.column, end, number.keys)

        entries.append(_daily_entry(number, change, start, value))
        if is_counted:
            value = int(value or 0) - change.delta

    rest = value if is_counted else None
    cursor = write_position(listing, [*shown[-1].position, rest]) if has_next else None
    return StatHistory(
        entries,
        cursor,
        has_next,
        stat=line,
        game=number.game,
        is_counted=is_counted,
        precision=Precision.DAY,
    )


def _daily_entry(number: PlayerNumber, change: DailyChange, at: datetime, value: Value) -> StatChange:
    return StatChange(
        at=at,
        part=get_stat_field(number.holder, change.stat).label,
        delta=change.delta,
        value=value,
        subject="",
        what=ALL_OF_A_DAY,
        actor="",
        reason="",
        is_explained=True,
        about=Subject(""),
        precision=Precision.DAY,
    )


def _list_parts(number: PlayerNumber) -> list[StatOf]:
    components = list_components(number.holder, number.column)
    return [StatOf(number.holder, stat, number.keys) for stat in components]


def _is_counted(number: PlayerNumber) -> bool:
    """Return whether the number is a count or sum itself: its past values follow from the changes alone."""
    return isinstance(get_stat_field(number.holder, number.column), Stat)


def _read_cursor(listing: str, page: str) -> tuple[Position, Value]:
    position = read_position(listing, page)
    if len(position) != 4:
        raise InvalidCursor(
            "This page link belongs to another version of the list: start again from the first page.",
            field="page",
        )
    at, stream, row, value = position
    return (at, stream, row), value


def _describe(
    number: PlayerNumber,
    changes: Sequence[Change],
    value: Value,
    viewer: Viewer,
) -> tuple[list[StatChange], Value]:
    """Return the changes in words, and the number before the earliest of them."""
    subjects, entries = describe_subjects(changes), []
    reasons = describe_reasons(changes, number.user.pk)
    is_counted = _is_counted(number)

    for change in changes:
        if not is_counted:
            value = get_as_of(number.holder, number.column, change.at, number.keys)

        about = subjects.get((change.source, change.row), REPAIRED if change.is_repair else DELETED)
        told = replace(change, reason=reasons.get(change.reason, ""))
        entries.append(_entry(number, told, value, about, viewer))

        if is_counted:
            value = int(value or 0) - change.delta

    return entries, value if is_counted else None


def _entry(number: PlayerNumber, change: Change, value: Value, about: Subject, viewer: Viewer) -> StatChange:
    return StatChange(
        at=change.at,
        part=get_stat_field(number.holder, change.stat).label,
        delta=change.delta,
        value=value,
        subject=about.text,
        what=describe_change(change),
        # Who ruled is for staff to know; what was decided and why is for everyone who may see the row.
        actor=change.actor if sees_hidden(viewer) else "",
        reason=change.reason,
        is_explained=change.is_recording or bool(change.reason),
        about=about,
    )

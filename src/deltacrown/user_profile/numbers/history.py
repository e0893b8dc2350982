"""When and why a number changed, and what it was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from deltacrown.accounts.models import User
from deltacrown.core.errors import InvalidInput
from deltacrown.core.pagination import InvalidCursor, Page, check_limit, read_position, write_position
from deltacrown.games.models import Game
from deltacrown.user_profile.histories.filters import get_game
from deltacrown.user_profile.models import UserAchievement, UserProfile
from deltacrown.user_profile.numbers.catalogue import PlayerNumber, StatLine, get_number, get_stat_field
from deltacrown.user_profile.numbers.change_words import DELETED, Subject, describe_change, describe_subjects
from deltacrown.user_profile.numbers.row_sources import list_row_sources
from deltacrown.user_profile.privacy import Viewer, get_visibility, is_staff
from deltacrown.user_profile.stat_fields import Stat
from django_tally.as_of import get_as_of, list_components
from django_tally.history import Change, Position, StatOf, list_changes

Value = int | Decimal | None

#: The source whose rows everyone may see, though the reasons why they were taken back may tell of a hidden
#: history.
ACHIEVEMENTS = UserAchievement._meta.label


@dataclass(frozen=True)
class StatChange:
    """One change of a number, or of a part it is computed from.

    :param part: the label of the number that moved: the number's own, or that of the part.
    :param delta: by how much the part moved.
    :param value: what the number was from then on.
    :param subject: the row it is about: ``Rocket match m12, played 01 Jun 2025``.
    :param what: what happened to the row: ``recorded``, ``voided: smurfing``, ``result corrected from WIN to
        LOSS``.
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


@dataclass(frozen=True)
class StatHistory(Page[StatChange]):
    """A page of the changes of one number, newest first.

    :param is_counted: whether the number is a count or a sum itself; a computed one has the changes of its
        parts.
    """

    stat: StatLine
    game: Game | None
    is_counted: bool


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
    of its parts are listed, each with what the number was after it.

    :param game: a game or its slug: the player's number in that game.
    :param limit: 1 to 50.
    :raises NotFound: when there is no such number or game.
    :raises HistoryHidden: when ``viewer`` may not see the rows behind it.
    :raises InvalidInput: for a cursor or limit that cannot be taken.
    """
    check_limit(limit)
    number = _find_number(user, stat, game, viewer)
    line = number.read()

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
) -> Value:
    """Return the number ``stat`` of ``user`` as this site showed it at ``at``.

    :param at: timezone-aware. A match counts from when it was recorded, whenever it was played.
    :raises NotFound: when there is no such number or game.
    :raises HistoryHidden: when ``viewer`` may not see the rows behind it: values over time would tell them.
    :raises InvalidInput: for a datetime without a timezone.
    """
    if at.tzinfo is None:
        raise InvalidInput(
            "The datetime needs a timezone: end it with Z, or with an offset like +02:00.",
            field="as_of",
        )
    number = _find_number(user, stat, game, viewer)
    return get_as_of(number.holder, number.column, at, number.keys)


def _find_number(user: User, stat: str, game: Game | str | None, viewer: Viewer) -> PlayerNumber:
    """Return the number a reader asked for, the right to read the rows behind it checked."""
    get_stat_field(UserProfile, stat)

    for source in list_row_sources(UserProfile, stat):
        if source.require:
            source.require(user, viewer)

    return get_number(user, stat, get_game(game) if isinstance(game, str) else game)


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
    is_counted = _is_counted(number)
    has_achievements = any(change.source == ACHIEVEMENTS for change in changes)
    hides_reasons = has_achievements and not get_visibility(number.user, viewer).both_histories

    for change in changes:
        if not is_counted:
            value = get_as_of(number.holder, number.column, change.at, number.keys)

        entry = _entry(number, change, value, subjects.get((change.source, change.row), DELETED), viewer)
        entries.append(_without_reason(entry) if hides_reasons and change.source == ACHIEVEMENTS else entry)

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
        actor=change.actor if is_staff(viewer) else "",
        reason=change.reason,
        is_explained=change.is_recording or bool(change.reason),
        about=about,
    )


def _without_reason(entry: StatChange) -> StatChange:
    """Return the change without why: an achievement is revoked for what became of a match or an entry."""
    return replace(entry, reason="", is_explained=True)

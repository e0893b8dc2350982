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
from deltacrown.user_profile.models import GameStats, UserAchievement, UserProfile
from deltacrown.user_profile.numbers.catalogue import GAME_NUMBERS, StatLine, describe_game_stat, describe_stat, get_stat_field
from deltacrown.user_profile.numbers.change_words import DELETED, Subject, describe_change, describe_subjects
from deltacrown.user_profile.numbers.row_sources import SOURCES
from deltacrown.user_profile.privacy import Viewer, get_visibility, is_staff
from django_tally.as_of import get_as_of, list_components
from django_tally.feeds import Model
from django_tally.history import Change, Position, StatOf, list_changes

Value = int | Decimal | None

#: The source whose rows everyone may see, though the reasons why they were taken back may tell of a hidden history.
ACHIEVEMENTS = UserAchievement._meta.label


@dataclass(frozen=True)
class StatChange:
    """One change of a number, or of a part it is computed from.

    :param part: the label of the number that moved: the number's own, or that of the part.
    :param delta: by how much the part moved.
    :param value: what the number was from then on.
    :param subject: the row it is about: ``Rocket match m12, played 01 Jun 2025``.
    :param what: what happened to the row: ``recorded``, ``voided: smurfing``, ``result corrected from WIN to LOSS``.
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

    :param is_counted: whether the number is a count or a sum itself; a computed one has the changes of its parts.
    """

    stat: StatLine
    game: Game | None
    is_counted: bool


@dataclass(frozen=True)
class _Subject:
    """The number a reader asked for, found."""

    line: StatLine
    holder: Model
    name: str
    keys: dict[str, int]
    game: Game | None

    @property
    def numbers(self) -> list[StatOf]:
        return [StatOf(self.holder, stat, self.keys) for stat in list_components(self.holder, self.name)]

    @property
    def is_counted(self) -> bool:
        """Whether the number is a count itself, so that its past values follow from the changes alone."""
        return [number.stat.name for number in self.numbers] == [self.name]


def get_stat_history(
    user: User, stat: str, page: str | None = None, *, game: Game | str | None = None, limit: int = 10, viewer: Viewer = None
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
    subject = _find_subject(user, stat, game, viewer)
    listing = f"history/{user.pk}/{stat}/{subject.game.slug if subject.game else ''}"
    after, value = _read_cursor(listing, page) if page else (None, subject.line.value)
    changes = list_changes(*subject.numbers, limit=limit + 1, after=after)
    shown, has_next = changes[:limit], len(changes) > limit
    entries, rest = _tell(subject, shown, value, user, viewer)
    cursor = write_position(listing, [*shown[-1].position, rest]) if has_next else None
    return StatHistory(entries, cursor, has_next, stat=subject.line, game=subject.game, is_counted=subject.is_counted)


def get_stat_as_of(user: User, stat: str, moment: datetime, *, game: Game | str | None = None, viewer: Viewer = None) -> Value:
    """Return the number ``stat`` of ``user`` as this site showed it at ``moment``.

    :param moment: timezone-aware. A match counts from when it was recorded, whenever it was played.
    :raises NotFound: when there is no such number or game.
    :raises HistoryHidden: when ``viewer`` may not see the rows behind it: values over time would tell them.
    :raises InvalidInput: for a moment without a timezone.
    """
    if moment.tzinfo is None:
        raise InvalidInput("The moment needs a timezone: end it with Z, or with an offset like +02:00.", field="as_of")
    subject = _find_subject(user, stat, game, viewer)
    return get_as_of(subject.holder, subject.name, moment, subject.keys)


def _find_subject(user: User, stat: str, game: Game | str | None, viewer: Viewer) -> _Subject:
    get_stat_field(UserProfile, stat)
    for require in dict.fromkeys(SOURCES[c.model].require for part in list_components(UserProfile, stat) for c in part.contributions):
        if require:
            require(user, viewer)
    if game is None:
        return _Subject(describe_stat(UserProfile.objects.get(user=user), stat), UserProfile, stat, {"user": user.pk}, None)
    found = get_game(game) if isinstance(game, str) else game
    if stat not in GAME_NUMBERS:
        raise InvalidInput(f"{stat} is not kept per game; ask for one of {', '.join(GAME_NUMBERS)}.", field="game")
    keys = {"user": user.pk, "game": found.pk}
    return _Subject(describe_game_stat(user, found, stat), GameStats, GAME_NUMBERS[stat], keys, found)


def _read_cursor(listing: str, page: str) -> tuple[Position, Value]:
    position = read_position(listing, page)
    if len(position) != 4:
        raise InvalidCursor("This page link belongs to another version of the list: start again from the first page.", field="page")
    moment, stream, row, value = position
    return (moment, stream, row), value


def _tell(subject: _Subject, changes: Sequence[Change], value: Value, user: User, viewer: Viewer) -> tuple[list[StatChange], Value]:
    """The changes in words, and the number before the earliest of them."""
    words, entries = describe_subjects(changes), []
    tells_of_achievements = any(change.source == ACHIEVEMENTS for change in changes)
    hides_reasons = tells_of_achievements and not get_visibility(user, viewer).both_histories
    for change in changes:
        if not subject.is_counted:
            value = get_as_of(subject.holder, subject.name, change.at, subject.keys)
        entry = _entry(subject, change, value, words.get((change.source, change.row), DELETED), viewer)
        entries.append(_without_reason(entry) if hides_reasons and change.source == ACHIEVEMENTS else entry)
        if subject.is_counted:
            value = int(value or 0) - change.delta
    return entries, value if subject.is_counted else None


def _entry(subject: _Subject, change: Change, value: Value, about: Subject, viewer: Viewer) -> StatChange:
    return StatChange(
        at=change.at,
        part=get_stat_field(subject.holder, change.stat).label,
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
    """The change without why: an achievement is revoked for what became of a match or an entry."""
    return replace(entry, reason="", is_explained=True)

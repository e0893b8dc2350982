"""Numbers by name, as they are and as they were.

A number has two times. ``at`` goes by what happened: facts dated up to then, and of a fact with a day and no
time all of that day, since it is dated with the midnight at which the day began. ``known_at`` goes by what
this site had learnt: what was committed up to then, whenever it happened. ``at`` alone is the past as known
now, ``known_at`` alone what the profile showed, both together the past as it was known then.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from functools import partial

from django.utils.translation import gettext

from deltacrown.accounts.models import User
from deltacrown.core.days import end_of_day
from deltacrown.core.errors import InvalidInput
from deltacrown.games.models import Game
from deltacrown.user_profile.histories.filters import get_game
from deltacrown.user_profile.models import PrivacySettings, UserProfile
from deltacrown.user_profile.numbers.access import find_readable_number, list_revealed
from deltacrown.user_profile.numbers.catalogue import (
    PlayerNumber,
    StatLine,
    get_number,
    get_stat_field,
    list_stats,
)
from deltacrown.user_profile.numbers.row_sources import list_row_sources
from deltacrown.user_profile.privacy import HistoryHidden, Viewer, Visibility, get_visibility, require_time
from django_tally.as_of import get_as_of, list_as_of

Value = int | Decimal | None


@dataclass(frozen=True)
class PastNumber:
    """A number at a past time.

    :param value: the number by the times asked for.
    :param shown: where only the time of happening was asked for, what this site showed then; else ``value``.
    """

    value: Value
    shown: Value


@dataclass(frozen=True)
class PastStats:
    """A player's numbers at a past time.

    :param hidden: names of those whose past the viewer may not see; they are left out.
    """

    stats: list[StatLine]
    hidden: list[str]


@dataclass(frozen=True)
class _Times:
    """The two times that are asked for.

    :param at: by what happened up to then; ``None`` for all of it.
    :param known_at: by what was known at that time; ``None`` for the present.
    """

    at: datetime | None
    known_at: datetime | None
    now: datetime | None

    @classmethod
    def of(cls, at: datetime | None, known_at: datetime | None, now: datetime | None) -> _Times:
        """Return the times, checked. Of what happened, the present means the whole of its day.

        What happened by now would tell, asked again and again, the time of a fact that is dated ahead.

        :raises InvalidInput: for a datetime without a timezone.
        """
        for field, time in (("as_of", at), ("known_at", known_at)):
            if time is not None and time.tzinfo is None:
                message = gettext(
                    "The datetime needs a timezone: end it with Z, or with an offset like +02:00."
                )
                raise InvalidInput(message, field=field)
        return cls(end_of_day(at) if at is not None and at == now else at, known_at, now)

    def require(self, stat: str, user: User, visibility: Visibility) -> None:
        """Raise ``HistoryHidden`` if ``stat`` at these times tells of something hidden more than its day.

        What the number is now everybody may see, so the present is as good a time to know it as any day.
        """
        revealed = list_revealed(stat)
        if self.at is not None:
            require_time(self.at, revealed, visibility, user, field="as_of")
        if self.known_at is not None and self.known_at != self.now:
            require_time(self.known_at, revealed, visibility, user, field="known_at")


def get_stat_as_of(
    user: User,
    stat: str,
    at: datetime | None = None,
    *,
    known_at: datetime | None = None,
    game: Game | str | None = None,
    viewer: Viewer = None,
    now: datetime | None = None,
) -> Value:
    """Return the number ``stat`` of ``user`` over what happened by ``at``, as known at ``known_at``.

    Without ``at`` it is what the profile showed at ``known_at``; without ``known_at`` the past as known now;
    without both the number now, which everybody may see.

    :param at: timezone-aware. A match counts from when it was played, also if it was recorded later.
    :param known_at: timezone-aware. A match counts from when it was recorded, whenever it was played.
    :param game: a game or its slug: the player's number in that game.
    :param now: the present, if one of the times may be it. As ``at`` it means the whole of today.
    :raises NotFound: when there is no such number or game.
    :raises HistoryHidden: when ``viewer`` may not see the rows behind it: values over time would tell them.
        Also where ``viewer`` may learn of days only, and a time is neither ``now`` nor the end of a day.
    :raises InvalidInput: for a datetime without a timezone.
    """
    if at is None and known_at is None:
        named = get_game(game) if isinstance(game, str) else game
        return get_number(user, stat, named).read().value

    number, times = _find_past(user, stat, _Times.of(at, known_at, now), game, viewer)
    return get_as_of(number.holder, number.column, number.keys, at=times.at, known_at=times.known_at)


def get_past_number(
    user: User,
    stat: str,
    at: datetime | None = None,
    *,
    known_at: datetime | None = None,
    game: Game | str | None = None,
    viewer: Viewer = None,
    now: datetime | None = None,
    flags: PrivacySettings | None = None,
) -> PastNumber:
    """As ``get_stat_as_of``, and beside the past as known now what this site showed then.

    :param flags: the privacy settings of a shown player, where they were just read.
    """
    number, times = _find_past(user, stat, _Times.of(at, known_at, now), game, viewer, flags=flags)
    value = get_as_of(number.holder, number.column, number.keys, at=times.at, known_at=times.known_at)
    if times.at is None or times.known_at is not None:
        return PastNumber(value, value)

    return PastNumber(value, get_as_of(number.holder, number.column, number.keys, known_at=times.at))


def get_stat(
    user: User,
    stat: str,
    *,
    at: datetime | None = None,
    known_at: datetime | None = None,
    game: str | None = None,
    viewer: Viewer = None,
    now: datetime | None = None,
) -> StatLine:
    """Return the number ``stat`` of ``user``, now or at the times that ``get_stat_as_of`` takes.

    :param game: a game's slug: the player's number in that game.
    :raises NotFound: when there is no such number.
    :raises HistoryHidden: for a past value, as ``get_stat_as_of`` does.
    :raises InvalidInput: for a game that is unknown, or a number that is not kept per game.
    """
    get_stat_field(UserProfile, stat)
    found = get_game(game) if game is not None else None
    line = get_number(user, stat, found).read()
    if at is None and known_at is None:
        return line

    value = get_stat_as_of(user, stat, at, known_at=known_at, game=found, viewer=viewer, now=now)
    return replace(line, value=value)


def list_stats_as_of(
    user: User,
    at: datetime | None = None,
    *,
    known_at: datetime | None = None,
    viewer: Viewer = None,
    now: datetime | None = None,
) -> PastStats:
    """Return every number of ``user`` at the times that ``get_stat_as_of`` takes, read in one statement.

    Those that ``viewer`` may not follow are left out: at a time within a day also those told by the day.

    :raises InvalidInput: for a datetime without a timezone.
    """
    times, lines = _Times.of(at, known_at, now), list_stats(user)
    if at is None and known_at is None:
        return PastStats(lines, [])

    refused = _list_refused([line.name for line in lines], user, times, viewer)
    shown = [line for line in lines if line.name not in refused]
    names = [line.name for line in shown]
    values = list_as_of(UserProfile, names, {"user": user.pk}, at=times.at, known_at=times.known_at)

    stats = [replace(line, value=values[line.name]) for line in shown]
    return PastStats(stats, [line.name for line in lines if line.name in refused])


def _find_past(
    user: User,
    stat: str,
    times: _Times,
    game: Game | str | None,
    viewer: Viewer,
    *,
    flags: PrivacySettings | None = None,
) -> tuple[PlayerNumber, _Times]:
    """Return the number and the times to read it at, the right to know it then checked."""
    number = find_readable_number(user, stat, game, viewer, flags=flags)
    if list_revealed(stat):
        times.require(stat, user, get_visibility(user, viewer, flags))
    return number, times


def _list_refused(names: Sequence[str], user: User, times: _Times, viewer: Viewer) -> set[str]:
    """Return which numbers ``viewer`` may not know at these times; each kind of row is asked for once."""
    visibility = get_visibility(user, viewer)
    sources = {name: list_row_sources(UserProfile, name) for name in names}
    rules = {source.require for behind in sources.values() for source in behind if source.require}
    closed = {rule for rule in rules if _is_refused(partial(rule, user, viewer, None))}

    def is_refused(name: str) -> bool:
        is_closed = any(source.require in closed for source in sources[name])
        return is_closed or _is_refused(partial(times.require, name, user, visibility))

    return {name for name in names if is_refused(name)}


def _is_refused(require: Callable[[], None]) -> bool:
    try:
        require()
    except HistoryHidden:
        return True
    return False

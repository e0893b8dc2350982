"""Numbers by name, as they are and as they were."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from deltacrown.accounts.models import User
from deltacrown.user_profile.histories.filters import get_game
from deltacrown.user_profile.models import UserProfile
from deltacrown.user_profile.numbers.catalogue import StatLine, get_number, get_stat_field, list_stats
from deltacrown.user_profile.numbers.history import get_stat_as_of
from deltacrown.user_profile.privacy import HistoryHidden, Viewer


@dataclass(frozen=True)
class PastStats:
    """A player's numbers at a datetime.

    :param hidden: names of those whose past the viewer may not see; they are left out.
    """

    stats: list[StatLine]
    hidden: list[str]


def get_stat(
    user: User,
    stat: str,
    *,
    at: datetime | None = None,
    game: str | None = None,
    viewer: Viewer = None,
    now: datetime | None = None,
) -> StatLine:
    """Return the number ``stat`` of ``user``, now or as this site showed it at ``at``.

    :param game: a game's slug: the player's number in that game.
    :raises NotFound: when there is no such number.
    :param now: the present, if ``at`` may be it.
    :raises HistoryHidden: for a past value, when ``viewer`` may not see the rows behind it, or may learn of
        days only and ``at`` is a time within one.
    :raises InvalidInput: for a game that is unknown, or a number that is not kept per game.
    """
    get_stat_field(UserProfile, stat)
    found = get_game(game) if game is not None else None
    line = get_number(user, stat, found).read()
    if at is None:
        return line
    return replace(line, value=get_stat_as_of(user, stat, at, game=game, viewer=viewer, now=now))


def list_stats_as_of(
    user: User, at: datetime, *, viewer: Viewer = None, now: datetime | None = None
) -> PastStats:
    """Return every number of ``user`` as this site showed it at ``at``.

    Those that ``viewer`` may not follow are left out: at a time within a day also those told by the day.

    :param now: the present, if ``at`` may be it.
    :raises InvalidInput: for a datetime without a timezone.
    """
    stats, hidden = [], []
    for line in list_stats(user):
        try:
            stats.append(replace(line, value=get_stat_as_of(user, line.name, at, viewer=viewer, now=now)))
        except HistoryHidden:
            hidden.append(line.name)
    return PastStats(stats, hidden)

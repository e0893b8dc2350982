"""The overview of a player: the profile page, with the form, the calendar and the trophies."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import QuerySet

from deltacrown.accounts.models import User
from deltacrown.core.days import end_of_day, start_of_day
from deltacrown.core.prepared import Parameter, PreparedQuery
from deltacrown.pages.owners import Owner
from deltacrown.pages.players import RECENT, ProfilePage, describe_profile, find_shown
from deltacrown.tournaments.models import TournamentResult
from deltacrown.user_profile.histories.filters import get_game
from deltacrown.user_profile.histories.form import (
    DayCount,
    FormMatch,
    Streak,
    get_current_streak,
    read_latest,
    read_streak_and_days,
    tell_form,
)
from deltacrown.user_profile.histories.matches import describe_matches
from deltacrown.user_profile.numbers.catalogue import GameLine
from deltacrown.user_profile.numbers.ranks import Rank
from deltacrown.user_profile.privacy import Viewer

#: How many whole weeks, with the one of today, the calendar shows.
WEEKS = 53
#: How many trophies stand on the shelf.
SHELF = 8


@dataclass(frozen=True)
class Played:
    """What follows from the match history, and is shown to who may see it.

    :param form: the latest matches that count, latest first.
    :param current: the streak that the latest of them belongs to; ``longest`` the most won in a row.
    :param days: the days with matches since ``since``, a Monday; ``today`` is the last that is shown.
    """

    form: list[FormMatch]
    current: Streak | None
    longest: Streak | None
    days: list[DayCount]
    since: date
    today: date


@dataclass(frozen=True)
class Trophy:
    """A place on the podium of a tournament."""

    placement: int
    slug: str
    name: str
    game_name: str
    team: str
    decided_at: datetime


@dataclass(frozen=True)
class OverviewPage:
    """A player's overview, over all games or in one.

    :param game: the one game it is of; None for all.
    :param played: None where the match history is hidden.
    :param shelf: the best places first, and of those the latest.
    :param ranks: the places on leaderboards. Never kept.
    :param is_verified: as the player is told it. Never kept.
    :param is_own_secret: whether the player alone, and staff, see what was played. Never kept.
    """

    shown: ProfilePage
    game: GameLine | None
    played: Played | None
    shelf: list[Trophy]
    ranks: list[Rank] = field(default_factory=list)
    is_verified: bool = False
    is_own_secret: bool = False


def build_overview_page(
    public_id: str, game: str | None, *, viewer: Viewer, now: datetime, known: Owner | None = None
) -> OverviewPage:
    """Return a player's overview as ``viewer`` may see it.

    :param game: a game's slug, or one that it had.
    :param known: what was read of the player already, as of one moment.
    :raises InvalidInput: there is no such game.
    """
    asked = get_game(game) if game else None
    slug = asked.slug if asked else None
    profile, visibility, follows = find_shown(public_id, viewer, known)
    user = profile.user

    played, matches = None, None
    if visibility.match_history:
        latest = read_latest(user, slug)
        matches = describe_matches(latest[:RECENT])
        played = _build_played(user, slug, tell_form(latest), now)
    shown = describe_profile(profile, visibility, follows, matches=matches, with_tournaments=slug is None)
    chosen = None
    if asked:
        none = GameLine(asked.slug, asked.name, [])
        chosen = next((each for each in shown.games if each.game_slug == asked.slug), none)
    return OverviewPage(shown, chosen, played, list_trophies(user, slug))


def list_trophies(user: User, game: str | None = None) -> list[Trophy]:
    """Return the player's titles and other podiums, as official results have them. One query.

    :param game: a game's slug.
    """
    return [
        Trophy(
            row.placement,
            row.tournament.slug,
            row.tournament.name,
            row.tournament.game.name,
            row.team.name if row.team else "",
            row.decided_at,
        )
        for row in (_TROPHIES.run(user.pk) if game is None else _TROPHIES_IN_GAME.run(user.pk, game))
    ]


def _list_podiums(**of: Any) -> QuerySet[Any]:
    won = TournamentResult.objects.on_podium().filter(user=Parameter(0), **of)
    return won.select_related("tournament__game", "team").order_by("placement", "-decided_at", "-id")[:SHELF]


_TROPHIES: PreparedQuery[Any] = PreparedQuery(_list_podiums)
_TROPHIES_IN_GAME: PreparedQuery[Any] = PreparedQuery(
    lambda: _list_podiums(tournament__game__slug=Parameter(1))
)


def _build_played(user: User, game: str | None, form: list[FormMatch], now: datetime) -> Played:
    today = start_of_day(now)
    since = today - timedelta(days=today.weekday(), weeks=WEEKS - 1)
    longest, days = read_streak_and_days(user, game, since=since, until=end_of_day(now))
    return Played(
        form=form,
        current=get_current_streak(form),
        longest=longest,
        days=days,
        since=since.date(),
        today=today.date(),
    )

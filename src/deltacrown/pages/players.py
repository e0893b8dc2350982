"""The pages about a player: profile, matches, tournaments, timeline.

The functions called ``build_`` read the database. Their pages are kept for a while by ``cached``, which has
the same three under ``get_``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from django.db.models import QuerySet

from deltacrown.accounts.models import User
from deltacrown.core.pagination import Page
from deltacrown.core.prepared import Parameter, PreparedQuery, PreparedRows
from deltacrown.games.models import Game
from deltacrown.pages.owners import Owner
from deltacrown.teams.models import TeamMembership
from deltacrown.user_profile.histories.filters import (
    GivenMatchFilters,
    GivenTournamentFilters,
)
from deltacrown.user_profile.histories.matches import MatchEntry, get_match_history, list_latest_matches
from deltacrown.user_profile.histories.series import SeriesEntry, get_series_history
from deltacrown.user_profile.histories.tournaments import (
    TournamentEntry,
    get_tournament_breakdown,
    list_latest_tournaments,
)
from deltacrown.user_profile.models import UserAchievement, UserProfile
from deltacrown.user_profile.numbers.catalogue import GameLine, StatLine, describe_stats, list_game_stats
from deltacrown.user_profile.numbers.row_sources import (
    AchievementEntry,
    describe_achievements,
    tell_achievement_times,
    withhold_facts,
)
from deltacrown.user_profile.numbers.rows import list_closed_stats
from deltacrown.user_profile.people.addresses import get_player
from deltacrown.user_profile.people.follows import get_following
from deltacrown.user_profile.people.standings import ToldStanding
from deltacrown.user_profile.privacy import Viewer, Visibility, get_visibility
from deltacrown.user_profile.timeline.reading import ActivityEntry, get_activity_timeline

#: How many matches and tournaments a profile page begins with.
RECENT = 5
ACHIEVEMENTS_SHOWN = 12


@dataclass(frozen=True)
class TeamPeriod:
    """A period in a team; ``left_at`` is ``None`` for a present member."""

    slug: str
    name: str
    joined_at: datetime
    left_at: datetime | None


@dataclass(frozen=True)
class ProfilePage:
    """A player at a glance.

    :param closed: names of the stats whose rows the viewer may not open.
    :param matches: the latest few, or ``None`` when they are hidden; ``tournaments`` likewise.
    :param follows: whether the viewer follows the player; ``None`` when they cannot.
    :param standing: as the player and staff are told it; ``None`` for everybody else. Never kept: a
        suspension ends without a write.
    :param blocks: whether the viewer blocks the player; ``None`` when they cannot. Never kept.
    """

    profile: UserProfile
    visibility: Visibility
    stats: list[StatLine]
    closed: frozenset[str]
    games: list[GameLine]
    teams: list[TeamPeriod]
    achievements: list[AchievementEntry]
    matches: list[MatchEntry] | None
    tournaments: list[TournamentEntry] | None
    follows: bool | None = None
    standing: ToldStanding | None = None
    blocks: bool | None = None


@dataclass(frozen=True)
class MatchesPage:
    """A player's match history, and the games it can be filtered by."""

    profile: UserProfile
    history: Page[MatchEntry]
    games: list[Game]


@dataclass(frozen=True)
class PlayedSeriesPage:
    """The series a player played, and the games they can be filtered by."""

    profile: UserProfile
    history: Page[SeriesEntry]
    games: list[Game]


@dataclass(frozen=True)
class TournamentsPage:
    """The tournaments a player entered."""

    profile: UserProfile
    history: Page[TournamentEntry]


@dataclass(frozen=True)
class ActivityPage:
    """A player's timeline."""

    profile: UserProfile
    timeline: Page[ActivityEntry]


def build_profile_page(public_id: str, *, viewer: Viewer, known: Owner | None = None) -> ProfilePage:
    """Return a player's profile page as ``viewer`` may see it.

    :param known: what was read of the player already, as of one moment.
    """
    profile, visibility, follows = find_shown(public_id, viewer, known)
    user = profile.user

    matches = None
    if visibility.match_history:
        matches = list_latest_matches(user, limit=RECENT)
    return describe_profile(profile, visibility, follows, matches=matches)


def find_shown(
    public_id: str, viewer: Viewer, known: Owner | None
) -> tuple[UserProfile, Visibility, bool | None]:
    """Return a player, what ``viewer`` may see of them, and whether ``viewer`` follows them."""
    if known is not None:
        seen = known.visibility or get_visibility(known.profile.user, viewer, known.flags)
        return known.profile, seen, known.follows

    profile = get_player(public_id, viewer=viewer)
    return profile, get_visibility(profile.user, viewer), get_following(viewer, profile.user)


def describe_profile(
    profile: UserProfile,
    visibility: Visibility,
    follows: bool | None,
    *,
    matches: list[MatchEntry] | None,
    with_tournaments: bool = True,
) -> ProfilePage:
    """Return a profile page with these matches.

    :param with_tournaments: whether the tournaments entered are on it, where they are shown.
    """
    user = profile.user
    tournaments = None
    if visibility.tournaments and with_tournaments:
        tournaments = list_latest_tournaments(user, limit=RECENT)

    return ProfilePage(
        profile=profile,
        visibility=visibility,
        stats=describe_stats(profile),
        closed=list_closed_stats(visibility),
        games=list_game_stats(user),
        teams=list_team_periods(user),
        achievements=list_latest_achievements(user, visibility),
        matches=matches,
        tournaments=tournaments,
        follows=follows,
    )


def build_matches_page(
    public_id: str, filters: GivenMatchFilters, page: str | None, *, limit: int = 10, viewer: Viewer
) -> MatchesPage:
    """Return a player's match history as ``viewer`` may see it, with the games to filter by."""
    profile = get_player(public_id, viewer=viewer)
    history = get_match_history(profile.user, filters, page, limit=limit, viewer=viewer)
    return MatchesPage(profile, history, list_games_played(profile.user))


def list_matches(
    public_id: str, filters: GivenMatchFilters, page: str | None, *, limit: int, viewer: Viewer
) -> Page[MatchEntry]:
    """Return a player's match history as ``viewer`` may see it, without the games to filter by."""
    user = get_player(public_id, viewer=viewer).user
    return get_match_history(user, filters, page, limit=limit, viewer=viewer)


def list_series(
    public_id: str, filters: GivenMatchFilters, page: str | None, *, limit: int, viewer: Viewer
) -> Page[SeriesEntry]:
    """Return the series a player played, as ``viewer`` may see them."""
    user = get_player(public_id, viewer=viewer).user
    return get_series_history(user, filters, page, limit=limit, viewer=viewer)


def get_series_page(
    public_id: str, filters: GivenMatchFilters, page: str | None, *, limit: int = 10, viewer: Viewer
) -> PlayedSeriesPage:
    """Return the series a player played as ``viewer`` may see them, with the games to filter by."""
    profile = get_player(public_id, viewer=viewer)
    history = get_series_history(profile.user, filters, page, limit=limit, viewer=viewer)
    return PlayedSeriesPage(profile, history, list_games_played(profile.user))


def get_tournaments_page(
    public_id: str, filters: GivenTournamentFilters, page: str | None, *, limit: int = 20, viewer: Viewer
) -> TournamentsPage:
    """Return the tournaments a player entered as ``viewer`` may see them."""
    profile = get_player(public_id, viewer=viewer)
    history = get_tournament_breakdown(
        profile.user,
        filters,
        page,
        limit=limit,
        viewer=viewer,
    )
    return TournamentsPage(profile, history)


def build_activity_page(public_id: str, page: str | None, *, limit: int = 10, viewer: Viewer) -> ActivityPage:
    """Return a player's timeline as ``viewer`` may see it."""
    profile = get_player(public_id, viewer=viewer)
    return ActivityPage(profile, get_activity_timeline(profile.user, viewer, page, limit=limit))


def list_games_played(user: User) -> list[Game]:
    """Return the games in which the player has matches, by name."""
    return _GAMES_PLAYED.run(user.pk)


_GAMES_PLAYED = PreparedQuery(
    lambda: Game.objects.filter(player_stats__user=Parameter(0)).order_by("name", "id"), is_by_key=True
)


def list_team_periods(user: User) -> list[TeamPeriod]:
    """Return the player's teams, present and past, latest first."""
    return [TeamPeriod(*row) for row in _TEAM_PERIODS.read(user.pk)]


def _list_periods() -> QuerySet[Any]:
    latest_first = TeamMembership.objects.lasting().filter(user=Parameter(0)).order_by("-joined_at", "-id")
    return latest_first.values_list("team__slug", "team__name", "joined_at", "left_at")


_TEAM_PERIODS = PreparedRows(_list_periods, is_by_key=True)


def list_latest_achievements(user: User, visibility: Visibility) -> list[AchievementEntry]:
    """Return the player's latest achievements, at most twelve, as far as the viewer may see them."""
    return withhold_facts(describe_achievements(_prepare_latest(visibility).run(user.pk)), visibility)


@cache
def _prepare_latest(visibility: Visibility) -> PreparedQuery[UserAchievement]:
    """Return the query for the latest achievements of a player, told as far as is seen of their histories."""

    def build() -> QuerySet[UserAchievement]:
        rows = UserAchievement.objects.filter(user=Parameter(0)).select_related("achievement")
        told, order = tell_achievement_times(rows, visibility)
        return told.order_by(*order)[:ACHIEVEMENTS_SHOWN]

    return PreparedQuery(build, is_by_key=True)

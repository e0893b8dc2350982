"""What each page about a player shows, put together in one call; and the search that finds the player."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from deltacrown.accounts.models import User
from deltacrown.core.pagination import Page
from deltacrown.games.models import Game
from deltacrown.teams.models import TeamMembership
from deltacrown.user_profile.histories.filters import MatchFilters, TournamentFilters, read_as_of
from deltacrown.user_profile.histories.matches import MatchEntry, read_match_history
from deltacrown.user_profile.histories.tournaments import TournamentEntry, read_tournament_breakdown
from deltacrown.user_profile.models import UserAchievement, UserProfile
from deltacrown.user_profile.numbers.catalogue import GameLine, StatLine, describe_stats, list_game_stats
from deltacrown.user_profile.numbers.history import StatHistory
from deltacrown.user_profile.numbers.row_sources import AchievementEntry, describe_achievements, withhold_facts
from deltacrown.user_profile.numbers.rows import StatRows, list_closed_stats
from deltacrown.user_profile.people.follows import get_following
from deltacrown.user_profile.people.search import get_player
from deltacrown.user_profile.privacy import Viewer, Visibility, get_visibility
from deltacrown.user_profile.services import stats_service
from deltacrown.user_profile.timeline.reading import ActivityEntry

RECENT = 5
ACHIEVEMENTS_SHOWN = 12


@dataclass(frozen=True)
class TeamSpell:
    """A stretch of time in a team; ``left_at`` is ``None`` while it lasts."""

    name: str
    joined_at: datetime
    left_at: datetime | None


@dataclass(frozen=True)
class ProfilePage:
    """A player at a glance.

    :param closed: names of the numbers whose rows the viewer may not open.
    :param matches: the latest few, or ``None`` when they are hidden; ``tournaments`` likewise.
    :param follows: whether the viewer follows the player; ``None`` when they cannot.
    """

    profile: UserProfile
    visibility: Visibility
    stats: list[StatLine]
    closed: frozenset[str]
    games: list[GameLine]
    teams: list[TeamSpell]
    achievements: list[AchievementEntry]
    matches: list[MatchEntry] | None
    tournaments: list[TournamentEntry] | None
    follows: bool | None = None


@dataclass(frozen=True)
class MatchesPage:
    """A player's match history, and the games it can be narrowed to."""

    profile: UserProfile
    history: Page[MatchEntry]
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


@dataclass(frozen=True)
class StatPage:
    """One number of a player and the rows behind it."""

    profile: UserProfile
    rows: StatRows


@dataclass(frozen=True)
class PastValue:
    """What a number was at a moment.

    :param asked: the date or moment as it was asked for.
    :param is_day: whether that was a date, of which ``moment`` is the end.
    """

    asked: str
    moment: datetime
    is_day: bool
    value: int | Decimal | None


@dataclass(frozen=True)
class StatHistoryPage:
    """Every change of one number of a player, and what it was when the reader asks."""

    profile: UserProfile
    history: StatHistory
    past: PastValue | None


def get_profile_page(public_id: str, *, viewer: Viewer) -> ProfilePage:
    """Everything on a player's front page, as ``viewer`` may see it."""
    profile = get_player(public_id)
    user = profile.user
    visibility = get_visibility(user, viewer)
    matches = read_match_history(user, MatchFilters(), None, limit=RECENT).items if visibility.match_history else None
    tournaments = read_tournament_breakdown(user, TournamentFilters(), None, limit=RECENT).items if visibility.tournaments else None
    return ProfilePage(
        profile=profile,
        visibility=visibility,
        stats=describe_stats(profile),
        closed=list_closed_stats(visibility),
        games=list_game_stats(user),
        teams=list_teams(user),
        achievements=withhold_facts(list_latest_achievements(user), visibility),
        matches=matches,
        tournaments=tournaments,
        follows=get_following(viewer, user),
    )


def get_matches_page(public_id: str, filters: Mapping[str, str], page: str | None, *, viewer: Viewer) -> MatchesPage:
    """A player's match history as ``viewer`` may see it."""
    profile = get_player(public_id)
    history = stats_service.get_match_history(profile.user, filters, page, viewer=viewer)
    return MatchesPage(profile, history, list_games_played(profile.user))


def get_tournaments_page(public_id: str, filters: Mapping[str, str], page: str | None, *, viewer: Viewer) -> TournamentsPage:
    """The tournaments a player entered as ``viewer`` may see them."""
    profile = get_player(public_id)
    return TournamentsPage(profile, stats_service.get_tournament_breakdown(profile.user, filters, page, viewer=viewer))


def get_activity_page(public_id: str, page: str | None, *, viewer: Viewer) -> ActivityPage:
    """A player's timeline as ``viewer`` may see it."""
    profile = get_player(public_id)
    return ActivityPage(profile, stats_service.get_activity_timeline(profile.user, viewer, page))


def get_stat_page(public_id: str, stat: str, filters: Mapping[str, str], page: str | None, *, viewer: Viewer) -> StatPage:
    """One number of a player and its rows as ``viewer`` may see them."""
    profile = get_player(public_id)
    given = {name: value for name, value in filters.items() if value}
    return StatPage(profile, stats_service.get_stat_rows(profile.user, stat, page, filters=given, viewer=viewer))


def get_stat_history_page(
    public_id: str, stat: str, page: str | None, *, game: str | None, as_of: str | None, viewer: Viewer, now: datetime
) -> StatHistoryPage:
    """The changes of one number of a player as ``viewer`` may see them, and what it was ``as_of`` a date or moment."""
    profile = get_player(public_id)
    history = stats_service.get_stat_history(profile.user, stat, page, game=game, viewer=viewer)
    if not as_of:
        return StatHistoryPage(profile, history, None)
    moment = read_as_of(as_of, now=now)
    value = stats_service.get_stat_as_of(profile.user, stat, moment, game=history.game, viewer=viewer)
    return StatHistoryPage(profile, history, PastValue(as_of, moment, "T" not in as_of.upper(), value))


def list_games_played(user: User) -> list[Game]:
    """The games the player has matches in, by name."""
    return list(Game.objects.filter(player_stats__user=user).order_by("name", "id"))


def list_teams(user: User) -> list[TeamSpell]:
    """The player's teams, present and past, latest first."""
    spells = TeamMembership.objects.filter(user=user).select_related("team").order_by("-joined_at", "-id")
    return [TeamSpell(spell.team.name, spell.joined_at, spell.left_at) for spell in spells]


def list_latest_achievements(user: User) -> list[AchievementEntry]:
    """The player's latest achievements, a dozen at most."""
    latest = UserAchievement.objects.filter(user=user).select_related("achievement").order_by("-earned_at", "-id")
    return describe_achievements(latest[:ACHIEVEMENTS_SHOWN])

"""Every list that is read in pages: how, and in how many statements."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from deltacrown.core.days import ONE_DAY
from deltacrown.moderation import services as moderation
from deltacrown.notifications import services as notifications
from deltacrown.pages import (
    audit_log,
    desk_invitations,
    desks,
    dispute_evidence,
    dispute_hands,
    disputes,
    entry_changes,
    integrity,
    invitations,
    merges,
    oneself,
    own_name,
    pairings,
    repairs,
    search,
    seasons,
    standings,
    team_desk,
    team_results,
    team_roster,
    teams,
    tournament_entrants,
    tournaments,
)
from deltacrown.user_profile.histories import versus
from deltacrown.user_profile.histories.filters import MatchFilters
from deltacrown.user_profile.numbers import board_periods, leaderboards, period_leaderboards
from deltacrown.user_profile.people import blocks, follows
from deltacrown.user_profile.services import stats_service
from deltacrown.user_profile.timeline import reading
from tests import scene
from tests.user_profile.long_lists import Site

Read = Callable[[Site, "str | None", int], Any]


@dataclass(frozen=True)
class List:
    """One list.

    :param read: gives a page of it.
    :param more: the statements a later page has beside those of the first.
    :param is_gathered: it is sorted from many players' rows, or from those of whole days, so that PostgreSQL
        may find these in more than one way; the cost of a page is the same.
    """

    read: Read
    more: int = 0
    is_gathered: bool = False


def _service(name: str, **fixed: Any) -> Read:
    return lambda site, page, limit: getattr(stats_service, name)(site.owner, page=page, limit=limit, **fixed)


def _rows(stat: str, **fixed: Any) -> Read:
    return lambda site, page, limit: stats_service.get_stat_rows(
        site.owner, stat, page, limit=limit, viewer=site.owner, **fixed
    )


def _board(stat: str, **fixed: Any) -> List:
    """How many are ranked before the first of a later page is counted."""
    return List(
        lambda site, page, limit: leaderboards.get_leaderboard(stat, page=page, limit=limit, **fixed), more=1
    )


def _timeline(name: str | None) -> Read:
    return lambda site, page, limit: stats_service.get_activity_timeline(
        site.owner, name and getattr(site, name), page, limit=limit
    )


def _of_event(name: str) -> Read:
    return lambda site, page, limit: getattr(tournaments, name)("cup", page, viewer=None, limit=limit).lines


def _disputes(viewer: str, status: str | None = None) -> Read:
    return lambda site, page, limit: moderation.list_disputes(
        page, viewer=getattr(site, viewer), status=status, limit=limit
    )


def _history(stat: str, order: str) -> Read:
    return lambda site, page, limit: stats_service.get_stat_history(
        site.owner, stat, page, order=order, limit=limit, viewer=site.owner
    )


#: Numbers with thousands of rows in the site of these tests, of every source, counted and derived.
NUMBERS = (
    "total_matches_played",
    "matches_won",
    "tournaments_participated",
    "tournaments_won",
    "disputes_filed",
    "achievement_count",
    "experience_points",
    "overall_win_rate",
    "average_placement",
    "level",
    "series_won",
    "series_win_rate",
)
#: Leaderboards with thousands of players in it.
BOARDS = (
    "matches_won",
    "overall_win_rate",
    "tournaments_won",
    "experience_points",
    "total_matches_played",
    "tournaments_participated",
    "achievement_count",
    "average_placement",
)
LAST_MIDNIGHT = datetime(2100, 1, 1, tzinfo=UTC)
SEASON = board_periods.Period("season", scene.at(0))
AS_OF = board_periods.Period("all", until=LAST_MIDNIGHT, as_of=LAST_MIDNIGHT.date() - ONE_DAY)

LISTS = {
    "matches": List(_service("get_match_history")),
    "matches of a game": List(_service("get_match_history", game="valorant")),
    "matches won": List(_service("get_match_history", filters={"result": "WIN"})),
    "matches of a kind": List(_service("get_match_history", filters={"kind": "TOURNAMENT"})),
    "matches between dates": List(
        _service("get_match_history", filters={"played_from": "2025-03-01", "played_to": "2030-01-01"})
    ),
    "matches of a tournament": List(_service("get_match_history", filters={"tournament": "cup"})),
    "matches of a season": List(_service("get_match_history", filters={"season": "all"})),
    "series": List(_service("get_series_history")),
    "series of a season": List(_service("get_series_history", filters={"season": "all"})),
    "series won": List(_service("get_series_history", filters={"result": "WIN"})),
    "tournaments": List(_service("get_tournament_breakdown")),
    "tournaments of a game": List(_service("get_tournament_breakdown", filters={"game": "valorant"})),
    "tournaments held": List(_service("get_tournament_breakdown", filters={"status": "COMPLETED"})),
    "tournaments of a season": List(_service("get_tournament_breakdown", filters={"season": "all"})),
    "timeline, to everybody": List(_timeline(None), is_gathered=True),
    "timeline, to its player": List(_timeline("owner")),
    "timeline, to staff": List(_timeline("staff")),
    "hidden entries": List(
        lambda site, page, limit: reading.list_hidden_entries(site.hider, page, limit=limit)
    ),
    "timeline by the day": List(
        lambda site, page, limit: stats_service.get_activity_timeline(site.shy, None, page, limit=limit),
        is_gathered=True,
    ),
    "achievements by the day": List(
        lambda site, page, limit: stats_service.get_stat_rows(
            site.shy, "achievement_count", page, limit=limit
        ),
        is_gathered=True,
    ),
    **{f"rows of {stat}": List(_rows(stat)) for stat in NUMBERS},
    "rows of a season": List(_rows("matches_won", filters={"season": "all"})),
    "rows of a game": List(_rows("matches_won", filters={"game": "valorant"})),
    **{
        f"history of {stat}, as {order}": List(_history(stat, order))
        for stat in ("total_matches_played", "tournaments_won", "experience_points", "series_played")
        for order in ("happened", "known")
    },
    **{
        f"history of {stat}, as happened": List(_history(stat, "happened"))
        for stat in ("overall_win_rate", "tournaments_participated", "disputes_filed", "achievement_count")
    },
    **{f"board of {stat}": _board(stat) for stat in BOARDS},
    "board of a game": _board("matches_won", game="valorant"),
    "board of a country": _board("matches_won", country="DE"),
    "board as of a day": List(
        lambda site, page, limit: period_leaderboards.get_period_leaderboard(
            "tournaments_won", AS_OF, page=page, limit=limit
        ),
        is_gathered=True,
    ),
    "board of a season": List(
        lambda site, page, limit: period_leaderboards.get_period_leaderboard(
            "matches_won", SEASON, page=page, limit=limit
        ),
        is_gathered=True,
    ),
    "followers": List(
        lambda site, page, limit: follows.list_followers(site.owner, site.owner, page, limit=limit)
    ),
    "following": List(
        lambda site, page, limit: follows.list_following(site.owner, site.owner, page, limit=limit)
    ),
    "notifications": List(
        lambda site, page, limit: notifications.list_notifications(site.owner, page, limit=limit)
    ),
    "blocked": List(lambda site, page, limit: blocks.list_blocked(site.owner, site.owner, page, limit=limit)),
    "log of a standing": List(
        lambda site, page, limit: (
            standings.get_standing_page(
                site.owner.profile.public_id, page, viewer=site.staff, now=scene.at(0), limit=limit
            ).log
        )
    ),
    "teams one is in": List(
        lambda site, page, limit: team_desk.list_own_teams(site.owner, page, limit=limit)
    ),
    "invitations of teams": List(
        lambda site, page, limit: team_desk.list_own_invitations(site.owner, page, limit=limit)
    ),
    "usernames one had": List(
        lambda site, page, limit: (
            own_name.get_name_page(site.owner, page, now=scene.at(0), limit=limit).former
        )
    ),
    "members of a team": List(lambda site, page, limit: teams.list_members(site.team, page, limit=limit)),
    "roles in a team": List(lambda site, page, limit: teams.list_roles(site.team, page, limit=limit)),
    "roster of a team over time": List(
        lambda site, page, limit: team_roster.list_roster(site.team, page, limit=limit), is_gathered=True
    ),
    **{
        f"matches of a team, {only or 'all'}": List(
            lambda site, page, limit, only=only: team_results.list_matches(
                site.team, page, only=only, limit=limit
            ),
            is_gathered=True,
        )
        for only in ("", "won")
    },
    "results of a team": List(
        lambda site, page, limit: team_results.list_results(site.team, page, limit=limit), is_gathered=True
    ),
    "feed": List(lambda site, page, limit: oneself.get_home_feed(site.fan, page, limit), is_gathered=True),
    "meetings": List(
        lambda site, page, limit: versus.list_meetings(
            site.owner, site.rival, MatchFilters(), page, together=False, limit=limit, viewer=site.owner
        )
    ),
    "players found": List(lambda site, page, limit: search.search_players("p0", page, limit=limit)),
    "all tournaments": List(lambda site, page, limit: tournaments.list_tournament_items(page, limit=limit)),
    "past tournaments": List(lambda site, page, limit: tournaments.list_past_tournaments(page, limit=limit)),
    "all tournaments of a season": List(
        lambda site, page, limit: tournaments.list_tournament_items(page, season="all", limit=limit)
    ),
    "seasons": List(lambda site, page, limit: seasons.list_seasons_page(page, limit=limit)),
    "seasons of a game": List(
        lambda site, page, limit: seasons.list_seasons_page(page, game="valorant", limit=limit)
    ),
    "results": List(_of_event("get_results_page"), is_gathered=True),
    "entrants": List(_of_event("get_entrants_page")),
    "entrants by team": List(
        lambda site, page, limit: tournament_entrants.list_entered_whole(site.event, page, limit=limit)
    ),
    "log of an event": List(
        lambda site, page, limit: (
            entry_changes.get_entry_changes_page("cup", page, viewer=site.staff, limit=limit).lines
        )
    ),
    "matches of an event": List(_of_event("get_tournament_matches_page")),
    "played in an event": List(_of_event("get_played_page")),
    "players of an event": List(
        lambda site, page, limit: (
            tournaments.get_players_page("crowd-cup", page, viewer=None, limit=limit).lines
        ),
        is_gathered=True,  # the numbers of all who played are added up, and sorted
    ),
    "series of an event": List(
        lambda site, page, limit: tournaments.list_series("cup", page, viewer=None, limit=limit)
    ),
    "verifications": List(
        lambda site, page, limit: integrity.get_integrity_page(page, now=scene.at(0), limit=limit).runs,
        is_gathered=True,  # the repairs of its runs are added up, sorted or not
    ),
    "disputes of all": List(_disputes("staff")),
    "disputes of a status": List(_disputes("staff", "OPEN")),
    "disputes of a player": List(_disputes("owner")),
    "page of one's disputes": List(
        lambda site, page, limit: disputes.list_own_disputes(page, viewer=site.owner, limit=limit)
    ),
    "queue of disputes": List(
        lambda site, page, limit: disputes.list_queue("OPEN", page, viewer=site.staff, limit=limit)
    ),
    "queue of disputes in nobody's hands": List(
        lambda site, page, limit: disputes.list_queue(
            "OPEN", page, whose="unassigned", viewer=site.staff, limit=limit
        )
    ),
    "queue of disputes about a player": List(
        lambda site, page, limit: disputes.list_queue(
            "OPEN", page, about=site.rival.username, viewer=site.staff, limit=limit
        ),
        is_gathered=True,  # of the player's results and matches, sorted
    ),
    "statements of a dispute": List(
        lambda site, page, limit: dispute_evidence.list_said(site.disputed, page, limit=limit),
        is_gathered=True,  # of all disputes about the same, sorted
    ),
    "rulings about a dispute": List(
        lambda site, page, limit: dispute_evidence.list_rulings_of_dispute(
            site.disputed, page, viewer=site.staff, limit=limit
        )
    ),
    "rulings about a match": List(
        lambda site, page, limit: dispute_evidence.list_rulings_of_match(
            dispute_evidence.list_lines(site.disputed), page, viewer=site.staff, limit=limit
        )
    ),
    "disputes about a tournament": List(
        lambda site, page, limit: (
            dispute_hands.get_disputes_desk("cup", "OPEN", page, viewer=site.staff, limit=limit).found
        ),
        is_gathered=True,  # of its results and of its matches, sorted
    ),
    "invitations to a tournament": List(
        lambda site, page, limit: (
            desk_invitations.get_invitations_desk(
                "cup", page, viewer=site.staff, now=scene.at(0), limit=limit
            ).lines
        )
    ),
    "one's own invitations": List(
        lambda site, page, limit: invitations.list_own_invitations(
            page, viewer=site.owner, now=scene.at(0), limit=limit
        )
    ),
    "tournaments that one runs": List(
        lambda site, page, limit: desks.list_run(page, viewer=site.staff, limit=limit)
    ),
    "pairings that one runs": List(
        lambda site, page, limit: pairings.list_pairings(
            "cup", page, viewer=site.staff, now=scene.at(0), limit=limit
        )
    ),
    "pairings of a player": List(
        lambda site, page, limit: pairings.list_pairings(
            "cup", page, viewer=site.owner, now=scene.at(0), limit=limit
        )
    ),
    "audit log": List(
        lambda site, page, limit: audit_log.get_audit_page({}, page, viewer=site.staff, limit=limit).found
    ),
    "merges": List(
        lambda site, page, limit: merges.list_all_merges(
            page, viewer=site.staff, now=scene.at(0), limit=limit
        )
    ),
    "repairs": List(lambda site, page, limit: repairs.list_repairs(page, viewer=site.staff, limit=limit)),
}


#: What the first page of each costs in statements, whatever is on it.
QUERIES = {
    "matches": 4,
    "matches of a game": 5,
    "matches won": 4,
    "matches of a kind": 4,
    "matches between dates": 4,
    "matches of a tournament": 5,
    "matches of a season": 6,
    "series": 2,
    "series of a season": 4,
    "series won": 2,
    "tournaments": 2,
    "tournaments of a game": 3,
    "tournaments held": 2,
    "tournaments of a season": 3,
    "timeline, to everybody": 2,
    "timeline, to its player": 2,
    "timeline, to staff": 2,
    "hidden entries": 2,
    "timeline by the day": 2,
    "achievements by the day": 4,
    "rows of total_matches_played": 6,
    "rows of matches_won": 6,
    "rows of tournaments_participated": 4,
    "rows of tournaments_won": 3,
    "rows of disputes_filed": 3,
    "rows of achievement_count": 4,
    "rows of experience_points": 3,
    "rows of overall_win_rate": 6,
    "rows of average_placement": 3,
    "rows of level": 3,
    "rows of series_won": 4,
    "rows of series_win_rate": 4,
    "rows of a season": 8,
    "rows of a game": 7,
    "history of total_matches_played, as happened": 7,
    "history of total_matches_played, as known": 5,
    "history of tournaments_won, as happened": 4,
    "history of tournaments_won, as known": 3,
    "history of experience_points, as happened": 4,
    "history of experience_points, as known": 3,
    "history of series_played, as happened": 5,
    "history of series_played, as known": 4,
    "history of overall_win_rate, as happened": 8,
    "history of tournaments_participated, as happened": 5,
    "history of disputes_filed, as happened": 4,
    "history of achievement_count, as happened": 5,
    "board of matches_won": 1,
    "board of overall_win_rate": 1,
    "board of tournaments_won": 1,
    "board of experience_points": 1,
    "board of total_matches_played": 1,
    "board of tournaments_participated": 1,
    "board of achievement_count": 1,
    "board of average_placement": 1,
    "board of a game": 2,
    "board of a country": 1,
    "board as of a day": 1,
    "board of a season": 1,
    "followers": 1,
    "following": 1,
    "notifications": 3,
    "blocked": 1,
    "log of a standing": 3,
    "teams one is in": 2,
    "invitations of teams": 2,
    "usernames one had": 2,
    "members of a team": 2,
    "roles in a team": 1,
    "roster of a team over time": 2,
    "matches of a team, all": 5,
    "matches of a team, won": 5,
    "results of a team": 1,
    "feed": 1,
    "meetings": 4,
    # The keys of candidates, then what is shown of them: one statement for both took longer to plan.
    "players found": 2,
    "all tournaments": 3,
    "past tournaments": 3,
    "all tournaments of a season": 4,
    "seasons": 1,
    "seasons of a game": 2,
    "results": 3,
    "entrants": 2,
    "entrants by team": 2,
    "log of an event": 2,
    "matches of an event": 6,
    "played in an event": 11,
    "players of an event": 3,
    "series of an event": 6,
    "verifications": 4,
    "disputes of all": 1,
    "disputes of a status": 1,
    "disputes of a player": 1,
    "page of one's disputes": 3,
    "queue of disputes": 3,
    "queue of disputes in nobody's hands": 3,
    "queue of disputes about a player": 4,
    "statements of a dispute": 4,
    "rulings about a dispute": 8,
    "rulings about a match": 9,
    "disputes about a tournament": 4,
    "invitations to a tournament": 2,
    "one's own invitations": 2,  # those to the player, and those to their teams
    "tournaments that one runs": 1,
    "pairings that one runs": 3,
    "pairings of a player": 3,
    "audit log": 2,
    "merges": 1,
    "repairs": 2,
}

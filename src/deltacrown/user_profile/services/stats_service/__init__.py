"""Everything a player's pages, API and exports read: histories, timeline, numbers and the rows behind them.

Each read asks ``privacy_service`` before it counts or fetches anything. ``viewer=None`` is an
anonymous visitor, ``page`` the ``next_cursor`` of the page before.
"""

from deltacrown.user_profile.services.stats_service.activity_timeline import ActivityEntry, get_activity_timeline
from deltacrown.user_profile.services.stats_service.catalogue import GameLine, StatLine, describe_stats, list_game_stats, list_stats
from deltacrown.user_profile.services.stats_service.filters import MatchFilters, TournamentFilters
from deltacrown.user_profile.services.stats_service.match_history import MatchEntry, TournamentDetails, get_match_history
from deltacrown.user_profile.services.stats_service.past_stats import PastStats, get_stat, list_stats_as_of
from deltacrown.user_profile.services.stats_service.stat_explanation import Omission, StatExplanation, explain_stat
from deltacrown.user_profile.services.stats_service.stat_history import StatChange, StatHistory, get_stat_as_of, get_stat_history
from deltacrown.user_profile.services.stats_service.stat_rows import StatRows, get_stat_rows
from deltacrown.user_profile.services.stats_service.tournament_history import TournamentEntry, get_tournament_breakdown

__all__ = [
    "ActivityEntry",
    "GameLine",
    "MatchEntry",
    "MatchFilters",
    "Omission",
    "PastStats",
    "StatChange",
    "StatExplanation",
    "StatHistory",
    "StatLine",
    "StatRows",
    "TournamentDetails",
    "TournamentEntry",
    "TournamentFilters",
    "describe_stats",
    "explain_stat",
    "get_activity_timeline",
    "get_match_history",
    "get_stat",
    "get_stat_as_of",
    "get_stat_history",
    "get_stat_rows",
    "get_tournament_breakdown",
    "list_game_stats",
    "list_stats",
    "list_stats_as_of",
]

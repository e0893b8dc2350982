"""Read a player's histories, timeline and numbers.

Each read asks the privacy rules before it counts or fetches anything. ``viewer=None`` is an
anonymous visitor, ``page`` the ``next_cursor`` of the page before.
"""

from deltacrown.user_profile.histories.kept import get_activity_timeline, get_match_history
from deltacrown.user_profile.histories.series import get_series_history
from deltacrown.user_profile.histories.tournaments import get_tournament_breakdown
from deltacrown.user_profile.numbers.explanation import explain_stat
from deltacrown.user_profile.numbers.history import get_stat_history
from deltacrown.user_profile.numbers.past import get_stat_as_of
from deltacrown.user_profile.numbers.rows import get_stat_rows
from deltacrown.user_profile.numbers.series import get_stat_series

__all__ = [
    "explain_stat",
    "get_activity_timeline",
    "get_match_history",
    "get_series_history",
    "get_stat_as_of",
    "get_stat_history",
    "get_stat_rows",
    "get_stat_series",
    "get_tournament_breakdown",
]

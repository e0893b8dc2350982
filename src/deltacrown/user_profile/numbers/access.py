"""Who may read a number over time, and how exactly."""

from __future__ import annotations

from deltacrown.accounts.models import User
from deltacrown.games.models import Game
from deltacrown.user_profile.histories.filters import get_game
from deltacrown.user_profile.models import UserProfile
from deltacrown.user_profile.numbers.catalogue import PlayerNumber, get_number, get_stat_field
from deltacrown.user_profile.numbers.row_sources import list_row_sources
from deltacrown.user_profile.privacy import History, Viewer


def find_readable_number(user: User, stat: str, game: Game | str | None, viewer: Viewer) -> PlayerNumber:
    """Return the number a reader asked for, the right to read the rows behind it checked.

    :param game: a game or its slug: the player's number in that game.
    :raises NotFound: when there is no such number.
    :raises HistoryHidden: when ``viewer`` may not see the rows behind it.
    :raises InvalidInput: for a game that is unknown, or a number that is not kept per game.
    """
    get_stat_field(UserProfile, stat)

    for source in list_row_sources(UserProfile, stat):
        if source.require:
            source.require(user, viewer)

    return get_number(user, stat, get_game(game) if isinstance(game, str) else game)


def list_revealed(stat: str) -> frozenset[History]:
    """Return the histories of which the times of the changes of a number can tell."""
    sources = list_row_sources(UserProfile, stat)
    return frozenset[History]().union(*(source.reveals for source in sources))

"""Who may read a number over time, and how exactly."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from deltacrown.accounts.models import User
from deltacrown.core.days import Precision
from deltacrown.games.models import Game
from deltacrown.user_profile.histories.filters import get_game
from deltacrown.user_profile.models import GameStats, PrivacySettings, UserProfile
from deltacrown.user_profile.numbers.catalogue import NumberReading, PlayerNumber, get_number, get_stat_field
from deltacrown.user_profile.numbers.row_sources import list_row_sources
from deltacrown.user_profile.people.addresses import get_player
from deltacrown.user_profile.privacy import History, Viewer, get_visibility
from deltacrown.user_profile.standing import SHOWN


@dataclass(frozen=True)
class KnownPlayer:
    """What a page has read of a player in its first statement, for the statements that follow.

    :param flags: the privacy settings; ``None`` to have them read where they are needed.
    :param in_games: slug → the numbers in that game, of the games played, by name, where they were read.
    """

    profile: UserProfile
    flags: PrivacySettings | None
    in_games: dict[str, GameStats] = field(default_factory=dict)

    @classmethod
    def get(cls, public_id: str, viewer: Viewer) -> KnownPlayer:
        """Return the player with this public id, if ``viewer`` may see the pages; see ``get_player``."""
        profile = get_player(public_id, viewer=viewer, related=["user__privacy_settings"])
        is_shown = profile.standing in SHOWN
        return cls(profile, getattr(profile.user, "privacy_settings", None) if is_shown else None)

    def read_games(self) -> KnownPlayer:
        """Return the same with the numbers in each game played."""
        played = GameStats.objects.filter(user=self.profile.user).select_related("game")
        rows = played.order_by("game__name", "game_id")
        return replace(self, in_games={row.game.slug: row for row in rows})

    def read_off(self, number: PlayerNumber) -> NumberReading | None:
        """Return a number of the player as it was read; ``None`` where it was not."""
        row = self.profile if number.game is None else self.in_games.get(number.game.slug)
        return number.read_off(row) if row else None


def require_rows(user: User, stat: str, viewer: Viewer, *, flags: PrivacySettings | None = None) -> None:
    """Raise ``HistoryHidden`` unless ``viewer`` may see all rows behind a number of ``user``."""
    gates = (source.require for source in list_row_sources(UserProfile, stat))
    for require in dict.fromkeys(gate for gate in gates if gate):
        require(user, viewer, flags)


def find_precision(
    user: User, stat: str, viewer: Viewer, *, flags: PrivacySettings | None = None
) -> Precision:
    """Return ``EXACT`` where ``viewer`` may learn of each change of a number, ``DAY`` where of days only."""
    revealed = list_revealed(stat)
    is_shown = not revealed or get_visibility(user, viewer, flags).shows(revealed)
    return Precision.EXACT if is_shown else Precision.DAY


def find_readable_number(
    user: User,
    stat: str,
    game: Game | str | None,
    viewer: Viewer,
    *,
    flags: PrivacySettings | None = None,
) -> PlayerNumber:
    """Return the number a reader asked for, the right to read the rows behind it checked.

    :param game: a game or its slug: the player's number in that game.
    :param flags: the privacy settings of a shown player, where they were just read.
    :raises NotFound: when there is no such number.
    :raises HistoryHidden: when ``viewer`` may not see the rows behind it.
    :raises InvalidInput: for a game that is unknown, or a number that is not kept per game.
    """
    get_stat_field(UserProfile, stat)
    require_rows(user, stat, viewer, flags=flags)
    return get_number(user, stat, get_game(game) if isinstance(game, str) else game)


def list_revealed(stat: str) -> frozenset[History]:
    """Return the histories of which the times of the changes of a number can tell."""
    sources = list_row_sources(UserProfile, stat)
    return frozenset[History]().union(*(source.reveals for source in sources))

"""The games, players, teams and tournaments that a batch names, found or created in a few queries."""

from __future__ import annotations

import difflib
import functools
import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field

from deltacrown.accounts.models import User
from deltacrown.accounts.services import create_players, find_players
from deltacrown.games.models import Game
from deltacrown.games.services import create_game
from deltacrown.teams.models import Team
from deltacrown.teams.services import ensure_teams, find_teams
from deltacrown.tournaments.models import Tournament
from django_tally.batches import in_batches


@dataclass(frozen=True)
class PlayerAddress:
    """A way to name players in a file, beside their usernames.

    :param pattern: every name of this way; such a name is never taken for a username.
    :param find: returns name → player, of those that there are.
    """

    pattern: re.Pattern[str]
    find: Callable[[Iterable[str]], dict[str, User]]


#: Apps that know other names of players add theirs.
PLAYER_ADDRESSES: list[PlayerAddress] = []

HOW_TO_CREATE = "create them first, or run the import with --create-missing"


@dataclass(frozen=True, kw_only=True)
class Names:
    """The names in some lines."""

    games: Collection[str] = ()
    players: Collection[str] = ()
    teams: Collection[str] = ()
    tournaments: Collection[str] = ()


@dataclass(kw_only=True)
class Directory:
    """Everything that was found, each under the name as it was given."""

    games: dict[str, Game] = field(default_factory=dict)
    players: dict[str, User] = field(default_factory=dict)
    teams: dict[str, Team] = field(default_factory=dict)
    tournaments: dict[str, Tournament] = field(default_factory=dict)
    #: Whether anything was created, or anybody entered in a tournament.
    has_created: bool = False

    def find(self, names: Names) -> None:
        """Look up every name."""
        self.games |= {
            game.slug: game
            for batch in in_batches(list(names.games))
            for game in Game.objects.filter(slug__in=batch)
        }
        self._find_players([name for name in names.players if name not in self.players])
        self.teams |= find_teams(names.teams)
        for batch in in_batches(list(names.tournaments)):
            self.tournaments |= {
                entry.slug: entry
                for entry in Tournament.objects.filter(slug__in=batch).select_related("game")
            }

    def _find_players(self, names: Collection[str]) -> None:
        for address in PLAYER_ADDRESSES:
            self.players |= address.find(name for name in names if address.pattern.fullmatch(name))

        self.players |= find_players(name for name in names if not is_address(name))

    def create_missing(self, names: Names) -> None:
        """Create the games, players and teams that were not found."""
        games, players, teams = (
            absent(names.games, self.games),
            absent(names.players, self.players),
            absent(names.teams, self.teams),
        )
        self.games |= {slug: create_game(slug=slug, name=readable(slug)) for slug in games}
        self.players |= create_players(usernames=[name for name in players if not is_address(name)])
        self.teams |= ensure_teams(names=teams)
        self.has_created |= bool(games or players or teams)

    def describe_unknown(self, names: Names) -> str:
        """Return everything that was not found, with the game that was perhaps meant; ``""`` when all was."""
        unknown = [f"game “{slug}”{self._nearest_game(slug)}" for slug in absent(names.games, self.games)]
        unknown += [f"player “{name}”" for name in absent(names.players, self.players)]
        unknown += [f"team “{name}”" for name in absent(names.teams, self.teams)]
        unknown += [f"tournament “{slug}”" for slug in absent(names.tournaments, self.tournaments)]
        return f"unknown {', '.join(unknown)}; {HOW_TO_CREATE}" if unknown else ""

    @functools.cached_property
    def _every_game(self) -> list[str]:
        return list(Game.objects.order_by("slug").values_list("slug", flat=True))

    def _nearest_game(self, slug: str) -> str:
        near = difflib.get_close_matches(slug, self._every_game, n=1)
        return f" (did you mean {near[0]}?)" if near else ""


def is_address(name: str) -> bool:
    """Return whether a name of a player is none of a username."""
    return any(address.pattern.fullmatch(name) for address in PLAYER_ADDRESSES)


def absent(names: Collection[str], found: Collection[str]) -> Sequence[str]:
    """Return the names that were not found, each once, in order."""
    return sorted(name for name in set(names) if name not in found)


def readable(slug: str) -> str:
    """Convert a slug into a name, for something that nobody has named: ``spring-cup`` is “Spring Cup”."""
    return " ".join(word[:1].upper() + word[1:] for word in slug.replace("_", "-").split("-") if word) or slug

"""The games, players, teams and tournaments that a batch names, found or created in a few queries."""

from __future__ import annotations

import difflib
import functools
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from deltacrown.accounts.models import User
from deltacrown.accounts.services import (
    create_players,
    create_players_by_id,
    find_players_by_id,
    find_username_faults,
    resolve_usernames,
)
from deltacrown.core import external_ids
from deltacrown.core.errors import DomainError
from deltacrown.games.models import Game
from deltacrown.games.services import create_game, find_games
from deltacrown.interchange.drafts import PlayerTexts
from deltacrown.teams.models import Team
from deltacrown.teams.services import (
    ensure_teams,
    ensure_teams_by_id,
    find_team_faults,
    find_teams_by_id,
    list_words_of_renamed,
    resolve_teams,
)
from deltacrown.tournaments.models import Tournament
from deltacrown.tournaments.services import find_tournaments, list_former_names

Made = TypeVar("Made")


@dataclass(frozen=True)
class PlayerAddress:
    """A way to name players in a file, beside their usernames.

    :param pattern: every name of this way; such a name is never taken for a username.
    :param find: returns name → player, of those that there are.
    """

    pattern: re.Pattern[str]
    find: Callable[[Iterable[str]], dict[str, User]]


#: Apps that know other names of players add theirs.
PLAYER_ADDRESSES: list[PlayerAddress] = [PlayerAddress(external_ids.ADDRESS, find_players_by_id)]


@dataclass(frozen=True)
class DescribedPlayer:
    """A player, created just now or known before, and what a file says of them."""

    user: User
    texts: PlayerTexts


@dataclass(frozen=True)
class PlayerProfiles:
    """Where the display names and countries of players are kept.

    :param describe: sets those of new players; returns user's id → which of it cannot be kept, and why.
    :param complete: sets those of known players where they are empty, or also where they differ; returns
        user's id → what is left as it is, and why.
    :param read: returns user's id → what is kept of them; who has neither is left out.
    """

    describe: Callable[[Sequence[DescribedPlayer]], dict[int, str]]
    complete: Callable[[Sequence[DescribedPlayer], bool], dict[int, str]]
    read: Callable[[Iterable[int]], dict[int, PlayerTexts]]


#: The app that keeps them adds itself: files know players by username without it.
PLAYER_PROFILES: list[PlayerProfiles] = []


def register_players(address: PlayerAddress, profiles: PlayerProfiles) -> None:
    """Add another name of players, and where their profiles are kept; once, however often it is called."""
    if address not in PLAYER_ADDRESSES:
        PLAYER_ADDRESSES.append(address)
    if profiles not in PLAYER_PROFILES:
        PLAYER_PROFILES.append(profiles)


HOW_TO_CREATE = "create them first, or run the import with --create-missing"


def read_player_texts(user_ids: Collection[int]) -> dict[int, PlayerTexts]:
    """Return user's id → the display name and country of players who have either."""
    found: dict[int, PlayerTexts] = {}
    for profiles in PLAYER_PROFILES:
        found |= profiles.read(user_ids)
    return found


@dataclass(frozen=True, kw_only=True)
class Names:
    """The names in some lines.

    :param texts: player's name → what else is said of them; of those who are created.
    """

    games: Collection[str] = ()
    players: Collection[str] = ()
    teams: Collection[str] = ()
    tournaments: Collection[str] = ()
    texts: Mapping[str, PlayerTexts] = field(default_factory=dict)


@dataclass(kw_only=True)
class Directory:
    """Everything that was found, each under the name as it was given."""

    games: dict[str, Game] = field(default_factory=dict)
    players: dict[str, User] = field(default_factory=dict)
    teams: dict[str, Team] = field(default_factory=dict)
    tournaments: dict[str, Tournament] = field(default_factory=dict)
    #: Player's or team's name → why it is nobody's, and cannot be created.
    faults: dict[str, str] = field(default_factory=dict)
    #: Player's name → what the file says of a player, and is not kept.
    warnings: dict[str, str] = field(default_factory=dict)
    #: What was said of players who were created, by the player's id.
    described: dict[int, PlayerTexts] = field(default_factory=dict)
    #: Whether anything was created, or anybody entered in a tournament.
    has_created: bool = False

    def find(self, names: Names) -> None:
        """Look up every name."""
        self.games |= find_games(names.games)
        self.tournaments |= find_tournaments(names.tournaments)
        unknown = [name for name in names.players if name not in self.players]
        for address in PLAYER_ADDRESSES:
            self.players |= address.find(name for name in unknown if address.pattern.fullmatch(name))

        players = resolve_usernames(name for name in unknown if not is_address(name))
        self.players |= players.rows
        by_id = find_teams_by_id(names.teams)
        teams = resolve_teams(name for name in names.teams if name not in by_id)
        self.teams |= by_id | teams.rows
        self.faults |= {**players.ambiguous, **teams.ambiguous, **find_address_faults(unknown, names.teams)}

    @functools.cached_property
    def team_words(self) -> dict[int, set[str]]:
        """Return team's id → the keys of its names and slugs, present and former, of teams once renamed."""
        return list_words_of_renamed({team.pk for team in self.teams.values()})

    @functools.cached_property
    def former_tournament_names(self) -> dict[int, set[str]]:
        """Return tournament's id → the keys of its former names, of tournaments once renamed."""
        return list_former_names({tournament.pk for tournament in self.tournaments.values()})

    def create_missing(self, names: Names) -> None:
        """Create the games, players and teams that were not found; ``faults`` names those that cannot be."""
        games = absent(names.games, self.games)
        players = [name for name in absent(names.players, self.players) if name not in self.faults]
        teams = [name for name in absent(names.teams, self.teams) if name not in self.faults]
        usernames = [name for name in players if not is_address(name)]
        team_names = [name for name in teams if not external_ids.names_known_provider(name)]
        self.faults |= {**find_username_faults(usernames), **find_team_faults(team_names)}

        self.games |= {slug: create_game(slug=slug, name=readable(slug)) for slug in games}
        created = self._create(usernames, lambda names: create_players(usernames=names))
        created |= self._create_by_id(players, names.texts)
        self._describe(created, names.texts)
        self.players |= created
        self.teams |= self._create(team_names, lambda names: ensure_teams(names=names))
        of_ids = [name for name in teams if external_ids.names_known_provider(name)]
        self.teams |= self._create(of_ids, lambda names: ensure_teams_by_id(external_ids=names))
        self.has_created |= bool(games or players or teams)

    def _create_by_id(self, players: Sequence[str], texts: Mapping[str, PlayerTexts]) -> dict[str, User]:
        """Create the players who are named by external id, called as the file says, if that is free."""
        named = {
            name: texts[name].name if name in texts else ""
            for name in players
            if external_ids.is_address(name)
        }
        return self._create(
            list(named),
            lambda names: create_players_by_id(names={name: named[name] for name in names}),
        )

    def _create(
        self, names: Sequence[str], create: Callable[[Sequence[str]], dict[str, Made]]
    ) -> dict[str, Made]:
        """Create what has no fault: all at once, or one by one when another writer took a name meanwhile."""
        wanted = [name for name in names if name not in self.faults]
        try:
            return create(wanted) if wanted else {}
        except DomainError:
            made: dict[str, Made] = {}
            for name in wanted:
                try:
                    made |= create([name])
                except DomainError as refusal:
                    self.faults[name] = refusal.message.rstrip(".")
            return made

    def _describe(self, created: Mapping[str, User], texts: Mapping[str, PlayerTexts]) -> None:
        """Give the players who were created the names and countries that the file has."""
        new: dict[int, DescribedPlayer] = {}
        for name, user in created.items():
            if name in texts:
                new.setdefault(user.pk, DescribedPlayer(user, texts[name]))

        faults: dict[int, str] = {}
        for profiles in PLAYER_PROFILES if new else ():
            faults |= profiles.describe(list(new.values()))
        self.warnings |= {name: faults[user.pk] for name, user in created.items() if user.pk in faults}
        self.described |= {pk: each.texts for pk, each in new.items()}

    def complete_players(self, said: Iterable[tuple[str, PlayerTexts]], *, replace: bool) -> None:
        """Set the names and countries that a file has of known players; ``warnings`` names what stays.

        :param said: player's name and texts, in the order of the file, once or several times for a player.
        :param replace: also where the player is called otherwise; else only where there is nothing yet.
        """
        told = [
            (name, DescribedPlayer(self.players[name], texts))
            for name, texts in dict.fromkeys(said)
            if self.described.get(self.players[name].pk) != texts
        ]
        while told:
            first = {each.user.pk: (name, each) for name, each in reversed(told)}
            for profiles in PLAYER_PROFILES:
                faults = profiles.complete([each for _, each in first.values()], replace)
                self._warn({first[user][0]: fault for user, fault in faults.items()})
            told = [pair for pair in told if pair not in first.values()]

    def _warn(self, faults: Mapping[str, str]) -> None:
        for name, fault in faults.items():
            before = self.warnings.get(name)
            self.warnings[name] = f"{before}; {fault}" if before else fault

    def describe_unknown(self, names: Names) -> str:
        """Return everything that was not found, with the game that was perhaps meant; ``""`` when all was."""
        players, teams = absent(names.players, self.players), absent(names.teams, self.teams)
        refused = [self.faults[name] for name in (*players, *teams) if name in self.faults]

        unknown = [f"game “{slug}”{self._nearest_game(slug)}" for slug in absent(names.games, self.games)]
        unknown += [f"player “{name}”" for name in players if name not in self.faults]
        unknown += [f"team “{name}”" for name in teams if name not in self.faults]
        unknown += [f"tournament “{slug}”" for slug in absent(names.tournaments, self.tournaments)]
        if unknown:
            refused.append(f"unknown {', '.join(unknown)}; {HOW_TO_CREATE}")
        return "; ".join(refused)

    @functools.cached_property
    def _every_game(self) -> list[str]:
        return list(Game.objects.order_by("slug").values_list("slug", flat=True))

    def _nearest_game(self, slug: str) -> str:
        near = difflib.get_close_matches(slug, self._every_game, n=1)
        return f" (did you mean {near[0]}?)" if near else ""


def find_address_faults(players: Iterable[str], teams: Iterable[str]) -> dict[str, str]:
    """Return name → a sentence, for external ids that are not written as their provider's are."""
    named = {name: "player" for name in players if external_ids.is_address(name)}
    named |= {name: "team" for name in teams if external_ids.names_known_provider(name)}
    faults: dict[str, str] = {}
    for name, kind in named.items():
        try:
            external_ids.parse_address(name, field=kind)
        except DomainError as refusal:
            faults[name] = refusal.message.rstrip(".")
    return faults


def is_address(name: str) -> bool:
    """Return whether a name of a player is none of a username."""
    return any(address.pattern.fullmatch(name) for address in PLAYER_ADDRESSES)


def absent(names: Collection[str], found: Collection[str]) -> Sequence[str]:
    """Return the names that were not found, each once, in the order given."""
    return [name for name in dict.fromkeys(names) if name not in found]


def readable(slug: str) -> str:
    """Convert a slug into a name, for something that nobody has named: ``spring-cup`` is “Spring Cup”."""
    return " ".join(word[:1].upper() + word[1:] for word in slug.replace("_", "-").split("-") if word) or slug

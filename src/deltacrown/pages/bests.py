"""The pages of a player's bests and places, which a profile takes in when it is scrolled to."""

from __future__ import annotations

from dataclasses import dataclass

from deltacrown.games.models import Game
from deltacrown.pages.players import list_games_played
from deltacrown.user_profile.histories.bests import Bests, read_bests
from deltacrown.user_profile.histories.filters import get_game
from deltacrown.user_profile.models import UserProfile
from deltacrown.user_profile.numbers.places import Place, list_places
from deltacrown.user_profile.numbers.ranks import BOARDS
from deltacrown.user_profile.people.addresses import get_player
from deltacrown.user_profile.privacy import Viewer


@dataclass(frozen=True)
class BestsPage:
    """A player's bests, over all games or in one.

    :param games: those to choose from.
    """

    profile: UserProfile
    bests: Bests
    game: Game | None
    games: list[Game]


@dataclass(frozen=True)
class PlacesPage:
    """A player's places on the leaderboards, of all games or of one.

    :param front: the names of the numbers whose places the profile tells.
    """

    profile: UserProfile
    places: list[Place]
    game: Game | None
    games: list[Game]
    front: tuple[str, ...] = BOARDS


def get_bests_page(public_id: str, game: str | None, *, viewer: Viewer) -> BestsPage:
    """Return a player's bests as ``viewer`` may see them.

    :param game: a game's slug, or one that it had.
    :raises DomainError: there is no such player or game; the player hides the matches from ``viewer``.
    """
    profile = get_player(public_id, viewer=viewer)
    asked = get_game(game) if game else None
    bests = read_bests(profile.user, asked.slug if asked else None, viewer=viewer)
    return BestsPage(profile, bests, asked, list_games_played(profile.user))


def get_places_page(public_id: str, game: str | None, *, viewer: Viewer) -> PlacesPage:
    """Return a player's places. Counters are public, and so are these.

    :param game: a game's slug, or one that it had.
    :raises DomainError: there is no such player or game.
    """
    profile = get_player(public_id, viewer=viewer)
    asked = get_game(game) if game else None
    return PlacesPage(profile, list_places(profile.user, asked), asked, list_games_played(profile.user))

"""The page of whom a player plays with and against."""

from __future__ import annotations

from dataclasses import dataclass

from deltacrown.games.models import Game
from deltacrown.pages.players import list_games_played
from deltacrown.user_profile.histories.company import Company, read_company
from deltacrown.user_profile.histories.filters import get_game
from deltacrown.user_profile.models import UserProfile
from deltacrown.user_profile.people.addresses import get_player
from deltacrown.user_profile.privacy import Viewer


@dataclass(frozen=True)
class CompanyPage:
    """Whom a player met most, over all games or in one.

    :param games: those to choose from.
    """

    profile: UserProfile
    company: Company
    game: Game | None
    games: list[Game]


def get_company_page(public_id: str, game: str | None, *, viewer: Viewer) -> CompanyPage:
    """Return whom a player met most, as ``viewer`` may see it.

    :param game: a game's slug, or one that it had.
    :raises DomainError: there is no such player or game; the player hides the matches from ``viewer``.
    """
    profile = get_player(public_id, viewer=viewer)
    asked = get_game(game) if game else None
    company = read_company(profile.user, asked.slug if asked else None, viewer=viewer)
    return CompanyPage(profile, company, asked, list_games_played(profile.user))

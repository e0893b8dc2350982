"""Seasons as everybody may see them: the list, one of them, and those to choose from in forms."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Q

from deltacrown.core.pagination import Page, paginate
from deltacrown.games import services
from deltacrown.games.models import Game, Season
from deltacrown.user_profile.histories.filters import get_game


def list_seasons_page(page: str | None = None, *, game: str | None = None, limit: int = 20) -> Page[Season]:
    """Return a page of the seasons, those that start last first.

    :param game: a slug: only seasons of this game, and of all games.
    :raises InvalidInput: for a game, cursor or limit that cannot be taken.
    """
    rows = services.list_seasons(get_game(game) if game else None)
    listing = f"seasons/{game or ''}"
    return paginate(rows, listing=listing, order=("-starts_at", "slug"), cursor=page, limit=limit)


def get_season(slug: str) -> Season:
    """Return the season with this slug.

    :raises NotFound: there is none.
    """
    return services.get_season(slug)


def list_choices(games: Iterable[Game] | None = None) -> list[Season]:
    """Return the seasons to choose from in a form, those that start last first.

    :param games: only seasons of these games, and of all games; ``None`` for every season.
    """
    seasons = services.list_seasons()
    return list(seasons if games is None else seasons.filter(Q(game=None) | Q(game__in=list(games))))

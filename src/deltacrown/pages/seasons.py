"""Seasons as everybody may see them: the list, one of them, and those to choose from in forms."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from django.db.models import Q, QuerySet

from deltacrown.core.pagination import Page, paginate
from deltacrown.core.prepared import Parameter, PreparedQuery
from deltacrown.games import services
from deltacrown.games.models import Game, Season
from deltacrown.user_profile.histories.filters import get_game

#: A statement is compiled for the seasons of so many games; where there are fewer, no game has the key 0.
_SIZES, _NO_GAME = (5, 20), 0


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
    if games is None:
        return list(services.list_seasons())
    keys = [game.pk for game in games]
    size = next((size for size in _SIZES if size >= len(keys)), len(keys))
    return _prepare_choices(size).run(*keys, *[_NO_GAME] * (size - len(keys)))


@cache
def _prepare_choices(size: int) -> PreparedQuery[Season]:
    """Return the query for the seasons of so many games, and of all games."""

    def build() -> QuerySet[Season]:
        # By the column: a list of games takes no parameters.
        of_these = Q(game__id__in=[Parameter(number) for number in range(size)])
        return services.list_seasons().filter(Q(game=None) | of_these)

    return PreparedQuery(build)

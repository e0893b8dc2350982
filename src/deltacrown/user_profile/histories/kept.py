"""The match history and the timeline, their first pages kept for a while; see docs/explanation/caching.md.

A first page without filters and of the usual size is kept, never longer than what it shows is true.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext

from deltacrown.accounts.models import User
from deltacrown.core.errors import InvalidInput
from deltacrown.core.pagination import Page
from deltacrown.games.models import Game
from deltacrown.user_profile.histories import matches
from deltacrown.user_profile.histories.filters import GivenMatchFilters, MatchFilters
from deltacrown.user_profile.histories.matches import MatchEntry
from deltacrown.user_profile.privacy import Viewer
from deltacrown.user_profile.shared import MATCHES_KEPT, TIMELINE_KEPT, USUAL_LIMIT, get_shared
from deltacrown.user_profile.timeline import reading
from deltacrown.user_profile.timeline.reading import ActivityEntry


@dataclass(frozen=True)
class _FirstMatches:
    page: Page[MatchEntry]


@dataclass(frozen=True)
class _FirstEntries:
    page: Page[ActivityEntry]


def get_match_history(
    user: User,
    filters: GivenMatchFilters | Game | str = None,
    page: str | int | None = None,
    *,
    game: Game | str | None = None,
    limit: int = USUAL_LIMIT,
    viewer: Viewer = None,
) -> Page[MatchEntry]:
    """Return a page of ``user``'s matches, newest first.

    The specification calls this door in two ways, and both work by position: ``(user, filters, page)`` and
    ``(user, game, limit)``.

    :param filters: see ``MatchFilters``; a mapping of the same names is taken too. Or a game, as a slug or a
        row.
    :param page: the ``next_cursor`` of the page before. Or a number: the limit.
    :param game: the same as ``filters.game``, as a slug or a row.
    :param limit: 1 to 50.
    :raises HistoryHidden: when ``user`` hides them from ``viewer``.
    :raises InvalidInput: for a filter, cursor or limit that cannot be taken, or for two games or limits.
    """
    if isinstance(filters, Game | str):
        filters, game = None, _choose("game", filters, game, unless=None)
    if isinstance(page, int):
        page, limit = None, _choose("limit", page, limit, unless=USUAL_LIMIT)

    def read() -> Page[MatchEntry]:
        return matches.get_match_history(user, filters, page, game=game, limit=limit, viewer=viewer)

    is_usual = page is None and game is None and limit == USUAL_LIMIT and _is_empty(filters)
    if not is_usual:
        return read()

    kept = get_shared(
        _FirstMatches,
        owner=user,
        viewer=viewer,
        seconds=MATCHES_KEPT,
        build=lambda: _FirstMatches(read()),
    )
    return kept.page


def get_activity_timeline(
    user: User,
    viewer: Viewer = None,
    page: str | None = None,
    *,
    limit: int = USUAL_LIMIT,
) -> Page[ActivityEntry]:
    """Return a page of the events of ``user`` that ``viewer`` may see, latest first.

    :param limit: 1 to 50.
    :raises InvalidInput: for a cursor or limit that cannot be taken.
    """

    def read() -> Page[ActivityEntry]:
        return reading.get_activity_timeline(user, viewer, page, limit=limit)

    if page is not None or limit != USUAL_LIMIT:
        return read()

    kept = get_shared(
        _FirstEntries,
        owner=user,
        viewer=viewer,
        seconds=TIMELINE_KEPT,
        build=lambda: _FirstEntries(read()),
    )
    return kept.page


def _choose(field: str, by_position: Any, by_name: Any, *, unless: Any) -> Any:
    """Return the one value of an argument that can be given in two ways.

    :raises InvalidInput: both are given, and they differ.
    """
    if by_name not in (unless, by_position):
        raise InvalidInput(
            gettext("Two values are given for %(field)s: name one.") % {"field": field}, field=field
        )
    return by_position


def _is_empty(filters: GivenMatchFilters) -> bool:
    """Return whether filters filter nothing."""
    return not filters if filters is None or isinstance(filters, Mapping) else filters == MatchFilters()

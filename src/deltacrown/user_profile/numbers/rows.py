"""The rows behind a number."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import QuerySet

from deltacrown.accounts.models import User
from deltacrown.core.errors import NotFound
from deltacrown.core.pagination import Page, check_limit, paginate
from deltacrown.games.models import Game
from deltacrown.user_profile.histories.filters import GivenMatchFilters, GivenTournamentFilters, MatchFilters, get_game, is_narrowing
from deltacrown.user_profile.models import GameStats, UserProfile
from deltacrown.user_profile.numbers.catalogue import GAME_NUMBERS, StatLine, describe_game_stat, describe_stat, list_stat_names
from deltacrown.user_profile.numbers.evidence import Evidence, weigh_rows
from deltacrown.user_profile.numbers.row_sources import SOURCES, Filters
from deltacrown.user_profile.privacy import Viewer, Visibility
from django_tally.rows import UnknownStat, rows_of

#: How often a number and its rows are compared before they are said to differ.
READINGS = 3


@dataclass(frozen=True)
class StatRows(Page[Any]):
    """A page of the rows behind one number.

    :param stat: the number itself.
    :param kind: the shape of the items: ``matches``, ``tournaments``, ``results``, ``achievements``, ``disputes`` or ``experience``.
    :param evidence: what all the rows come to, within the filters.
    :param game: the game the number is of, when it is of one.
    :param is_narrowed: true when filters leave out some of the rows the number counts.
    """

    stat: StatLine
    kind: str
    evidence: Evidence
    game: Game | None
    is_narrowed: bool

    @property
    def adds_up(self) -> bool:
        """Whether the rows come to the number; asked of all its rows only."""
        return self.is_narrowed or self.evidence.value == self.stat.value


@dataclass(frozen=True)
class _Number:
    read: Callable[[], StatLine]
    rows: list[QuerySet[Any]]
    game: Game | None
    narrowing: Filters


def get_stat_rows(
    user: User,
    stat: str,
    page: str | None = None,
    *,
    filters: GivenMatchFilters | GivenTournamentFilters = None,
    limit: int = 10,
    viewer: Viewer = None,
) -> StatRows:
    """Return a page of exactly the rows that the number ``stat`` of ``user`` counts, latest first.

    :param stat: a name of the catalogue. With ``filters.game`` it is the player's number in that game, where one is kept.
    :param filters: as the history of the same rows takes them.
    :param limit: 1 to 50.
    :raises NotFound: when there is no such number.
    :raises HistoryHidden: when ``viewer`` may not see such rows of ``user``.
    :raises InvalidInput: for a filter, cursor or limit that cannot be taken.
    """
    check_limit(limit)
    rows = _rows_of_profile(user, stat)
    source = SOURCES[rows[0].model]
    checked = source.read_filters(filters)
    if source.require:
        source.require(user, viewer)
    number = _find_number(user, stat, rows, checked)
    narrowed = source.narrow(number.rows, number.narrowing, viewer)
    line, evidence = _weigh(number, narrowed)
    found = paginate(narrowed, listing=f"rows/{user.pk}/{stat}/{checked}", order=source.order, cursor=page, limit=limit)
    return StatRows(
        source.describe_for(found.items, user, viewer),
        found.next_cursor,
        found.has_next,
        stat=line,
        kind=source.kind,
        evidence=evidence,
        game=number.game,
        is_narrowed=is_narrowing(number.narrowing),
    )


def list_closed_stats(visibility: Visibility) -> frozenset[str]:
    """The names of the numbers whose rows a viewer of this visibility may not open."""
    may_open = {"matches": visibility.match_history, "tournaments": visibility.tournaments}
    may_open |= {"disputes": visibility.own_records, "experience": visibility.own_records}
    kinds = {name: SOURCES[rows_of(UserProfile, name, user=None)[0].model].kind for name in list_stat_names()}
    return frozenset(name for name, kind in kinds.items() if not may_open.get(kind, True))


def _rows_of_profile(user: User, stat: str) -> list[QuerySet[Any]]:
    try:
        return rows_of(UserProfile, stat, user=user)
    except UnknownStat as error:
        raise NotFound(f"There is no number called {stat!r}.", field="stat") from error


def _find_number(user: User, stat: str, rows: list[QuerySet[Any]], filters: Filters) -> _Number:
    """The number asked for, its rows, and the filters that are left to apply to them."""
    if isinstance(filters, MatchFilters) and filters.game and stat in GAME_NUMBERS:
        game = get_game(filters.game)
        rows = rows_of(GameStats, GAME_NUMBERS[stat], user=user, game=game)
        return _Number(lambda: describe_game_stat(user, game, stat), rows, game, replace(filters, game=None))
    return _Number(lambda: describe_stat(UserProfile.objects.get(user=user), stat), rows, None, filters)


def _weigh(number: _Number, rows: list[QuerySet[Any]]) -> tuple[StatLine, Evidence]:
    """The number and what its rows come to. Both are read again when they differ: a row may have come in between."""
    for _ in range(READINGS):
        line = number.read()
        evidence = weigh_rows(line, rows)
        if is_narrowing(number.narrowing) or evidence.value == line.value:
            break
    return line, evidence

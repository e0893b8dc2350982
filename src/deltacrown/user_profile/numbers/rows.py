"""The rows behind a number."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from django.db.models import QuerySet

from deltacrown.accounts.models import User
from deltacrown.core.pagination import Page, check_limit
from deltacrown.games.models import Game
from deltacrown.user_profile.histories.filters import (
    GivenMatchFilters,
    GivenTournamentFilters,
    MatchFilters,
    get_game,
    is_narrowing,
)
from deltacrown.user_profile.models import UserProfile
from deltacrown.user_profile.numbers.catalogue import (
    PlayerNumber,
    StatLine,
    get_number,
    list_game_stat_names,
    list_stat_names,
)
from deltacrown.user_profile.numbers.evidence import Evidence, weigh_rows
from deltacrown.user_profile.numbers.row_sources import SOURCES, Filters, RowSource, list_row_sources
from deltacrown.user_profile.privacy import Viewer, Visibility
from django_tally.recounting import list_rows_behind
from django_tally.rows import rows_of

#: How often a number and its rows are compared before they are said to differ.
READINGS = 3


@dataclass(frozen=True)
class StatRows(Page[Any]):
    """A page of the rows behind one number.

    :param stat: the number itself.
    :param kind: the shape of the items: ``matches``, ``series``, ``tournaments``, ``results``,
        ``achievements``, ``disputes`` or ``experience``.
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
        """Return whether the rows come to the number; asked of all its rows only."""
        return self.is_narrowed or self.evidence.value == self.stat.value


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

    Of achievements that follow from a hidden history the day is told, and no order within the day.

    :param stat: a name of the catalogue. With ``filters.game`` it is the player's number in that game, where
        one is kept.
    :param filters: as the history of the same rows takes them.
    :param limit: 1 to 50.
    :raises NotFound: when there is no such number.
    :raises HistoryHidden: when ``viewer`` may not see such rows of ``user``.
    :raises InvalidInput: for a filter, cursor or limit that cannot be taken.
    """
    check_limit(limit)
    number = get_number(user, stat)
    source = SOURCES[rows_of(number.holder, number.column, **number.keys)[0].model]
    checked = source.read_filters(filters)

    for behind in list_row_sources(UserProfile, stat):
        if behind.require:
            behind.require(user, viewer)

    number, narrowing = choose_number(number, checked)
    of_page = narrowing and narrowing.for_page(page)
    shown = source.narrow(rows_of(number.holder, number.column, **number.keys), of_page, viewer)
    behind_rows = narrow_rows_behind(number, source, narrowing, viewer)
    line, evidence = _weigh(number, behind_rows, is_whole=not is_narrowing(narrowing))

    listing = f"rows/{user.pk}/{stat}/{checked}"
    found = source.read_page(shown, user=user, viewer=viewer, listing=listing, cursor=page, limit=limit)
    return StatRows(
        found.items,
        found.next_cursor,
        found.has_next,
        stat=line,
        kind=source.kind,
        evidence=evidence,
        game=number.game,
        is_narrowed=is_narrowing(narrowing),
    )


def list_closed_stats(visibility: Visibility) -> frozenset[str]:
    """Return the names of the numbers whose rows a viewer of this visibility may not open."""
    may_open = {"matches": visibility.match_history, "series": visibility.match_history}
    may_open |= {"tournaments": visibility.tournaments}
    may_open |= {"disputes": visibility.disputes, "experience": visibility.own_records}
    closed = {kind for kind, is_open in may_open.items() if not is_open}

    behind = {name: list_row_sources(UserProfile, name) for name in list_stat_names()}
    return frozenset(name for name, sources in behind.items() if closed & {each.kind for each in sources})


def choose_number(number: PlayerNumber, filters: Filters) -> tuple[PlayerNumber, Filters]:
    """Return the number asked for, that of one game where it is kept, and the filters left to apply."""
    if isinstance(filters, MatchFilters) and filters.game and number.name in list_game_stat_names():
        game = get_game(filters.game)
        return get_number(number.user, number.name, game), replace(filters, game=None)

    return number, filters


def narrow_rows_behind(
    number: PlayerNumber,
    source: RowSource,
    filters: Filters,
    viewer: Viewer,
) -> list[QuerySet[Any]]:
    """Return all rows the number depends on, narrowed where they are of the source that is shown."""
    behind = list_rows_behind(number.holder, number.column, **number.keys)
    same = [queryset for queryset in behind if SOURCES[queryset.model] is source]
    others = [queryset for queryset in behind if SOURCES[queryset.model] is not source]
    return [*source.narrow(same, filters, viewer), *others]


def _weigh(number: PlayerNumber, rows: list[QuerySet[Any]], *, is_whole: bool) -> tuple[StatLine, Evidence]:
    """Return the number and what its rows come to.

    Both are read again when they differ: a row may have come in between.
    """
    for _ in range(READINGS):
        line = number.read()
        evidence = weigh_rows(number, rows)
        if not is_whole or evidence.value == line.value:
            break

    return line, evidence

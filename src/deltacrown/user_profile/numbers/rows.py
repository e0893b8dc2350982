"""The rows behind a number."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
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
from deltacrown.user_profile.numbers.access import KnownPlayer, require_rows
from deltacrown.user_profile.numbers.catalogue import (
    NumberReading,
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
    :param parts: what the counted numbers were that it is made of, by the same row; see ``NumberReading``.
    :param evidence: what all the rows come to, within the filters.
    :param game: the game the number is of, when it is of one.
    :param is_narrowed: true when filters leave out some of the rows the number counts.
    """

    stat: StatLine
    parts: list[int]
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
    known: KnownPlayer | None = None,
) -> StatRows:
    """Return a page of exactly the rows that the number ``stat`` of ``user`` counts, latest first.

    Of achievements that follow from a hidden history the day is told, and no order within the day.

    :param stat: a name of the catalogue. With ``filters.game`` it is the player's number in that game, where
        one is kept.
    :param filters: as the history of the same rows takes them.
    :param limit: 1 to 50.
    :param known: what was just read of ``user``; read here when left out.
    :raises NotFound: when there is no such number.
    :raises HistoryHidden: when ``viewer`` may not see such rows of ``user``.
    :raises InvalidInput: for a filter, cursor or limit that cannot be taken.
    """
    check_limit(limit)
    number = get_number(user, stat)
    source = SOURCES[rows_of(number.holder, number.column, **number.keys)[0].model]
    checked = source.read_filters(filters)

    flags = known.flags if known else None
    require_rows(user, stat, viewer, flags=flags)
    number, narrowing = choose_number(number, checked, known)
    shown, behind_rows = _narrow(number, source, narrowing, page, viewer)
    read = known.read_off(number) if known else None
    is_whole = not is_narrowing(narrowing)
    # Of narrowed rows no chart is drawn, which would begin with the first.
    reading, evidence = _weigh(number, behind_rows, read, is_whole=is_whole, with_first=is_whole)

    listing = f"rows/{user.pk}/{stat}/{checked}"
    found = source.read_page(
        shown, user=user, viewer=viewer, listing=listing, cursor=page, limit=limit, flags=flags
    )
    return StatRows(
        found.items,
        found.next_cursor,
        found.has_next,
        stat=reading.line,
        parts=reading.parts,
        kind=source.kind,
        evidence=evidence,
        game=number.game,
        is_narrowed=is_narrowing(narrowing),
    )


def weigh_all_rows(number: PlayerNumber) -> tuple[NumberReading, Evidence]:
    """Return a number and what all its rows come to, without the privacy check: the caller made it."""
    return _weigh(number, None, None, is_whole=True, with_first=False)


@cache  # follows from the catalogue and a few switches alone
def list_closed_stats(visibility: Visibility) -> frozenset[str]:
    """Return the names of the numbers whose rows a viewer of this visibility may not open."""
    may_open = {"matches": visibility.match_history, "series": visibility.match_history}
    may_open |= {"tournaments": visibility.tournaments}
    may_open |= {"disputes": visibility.disputes, "experience": visibility.own_records}
    closed = {kind for kind, is_open in may_open.items() if not is_open}

    behind = {name: list_row_sources(UserProfile, name) for name in list_stat_names()}
    return frozenset(name for name, sources in behind.items() if closed & {each.kind for each in sources})


def choose_number(
    number: PlayerNumber, filters: Filters, known: KnownPlayer | None = None
) -> tuple[PlayerNumber, Filters]:
    """Return the number asked for, that of one game where it is kept, and the filters left to apply."""
    if isinstance(filters, MatchFilters) and filters.game and number.name in list_game_stat_names():
        row = known.in_games.get(filters.game) if known else None
        game = row.game if row else get_game(filters.game)
        return get_number(number.user, number.name, game), replace(filters, game=None)

    return number, filters


def narrow_rows_behind(
    number: PlayerNumber,
    source: RowSource,
    filters: Filters,
    viewer: Viewer,
) -> list[QuerySet[Any]]:
    """Return all rows the number depends on, to be counted; narrowed where they are of the source shown."""
    behind = list_rows_behind(number.holder, number.column, **number.keys)
    same = [queryset for queryset in behind if SOURCES[queryset.model] is source]
    others = [queryset for queryset in behind if SOURCES[queryset.model] is not source]
    return [*source.keep(same, filters, viewer), *others]


def _narrow(
    number: PlayerNumber, source: RowSource, filters: Filters, page: str | None, viewer: Viewer
) -> tuple[list[QuerySet[Any]], list[QuerySet[Any]]]:
    """Return the rows to show from ``page`` on, and those of ``narrow_rows_behind``."""
    listed, of_page = rows_of(number.holder, number.column, **number.keys), filters and filters.for_page(page)
    if of_page != filters:
        shown = source.narrow(listed, of_page, viewer)
        return shown, narrow_rows_behind(number, source, filters, viewer)

    # By one set of filters at once: they may name somebody who has to be found.
    behind = list_rows_behind(number.holder, number.column, **number.keys)
    same = [queryset for queryset in behind if SOURCES[queryset.model] is source]
    others = [queryset for queryset in behind if SOURCES[queryset.model] is not source]
    kept = source.keep([*listed, *same], filters, viewer)
    return source.arrange(kept[: len(listed)], filters), [*kept[len(listed) :], *others]


def _weigh(
    number: PlayerNumber,
    rows: list[QuerySet[Any]] | None,
    known: NumberReading | None,
    *,
    is_whole: bool,
    with_first: bool,
) -> tuple[NumberReading, Evidence]:
    """Return the number and what its rows come to.

    Both are read again when they differ: a row may have come in between.

    :param known: the number as the caller has just read it.
    """
    for _ in range(READINGS):
        reading, known = known or number.read_with_parts(), None
        evidence = weigh_rows(number, rows, with_first=with_first)
        if not is_whole or evidence.value == reading.line.value:
            break

    return reading, evidence

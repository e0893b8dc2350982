"""What a filtered history comes to: won, lost and drawn, in all and by month; entries and titles.

Only what counts is counted: void matches, and those that count nowhere, are in the lists and not in here. The
functions make no privacy check; the caller must have read the list for the same viewer.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import CharField, Count, Exists, Func, OuterRef, Q, QuerySet
from django.db.models.sql.compiler import SQLCompiler

from deltacrown.accounts.models import User
from deltacrown.core.prepared import Parameter, PreparedRows
from deltacrown.games.models import COUNTS, MatchRow, list_match_sources
from deltacrown.tournaments.models import TournamentParticipation, TournamentResult, TournamentSeriesResult
from deltacrown.user_profile.histories.filters import (
    MatchFilters,
    read_match_filters,
    read_tournament_filters,
)
from deltacrown.user_profile.histories.matches import filter_matches
from deltacrown.user_profile.histories.series import filter_series
from deltacrown.user_profile.histories.tournaments import narrow_participations
from deltacrown.user_profile.privacy import Viewer

#: How many months are told apart; what was before is one sum.
MOST_MONTHS = 24
MONTHS_OF_YEAR = 12
PODIUM = 3

Result = MatchRow.Result


@dataclass(frozen=True)
class Outcomes:
    """How many were won, lost and drawn."""

    won: int = 0
    lost: int = 0
    drawn: int = 0

    @property
    def played(self) -> int:
        """Return how many there are."""
        return self.won + self.lost + self.drawn

    @property
    def win_rate(self) -> Decimal | None:
        """Return those won as a percentage, to two places; None of none."""
        if not self.played:
            return None
        return (Decimal(100 * self.won) / self.played).quantize(Decimal("0.01"), ROUND_HALF_UP)

    def __add__(self, other: Outcomes) -> Outcomes:
        return Outcomes(self.won + other.won, self.lost + other.lost, self.drawn + other.drawn)


@dataclass(frozen=True)
class MonthTotal:
    """What was played in one month, which begins and ends in UTC."""

    starts_at: datetime
    outcomes: Outcomes


@dataclass(frozen=True)
class PlayedTotals:
    """What a filtered list of matches or series comes to.

    :param months: the latest with anything in it, and those before it, at most ``MOST_MONTHS``, oldest first.
    :param earlier: all that was played before these.
    """

    whole: Outcomes
    months: list[MonthTotal]
    earlier: Outcomes


@dataclass(frozen=True)
class EntryTotals:
    """What a filtered list of tournaments comes to; titles and podiums are official results that count."""

    entered: int
    titles: int
    podiums: int


class Month(Func):
    """The month of a datetime, in UTC: ``2025-04``."""

    arity = 1
    output_field = CharField()
    template = "TO_CHAR(%(expressions)s AT TIME ZONE 'UTC', 'YYYY-MM')"

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **more: Any) -> Any:
        """Return the beginning of a datetime as SQLite keeps it."""
        return self.as_sql(compiler, connection, template="SUBSTR(%(expressions)s, 1, 7)", **more)


def read_match_totals(user: User, filters: Mapping[str, Any], *, viewer: Viewer) -> PlayedTotals:
    """Return what the matches of ``user`` that fit ``filters`` come to: one statement besides those of names.

    :param filters: as ``get_match_history`` takes them.
    """
    asked = read_match_filters(filters)
    if asked == MatchFilters():
        return _sum_up(_ALL_MATCHES.read(user.pk))
    return _sum_up(_count(filter_matches(list_match_sources(COUNTS, user=user), asked, viewer=viewer)))


def read_series_totals(user: User, filters: Mapping[str, Any], *, viewer: Viewer) -> PlayedTotals:
    """Return what the series of ``user`` that fit ``filters`` come to, as ``read_match_totals`` does."""
    counted = TournamentSeriesResult.objects.filter(user=user, uncounted_reason="")
    return _sum_up(_count(filter_series([counted], read_match_filters(filters), viewer=viewer)))


def read_entry_totals(user: User, filters: Mapping[str, Any], *, viewer: Viewer) -> EntryTotals:
    """Return what the tournaments of ``user`` that fit ``filters`` come to, in one statement."""
    entered = TournamentParticipation.objects.filter(user=user)
    [rows] = narrow_participations([entered], read_tournament_filters(filters), viewer=viewer)
    placed = TournamentResult.objects.filter(
        user=OuterRef("user"),
        tournament=OuterRef("tournament"),
        uncounted_reason="",
        disqualified_at__isnull=True,
        unplaced_reason="",
    )
    found = rows.order_by().aggregate(
        entered=Count("pk"),
        titles=Count("pk", filter=Q(Exists(placed.filter(placement=1)))),
        podiums=Count("pk", filter=Q(Exists(placed.filter(placement__lte=PODIUM)))),
    )
    return EntryTotals(**found)


def _sum_up(counted: Iterable[tuple[str, str, int]]) -> PlayedTotals:
    by_month: defaultdict[str, Outcomes] = defaultdict(Outcomes)
    for month, result, count in counted:
        by_month[month] += _OUTCOMES[result](count)
    if not by_month:
        return PlayedTotals(Outcomes(), [], Outcomes())

    whole = sum(by_month.values(), Outcomes())
    shown = list(_list_months(min(by_month), max(by_month)))
    months = [
        MonthTotal(datetime.fromisoformat(f"{each}-01").replace(tzinfo=UTC), by_month[each]) for each in shown
    ]
    earlier = sum((found for month, found in by_month.items() if month < shown[0]), Outcomes())
    return PlayedTotals(whole, months, earlier)


#: Result → so many of it; what has no result never counts.
_OUTCOMES: dict[str, Callable[[int], Outcomes]] = {
    Result.WIN: lambda count: Outcomes(won=count),
    Result.LOSS: lambda count: Outcomes(lost=count),
    Result.DRAW: lambda count: Outcomes(drawn=count),
}


def _count(sources: Sequence[QuerySet[Any]]) -> QuerySet[Any]:
    """Return month, result and how many; in one statement, so that a row that is archived counts once."""
    grouped = [
        rows.order_by()
        .annotate(month=Month("played_at"))
        .values_list("month", "result")
        .annotate(rows=Count("*"))
        for rows in sources
    ]
    first, *others = grouped
    counted: QuerySet[Any] = first.union(*others, all=True) if others else first
    return counted


#: Of a player with 100,000 matches another plan is good than of one with ten: the server keeps none.
_ALL_MATCHES = PreparedRows(
    lambda: _count(filter_matches(list_match_sources(COUNTS, user=Parameter(0)), MatchFilters()))
)


def _list_months(first: str, last: str) -> Iterator[str]:
    """Yield the months from one to another, the last ``MOST_MONTHS`` of them."""
    start, end = _number(first), _number(last)
    for number in range(max(start, end - MOST_MONTHS + 1), end + 1):
        year, month = divmod(number, MONTHS_OF_YEAR)
        yield f"{year:04}-{month + 1:02}"


def _number(month: str) -> int:
    return int(month[:4]) * MONTHS_OF_YEAR + int(month[5:]) - 1

"""Head-to-head: the matches and series of two players against each other, and those on one side.

Everything is told from the first player's view. Numbers and rows come from the same querysets, so the rows
of a list are as many as its number says. Who calls this has asked ``require_head_to_head`` before.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from deltacrown.accounts.models import User
from deltacrown.core.pagination import Page, check_limit, paginate
from deltacrown.games.models import COUNTS, MatchRow, list_match_sources
from deltacrown.tournaments.models import TournamentMatchResult, TournamentSeriesResult
from deltacrown.user_profile.histories.filters import MatchFilters
from deltacrown.user_profile.histories.line_ups import add_opponents
from deltacrown.user_profile.histories.matches import ORDER, MatchEntry, describe_matches, narrow_matches
from deltacrown.user_profile.histories.series import ORDER as SERIES_ORDER
from deltacrown.user_profile.histories.series import RELATED, SeriesEntry, describe_series, in_play_order
from deltacrown.user_profile.privacy import Viewer, require_match_history

#: How many of the series are listed; the pages of tournaments have all.
SERIES_SHOWN = 10
CENT = Decimal("0.01")


@dataclass(frozen=True)
class Record:
    """How the first player fared.

    :param uncounted: matches or series besides, which are void or count nowhere for another reason.
    """

    won: int = 0
    lost: int = 0
    drawn: int = 0
    uncounted: int = 0

    @property
    def played(self) -> int:
        """Return how many count."""
        return self.won + self.lost + self.drawn

    @property
    def rows(self) -> int:
        """Return how many rows there are, with those that do not count."""
        return self.played + self.uncounted

    @property
    def win_rate(self) -> Decimal | None:
        """Return the percentage won of those that count; ``None`` where none does."""
        return (Decimal(100 * self.won) / self.played).quantize(CENT) if self.played else None

    def __add__(self, other: Record) -> Record:
        return Record(
            self.won + other.won,
            self.lost + other.lost,
            self.drawn + other.drawn,
            self.uncounted + other.uncounted,
        )


@dataclass(frozen=True)
class GameRecord:
    """How the first player fared in the matches of one kind in one game."""

    game_slug: str
    game_name: str
    kind: MatchRow.Kind
    record: Record


@dataclass(frozen=True)
class HeadToHead:
    """All numbers of two players.

    :param against: of the matches on different sides, by game and kind; those with the most first.
    :param together: of the matches on one side, likewise.
    """

    against: list[GameRecord]
    together: list[GameRecord]
    series: Record


def require_head_to_head(first: User, second: User, viewer: Viewer) -> None:
    """Raise ``HistoryHidden`` unless ``viewer`` may see the matches of both players.

    It is private where either hides them, also from the other one: it tells the order, the times and the
    number of matches that only their rows together tell.
    """
    require_match_history(first, viewer)
    require_match_history(second, viewer)


def count_head_to_head(first: User, second: User) -> HeadToHead:
    """Return the numbers of two players; three queries. The caller must have made the privacy check."""
    against, together = (
        _count_matches(_list_sources(first, second, together=is_together)) for is_together in (False, True)
    )
    return HeadToHead(against, together, _count_series(first, second))


def list_meetings(
    first: User,
    second: User,
    filters: MatchFilters,
    page: str | None,
    *,
    together: bool,
    limit: int,
    viewer: Viewer,
) -> Page[MatchEntry]:
    """Return a page of the first player's rows of matches with the second, latest first.

    :param filters: by game and kind; checked.
    :param together: those on one side, instead of those on different sides.
    :raises InvalidInput: for a cursor or limit that cannot be taken.
    """
    check_limit(limit)
    rows = narrow_matches(_list_sources(first, second, together=together), filters)
    listing = f"versus/{first.pk}/{second.pk}/{together}/{filters}"
    found = paginate(rows, listing=listing, order=ORDER, cursor=page, limit=limit)
    return found.with_items(lambda some: add_opponents(describe_matches(some), viewer=viewer))


def list_series_between(first: User, second: User) -> list[SeriesEntry]:
    """Return the latest series between two players, as the first one's side has them; one query."""
    latest = in_play_order(_series_between(first, second)).order_by(*SERIES_ORDER)
    return describe_series(list(latest.select_related(*RELATED)[:SERIES_SHOWN]))


def sum_up(records: Iterable[GameRecord], *, game: str | None = None, kind: str | None = None) -> Record:
    """Return the sum of the records in one game, of one kind, or of all."""
    of_these = (
        each.record
        for each in records
        if (game is None or each.game_slug == game) and (kind is None or each.kind == kind)
    )
    return sum(of_these, Record())


def _list_sources(first: User, second: User, *, together: bool) -> list[QuerySet[Any]]:
    """Return the first player's rows of matches in which the second was on another side, or on the same.

    As for the filter by opponent, they are against each other where a tournament says so, or where the sides
    differ, or where there are none. Matches on one side are those whose side has a name.
    """
    same = {"user": second, "game": OuterRef("game"), "match_key": OuterRef("match_key")}
    told = Exists(TournamentMatchResult.objects.filter(match=OuterRef("pk"), opponent_user=second))
    of_side, apart = Q(side=OuterRef("side")) & ~Q(side=""), Q(side="") | ~Q(side=OuterRef("side"))
    found = Q()
    for rows in list_match_sources(of_side if together else apart, **same):
        found |= Q(Exists(rows))
    met = Q(found, ~told) if together else found | Q(told)
    return [source.filter(met) for source in list_match_sources(user=first)]


def _count_matches(sources: Sequence[QuerySet[Any]]) -> list[GameRecord]:
    """Return the records of match rows, live and archived, in one query."""
    live, archived = [
        source.order_by()
        .values_list("game__slug", "game__name", "kind", "result")
        .annotate(counted=Count("pk", filter=COUNTS), rows=Count("pk"))
        for source in sources
    ]
    found: dict[tuple[str, str, str], Record] = {}
    for slug, name, kind, result, counted, rows in live.union(archived, all=True):
        key = slug, name, kind
        found[key] = found.get(key, Record()) + _record_of(result, counted, rows)

    records = [
        GameRecord(slug, name, MatchRow.Kind(kind), each) for (slug, name, kind), each in found.items()
    ]
    return sorted(records, key=lambda each: (-each.record.rows, each.game_name, each.kind))


def _series_between(first: User, second: User) -> QuerySet[Any]:
    """Return the first player's series against the second, or against a team that the second played for."""
    theirs = TournamentSeriesResult.objects.filter(
        user=second, tournament=OuterRef("tournament"), series=OuterRef("series"), team__isnull=False
    )
    in_other_team = Q(team__isnull=False) & Q(Exists(theirs.exclude(team=OuterRef("team"))))
    played = TournamentSeriesResult.objects.filter(user=first)
    found: QuerySet[Any] = played.filter(Q(opponent_user=second) | in_other_team)
    return found


def _count_series(first: User, second: User) -> Record:
    counts = Count("pk", filter=Q(uncounted_reason=""))
    grouped = _series_between(first, second).order_by().values_list("result")
    found = grouped.annotate(counted=counts, rows=Count("pk"))
    return sum((_record_of(*each) for each in found), Record())


def _record_of(result: str, counted: int, rows: int) -> Record:
    """Return the record of ``rows`` rows with one result, of which so many count."""
    names = {"WIN": "won", "LOSS": "lost", "DRAW": "drawn"}
    # What has no result never counts.
    told = {names[result]: counted} if result in names else {}
    return Record(**told, uncounted=rows - counted)

"""The matches of a tournament, live and archived."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Case, F, IntegerField, Max, QuerySet, Value, When, Window
from django.db.models.functions import Rank

from deltacrown.core.either import IsAmong
from deltacrown.core.natural_order import get_numbered_key
from deltacrown.core.pagination import Page, check_limit, read_position, write_position
from deltacrown.games.models import MatchRow, list_match_sources
from deltacrown.pages.match_sides import MatchSide, list_sides
from deltacrown.tournaments.models import Tournament, TournamentMatchResult
from deltacrown.user_profile.histories.match_words import say_why_uncounted
from deltacrown.user_profile.histories.sides import name_sides

#: When a match was played, and its place among those of the same time.
MatchPlace = tuple[datetime, int | None]
#: How many sides of a match the list of matches names; a free-for-all has many.
SIDES_SHOWN = 4


@dataclass(frozen=True)
class TournamentMatchItem:
    """One match in the list of a tournament's matches.

    :param is_time_known: False where ``played_at`` is the start of the day on which it was played.
    :param void_reason: why all of it is void; empty where a line is not.
    :param why_uncounted: why none of it counts: ``Voided: lag``; empty where a line counts.
    """

    game_slug: str
    match_key: str
    round: str
    series: str
    map_name: str
    played_at: datetime
    is_time_known: bool
    void_reason: str
    why_uncounted: str
    sides: list[MatchSide]

    @property
    def leading_sides(self) -> list[MatchSide]:
        """Return the sides that a list names: all, or the first few of many."""
        # No list says "1 more" where that one would have room.
        return self.sides if len(self.sides) <= SIDES_SHOWN else self.sides[: SIDES_SHOWN - 1]

    @property
    def other_sides(self) -> int:
        """Return how many sides ``leading_sides`` leaves out."""
        return len(self.sides) - len(self.leading_sides)


def list_match_items(
    event: Tournament, page: str | None = None, *, series: str | None = None, limit: int
) -> Page[TournamentMatchItem]:
    """Return a page of the matches of a tournament, latest first.

    :param series: only the games of this series.
    :raises InvalidInput: for a cursor or limit that cannot be taken.
    """
    check_limit(limit)
    listing = f"encounters/{event.pk}"  # part of every cursor handed out so far
    if series is not None:
        listing = f"{listing}/{series}"
    conditions = {} if series is None else {"series": series}
    described = list_described(event, **conditions)
    after = _read_after(listing, page) if page else None

    latest: dict[str, MatchPlace] = {}
    for rows in list_match_sources(IsAmong("pk", described.values("match_id"))):
        matches = rows.order_by().values("match_key").annotate(latest=Max("played_at"))
        matches = matches.annotate(last_sequence=Max("sequence"))
        found = keep_last(matches, limit + 1, up_to=after[0] if after else None)
        latest |= {
            key: (time, sequence)
            for key, time, sequence in found.values_list("match_key", "latest", "last_sequence")
            if after is None or _get_order(key, time, sequence) < after
        }

    keys = sorted(latest, key=lambda key: _get_order(key, *latest[key]), reverse=True)
    shown = keys[:limit]
    has_next = len(keys) > limit
    cursor = None
    if has_next:
        played_at, sequence = latest[shown[-1]]
        cursor = write_position(listing, [played_at.isoformat(), shown[-1], sequence])
    return Page(describe_matches(event, shown), cursor, has_next)


def keep_last(groups: QuerySet[Any], number: int, *, up_to: datetime | None) -> QuerySet[Any]:
    """Return those of groups with a time ``latest`` that may be the last ``number``, in no order.

    Those of one time are in natural order of their names, which takes the database far longer than all else
    to find out for every line of a tournament. So all of the least time are returned, for Python to sort.

    :param up_to: only groups of this time or an earlier one; all of this time are returned besides.
    """
    by_time, apart = F("latest").desc(), None
    if up_to is not None:
        groups = groups.filter(latest__lte=up_to)
        apart = [Case(When(latest=up_to, then=Value(1)), default=Value(0), output_field=IntegerField())]
    placed: QuerySet[Any] = groups.annotate(place=Window(Rank(), partition_by=apart, order_by=by_time))
    return placed.filter(place__lte=number).order_by()


def _get_order(key: str, played_at: datetime, sequence: int | None) -> tuple[datetime, str]:
    """Return what the matches of a tournament are sorted by, as a history of a player is."""
    return played_at, get_numbered_key(sequence, key)


def _read_after(listing: str, page: str) -> tuple[datetime, str]:
    # Cursors of before there were sequences have two parts.
    played_at, key, *rest = read_position(listing, page)
    return _get_order(key, datetime.fromisoformat(played_at), rest[0] if rest else None)


def list_described(event: Tournament, **conditions: Any) -> QuerySet[TournamentMatchResult]:
    """Return what the tournament says of lines of its matches."""
    return TournamentMatchResult.objects.filter(tournament=event, **conditions)


def describe_matches(event: Tournament, keys: Sequence[str]) -> list[TournamentMatchItem]:
    """Return the matches of a tournament with these keys, in this order."""
    grouped: defaultdict[str, list[MatchRow]] = defaultdict(list)
    for rows in list_match_sources(IsAmong("pk", list_described(event).values("match_id"))):
        for row in rows.filter(match_key__in=keys).select_related("user__profile"):
            grouped[row.match_key].append(row)

    ids: list[int] = []
    for match in grouped.values():
        ids.extend(row.pk for row in match)
    details = _get_details(ids)
    names = name_sides([row for match in grouped.values() for row in match], details)
    return [_describe_match(event, grouped[key], details, names) for key in keys]


def _get_details(match_ids: Sequence[int]) -> dict[int, TournamentMatchResult]:
    rows = TournamentMatchResult.objects.filter(match_id__in=match_ids).select_related("team")
    return {row.match_id: row for row in rows}


def _describe_match(
    event: Tournament,
    rows: list[MatchRow],
    details: dict[int, TournamentMatchResult],
    names: dict[int, str],
) -> TournamentMatchItem:
    rows.sort(key=lambda row: row.user.profile.public_id)

    named = []
    for row in rows:
        team = details[row.pk].team
        named.append((names[row.pk] or (team.name if team else row.user.profile.name), row))

    first = rows[0]
    return TournamentMatchItem(
        game_slug=event.game.slug,
        match_key=first.match_key,
        round=details[first.pk].round,
        series=details[first.pk].series,
        map_name=details[first.pk].map_name,
        played_at=first.played_at,
        is_time_known=first.is_time_known,
        void_reason=_get_shared(row.void_reason for row in rows),
        why_uncounted=_get_shared(map(say_why_uncounted, rows)),
        sides=list_sides(named),
    )


def _get_shared(reasons: Iterable[str]) -> str:
    """Return the reason that all lines have, or nothing."""
    different = set(reasons)
    return different.pop() if len(different) == 1 else ""

"""What a player holds after matches older than the latest: read around them, and not the whole history.

Matches in a row are decided by those shortly before and after a new match. A total is reached by the match of
that number, which an index finds by its place. So what is read depends on how many matches are new and on the
thresholds of the catalogue, not on how many the player has.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from operator import itemgetter
from typing import Any

from django.db.models import QuerySet

from deltacrown.games.models import COUNTS, MATCH_TABLES, MatchRow, add_play_order
from deltacrown.user_profile.achievements.catalogue import MATCH_MEASURES, map_thresholds
from deltacrown.user_profile.achievements.match_results import Played, list_around
from deltacrown.user_profile.achievements.measure import MatchTotal
from deltacrown.user_profile.achievements.progress import COUNTED_IN_TOTALS, MatchProgress

TOTALS = [measure for measure in MATCH_MEASURES if issubclass(measure, MatchTotal)]
OF_TOTALS = {slug for measure in TOTALS for slug in map_thresholds(measure).values()}
IN_A_ROW = {slug for measure in MATCH_MEASURES for slug in map_thresholds(measure).values()} - OF_TOTALS
#: How many matches are read at first where the next row of matches may be anywhere; then twice as many.
FIRST_STRETCH, LONGEST_STRETCH = 250, 8_000

#: Slug → the match that earns it first, of the achievements that are decided anew; None where none does.
Decided = dict[str, int | None]


def decide_by_late(
    user: int,
    new: Sequence[MatchRow],
    around: Sequence[Played],
    held: Mapping[str, datetime],
    totals: Mapping[str, int],
) -> Decided:
    """Return what a player earns otherwise by matches recorded now.

    :param new: those that count.
    :param around: the matches around them, as far as they decide what matches in a row earn.
    :param held: slug → when what the player held before was earned.
    :param totals: the numbers of the profile after these matches, by name.
    """
    decided = _find_in_a_row(user, min(row.played_at for row in new), around, held)
    for measure in TOTALS:
        results = [result for result in MatchRow.Result.values if measure().counts(result)]
        counted = [row.played_at for row in new if row.result in results]
        if counted:
            total = _Total(user, results, counted, totals.get(measure.stat, 0))
            decided |= total.decide(map_thresholds(measure), held)
    return decided


def may_move_total(new: Sequence[MatchRow], held: Mapping[str, datetime]) -> bool:
    """Return whether any total can be reached by another match than before; as ``decide_by_late``."""
    times = [row.played_at for row in new if row.result in COUNTED_IN_TOTALS]
    return bool(times) and any(slug not in held or held[slug] >= min(times) for slug in OF_TOTALS)


def _find_in_a_row(
    user: int, first: datetime, around: Sequence[Played], held: Mapping[str, datetime]
) -> Decided:
    """Return what matches in a row earn by the matches around the new ones."""
    progress = MatchProgress()
    earned: dict[str, int] = {}
    for pk, result, played_at in around:
        slugs = progress.take(result)
        if played_at >= first:
            earned |= {slug: pk for slug in slugs if slug in IN_A_ROW and slug not in earned}

    decided: Decided = {}
    end = around[-1][2] if around else first
    broken = set()
    for slug in IN_A_ROW:
        at = held.get(slug)
        if at is not None and at < first:
            continue
        if slug in earned:
            decided[slug] = earned[slug]
        elif at is not None and at <= end:
            # A late match broke the row that earned it: the next such row may be anywhere.
            broken.add(slug)
    return decided | _find_next(user, end, progress, broken) if broken else decided


def _find_next(user: int, end: datetime, progress: MatchProgress, slugs: Collection[str]) -> Decided:
    """Return the first match after a time that earns each of some achievements.

    :param progress: the counts after all matches up to that time.
    """
    decided: Decided = dict.fromkeys(slugs)
    for pk, result in _iterate_after(user, end):
        for slug in progress.take(result):
            if slug in decided and decided[slug] is None:
                decided[slug] = pk
        if None not in decided.values():
            break
    return decided


def _iterate_after(user: int, end: datetime) -> Iterator[tuple[int, str]]:
    """Yield the matches after a time, in order of play, read in stretches that become longer."""
    stretch = FIRST_STRETCH
    while True:
        played = list_around({user: (end, end)}, earlier=0, later=stretch).get(user, [])
        later = [match for match in played if match[2] > end]
        if not later:
            return
        yield from ((pk, result) for pk, result, _ in later)
        end, stretch = later[-1][2], min(2 * stretch, LONGEST_STRETCH)


class _Total:
    """The matches of one player that a total counts, after some of them were recorded late.

    :ivar results: what a match must be to be counted.
    :ivar new: when each of those recorded now was played.
    :ivar number: how many there are, with these.
    """

    def __init__(self, user: int, results: Sequence[str], new: Sequence[datetime], number: int) -> None:
        self.user, self.results, self.new, self.number = user, results, new, number

    def decide(self, thresholds: Mapping[int, str], held: Mapping[str, datetime]) -> Decided:
        """Return what the total earns otherwise now."""
        first = min(self.new)
        moved = {
            threshold: slug
            for threshold, slug in thresholds.items()
            if threshold <= self.number and (slug not in held or held[slug] >= first)
        }
        return {slug: self._find(threshold) for threshold, slug in moved.items()}

    def _find(self, threshold: int) -> int | None:
        """Return the match with which a number is reached, counted off from the nearer end.

        It is never worked out from what is held: that may have been decided by the same matches already, as
        when a delivery is told twice.
        """
        beyond = self.number - threshold
        if beyond < min(threshold, len(self.new)):
            latest = self._list_latest(beyond + 1)
            if beyond < len(latest):
                return latest[-beyond - 1][0]
        return self._find_numbered(threshold)

    def _list_latest(self, number: int) -> list[Played]:
        """Return so many of them, the latest, and all of the time of the earliest."""
        times = [time for _, time in self._read("-played_at", slice(number))]
        return _list_played(self.user, result__in=self.results, played_at__gte=times[-1]) if times else []

    def _find_numbered(self, number: int) -> int | None:
        """Return the match of a number, counted off from the first: by its place in an index."""
        # With those beside it: whether it is the only one of its time.
        beside = self._read("played_at", slice(max(number - 2, 0), number + 1))
        place = min(number - 1, 1)
        if place >= len(beside):
            return None
        pk, at = beside[place]
        if sum(time == at for _, time in beside) == 1:
            return pk
        before = sum(
            rows.count() for rows in _list_sources(self.user, result__in=self.results, played_at__lt=at)
        )
        together = _list_played(self.user, result__in=self.results, played_at=at)
        return together[number - before - 1][0]

    def _read(self, order: str, which: slice) -> list[tuple[int, datetime]]:
        """Return some of them by their place in an order of time. One statement: it sees each row once."""
        first, *rest = (
            rows.order_by().values_list("pk", "played_at")
            for rows in _list_sources(self.user, result__in=self.results)
        )
        return list(first.union(*rest, all=True).order_by(order)[which])


def _list_played(user: int, **conditions: Any) -> list[Played]:
    # A row that is being archived is read in both tables.
    found: dict[int, tuple[datetime, str, str]] = {}
    for rows in _list_sources(user, **conditions):
        for pk, *row in add_play_order(rows).values_list("pk", "played_at", "play_order", "result"):
            found[pk] = tuple(row)
    in_order = sorted(found.items(), key=itemgetter(1))
    return [(pk, result, played_at) for pk, (played_at, _, result) in in_order]


def _list_sources(user: int, **conditions: Any) -> list[QuerySet[Any]]:
    return [table.objects.filter(COUNTS, user=user, **conditions) for table in MATCH_TABLES]

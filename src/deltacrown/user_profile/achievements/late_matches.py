"""What a player holds after matches older than the latest: read around them, and not the whole history.

Matches in a row are decided by those shortly before and after a new match. A total is reached by the match of
that number, which is counted off from the first. So what is read depends on the thresholds of the catalogue,
not on how many matches the player has.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from operator import itemgetter
from typing import Any

from django.db.models import QuerySet

from deltacrown.games.models import COUNTS, MATCH_TABLES, MatchRow, add_play_order
from deltacrown.user_profile.achievements.catalogue import MATCH_MEASURES, map_thresholds
from deltacrown.user_profile.achievements.measure import MatchTotal
from deltacrown.user_profile.achievements.progress import EARLIER_NEEDED, MatchProgress

#: What a match earns depends on so many before it, and on the count after the last of them: so a new match
#: makes no difference to those further on.
LATER_NEEDED = EARLIER_NEEDED + 1
TOTALS = [measure for measure in MATCH_MEASURES if issubclass(measure, MatchTotal)]
OF_TOTALS = {slug for measure in TOTALS for slug in map_thresholds(measure).values()}
IN_A_ROW = {slug for measure in MATCH_MEASURES for slug in map_thresholds(measure).values()} - OF_TOTALS

#: The id and the result of a match that counts, and when it was played.
Played = tuple[int, str, datetime]


#: When a new match was played, and its result.
New = tuple[datetime, str]
#: Slug → the match that earns it first, of the achievements that are decided anew; None where none does.
Decided = dict[str, int | None]


def decide_by_late(
    user: int, new: Collection[New], held: Mapping[str, datetime], totals: Mapping[str, int]
) -> Decided | None:
    """Return what a player earns otherwise by matches recorded now; None where only the whole history tells.

    :param held: slug → when what the player held before was earned.
    :param totals: the numbers of the profile after these matches, by name.
    """
    first, last = min(new)[0], max(new)[0]
    matches = _find_in_a_row(user, first, last, held)
    if matches is None:
        return None

    for measure in TOTALS:
        results = [result for result in MatchRow.Result.values if measure().counts(result)]
        if not any(result in results for _, result in new):
            continue
        moved = {
            threshold: slug
            for threshold, slug in map_thresholds(measure).items()
            if threshold <= totals.get(measure.stat, 0) and (slug not in held or held[slug] >= first)
        }
        found = _find_numbered(user, results, moved)
        matches |= {slug: found.get(threshold) for threshold, slug in moved.items()}
    return matches


def _find_in_a_row(
    user: int, first: datetime, last: datetime, held: Mapping[str, datetime]
) -> Decided | None:
    """Return what matches in a row earn by the matches around the new ones."""
    rows = _list_around(user, first, last)
    end = rows[-1][2] if rows else last
    progress = MatchProgress()
    earned: dict[str, int] = {}
    for pk, result, played_at in rows:
        slugs = progress.take(result)
        if played_at >= first:
            earned |= {slug: pk for slug in slugs if slug in IN_A_ROW and slug not in earned}

    matches: Decided = {}
    for slug in IN_A_ROW:
        at = held.get(slug)
        if at is not None and at < first:
            continue
        if slug in earned:
            matches[slug] = earned[slug]
        elif at is not None and at <= end:
            # A late match broke the row that earned it: the next such row may be anywhere.
            return None
    return matches


def _list_around(user: int, first: datetime, last: datetime) -> list[Played]:
    """Return the matches from shortly before ``first`` to shortly after ``last``, in order of play."""
    since = _find_edge(user, EARLIER_NEEDED, "-played_at", played_at__lt=first) or first
    until = _find_edge(user, LATER_NEEDED, "played_at", played_at__gt=last) or last
    return _list_played(user, played_at__gte=since, played_at__lte=until)


def _find_edge(user: int, number: int, order: str, **side: datetime) -> datetime | None:
    """Return when the match was played that is so many away, or the last there is."""
    found: dict[int, datetime] = {}
    for rows in _list_sources(user, **side):
        found |= rows.order_by(order).values_list("pk", "played_at")[:number]
    times = sorted(found.values(), reverse=order.startswith("-"))
    return times[:number][-1] if times else None


def _list_played(user: int, **conditions: Any) -> list[Played]:
    # A row that is being archived is read in both tables.
    found: dict[int, tuple[datetime, str, str]] = {}
    for rows in _list_sources(user, **conditions):
        for pk, *row in add_play_order(rows).values_list("pk", "played_at", "play_order", "result"):
            found[pk] = tuple(row)
    in_order = sorted(found.items(), key=itemgetter(1))
    return [(pk, result, played_at) for pk, (played_at, _, result) in in_order]


def _find_numbered(user: int, results: Sequence[str], numbers: Collection[int]) -> dict[int, int]:
    """Return number → the match of that number, counted off from the first, of those with some results."""
    if not numbers:
        return {}
    times: dict[int, datetime] = {}
    for rows in _list_sources(user, result__in=results):
        # One more: whether the last is the only one of its time.
        times |= rows.order_by("played_at").values_list("pk", "played_at")[: max(numbers) + 1]

    in_order = sorted(times, key=times.__getitem__)
    together = Counter(times.values())
    found: dict[int, int] = {}
    for number in numbers:
        pk = in_order[number - 1] if number <= len(in_order) else None
        if pk is not None and together[times[pk]] > 1:
            before = sum(time < times[pk] for time in times.values())
            tied = _list_played(user, result__in=results, played_at=times[pk])
            pk = tied[number - before - 1][0]
        if pk is not None:
            found[number] = pk
    return found


def _list_sources(user: int, **conditions: Any) -> list[QuerySet[Any]]:
    return [table.objects.filter(COUNTS, user=user, **conditions) for table in MATCH_TABLES]

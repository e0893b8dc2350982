"""Evaluate who earned what, by which fact: from all that is recorded, or from what was just added."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from django.db import connection

from deltacrown.core.cursors import reading_cursor
from deltacrown.core.dates import write_day
from deltacrown.core.words import in_english
from deltacrown.games.models import MatchRow
from deltacrown.user_profile.achievements.awards import read_held
from deltacrown.user_profile.achievements.catalogue import TOURNAMENT_MEASURES, list_slugs, map_thresholds
from deltacrown.user_profile.achievements.match_results import (
    Fact,
    Latest,
    Played,
    iterate_histories,
    list_around,
    list_facts,
    list_latest,
)
from deltacrown.user_profile.achievements.measure import MatchMeasure, TournamentMeasure
from deltacrown.user_profile.achievements.progress import (
    COUNTED_IN_TOTALS,
    EARLIER_NEEDED,
    EARNING,
    LATER_NEEDED,
    STATS,
    MatchProgress,
)
from deltacrown.user_profile.achievements.tournament_facts import TournamentFact
from deltacrown.user_profile.models import UserProfile
from django_tally.batches import in_batches
from django_tally.feeds import column_of

#: Players whose totals are read in one query.
PROFILES_AT_ONCE = 5_000


@dataclass(frozen=True)
class Earned:
    """An achievement earned: whose, which, by what, and when."""

    user_id: int
    slug: str
    fact: str
    earned_at: datetime


@dataclass(frozen=True)
class Additions:
    """What a batch of new matches earns.

    :param earned: by the players whose matches continue their histories.
    :param late: player's id → the matches around the new ones, where a new match is older than a known one.
    """

    earned: list[Earned]
    late: dict[int, list[Played]]


#: By player and slug, the id of the first match that earned it.
FirstMatches = dict[tuple[int, str], int]


def list_earned_in_matches(users: Sequence[int]) -> list[Earned]:
    """Return what whole histories earned, each achievement by the first match that did; in three queries."""
    first: FirstMatches = {}
    for user, history in iterate_histories(users):
        progress = MatchProgress()
        for match, result in history:
            for slug in progress.take(result):
                first.setdefault((user, slug), match)

    return name_facts(first)


def list_earned_by_additions(added: Mapping[int, Collection[MatchRow]]) -> Additions:
    """Return what new matches earned. The cost depends on their number, not on earlier matches.

    Whoever earned everything before the first of them earns nothing by them, and nothing that is held moves:
    of these players no match is read.

    :param added: player's id → the new matches that count.
    """
    asked = {user: _ask_latest(rows) for user, rows in added.items()}
    latest = list_latest(asked, unless_held=list_slugs(MatchMeasure))

    tails: dict[int, tuple[list[Played], list[Played]]] = {}
    late = {}
    for user, played in latest.items():
        rows, number = added[user], len(added[user])
        # Those that are not new come first, or else a new one is late.
        if {pk for pk, *_ in played[-number:]} == {row.pk for row in rows}:
            tails[user] = played[:-number], played[-number:]
        else:
            times = [row.played_at for row in rows]
            late[user] = min(times), max(times)
    around = list_around(late, earlier=EARLIER_NEEDED, later=LATER_NEEDED) if late else {}

    totals = read_totals({user for user, (_, tail) in tails.items() if counts_in_total(tail)})
    first: FirstMatches = {}
    for user, (earlier, tail) in tails.items():
        progress = MatchProgress()
        progress.start(
            earlier=[result for _, result, _ in earlier],
            new=[result for _, result, _ in tail],
            totals=totals.get(user, {}),
        )
        for match, result, _ in tail:
            for slug in progress.take(result):
                first.setdefault((user, slug), match)

    return Additions(name_facts(_leave_out_held(first)), around)


def _ask_latest(new: Collection[MatchRow]) -> Latest:
    """Return how many of the latest matches tell what new ones earn, if these are the latest."""
    earlier = EARLIER_NEEDED if any(row.result in EARNING for row in new) else 0
    return Latest(len(new) + earlier, min(row.played_at for row in new))


def _leave_out_held(first: FirstMatches) -> FirstMatches:
    """Return those that the players do not hold yet: five in a row are won again and again."""
    if not first:
        return first
    held = read_held({user for user, _ in first}, {slug for _, slug in first})
    return {key: match for key, match in first.items() if key[1] not in held.get(key[0], {})}


def counts_in_total(played: Iterable[Played]) -> bool:
    """Return whether any of some matches is one of those that a total counts."""
    return not COUNTED_IN_TOTALS.isdisjoint(result for _, result, _ in played)


def read_totals(users: Collection[int]) -> dict[int, dict[str, int]]:
    """Return the profiles' numbers that totals are; the database has already counted the new rows."""
    totals: dict[int, dict[str, int]] = {}
    for batch in in_batches(sorted(users), PROFILES_AT_ONCE):
        with reading_cursor(connection) as cursor:
            cursor.execute(f"{_select_totals()} WHERE user_id IN ({', '.join(map(str, map(int, batch)))})")
            for pk, *numbers in cursor.fetchall():
                totals[pk] = dict(zip(STATS, numbers, strict=True))

    return totals


@cache
def _select_totals() -> str:
    columns = ", ".join(column_of(UserProfile, stat) for stat in STATS)
    return f"SELECT user_id, {columns} FROM {UserProfile._meta.db_table}"


def name_facts(first: FirstMatches) -> list[Earned]:
    """Return with each match that earned something what people may read of it: its game and its day."""
    if not first:
        return []
    facts = list_facts(set(first.values()))

    return [Earned(user, slug, *_describe(facts[match])) for (user, slug), match in first.items()]


def _describe(fact: Fact) -> tuple[str, datetime]:
    with in_english():  # it is stored
        return _name_match(fact.game, fact.played_at), fact.played_at


def _name_match(game: str, played_at: datetime) -> str:
    return f"{game}, {write_day(played_at)}"


def word_fact(fact: str, earned_at: datetime) -> str:
    """Return the stored name of what earned an achievement, the day of a match in the reader's language."""
    with in_english():
        ending = _name_match("", earned_at)
    game = fact.removesuffix(ending)
    return _name_match(game, earned_at) if game != fact else fact


def list_earned_in_tournaments(users: Collection[int]) -> list[Earned]:
    """Return what the registrations and results of ``users`` earned, in a query per source."""
    sources = {measure.get_source() for measure in TOURNAMENT_MEASURES}
    facts = {source: source(users) for source in sources}

    earned: list[Earned] = []
    for measure in TOURNAMENT_MEASURES:
        earned += _count_off(measure, facts[measure.get_source()])

    return earned


def _count_off(measure: type[TournamentMeasure], facts: Iterable[TournamentFact]) -> Iterator[Earned]:
    """Yield what each player's facts, oldest first, earn by their number."""
    counting, thresholds = measure(), map_thresholds(measure)

    counts: Counter[int] = Counter()
    for fact in facts:
        if counting.counts(fact):
            counts[fact.user_id] += 1
            if slug := thresholds.get(counts[fact.user_id]):
                yield Earned(fact.user_id, slug, fact.tournament, fact.happened_at)

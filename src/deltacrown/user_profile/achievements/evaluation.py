"""Evaluate who earned what, by which fact: from all that is recorded, or from what was just added."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from deltacrown.core.dates import write_day
from deltacrown.core.words import in_english
from deltacrown.games.models import MatchRow
from deltacrown.user_profile.achievements.catalogue import TOURNAMENT_MEASURES, map_thresholds
from deltacrown.user_profile.achievements.match_results import (
    Fact,
    iterate_histories,
    list_facts,
    list_latest,
)
from deltacrown.user_profile.achievements.measure import TournamentMeasure
from deltacrown.user_profile.achievements.progress import EARLIER_NEEDED, STATS, MatchProgress
from deltacrown.user_profile.achievements.tournament_facts import TournamentFact
from deltacrown.user_profile.models import UserProfile
from django_tally.batches import in_batches


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
    :param unclear: players with a new match older than a known one.
    """

    earned: list[Earned]
    unclear: list[int]


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


def list_earned_by_additions(rows: Iterable[MatchRow]) -> Additions:
    """Return what new matches earned. The cost depends on their number, not on earlier matches."""
    added: dict[int, set[int]] = defaultdict(set)
    for row in rows:
        if row.counts:
            added[row.user_id].add(row.pk)

    latest = list_latest({user: len(new) + EARLIER_NEEDED for user, new in added.items()})
    totals = read_totals(added)

    first: FirstMatches = {}
    unclear = []
    for user, new in added.items():
        matches = latest.get(user, [])
        tail = matches[: len(new)][::-1]
        earlier = matches[len(new) :][::-1]
        if {match for match, _ in tail} != new:
            unclear.append(user)
            continue

        progress = MatchProgress()
        progress.start(
            earlier=[result for _, result in earlier],
            new=[result for _, result in tail],
            totals=totals.get(user, {}),
        )
        for match, result in tail:
            for slug in progress.take(result):
                first.setdefault((user, slug), match)

    return Additions(name_facts(first), unclear)


def read_totals(users: Collection[int]) -> dict[int, dict[str, int]]:
    """Return the profiles' numbers that totals are; the database has already counted the new rows."""
    totals: dict[int, dict[str, int]] = {}
    for batch in in_batches(sorted(users)):
        profiles = UserProfile.objects.filter(pk__in=batch).values_list("pk", *STATS)
        totals |= {pk: dict(zip(STATS, numbers, strict=True)) for pk, *numbers in profiles}

    return totals


def name_facts(first: FirstMatches) -> list[Earned]:
    """Return with each match that earned something what people may read of it: its game and its day."""
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

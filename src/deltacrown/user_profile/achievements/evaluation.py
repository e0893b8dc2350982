"""Who earned what of the catalogue, by which fact: from everything recorded of some players, or from what was just added."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from deltacrown.games.models import MatchRow
from deltacrown.tournaments.models import TournamentParticipation, TournamentResult
from deltacrown.user_profile.achievements.catalogue import Measure, thresholds_of
from deltacrown.user_profile.achievements.form import LONGEST_RUN, Form
from deltacrown.user_profile.achievements.match_results import Fact, Outcome, iterate_histories, list_facts, list_latest
from deltacrown.user_profile.models import UserProfile
from django_tally.batches import in_batches

ENTRIES, PODIUMS, TITLES = (thresholds_of(measure) for measure in (Measure.ENTRIES, Measure.PODIUMS, Measure.TITLES))


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
    :param unclear: players with a new match older than one recorded before: only their whole histories tell.
    """

    earned: list[Earned]
    unclear: list[int]


def list_earned_in_matches(users: Sequence[int]) -> list[Earned]:
    """What the whole histories of ``users`` earned, each achievement by the first match that did; in three queries."""
    first: dict[tuple[int, str], int] = {}
    for user, history in iterate_histories(users):
        form = Form()
        for match, result in history:
            for slug in form.take(result):
                first.setdefault((user, slug), match)
    return _name_facts(first)


def list_earned_by_additions(rows: Iterable[MatchRow]) -> Additions:
    """What matches recorded just now earned; the cost depends on how many they are, not on how many there were before.

    Counts of wins are the profiles', which the database has brought up to date with the rows.
    """
    added: dict[int, list[MatchRow]] = defaultdict(list)
    for row in rows:
        if not row.is_voided:
            added[row.user_id].append(row)
    latest = list_latest({user: len(new) + LONGEST_RUN for user, new in added.items()})
    wins = _list_wins(added)
    first: dict[tuple[int, str], int] = {}
    unclear = []
    for user, new in added.items():
        before, tail = latest[user][len(new) :], latest[user][: len(new)]
        if {match for match, _ in tail} != {row.pk for row in new}:
            unclear.append(user)
            continue
        form = _form_before(before, wins.get(user, 0) - sum(result == MatchRow.Result.WIN for _, result in tail))
        for match, result in reversed(tail):
            for slug in form.take(result):
                first.setdefault((user, slug), match)
    return Additions(_name_facts(first), unclear)


def _list_wins(users: Collection[int]) -> dict[int, int]:
    wins: dict[int, int] = {}
    for batch in in_batches(sorted(users)):
        wins |= dict(UserProfile.objects.filter(pk__in=batch).values_list("pk", "matches_won"))
    return wins


def _form_before(latest: Sequence[Outcome], wins: int) -> Form:
    """How a player stood before some matches, from the ones that came before, latest first."""
    form = Form()
    for _, result in reversed(latest):
        form.take(result)  # what it earned was awarded then
    form.wins = wins
    return form


def _name_facts(first: dict[tuple[int, str], int]) -> list[Earned]:
    """Say of each match that earned something what people may read of it: its game and its day."""
    facts = list_facts(set(first.values()))
    return [Earned(user, slug, *_describe(facts[match])) for (user, slug), match in first.items()]


def _describe(fact: Fact) -> tuple[str, datetime]:
    return f"{fact.game}, {fact.played_at.day} {fact.played_at:%B %Y}", fact.played_at


def list_earned_in_tournaments(users: Collection[int]) -> list[Earned]:
    """What the registrations and results of ``users`` earned, in two queries."""
    entries = TournamentParticipation.objects.standing().filter(user__in=users)
    results = TournamentResult.objects.on_podium().filter(user__in=users)
    entered = entries.order_by("registered_at", "id").values_list("user_id", "tournament__name", "registered_at")
    placed = list(results.order_by("decided_at", "id").values_list("user_id", "tournament__name", "decided_at", "placement"))
    return [
        *_count_off(entered, ENTRIES),
        *_count_off((row[:3] for row in placed), PODIUMS),
        *_count_off((row[:3] for row in placed if row[3] == 1), TITLES),
    ]


def _count_off(facts: Iterable[tuple[int | None, str, datetime]], thresholds: dict[int, str]) -> Iterator[Earned]:
    """Yield what each player's facts, oldest first, earn by their number."""
    counts: Counter[int] = Counter()
    for user, fact, at in facts:
        if user is not None:
            counts[user] += 1
            if slug := thresholds.get(counts[user]):
                yield Earned(user, slug, fact, at)

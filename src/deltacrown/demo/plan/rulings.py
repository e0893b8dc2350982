"""Rulings of the season: voids, corrections, disputes and their outcomes."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random

from deltacrown.demo.plan import words
from deltacrown.demo.plan.calendar import make_stream
from deltacrown.demo.plan.entrants import PlannedEntrant
from deltacrown.demo.plan.matches import PlannedMatch
from deltacrown.demo.plan.people import PlannedPlayer
from deltacrown.demo.plan.tournaments import PlannedTournament

#: One in this many casual matches is voided, corrected, or disputed with each outcome; at least two of each.
ONE_VOIDED_IN, ONE_CORRECTED_IN = 180, 450
ONE_DISPUTED_IN = {"REJECTED": 300, "VOID": 900, "CORRECT": 900, "OPEN": 1500}
#: One in this many completed tournaments has wrong standings, or has its winner challenged, and one in this
#: many challenges is upheld.
ONE_SWAPPED_IN, ONE_CHALLENGED_IN, ONE_UPHELD_IN = 12, 3, 4
#: Minutes after a match in which a dispute is filed.
FILED_WITHIN = 4000


@dataclass(frozen=True)
class Amendment:
    """A match that is voided, or corrected to its true result.

    :param void: True to void it, False to correct it.
    """

    match: PlannedMatch
    at: datetime
    reason: str
    void: bool


@dataclass(frozen=True)
class MatchDispute:
    """A dispute about a match.

    :param outcome: ``OPEN``, ``REJECTED``, or the remedy of an upheld dispute: ``VOID`` or ``CORRECT``.
    """

    match: PlannedMatch
    reporter: PlannedPlayer
    filed_at: datetime
    reason: str
    outcome: str
    resolution: str
    resolved_at: datetime


@dataclass(frozen=True)
class Challenge:
    """A dispute of the runner-up about the winner's result. If it is upheld, the winner is disqualified."""

    tournament: PlannedTournament
    winner: PlannedEntrant
    second: PlannedEntrant
    filed_at: datetime
    reason: str
    upheld: bool
    resolution: str
    resolved_at: datetime


@dataclass(frozen=True)
class Placing:
    """A correction of a tournament result."""

    tournament: PlannedTournament
    entrant: PlannedEntrant
    placement: int
    prize: int
    at: datetime
    reason: str


@dataclass(frozen=True)
class Rulings:
    """All rulings of a season."""

    amendments: list[Amendment]
    disputes: list[MatchDispute]
    challenges: list[Challenge]
    placings: list[Placing]

    def __len__(self) -> int:
        return len(self.amendments) + len(self.disputes) + len(self.challenges) + len(self.placings)


def plan_rulings(
    seed: str, until: datetime, matches: list[PlannedMatch], tournaments: Sequence[PlannedTournament]
) -> Rulings:
    """Return rulings about some of the casual ``matches`` and some of the tournaments.

    Changes its arguments: matches to be corrected are marked as reported wrong in ``matches``, and standings
    to be corrected are entered wrong in their tournament.
    """
    rng = make_stream(seed, "rulings")
    recent = _take_last(matches, until, ONE_DISPUTED_IN["OPEN"])
    open_disputes = [_dispute(rng, match, "OPEN") for match in recent]

    settled = [place for place in range(len(matches) * 19 // 20) if matches[place].winner is not None]
    rng.shuffle(settled)

    voided = _take(settled, matches, ONE_VOIDED_IN)
    amendments = [_amend(rng, matches[place], void=True) for place in voided]
    corrected = _take(settled, matches, ONE_CORRECTED_IN)
    amendments += [_amend(rng, _report_wrong(matches, place), void=False) for place in corrected]

    disputes: list[MatchDispute] = []
    for outcome in ("REJECTED", "VOID"):
        places = _take(settled, matches, ONE_DISPUTED_IN[outcome])
        disputes += [_dispute(rng, matches[place], outcome) for place in places]
    places = _take(settled, matches, ONE_DISPUTED_IN["CORRECT"])
    disputes += [_dispute(rng, _report_wrong(matches, place), "CORRECT") for place in places]

    challenges, placings = _plan_challenges(rng, tournaments)
    challenged = {each.tournament.slug for each in challenges}
    return Rulings(
        sorted(amendments, key=lambda each: each.at),
        sorted(disputes + open_disputes, key=lambda each: each.filed_at),
        challenges,
        placings + _plan_swaps(rng, tournaments, challenged),
    )


def _take(settled: list[int], matches: Sequence[PlannedMatch], one_in: int) -> list[int]:
    """Remove and return indices from ``settled``, so that there is at most one ruling about a match."""
    return [settled.pop() for _ in range(max(2, len(matches) // one_in))]


def _take_last(matches: Sequence[PlannedMatch], until: datetime, one_in: int) -> list[PlannedMatch]:
    """Return every fifth match before the last days, because open disputes are recent ones."""
    last = until - timedelta(minutes=FILED_WITHIN)
    recent = matches[-len(matches) // 20 :]
    decided = [match for match in recent if match.winner is not None and match.played_at < last]
    return decided[::-5][: max(2, len(matches) // one_in)]


def _report_wrong(matches: list[PlannedMatch], place: int) -> PlannedMatch:
    matches[place] = replace(matches[place], reported_wrong=True)
    return matches[place]


def _amend(rng: Random, match: PlannedMatch, *, void: bool) -> Amendment:
    at = match.played_at + timedelta(minutes=rng.randrange(40, 3000))
    return Amendment(match, at, rng.choice(words.VOID_REASONS if void else words.CORRECTION_REASONS), void)


def _dispute(rng: Random, match: PlannedMatch, outcome: str) -> MatchDispute:
    """Return a dispute by a player who lost according to the recorded result."""
    loser = match.as_reported().loser
    filed_at = match.played_at + timedelta(minutes=rng.randrange(15, FILED_WITHIN))

    reporter = rng.choice(match.lineups[loser or 0])
    wrong_result, *other_complaints = words.MATCH_COMPLAINTS
    reason = wrong_result if outcome == "CORRECT" else rng.choice(other_complaints)

    resolutions = {"VOID": words.VOID_REASONS, "CORRECT": words.CORRECTION_REASONS}
    return MatchDispute(
        match=match,
        reporter=reporter,
        filed_at=filed_at,
        reason=reason,
        outcome=outcome,
        resolution=rng.choice(resolutions.get(outcome, words.REJECTIONS)),
        resolved_at=filed_at + timedelta(minutes=rng.randrange(90, 6000)),
    )


def _plan_challenges(
    rng: Random, tournaments: Sequence[PlannedTournament]
) -> tuple[list[Challenge], list[Placing]]:
    """Return challenges of some winners, and placings of the runners-up of those that are upheld."""
    completed = [tournament for tournament in tournaments if len(tournament.placements) > 1][:-1]
    challenges: list[Challenge] = []
    placings: list[Placing] = []
    for tournament in completed[1::ONE_CHALLENGED_IN]:
        upheld = len(challenges) % ONE_UPHELD_IN == 0
        challenge = _challenge(rng, tournament, upheld=upheld)
        challenges.append(challenge)
        if upheld and tournament.prizes:
            at = challenge.resolved_at + timedelta(hours=1)
            reason = "Moved up after the winner was disqualified."
            placings.append(Placing(tournament, challenge.second, 1, tournament.prize_of(1), at, reason))
    return challenges, placings


def _challenge(rng: Random, tournament: PlannedTournament, *, upheld: bool) -> Challenge:
    filed_at = tournament.ends_at + timedelta(minutes=rng.randrange(30, 2000))
    return Challenge(
        tournament=tournament,
        winner=tournament.placements[0][0],
        second=tournament.placements[1][0],
        filed_at=filed_at,
        reason=rng.choice(words.RESULT_COMPLAINTS),
        upheld=upheld,
        resolution=rng.choice(words.DISQUALIFICATIONS if upheld else words.REJECTIONS),
        resolved_at=filed_at + timedelta(minutes=rng.randrange(600, 6000)),
    )


def _plan_swaps(
    rng: Random, tournaments: Sequence[PlannedTournament], challenged: Collection[str]
) -> list[Placing]:
    """Swap third and fourth place in some tournaments, and return the corrections made the day after."""
    suitable = []
    for tournament in tournaments:
        placements = [placement for _, placement in tournament.placements[2:4]]
        if placements == [3, 4] and tournament.slug not in challenged:
            suitable.append(tournament)

    placings: list[Placing] = []
    for tournament in suitable[::ONE_SWAPPED_IN]:
        (third, _), (fourth, _) = tournament.placements[2:4]
        tournament.placements[2:4] = [(fourth, 3), (third, 4)]
        at = tournament.ends_at + timedelta(minutes=rng.randrange(600, 1400))
        reason = "Third and fourth place were entered the wrong way round."
        placings += [
            Placing(tournament, each, rank, tournament.prize_of(rank), at, reason)
            for each, rank in ((third, 3), (fourth, 4))
        ]
    return placings

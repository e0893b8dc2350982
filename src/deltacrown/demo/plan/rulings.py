"""What goes wrong in a season, and what is decided about it: voids, corrections, disputes."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random

from deltacrown.demo.plan import words
from deltacrown.demo.plan.calendar import CLOSES, make_stream
from deltacrown.demo.plan.entrants import Entrant
from deltacrown.demo.plan.matches import PlannedMatch
from deltacrown.demo.plan.people import Player
from deltacrown.demo.plan.tournaments import PlannedTournament

#: One in so many casual matches is voided, corrected, or disputed with each outcome; two of each at least.
ONE_VOIDED_IN, ONE_CORRECTED_IN = 180, 450
ONE_DISPUTED_IN = {"REJECTED": 300, "VOID": 900, "CORRECT": 900, "OPEN": 1500}
#: One in so many completed tournaments has its standings entered wrong, or its winner challenged; one in so many challenges is upheld.
ONE_SWAPPED_IN, ONE_CHALLENGED_IN, ONE_UPHELD_IN = 12, 4, 4


@dataclass(frozen=True)
class Amendment:
    """A match that is voided, or corrected to what really happened."""

    match: PlannedMatch
    at: datetime
    reason: str
    void: bool


@dataclass(frozen=True)
class MatchDispute:
    """An objection to a match; ``outcome`` is ``OPEN``, ``REJECTED``, or the remedy of an upheld one: ``VOID`` or ``CORRECT``."""

    match: PlannedMatch
    reporter: Player
    filed_at: datetime
    reason: str
    outcome: str
    resolution: str
    resolved_at: datetime


@dataclass(frozen=True)
class Challenge:
    """An objection of the runner-up to the winner's result; upheld, the winner is disqualified."""

    tournament: PlannedTournament
    winner: Entrant
    second: Entrant
    filed_at: datetime
    reason: str
    upheld: bool
    resolution: str
    resolved_at: datetime


@dataclass(frozen=True)
class Placing:
    """A result set right afterwards."""

    tournament: PlannedTournament
    entrant: Entrant
    placement: int
    prize: int
    at: datetime
    reason: str


@dataclass(frozen=True)
class Rulings:
    """Everything decided in a season."""

    amendments: list[Amendment]
    disputes: list[MatchDispute]
    challenges: list[Challenge]
    placings: list[Placing]

    def __len__(self) -> int:
        return len(self.amendments) + len(self.disputes) + len(self.challenges) + len(self.placings)


def plan_rulings(seed: str, matches: list[PlannedMatch], tournaments: Sequence[PlannedTournament]) -> Rulings:
    """Decide about some of the casual ``matches`` and of the tournaments.

    Matches that will be corrected become reported wrong in ``matches``; standings that will be are entered wrong in their tournament.
    """
    rng = make_stream(seed, "rulings")
    open_disputes = [_dispute(rng, match, "OPEN") for match in _take_last(matches, ONE_DISPUTED_IN["OPEN"])]
    settled = [place for place in range(len(matches) * 19 // 20) if matches[place].winner is not None]
    rng.shuffle(settled)
    amendments = [_amend(rng, matches[place], void=True) for place in _take(settled, matches, ONE_VOIDED_IN)]
    amendments += [
        _amend(rng, _report_wrong(matches, place), void=False)
        for place in _take(settled, matches, ONE_CORRECTED_IN)
    ]
    disputes = [
        _dispute(rng, matches[place], kind)
        for kind in ("REJECTED", "VOID")
        for place in _take_for(kind, settled, matches)
    ]
    disputes += [
        _dispute(rng, _report_wrong(matches, place), "CORRECT")
        for place in _take_for("CORRECT", settled, matches)
    ]
    challenges, placings = _plan_challenges(rng, tournaments)
    return Rulings(
        sorted(amendments, key=lambda each: each.at),
        sorted(disputes + open_disputes, key=lambda each: each.filed_at),
        challenges,
        placings + _plan_swaps(rng, tournaments, {each.tournament.slug for each in challenges}),
    )


def _take(settled: list[int], matches: Sequence[PlannedMatch], one_in: int) -> list[int]:
    """Take places off the list, so that a match is ruled about once."""
    return [settled.pop() for _ in range(max(2, len(matches) // one_in))]


def _take_for(outcome: str, settled: list[int], matches: Sequence[PlannedMatch]) -> list[int]:
    return _take(settled, matches, ONE_DISPUTED_IN[outcome])


def _take_last(matches: Sequence[PlannedMatch], one_in: int) -> list[PlannedMatch]:
    """The matches at the end of the season: what is open is recent."""
    decided = [match for match in matches[-len(matches) // 20 :] if match.winner is not None]
    return decided[-max(2, len(matches) // one_in) :]


def _report_wrong(matches: list[PlannedMatch], place: int) -> PlannedMatch:
    matches[place] = replace(matches[place], reported_wrong=True)
    return matches[place]


def _amend(rng: Random, match: PlannedMatch, *, void: bool) -> Amendment:
    at = match.played_at + timedelta(minutes=rng.randrange(40, 3000))
    return Amendment(match, at, rng.choice(words.VOID_REASONS if void else words.CORRECTION_REASONS), void)


def _dispute(rng: Random, match: PlannedMatch, outcome: str) -> MatchDispute:
    """A dispute by one of those who are said to have lost."""
    loser = match.as_reported().loser
    filed_at = min(match.played_at + timedelta(minutes=rng.randrange(15, 4000)), CLOSES)
    return MatchDispute(
        match=match,
        reporter=rng.choice(match.lineups[loser or 0]),
        filed_at=filed_at,
        reason=words.MATCH_COMPLAINTS[0] if outcome == "CORRECT" else rng.choice(words.MATCH_COMPLAINTS[1:]),
        outcome=outcome,
        resolution=rng.choice(
            {"VOID": words.VOID_REASONS, "CORRECT": words.CORRECTION_REASONS}.get(outcome, words.REJECTIONS)
        ),
        resolved_at=filed_at + timedelta(minutes=rng.randrange(90, 6000)),
    )


def _plan_challenges(
    rng: Random, tournaments: Sequence[PlannedTournament]
) -> tuple[list[Challenge], list[Placing]]:
    """Challenge the winner of some tournaments, now and then with success: the second wins, and gets the prize."""
    completed = [tournament for tournament in tournaments if len(tournament.placements) > 1][:-1]
    challenges: list[Challenge] = []
    placings: list[Placing] = []
    for tournament in completed[1::ONE_CHALLENGED_IN]:
        upheld = len(challenges) % ONE_UPHELD_IN == 0
        challenge = _challenge(rng, tournament, upheld=upheld)
        challenges.append(challenge)
        if upheld and tournament.prizes:
            reason, at = (
                "Moved up after the winner was disqualified.",
                challenge.resolved_at + timedelta(hours=1),
            )
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
    """Enter the third and the fourth of some tournaments the wrong way round, and set them right the day after."""
    fit = [
        each
        for each in tournaments
        if [rank for _, rank in each.placements[2:4]] == [3, 4] and each.slug not in challenged
    ]
    placings: list[Placing] = []
    for tournament in fit[::ONE_SWAPPED_IN]:
        (third, _), (fourth, _) = tournament.placements[2:4]
        tournament.placements[2:4] = [(fourth, 3), (third, 4)]
        at = tournament.ends_at + timedelta(minutes=rng.randrange(600, 1400))
        reason = "Third and fourth place were entered the wrong way round."
        placings += [
            Placing(tournament, each, rank, tournament.prize_of(rank), at, reason)
            for each, rank in ((third, 3), (fourth, 4))
        ]
    return placings

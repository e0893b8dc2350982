"""Carry out the planned rulings: voids, corrections, disputes, and changes of tournament results."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal
from functools import partial

from deltacrown.demo.plan.rulings import Amendment, Challenge, MatchDispute, Placing, Rulings
from deltacrown.demo.records import Cast, true_results, true_scores
from deltacrown.games.services import correct_match, list_match_lines, void_match
from deltacrown.moderation.models import Dispute
from deltacrown.moderation.services import (
    CorrectMatch,
    Disqualify,
    Remedy,
    VoidMatch,
    file_dispute,
    reject_dispute,
    uphold_dispute,
)
from deltacrown.tournaments.models import Tournament
from deltacrown.tournaments.services import correct_result


class Bench:
    """Makes the planned rulings as a member of staff. Rulings made by an earlier run are skipped."""

    def __init__(self, cast: Cast) -> None:
        self._cast = cast
        self._filed: set[tuple[int, datetime]] = set(Dispute.objects.values_list("reporter_id", "filed_at"))
        self._tournaments = {tournament.slug: tournament for tournament in Tournament.objects.all()}

    def list_rulings(self, rulings: Rulings) -> Iterator[Callable[[], None]]:
        """Yield a function for every ruling; the caller calls each in a transaction of its own."""
        yield from (partial(self._amend, each) for each in rulings.amendments)
        yield from (partial(self._settle_match, each) for each in rulings.disputes)
        yield from (partial(self._settle_challenge, each) for each in rulings.challenges)
        yield from (partial(self._place, each) for each in rulings.placings)

    def _amend(self, ruling: Amendment) -> None:
        match, staff = ruling.match, self._cast.staff
        game = self._cast.games[match.title.slug]
        if ruling.void:
            void_match(game=game, match_key=match.key, reason=ruling.reason, now=ruling.at, by=staff)
            return
        correct_match(
            game=game,
            match_key=match.key,
            results=true_results(match),
            scores=true_scores(match),
            reason=ruling.reason,
            now=ruling.at,
            by=staff,
        )

    def _settle_match(self, ruling: MatchDispute) -> None:
        reporter = self._cast.user(ruling.reporter)
        if (reporter.pk, ruling.filed_at) in self._filed:
            return

        lines = list_match_lines(self._cast.games[ruling.match.title.slug], ruling.match.key)
        line = next(line for line in lines if line.user_id == reporter.pk)
        dispute = file_dispute(reporter=reporter, match=line, reason=ruling.reason, now=ruling.filed_at)
        if ruling.outcome == "OPEN":
            return

        truth = CorrectMatch(true_results(ruling.match), true_scores(ruling.match))
        remedies: dict[str, Remedy] = {"VOID": VoidMatch(), "CORRECT": truth}
        self._resolve(dispute, remedies.get(ruling.outcome), ruling.resolution, ruling.resolved_at)

    def _settle_challenge(self, ruling: Challenge) -> None:
        reporter = self._cast.user(ruling.second.roster[0])
        if (reporter.pk, ruling.filed_at) in self._filed:
            return

        user, team = self._cast.entrant(ruling.winner)
        results = self._tournaments[ruling.tournament.slug].results
        result = results.get(user=user) if user else results.get(team=team, user__isnull=True)
        dispute = file_dispute(reporter=reporter, result=result, reason=ruling.reason, now=ruling.filed_at)
        remedy = Disqualify() if ruling.upheld else None
        self._resolve(dispute, remedy, ruling.resolution, ruling.resolved_at)

    def _resolve(self, dispute: Dispute, remedy: Remedy | None, resolution: str, now: datetime) -> None:
        if remedy is None:
            reject_dispute(dispute=dispute, by=self._cast.staff, resolution=resolution, now=now)
        else:
            uphold_dispute(
                dispute=dispute, by=self._cast.staff, remedy=remedy, resolution=resolution, now=now
            )

    def _place(self, ruling: Placing) -> None:
        user, team = self._cast.entrant(ruling.entrant)
        correct_result(
            tournament=self._tournaments[ruling.tournament.slug],
            user=user,
            team=team,
            placement=ruling.placement,
            prize=Decimal(ruling.prize),
            reason=ruling.reason,
            now=ruling.at,
            by=self._cast.staff,
        )

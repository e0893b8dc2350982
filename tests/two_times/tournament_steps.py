"""What happens in tournaments."""

from __future__ import annotations

from deltacrown.tournaments import services as tournaments
from deltacrown.tournaments.models import Tournament, TournamentParticipation, TournamentResult
from tests import scene
from tests.two_times.stage import NOW, Stage, step


class TournamentSteps(Stage):
    """Tournaments, by services."""

    @step
    def hold_a_tournament(self) -> None:
        slug, begin = f"cup{next(self.numbers)}", self.time(2020)
        cup = tournaments.create_tournament(slug=slug, name=slug, game=self.game(), starts_at=begin)
        tournaments.open_registration(tournament=cup)
        entrants = [user for user in self.users if user.pk not in self.out]
        self.draw.shuffle(entrants)
        for user in entrants:
            at = self.time()
            tournaments.register_player(tournament=cup, user=user, now=NOW, registered_at=at)
        tournaments.start_tournament(tournament=cup)
        self.mark()
        places = [1, 2, self.draw.choice([3, 12]), None]
        standings = [
            tournaments.Standing(user=user, placement=place, unplaced_reason="" if place else "left early")
            for user, place in zip(entrants, places, strict=False)
        ]
        tournaments.complete_tournament(tournament=cup, standings=standings, now=NOW, decided_at=self.time())

    @step
    def play_a_series(self) -> bool | None:
        """Games of a tournament, of which each is a match as well."""
        cup, (one, other) = self.pick(Tournament), self.two()
        if cup is None:
            return False
        name = f"final {next(self.numbers)}"
        for _ in range(self.draw.randint(2, 3)):
            winner, loser = self.draw.sample([one, other], 2)
            match = scene.duel(cup.game, f"s{next(self.numbers)}", winner, loser, played_at=self.time())
            record = tournaments.TournamentMatchRecord(tournament=cup, match=match, series=name, best_of=3)
            outcomes = tournaments.record_tournament_matches(records=[record], now=NOW)
            assert outcomes[0].refusal is None, outcomes
        return None

    @step
    def disqualify(self) -> bool | None:
        entry = self.pick(TournamentParticipation, status="REGISTERED")
        return bool(entry) and bool(
            tournaments.disqualify_entrant(tournament=entry.tournament, user=entry.user, **self.say())
        )

    @step
    def lift_a_disqualification(self) -> bool | None:
        entry = self.pick(TournamentParticipation, status="DISQUALIFIED")
        return bool(entry) and bool(
            tournaments.lift_disqualification(tournament=entry.tournament, user=entry.user, **self.say())
        )

    @step
    def correct_a_placement(self) -> bool | None:
        result = self.pick(TournamentResult, disqualified_at=None)
        return bool(result) and bool(
            tournaments.correct_result(
                tournament=result.tournament,
                user=result.user,
                placement=self.draw.randint(1, 12),
                **self.say(),
            )
        )

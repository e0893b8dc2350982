"""The tournaments: when and in what game, who enters, who withdraws, and how they end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random

from django.utils.text import slugify

from deltacrown.demo.plan import words
from deltacrown.demo.plan.brackets import play_bracket, rank
from deltacrown.demo.plan.calendar import CLOSES, OPENS, draw_between, make_stream, spread_evenly
from deltacrown.demo.plan.entrants import Entrant
from deltacrown.demo.plan.matches import PlannedMatch
from deltacrown.demo.plan.people import Player
from deltacrown.demo.plan.squads import Team
from deltacrown.demo.plan.titles import TITLES, Title

#: What is not completed at the end of the season: how many of each state.
UNFINISHED = ("RUNNING", "RUNNING", "OPEN", "DRAFT")
#: Where in the season's order the cancelled tournament stands.
CANCELLED_AT = 0.6
FEWEST_TOURNAMENTS = 12
#: Entrants of a tournament for players, and how likely one withdraws.
ENTRANTS, WITHDRAWALS = (10, 24), 0.07
#: So many of those who were drawn first do not withdraw.
STAYING = 4
#: Days in which registration is open, and those a tournament is announced to take.
OPEN_DAYS, ANNOUNCED_DAYS = 21, 4
#: One in so many completed tournaments disqualifies somebody before the end.
DISQUALIFYING = 5
#: Prizes in the currency of the prize fund, from the winner down; every other tournament is played for honour.
PRIZES = (1000, 500, 250, 250)


@dataclass
class PlannedTournament:
    """A tournament as it will have been at the end of the season.

    :param placements: entrant and placement; a disqualified one has none.
    :param prizes: of the first placements, in whole currency.
    """

    slug: str
    name: str
    title: Title
    status: str
    starts_at: datetime
    ends_at: datetime
    capacity: int = 32
    entrants: list[Entrant] = field(default_factory=list)
    matches: list[PlannedMatch] = field(default_factory=list)
    placements: list[tuple[Entrant, int]] = field(default_factory=list)
    prizes: tuple[int, ...] = ()
    disqualified: Entrant | None = None
    disqualified_reason: str = ""

    @property
    def is_for_teams(self) -> bool:
        return self.title.is_team_game

    def prize_of(self, placement: int) -> int:
        """The prize of a placement; those who share one get the same."""
        return self.prizes[placement - 1] if placement <= len(self.prizes) else 0


def plan_tournaments(
    seed: str, players: Sequence[Player], teams: Sequence[Team], count: int
) -> list[PlannedTournament]:
    """Plan ``count`` tournaments, in the order of their start."""
    rng = make_stream(seed, "tournaments")
    statuses = _plan_statuses(count)
    games = _plan_games(rng, count)
    names: set[str] = set()
    tournaments = []
    for title, status, starts_at in zip(games, statuses, _plan_starts(rng, statuses), strict=True):
        name = _name_tournament(title, starts_at, names)
        tournaments.append(
            PlannedTournament(
                slugify(name), name, title, status, starts_at, starts_at + timedelta(days=ANNOUNCED_DAYS)
            )
        )
    for place, tournament in enumerate(tournaments):
        tournament.prizes = PRIZES if place % 2 == 0 else ()
        if tournament.status != "DRAFT":
            tournament.entrants = _draw_entrants(rng, tournament, players, teams)
        if tournament.status in ("RUNNING", "COMPLETED"):
            _play(rng, place, tournament)
    return tournaments


def _plan_statuses(count: int) -> list[str]:
    statuses = ["COMPLETED"] * (count - len(UNFINISHED)) + list(UNFINISHED)
    statuses[int((count - len(UNFINISHED)) * CANCELLED_AT)] = "CANCELLED"
    return statuses


def _plan_games(rng: Random, count: int) -> list[Title]:
    """Every game in turn, in an order that changes."""
    games: list[Title] = []
    while len(games) < count:
        games += rng.sample(TITLES, len(TITLES))
    return games[:count]


def _plan_starts(rng: Random, statuses: Sequence[str]) -> list[datetime]:
    ended = [status for status in statuses if status in ("COMPLETED", "CANCELLED")]
    starts = list(spread_evenly(len(ended), OPENS + timedelta(days=40), CLOSES - timedelta(days=20)))
    running, upcoming = CLOSES - timedelta(days=1), CLOSES + timedelta(days=10)
    starts += [
        running if status == "RUNNING" else upcoming + timedelta(days=10 * (status == "DRAFT"))
        for status in statuses[len(ended) :]
    ]
    return [
        start.replace(hour=rng.choice((15, 16, 17, 18)), minute=0, second=0, microsecond=0)
        for start in starts
    ]


def _play(rng: Random, place: int, tournament: PlannedTournament) -> None:
    """Play the bracket and, when it is over, rank everybody; now and then one of those beaten early is disqualified."""
    staying = [entrant for entrant in tournament.entrants if not entrant.withdrew]
    bracket = play_bracket(
        rng, tournament.slug, tournament.title, staying, tournament.starts_at, third=place % 3 == 0
    )
    tournament.matches = bracket.matches
    if tournament.status != "COMPLETED":
        return
    if place % DISQUALIFYING == 2:
        tournament.disqualified = rng.choice(bracket.ranking[-1])
        tournament.disqualified_reason = rng.choice(words.DISQUALIFICATIONS)
    tournament.placements = rank(bracket.ranking, without=tournament.disqualified)
    last = max(match.played_at for match in bracket.matches)
    tournament.ends_at = (last + timedelta(hours=2)).replace(minute=0, second=0)


def _name_tournament(title: Title, starts_at: datetime, names: set[str]) -> str:
    """Name a tournament after its game, the time of year and the year; adds it to ``names``."""
    season = ("Winter", "Spring", "Summer", "Autumn")[starts_at.month % 12 // 3]
    kinds = ("Cup", "Open", "Masters", "Classic", "Invitational", "Showdown")
    name = next(
        name for kind in kinds if (name := f"{title.name} {season} {kind} {starts_at.year}") not in names
    )
    names.add(name)
    return name


def _draw_entrants(
    rng: Random, tournament: PlannedTournament, players: Sequence[Player], teams: Sequence[Team]
) -> list[Entrant]:
    """Who registered in the weeks before the start, in the order they did."""
    closes_at = min(tournament.starts_at - timedelta(hours=2), CLOSES)
    opens_at = tournament.starts_at - timedelta(days=OPEN_DAYS)
    of_the_game = [team for team in teams if team.title is tournament.title]
    candidates: Sequence[Player | Team] = (
        of_the_game if tournament.is_for_teams else _draw_players(rng, tournament, players, opens_at)
    )
    entrants = [
        _enter(
            candidate,
            draw_between(rng, opens_at, closes_at),
            withdrew=place >= STAYING and rng.random() < WITHDRAWALS,
        )
        for place, candidate in enumerate(rng.sample(candidates, len(candidates)))
    ]
    return _without_doubles(
        sorted(entrants, key=lambda entrant: entrant.registered_at), tournament.title.squad
    )


def _without_doubles(entrants: Sequence[Entrant], squad: int) -> list[Entrant]:
    """Let a player who changed teams between two registrations count for the first; a team left with too few stays out."""
    taken: set[int] = set()
    kept = []
    for entrant in entrants:
        roster = tuple(player for player in entrant.roster if player.number not in taken)
        if len(roster) >= squad:
            taken |= {player.number for player in roster}
            kept.append(replace(entrant, roster=roster))
    return kept


def _enter(candidate: Player | Team, registered_at: datetime, *, withdrew: bool) -> Entrant:
    if isinstance(candidate, Player):
        return Entrant(None, (candidate,), registered_at, withdrew)
    return Entrant(candidate, tuple(candidate.roster_at(registered_at)), registered_at, withdrew)


def _draw_players(
    rng: Random, tournament: PlannedTournament, players: Sequence[Player], opens_at: datetime
) -> list[Player]:
    """Draw from those who play the game and are around from registration to the end; the strong and the busy come rather."""
    slug = tournament.title.slug
    around = [
        player
        for player in players
        if player.plays_at(opens_at) and player.plays_at(tournament.ends_at + timedelta(days=5))
    ]
    interested = [player for player in around if slug in player.interests]
    eager = sorted(
        interested, key=lambda player: rng.expovariate(0.3 + player.activity + max(player.skill, 0))
    )
    return eager[: rng.randint(*ENTRANTS)]

"""The tournaments: their dates and games, entrants, withdrawals, brackets and placements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random

from django.utils.text import slugify

from deltacrown.demo.plan import words
from deltacrown.demo.plan.brackets import play_bracket, rank
from deltacrown.demo.plan.calendar import Calendar, draw_between, make_stream, spread_evenly
from deltacrown.demo.plan.entrants import PlannedEntrant
from deltacrown.demo.plan.matches import PlannedMatch
from deltacrown.demo.plan.people import HERO, PlannedPlayer
from deltacrown.demo.plan.squads import PlannedTeam
from deltacrown.demo.plan.titles import TITLES, Title

#: The states of the last tournaments, which are not completed when the season ends, and when these start,
#: seen from its end. Those that run are in their third and in their second round.
UNFINISHED = (
    ("RUNNING", timedelta(hours=-51)),
    ("RUNNING", timedelta(hours=-27)),
    ("OPEN", timedelta(days=3)),
    ("OPEN", timedelta(days=10)),
    ("DRAFT", timedelta(days=20)),
)
#: Position of the cancelled tournament in the order of the season, 0 to 1.
CANCELLED_AT = 0.6
#: Fewest and most entrants of a tournament for players, and the probability that an entrant withdraws.
ENTRANTS, WITHDRAWALS = (10, 24), 0.07
#: The first so many entrants drawn never withdraw.
STAYING = 4
#: Days of open registration, and the announced length of a tournament in days.
OPEN_DAYS, ANNOUNCED_DAYS = 21, 4
#: One in this many completed tournaments disqualifies an entrant before the end.
DISQUALIFYING = 5
#: Prizes of the first placements, in whole currency; every second tournament has none.
PRIZES = (1000, 500, 250, 250)


@dataclass
class PlannedTournament:
    """A tournament as it is at the end of the season.

    :param placements: pairs of entrant and placement; a disqualified entrant has none.
    :param prizes: the prizes of the first placements, in whole currency.
    """

    slug: str
    name: str
    title: Title
    status: str
    starts_at: datetime
    ends_at: datetime
    capacity: int = 32
    entrants: list[PlannedEntrant] = field(default_factory=list)
    matches: list[PlannedMatch] = field(default_factory=list)
    placements: list[tuple[PlannedEntrant, int]] = field(default_factory=list)
    prizes: tuple[int, ...] = ()
    disqualified: PlannedEntrant | None = None
    disqualified_reason: str = ""

    @property
    def is_for_teams(self) -> bool:
        return self.title.is_team_game

    def prize_of(self, placement: int) -> int:
        """Return the prize of a placement. Entrants who share a placement each get this prize."""
        return self.prizes[placement - 1] if placement <= len(self.prizes) else 0


def plan_tournaments(
    seed: str,
    calendar: Calendar,
    players: Sequence[PlannedPlayer],
    teams: Sequence[PlannedTeam],
    count: int,
) -> list[PlannedTournament]:
    """Return ``count`` tournaments, in the order of their start."""
    rng = make_stream(seed, "tournaments")
    statuses = _plan_statuses(count)
    games = _plan_games(rng, statuses)
    starts = _plan_starts(rng, calendar, statuses)

    names: set[str] = set()
    tournaments = []
    for title, status, starts_at in zip(games, statuses, starts, strict=True):
        name = _name_tournament(title, starts_at, names)
        ends_at = starts_at + timedelta(days=ANNOUNCED_DAYS)
        tournaments.append(PlannedTournament(slugify(name), name, title, status, starts_at, ends_at))

    for place, tournament in enumerate(tournaments):
        tournament.prizes = PRIZES if place % 2 == 0 else ()
        if tournament.status != "DRAFT":
            tournament.entrants = _draw_entrants(rng, calendar.closes_at, tournament, players, teams)
        if tournament.status in ("RUNNING", "COMPLETED"):
            _play(rng, place, tournament, calendar.closes_at)
    return tournaments


def _plan_statuses(count: int) -> list[str]:
    statuses = ["COMPLETED"] * (count - len(UNFINISHED)) + [status for status, _ in UNFINISHED]
    statuses[int((count - len(UNFINISHED)) * CANCELLED_AT)] = "CANCELLED"
    return statuses


def _plan_games(rng: Random, statuses: Sequence[str]) -> list[Title]:
    """Return a game for each: every game once in random order, then again, and so on.

    The first tournament that runs is one for players, since these have most rounds, and so is the first that
    is open, so that whoever signs in can register.
    """
    games: list[Title] = []
    while len(games) < len(statuses):
        games += rng.sample(TITLES, len(TITLES))
    games = games[: len(statuses)]
    wanted = statuses.index("RUNNING"), statuses.index("OPEN")
    for place in wanted:
        solo = [at for at, title in enumerate(games[: place + 1]) if not title.is_team_game]
        nearest = max(at for at in solo if at == place or at not in wanted)
        games[place], games[nearest] = games[nearest], games[place]
    return games


def _plan_starts(rng: Random, calendar: Calendar, statuses: Sequence[str]) -> list[datetime]:
    first, last = calendar.opens_at + timedelta(days=40), calendar.closes_at - timedelta(days=7)
    starts = [_draw_hour(rng, start) for start in spread_evenly(len(statuses) - len(UNFINISHED), first, last)]
    for status, distance in UNFINISHED:
        start = calendar.closes_at + distance
        starts.append(start if status == "RUNNING" else _draw_hour(rng, start))
    return starts


def _draw_hour(rng: Random, start: datetime) -> datetime:
    return start.replace(hour=rng.choice((15, 16, 17, 18)), minute=0, second=0, microsecond=0)


def _play(rng: Random, place: int, tournament: PlannedTournament, until: datetime) -> None:
    """Play the bracket and add its matches and, when it is over, placements and disqualifications."""
    staying = [entrant for entrant in tournament.entrants if not entrant.withdrew]
    bracket = play_bracket(
        rng,
        tournament.slug,
        tournament.title,
        staying,
        tournament.starts_at,
        until=until,
        third=place % 3 == 1,
    )
    tournament.matches = bracket.matches
    if tournament.status != "COMPLETED":
        # With few entrants it would be over by now: the last match of the final is still to come.
        tournament.matches = bracket.matches[:-1] if bracket.ranking else bracket.matches
        return

    if place % DISQUALIFYING == 2:
        tournament.disqualified = rng.choice(bracket.ranking[-1])
        tournament.disqualified_reason = rng.choice(words.DISQUALIFICATIONS)
    tournament.placements = rank(bracket.ranking, without=tournament.disqualified)

    last = max(match.played_at for match in bracket.matches)
    tournament.ends_at = (last + timedelta(hours=2)).replace(minute=0, second=0)


def _name_tournament(title: Title, starts_at: datetime, names: set[str]) -> str:
    """Return a name of game, season, kind and year that is not in ``names``, and add it there."""
    season = ("Winter", "Spring", "Summer", "Autumn")[starts_at.month % 12 // 3]
    kinds = ("Cup", "Open", "Masters", "Classic", "Invitational", "Showdown")

    options = (f"{title.name} {season} {kind} {starts_at.year}" for kind in kinds)
    name = next(option for option in options if option not in names)
    names.add(name)
    return name


def _draw_entrants(
    rng: Random,
    until: datetime,
    tournament: PlannedTournament,
    players: Sequence[PlannedPlayer],
    teams: Sequence[PlannedTeam],
) -> list[PlannedEntrant]:
    """Return the entrants that registered in the weeks before the start, in the order of registration."""
    closes_at = min(tournament.starts_at - timedelta(hours=2), until)
    opens_at = tournament.starts_at - timedelta(days=OPEN_DAYS)

    candidates: Sequence[PlannedPlayer | PlannedTeam]
    if tournament.is_for_teams:
        candidates = [team for team in teams if team.title is tournament.title]
    else:
        candidates = _draw_players(rng, tournament, players, opens_at)

    entrants = []
    for place, candidate in enumerate(rng.sample(candidates, len(candidates))):
        registered_at = draw_between(rng, opens_at, closes_at)
        withdrew = place >= STAYING and rng.random() < WITHDRAWALS
        entrants.append(_enter(candidate, registered_at, withdrew=withdrew))

    entrants.sort(key=lambda entrant: entrant.registered_at)
    return _drop_repeated_players(entrants, tournament.title.squad)


def _drop_repeated_players(entrants: Sequence[PlannedEntrant], squad: int) -> list[PlannedEntrant]:
    """Return the entrants with every player in the first roster that has them, and in no other.

    A player may have changed teams between two registrations. Teams left with too few players are dropped.
    """
    taken: set[int] = set()
    kept = []
    for entrant in entrants:
        roster = tuple(player for player in entrant.roster if player.number not in taken)
        if len(roster) >= squad:
            taken |= {player.number for player in roster}
            kept.append(replace(entrant, roster=roster))
    return kept


def _enter(
    candidate: PlannedPlayer | PlannedTeam, registered_at: datetime, *, withdrew: bool
) -> PlannedEntrant:
    if isinstance(candidate, PlannedPlayer):
        return PlannedEntrant(None, (candidate,), registered_at, withdrew)
    return PlannedEntrant(candidate, tuple(candidate.roster_at(registered_at)), registered_at, withdrew)


def _draw_players(
    rng: Random, tournament: PlannedTournament, players: Sequence[PlannedPlayer], opens_at: datetime
) -> list[PlannedPlayer]:
    """Return random players of the game who are active from registration to the end.

    Strong and active players are drawn more often. Whom visitors sign in as is left to register by hand.
    """
    slug = tournament.title.slug
    ends_at = tournament.ends_at + timedelta(days=5)
    active = [player for player in players if player.plays_at(opens_at) and player.plays_at(ends_at)]
    interested = [player for player in active if slug in player.interests]
    if tournament.status == "OPEN":
        interested = [player for player in interested if player.username != HERO]

    shuffled = sorted(
        interested, key=lambda player: rng.expovariate(0.3 + player.activity + max(player.skill, 0))
    )
    return shuffled[: rng.randint(*ENTRANTS)]

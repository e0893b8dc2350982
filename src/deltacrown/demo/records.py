"""From the plan's players and teams to the rows that stand for them, and from planned matches to records."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from deltacrown.accounts.models import User
from deltacrown.demo.plan.entrants import Entrant
from deltacrown.demo.plan.matches import PlannedMatch
from deltacrown.demo.plan.people import Player
from deltacrown.games.models import Game
from deltacrown.games.services import MatchRecord, PlayerLine
from deltacrown.teams.models import Team


@dataclass
class Cast:
    """Who plays the plan's parts.

    :param users: by the player's number.
    :param games: by slug.
    :param teams: by name.
    """

    users: list[User] = field(default_factory=list)
    games: dict[str, Game] = field(default_factory=dict)
    teams: dict[str, Team] = field(default_factory=dict)
    staff: User = field(default_factory=User)

    def user(self, player: Player) -> User:
        """The account of a player."""
        return self.users[player.number]

    def roster(self, players: Iterable[Player]) -> list[User]:
        """The accounts of players."""
        return [self.user(player) for player in players]

    def entrant(self, entrant: Entrant) -> tuple[User | None, Team | None]:
        """The user or the team that a registration is of; the other one is None."""
        return (None, self.teams[entrant.team.name]) if entrant.team else (self.user(entrant.roster[0]), None)


def build_record(cast: Cast, match: PlannedMatch) -> MatchRecord:
    """The record of a match as it is reported at first."""
    reported = match.as_reported()
    lines = tuple(
        PlayerLine(
            user=cast.user(player),
            result=reported.result_of(side),
            side=match.names[side],
            score=reported.scores[side],
            stats=stats,
        )
        for side in (0, 1)
        for player, stats in zip(match.lineups[side], match.stats[side], strict=True)
    )
    return MatchRecord(
        game=cast.games[match.title.slug], match_key=match.key, played_at=match.played_at, lines=lines
    )


def true_results(match: PlannedMatch) -> dict[str, str]:
    """What really came out, by username."""
    return {player.username: match.result_of(side) for side in (0, 1) for player in match.lineups[side]}


def true_scores(match: PlannedMatch) -> dict[str, int | None]:
    """The real score of every player's side, by username."""
    return {player.username: match.scores[side] for side in (0, 1) for player in match.lineups[side]}

"""Convert the plan's players, teams and matches to database rows and match records."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from deltacrown.accounts.models import User
from deltacrown.demo.plan.entrants import PlannedEntrant
from deltacrown.demo.plan.matches import PlannedMatch
from deltacrown.demo.plan.people import PlannedPlayer
from deltacrown.games.models import Game
from deltacrown.games.services import LineRecord, MatchRecord
from deltacrown.teams.models import Team


@dataclass
class Cast:
    """The database rows that belong to the players, games and teams of the plan.

    :param users: users by the number of the planned player.
    :param games: games by slug.
    :param teams: teams by name.
    :param staff: the user who organises tournaments and makes rulings.
    """

    users: list[User] = field(default_factory=list)
    games: dict[str, Game] = field(default_factory=dict)
    teams: dict[str, Team] = field(default_factory=dict)
    staff: User = field(default_factory=User)

    def user(self, player: PlannedPlayer) -> User:
        """Return the user of a planned player."""
        return self.users[player.number]

    def roster(self, players: Iterable[PlannedPlayer]) -> list[User]:
        """Return the users of planned players."""
        return [self.user(player) for player in players]

    def entrant(self, entrant: PlannedEntrant) -> tuple[User | None, Team | None]:
        """Return user and team of a planned entrant; one of them is None."""
        if entrant.team:
            return None, self.teams[entrant.team.name]
        return self.user(entrant.roster[0]), None


def build_record(cast: Cast, match: PlannedMatch) -> MatchRecord:
    """Return the record of a match as it is first reported."""
    reported = match.as_reported()

    lines = []
    for side in (0, 1):
        for player, stats in zip(match.lineups[side], match.stats[side], strict=True):
            line = LineRecord(
                user=cast.user(player),
                result=reported.result_of(side),
                side=match.names[side],
                score=reported.scores[side],
                stats=stats,
            )
            lines.append(line)

    game = cast.games[match.title.slug]
    return MatchRecord(game=game, match_key=match.key, played_at=match.played_at, lines=tuple(lines))


def true_results(match: PlannedMatch) -> dict[str, str]:
    """Return username → correct result."""
    return {player.username: match.result_of(side) for side in (0, 1) for player in match.lineups[side]}


def true_scores(match: PlannedMatch) -> dict[str, int | None]:
    """Return username → correct score of their side."""
    return {player.username: match.scores[side] for side in (0, 1) for player in match.lineups[side]}

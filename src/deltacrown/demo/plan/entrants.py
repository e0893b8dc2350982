"""Entrants of a tournament: a player, or a team with its roster at registration."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from random import Random

from deltacrown.demo.plan.people import PlannedPlayer
from deltacrown.demo.plan.squads import PlannedTeam
from deltacrown.demo.plan.titles import Title

#: How often the substitute plays instead of one of the others.
SUBSTITUTIONS = 0.2


@dataclass(frozen=True, eq=False)
class PlannedEntrant:
    """A registration of a team, or of a player when ``team`` is None.

    :param roster: the registered players; one for a player entrant.
    """

    team: PlannedTeam | None
    roster: tuple[PlannedPlayer, ...]
    registered_at: datetime
    withdrew: bool = False

    @property
    def name(self) -> str:
        """Return the name of the side in a match; empty for a player entrant."""
        return self.team.name if self.team else ""

    def draw_lineup(self, rng: Random, title: Title) -> tuple[PlannedPlayer, ...]:
        """Return the players of a series: the strongest, sometimes one replaced by the substitute."""
        lineup = list(self.roster[: title.squad])
        if len(self.roster) > title.squad and rng.random() < SUBSTITUTIONS:
            lineup[rng.randrange(title.squad)] = self.roster[title.squad]
        return tuple(lineup)

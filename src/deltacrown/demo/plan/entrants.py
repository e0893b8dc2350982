"""Who enters a tournament: a player, or a team with its roster as it is then."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from random import Random

from deltacrown.demo.plan.people import Player
from deltacrown.demo.plan.squads import Team
from deltacrown.demo.plan.titles import Title

#: How often the substitute plays instead of one of the others.
SUBSTITUTIONS = 0.2


@dataclass(frozen=True, eq=False)
class Entrant:
    """A registration: of a player, or of a team when ``team`` is set.

    :param roster: the players registered; one where a player enters alone.
    """

    team: Team | None
    roster: tuple[Player, ...]
    registered_at: datetime
    withdrew: bool = False

    @property
    def name(self) -> str:
        """What the side is called in a match; empty for a player alone."""
        return self.team.name if self.team else ""

    def draw_lineup(self, rng: Random, title: Title) -> tuple[Player, ...]:
        """Who plays: the strongest, now and then with the substitute."""
        lineup = list(self.roster[: title.squad])
        if len(self.roster) > title.squad and rng.random() < SUBSTITUTIONS:
            lineup[rng.randrange(title.squad)] = self.roster[title.squad]
        return tuple(lineup)

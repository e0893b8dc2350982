"""The shapes of what a search finds."""

from __future__ import annotations

from pydantic import Field

from deltacrown.api.shapes import DateTime, Shown, TournamentStatus
from deltacrown.api.shapes.players import FoundPlayer

FORMERLY = "The former name or slug by which it was found; else empty."


class FoundTeam(Shown):
    """A team that a search found."""

    slug: str
    name: str
    formerly: str = Field(description=FORMERLY)


class FoundTournament(Shown):
    """A tournament that a search found."""

    slug: str
    name: str
    game_slug: str
    game_name: str
    status: TournamentStatus
    starts_at: DateTime
    formerly: str = Field(description=FORMERLY)


class Everything(Shown):
    """The first players, teams and tournaments that a search found, the best matches first."""

    players: list[FoundPlayer]
    teams: list[FoundTeam]
    tournaments: list[FoundTournament]
    more: list[str] = Field(description="Of which of the three there are more.", examples=[["players"]])

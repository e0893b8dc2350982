"""The shapes of teams: members and their roles."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from deltacrown.api.shapes import DateTime, Given, PublicId, Shown, Value
from deltacrown.api.shapes.players import PlayerLine

RoleName = Literal["CAPTAIN", "PLAYER", "SUBSTITUTE", "COACH", "ANALYST", "MANAGER"]
ShownRole = Annotated[RoleName, BeforeValidator(str)]


class HeldRole(Shown):
    """A role, and since when."""

    role: ShownRole
    given_at: DateTime


class TeamRole(HeldRole):
    """A role that a member has, or had."""

    player: PlayerLine
    ended_at: DateTime | None = Field(description="Null while they have it.")


class TeamMember(Shown):
    """A present member of a team."""

    player: PlayerLine
    joined_at: DateTime
    roles: list[HeldRole] = Field(description="Those of now.")


class TeamStay(Shown):
    """A time that a player spent in a team."""

    joined_at: DateTime
    left_at: DateTime | None = Field(description="Null while they are in it.")


class RosterMember(Shown):
    """A present or former member of a team, with the times they spent in it."""

    player: PlayerLine
    is_present: bool = Field(description="Whether they are in the team now.")
    stays: list[TeamStay] = Field(description="In the order of time; the latest twelve at most.")
    has_earlier: bool = Field(description="Whether there were stays before these.")


class Team(Shown):
    """A team at a glance."""

    slug: str
    name: str
    created_at: DateTime
    captains: list[PlayerLine] = Field(
        description="Who registers and withdraws it, and gives roles. While there is none, any member "
        "registers it."
    )


class TeamNumbers(Shown):
    """What a team has played and won. A match counts once, however many of the team played it."""

    matches_played: int = Field(description="Official ones that count; casual matches are not among them.")
    matches_won: int
    win_rate: Value = Field(description="Of the matches, to one decimal. Null without any.")
    series_played: int
    series_won: int
    titles: int = Field(description="Tournaments that the team won.")


class TeamNumbersOfGame(TeamNumbers):
    """The same of one game."""

    game: str = Field(description="The game's slug.", validation_alias="game_slug")


class TeamTotals(Shown):
    """The numbers of a team, in all and by game."""

    team: str = Field(description="The team's slug.")
    overall: TeamNumbers
    by_game: list[TeamNumbersOfGame] = Field(
        description="By the games' names; those of which nothing counts are left out."
    )


class GivenRole(Given):
    """Who gets which role."""

    player: PublicId
    role: RoleName


class EndedMembership(Shown):
    """Whose membership in which team has ended."""

    team: str = Field(description="The team's slug.")
    player: PublicId

"""The shapes of creating players and teams by name."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from deltacrown.api.shapes import Given, Shown

MOST_NAMES = 1000
#: No username and no name of a team is longer, however it is written.
LONGEST_NAME = 600

GivenName = Annotated[str, Field(max_length=LONGEST_NAME)]


class GivenPlayers(Given):
    """Players to create."""

    usernames: list[GivenName] = Field(min_length=1, max_length=MOST_NAMES, examples=[["newcomer"]])


class GivenTeams(Given):
    """Teams to create."""

    names: list[GivenName] = Field(min_length=1, max_length=MOST_NAMES, examples=[["Polar Bears"]])


class NameOutcome(Shown):
    """What became of one name."""

    name: str = Field(description="As it was given.")
    status: Literal["created", "refused"]
    detail: str = Field(description="Why it was refused, and how to mend it; else empty.")


class PlayerOutcome(NameOutcome):
    """What became of one username."""

    public_id: str | None = Field(description="Of the player who was created.")


class TeamOutcome(NameOutcome):
    """What became of one team's name."""

    slug: str | None = Field(description="Of the team that was created.")


class PlayerOutcomes(Shown):
    """What became of all usernames, in the order given."""

    players: list[PlayerOutcome]


class TeamOutcomes(Shown):
    """What became of all names of teams, in the order given."""

    teams: list[TeamOutcome]

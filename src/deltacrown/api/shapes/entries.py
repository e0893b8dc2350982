"""The shapes of entering a tournament, of its rosters, and of its log."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from deltacrown.api.shapes import DateTime, Given, GivenDateTime, Shown
from deltacrown.api.shapes.tournaments import Entrant, GivenEntrant, Registration

AT = "When it happened, if not now; only the organiser and staff may say so."


class GivenStep(GivenEntrant):
    """Whose step it is; and when, and why."""

    at: GivenDateTime | None = Field(None, description=AT)
    reason: str = Field("", max_length=500)


class NewEntrant(GivenStep):
    """Who enters."""

    roster: list[str] | None = Field(
        None, description="The team's players; its present members when left out.", max_length=100
    )


class GivenSubstitute(Given):
    """Who replaces whom on a roster."""

    player: str = Field(description="The public id of who leaves.")
    substitute: str = Field(description="The public id of who joins.")


class GivenRosterChange(Given):
    """Who joins the roster of a team, who leaves it, and who replaces whom."""

    team: str = Field(description="A team's slug.")
    add: list[str] = Field([], description="Public ids.", max_length=100)
    remove: list[str] = Field([], description="Public ids.", max_length=100)
    replace: list[GivenSubstitute] = Field([], max_length=100)
    at: GivenDateTime | None = Field(None, description=AT)
    reason: str = Field(max_length=500, examples=["Ill."])


class ChangedRoster(Shown):
    """A roster after a change."""

    roster: list[Registration]
    warnings: list[str] = Field(description="What is odd about the change; nothing of it is refused.")


class EntryChangeLine(Shown):
    """One step of the log of a tournament."""

    kind: Literal["ENTERED", "CHECKED_IN", "UNCHECKED", "WITHDRAWN", "RETURNED", "JOINED", "LEFT"] = Field(
        description="JOINED and LEFT are of one player of a roster, the others of an entrant as a whole."
    )
    player: Entrant | None = Field(description="Null where it happened to a whole team.")
    team: str
    in_place_of: Entrant | None = Field(description="Whom a substitute replaced.")
    reason: str
    happened_at: DateTime
    recorded_at: DateTime
    decided_by: Entrant | None = Field(description="Told to the organiser and staff.")

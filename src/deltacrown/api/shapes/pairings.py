"""The shapes of pairings: who is to play whom, what was said of it, and who runs the tournament."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from deltacrown.api.shapes import DateTime, Given, PublicId, Shown
from deltacrown.api.shapes.players import PlayerLine
from deltacrown.api.shapes.tournaments import Entrant
from deltacrown.tournaments.services import pairings

PairingState = Annotated[
    Literal["WAITING", "READY", "REPORTED", "DIFFERING", "CONFIRMED"], BeforeValidator(str)
]


class PairedEntrant(Entrant):
    """A side of a pairing."""

    team_slug: str = Field(description="Of a team; empty for a player.")


class PairedGame(Shown):
    """One game of a pairing."""

    winner: int = Field(description="The side that won it: 1 or 2; 0 for a draw.")
    first_score: str = Field(description="Of side 1; empty where none was said.")
    second_score: str


class PairingOutcome(Shown):
    """What came of a pairing, or what somebody says came of it."""

    winner: int = Field(description="The side that won: 1 or 2; 0 for a draw.")
    games: list[PairedGame] = Field(description="In the order of play.")
    no_show: int | None = Field(description="The side that did not come, or gave up after these games.")


class Pairing(Shown):
    """Who plays whom, and what was said of it; those see it who play it, and who runs the tournament."""

    handle: str = Field(description="Names the pairing.")
    number: int = Field(description="Its place in the order of play.")
    round: str
    state: PairingState = Field(
        description="`WAITING` for entrants, `READY` to be played, `REPORTED` by one side, `DIFFERING` "
        "reports of the two, `CONFIRMED` and recorded."
    )
    best_of: int = Field(description="The most games it is set for.")
    scheduled_at: DateTime | None
    confirmed_at: DateTime | None
    first: PairedEntrant | None = Field(description="Side 1; null while it is not known.")
    second: PairedEntrant | None
    reports_for: int | None = Field(description="The side for which the caller reports; null for none.")
    first_report: PairingOutcome | None = Field(
        description="What side 1 reports now. What the other side reports is told to a side that reported "
        "itself, and both to who runs the tournament."
    )
    second_report: PairingOutcome | None
    outcome: PairingOutcome | None = Field(description="The confirmed result; null before.")
    recorded_otherwise: bool = Field(
        description="Whether the recorded matches were changed since, so that another side won, or nobody."
    )


class GivenGame(Given):
    """One game, as it is reported."""

    winner: Literal[0, 1, 2] = Field(description="The side that won it; 0 for a draw.")
    first_score: str = Field("", max_length=100, description="Of side 1, as the game writes it.")
    second_score: str = Field("", max_length=100)


class GivenOutcome(Given):
    """What came of a pairing: all games that were played, or that a side did not come or gave up."""

    games: list[GivenGame] = Field(default_factory=list, max_length=pairings.MOST_GAMES)
    no_show: Literal[1, 2] | None = Field(
        None, description="The side that did not come, or gave up after these games."
    )


class GivenRuledOutcome(GivenOutcome):
    """What who runs the tournament rules of a pairing."""

    reason: str = Field("", max_length=500, description="Required where a side reported something.")


class CoOrganiser(Shown):
    """Somebody who runs a tournament beside its organiser."""

    player: PlayerLine
    added_by: PublicId | None
    added_at: DateTime


class Organisers(Shown):
    """Who runs a tournament, apart from staff who run all of them."""

    organiser: PlayerLine | None = Field(description="Null where it has none, as one that was imported.")
    others: list[CoOrganiser] = Field(description="In the order in which they were added.")

"""The shapes of disputes: shown, filed and resolved."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from deltacrown.api.shapes import (
    DateTime,
    DisputeStatus,
    Given,
    GivenAmount,
    GivenScore,
    PublicId,
    Result,
    Shown,
)
from deltacrown.api.shapes.matches import MatchName


class Dispute(Shown):
    """A dispute; its reporter and moderators see it."""

    handle: str = Field(description="Names the dispute.")
    reporter: PublicId
    about: Literal["match", "result"]
    game: str | None = Field(description="Of the disputed match.")
    match_key: str | None
    tournament: str | None = Field(description="Of the disputed result.")
    reason: str
    status: DisputeStatus
    filed_at: DateTime
    resolution: str
    resolved_at: DateTime | None


class ResultName(Given):
    """Which official result."""

    tournament: str = Field(description="The tournament's slug.")
    player: str | None = Field(None, description="A public id.")
    team: str | None = Field(None, description="A team's slug.")


class GivenDispute(Given):
    """An objection to a match the caller played in, or to a result of a tournament they entered: one of the two."""  # noqa: E501 - the public text

    match: MatchName | None = None
    result: ResultName | None = None
    reason: str = Field(max_length=2000, description="What is wrong, in the reporter's words.")


class GivenRemedy(Given):
    """How the disputed rows are put right; which fields it needs depends on the kind."""

    kind: Literal["void_match", "correct_match", "correct_result", "disqualify"]
    player: str | None = Field(
        None, description="void_match: a public id, to void the line of this player alone."
    )
    results: dict[str, Result] = Field(
        default_factory=dict, description="correct_match: public id → the right result."
    )
    scores: dict[str, GivenScore] = Field(
        default_factory=dict, description="correct_match: public id → the right score."
    )
    placement: int | None = Field(
        None, description="correct_result: the right placement; null, when given, takes it away."
    )
    placement_to: int | None = Field(None, description="correct_result: the last place of a range.")
    unplaced_reason: str = Field("", description="correct_result: why there is no placement.")
    prize: GivenAmount | None = Field(
        None, description="correct_result: the right prize; left as it is when left out."
    )


class GivenUpholding(Given):
    """What was found for the reporter, and what is done about it."""

    resolution: str = Field(max_length=2000)
    remedy: GivenRemedy


class GivenRejection(Given):
    """What was found against the reporter."""

    resolution: str = Field(max_length=2000)

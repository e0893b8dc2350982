"""The shapes of leaderboards."""

from __future__ import annotations

from pydantic import Field

from deltacrown.api.shapes import DateTime, PageOf, PublicId, Shown, Value


class BoardLine(Shown):
    """A leaderboard there is."""

    stat: str
    label: str
    by_game: bool = Field(description="Whether it exists for single games too.")


class RankedPlayer(Shown):
    """A ranked player; players with the same value share the rank, and as many ranks are left out after them: 1, 2, 2, 4."""  # noqa: E501 - the public text

    rank: int
    public_id: PublicId
    name: str
    country: str
    value: Value


class Leaderboard(PageOf[RankedPlayer]):
    """A page of a leaderboard, best first."""

    stat: str
    label: str
    meaning: str
    unit: str
    rule: str = Field(description="Who is ranked, in one sentence.")
    tie_rule: str = Field(description="How players with the same value are ranked and listed.")
    game: str | None
    country: str | None
    period: str
    since: DateTime | None = Field(description="The beginning of the period; null for all time.")


class Around(Shown):
    """A player's place on a leaderboard. Ranks are those of the whole leaderboard."""

    stat: str
    tie_rule: str = Field(description="How players with the same value are ranked and listed.")
    game: str | None
    country: str | None
    period: str
    since: DateTime | None = Field(description="The beginning of the period; null for all time.")
    rank: int | None = Field(description="The player's rank; null when not ranked.")
    value: Value
    items: list[RankedPlayer] = Field(
        description="Those just before, the player, those just after, in order."
    )

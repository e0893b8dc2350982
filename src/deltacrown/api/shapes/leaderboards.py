"""The shapes of leaderboards."""

from __future__ import annotations

from pydantic import Field

from deltacrown.api.shapes import AvatarUrl, DateTime, PageOf, PublicId, Shown, Value, avatar_url


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
    avatar_url: AvatarUrl = avatar_url()


class BoardPeriod(Shown):
    """The period a leaderboard is of, by when what it counts happened."""

    name: str = Field(description="`all`, `season` or `30days`.")
    label: str = Field(description="What people call it: the name of a season, `Last 30 days`.")
    since: DateTime | None = Field(description="The midnight at which it begins; null for all time.")
    until: DateTime | None = Field(
        description="The midnight at which it ends; null where it has no end. What happens then is after it."
    )
    is_final: bool = Field(
        description="Whether it is over. The board then changes only when something in it is corrected."
    )


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
    period: BoardPeriod
    season: str | None = Field(description="The slug of the season it is of; null for none.")
    as_of: DateTime | None = Field(description="The end of the last day that counts; null for now.")
    left_out: str = Field(
        description="Who is not ranked though they played, in words; empty where everybody is."
    )


class Around(Shown):
    """A player's place on a leaderboard. Ranks are those of the whole leaderboard."""

    stat: str
    tie_rule: str = Field(description="How players with the same value are ranked and listed.")
    game: str | None
    country: str | None
    period: BoardPeriod
    season: str | None = Field(description="The slug of the season it is of; null for none.")
    as_of: DateTime | None = Field(description="The end of the last day that counts; null for now.")
    left_out: str = Field(
        description="Who is not ranked though they played, in words; empty where everybody is."
    )
    rank: int | None = Field(description="The player's rank; null when not ranked.")
    value: Value
    items: list[RankedPlayer] = Field(
        description="Those just before, the player, those just after, in order."
    )

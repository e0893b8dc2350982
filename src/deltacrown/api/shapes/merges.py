"""The shapes of merges of two accounts."""

from __future__ import annotations

from pydantic import Field

from deltacrown.api.shapes import DateTime, Given, Shown


class Collision(Shown):
    """What both accounts have, and one can have only."""

    table: str
    subject: str = Field(description="In what the two rows are the same: a match, a tournament, a team.")
    stays: str = Field(description="The username of the account whose row stays; empty where neither does.")


class MergePreview(Shown):
    """What a merge would do."""

    kept: str
    merged: str
    moves: dict[str, int] = Field(description="What becomes the kept account's, by table.")
    collides: dict[str, int] = Field(description="What is set aside, by table.")
    collisions: list[Collision] = Field(description="The first of these.")
    total: int = Field(description="How many there are.")
    met: int = Field(description="In how many matches both have a line.")
    warning: str


class Merge(Shown):
    """An account that was merged into another."""

    kept: str = Field(description="The public id of the account that stands for both.")
    merged: str = Field(description="The public id of the other.")
    reason: str
    decided_by: str | None = Field(description="The public id of who did it.")
    merged_at: DateTime
    undo_until: DateTime
    undone_at: DateTime | None


class GivenMerge(Given):
    """Which account to merge into that of the address, and why."""

    merged: str = Field(description="The public id of the account that ends.")
    reason: str
    allow_meetings: bool = Field(False, description="Merge although both have a line in one match.")

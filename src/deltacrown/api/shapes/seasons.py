"""The shapes of seasons."""

from __future__ import annotations

from pydantic import Field

from deltacrown.api.shapes import DateTime, Shown


class SeasonLine(Shown):
    """A named period of whole days in UTC, of one game or of all. Seasons may overlap."""

    slug: str
    name: str
    game_slug: str | None = Field(description="The game it is of; null for all games.")
    game_name: str | None
    starts_at: DateTime = Field(description="The midnight at which its first day begins.")
    ends_at: DateTime = Field(
        description="The midnight at which its last day ends: what happens then is of the next day."
    )

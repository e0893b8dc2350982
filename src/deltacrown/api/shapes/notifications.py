"""The shapes of notifications: what the caller is told."""

from __future__ import annotations

from pydantic import Field

from deltacrown.api.shapes import DateTime, Given, PageOf, Shown, Word


class Notification(Shown):
    """Something that the caller is told, as it is today."""

    handle: str = Field(description="Names the notification.")
    kind: Word = Field(description="What it is about.", examples=["MATCH_CORRECTED"])
    text: str = Field(description="What it says.", examples=["Bob follows you."])
    page: str = Field(
        description="The path of the page on this site that it leads to.", examples=["/players/DC-25-000043/"]
    )
    happened_at: DateTime = Field(description="When what it tells happened.")
    is_read: bool


class Notifications(PageOf[Notification]):
    """A page of what the caller is told, and how much of it is unread."""

    unread: int = Field(description="How many are unread, of all pages; 100 where there are more.")


class GivenRead(Given):
    """What was read."""

    notification: str | None = Field(
        None, description="The handle of one; without it, everything that was told until now is read."
    )


class Unread(Shown):
    """What is left to read."""

    unread: int = Field(description="How many are unread; 100 where there are more.")

"""The shapes of what belongs to the caller."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from deltacrown.api.shapes import DateTime, Given, Shown
from deltacrown.api.shapes.players import PlayerLine, StatLine, ToldStanding


class Privacy(Shown):
    """What a player lets others see."""

    show_match_history: bool
    show_tournament_stats: bool


class GivenPrivacy(Given):
    """What to let others see."""

    show_match_history: bool
    show_tournament_stats: bool


class KeyInUse(Shown):
    """The key a request was made with."""

    prefix: str
    name: str
    scopes: list[str]


class Me(PlayerLine):
    """The caller."""

    username: str
    is_staff: bool
    stats: list[StatLine]
    privacy: Privacy
    standing: ToldStanding | None
    key: KeyInUse | None = Field(description="The key the request was made with; null for a session.")


Scope = Literal["read", "matches:write", "tournaments:write", "notifications:write", "players:create"]


class Key(Shown):
    """An API key, without its secret."""

    prefix: str = Field(description="Names the key.")
    name: str
    made_by: str | None = Field(
        description="The public id of who made it, its owner or staff; null when that was not kept."
    )
    scopes: list[str]
    created_at: DateTime
    last_used_at: DateTime | None = Field(description="To the minute.")
    revoked_at: DateTime | None


class NewKey(Key):
    """A key just made, with its secret: shown this once."""

    secret: str = Field(description="Send it as `Authorization: Bearer SECRET`. It cannot be shown again.")


class GivenKey(Given):
    """A key to make."""

    name: str = Field(description="What it is for.", min_length=1, max_length=60, examples=["game server 1"])
    scopes: list[Scope] = Field(min_length=1, max_length=5)
    player: str | None = Field(
        None,
        description="The public id of whom it is for, if not for the caller: it takes the permission "
        "`accounts.act_for_player`.",
    )

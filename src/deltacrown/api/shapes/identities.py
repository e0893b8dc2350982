"""The shapes of who players are: names, country, and ids at other providers."""

from __future__ import annotations

from pydantic import Field

from deltacrown.api.shapes import DateTime, Given, PublicId, Shown
from deltacrown.api.shapes.players import ProfileLink

LONGEST_EXTERNAL_ID = 231


class GivenLink(Given):
    """A link to show on a profile."""

    url: str = Field(
        max_length=200,
        description="An address that begins with `https://` and names a site; no usernames, no machines.",
        examples=["https://example.org/me"],
    )
    label: str = Field(
        "", max_length=160, description="What to call it, at most 40 characters; may be empty."
    )


class GivenIdentity(Given):
    """What to change of a player; what is left out, or null, stays."""

    username: str | None = Field(
        None, max_length=600, description="The name to sign in with. The former one still finds the player."
    )
    display_name: str | None = Field(
        None, max_length=240, description="The name that pages show; empty for the username."
    )
    country: str | None = Field(
        None, max_length=60, description="Two letters of ISO 3166-1, or empty.", examples=["DE"]
    )
    bio: str | None = Field(None, max_length=1000)
    links: list[GivenLink] | None = Field(None, max_length=5, description="All of them, in their order.")


class PlayerIdentity(Shown):
    """Who a player is, as the player and staff see it."""

    public_id: PublicId
    username: str
    display_name: str = Field(description="Empty when pages show the username.")
    country: str = Field(description="Two letters of ISO 3166-1, or empty.")
    bio: str
    links: list[ProfileLink]


class GivenExternalId(Given):
    """An id of a player at a provider."""

    external_id: str = Field(
        max_length=LONGEST_EXTERNAL_ID,
        description="`provider:id`. Ids of steam, riot, battlenet, startgg, faceit and discord are checked.",
        examples=["steam:76561198000000042"],
    )


class ExternalIdLine(Shown):
    """An id of a player at a provider. Only the player and staff see it."""

    provider: str = Field(examples=["steam"])
    value: str = Field(examples=["76561198000000042"])
    is_confirmed: bool = Field(
        description="Whether staff or an import said so. One that only the player claims finds nobody."
    )
    added_at: DateTime


class FoundTeam(Shown):
    """A team found by an external id."""

    slug: str
    name: str

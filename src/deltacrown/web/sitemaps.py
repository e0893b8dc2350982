"""The addresses that search engines are told of: public pages only, and nothing of when they changed.

When a player's page changed would tell when they played.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib.sitemaps import Sitemap
from django.urls import reverse

from deltacrown.pages import sharing
from deltacrown.user_profile.models import UserProfile
from deltacrown.user_profile.stat_fields import list_leaderboards

#: Addresses of a page.
PER_PAGE = 10_000


class Section(Sitemap):  # type: ignore[type-arg] # Django's is generic in its stubs alone
    """A list of addresses in pages of ten thousand."""

    limit = PER_PAGE


class Front(Section):
    """The pages there is one of, and the leaderboards."""

    def items(self) -> list[str]:
        """Return the paths."""
        boards = [reverse("leaderboard", args=[stat]) for stat in list_leaderboards(UserProfile)]
        return [*map(reverse, ("home", "tournaments", "seasons", "player-search")), *boards]

    def location(self, item: str) -> str:
        """Return the path."""
        return item


class Players(Section):
    """The players who are listed."""

    def items(self) -> Any:
        """Return the profiles."""
        return sharing.list_public_players()

    def location(self, item: UserProfile) -> str:
        """Return the path of a profile."""
        return reverse("player", args=[item.public_id])


class Tournaments(Section):
    """The tournaments that are published."""

    def items(self) -> Any:
        """Return the tournaments."""
        return sharing.list_public_tournaments()

    def location(self, item: Any) -> str:
        """Return the path of a tournament."""
        return reverse("tournament", args=[item.slug])


class Teams(Section):
    """The teams."""

    def items(self) -> Any:
        """Return the teams."""
        return sharing.list_public_teams()

    def location(self, item: Any) -> str:
        """Return the path of a team."""
        return reverse("team", args=[item.slug])


SECTIONS: Mapping[str, type[Section]] = {
    "front": Front,
    "players": Players,
    "tournaments": Tournaments,
    "teams": Teams,
}

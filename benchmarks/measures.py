"""What several topics need: players to open the pages of, and pages opened through the whole site."""

from __future__ import annotations

import random

from django.core.cache import cache
from django.test import Client


def draw_players(samples: int) -> list[str]:
    """Return different public ids of players who hide nothing, drawn in proportion to their matches."""
    from deltacrown.user_profile.models import UserProfile

    shown = UserProfile.objects.filter(standing="ACTIVE", user__privacy_settings__show_match_history=True)
    rows = list(shown.order_by("pk").values_list("public_id", "total_matches_played"))
    drawn = random.Random(7).choices(
        [row[0] for row in rows], weights=[row[1] + 1 for row in rows], k=samples * 3
    )
    return list(dict.fromkeys(drawn))[:samples]


def warm_up(client: Client, addresses: list[str]) -> None:
    """Open some pages, so that templates are compiled and the database connection is open."""
    for address in addresses[:5]:
        fetch(client, address)


def forget() -> None:
    """Empty the cache, and what this process has at hand."""
    from deltacrown.pages import cached

    cache.clear()
    cached.AT_HAND.clear()


def fetch(client: Client, address: str, *, clear: bool = False) -> None:
    """Open a page; forget what is kept before if ``clear``.

    :raises RuntimeError: the status is not 200.
    """
    if clear:
        forget()
    answer = client.get(address)
    if answer.status_code != 200:
        raise RuntimeError(f"{address} answered {answer.status_code}")

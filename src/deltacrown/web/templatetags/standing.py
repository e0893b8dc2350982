"""The template tag for what a signed-in player is told of their standing on every page."""

from __future__ import annotations

from typing import Any

from django import template

from deltacrown.user_profile.models import Standing
from deltacrown.user_profile.people.standings import ToldStanding, get_standing

register = template.Library()


@register.simple_tag
def own_suspension(person: Any) -> ToldStanding | None:
    """Return the suspension of a signed-in player.

    None, without a query beside that of the profile that every page reads, for who is not suspended.
    """
    profile = getattr(person, "profile", None)
    if profile is None or profile.standing != Standing.SUSPENDED:
        return None
    told = get_standing(person, person, profile)
    return told if told is not None and told.standing == Standing.SUSPENDED else None

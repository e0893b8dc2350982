"""The template filter for the way to the moderator's bench."""

from __future__ import annotations

from typing import Any

from django import template

from deltacrown.pages import bench
from deltacrown.pages.bench_overview import may_enter

register = template.Library()


@register.filter
def may_moderate(person: Any) -> bool:
    """Return whether a signed-in person has any right of the bench."""
    return may_enter(person)


@register.filter
def may_open_players(person: Any) -> bool:
    """Return whether a signed-in person may open the bench's pages of players."""
    return bench.may_open_players(person)

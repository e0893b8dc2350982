"""Template tags for ``{% block meta %}``: what a page says of itself to other sites."""

from __future__ import annotations

from typing import Any

from django import template

from deltacrown.web import sharing
from deltacrown.web.sharing import Meta

register = template.Library()
PART = "web/parts/meta.html"


@register.inclusion_tag(PART, takes_context=True)
def player_meta(context: Any, profile: Any, title: str = "") -> dict[str, Meta | None]:
    """Describe a page of a player: ``{% player_meta profile %}``, ``{% player_meta profile "Matches" %}``."""
    return {"meta": sharing.describe_player(context["request"], profile, title)}


@register.inclusion_tag(PART, takes_context=True)
def tournament_meta(context: Any, event: Any) -> dict[str, Meta | None]:
    """Describe a page of a tournament: ``{% tournament_meta event %}``."""
    return {"meta": sharing.describe_tournament(context["request"], event)}


@register.inclusion_tag(PART, takes_context=True)
def match_meta(context: Any, match: Any) -> dict[str, Meta]:
    """Describe the page of a match: ``{% match_meta match %}``."""
    return {"meta": sharing.describe_match(context["request"], match)}


@register.inclusion_tag(PART, takes_context=True)
def page_meta(context: Any, title: str, description: str) -> dict[str, Meta]:
    """Describe any other page: ``{% page_meta team.name "Its members and roles." %}``."""
    return {"meta": sharing.describe_page(context["request"], title, description)}


@register.simple_tag(takes_context=True)
def badge_snippets(context: Any, profile: Any) -> dict[str, str]:
    """Return the HTML with which other sites show a player's badge: ``frame`` and ``picture``."""
    return sharing.write_snippets(context["request"], profile)

"""Template tags: the pictures and the names of players and teams."""

from __future__ import annotations

from typing import Any

from django import template
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from deltacrown.web.identicons import draw_identicon

register = template.Library()


@register.simple_tag
def avatar(profile: Any, size: str = "small") -> SafeString:
    """Return the picture of a player, hidden from screen readers: the name is beside it.

    :param profile: whatever has a ``public_id``.
    :param size: ``small`` or ``large``: a class of the style sheet.
    """
    return _draw(profile.public_id, f"avatar {size}")


@register.simple_tag
def team_avatar(slug: str, size: str = "small") -> SafeString:
    """Return the picture of a team, hidden from screen readers: the name is beside it."""
    return _draw(slug, f"avatar team {size}")


@register.simple_tag
def player_link(profile: Any) -> SafeString:
    """Return the name of a player as a link to their page, whatever script it is written in.

    :param profile: whatever has a ``public_id`` and a ``name``.
    """
    address = reverse("player", args=[profile.public_id])
    return format_html('<a href="{}"><bdi>{}</bdi></a>', address, profile.name)


def _draw(text: str, classes: str) -> SafeString:
    drawn = draw_identicon(text)
    return format_html(
        '<svg class="{} hue-{}" viewBox="-1 -1 7 7" aria-hidden="true"><path d="{}"/></svg>',
        classes,
        drawn.hue,
        drawn.path,
    )

"""Template tags: the pictures and the names of players and teams."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import template
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from deltacrown.core.addresses import write_address
from deltacrown.web.identicons import draw_identicon

register = template.Library()

#: The sides of pictures in pixels, before the style sheet is there.
SIDES = {"small": 26, "large": 68}


@register.simple_tag
def avatar(profile: Any, size: str = "small") -> SafeString:
    """Return the picture of a player, hidden from screen readers: the name is beside it.

    :param profile: whatever has a ``public_id``, and as ``picture`` the name of an uploaded one or nothing.
    :param size: ``small`` or ``large``: a class of the style sheet.
    """
    picture = getattr(profile, "picture", "")
    if picture:
        return format_html(
            '<img class="avatar {}" src="{}" width="{}" height="{}" alt="" loading="lazy" decoding="async">',
            size,
            reverse("avatar", args=[picture]),
            *[SIDES[size]] * 2,
        )
    return _draw(profile.public_id, f"avatar {size}")


@register.simple_tag
def team_avatar(slug: str, size: str = "small") -> SafeString:
    """Return the picture of a team, hidden from screen readers: the name is beside it."""
    return _draw(slug, f"avatar team {size}")


@register.simple_tag
def entrant_links(entrants: Iterable[Any]) -> SafeString:
    """Return the names of players or teams as ``entrant_link`` writes each, with commas between them."""
    return format_html_join(", ", "{}", [(entrant_link(each),) for each in entrants])


@register.filter
def entrant_of(result: Any) -> str:
    """Return the name of the team or the player whose result of a tournament it is."""
    return str(result.team.name if result.team else result.user.profile.name)


@register.simple_tag
def player_link(profile: Any) -> SafeString:
    """Return the name of a player as a link to their page, whatever script it is written in.

    :param profile: whatever has a ``public_id`` and a ``name``.
    """
    address = write_address("player", profile.public_id)
    return format_html('<a href="{}"><bdi>{}</bdi></a>', address, profile.name)


@register.simple_tag
def entrant_link(entrant: Any) -> SafeString:
    """Return the name of a player or a team as a link to their page, for a sentence that holds it.

    :param entrant: whatever has a ``name``, a ``public_id`` and a ``team_slug``: the name alone without.
    """
    if entrant.public_id:
        return player_link(entrant)
    if not entrant.team_slug:
        return format_html("<bdi>{}</bdi>", entrant.name)
    return format_html(
        '<a href="{}"><bdi>{}</bdi></a>', write_address("team", entrant.team_slug), entrant.name
    )


def _draw(text: str, classes: str) -> SafeString:
    drawn = draw_identicon(text)
    return format_html(
        '<svg class="{} hue-{}" viewBox="-1 -1 7 7" aria-hidden="true"><path d="{}"/></svg>',
        classes,
        drawn.hue,
        drawn.path,
    )

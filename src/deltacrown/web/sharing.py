"""What a page says of itself to search engines, and to sites that show a link to it.

Only what an anonymous visitor sees, whoever the reader is: pages are saved and passed on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _

from deltacrown.core.dates import write_day
from deltacrown.pages.sharing import CARD_STATS
from deltacrown.tournaments.models import Tournament
from deltacrown.user_profile.models import UserProfile
from deltacrown.user_profile.numbers.catalogue import describe_stat
from deltacrown.user_profile.standing import SHOWN
from deltacrown.web.cards import HEIGHT, WIDTH, write_value


@dataclass(frozen=True)
class Meta:
    """What the head of a page says; addresses are absolute.

    :param kind: of Open Graph: ``website`` or ``profile``.
    :param feed: the address of an Atom feed of the same.
    """

    title: str
    description: str
    address: str
    kind: str = "website"
    image: str = ""
    feed: str = ""
    image_width: int = WIDTH
    image_height: int = HEIGHT


def describe_player(request: HttpRequest, profile: UserProfile, title: str = "") -> Meta | None:
    """Return what the pages of a player say; None for an account whose pages only staff see.

    :param title: of the page, where it is not the overview.
    """
    if profile.standing not in SHOWN:
        return None
    lines = [describe_stat(profile, name) for name in CARD_STATS]
    public_id = profile.public_id
    return Meta(
        title=_("%(page)s: %(player)s") % {"page": title, "player": profile.name} if title else profile.name,
        description=f"{public_id}. "
        + ", ".join(f"{line.label}: {write_value(line)}" for line in lines)
        + ".",
        address=_own_address(request),
        kind="profile",
        image=request.build_absolute_uri(reverse("player-card", args=[public_id])),
        feed=request.build_absolute_uri(reverse("player-feed", args=[public_id])),
    )


def describe_tournament(request: HttpRequest, event: Tournament) -> Meta | None:
    """Return what the pages of a tournament say; None for a draft."""
    if event.status == Tournament.Status.DRAFT:
        return None
    first, last = write_day(event.starts_at), write_day(event.ends_at) if event.ends_at else ""
    days = first if last in {"", first} else f"{first} – {last}"
    return Meta(
        title=event.name,
        description=f"{event.game.name}, {days}. {event.get_status_display()}.",
        address=_own_address(request),
        image=request.build_absolute_uri(reverse("tournament-card", args=[event.slug])),
        feed=request.build_absolute_uri(reverse("result-feed")),
    )


def describe_match(request: HttpRequest, match: Any) -> Meta:
    """Return what the page of a match says: its game and tournament, and the score of an official one.

    The players of a casual match may hide it, and then a visitor is told no name of theirs.
    """
    told = {"game": match.game.name}
    title, description = _("%(game)s match") % told, _("A match of %(game)s.") % told
    if match.tournament:
        told["tournament"] = match.tournament.name
        sentence = _("A match of %(game)s in %(tournament)s, with what every player did.")
        if match.sides and match.score:
            first, second = match.sides
            told["score"] = title = f"{first.name} {match.score} {second.name}"
            sentence = _("%(score)s: a match of %(game)s in %(tournament)s, with what every player did.")
        description = sentence % told
    return Meta(title=title, description=description, address=_own_address(request))


def describe_page(request: HttpRequest, title: str, description: str) -> Meta:
    """Return what a page says that is the same for everybody."""
    return Meta(title=title, description=description, address=_own_address(request))


def _own_address(request: HttpRequest) -> str:
    """Return the address of the page without filters and cursors: one page, however it is shown."""
    return request.build_absolute_uri(request.path)


def write_snippets(request: HttpRequest, profile: UserProfile) -> dict[str, str]:
    """Return the HTML with which other sites show the badge of a player: in a frame, and as a picture."""
    page, frame, picture = (
        request.build_absolute_uri(reverse(name, args=[profile.public_id]))
        for name in ("player", "player-badge", "player-badge-picture")
    )
    return {
        "frame": _as_text(
            '<iframe src="{}" title="{}" width="320" height="72"></iframe>', frame, profile.name
        ),
        "picture": _as_text(
            '<a href="{}"><img src="{}" alt="{}" width="320" height="72"></a>', page, picture, profile.name
        ),
    }


def _as_text(markup: str, *values: str) -> str:
    """Return markup to be shown, and so escaped once more by the template."""
    return "".join(format_html(markup, *values))

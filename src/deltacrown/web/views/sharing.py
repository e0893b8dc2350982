"""What is shown elsewhere: cards, badges, feeds, calendars, and what search engines are told."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import astuple

from csp.decorators import csp_replace
from django.contrib.sitemaps import views as sitemap_views
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import get_conditional_response
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.http import require_safe

from deltacrown.core import clock
from deltacrown.freshness import cache_store
from deltacrown.pages import sharing
from deltacrown.pages.sharing import BADGE_STATS
from deltacrown.tournaments.models import Tournament
from deltacrown.user_profile.people.avatars import read_file
from deltacrown.web import badges, cards
from deltacrown.web.calendars import write_calendar
from deltacrown.web.feeds import write_feed
from deltacrown.web.reader import for_everybody
from deltacrown.web.renamed import redirect_moved, redirect_renamed
from deltacrown.web.sitemaps import SECTIONS

#: For how many seconds others may show a picture without asking again, and for how many we keep one.
SHOWN_FOR, KEPT_FOR = 300, 3600
ATOM = "application/atom+xml; charset=utf-8"
CALENDAR = "text/calendar; charset=utf-8"
#: What no search engine needs: pages of one's own, of staff, of searches, and the depths of lists.
NOT_INDEXED = (
    "/admin/",
    "/api/",
    "/disputes/",
    "/feed/",
    "/moderation/",
    "/search/",
    "/settings/",
    "/sign-in/",
    "/sign-out/",
    "/*?page=",
    "/*&page=",
)


@require_safe
@for_everybody
def show_player_card(request: HttpRequest, public_id: str) -> HttpResponseBase:
    """Draw the card of a player."""
    card = sharing.get_player_card(public_id)
    moved = redirect_moved(request, public_id=(public_id, card.public_id))
    return moved or _answer_card(request, cards.describe_player(card))


@require_safe
@for_everybody
def show_tournament_card(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Draw the card of a tournament."""
    card = sharing.get_tournament_card(slug)
    moved = redirect_renamed(request, slug=(slug, card.slug))
    return moved or _answer_card(request, cards.describe_tournament(card))


@csp_replace({"frame-ancestors": ["*"]})  # type: ignore[arg-type] # typed for views without words
@xframe_options_exempt
def show_badge(request: HttpRequest, public_id: str) -> HttpResponseBase:
    """Show the badge of a player, which any site may put in a frame; a refusal may be in none."""
    return _show_badge(request, public_id)


@require_safe
@for_everybody
def _show_badge(request: HttpRequest, public_id: str) -> HttpResponseBase:
    card = sharing.get_player_card(public_id, BADGE_STATS)
    moved = redirect_moved(request, public_id=(public_id, card.public_id))
    if moved:
        return moved
    figures = [(line.label, cards.write_value(line)) for line in card.stats]
    response = render(request, "web/badge.html", {"card": card, "figures": figures})
    return _may_be_shown(response)


@require_safe
@for_everybody
def show_badge_picture(request: HttpRequest, public_id: str) -> HttpResponseBase:
    """Draw the badge of a player, for where there can be no frame."""
    card = sharing.get_player_card(public_id, BADGE_STATS)
    moved = redirect_moved(request, public_id=(public_id, card.public_id))
    if moved:
        return moved
    response = HttpResponse(badges.draw_badge(card, read_file(card.picture)), content_type="image/svg+xml")
    return _may_be_shown(_answer(request, response))


@require_safe
@for_everybody
def show_player_feed(request: HttpRequest, public_id: str) -> HttpResponseBase:
    """Show a player's public timeline as an Atom feed."""
    shown = sharing.get_player_feed(public_id)
    profile = shown.profile
    moved = redirect_moved(request, public_id=(public_id, profile.public_id))
    if moved:
        return moved
    written = write_feed(
        request,
        shown.entries,
        title=f"{profile.name} · DeltaCrown",
        subtitle=_("Public activity"),
        page=reverse("player-activity", args=[profile.public_id]),
    )
    return _answer(request, HttpResponse(written, content_type=ATOM))


@require_safe
@for_everybody
def show_result_feed(request: HttpRequest) -> HttpResponseBase:
    """Show the latest results of tournaments as an Atom feed."""
    written = write_feed(
        request,
        sharing.list_result_entries(),
        title=_("Results · DeltaCrown"),
        subtitle=_("Tournaments that were completed, with their podiums"),
        page=reverse("tournaments"),
    )
    return _answer(request, HttpResponse(written, content_type=ATOM))


@require_safe
@for_everybody
def show_tournament_calendar(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Show when a tournament is, as a calendar file."""
    event = sharing.get_event(slug)
    moved = redirect_renamed(request, slug=(slug, event.slug))
    return moved or _answer_calendar(request, event.name, [event])


@require_safe
@for_everybody
def show_calendar(request: HttpRequest) -> HttpResponseBase:
    """Show the tournaments that are to come, as a calendar file to subscribe to."""
    return _answer_calendar(request, "DeltaCrown", sharing.list_upcoming(clock.now()))


@require_safe
def show_sitemap(request: HttpRequest) -> HttpResponseBase:
    """Show which lists of addresses there are."""
    return sitemap_views.index(request, sitemaps=dict(SECTIONS), sitemap_url_name="sitemap-section")


@require_safe
def show_sitemap_section(request: HttpRequest, section: str) -> HttpResponseBase:
    """Show one list of addresses, in pages."""
    return sitemap_views.sitemap(request, sitemaps=dict(SECTIONS), section=section)


@require_safe
def show_robots(request: HttpRequest) -> HttpResponse:
    """Say what search engines may not read, and where the list of addresses is."""
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in NOT_INDEXED)]
    lines.append(f"Sitemap: {request.build_absolute_uri(reverse('sitemap'))}")
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")


def _answer_card(request: HttpRequest, card: cards.Card) -> HttpResponseBase:
    """Answer with a card, kept under a digest of all that it says.

    So what is kept can never be wrong: the facts are read each time, and other facts have another digest.
    """
    digest = hashlib.sha256(repr((cards.EDITION, astuple(card))).encode()).hexdigest()[:32]
    etag = f'"{digest}"'
    unchanged = get_conditional_response(request, etag=etag)
    if unchanged is not None:
        return _may_be_shown(unchanged)

    drawn = _keep(f"card/{digest}", lambda: cards.draw_card(card, read_file(card.photo)))
    response = HttpResponse(drawn, content_type="image/png", headers={"ETag": etag})
    return _may_be_shown(response)


def _keep(key: str, draw: Callable[[], bytes]) -> bytes:
    kept = cache_store.read(key)
    if isinstance(kept, bytes):
        return kept
    drawn = draw()
    cache_store.write(key, drawn, seconds=KEPT_FOR)
    return drawn


def _answer_calendar(request: HttpRequest, name: str, events: list[Tournament]) -> HttpResponseBase:
    def get_address(event: Tournament) -> str:
        return request.build_absolute_uri(reverse("tournament", args=[event.slug]))

    written = write_calendar(name, events, get_address=get_address)
    headers: Mapping[str, str] = {"Content-Disposition": 'inline; filename="tournaments.ics"'}
    return _answer(request, HttpResponse(written, content_type=CALENDAR, headers=headers))


def _answer(request: HttpRequest, response: HttpResponse) -> HttpResponseBase:
    """Answer 304 to who has the same already. Who may keep it is left to ``PrivatePages``."""
    etag = f'"{hashlib.sha256(response.content).hexdigest()[:32]}"'
    response["ETag"] = etag
    return get_conditional_response(request, etag=etag, response=response) or response


def _may_be_shown(response: HttpResponseBase) -> HttpResponseBase:
    """Let shared caches keep what is the same for everybody, for a short while."""
    response["Cache-Control"] = f"public, max-age={SHOWN_FOR}"
    return response

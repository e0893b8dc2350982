"""The pages of a player that are looked at most, kept for a while; see docs/explanation/caching.md.

``freshness.keeping`` keeps a page under the player's content token. Pages are kept per audience, never per
viewer. What staff see, and what players see of themselves, is kept of the overview alone: staff share it with
staff to whom the same is open. What follows from the rows of others is not kept: opponents, and how many
lines a match has, are added to what was kept, and so are places on leaderboards, and the standing.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import astuple, replace
from datetime import datetime
from typing import Any, TypeVar

from deltacrown.accounts.models import User
from deltacrown.core.pagination import Page
from deltacrown.freshness import keeping
from deltacrown.games.models import Game
from deltacrown.pages import overviews, players
from deltacrown.pages.overviews import OverviewPage
from deltacrown.pages.owners import Owner, find_owner
from deltacrown.pages.players import ActivityPage, MatchesPage, ProfilePage
from deltacrown.user_profile.histories.filters import SLUG as GAME
from deltacrown.user_profile.histories.filters import get_game
from deltacrown.user_profile.histories.line_ups import add_opponents
from deltacrown.user_profile.histories.matches import MatchEntry
from deltacrown.user_profile.people.blocks import get_blocking
from deltacrown.user_profile.people.standings import get_standing
from deltacrown.user_profile.privacy import Viewer, get_visibility, is_self
from deltacrown.user_profile.shared import MATCHES_KEPT, TIMELINE_KEPT, USUAL_LIMIT, get_shared_audience

Shown = TypeVar("Shown", ProfilePage, MatchesPage, ActivityPage)
Kept = TypeVar("Kept")

#: For how many seconds each page is kept at most (SPEC section 6).
LIFETIMES: dict[type[object], int] = {
    ProfilePage: 5 * 60,
    OverviewPage: 5 * 60,
    MatchesPage: MATCHES_KEPT,
    ActivityPage: TIMELINE_KEPT,
}

#: How long a game's slug is at most.
LONGEST_GAME = Game._meta.get_field("slug").max_length or 0

#: What of an account gets into the cache.
SHOWN_OF_ACCOUNT = {"id", "username", "date_joined"}


def get_profile_page(public_id: str, *, viewer: Viewer) -> ProfilePage:
    """As ``players.build_profile_page``, from the cache; what ``_complete`` adds is never kept."""
    owner = find_owner(public_id, viewer)
    page = _serve(
        ProfilePage,
        owner,
        viewer,
        lambda: _without_account(players.build_profile_page(public_id, viewer=viewer, known=owner)),
    )
    return _complete(page, owner, viewer)


def get_overview_page(public_id: str, game: str | None, *, viewer: Viewer, now: datetime) -> OverviewPage:
    """As ``overviews.build_overview_page``, from the cache where allowed, also for the player and staff.

    ``ranks``, ``is_verified``, and whom the viewer follows and blocks, are never kept; nor is the standing.
    """
    if game is not None and not (len(game) <= LONGEST_GAME and GAME.fullmatch(game)):
        get_game(game)  # which refuses it; it must not become a key
    owner = find_owner(public_id, viewer, with_ranks=True, game=game)
    if owner and owner.flags:
        owner = replace(owner, visibility=get_visibility(owner.profile.user, viewer, owner.flags))

    def build() -> OverviewPage:
        page = overviews.build_overview_page(public_id, game, viewer=viewer, now=now, known=owner)
        return replace(page, shown=_without_account(page.shown))

    variant = f"/{game or ''}/{now:%Y%m%d}"
    page = _serve(OverviewPage, owner, viewer, build, variant=variant, keeps_all=True)
    # What their own standing is, players are told by the frame of every page.
    is_own = owner is not None and is_self(viewer, owner.profile.user)
    shown = _complete(page.shown, owner, viewer, with_standing=not is_own)
    if owner is None:
        return replace(page, shown=shown)
    hides = is_own and not (owner.flags and owner.flags.show_match_history)
    return replace(page, shown=shown, ranks=owner.ranks, is_verified=owner.is_verified, is_own_secret=hides)


def _complete(
    page: ProfilePage, owner: Owner | None, viewer: Viewer, *, with_standing: bool = True
) -> ProfilePage:
    """Return a page with what is never kept: of the viewer, of the standing, and from rows of others."""
    user = page.profile.user
    known = owner.profile if owner else None
    return replace(
        page,
        follows=owner.follows if owner else page.follows,
        blocks=owner.blocks if owner else get_blocking(viewer, user),
        standing=get_standing(user, viewer, known) if with_standing else None,
        matches=page.matches and add_opponents(page.matches, viewer=viewer),
    )


def get_matches_page(
    public_id: str,
    filters: Mapping[str, Any],
    page: str | None,
    *,
    limit: int = USUAL_LIMIT,
    viewer: Viewer,
) -> MatchesPage:
    """As ``players.build_matches_page``; a first page of the usual size, unfiltered, from the cache."""

    def build() -> MatchesPage:
        return players.build_matches_page(public_id, filters, page, limit=limit, viewer=viewer)

    is_usual = not filters and not page and limit == USUAL_LIMIT
    found = build() if not is_usual else _serve_first(MatchesPage, public_id, viewer, build)
    return replace(found, history=_with_opponents(found.history, viewer))


def list_matches(
    public_id: str,
    filters: Mapping[str, str],
    page: str | None,
    *,
    limit: int,
    viewer: Viewer,
) -> Page[MatchEntry]:
    """As ``players.list_matches``; what ``get_matches_page`` shows from the cache where allowed."""
    if filters or page or limit != USUAL_LIMIT:
        found = players.list_matches(public_id, filters, page, limit=limit, viewer=viewer)
        return _with_opponents(found, viewer)

    return get_matches_page(public_id, filters, page, viewer=viewer).history


def get_activity_page(
    public_id: str,
    page: str | None,
    *,
    limit: int = USUAL_LIMIT,
    viewer: Viewer,
) -> ActivityPage:
    """As ``players.build_activity_page``; the first page, of the usual size, from the cache where allowed."""

    def build() -> ActivityPage:
        return players.build_activity_page(public_id, page, limit=limit, viewer=viewer)

    is_usual = not page and limit == USUAL_LIMIT
    return _serve_first(ActivityPage, public_id, viewer, build) if is_usual else build()


def _with_opponents(found: Page[MatchEntry], viewer: Viewer) -> Page[MatchEntry]:
    return found.with_items(lambda entries: add_opponents(entries, viewer=viewer))


def _serve_first(kind: type[Shown], public_id: str, viewer: Viewer, build: Callable[[], Shown]) -> Shown:
    return _serve(kind, find_owner(public_id, viewer), viewer, lambda: _without_account(build()))


def _serve(
    kind: type[Kept],
    owner: Owner | None,
    viewer: Viewer,
    build: Callable[[], Kept],
    *,
    variant: str = "",
    keeps_all: bool = False,
) -> Kept:
    """Return what is kept for the audience of ``viewer``, or built now.

    :param build: returns nothing of the account but what may be kept; also says when there is no such player.
    :param variant: ends the key, where a player has several such pages.
    :param keeps_all: whether what players see of themselves is kept, and what staff see. Then nothing in it
        may be of the viewer.
    """
    if owner is None or owner.token is None:
        return build()
    user = owner.profile.user
    shared = get_shared_audience(viewer, user, follows=owner.follows, keeps_own=keeps_all)
    audience = shared.value if shared else _name_sight(owner) if keeps_all else None
    if audience is None:
        return build()
    return keeping.get_or_build(
        kind,
        owner=user.pk,
        token=owner.token,
        audience=audience + variant,
        seconds=LIFETIMES[kind],
        build=build,
    )


def _name_sight(owner: Owner) -> str | None:
    """Return a name of all that rights let the viewer see: who sees the same is shown the same."""
    if owner.visibility is None:
        return None
    return "staff-" + "".join("1" if is_seen else "0" for is_seen in astuple(owner.visibility))


def _without_account(page: Shown) -> Shown:
    """Return the page with only the name and the beginning of the player's account.

    So no password hash and no address gets into the cache.
    """
    profile = copy.copy(page.profile)
    # In the order of the model's columns, which is what Django takes them in.
    names = [field.attname for field in User._meta.concrete_fields if field.attname in SHOWN_OF_ACCOUNT]
    profile.user = User.from_db(None, names, [getattr(page.profile.user, name) for name in names])
    return replace(page, profile=profile)

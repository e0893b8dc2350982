"""The pages of a player that are looked at most, kept for a while; see docs/explanation/caching.md.

``freshness.keeping`` keeps a page under the player's content token. Pages are kept per audience, never per
viewer; what players and staff see for being themselves is not kept at all. Nor is what follows from the rows
of others: how many lines a match has is added to what was kept.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from django.db.models import OuterRef, Subquery

from deltacrown.accounts.models import User
from deltacrown.core.inputs import is_storable
from deltacrown.core.pagination import Page
from deltacrown.freshness import keeping
from deltacrown.freshness.models import ContentVersion
from deltacrown.pages import players
from deltacrown.pages.players import ActivityPage, MatchesPage, ProfilePage
from deltacrown.user_profile.histories.line_counts import count_lines
from deltacrown.user_profile.histories.matches import MatchEntry
from deltacrown.user_profile.models import UserProfile
from deltacrown.user_profile.people.blocks import get_blocking
from deltacrown.user_profile.privacy import Viewer
from deltacrown.user_profile.shared import MATCHES_KEPT, TIMELINE_KEPT, USUAL_LIMIT, get_shared_audience

Shown = TypeVar("Shown", ProfilePage, MatchesPage, ActivityPage)

#: For how many seconds each page is kept at most (SPEC section 6).
LIFETIMES: dict[type[object], int] = {
    ProfilePage: 5 * 60,
    MatchesPage: MATCHES_KEPT,
    ActivityPage: TIMELINE_KEPT,
}

#: What of an account gets into the cache.
SHOWN_OF_ACCOUNT = {"id", "username", "date_joined"}


@dataclass(frozen=True)
class _Owner:
    pk: int
    token: int | None


def get_profile_page(public_id: str, *, viewer: Viewer) -> ProfilePage:
    """As ``players.build_profile_page``, from the cache where allowed; ``blocks`` is never kept."""
    page = _serve(
        ProfilePage, public_id, viewer, lambda: players.build_profile_page(public_id, viewer=viewer)
    )
    page = replace(page, blocks=get_blocking(viewer, page.profile.user))
    return page if page.matches is None else replace(page, matches=count_lines(page.matches))


def get_matches_page(
    public_id: str, filters: Mapping[str, str], page: str | None, *, viewer: Viewer
) -> MatchesPage:
    """As ``players.build_matches_page``; the first page without filters from the cache where allowed."""

    def build() -> MatchesPage:
        return players.build_matches_page(public_id, filters, page, viewer=viewer)

    found = build() if filters or page else _serve(MatchesPage, public_id, viewer, build)
    return replace(found, history=found.history.with_items(count_lines))


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
        return players.list_matches(public_id, filters, page, limit=limit, viewer=viewer)

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
    return _serve(ActivityPage, public_id, viewer, build) if is_usual else build()


def _serve(kind: type[Shown], public_id: str, viewer: Viewer, build: Callable[[], Shown]) -> Shown:
    owner = _find_owner(public_id)
    if owner is None or owner.token is None:
        return build()  # which also says when there is no such player
    audience = get_shared_audience(viewer, User(pk=owner.pk))
    if audience is None:
        return build()
    return keeping.get_or_build(
        kind,
        owner=owner.pk,
        token=owner.token,
        audience=audience.value,
        seconds=LIFETIMES[kind],
        build=lambda: _without_account(build()),
    )


def _find_owner(public_id: str) -> _Owner | None:
    if not is_storable(public_id, multiline=False):
        return None
    token = Subquery(ContentVersion.objects.filter(owner=OuterRef("user_id")).values("token"))
    found = UserProfile.objects.filter(public_id=public_id).values_list("user_id", token).first()
    return _Owner(*found) if found else None


def _without_account(page: Shown) -> Shown:
    """Return the page with only the name and the beginning of the player's account.

    So no password hash and no address gets into the cache.
    """
    profile = copy.copy(page.profile)
    # In the order of the model's columns, which is what Django takes them in.
    names = [field.attname for field in User._meta.concrete_fields if field.attname in SHOWN_OF_ACCOUNT]
    profile.user = User.from_db(None, names, [getattr(page.profile.user, name) for name in names])
    return replace(page, profile=profile)

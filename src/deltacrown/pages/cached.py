"""The pages of a player that are looked at most, kept for a while; see docs/explanation/caching.md.

A page is kept under the player's content token as read before the page was built, and only if it
is still the token afterwards: it then shows exactly what is committed under that token, and nobody
who reads another token is shown it. Pages are kept per audience, never per viewer; what players
and staff see for being themselves is not kept at all.
"""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import cache
from typing import Any, TypeVar, get_args, get_type_hints

import django
from django.db.models import Model, OuterRef, Subquery

from deltacrown.accounts.models import User
from deltacrown.core.inputs import is_storable
from deltacrown.freshness import cache_store
from deltacrown.freshness.models import ContentVersion
from deltacrown.freshness.tokens import get_token
from deltacrown.pages import players
from deltacrown.pages.players import ActivityPage, MatchesPage, ProfilePage
from deltacrown.user_profile.models import UserProfile
from deltacrown.user_profile.privacy import Audience, Viewer, get_audience

Shown = TypeVar("Shown", ProfilePage, MatchesPage, ActivityPage)

#: For how many seconds each page is kept at most (SPEC section 6).
LIFETIMES: dict[type[object], int] = {ProfilePage: 5 * 60, MatchesPage: 60, ActivityPage: 30}

#: Everybody of such an audience sees the same. A player's own view and that of staff are nobody else's.
SHARED = frozenset({Audience.ANONYMOUS, Audience.MEMBER, Audience.FOLLOWER})


@dataclass(frozen=True)
class _Owner:
    pk: int
    token: int | None


def get_profile_page(public_id: str, *, viewer: Viewer) -> ProfilePage:
    """``players.build_profile_page``, from the cache where it may."""
    return _serve(ProfilePage, public_id, viewer, lambda: players.build_profile_page(public_id, viewer=viewer))


def get_matches_page(public_id: str, filters: Mapping[str, str], page: str | None, *, viewer: Viewer) -> MatchesPage:
    """``players.build_matches_page``; the first page without filters from the cache where it may."""

    def build() -> MatchesPage:
        return players.build_matches_page(public_id, filters, page, viewer=viewer)

    return build() if filters or page else _serve(MatchesPage, public_id, viewer, build)


def get_activity_page(public_id: str, page: str | None, *, viewer: Viewer) -> ActivityPage:
    """``players.build_activity_page``; the first page from the cache where it may."""

    def build() -> ActivityPage:
        return players.build_activity_page(public_id, page, viewer=viewer)

    return build() if page else _serve(ActivityPage, public_id, viewer, build)


def _serve(kind: type[Shown], public_id: str, viewer: Viewer, build: Callable[[], Shown]) -> Shown:
    owner = _find_owner(public_id)
    if owner is None or owner.token is None:
        return build()  # which also says when there is no such player
    audience = get_audience(viewer, User(pk=owner.pk))
    if audience not in SHARED:
        return build()
    shape = _shape_of(kind)  # type: ignore[arg-type] # the checker takes the class for one of its instances
    key = f"page/{kind.__name__}/{shape}/{owner.pk}/{owner.token}/{audience.value}"
    kept = cache_store.read(key)
    if isinstance(kept, kind):
        return kept
    built = _without_account(build())
    # What was committed while it was built may be in one half of it and not in the other, or may have made
    # this viewer another audience: such a page is shown to this viewer only.
    if get_token(owner.pk) == owner.token:
        cache_store.write(key, built, seconds=LIFETIMES[kind])
    return built


def _find_owner(public_id: str) -> _Owner | None:
    if not is_storable(public_id, multiline=False):
        return None
    token = Subquery(ContentVersion.objects.filter(owner=OuterRef("user_id")).values("token"))
    found = UserProfile.objects.filter(public_id=public_id).values_list("user_id", token).first()
    return _Owner(*found) if found else None


def _without_account(page: Shown) -> Shown:
    """The page with nothing of the player's account but the name: password hashes and addresses stay in the database."""
    profile = copy.copy(page.profile)
    profile.user = User.from_db(None, ["id", "username"], [page.profile.user_id, page.profile.user.username])
    return replace(page, profile=profile)


@cache
def _shape_of(kind: type[object]) -> str:
    """A digest of every field in a page, so that one release is never handed what another one kept."""
    described = ";".join([django.get_version(), *sorted(set(_describe(kind, set())))])
    return hashlib.sha256(described.encode()).hexdigest()[:12]


def _describe(kind: Any, seen: set[Any]) -> Iterator[str]:
    if kind in seen:
        return
    seen.add(kind)
    if isinstance(kind, type) and issubclass(kind, Model):
        yield f"{kind._meta.label}: {', '.join(field.attname for field in kind._meta.concrete_fields)}"
    elif is_dataclass(kind):
        yield f"{kind}: {', '.join(f'{field.name} {field.type}' for field in fields(kind))}"
        for hint in get_type_hints(kind).values():
            yield from _describe(hint, seen)
    for part in get_args(kind):
        yield from _describe(part, seen)

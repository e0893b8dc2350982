"""Find players: by public id, or by a part of a name."""

from __future__ import annotations

from django.db.models import Q

from deltacrown.core.errors import InvalidInput, NotFound
from deltacrown.core.inputs import is_storable
from deltacrown.core.pagination import Page, paginate
from deltacrown.user_profile.models import UserProfile

SHORTEST_SEARCH, LONGEST_SEARCH = 2, 60


def get_player(public_id: str) -> UserProfile:
    """The profile addressed by ``public_id``, its user fetched along.

    :raises NotFound: when there is none.
    """
    named = UserProfile.objects.select_related("user").filter(public_id=public_id)
    profile: UserProfile | None = named.first() if is_storable(public_id, multiline=False) else None
    if profile is None:
        raise NotFound(f"There is no player {public_id!r}: public ids look like DC-25-000042.", field="public_id")
    return profile


def find_players(query: str, page: str | None = None, *, limit: int = 20) -> Page[UserProfile]:
    """Return a page of the players whose name or username contains ``query``, or whose public id begins with it.

    :raises InvalidInput: when ``query`` is shorter than 2 or longer than 60 characters, or not text.
    """
    text = query.strip()
    if not (SHORTEST_SEARCH <= len(text) <= LONGEST_SEARCH and is_storable(text, multiline=False)):
        raise InvalidInput(f"Search for {SHORTEST_SEARCH} to {LONGEST_SEARCH} letters of a name or a public id.", field="q")
    found = Q(public_id__istartswith=text) | Q(display_name__icontains=text) | Q(user__username__icontains=text)
    rows = UserProfile.objects.filter(found).select_related("user")
    return paginate(rows, listing=f"players/{text}", order=("public_id",), cursor=page, limit=limit)

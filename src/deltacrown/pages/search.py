"""The search for players."""

from __future__ import annotations

from django.db.models import Q

from deltacrown.core.errors import InvalidInput
from deltacrown.core.inputs import is_storable
from deltacrown.core.pagination import Page, paginate
from deltacrown.user_profile.models import UserProfile

SHORTEST_SEARCH, LONGEST_SEARCH = 2, 60


def search_players(query: str, page: str | None = None, *, limit: int = 20) -> Page[UserProfile]:
    """Return a page of the players whose name or username contains ``query``.

    Players whose public id begins with it are found too.

    :raises InvalidInput: when ``query`` is shorter than 2 or longer than 60 characters, or not text.
    """
    text = query.strip()
    is_searchable = SHORTEST_SEARCH <= len(text) <= LONGEST_SEARCH and is_storable(text, multiline=False)
    if not is_searchable:
        message = f"Search for {SHORTEST_SEARCH} to {LONGEST_SEARCH} letters of a name or a public id."
        raise InvalidInput(message, field="q")

    by_id = Q(public_id__istartswith=text)
    by_name = Q(display_name__icontains=text) | Q(user__username__icontains=text)
    rows = UserProfile.objects.filter(by_id | by_name).select_related("user")
    return paginate(rows, listing=f"players/{text}", order=("public_id",), cursor=page, limit=limit)

"""The search for players."""

from __future__ import annotations

from django.db.models import Q

from deltacrown.accounts.models import FormerUsername
from deltacrown.core.errors import InvalidInput
from deltacrown.core.inputs import is_storable
from deltacrown.core.names import list_search_spellings, make_name_key
from deltacrown.core.pagination import Page, paginate
from deltacrown.user_profile.models import UserProfile

SHORTEST_SEARCH, LONGEST_SEARCH = 2, 60


def search_players(query: str, page: str | None = None, *, limit: int = 20) -> Page[UserProfile]:
    """Return a page of the players whose name contains ``query``, whatever its case and accents.

    It is the name that pages show: the display name, or the username of a player who has none, also a former
    one. A login name that no page shows is not found. Players whose public id begins with ``query`` are found
    too.

    :raises InvalidInput: when ``query`` is shorter than 2 or longer than 60 characters, or not text.
    """
    text = query.strip()
    is_searchable = is_storable(text, multiline=False) and len(text) <= LONGEST_SEARCH
    is_searchable = is_searchable and len(make_name_key(text)) >= SHORTEST_SEARCH
    if not is_searchable:
        message = f"Search for {SHORTEST_SEARCH} to {LONGEST_SEARCH} letters of a name or a public id."
        raise InvalidInput(message, field="q")

    by_id = Q(public_id__istartswith=text)
    by_name = Q()
    for spelling in list_search_spellings(text):
        by_name |= Q(search_key__contains=spelling)

    # A former username of a player whose username is shown; other login names are on no page.
    renamed = FormerUsername.objects.filter(by_name).values("owner_id")
    by_former_name = Q(display_name="", user__in=renamed)
    rows = UserProfile.objects.filter(by_id | by_name | by_former_name).select_related("user")
    return paginate(rows, listing=f"players/{text}", order=("public_id",), cursor=page, limit=limit)

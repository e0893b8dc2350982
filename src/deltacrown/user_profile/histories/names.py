"""Find what a filter names by the names that pages show, present and former, whatever their case and accents.

Nobody is found here whom the search for players would not show to the viewer: a filter that knew more would
tell whether a hidden account exists.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext

from deltacrown.accounts.models import User
from deltacrown.core.inputs import is_storable
from deltacrown.core.names import list_query_spellings, make_name_key
from deltacrown.core.search_terms import SearchTerm
from deltacrown.games.models import Game
from deltacrown.tournaments.models import Tournament, TournamentSearchTerm
from deltacrown.user_profile.models import PlayerSearchTerm
from deltacrown.user_profile.people.addresses import profile_of
from deltacrown.user_profile.privacy import Viewer
from deltacrown.user_profile.standing import filter_listed
from deltacrown.user_profile.unlisted import sees_unlisted

LONGEST_NAME = 200
#: How many bearers of one name are read, and how many a refusal names.
MOST_READ, MOST_NAMED = 50, 5

Place = SearchTerm.Place


def find_players_called(name: str, viewer: Viewer) -> list[User]:
    """Return the players called ``name``, their profiles fetched along; else those who were.

    It is the name that pages show: a username only of who has no display name, as in the search.
    """
    terms = PlayerSearchTerm.objects.select_related("owner__profile")
    if not sees_unlisted(viewer):
        terms = filter_listed(terms, "owner")
    called: list[User] = _find_called(terms, name, shown_former=Q(owner__profile__display_name=""))
    exactly = [user for user in called if make_name_key(profile_of(user).name) == make_name_key(name)]
    return exactly or called


def find_tournaments_called(name: str, shown: QuerySet[Tournament]) -> list[Tournament]:
    """Return those of ``shown`` called ``name``, which may be a slug; else those that were."""
    owners = shown.values("pk")
    called: list[Tournament] = _find_called(
        TournamentSearchTerm.objects.filter(owner__in=owners).select_related("owner__game"), name
    )
    exactly = [event for event in called if make_name_key(event.name) == make_name_key(name)]
    return exactly or called


def find_games_called(name: str) -> list[Game]:
    """Return the games called ``name``; all games are read, which are few."""
    key = make_name_key(name) if _may_be_name(name) else ""
    return [game for game in Game.objects.order_by("slug") if key and make_name_key(game.name) == key]


def list_choices(names: Sequence[str]) -> str:
    """Return what to choose from, for a refusal: a few names, and that there are more."""
    named = ", ".join(names[:MOST_NAMED])
    return gettext("%(named)s and others") % {"named": named} if len(names) > MOST_NAMED else named


def _find_called(terms: QuerySet[Any], name: str, *, shown_former: Q | None = None) -> list[Any]:
    if not _may_be_name(name):
        return []

    wanted = Q(term__in=list_query_spellings(name))
    for place, is_shown in ((Place.NAME, Q()), (Place.FORMER_NAME, shown_former or Q())):
        found = terms.filter(wanted, is_shown, place=place).order_by("owner_id")[:MOST_READ]
        if owners := list({term.owner_id: term.owner for term in found}.values()):
            return owners
    return []


def _may_be_name(text: str) -> bool:
    return len(text) <= LONGEST_NAME and is_storable(text, multiline=False) and bool(make_name_key(text))

"""The player or the team that somebody names in a field: by public id, slug or name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from deltacrown.accounts.models import User
from deltacrown.core.errors import InvalidInput
from deltacrown.core.inputs import is_storable
from deltacrown.core.names import make_name_key, write_search_text
from deltacrown.pages.search import search_players
from deltacrown.teams.models import Team
from deltacrown.teams.services import resolve_teams
from deltacrown.user_profile.models import PlayerSearchTerm, UserProfile
from deltacrown.user_profile.people.addresses import PUBLIC_ID, find_users
from deltacrown.user_profile.privacy import Viewer
from deltacrown.user_profile.standing import is_listed

#: So many are read to find out who has exactly the name.
READ = 10
#: No name is longer.
LONGEST_NAME = 160


@dataclass(frozen=True)
class Resolved:
    """Who was named: text → player, and text → a sentence, of a name that several have."""

    rows: dict[str, User]
    several: dict[str, str]


def get_named_player(text: str, *, viewer: Viewer, field: str = "player") -> User:
    """Return the player with this public id, or the one with this name.

    :raises InvalidInput: there is none, or there are several.
    """
    text = text.strip()
    if PUBLIC_ID.fullmatch(text.upper()):
        found = find_users([text.upper()])
        if found:
            return found[text.upper()]
        raise InvalidInput(say_unknown(text), field=field)
    profiles = [each.item for each in search_players(text, viewer=viewer, limit=READ).items]
    key = make_name_key(text)
    exact = [profile for profile in profiles if make_name_key(profile.name) == key]
    if len(exact or profiles) == 1:
        return (exact or profiles)[0].user
    if not profiles:
        raise InvalidInput(say_unknown(text), field=field)
    raise InvalidInput(_say_several(exact or profiles), field=field)


def find_listed_players(texts: Iterable[str]) -> Resolved:
    """Return who has these public ids or exactly these names, of the players that are listed; two queries.

    As in a search, it is the name that pages show: no login name behind it finds anybody.
    """
    asked = [text for text in dict.fromkeys(texts) if len(text) <= LONGEST_NAME and is_storable(text)]
    ids = {text: text.upper() for text in asked if PUBLIC_ID.fullmatch(text.upper())}
    keys = {text: make_name_key(text) for text in asked if text not in ids}
    spelled = {key: write_search_text(key) for key in keys.values()}
    terms = PlayerSearchTerm.objects.filter(place=PlayerSearchTerm.Place.NAME, term__in=spelled.values())
    listed = UserProfile.objects.filter(is_listed(), user__is_active=True).select_related("user")
    of_ids = {each.public_id: each for each in listed.filter(public_id__in=ids.values())} if ids else {}
    named: dict[str, list[UserProfile]] = {}
    for each in listed.filter(pk__in=terms.values("owner")).order_by("public_id") if keys else ():
        named.setdefault(make_name_key(each.name), []).append(each)
    rows = {text: of_ids[public_id].user for text, public_id in ids.items() if public_id in of_ids}
    rows |= {text: named[key][0].user for text, key in keys.items() if len(named.get(key, ())) == 1}
    several = {text: _say_several(named[key]) for text, key in keys.items() if len(named.get(key, ())) > 1}
    return Resolved(rows, several)


def say_unknown(text: str) -> str:
    """Return the sentence that nobody has this public id or name."""
    if PUBLIC_ID.fullmatch(text.upper()):
        return _("This is nobody’s public id: they look like DC-25-000042.")
    return _("This is nobody’s name; look them up by the search.")


def _say_several(profiles: Sequence[UserProfile]) -> str:
    told = ", ".join(f"{profile.name} ({profile.public_id})" for profile in profiles[:3])
    return _("This may be several players: %(players)s. Write the public id.") % {"players": told}


def get_named_team(text: str, *, field: str = "team") -> Team:
    """Return the team with this slug or name, present or former.

    :raises InvalidInput: there is none, or several had the name.
    """
    text = text.strip()
    found = resolve_teams([text])
    if text in found.rows:
        team: Team = found.rows[text]
        return team
    if text in found.ambiguous:
        raise InvalidInput(f"{found.ambiguous[text]}.", field=field)
    raise InvalidInput(_("This is no team’s name; look it up by the search."), field=field)

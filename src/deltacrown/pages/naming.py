"""The player or the team that somebody names in a field: by public id, slug or name."""

from __future__ import annotations

from django.utils.translation import gettext as _

from deltacrown.accounts.models import User
from deltacrown.core.errors import InvalidInput
from deltacrown.core.names import make_name_key
from deltacrown.pages.search import search_players
from deltacrown.teams.models import Team
from deltacrown.teams.services import resolve_teams
from deltacrown.user_profile.people.addresses import PUBLIC_ID, find_users
from deltacrown.user_profile.privacy import Viewer

#: So many are read to find out who has exactly the name.
READ = 10


def get_named_player(text: str, *, viewer: Viewer, field: str = "player") -> User:
    """Return the player with this public id, or the one with this name.

    :raises InvalidInput: there is none, or there are several.
    """
    text = text.strip()
    if PUBLIC_ID.fullmatch(text.upper()):
        found = find_users([text.upper()])
        if found:
            return found[text.upper()]
        raise InvalidInput(_("This is nobody’s public id: they look like DC-25-000042."), field=field)
    profiles = [each.item for each in search_players(text, viewer=viewer, limit=READ).items]
    key = make_name_key(text)
    exact = [profile for profile in profiles if make_name_key(profile.name) == key]
    if len(exact or profiles) == 1:
        return (exact or profiles)[0].user
    if not profiles:
        raise InvalidInput(_("This is nobody’s name; look them up by the search."), field=field)
    told = ", ".join(f"{profile.name} ({profile.public_id})" for profile in (exact or profiles)[:3])
    message = _("This may be several players: %(players)s. Write the public id.")
    raise InvalidInput(message % {"players": told}, field=field)


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

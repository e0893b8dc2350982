"""The opponents of a match."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext

from deltacrown.accounts.models import User
from deltacrown.core.errors import InvalidInput
from deltacrown.games.models import list_match_sources
from deltacrown.teams.models import Team
from deltacrown.teams.services import resolve_teams
from deltacrown.tournaments.models import TournamentMatchResult
from deltacrown.user_profile.histories.names import find_players_called, list_choices
from deltacrown.user_profile.people.addresses import PUBLIC_ID, find_users
from deltacrown.user_profile.privacy import Viewer, filter_match_by_visibility


def met_opponent(opponent: str, viewer: Viewer) -> Q:
    """Return the condition for match rows against ``opponent``.

    A player is an opponent where the tournament says so, or where they have a row of the same match on
    another side, or a row without sides. Rows that they hide from ``viewer`` are not considered.

    :param opponent: as ``find_opponent`` takes it.
    :raises InvalidInput: there is no such player or team, or there are several.
    """
    against = TournamentMatchResult.objects.filter(match=OuterRef("pk"))
    user = find_opponent(opponent, viewer)
    if isinstance(user, Team):
        return Q(Exists(against.filter(opponent_team=user)))

    same = {"user": user, "game": OuterRef("game"), "match_key": OuterRef("match_key")}
    apart = Q(side="") | ~Q(side=OuterRef("side"))
    met = Q(Exists(against.filter(opponent_user=user)))
    for rows in list_match_sources(apart, **same):
        others = rows.exclude(pk=OuterRef("pk"))
        met |= Q(Exists(filter_match_by_visibility(others, viewer)))
    return met


def find_opponent(opponent: str, viewer: Viewer) -> User | Team:
    """Return the player or the team that ``opponent`` names: by public id, slug, or a name that pages show.

    A public id and a team's slug mean that one alone. A player is found by name where the search for players
    shows them to ``viewer``.

    :raises InvalidInput: there is none, or there are several: it names them.
    """
    text = opponent.strip()
    if PUBLIC_ID.fullmatch(text.upper()):
        return _find_by_public_id(text.upper())

    found = resolve_teams([text])
    team: Team | None = found.rows.get(text)
    if team is not None and team.slug == text:
        return team

    called: list[User | Team] = [*([team] if team else []), *find_players_called(text, viewer)]
    if len(called) == 1 and text not in found.ambiguous:
        return called[0]
    if not called and text in found.ambiguous:
        raise InvalidInput(f"{found.ambiguous[text]}.", field="opponent")
    if called:
        choices = list_choices([_address(each) for each in called])
        message = gettext(
            "Several are called %(text)s: %(choices)s. Use the public id or the slug of one."
        ) % {"text": repr(text[:60]), "choices": choices}
        raise InvalidInput(message, field="opponent")
    message = gettext(
        "There is no player or team %(text)s: use a name as pages show it, a public id, or a team's slug."
    ) % {"text": repr(text[:60])}
    raise InvalidInput(message, field="opponent")


def _find_by_public_id(public_id: str) -> User:
    user = find_users([public_id]).get(public_id)
    if user is None:
        message = gettext("There is no player %(public_id)s: public ids look like DC-25-000042.") % {
            "public_id": repr(public_id)
        }
        raise InvalidInput(message, field="opponent")
    return user


def _address(opponent: User | Team) -> str:
    """Return what names an opponent and nobody else."""
    return (
        gettext("the team %(opponent)s") % {"opponent": opponent.slug}
        if isinstance(opponent, Team)
        else opponent.profile.public_id
    )

"""The opponents of a match."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q

from deltacrown.accounts.models import User
from deltacrown.core.errors import InvalidInput
from deltacrown.games.models import list_match_sources
from deltacrown.teams.models import Team
from deltacrown.teams.services import resolve_teams
from deltacrown.tournaments.models import TournamentMatchResult
from deltacrown.user_profile.people.addresses import PUBLIC_ID, find_users
from deltacrown.user_profile.privacy import Viewer, filter_match_by_visibility


def met_opponent(opponent: str, viewer: Viewer) -> Q:
    """Return the condition for match rows against ``opponent``.

    A player is an opponent where the tournament says so, or where they have a row of the same match on
    another side, or a row without sides. Rows that they hide from ``viewer`` are not considered.

    :param opponent: a player's public id, or a team's slug.
    :raises InvalidInput: there is no such player or team.
    """
    against = TournamentMatchResult.objects.filter(match=OuterRef("pk"))
    user = find_opponent(opponent)
    if isinstance(user, Team):
        return Q(Exists(against.filter(opponent_team=user)))

    same = {"user": user, "game": OuterRef("game"), "match_key": OuterRef("match_key")}
    apart = Q(side="") | ~Q(side=OuterRef("side"))
    met = Q(Exists(against.filter(opponent_user=user)))
    for rows in list_match_sources(apart, **same):
        others = rows.exclude(pk=OuterRef("pk"))
        met |= Q(Exists(filter_match_by_visibility(others, viewer)))
    return met


def find_opponent(opponent: str) -> User | Team:
    """Return the player with this public id, or the team with this slug.

    :raises InvalidInput: there is no such player or team.
    """
    if not PUBLIC_ID.fullmatch(opponent):
        found = resolve_teams([opponent])
        if opponent in found.ambiguous:
            raise InvalidInput(f"{found.ambiguous[opponent]}.", field="opponent")
        team: Team | None = found.rows.get(opponent)
        if team is None:
            message = f"There is no player or team {opponent[:60]!r}: use a public id or a team's slug."
            raise InvalidInput(message, field="opponent")
        return team

    user = find_users([opponent]).get(opponent)
    if user is None:
        message = f"There is no player {opponent!r}: public ids look like DC-25-000042."
        raise InvalidInput(message, field="opponent")
    return user

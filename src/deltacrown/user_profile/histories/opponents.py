"""Whom a match was played against."""

from __future__ import annotations

import re

from django.db.models import Exists, OuterRef, Q

from deltacrown.core.errors import InvalidInput
from deltacrown.games.models import list_match_sources
from deltacrown.teams.services import find_teams
from deltacrown.tournaments.models import TournamentMatchResult
from deltacrown.user_profile.people.addresses import find_users
from deltacrown.user_profile.privacy import Viewer, filter_match_by_visibility

PUBLIC_ID = re.compile(r"DC-\d{2}-\d{6,12}")


def met_opponent(opponent: str, viewer: Viewer) -> Q:
    """What match rows against ``opponent`` meet: a player by public id, or a team by slug.

    A player was met where the tournament says so, or where they have a row of the same encounter on
    another side, or without sides. A row they hide from ``viewer`` tells nothing.

    :raises InvalidInput: there is no such player or team.
    """
    against = TournamentMatchResult.objects.filter(match=OuterRef("pk"))
    if not PUBLIC_ID.fullmatch(opponent):
        team = find_teams([opponent]).get(opponent)
        if team is None:
            raise InvalidInput(f"There is no player or team {opponent[:60]!r}: use a public id or a team's slug.", field="opponent")
        return Q(Exists(against.filter(opponent_team=team)))
    user = find_users([opponent]).get(opponent)
    if user is None:
        raise InvalidInput(f"There is no player {opponent!r}: public ids look like DC-25-000042.", field="opponent")
    same = {"user": user, "game": OuterRef("game"), "match_key": OuterRef("match_key")}
    apart = Q(side="") | ~Q(side=OuterRef("side"))
    met = Q(Exists(against.filter(opponent_user=user)))
    for rows in list_match_sources(apart, **same):
        others = rows.exclude(pk=OuterRef("pk"))
        met |= Q(Exists(filter_match_by_visibility(others, viewer)))
    return met

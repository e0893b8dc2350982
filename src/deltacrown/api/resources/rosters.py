"""Rosters of teams while a tournament runs, and the log of what happened to its entrants."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Query

from deltacrown.api.access import ORGANISER, OWN, caller_of
from deltacrown.api.people import find_players_named, find_team
from deltacrown.api.resource import Resource
from deltacrown.api.resources.tournaments import SlugPath
from deltacrown.api.shapes import PageOf, Paging, page_of
from deltacrown.api.shapes.entries import ChangedRoster, EntryChangeLine, GivenRosterChange
from deltacrown.core.clock import now
from deltacrown.pages.entry_changes import get_entry_changes_page
from deltacrown.pages.tournament_entrants import describe_registrations
from deltacrown.pages.tournaments import get_tournament
from deltacrown.tournaments import services as tournaments
from deltacrown.user_profile.standing import require_enterable, require_good_standing

resource = Resource("tournaments")


@resource.write(
    "POST", "/tournaments/{slug}/roster", answers=ChangedRoster, access=ORGANISER, refuses=[404, 409]
)
def change_roster(request: HttpRequest, slug: SlugPath, body: GivenRosterChange) -> Any:
    """Change the roster of a team while the tournament is open or running; what is so already stays so.

    Players join, leave, or replace each other, also those who are no members of the team, and may come back.
    A player is on one roster at a time. Before the start, the captain or, where the team has none, whoever is
    on the roster may put members of the team on it and take players off; after it the organiser and staff
    change rosters.

    The same change with another `at` corrects the time. A match is recorded for the team of whose roster the
    player was when it was played. The title goes to the roster at the end, and to who left it after playing
    for it.
    """
    caller = caller_of(request)
    event = get_tournament(slug, viewer=caller.member)
    team = find_team(body.team, field="team", by=caller)
    add = find_players_named(body.add, field="add", by=caller)
    remove = find_players_named(body.remove, field="remove", by=caller)
    players = find_players_named([each.player for each in body.replace], field="replace", by=caller)
    substitutes = find_players_named([each.substitute for each in body.replace], field="replace", by=caller)

    present, joining = now(), [*add, *substitutes]
    require_good_standing(caller.member, present)
    tournaments.require_roster_change(event, caller.member, team=team, joining=joining, now=present)
    if not tournaments.can_organise(event, caller.member):
        require_enterable(joining, present)
    tournaments.require_dating(event, caller.member, body.at)
    rows = tournaments.change_roster(
        tournament=event,
        team=team,
        add=add,
        remove=remove,
        replace=list(zip(players, substitutes, strict=True)),
        at=body.at,
        reason=body.reason,
        now=present,
        by=caller.member,
    )
    return {"roster": describe_registrations(rows), "warnings": rows.warnings}


@resource.read("/tournaments/{slug}/changes", answers=PageOf[EntryChangeLine], access=OWN, refuses=[404])
def list_entry_changes(request: HttpRequest, slug: SlugPath, query: Query[Paging]) -> Any:
    """The log of what happened to entrants and rosters, latest first: when, why, and by whom.

    Who runs the tournament sees all of it; a player what happened to them and to their team as a whole.
    """
    shown = get_entry_changes_page(slug, query.page, viewer=caller_of(request).member, limit=query.limit)
    return page_of(shown.lines)

"""Teams: members, roles, and what captains change."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from ninja import Path, Query

from deltacrown.api.access import PERSON, SHARED, caller_of
from deltacrown.api.idempotency import IdempotencyKey, answer_idempotently
from deltacrown.api.resource import Resource
from deltacrown.api.resources.players import PlayerPath
from deltacrown.api.shapes import PageOf, Paging, page_of
from deltacrown.api.shapes.teams import (
    EndedMembership,
    GivenRole,
    RoleName,
    RosterMember,
    Team,
    TeamMember,
    TeamRole,
    TeamTotals,
)
from deltacrown.core.clock import now
from deltacrown.pages import teams
from deltacrown.pages.team_numbers import count_numbers
from deltacrown.pages.team_roster import list_roster

resource = Resource("teams")

TeamPath = Annotated[str, Path(description="A team's slug, present or former.")]
RolePath = Annotated[RoleName, Path(description="The role to end.")]


@resource.read("/teams/{slug}", answers=Team, access=SHARED, refuses=[404])
def get_team(request: HttpRequest, slug: TeamPath) -> Any:
    """A team and its captains."""
    team = teams.get_team(slug)
    return {
        "slug": team.slug,
        "name": team.name,
        "created_at": team.created_at,
        "captains": teams.list_captains(team),
    }


@resource.read("/teams/{slug}/numbers", answers=TeamTotals, access=SHARED, refuses=[404])
def get_team_numbers(request: HttpRequest, slug: TeamPath) -> Any:
    """What a team has played and won, counted from its official matches, series and results."""
    team = teams.get_team(slug)
    totals = count_numbers(team)
    return {"team": team.slug, "overall": totals.overall, "by_game": totals.by_game}


@resource.read("/teams/{slug}/members", answers=PageOf[TeamMember], access=SHARED, refuses=[404])
def list_team_members(request: HttpRequest, slug: TeamPath, query: Query[Paging]) -> Any:
    """The present members with their roles, those who joined last first."""
    return page_of(teams.list_members(teams.get_team(slug), query.page, limit=query.limit))


@resource.read("/teams/{slug}/roster", answers=PageOf[RosterMember], access=SHARED, refuses=[404])
def list_team_roster(request: HttpRequest, slug: TeamPath, query: Query[Paging]) -> Any:
    """Everybody who is or was in a team, with their stays: the present members first, then who left last."""
    return page_of(list_roster(teams.get_team(slug), query.page, limit=query.limit))


@resource.read("/teams/{slug}/roles", answers=PageOf[TeamRole], access=SHARED, refuses=[404])
def list_team_roles(request: HttpRequest, slug: TeamPath, query: Query[Paging]) -> Any:
    """The roles of members, present and former, those given last first."""
    return page_of(teams.list_roles(teams.get_team(slug), query.page, limit=query.limit))


@resource.write("POST", "/teams/{slug}/roles", answers=TeamRole, access=PERSON, refuses=[404, 409])
def give_team_role(
    request: HttpRequest,
    response: HttpResponse,
    slug: TeamPath,
    body: GivenRole,
    idempotency_key: IdempotencyKey = None,
) -> Any:
    """Give a member of a team a role from now on; who has it already keeps it as it is.

    Captains of the team may, and staff with the permission `teams.manage_any`. A team may have several
    captains. A role ends with the membership.
    """
    caller = caller_of(request)

    def answer() -> dict[str, Any]:
        role = teams.set_role(
            slug=slug, public_id=body.player, role=body.role, held=True, by=caller.member, now=now()
        )
        return TeamRole.model_validate(role).model_dump(mode="json")

    return TeamRole.model_validate(answer_idempotently(request, response, caller, idempotency_key, answer))


@resource.write(
    "DELETE", "/teams/{slug}/roles/{public_id}/{role}", answers=TeamRole, access=PERSON, refuses=[404, 409]
)
def end_team_role(request: HttpRequest, slug: TeamPath, public_id: PlayerPath, role: RolePath) -> Any:
    """End a role now. Who may give roles may end them, and members their own.

    409 when the player does not have the role.
    """
    member = caller_of(request).member
    return teams.set_role(slug=slug, public_id=public_id, role=role, held=False, by=member, now=now())


@resource.write(
    "DELETE", "/teams/{slug}/members/{public_id}", answers=EndedMembership, access=PERSON, refuses=[404, 409]
)
def end_team_membership(request: HttpRequest, slug: TeamPath, public_id: PlayerPath) -> Any:
    """End a membership now, and the member's roles with it. Members may leave themselves.

    409 when the player is not in the team.
    """
    member = caller_of(request).member
    team, player = teams.end_membership(slug=slug, public_id=public_id, by=member, now=now())
    return {"team": team.slug, "player": player.public_id}

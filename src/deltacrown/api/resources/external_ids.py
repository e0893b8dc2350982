"""Ids of players and teams at other providers: one's own, those of others, and who has one."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Query
from pydantic import BaseModel, Field

from deltacrown.accounts import services as accounts
from deltacrown.accounts.rights import Right
from deltacrown.api.access import CREATOR, OWN, PERSON, RECORDER, Access, caller_of
from deltacrown.api.resource import Resource
from deltacrown.api.resources.players import PlayerPath
from deltacrown.api.shapes.identities import (
    LONGEST_EXTERNAL_ID,
    ExternalIdLine,
    FoundTeam,
    GivenExternalId,
)
from deltacrown.api.shapes.players import PlayerLine
from deltacrown.core.audit import record_deed
from deltacrown.core.clock import now
from deltacrown.core.deeds import Deed
from deltacrown.core.errors import NotFound
from deltacrown.core.external_ids import parse_address
from deltacrown.teams.services import find_teams_by_id
from deltacrown.user_profile.people import external_ids
from deltacrown.user_profile.people.addresses import get_any_player, get_nameable_player

resource = Resource("external ids")

#: For staff who manage the ids of others; a key adds them only.
KEEPER = Access(Right.CREATE_PLAYERS, None)
NOBODY = "Nobody has the id {}: check it, or send create_missing with the matches."


class ExternalIdQuery(BaseModel):
    """Which id."""

    external_id: Annotated[
        str, Field(max_length=LONGEST_EXTERNAL_ID, description="`provider:id`, such as `steam:76561…`.")
    ]


@resource.read("/me/external-ids", answers=list[ExternalIdLine], access=OWN)
def list_my_external_ids(request: HttpRequest) -> Any:
    """The caller's ids at other providers."""
    return accounts.list_external_ids(caller_of(request).member)


@resource.write(
    "POST", "/me/external-ids", answers=list[ExternalIdLine], access=PERSON, refuses=[409], status=201
)
def claim_external_id(request: HttpRequest, body: GivenExternalId) -> Any:
    """Claim an id: it is kept for staff to confirm, and finds nobody before. Answers all of the caller's ids.

    It is not told whether another player has it.
    """
    member = caller_of(request).member
    external_ids.claim_external_id(user=member, external_id=body.external_id, now=now())
    return accounts.list_external_ids(member)


@resource.write("DELETE", "/me/external-ids", answers=list[ExternalIdLine], access=PERSON, refuses=[404])
def remove_my_external_id(request: HttpRequest, query: Query[ExternalIdQuery]) -> Any:
    """Remove an id of the caller: files and game servers that name it find nobody from now on."""
    member = caller_of(request).member
    accounts.remove_external_id(user=member, external_id=query.external_id)
    return accounts.list_external_ids(member)


@resource.read(
    "/players/{public_id}/external-ids", answers=list[ExternalIdLine], access=KEEPER, refuses=[404]
)
def list_player_external_ids(request: HttpRequest, public_id: PlayerPath) -> Any:
    """A player's ids at other providers, and those the player claims."""
    return accounts.list_external_ids(get_any_player(public_id).user)


@resource.write(
    "POST",
    "/players/{public_id}/external-ids",
    answers=ExternalIdLine,
    access=CREATOR,
    refuses=[404, 409, 410],
    status=201,
)
def add_player_external_id(request: HttpRequest, public_id: PlayerPath, body: GivenExternalId) -> Any:
    """Add an id to a player, or confirm one the player claims: from now on it finds the player."""
    user, by = get_nameable_player(public_id).user, caller_of(request).member
    row = accounts.add_external_id(user=user, external_id=body.external_id, confirmed=True)
    record_deed(deed=Deed.ID_CONFIRMED, by=by, of=user, told={"provider": row.provider})
    return row


@resource.write(
    "DELETE",
    "/players/{public_id}/external-ids",
    answers=list[ExternalIdLine],
    access=KEEPER,
    refuses=[404],
)
def remove_player_external_id(
    request: HttpRequest, public_id: PlayerPath, query: Query[ExternalIdQuery]
) -> Any:
    """Remove an id of a player. Answers those that are left."""
    user, by = get_any_player(public_id).user, caller_of(request).member
    accounts.remove_external_id(user=user, external_id=query.external_id)
    record_deed(deed=Deed.ID_REMOVED, by=by, of=user)
    return accounts.list_external_ids(user)


@resource.read("/external-ids/players", answers=PlayerLine, access=RECORDER, refuses=[404])
def find_player_by_external_id(request: HttpRequest, query: Query[ExternalIdQuery]) -> Any:
    """The player of whom an id is confirmed.

    For whoever records matches: others could find out by it who a person is elsewhere.
    """
    address = parse_address(query.external_id)
    user = accounts.find_players_by_id([str(address)]).get(str(address))
    if user is None:
        raise NotFound(NOBODY.format(address), field="external_id")
    return user.profile


@resource.read("/external-ids/teams", answers=FoundTeam, access=RECORDER, refuses=[404])
def find_team_by_external_id(request: HttpRequest, query: Query[ExternalIdQuery]) -> Any:
    """The team with an id."""
    address = parse_address(query.external_id)
    team = find_teams_by_id([str(address)]).get(str(address))
    if team is None:
        raise NotFound(NOBODY.format(address), field="external_id")
    return team

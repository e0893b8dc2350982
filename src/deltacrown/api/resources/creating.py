"""Create players and teams by name, for programs that meet new ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse

from deltacrown.accounts.models import User
from deltacrown.api.access import CREATOR, Caller, caller_of
from deltacrown.api.idempotency import IdempotencyKey, answer_idempotently
from deltacrown.api.resources.players import resource
from deltacrown.api.shapes.creating import GivenPlayers, GivenTeams, PlayerOutcomes, TeamOutcomes
from deltacrown.core.audit import record_deed
from deltacrown.core.deeds import Deed
from deltacrown.interchange.directory import Directory, Names, is_address
from deltacrown.teams.models import Team
from deltacrown.user_profile.people.addresses import list_public_ids
from django_tally.transactions import atomic_service

MOST_BYTES = 4 * 1024 * 1024


@resource.write("POST", "/players", answers=PlayerOutcomes, access=CREATOR, most_bytes=MOST_BYTES)
def create_players(
    request: HttpRequest, response: HttpResponse, body: GivenPlayers, idempotency_key: IdempotencyKey = None
) -> Any:
    """Create 1 to 1,000 players by username, each or refused with its reason.

    A name that somebody has or had is refused, and it is not told whose it is. So send an `Idempotency-Key`:
    with it a request that is sent again gets the first answer again. A new player cannot sign in before staff
    set a password.
    """
    caller = caller_of(request)

    def answer() -> dict[str, Any]:
        created, faults = _create_players(body.usernames)
        ids = list_public_ids(user.pk for user in created.values())
        _log(caller, "players", created)
        return {
            "players": [
                _outcome(name, faults) | {"public_id": ids[created[name].pk] if name in created else None}
                for name in body.usernames
            ]
        }

    return answer_idempotently(request, response, caller, idempotency_key, answer)


@resource.write("POST", "/teams", answers=TeamOutcomes, access=CREATOR, most_bytes=MOST_BYTES)
def create_teams(
    request: HttpRequest, response: HttpResponse, body: GivenTeams, idempotency_key: IdempotencyKey = None
) -> Any:
    """Create 1 to 1,000 teams by name, each or refused with its reason.

    A name or slug that a team has or had is refused. Send an `Idempotency-Key`, as for players.
    """
    caller = caller_of(request)

    def answer() -> dict[str, Any]:
        created, faults = _create_teams(body.names)
        _log(caller, "teams", created)
        return {
            "teams": [
                _outcome(name, faults) | {"slug": created[name].slug if name in created else None}
                for name in body.names
            ]
        }

    return answer_idempotently(request, response, caller, idempotency_key, answer)


@atomic_service
def _create_players(usernames: Sequence[str]) -> tuple[Mapping[str, User], Mapping[str, str]]:
    """Return the players who were created by name, and why others were not."""
    directory = Directory()
    directory.find(Names(players=usernames))
    faults = _refuse_taken(usernames, {*directory.players, *directory.faults}, kind="player")
    faults |= {
        name: f"“{name:.80}” is written like an address of a player; choose another"
        for name in usernames
        if is_address(name)
    }

    new = Names(players=[name for name in usernames if name not in faults])
    directory.create_missing(new)
    created = {name: directory.players[name] for name in new.players if name in directory.players}
    return created, directory.faults | faults


@atomic_service
def _create_teams(names: Sequence[str]) -> tuple[Mapping[str, Team], Mapping[str, str]]:
    """Return the teams that were created by name, and why others were not."""
    directory = Directory()
    directory.find(Names(teams=names))
    faults = _refuse_taken(names, {*directory.teams, *directory.faults}, kind="team")

    new = Names(teams=[name for name in names if name not in faults])
    directory.create_missing(new)
    created = {name: directory.teams[name] for name in new.teams if name in directory.teams}
    return created, directory.faults | faults


def _refuse_taken(names: Sequence[str], taken: set[str], *, kind: str) -> dict[str, str]:
    """Return name → a refusal, in the words that refuse a name that only looks like another's."""
    return {
        name: f"“{name:.80}” is the name of another {kind}; choose another" for name in names if name in taken
    }


def _outcome(name: str, faults: Mapping[str, str]) -> dict[str, str]:
    if name in faults:
        return {"name": name, "status": "refused", "detail": f"{faults[name]}."}

    return {"name": name, "status": "created", "detail": ""}


def _log(caller: Caller, what: str, created: Mapping[str, object]) -> None:
    if created:
        told = {"count": len(created), "what": what}
        record_deed(deed=Deed.CREATED, by=caller.member, told=told)

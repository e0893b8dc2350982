"""The caller's API keys."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Path

from deltacrown.accounts import services as accounts
from deltacrown.accounts.models import ApiKey, User
from deltacrown.api.access import PERSON, Caller, caller_of
from deltacrown.api.people import find_player
from deltacrown.api.resource import Resource
from deltacrown.api.shapes.me import GivenKey, Key, NewKey
from deltacrown.core.clock import now
from deltacrown.user_profile.standing import require_good_standing

resource = Resource("api keys")

PrefixPath = Annotated[str, Path(description="The key's prefix.")]


@resource.read("/me/api-keys", answers=list[Key], access=PERSON)
def list_api_keys(request: HttpRequest) -> Any:
    """The caller's keys, revoked ones too, newest first; never their secrets."""
    return [_show(key) for key in accounts.list_keys(caller_of(request).member)]


@resource.write("POST", "/me/api-keys", answers=NewKey, access=PERSON, refuses=[409], status=201)
def create_api_key(request: HttpRequest, body: GivenKey) -> Any:
    """Make a key. Its secret is in this answer and nowhere else.

    Granting `matches:write` takes the permission `accounts.grant_recording`, granting `players:create` takes
    `accounts.create_players`, and making a key for another player `accounts.act_for_player`. The owner sees
    who made each of their keys, and every use of one that somebody else made is logged.
    """
    caller = caller_of(request)
    if set(body.scopes) != {"read"}:
        require_good_standing(caller.member, now())
    made = accounts.create_key(
        owner=_owner(caller, body), name=body.name, scopes=body.scopes, by=caller.member
    )
    return {**_show(made.key), "secret": made.secret}


@resource.write("DELETE", "/me/api-keys/{prefix}", answers=Key, access=PERSON, refuses=[404])
def revoke_api_key(request: HttpRequest, prefix: PrefixPath) -> Any:
    """Revoke a key: it is useless from now on."""
    return _show(accounts.revoke_key(owner=caller_of(request).member, prefix=prefix, now=now()))


def _show(key: ApiKey) -> dict[str, Any]:
    shown = {name: getattr(key, name) for name in Key.model_fields}
    return {**shown, "made_by": key.made_by.profile.public_id if key.made_by else None}


def _owner(caller: Caller, body: GivenKey) -> User:
    return find_player(body.player, field="player") if body.player else caller.member

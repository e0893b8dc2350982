"""A person goes to a provider and comes back: what for, where to, and in the same browser.

What is begun is kept in the session, by django-allauth, under a name that comes back with the browser. It
holds once, for ten minutes, for one provider, and for who was signed in when it began.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from allauth.socialaccount.internal import statekit
from django.http import HttpRequest
from django.urls import reverse

from deltacrown.accounts.entrance.providers import Proof, Provider

PENDING = "provider-sign-up"
#: How long somebody has to choose a username, after the provider said who they are.
PENDING_FOR = timedelta(minutes=30)


class Purpose(Enum):
    """What a proof is for."""

    SIGN_IN = "sign-in"
    CONNECT = "connect"
    #: Of an account that is signed in, before a change of how one signs in.
    AGAIN = "again"


@dataclass(frozen=True)
class Errand:
    """What somebody went to a provider for.

    :param to: the path of this site that comes after it.
    :param with_id: whether the player wants the id to find them, too.
    """

    purpose: Purpose
    to: str
    with_id: bool = False


@dataclass(frozen=True)
class Pending:
    """A proof whose person has no account yet, and where signing up leads."""

    proof: Proof
    to: str


def begin_errand(request: HttpRequest, provider: Provider, errand: Errand) -> str:
    """Note what somebody goes for; return the address at the provider."""
    secret = secrets.token_urlsafe(64)
    kept = {
        "purpose": errand.purpose.value,
        "to": errand.to,
        "with_id": errand.with_id,
        "secret": secret,
        "user": request.user.pk,
    }
    state = statekit.stash_state(request, provider_id=provider.key, state=kept)
    return provider.build_address(request, back=_find_back(request, provider), state=state, secret=secret)


def resume_errand(request: HttpRequest, provider: Provider) -> tuple[Errand, str]:
    """Return what somebody who comes back went for, and the secret of it. It is used up.

    :raises NotProven: nothing was begun in this browser, or it was too long ago, or by somebody else.
    """
    state = request.GET.get("state", "")
    kept = statekit.unstash_state(request, state_id=state, provider_id=provider.key)
    if kept is None or kept["user"] != request.user.pk:
        raise provider.find_unproven()
    return Errand(Purpose(kept["purpose"]), kept["to"], kept["with_id"]), kept["secret"]


def read_proof(request: HttpRequest, provider: Provider, secret: str) -> Proof:
    """Return what the browser that came back proves.

    :raises NotProven: nothing; ``Denied`` where the person refused.
    :raises ProviderAway: the provider does not answer.
    """
    return provider.read(request, back=_find_back(request, provider), secret=secret)


def keep_pending(request: HttpRequest, pending: Pending, *, now: datetime) -> None:
    """Keep in the session whose account at a provider it is, until a username is chosen."""
    request.session.cycle_key()  # whoever set the session of this browser must not share it
    proof = pending.proof
    kept = {"provider": proof.provider, "uid": proof.uid, "name": proof.name}
    request.session[PENDING] = {**kept, "to": pending.to, "at": now.isoformat()}


def get_pending(request: HttpRequest, *, now: datetime) -> Pending | None:
    """Return what is kept; None where nothing is, or was too long ago."""
    kept = request.session.get(PENDING)
    if kept is None or now - datetime.fromisoformat(kept["at"]) > PENDING_FOR:
        return None
    return Pending(Proof(kept["provider"], kept["uid"], kept["name"]), kept["to"])


def forget_pending(request: HttpRequest) -> None:
    """Take it out of the session."""
    request.session.pop(PENDING, None)


def _find_back(request: HttpRequest, provider: Provider) -> str:
    return request.build_absolute_uri(reverse("provider-back", args=[provider.key]))

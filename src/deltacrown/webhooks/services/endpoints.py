"""Make and change the endpoints, and keep their secrets."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import connection, transaction

from deltacrown.accounts.models import User
from deltacrown.core.errors import InvalidInput
from deltacrown.core.inputs import check_text
from deltacrown.core.sealing import seal, unseal
from deltacrown.webhooks import listening
from deltacrown.webhooks.kinds import Kind
from deltacrown.webhooks.models import LONGEST_NAME, WebhookEndpoint
from deltacrown.webhooks.targets import read_target
from django_tally.database_clock import read_database_clock
from django_tally.transactions import atomic_service

#: For so long the secret before the present one signs as well.
BOTH_SIGN_FOR = timedelta(days=1)
SECRET_BYTES = 32
_SEALED_AS = "webhook secret"


class InvalidEndpoint(InvalidInput):
    """The endpoint cannot be made like that."""


@atomic_service
def create_endpoint(
    *, name: str, url: str, kinds: Sequence[str] = (), by: User | None = None, is_active: bool = True
) -> WebhookEndpoint:
    """Make an endpoint with a new secret; it is told what happens from ``starts_at`` on.

    :param kinds: which events; empty for all.
    :param by: who makes it; None for an operator at the machine.
    :raises InvalidEndpoint: the name or a kind cannot be taken.
    :raises ForbiddenTarget: the address cannot be taken.
    """
    endpoint = WebhookEndpoint(
        name=_clean_name(name),
        url=_clean_url(url),
        kinds=_clean_kinds(kinds),
        is_active=is_active,
        starts_at=_find_start(),
        sealed_secret=_seal_new(),
        created_by=by,
    )
    endpoint.save(force_insert=True)
    transaction.on_commit(listening.forget)
    return endpoint


@atomic_service
def change_endpoint(
    *, endpoint: WebhookEndpoint, name: str, url: str, kinds: Sequence[str], is_active: bool
) -> WebhookEndpoint:
    """Change an endpoint; what waits for it goes to where it is then.

    :raises InvalidEndpoint: the name or a kind cannot be taken.
    :raises ForbiddenTarget: the address cannot be taken.
    """
    found = WebhookEndpoint.objects.select_for_update().get(pk=endpoint.pk)
    found.name, found.url, found.kinds = _clean_name(name), _clean_url(url), _clean_kinds(kinds)
    _switch(found, is_active=is_active)
    found.save(update_fields=["name", "url", "kinds", "is_active", "starts_at", "stopped_because"])
    transaction.on_commit(listening.forget)
    return found


@atomic_service
def set_endpoint_active(*, endpoint: WebhookEndpoint, is_active: bool) -> bool:
    """Switch an endpoint on or off; return False where it was so already."""
    found = WebhookEndpoint.objects.select_for_update().get(pk=endpoint.pk)
    if found.is_active == is_active:
        return False
    _switch(found, is_active=is_active)
    found.save(update_fields=["is_active", "starts_at", "stopped_because"])
    transaction.on_commit(listening.forget)
    return True


@atomic_service
def rotate_secret(*, endpoint: WebhookEndpoint, now: datetime) -> str:
    """Give an endpoint another secret, and return it. The former one signs too, for a day."""
    found = WebhookEndpoint.objects.select_for_update().get(pk=endpoint.pk)
    found.sealed_former, found.sealed_secret, found.rotated_at = found.sealed_secret, _seal_new(), now
    found.save(update_fields=["sealed_former", "sealed_secret", "rotated_at"])
    return _open(found.sealed_secret)


def list_secrets(*, endpoint: WebhookEndpoint, now: datetime) -> list[str]:
    """Return the secrets that sign a message at ``now``: the present one first."""
    found = [_open(endpoint.sealed_secret)]
    if endpoint.sealed_former and endpoint.rotated_at and now < endpoint.rotated_at + BOTH_SIGN_FOR:
        found.append(_open(endpoint.sealed_former))
    return found


def _switch(endpoint: WebhookEndpoint, *, is_active: bool) -> None:
    if is_active and not endpoint.is_active:
        endpoint.starts_at, endpoint.stopped_because = _find_start(), ""
    endpoint.is_active = is_active


def _find_start() -> datetime:
    """Return from when on every process knows of an endpoint that is made active now."""
    return read_database_clock(connection) + listening.STARTS_AFTER


def _seal_new() -> str:
    secret = base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()
    return seal(f"whsec_{secret}", name=_SEALED_AS)


def _open(sealed: str) -> str:
    return str(unseal(sealed, name=_SEALED_AS))


def _clean_name(name: str) -> str:
    cleaned = name.strip()
    check_text(cleaned, field="name", limit=LONGEST_NAME, required=True)
    return cleaned


def _clean_url(url: str) -> str:
    cleaned = url.strip()
    read_target(cleaned)
    return cleaned


def _clean_kinds(kinds: Sequence[str]) -> list[str]:
    wanted = set(kinds)
    if unknown := wanted - set(Kind):
        message = f"There is no event {min(unknown)[:40]!r}: use {', '.join(Kind)}."
        raise InvalidEndpoint(message, field="kinds")
    return [kind.value for kind in Kind if kind in wanted]

"""API keys: made, listed, revoked, and recognised.

A secret is ``dck_PREFIX_RANDOM``: 256 random bits, of which only the SHA-256 is stored. That is enough,
since nobody can guess one, and fast, since every request asks.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from deltacrown.accounts.models import ApiKey, User
from deltacrown.core.errors import Conflict, DomainError, InvalidInput, NotFound
from deltacrown.core.inputs import check_text
from django_tally.transactions import atomic_service

#: What a key can be let do, and in words.
SCOPES = {
    "read": "Read what its owner may read.",
    "matches:write": "Record, void, restore and correct matches. Granted by staff.",
    "tournaments:write": "Create tournaments, and run those its owner organises.",
}
STAFF_SCOPES = {"matches:write"}
MOST_KEYS = 20
LONGEST_NAME = 60
LONGEST_SECRET = 100
#: How exactly a key's last use is known: one write a minute, however busy it is.
USE_NOTED_EVERY = timedelta(minutes=1)


class InvalidKey(InvalidInput):
    """No key can be made so: an unknown scope, or none."""


class KeyNotFound(NotFound):
    """The owner has no such key."""


class MayNotGrant(DomainError):
    """The person cannot give a key what it is to be let do."""

    code = "forbidden"


class TooManyKeys(Conflict):
    """The owner has as many keys as one can have."""


@dataclass(frozen=True)
class NewKey:
    """A key just made, with its secret: the only time it can be seen."""

    key: ApiKey
    secret: str


@atomic_service
def create_key(*, owner: User, name: str, scopes: Sequence[str], by: User) -> NewKey:
    """Make a key that acts for ``owner``.

    :param name: what it is for, 1 to 60 characters.
    :param scopes: at least one of ``SCOPES``.
    :param by: who makes it. Staff alone grant ``matches:write``, and make keys for others.
    :raises InvalidKey: an unknown scope, or none.
    :raises MayNotGrant: ``by`` cannot grant it.
    :raises TooManyKeys: the owner has 20 keys that are not revoked.
    """
    check_text(name, field="name", limit=LONGEST_NAME, required=True)
    _check_scopes(scopes, owner, by)
    User.objects.select_for_update(no_key=True).filter(pk=owner.pk).values_list("pk").first()
    if ApiKey.objects.filter(owner=owner, revoked_at__isnull=True).count() >= MOST_KEYS:
        raise TooManyKeys(f"{owner.username} has {MOST_KEYS} keys; revoke one first.")
    prefix = secrets.token_hex(6)
    secret = f"dck_{prefix}_{secrets.token_urlsafe(32)}"
    key = ApiKey(
        owner=owner,
        name=name.strip(),
        prefix=prefix,
        digest=_digest(secret),
        scopes=[each for each in SCOPES if each in scopes],
    )
    key.save(force_insert=True)
    key.refresh_from_db()
    return NewKey(key, secret)


@atomic_service
def revoke_key(*, owner: User, prefix: str, now: datetime) -> ApiKey:
    """Make a key useless from now on; one that is revoked stays so.

    :raises KeyNotFound: the owner has no such key.
    """
    key = ApiKey.objects.select_for_update(no_key=True).filter(owner=owner, prefix=prefix[:12]).first()
    if key is None:
        raise KeyNotFound(f"You have no key {prefix[:20]!r}.", field="prefix")
    if key.revoked_at is None:
        key.revoked_at = now
        key.save(update_fields=["revoked_at"])
    return key


def list_keys(owner: User) -> list[ApiKey]:
    """The owner's keys, revoked ones too, newest first."""
    return list(ApiKey.objects.filter(owner=owner).order_by("-created_at", "-id")[:200])


def authenticate_key(*, secret: str, now: datetime) -> ApiKey | None:
    """Return the key with this secret, its owner loaded; ``None`` when it is unknown, revoked, or of somebody deactivated.

    Notes its use, at most once a minute.
    """
    name, _, rest = secret.partition("_")
    prefix, _, _ = rest.partition("_")
    if name != "dck" or len(secret) > LONGEST_SECRET or not (prefix.isascii() and prefix.isalnum()):
        return None
    key = ApiKey.objects.select_related("owner").filter(prefix=prefix).first()
    if (
        key is None
        or not secrets.compare_digest(key.digest, _digest(secret))
        or key.revoked_at
        or not key.owner.is_active
    ):
        return None
    if key.last_used_at is None or now - key.last_used_at >= USE_NOTED_EVERY:
        _note_use(key=key, now=now)
    return key


@atomic_service
def _note_use(*, key: ApiKey, now: datetime) -> None:
    ApiKey.objects.filter(pk=key.pk).update(last_used_at=now)


def _check_scopes(scopes: Sequence[str], owner: User, by: User) -> None:
    if unknown := [scope for scope in scopes if scope not in SCOPES]:
        raise InvalidKey(
            f"There is no scope {unknown[0][:40]!r}: choose of {', '.join(SCOPES)}.", field="scopes"
        )
    if not scopes:
        raise InvalidKey(
            f"A key without a scope can do nothing: choose of {', '.join(SCOPES)}.", field="scopes"
        )
    if by.is_staff:
        return
    if owner.pk != by.pk:
        raise MayNotGrant("Only staff make keys for others.", field="player")
    if granted := STAFF_SCOPES & set(scopes):
        raise MayNotGrant(f"Only staff grant {', '.join(granted)}: ask them for a key.", field="scopes")


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()

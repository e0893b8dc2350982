"""API keys: creation, listing, revocation and authentication.

A secret is ``dck_PREFIX_RANDOM`` with 256 random bits; only its SHA-256 is stored. A fast hash is safe
here because the secret cannot be guessed, and it is needed because every API request checks a key.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.utils.translation import gettext, gettext_noop

from deltacrown.accounts.models import ApiKey, User
from deltacrown.accounts.rights import Right, has_right
from deltacrown.accounts.services.answers import answer_once
from deltacrown.core.audit import record_deed, write_about
from deltacrown.core.deeds import Deed
from deltacrown.core.errors import Conflict, DomainError, InvalidInput, NotFound
from deltacrown.core.inputs import check_text
from deltacrown.core.prepared import Parameter, PreparedQuery
from django_tally.transactions import atomic_service

#: Scope → its description, as shown to people who create a key.
SCOPES = {
    "read": gettext_noop("Read what its owner may read."),
    "matches:write": gettext_noop("Record, void, restore and correct matches. Granted by operators."),
    "tournaments:write": gettext_noop(
        "Create tournaments, run those its owner organises, and enter and report for its owner."
    ),
    "notifications:write": gettext_noop("Mark as read what its owner is told."),
    "players:create": gettext_noop(
        "Create players and teams, also those that its matches name. Granted by operators."
    ),
}
#: Scope → the right of who grants it.
GRANTED_SCOPES = {"matches:write": Right.GRANT_RECORDING, "players:create": Right.CREATE_PLAYERS}
MOST_KEYS = 20
LONGEST_NAME = 60
LONGEST_SECRET = 100
#: The precision of ``last_used_at``: at most one write per key and minute.
USE_NOTED_EVERY = timedelta(minutes=1)
#: Every request with a key asks for it.
_WITH_PREFIX = PreparedQuery(
    lambda: ApiKey.objects.select_related("owner").filter(prefix=Parameter(0)).order_by("pk")[:1],
    is_by_key=True,
)


class InvalidKey(InvalidInput):
    """The requested scopes are empty or contain an unknown one."""


class KeyNotFound(NotFound):
    """The owner has no such key."""


class MayNotGrant(DomainError):
    """The person may not grant the requested scopes, or not create keys for this owner."""

    code = "forbidden"


class TooManyKeys(Conflict):
    """The owner has the maximum number of active keys."""


class KeyMadeBefore(Conflict):
    """The form was sent before, and made its key then."""


@dataclass(frozen=True)
class NewKey:
    """A newly created key with its secret, which cannot be read again later, nor in a log or a traceback."""

    key: ApiKey
    secret: str = field(repr=False)


@atomic_service
def create_key(*, owner: User, name: str, scopes: Sequence[str], by: User | None) -> NewKey:
    """Create an API key that acts for ``owner``.

    :param name: the purpose of the key, 1 to 60 characters.
    :param scopes: at least one of ``SCOPES``.
    :param by: the person who creates it, stored with the key. It takes ``Right.ACT_FOR_PLAYERS`` to create
        keys for others, which is logged, and the right in ``GRANTED_SCOPES`` to grant a scope that is there.
        None for the operator at the command line, who may grant everything.
    :raises InvalidInput: the name is empty or too long.
    :raises InvalidKey: a scope is unknown, or there is none.
    :raises MayNotGrant: ``by`` may not grant a scope or create keys for the owner.
    :raises TooManyKeys: the owner has 20 keys that are not revoked.
    """
    check_text(name, field="name", limit=LONGEST_NAME, required=True)
    _check_scopes(scopes)
    if by is not None:
        _check_rights(scopes, owner, by)

    # The lock makes two requests at once count the keys one after the other.
    User.objects.select_for_update(no_key=True).filter(pk=owner.pk).values_list("pk").first()
    if ApiKey.objects.filter(owner=owner, revoked_at__isnull=True).count() >= MOST_KEYS:
        words = {"player": owner.username, "most": MOST_KEYS}
        raise TooManyKeys(gettext("%(player)s has %(most)s keys; revoke one first.") % words)

    prefix = secrets.token_hex(6)
    secret = f"dck_{prefix}_{secrets.token_urlsafe(32)}"
    key = ApiKey(
        owner=owner,
        made_by=by,
        name=name.strip(),
        prefix=prefix,
        digest=_digest(secret),
        scopes=[each for each in SCOPES if each in scopes],
    )
    key.save(force_insert=True)
    key.refresh_from_db()
    if by is None or owner.pk != by.pk:
        maker = f"staff {by.pk}" if by else "the command line"
        told = {"prefix": prefix, "scopes": ", ".join(key.scopes)}
        about = write_about("key", key.pk)
        record_deed(deed=Deed.KEY_MADE, by=by, of=owner, about=about, who=maker, told=told)
    return NewKey(key, secret)


@atomic_service
def create_key_once(
    *, owner: User, name: str, scopes: Sequence[str], by: User, form: str, now: datetime
) -> NewKey:
    """Create a key as ``create_key`` does, for a form that makes one key however often it is sent.

    :param form: what names the form, and no other; 1 to 255 printable ASCII characters.
    :raises KeyMadeBefore: it was sent before. The secret was in the answer to that, and is kept nowhere.
    """
    made: list[NewKey] = []

    def make() -> dict[str, str]:
        made.append(create_key(owner=owner, name=name, scopes=scopes, by=by))
        return {"prefix": made[0].key.prefix}

    answer = answer_once(
        owner=owner,
        caller=f"key-form:{by.pk}",
        idempotency_key=form,
        digest="key-form",
        now=now,
        answer=make,
    )
    if answer.is_repeated:
        message = gettext(
            "This form was sent twice, and made the key %(prefix)s the first time. Its secret was shown then "
            "alone: if you did not keep it, revoke that key and make another."
        )
        raise KeyMadeBefore(message % {"prefix": answer.body["prefix"]})
    return made[0]


def list_grantable(by: User) -> list[str]:
    """Return the scopes that a person may grant to a key of their own."""
    return [scope for scope in SCOPES if scope not in GRANTED_SCOPES or has_right(by, GRANTED_SCOPES[scope])]


def get_key(*, owner: User, prefix: str) -> ApiKey:
    """Return a key of the owner, also a revoked one.

    :raises KeyNotFound: the owner has no key with this prefix.
    """
    key = ApiKey.objects.select_related("made_by__profile").filter(owner=owner, prefix=prefix[:12]).first()
    if key is None or key.prefix != prefix:
        raise _refuse_prefix(prefix)
    return key


@atomic_service
def revoke_key(*, owner: User, prefix: str, now: datetime, by: User | None = None) -> ApiKey:
    """Revoke a key from ``now`` on. A key revoked before keeps its first revocation time.

    :param prefix: the public part of the secret, which identifies the key.
    :param by: who revokes it, where that is not the owner; it is logged.
    :raises KeyNotFound: the owner has no key with this prefix.
    """
    key = ApiKey.objects.select_for_update(no_key=True).filter(owner=owner, prefix=prefix[:12]).first()
    if key is None:
        raise _refuse_prefix(prefix)
    if key.revoked_at is None:
        key.revoked_at = now
        key.save(update_fields=["revoked_at"])
        if by is not None and by.pk != owner.pk:
            record_deed(deed=Deed.KEY_REVOKED, by=by, of=owner, about=write_about("key", key.pk))
    return key


def list_keys(owner: User) -> list[ApiKey]:
    """Return the owner's latest 200 keys, including revoked ones, newest first."""
    keys = ApiKey.objects.filter(owner=owner).select_related("made_by__profile")
    return list(keys.order_by("-created_at", "-id")[:200])


def authenticate_key(*, secret: str, now: datetime) -> ApiKey | None:
    """Return the key with this secret, with its owner loaded, and record its use once a minute at most.

    :return: None when the secret is unknown, the key is revoked, or the owner is deactivated.
    """
    name, _, rest = secret.partition("_")
    prefix, _, _ = rest.partition("_")
    if name != "dck" or len(secret) > LONGEST_SECRET or not (prefix.isascii() and prefix.isalnum()):
        return None

    key = _WITH_PREFIX.first(prefix)
    if key is None or not secrets.compare_digest(key.digest, _digest(secret)):
        return None
    if key.revoked_at or not key.owner.is_active:
        return None

    if key.last_used_at is None or now - key.last_used_at >= USE_NOTED_EVERY:
        _record_use(key=key, now=now)
    return key


@atomic_service
def _record_use(*, key: ApiKey, now: datetime) -> None:
    ApiKey.objects.filter(pk=key.pk).update(last_used_at=now)


def _refuse_prefix(prefix: str) -> KeyNotFound:
    words = {"prefix": repr(prefix[:20])}
    return KeyNotFound(gettext("You have no API key %(prefix)s.") % words, field="prefix")


def _check_scopes(scopes: Sequence[str]) -> None:
    if unknown := [scope for scope in scopes if scope not in SCOPES]:
        words = {"scope": repr(unknown[0][:40]), "scopes": ", ".join(SCOPES)}
        message = gettext("There is no scope %(scope)s: choose from %(scopes)s.") % words
        raise InvalidKey(message, field="scopes")
    if not scopes:
        words = {"scopes": ", ".join(SCOPES)}
        message = gettext("A key needs at least one scope: choose from %(scopes)s.") % words
        raise InvalidKey(message, field="scopes")


def _check_rights(scopes: Sequence[str], owner: User, by: User) -> None:
    if owner.pk != by.pk and not has_right(by, Right.ACT_FOR_PLAYERS):
        message = gettext("Making keys for other people takes the permission %(right)s.")
        raise MayNotGrant(message % {"right": Right.ACT_FOR_PLAYERS}, field="player")
    for scope, right in GRANTED_SCOPES.items():
        if scope in scopes and not has_right(by, right):
            message = gettext("Granting %(scope)s takes the permission %(right)s: ask an operator for a key.")
            raise MayNotGrant(message % {"scope": scope, "right": right}, field="scopes")


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()

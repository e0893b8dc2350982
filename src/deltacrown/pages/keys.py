"""A player's API keys, and what the form for another one offers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from deltacrown.accounts import services as accounts
from deltacrown.accounts.models import ApiKey, User
from deltacrown.user_profile.models import UserProfile
from deltacrown.user_profile.standing import is_suspended, require_good_standing

#: What a key may have whose owner is suspended.
HARMLESS = {"read"}


@dataclass(frozen=True)
class ShownKey:
    """A key without its secret.

    :param scopes: each with what it lets do.
    :param maker: the member of staff who made it; None for the owner's own, and for those of the operators.
    """

    key: ApiKey
    scopes: list[tuple[str, str]]
    is_own: bool
    maker: UserProfile | None


@dataclass(frozen=True)
class KeysPage:
    """The keys of a player, and the scopes that they may give another one."""

    active: list[ShownKey]
    revoked: list[ShownKey]
    offered: list[tuple[str, str]]

    @property
    def is_full(self) -> bool:
        """Return whether a key has to be revoked before another is made."""
        return len(self.active) >= accounts.MOST_KEYS


def get_keys_page(owner: User, *, now: datetime) -> KeysPage:
    """Return the keys of a player, revoked ones too, newest first."""
    keys = [_show(key) for key in accounts.list_keys(owner)]
    return KeysPage(
        active=[each for each in keys if each.key.revoked_at is None],
        revoked=[each for each in keys if each.key.revoked_at is not None],
        offered=_offer(owner, now),
    )


def get_key_page(owner: User, prefix: str) -> ShownKey:
    """Return one key of a player.

    :raises KeyNotFound: the player has no such key.
    """
    return _show(accounts.get_key(owner=owner, prefix=prefix))


def make_key(*, owner: User, name: str, scopes: Sequence[str], form: str, now: datetime) -> accounts.NewKey:
    """Make a key for oneself, once for each form.

    :raises Suspended: the owner is suspended, and the key could do more than read.
    :raises DomainError: as ``accounts.services.create_key_once``.
    """
    if set(scopes) - HARMLESS:
        require_good_standing(owner, now)
    return accounts.create_key_once(owner=owner, name=name, scopes=scopes, by=owner, form=form, now=now)


def describe_scopes(scopes: Sequence[str]) -> list[tuple[str, str]]:
    """Return scopes, each with what it lets do."""
    return [(scope, _(accounts.SCOPES[scope]) if scope in accounts.SCOPES else "") for scope in scopes]


def _offer(owner: User, now: datetime) -> list[tuple[str, str]]:
    scopes = accounts.list_grantable(owner)
    profile = getattr(owner, "profile", None)
    if profile is not None and is_suspended(profile, now):
        scopes = [scope for scope in scopes if scope in HARMLESS]
    return describe_scopes(scopes)


def _show(key: ApiKey) -> ShownKey:
    maker = key.made_by
    is_own = maker is not None and maker.pk == key.owner_id
    profile = None if maker is None or is_own else getattr(maker, "profile", None)
    return ShownKey(key, describe_scopes(key.scopes), is_own, profile)

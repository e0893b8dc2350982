"""Accounts at providers that sign players in here: connecting, disconnecting, and signing up with one.

Only ids are kept, and no tokens. An account at a provider signs in to one account here, and a player has one
of each provider.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from allauth.socialaccount.models import SocialAccount
from django.utils.translation import gettext as _

from deltacrown.accounts.models import User
from deltacrown.accounts.services.merged import follow_merges
from deltacrown.accounts.services.sign_ups import sign_up_player
from deltacrown.core.errors import Conflict, NotFound
from deltacrown.core.races import find_or_insert
from django_tally.transactions import atomic_service


class ProviderAccountTaken(Conflict):
    """The account at the provider signs somebody else in. It is not told whom."""


class ConnectedAlready(Conflict):
    """The player has connected another account of the provider."""


class NotConnected(NotFound):
    """The player has connected no account of the provider."""


class LastWayIn(Conflict):
    """Without it the player could not sign in any more."""


def find_by_provider_account(*, provider: str, uid: str) -> User | None:
    """Return the player whom an account at a provider signs in, open or closed."""
    held = SocialAccount.objects.select_related("user__profile").filter(provider=provider, uid=uid).first()
    return None if held is None else held.user


def list_provider_accounts(user: User, *, of: Collection[str]) -> list[SocialAccount]:
    """Return what the player has connected of these providers."""
    return list(SocialAccount.objects.filter(user=user, provider__in=of).order_by("provider"))


@atomic_service
def note_provider_sign_in(*, user: User, provider: str, now: datetime) -> None:
    """Note when an account at a provider was last used here."""
    SocialAccount.objects.filter(user=user, provider=provider).update(last_login=now)


@atomic_service
def connect_provider_account(*, user: User, provider: str, uid: str) -> bool:
    """Let an account at a provider sign a player in. Return False if it does already.

    One that signed in to an account that was merged into the player's comes along: it is the same person, who
    has just proven it.

    :raises ProviderAccountTaken: it signs somebody else in.
    :raises ConnectedAlready: the player has connected another account of the provider.
    """
    return find_or_insert(lambda: _connect(user, provider, uid))


def _connect(user: User, provider: str, uid: str) -> bool:
    User.objects.select_for_update().get(pk=user.pk)  # of two at once, the second finds what the first did
    held = SocialAccount.objects.select_related("user").filter(provider=provider, uid=uid).first()
    if held is not None and held.user_id == user.pk:
        return False
    if held is not None and follow_merges([held.user])[held.user_id].pk != user.pk:
        message = _(
            "It signs in to another account here. Sign in to that one and disconnect it there, or ask the"
            " people who run this site to merge the two accounts."
        )
        raise ProviderAccountTaken(message)
    if SocialAccount.objects.filter(user=user, provider=provider).exists():
        raise ConnectedAlready(_("You have connected another one. Disconnect that first."))
    if held is None:
        SocialAccount.objects.create(user=user, provider=provider, uid=uid)
    else:
        SocialAccount.objects.filter(pk=held.pk).update(user=user)
    return True


@atomic_service
def disconnect_provider_account(*, user: User, provider: str, usable: Collection[str]) -> None:
    """Let an account at a provider sign a player in no more.

    :param usable: the providers that people can sign in with now.
    :raises NotConnected: the player has connected none.
    :raises LastWayIn: the player has no password and no other provider that is on.
    """
    User.objects.select_for_update().get(pk=user.pk)
    connected = SocialAccount.objects.filter(user=user)
    if not connected.filter(provider=provider).exists():
        raise NotConnected(_("It is not connected."))
    others = connected.filter(provider__in=usable).exclude(provider=provider)
    if not user.has_usable_password() and not others.exists():
        raise LastWayIn(_("You have no password, and could not sign in any more. Set a password first."))
    connected.filter(provider=provider).delete()


@atomic_service
def sign_up_by_provider(*, username: str, email: str, provider: str, uid: str) -> User:
    """Return a new user without a password, whom an account at a provider signs in.

    The account is closed until ``confirm_sign_up``: who has the mailbox is not the provider's to say.

    :raises ProviderAccountTaken: it signs somebody in already.
    :raises DomainError: as ``sign_up_player``.
    """
    if SocialAccount.objects.filter(provider=provider, uid=uid).exists():
        raise ProviderAccountTaken(_("It signs in to an account here already: sign in with it."))
    user = sign_up_player(username=username, email=email, password=None)
    connect_provider_account(user=user, provider=provider, uid=uid)
    return user

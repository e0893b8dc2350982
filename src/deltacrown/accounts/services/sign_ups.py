"""Accounts that people make for themselves: nobody sees one before the e-mail address was confirmed.

Until then the account is closed, so that it is on no list and in no search, keeps its username from others,
and is deleted after ``UNCONFIRMED_SIGN_UP_DAYS``.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from deltacrown.accounts import signals
from deltacrown.accounts.models import User
from deltacrown.accounts.services.players import LONGEST_PASSWORD, check_username
from deltacrown.core.deletion import InUse
from deltacrown.core.inputs import check_text
from deltacrown.core.names import make_name_key
from deltacrown.core.namesakes import NameTaken, find_taken, queue_for_names
from django_tally.transactions import atomic_service


def check_free(username: str) -> str:
    """Return a new player's username as it is stored.

    :raises InvalidInput: the name is empty, too long or holds control characters.
    :raises InvalidUsername: the name breaks the rules for usernames.
    :raises NameTaken: it is another player's, or looks like another's.
    """
    cleaned = check_username(username)
    if taken := find_taken("player", [cleaned]):
        raise NameTaken(f"{taken[cleaned]}.", field="username")
    # Also of a user whose skeleton is not up to date.
    if User.objects.filter(Q(username_key=make_name_key(cleaned)) | Q(username=cleaned)).exists():
        message = _("“%(name)s” is the name of another player; choose another.") % {"name": cleaned}
        raise NameTaken(message, field="username")
    return cleaned


@atomic_service
def sign_up_player(*, username: str, email: str, password: str | None) -> User:
    """Return a new user whose account is closed until ``confirm_sign_up``.

    :param password: None for who signs in with a provider.
    :raises InvalidInput: a text is empty, too long or cannot be stored.
    :raises InvalidUsername: the name breaks the rules for usernames.
    :raises NameTaken: it is another player's, or looks like another's.
    """
    if password is not None:
        check_text(password, field="password", limit=LONGEST_PASSWORD, required=True)
    queue_for_names([username])
    user = User(username=check_free(username), email=email.lower(), password=make_password(password))
    user.save()
    EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=False)
    # A trigger takes the profile off every list, as for each account that is closed.
    User.objects.filter(pk=user.pk).update(is_active=False)
    user.refresh_from_db()
    signals.players_created.send(User, users=[user])
    return user


@atomic_service
def confirm_sign_up(*, user: User) -> bool:
    """Open the account of who has confirmed the address. Return False for any other account."""
    confirmed = list_unconfirmed(of=user, verified=True)
    return bool(User.objects.filter(pk__in=confirmed.values("pk")).update(is_active=True))


def is_unconfirmed(user: User) -> bool:
    """Return whether an account waits for its address to be confirmed."""
    return list_unconfirmed(of=user).exists()


def list_unconfirmed(*, of: User | None = None, verified: bool = False) -> QuerySet[User]:
    """Return the accounts that were signed up, and not used since: nobody else has an address like theirs.

    :param verified: those whose address has just been confirmed, instead of those that wait.
    """
    first = EmailAddress.objects.filter(user=OuterRef("pk"), primary=True, verified=verified)
    waiting = User.objects.filter(is_active=False, last_login=None, merged_into=None, closings=1)
    waiting = waiting.filter(Exists(first))
    return waiting if of is None else waiting.filter(pk=of.pk)


def is_address_taken(email: str) -> bool:
    """Return whether an address is somebody's: of an account that is open, or was and has confirmed it."""
    email = email.lower()
    if EmailAddress.objects.filter(email=email, verified=True).exists():
        return True
    return User.objects.filter(email=email, is_active=True).exists()


def sweep_sign_ups(*, now: datetime) -> int:
    """Delete the accounts whose address nobody confirmed in time. Return how many."""
    before = now - timedelta(days=settings.UNCONFIRMED_SIGN_UP_DAYS)
    late = list_unconfirmed().filter(date_joined__lt=before).order_by("pk")
    keys = list(late.values_list("pk", flat=True))
    return sum(_delete_unconfirmed(user=key) for key in keys)


@atomic_service
def _delete_unconfirmed(*, user: int) -> bool:
    """Delete one, unless it was confirmed meanwhile or somebody has recorded something of it."""
    locked = User.objects.select_for_update().filter(pk=user).first()
    if locked is None or not is_unconfirmed(locked):
        return False
    try:
        locked.delete()
    except InUse:
        return False
    return True

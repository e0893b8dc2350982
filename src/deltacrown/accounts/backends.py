"""The authentication backends: the limit on attempts to sign in, and the passwords.

The limit, by account and by the address they come from, is the first of them, so that every door that takes a
password goes through it: the page, the admin, and whatever comes later.
"""

from __future__ import annotations

import hashlib
from typing import Any

from allauth.account import app_settings
from allauth.account.internal.flows.login import get_authentication_records
from django.conf import settings
from django.contrib.auth.backends import AllowAllUsersModelBackend
from django.contrib.auth.models import Permission
from django.core.cache.backends.locmem import LocMemCache
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext, ngettext

from deltacrown.accounts.heads import list_heads
from deltacrown.accounts.models import LONGEST_USERNAME, User
from deltacrown.core.client_address import get_client_address
from deltacrown.core.clock import now
from deltacrown.core.errors import DomainError, TooManyRequests
from deltacrown.core.names import make_name_key
from deltacrown.core.prepared import Parameter, PreparedQuery
from deltacrown.freshness.rates import Allowance, Rate, count_one, forget

#: By what somebody has come in, as django-allauth calls it.
PASSWORD, PROVIDER = "password", "socialaccount"
ACCOUNT, ADDRESS = "sign-in-account", "sign-in-address"
#: Counts of this process alone, for while the cache does not answer: a limit must not end with Redis.
_own = LocMemCache("sign-in", {"OPTIONS": {"MAX_ENTRIES": 10_000}})


class SignInLimit:
    """Refuses an attempt after too many, with the right password too; decides nothing else.

    An attempt is counted before the password is looked at, so that many at once are no way around it. Names
    that do not exist count like those that do.
    """

    def authenticate(self, request: HttpRequest | None, username: str | None = None, **_: Any) -> None:
        """Count an attempt.

        :raises TooManyRequests: there were too many.
        """
        if username is not None:
            count_attempt(request, username)


def count_attempt(request: HttpRequest | None, username: str) -> None:
    """Count an attempt to sign in to an account, with a password or with a code.

    :raises TooManyRequests: there were too many, of the account or from the address.
    """
    allowances = [_count(_account_rate(), ACCOUNT, _account_of(username))]
    if request is not None:
        allowances.append(_count(_address_rate(), ADDRESS, get_client_address(request)))

    reset = max((each.reset for each in allowances if each.left < 0), default=0)
    if reset:
        raise TooManyRequests(_describe_wait(reset), retry_after=reset)


def count_from_address(request: HttpRequest) -> None:
    """Count an attempt to sign in to no account in particular, as with a provider.

    :raises TooManyRequests: there were too many from the address.
    """
    allowance = _count(_address_rate(), ADDRESS, get_client_address(request))
    if allowance.left < 0:
        raise TooManyRequests(_describe_wait(allowance.reset), retry_after=allowance.reset)


def is_proven_again(request: HttpRequest) -> bool:
    """Return whether a provider has said so lately: for a while the player is not asked again.

    django-allauth itself counts only what is shown here, a password or a code.
    """
    for each in get_authentication_records(request, request.user):
        is_again = each["method"] == PROVIDER and each.get("reauthenticated")
        if is_again and now().timestamp() - each["at"] < app_settings.REAUTHENTICATION_TIMEOUT:
            return True
    return False


def _list_signed_in() -> QuerySet[User]:
    people = User.objects.select_related("profile").annotate(**list_heads())
    return people.filter(pk=Parameter(0), is_active=True).order_by("pk")[:1]


_SIGNED_IN = PreparedQuery(_list_signed_in)


class SignInClosed(DomainError):
    """The password is right, and the account is closed.

    :param user: whose account it is.
    """

    code = "closed"

    def __init__(self, user: User) -> None:
        super().__init__(gettext("This account is closed."))
        self.user = user


class Passwords(AllowAllUsersModelBackend):
    """Signs in by username and password as Django's own backend does, and names closed accounts as such.

    Only whoever knows the password is told that an account is closed. A wrong one is answered alike, and
    after the same work, for an account that is open, for one that is closed, and for none.
    """

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **_: Any
    ) -> User:
        """Return the user; leave nothing to the backends after this one, which would hash once more.

        :raises SignInClosed: the password is right, and the account is closed.
        :raises PermissionDenied: the password is wrong, as Django takes it from a backend that is sure.
        """
        found = super().authenticate(request, username=username, password=password)
        if not isinstance(found, User):
            raise PermissionDenied
        if not found.is_active:
            raise SignInClosed(found)
        return found

    def get_user(self, user_id: int) -> User | None:
        """Return the user of a session, with their profile; None once the account is closed.

        Every page names the player in its head, tells a suspended one so and says what is unread: one
        statement reads all.
        """
        return _SIGNED_IN.first(user_id)

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        """Return the permissions of a user and of their groups, as Django's own backend, in one statement."""
        is_read = hasattr(user_obj, "_perm_cache")
        if obj is None and user_obj.is_active and user_obj.pk and not user_obj.is_superuser and not is_read:
            held = Permission.objects.order_by().values_list("content_type__app_label", "codename")
            found = held.filter(user=user_obj.pk).union(held.filter(group__user=user_obj.pk))
            user_obj._perm_cache = {f"{app_label}.{codename}" for app_label, codename in found}
        return super().get_all_permissions(user_obj, obj)


def forget_attempts(*, user: User, **_: Any) -> None:
    """Set the count of an account to nothing, as a receiver of ``user_logged_in``."""
    who = _account_of(user.get_username())
    forget(_account_rate(), ACCOUNT, who, now=now())
    _own.delete(f"{ACCOUNT}:{who}")


def _count(rate: Rate, kind: str, who: str) -> Allowance:
    allowance = count_one(rate, kind, who, now=now())
    if allowance.is_counted:
        return allowance
    name = f"{kind}:{who}"
    if _own.add(name, 1, timeout=rate.seconds):
        return Allowance(rate, rate.limit - 1, rate.seconds)
    try:
        used = _own.incr(name)
    except ValueError:  # thrown out, for want of room or for its age, between the two
        used = 1
    return Allowance(rate, rate.limit - used, rate.seconds)


def _account_of(username: str) -> str:
    """Return the name of the counter: of one length, and no name in the clear."""
    # Nothing longer is a username, and folding it takes time by the square of its length.
    folded = make_name_key(username) if len(username) <= LONGEST_USERNAME else ""
    return hashlib.sha256(folded.encode(errors="replace")).hexdigest()


def _account_rate() -> Rate:
    return Rate.read("account", settings.SIGN_IN_RATE_PER_ACCOUNT)


def _address_rate() -> Rate:
    return Rate.read("address", settings.SIGN_IN_RATE_PER_ADDRESS)


def _describe_wait(seconds: int) -> str:
    minutes = -(-seconds // 60)
    return ngettext(
        "Too many attempts to sign in. Try again in a minute.",
        "Too many attempts to sign in. Try again in %(minutes)s minutes.",
        minutes,
    ) % {"minutes": minutes}

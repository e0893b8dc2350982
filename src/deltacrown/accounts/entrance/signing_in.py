"""Signing in after the password or a provider: an address to confirm, the second factor, the session."""

from __future__ import annotations

from typing import Any

from allauth.account.internal.flows.login import (
    perform_login,
    record_authentication,
)
from allauth.account.models import EmailAddress, Login
from allauth.usersessions.models import UserSession
from django.contrib.auth import login as begin_session
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse

from deltacrown.accounts.backends import PASSWORD, PROVIDER
from deltacrown.accounts.models import User
from deltacrown.accounts.services import end_sessions, is_unconfirmed

BACKEND = "deltacrown.accounts.backends.Passwords"
#: Of allauth's ``EmailVerificationMethod``.
MANDATORY, NONE = "mandatory", "none"


def begin_sign_in(request: HttpRequest, *, user: User, to: str, by: str = PASSWORD) -> HttpResponse:
    """Sign in, or ask for what is needed besides. Return the page that comes next.

    Accounts that were made before there was signing up have no address, and need none.

    :param to: the path of this site to which signing in leads.
    :param by: what was right, PASSWORD or PROVIDER.
    """
    login = Login(user=user, redirect_url=to, email_verification=NONE)
    return _perform(request, login, by)


def resume_sign_up(request: HttpRequest, *, user: User, to: str, by: str = PASSWORD) -> HttpResponse | None:
    """Mail another code to an account that waits for its address; None for any other."""
    if not is_unconfirmed(user):
        return None
    address = EmailAddress.objects.get(user=user, primary=True)
    login = Login(user=user, redirect_url=to, email_verification=MANDATORY, email=address.email)
    return _perform(request, login, by)


def finish_sign_in(request: HttpRequest, *, user: User) -> None:
    """Sign in who has given all that is asked for."""
    begin_session(request, user, backend=BACKEND)


def note_right(request: HttpRequest, *, user: User, by: str) -> None:
    """Note by what somebody has just shown who they are."""
    more = {"username": user.get_username()} if by == PASSWORD else {}
    record_authentication(request, user, method=by, **more)


def note_proven_again(request: HttpRequest, *, user: User) -> None:
    """Note that a provider has said again who a signed-in player is."""
    record_authentication(request, user, method=PROVIDER, reauthenticated=True)


def end_elsewhere(request: HttpRequest, *, user: User) -> None:
    """End every session of the account but this one."""
    update_session_auth_hash(request, end_sessions(user=user))
    UserSession.objects.create_from_request(request)


def note_session(*, user: User, request: HttpRequest | None = None, **_: Any) -> None:
    """Note a session that began, by whatever door, as a receiver of Django's ``user_logged_in``."""
    if request is not None and "REMOTE_ADDR" in request.META:  # a browser began it
        UserSession.objects.create_from_request(request, user=user)


def _perform(request: HttpRequest, login: Login, by: str) -> HttpResponse:
    note_right(request, user=login.user, by=by)
    response: HttpResponse = perform_login(request, login)
    return response

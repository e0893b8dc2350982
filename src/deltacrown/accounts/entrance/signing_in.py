"""Signing in after the password was right: an address to confirm, the second factor, then the session."""

from __future__ import annotations

from typing import Any

from allauth.account.internal.flows.login import perform_password_login
from allauth.account.models import EmailAddress, Login
from allauth.usersessions.models import UserSession
from django.contrib.auth import login as begin_session
from django.http import HttpRequest, HttpResponse

from deltacrown.accounts.models import User
from deltacrown.accounts.services import is_unconfirmed

BACKEND = "deltacrown.accounts.backends.Passwords"
#: Of allauth's ``EmailVerificationMethod``.
MANDATORY, NONE = "mandatory", "none"


def begin_sign_in(request: HttpRequest, *, user: User, to: str) -> HttpResponse:
    """Sign in, or ask for what is needed besides the password. Return the page that comes next.

    Accounts that were made before there was signing up have no address, and need none.

    :param to: the path of this site to which signing in leads.
    """
    login = Login(user=user, redirect_url=to, email_verification=NONE)
    return _perform(request, login)


def resume_sign_up(request: HttpRequest, *, user: User, to: str) -> HttpResponse | None:
    """Mail another code to an account that waits for its address; None for any other."""
    if not is_unconfirmed(user):
        return None
    address = EmailAddress.objects.get(user=user, primary=True)
    login = Login(user=user, redirect_url=to, email_verification=MANDATORY, email=address.email)
    return _perform(request, login)


def finish_sign_in(request: HttpRequest, *, user: User) -> None:
    """Sign in who has given all that is asked for."""
    begin_session(request, user, backend=BACKEND)


def note_session(*, user: User, request: HttpRequest | None = None, **_: Any) -> None:
    """Note a session that began, by whatever door, as a receiver of Django's ``user_logged_in``."""
    if request is not None and "REMOTE_ADDR" in request.META:  # a browser began it
        UserSession.objects.create_from_request(request, user=user)


def _perform(request: HttpRequest, login: Login) -> HttpResponse:
    response: HttpResponse = perform_password_login(request, {"username": login.user.get_username()}, login)
    return response

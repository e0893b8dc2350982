"""The adapter of django-allauth's accounts: names, mails, addresses and sign-ins by this site's rules."""

from __future__ import annotations

import logging
from ipaddress import ip_address
from smtplib import SMTPException
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.userkit import filter_users_by_email
from allauth.account.models import EmailAddress
from django import forms
from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.core.mail import EmailMessage
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from deltacrown.accounts.backends import is_proven_again
from deltacrown.accounts.entrance.mails import MailNotSent, build_message, write_mail
from deltacrown.accounts.entrance.providers import list_providers
from deltacrown.accounts.models import User
from deltacrown.accounts.services import (
    LONGEST_PASSWORD,
    check_free,
    confirm_sign_up,
    is_unconfirmed,
    list_provider_accounts,
)
from deltacrown.core.client_address import get_client_address
from deltacrown.core.errors import DomainError
from deltacrown.core.inputs import check_text
from deltacrown.core.namesakes import queue_for_names

logger = logging.getLogger(__name__)

#: Where the address of a caller is not known, as behind a socket.
UNKNOWN_ADDRESS = "0.0.0.0"  # noqa: S104 - nothing is bound to it


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """What django-allauth's accounts ask of this site."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Return whether people can make accounts for themselves."""
        return bool(settings.SIGN_UP)

    def clean_username(self, username: str, shallow: bool = False) -> str:
        """Return the name as it is stored; refuse one that is another's, or looks like another's."""
        try:
            return check_free(username)
        except DomainError as refusal:
            raise forms.ValidationError(refusal.message, code=refusal.code) from refusal

    def clean_password(self, password: str, user: AbstractBaseUser | None = None) -> str:
        """Refuse a password that is too long to be meant, besides those that the settings refuse."""
        try:
            check_text(password, field="password", limit=LONGEST_PASSWORD, required=True)
        except DomainError as refusal:
            raise forms.ValidationError(refusal.message, code=refusal.code) from refusal
        cleaned: str = super().clean_password(password, user)
        return cleaned

    def pre_login(self, request: HttpRequest, user: AbstractBaseUser, **more: Any) -> HttpResponse | None:
        """Let an account that waits for its address come to the page that asks for the code."""
        if isinstance(user, User) and not user.is_active and is_unconfirmed(user):
            return None
        refused: HttpResponse | None = super().pre_login(request, user, **more)
        return refused

    def confirm_email(self, request: HttpRequest, email_address: EmailAddress) -> bool:
        """Mark an address as confirmed, and open the account that waited for it.

        An account that was closed or anonymised since the code was sent gets no address back. Of two who
        confirm one address at once the second waits, and is told that it could not be confirmed.
        """
        with transaction.atomic():
            queue_for_names([email_address.email])
            return self._confirm(request, email_address)

    def _confirm(self, request: HttpRequest, email_address: EmailAddress) -> bool:
        user = User.objects.filter(pk=email_address.user_id).first()
        if user is None or not (user.is_active or is_unconfirmed(user)):
            return False
        if not super().confirm_email(request, email_address):
            return False
        confirm_sign_up(user=user)
        return True

    def is_reauthentication_required(self, *, app: str) -> bool:
        """Return whether somebody has to show again that it is them, if they have not lately."""
        return not is_proven_again(self.request) and bool(super().is_reauthentication_required(app=app))

    def get_reauthentication_methods(self, user: AbstractBaseUser) -> list[dict[str, Any]]:
        """Return how somebody can show again that it is them; the first is what they are led to.

        Who signed up with a provider may have no password: the provider is asked again, and where it is off
        a code to the mailbox sets a password.
        """
        ways: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        on = {each.key: each.name for each in list_providers()}
        if on and isinstance(user, User) and list_provider_accounts(user, of=on):
            told = _("Ask %(providers)s again") % {"providers": " / ".join(on.values())}
            ways.append({"id": "provider", "description": told, "url": reverse("provider-again")})
        if not ways and user.is_authenticated:
            told = _("Set a password by a mailed code")
            ways.append({"id": "mail", "description": told, "url": reverse("account_reset_password")})
        return ways

    def is_safe_url(self, url: str) -> bool:
        """Return whether an address is one of this host."""
        request = self.request
        return url_has_allowed_host_and_scheme(url, {request.get_host()}, require_https=request.is_secure())

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return the address that limits count by; of IPv6 the first of its network."""
        address = get_client_address(request).partition("/")[0]
        try:
            return str(ip_address(address))
        except ValueError:
            return UNKNOWN_ADDRESS

    def render_mail(
        self,
        template_prefix: str,
        email: str | list[str],
        context: dict[str, Any],
        headers: dict[str, str] | None = None,
    ) -> EmailMessage:
        """Return a mail as this site writes it."""
        to = [email] if isinstance(email, str) else email
        return build_message(write_mail(template_prefix, context), to=to, headers=headers)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send a mail; that with the code for another password tells the username as well.

        :raises MailNotSent: the server for mail does not take it.
        """
        if template_prefix.endswith("/password_reset_code"):
            found = filter_users_by_email(email, is_active=True, prefer_verified=True, for_login=True)
            context = {**context, "username": found[0].get_username() if found else ""}
        try:
            super().send_mail(template_prefix, email, context)
        except (OSError, SMTPException) as error:
            logger.exception("a mail was not sent: %s", template_prefix)
            raise MailNotSent(
                _("The mail could not be sent. Try again later, or tell the people who run this site.")
            ) from error

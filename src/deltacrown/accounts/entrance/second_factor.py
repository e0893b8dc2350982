"""The second factor: codes of an app, and recovery codes. Its secrets are stored encrypted."""

from __future__ import annotations

from typing import Any

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.base import forms as base
from allauth.mfa.models import Authenticator
from allauth.mfa.totp import forms as totp
from django import forms
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth.models import AbstractBaseUser
from django.core.signing import BadSignature
from django.utils.translation import gettext as _

from deltacrown.accounts.backends import count_attempt
from deltacrown.accounts.entrance.forms import Plain
from deltacrown.accounts.models import User
from deltacrown.core.sealing import seal, unseal

SECRET = "second-factor"  # noqa: S105 - the name under which secrets are sealed
#: Of an authenticator whose secret cannot be read any more: no code fits it.
UNREADABLE = "A" * 32


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """What django-allauth's second factor asks of this site."""

    def encrypt(self, text: str) -> str:
        """Return a secret as it is stored."""
        return seal(text, name=SECRET)

    def decrypt(self, encrypted_text: str) -> str:
        """Return a stored secret; after a change of ``SECRET_KEY`` without a fallback, none that fits."""
        try:
            return str(unseal(encrypted_text, name=SECRET))
        except BadSignature:
            return UNREADABLE

    def get_totp_label(self, user: AbstractBaseUser) -> str:
        """Return what the app shows: the username, and not the address."""
        return str(user.get_username())

    def build_totp_svg(self, url: str) -> str:
        """Return the picture of the address as a part of the page: pages load no ``data:``."""
        drawn: str = super().build_totp_svg(url)
        return drawn[drawn.index("<svg") :]


def has_second_factor(user: User) -> bool:
    """Return whether the account asks for a code besides the password."""
    return bool(Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).exists())


class _Limited(Plain):
    """Counts a code as an attempt to sign in, by account and by address, before it is looked at."""

    user: User

    def clean_code(self) -> str:
        """Check the code.

        :raises TooManyRequests: there were too many attempts.
        """
        count_attempt(base.context.request, self.user.get_username())
        code: str = super().clean_code()  # type: ignore[misc]
        return code


class CodeForm(_Limited, base.AuthenticateForm):  # type: ignore[misc]
    """Takes the code of who signs in."""


class CodeAgainForm(_Limited, base.ReauthenticateForm):  # type: ignore[misc]
    """Takes a code again, before a change of the account."""


class ActivateForm(_Limited, totp.ActivateTOTPForm):  # type: ignore[misc]
    """Takes the first code of an app."""


class AdminSignInForm(AdminAuthenticationForm):
    """The form of the admin's own door, which asks for no code: who needs one signs in on the site's page."""

    def confirm_login_allowed(self, user: Any) -> None:
        """Refuse an account with a second factor."""
        super().confirm_login_allowed(user)
        if has_second_factor(user):
            raise forms.ValidationError(
                _("This account has a second factor: sign in on the page /sign-in/, then come back."),
                code="second-factor",
            )

"""The forms of django-allauth as this site shows them: no examples in fields, refusals at the field."""

from __future__ import annotations

from typing import Any

from allauth.account import forms as account
from allauth.account.internal.flows.signup import prevent_enumeration
from allauth.account.models import EmailAddress
from allauth.core.internal.cryptokit import compare_user_code
from allauth.usersessions.forms import ManageUserSessionsForm
from django import forms
from django.contrib.auth.hashers import make_password
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from deltacrown.accounts.entrance.proving import Pending
from deltacrown.accounts.entrance.signing_in import end_elsewhere
from deltacrown.accounts.models import User
from deltacrown.accounts.services import (
    is_address_taken,
    sign_up_by_provider,
    sign_up_player,
)

#: What the settings ask of a password, in one sentence.
GOOD_PASSWORD = gettext_lazy(
    "At least 8 characters: not digits alone, not like your name, and none that many people use."
)


class Plain:
    """Leaves out the examples in the fields: the labels say it, and do not go when one writes."""

    fields: dict[str, forms.Field]

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        for name, each in self.fields.items():
            each.widget.attrs.pop("placeholder", None)
            each.help_text = GOOD_PASSWORD if name == "password1" else ""


class SignUpForm(Plain, account.SignupForm):  # type: ignore[misc]
    """Signs a player up. Whether an address has an account already is told to its mailbox alone."""

    def validate_unique_email(self, value: str) -> str:
        """Note whether the address is somebody's. One that nobody confirmed does not count."""
        self.account_already_exists = is_address_taken(value)
        return value

    def try_save(self, request: HttpRequest) -> tuple[User | None, HttpResponse | None]:
        """Make the account; with an address that has one, do the same work and answer alike."""
        if not self.account_already_exists:
            return self.save(request), None
        make_password(self.cleaned_data["password1"])
        return None, prevent_enumeration(request, email=self.cleaned_data["email"])

    def save(self, request: HttpRequest) -> User:
        """Make the account.

        :raises DomainError: the name was taken since the form was checked.
        """
        given = self.cleaned_data
        return sign_up_player(username=given["username"], email=given["email"], password=given["password1"])


class ProviderSignUpForm(Plain, account.BaseSignupForm):  # type: ignore[misc]
    """Signs up who came from a provider: with a username and an address, both of their own choice."""

    by_passkey = False

    def __init__(self, *args: Any, pending: Pending, **more: Any) -> None:
        super().__init__(*args, **more)
        self.pending = pending

    def validate_unique_email(self, value: str) -> str:
        """Note whether the address is somebody's, as where one signs up with a password."""
        self.account_already_exists = is_address_taken(value)
        return value

    def try_save(self, request: HttpRequest) -> tuple[User | None, HttpResponse | None]:
        """Make the account; with an address that has one, answer alike, and connect nothing to it.

        :raises DomainError: the name, or the account at the provider, was taken since the form was checked.
        """
        given, proof = self.cleaned_data, self.pending.proof
        if self.account_already_exists:
            return None, prevent_enumeration(request, email=given["email"])
        user = sign_up_by_provider(
            username=given["username"], email=given["email"], provider=proof.provider, uid=proof.uid
        )
        return user, None


class ConfirmAddressForm(Plain, account.ConfirmEmailVerificationCodeForm):  # type: ignore[misc]
    """Takes the code that was mailed to an address."""

    def clean_code(self) -> str:
        """Check the code, and that nobody else has confirmed the address meanwhile."""
        code: str = self.cleaned_data["code"]
        if not compare_user_code(actual=code, expected=self.expected_code):
            raise forms.ValidationError(_("That is not the code of the latest mail."))
        others = EmailAddress.objects.filter(email=self.email.lower(), verified=True)
        if others.exclude(user=self.user).exists():
            raise forms.ValidationError(_("Another account has this address."))
        return code


class ConfirmResetForm(Plain, account.ConfirmPasswordResetCodeForm):  # type: ignore[misc]
    """Takes the code that was mailed to who forgot the password."""

    def clean_code(self) -> str:
        """Check the code."""
        code: str = self.cleaned_data["code"]
        if not compare_user_code(actual=code, expected=self.expected_code):
            raise forms.ValidationError(_("That is not the code of the latest mail."))
        return code


class ResetForm(Plain, account.ResetPasswordForm):  # type: ignore[misc]
    """Asks for the address of who forgot the password."""


class NewPasswordForm(Plain, account.ResetPasswordKeyForm):  # type: ignore[misc]
    """Takes the password of who forgot the one before."""


class ChangePasswordForm(Plain, account.ChangePasswordForm):  # type: ignore[misc]
    """Changes the password of who knows the present one."""

    def clean_oldpassword(self) -> str:
        """Check the present password as signing in does, within the limit on attempts."""
        given: str = self.cleaned_data["oldpassword"]
        adapter = account.get_adapter()
        if not adapter.reauthenticate(self.user, given):
            raise adapter.validation_error("enter_current_password")
        return given


class SetPasswordForm(Plain, account.SetPasswordForm):  # type: ignore[misc]
    """Sets the first password of an account."""


class NewAddressForm(Plain, account.AddEmailForm):  # type: ignore[misc]
    """Asks for another e-mail address."""


class AskAgainForm(Plain, account.ReauthenticateForm):  # type: ignore[misc]
    """Asks for the password again."""


class EndSessionsForm(ManageUserSessionsForm):  # type: ignore[misc]
    """Signs out everywhere else, also where one signed in before there was a list."""

    def save(self, request: HttpRequest) -> None:
        """End every session but this one."""
        assert isinstance(request.user, User)  # noqa: S101 - for the type checker
        end_elsewhere(request, user=request.user)

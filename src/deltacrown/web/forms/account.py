"""The forms of an account: signing in, closing it, and what staff decide about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time
from typing import Any

from django import forms
from django.contrib.auth import authenticate
from django.contrib.auth.forms import AuthenticationForm
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from deltacrown.accounts.backends import SignInClosed
from deltacrown.accounts.entrance.providers import Provider
from deltacrown.accounts.models import LONGEST_USERNAME, User
from deltacrown.core.names import make_name_key
from deltacrown.user_profile.people.standings import LONGEST_REASON
from deltacrown.web.forms import DayInput, PageForm


class SignInForm(AuthenticationForm):
    """Signs in. ``closed`` is the account whose password was right, and that is closed."""

    closed: User | None = None

    def clean(self) -> dict[str, Any]:
        """Refuse a closed account in its own words."""
        try:
            return super().clean()
        except SignInClosed as refusal:
            self.closed = refusal.user
            raise forms.ValidationError(refusal.message, code=refusal.code) from refusal


class CloseAccountForm(PageForm):
    """Confirms that a player closes their account: with the password, or the username where there is none."""

    confirmation = forms.CharField(required=False, strip=False)

    def __init__(self, request: HttpRequest, person: User, data: Mapping[str, Any] | None = None) -> None:
        super().__init__(data)
        self.request, self.person = request, person
        self.asks_password = person.has_usable_password()
        attrs = {"required": True, "autocomplete": "current-password" if self.asks_password else "off"}
        # Unlike a text, a password is never sent back with the page.
        widget = forms.PasswordInput if self.asks_password else forms.TextInput
        self.fields["confirmation"].widget = widget(attrs=attrs)

    def clean_confirmation(self) -> str:
        """Check the password as signing in does, within the limit on attempts; or the username."""
        given: str = self.cleaned_data["confirmation"]
        if self.asks_password:
            empty, wrong = (
                _("Write your password to close the account."),
                _("That is not your password; the account is not closed."),
            )
        else:
            empty, wrong = (
                _("Write your username to close the account."),
                _("That is not your username; the account is not closed."),
            )
        if not given:
            raise forms.ValidationError(empty)
        if not (self._is_password(given) if self.asks_password else self._is_username(given)):
            raise forms.ValidationError(wrong)
        return given

    def _is_password(self, given: str) -> bool:
        found = authenticate(self.request, username=self.person.username, password=given)
        return found is not None and found.pk == self.person.pk

    def _is_username(self, given: str) -> bool:
        # Nothing longer is a username, and folding it takes time by the square of its length.
        return len(given) <= LONGEST_USERNAME and make_name_key(given.strip()) == make_name_key(
            self.person.username
        )


class ProviderForm(PageForm):
    """What a player does about a provider: connects it, disconnects it, or links the id that it proves."""

    do = forms.ChoiceField(choices=[(each, each) for each in ("connect", "disconnect", "link")])
    provider = forms.ChoiceField()
    with_id = forms.BooleanField(required=False)

    def __init__(self, providers: Sequence[Provider], data: Mapping[str, Any] | None = None) -> None:
        super().__init__(data)
        self.fields["provider"].choices = [(each.key, each.name) for each in providers]  # type: ignore[attr-defined]


def _reason_field(*, required: bool) -> forms.CharField:
    # The service refuses one that is empty or too long: with the same words for the commands.
    attrs = {"rows": 3, "maxlength": LONGEST_REASON, **({"required": True} if required else {})}
    return forms.CharField(required=False, widget=forms.Textarea(attrs=attrs))


class ReasonForm(PageForm):
    """Why staff lift a suspension, close an account or reopen it; need not be said."""

    reason = _reason_field(required=False)


class SuspendForm(PageForm):
    """Until when a player is suspended, and why; without a day there is no end."""

    until = forms.DateField(
        required=False,
        widget=DayInput(),
        error_messages={
            "invalid": gettext_lazy("Write the day as in 2027-03-31, or leave it empty for no end.")
        },
    )
    reason = _reason_field(required=True)

    def clean_until(self) -> datetime | None:
        """Return the midnight, in UTC, at which the day begins."""
        day = self.cleaned_data["until"]
        return None if day is None else datetime.combine(day, time(), UTC)

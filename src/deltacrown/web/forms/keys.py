"""The form that makes an API key."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from deltacrown.web.forms import PageForm

LONGEST_NAME = 60
_TOKEN = re.compile(r"[A-Za-z0-9_-]{32}")
_DAMAGED = _("This form is damaged: load the page again, and fill it in anew.")


class KeyForm(PageForm):
    """Makes an API key: one, however often the form is sent, as the name of the form says."""

    # The service refuses a name that is empty or too long: with the same words for the API.
    name = forms.CharField(
        required=False,
        strip=False,
        widget=forms.TextInput(attrs={"maxlength": LONGEST_NAME, "required": True, "autocomplete": "off"}),
    )
    scopes = forms.MultipleChoiceField(
        required=False,
        error_messages={"invalid_choice": _("This is a permission that you may not grant: tick others.")},
    )
    form = forms.CharField(required=False)

    def __init__(self, offered: Sequence[tuple[str, str]], data: Mapping[str, Any] | None = None) -> None:
        super().__init__(data, initial={"form": secrets.token_urlsafe(24), "scopes": ["read"]})
        self.fields["scopes"].choices = offered  # type: ignore[attr-defined]

    def clean_form(self) -> str:
        """Check that it is a name that this page gave."""
        name: str = self.cleaned_data["form"]
        if not _TOKEN.fullmatch(name):
            raise forms.ValidationError(_DAMAGED)
        return name

    def clean_scopes(self) -> list[str]:
        """Refuse a key that may do nothing."""
        chosen: list[str] = self.cleaned_data["scopes"]
        if not chosen:
            raise forms.ValidationError(_("This is missing: tick at least one thing that the key may do."))
        return chosen

    @property
    def ticks(self) -> list[tuple[str, str, bool]]:
        """Return each scope with what it lets do, and whether it is ticked."""
        ticked = self["scopes"].value() or []
        return [(scope, told, scope in ticked) for scope, told in self.fields["scopes"].choices]  # type: ignore[attr-defined]

"""The forms of notifications."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from deltacrown.notifications.services import Choice
from deltacrown.web.forms import PageForm

_UNKNOWN = {"invalid_choice": _("This is no kind of notification: load the page again.")}


class NotificationForm(PageForm):
    """Names one notification."""

    notification = forms.CharField(required=False, strip=False, max_length=500)


class ChoicesForm(PageForm):
    """Of what a player is told on the site, and of what by mail; an unticked box is sent as nothing."""

    on_site = forms.MultipleChoiceField(required=False, error_messages=_UNKNOWN)
    by_mail = forms.MultipleChoiceField(required=False, error_messages=_UNKNOWN)

    def __init__(self, choices: Sequence[Choice], data: Mapping[str, Any] | None = None) -> None:
        super().__init__(
            data,
            initial={
                "on_site": [each.kind for each in choices if each.on_site],
                "by_mail": [each.kind for each in choices if each.by_mail],
            },
        )
        self.choices = choices
        for name in ("on_site", "by_mail"):
            self.fields[name].choices = [(each.kind, each.label) for each in choices]  # type: ignore[attr-defined]

    @property
    def rows(self) -> list[tuple[Choice, bool, bool]]:
        """Return each kind, and whether its boxes are ticked."""
        on_site, by_mail = (self[name].value() or [] for name in ("on_site", "by_mail"))
        return [(each, each.kind in on_site, each.kind in by_mail) for each in self.choices]

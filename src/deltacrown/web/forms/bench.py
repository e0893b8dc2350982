"""The forms of the moderators' bench: about players, merges and the audit log."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from deltacrown.core.deeds import DEEDS, Deed
from deltacrown.core.models import AuditEntry
from deltacrown.web.forms import DayInput, PageForm, choices_of
from deltacrown.web.forms.filters import FilterField, FilterForm

LONGEST_REASON = 500
KINDS = [
    (AuditEntry.Kind.RULING.value, gettext_lazy("Rulings")),
    (AuditEntry.Kind.CHANGE.value, gettext_lazy("Changes")),
    (AuditEntry.Kind.READ.value, gettext_lazy("Reads")),
]


class AuditFilterForm(FilterForm):
    """Filters the audit log."""

    kind = FilterField(forms.Select(choices=choices_of(gettext_lazy("All kinds"), KINDS)))
    deed = FilterField(forms.Select())
    by = FilterField(forms.TextInput(attrs={"size": "16", "maxlength": "150"}))
    player = FilterField(forms.TextInput(attrs={"size": "16", "maxlength": "150"}))
    since = FilterField(DayInput())
    until = FilterField(DayInput())

    def __init__(self, data: Mapping[str, Any] | None = None) -> None:
        super().__init__(data)
        named = sorted(((deed.value, str(DEEDS[deed].words)) for deed in Deed), key=lambda each: each[1])
        self.fields["deed"].widget.choices = choices_of(_("All deeds"), named)


class FindPlayerForm(FilterForm):
    """Finds players by what they are or were called."""

    q = FilterField(forms.TextInput(attrs={"type": "search", "maxlength": "60", "size": "24"}))


def _reason_field(*, required: bool) -> forms.CharField:
    # The service refuses one that is empty or too long: with the same words for the commands.
    attrs = {"rows": 3, "maxlength": LONGEST_REASON, **({"required": True} if required else {})}
    return forms.CharField(required=False, widget=forms.Textarea(attrs=attrs))


class TypedIdForm(PageForm):
    """A form that takes the public id of whom it is about, typed, since nobody types it by mistake."""

    confirmation = forms.CharField(
        required=False, widget=forms.TextInput(attrs={"required": True, "autocomplete": "off"})
    )

    def __init__(self, public_id: str, data: Mapping[str, Any] | None = None) -> None:
        super().__init__(data)
        self.public_id = public_id

    def clean_confirmation(self) -> str:
        """Check that the public id was typed."""
        given: str = self.cleaned_data["confirmation"].strip().upper()
        if given != self.public_id:
            message = _("This is not the public id; write %(id)s to go on. Nothing was changed.")
            raise forms.ValidationError(message % {"id": self.public_id})
        return given


class AnonymiseForm(TypedIdForm):
    """Confirms that a player is anonymised, and why."""

    reason = _reason_field(required=False)
    without_export = forms.BooleanField(required=False)


class RemovePictureForm(PageForm):
    """Why the picture of a player is removed, and that it cannot be brought back."""

    reason = _reason_field(required=True)
    sure = forms.BooleanField(
        required=True,
        error_messages={
            "required": gettext_lazy(
                "This must be ticked: nobody can bring the picture back. It is still there."
            )
        },
    )


class ChooseMergeForm(PageForm):
    """Names the two accounts of a merge."""

    kept = forms.CharField(
        required=False, widget=forms.TextInput(attrs={"required": True, "maxlength": "150"})
    )
    merged = forms.CharField(
        required=False, widget=forms.TextInput(attrs={"required": True, "maxlength": "150"})
    )


class MergeForm(TypedIdForm):
    """Confirms a merge with the public id of the account that ends, and why."""

    reason = _reason_field(required=True)
    allow_meetings = forms.BooleanField(required=False)

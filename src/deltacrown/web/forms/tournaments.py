"""The form with which players and captains enter a tournament, and leave it."""

from __future__ import annotations

from django import forms

from deltacrown.pages.tournament_deeds import Deed
from deltacrown.web.forms import PageForm


class EntryForm(PageForm):
    """Registers, checks in or withdraws the sender, or a team of theirs; or takes that back."""

    team = forms.CharField(max_length=120, required=False)
    do = forms.ChoiceField(choices=[(deed.value, deed.name) for deed in Deed])

    @property
    def deed(self) -> Deed:
        """Return what is to be done."""
        return Deed(self.cleaned_data["do"])

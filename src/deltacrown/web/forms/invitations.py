"""The forms of invitations: sending them, taking them back, and answering them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from deltacrown.web.forms import PageForm

_NEEDED = {"required": _("This is needed.")}
#: A hundred names, each in a line of its own.
LONGEST_NAMES = 20_000


class InviteForm(PageForm):
    """Invites who is named, one on a line, or takes an invitation back."""

    INVITE, TAKE_BACK = "invite", "take-back"

    do = forms.ChoiceField(choices=[(each, each) for each in (INVITE, TAKE_BACK)])
    names = forms.CharField(
        required=False,
        max_length=LONGEST_NAMES,
        error_messages=_NEEDED,
        widget=forms.Textarea(attrs={"rows": 5, "autocomplete": "off", "spellcheck": "false"}),
    )
    invitation = forms.CharField(required=False, max_length=400)

    def clean(self) -> dict[str, Any]:
        """Refuse a form that names nobody."""
        needed = "invitation" if self.cleaned_data.get("do") == self.TAKE_BACK else "names"
        if not self.errors and not self.cleaned_data[needed]:
            self.add_error(needed, _NEEDED["required"])
        return self.cleaned_data

    @property
    def takes_back(self) -> bool:
        """Return whether an invitation is taken back."""
        return bool(self.cleaned_data["do"] == self.TAKE_BACK)


class AnswerForm(PageForm):
    """Accepts an invitation, or declines it."""

    ACCEPT, DECLINE = "accept", "decline"

    do = forms.ChoiceField(choices=[(each, each) for each in (ACCEPT, DECLINE)])
    invitation = forms.CharField(max_length=400, error_messages=_NEEDED)

    @property
    def accepts(self) -> bool:
        """Return whether it is accepted."""
        return bool(self.cleaned_data["do"] == self.ACCEPT)

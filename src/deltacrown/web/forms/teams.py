"""The forms with which captains run their team."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from deltacrown.web.forms import PageForm


class MemberForm(PageForm):
    """Names a member by public id."""

    player = forms.CharField(max_length=20)


class RoleForm(MemberForm):
    """Gives a member a role, or ends it."""

    GIVE, END = "give", "end"

    role = forms.CharField(max_length=20)
    do = forms.ChoiceField(required=False, choices=[(GIVE, _("Give")), (END, _("End"))])

    @property
    def held(self) -> bool:
        """Return whether the member is to have the role, as it is when nothing is said."""
        return bool(self.cleaned_data["do"] != self.END)

"""The forms with which captains run their team, and enter it in tournaments."""

from __future__ import annotations

from django import forms

from deltacrown.web.forms import PageForm


class MemberForm(PageForm):
    """Names a member by public id."""

    player = forms.CharField(max_length=20)


class RoleForm(MemberForm):
    """Gives a member a role, or ends it."""

    GIVE, END = "give", "end"

    role = forms.CharField(max_length=20)
    do = forms.ChoiceField(required=False, choices=[(GIVE, "Give"), (END, "End")])

    @property
    def held(self) -> bool:
        """Return whether the member is to have the role, as it is when nothing is said."""
        return bool(self.cleaned_data["do"] != self.END)


class TeamEntryForm(PageForm):
    """Registers a team for a tournament, or withdraws it."""

    REGISTER, WITHDRAW = "register", "withdraw"

    team = forms.CharField(max_length=120)
    do = forms.ChoiceField(choices=[(REGISTER, "Register"), (WITHDRAW, "Withdraw")])

    @property
    def entered(self) -> bool:
        """Return whether the team is to be registered."""
        return bool(self.cleaned_data["do"] == self.REGISTER)

"""The forms with which players found teams and answer invitations, and captains run their team."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from deltacrown.teams.services import NAME_LENGTH, SLUG_LENGTH
from deltacrown.web.forms import PageForm


class MemberForm(PageForm):
    """Names a member by public id."""

    player = forms.CharField(max_length=20)


class RoleForm(MemberForm):
    """Gives a member a role or ends it, or makes them captain in place of the sender."""

    GIVE, END = "give", "end"
    HAND_OVER = "hand-over"

    role = forms.CharField(max_length=20)
    do = forms.ChoiceField(
        required=False, choices=[(GIVE, _("Give")), (END, _("End")), (HAND_OVER, _("Hand over"))]
    )

    @property
    def hands_over(self) -> bool:
        """Return whether the member is to be captain in place of who sends it."""
        return bool(self.cleaned_data["do"] == self.HAND_OVER)

    @property
    def held(self) -> bool:
        """Return whether the member is to have the role, as it is when nothing is said."""
        return bool(self.cleaned_data["do"] != self.END)


class TeamNameForm(PageForm):
    """Says what a team is called; what a name may not hold the service refuses."""

    name = forms.CharField(
        required=False,
        strip=False,
        widget=forms.TextInput(attrs={"maxlength": NAME_LENGTH, "required": True, "autocomplete": "off"}),
    )


class FoundingForm(TeamNameForm):
    """Founds a team: its name, and the last part of its address, which may be left empty."""

    slug = forms.CharField(
        required=False,
        widget=forms.TextInput(
            attrs={"maxlength": SLUG_LENGTH, "autocomplete": "off", "autocapitalize": "none"}
        ),
    )


class InviteForm(PageForm):
    """Names a player whom the team asks to join, by name or public id."""

    player = forms.CharField(
        max_length=200,
        error_messages={
            "required": _("This is missing: write a name or a public id."),
            "max_length": _("This is longer than any name: write a name or a public id."),
        },
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class AnswerForm(PageForm):
    """Answers the invitation of a team, which it names by slug."""

    ACCEPT, DECLINE = "accept", "decline"

    team = forms.CharField(max_length=SLUG_LENGTH)
    do = forms.ChoiceField(choices=[(ACCEPT, ""), (DECLINE, "")])

    @property
    def accepts(self) -> bool:
        """Return whether the player joins."""
        return bool(self.cleaned_data["do"] == self.ACCEPT)

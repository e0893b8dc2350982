"""The forms that ask staff in the admin why, and until when, before a decision about players is taken."""

from __future__ import annotations

from datetime import UTC, datetime, time

from django import forms
from django.contrib.admin.widgets import AdminDateWidget

from deltacrown.user_profile.people import avatars, standings


class DecisionForm(forms.Form):
    """Asks why a suspension is lifted, or an account closed or reopened."""

    reason = forms.CharField(
        required=False,
        max_length=standings.LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 3, "cols": 80}),
        help_text="Need not be said. Staff read it in the log.",
    )


class SuspensionForm(forms.Form):
    """Asks until when players are suspended, and why."""

    until = forms.DateField(
        required=False,
        widget=AdminDateWidget(),
        help_text="It ends at the beginning of this day, in UTC; empty for no end.",
    )
    reason = forms.CharField(
        max_length=standings.LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 3, "cols": 80}),
        help_text="The player reads it; others are told nothing.",
    )

    def clean_until(self) -> datetime | None:
        """Return the midnight, in UTC, at which the day begins."""
        day = self.cleaned_data["until"]
        return None if day is None else datetime.combine(day, time(), UTC)


class RemovalForm(forms.Form):
    """Asks why pictures are removed."""

    reason = forms.CharField(
        max_length=avatars.LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 3, "cols": 80}),
        help_text="Staff read it in the log. The player is not told, and can choose another picture.",
    )

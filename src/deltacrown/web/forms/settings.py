"""The forms with which players change what is their own."""

from __future__ import annotations

from django import forms

from deltacrown.web.forms import PageForm


class PrivacyForm(PageForm):
    """What a player lets others see; an unticked box is sent as nothing."""

    show_match_history = forms.BooleanField(required=False)
    show_tournament_stats = forms.BooleanField(required=False)


class TimelineEntryForm(PageForm):
    """Hides an entry of a player's own timeline, or shows it again."""

    HIDE, SHOW = "hide", "show"

    entry = forms.CharField(required=False, strip=False)
    do = forms.ChoiceField(required=False, choices=[(HIDE, HIDE), (SHOW, SHOW)])

    @property
    def hidden(self) -> bool:
        """Return whether the entry is to be hidden, as it is when nothing is said."""
        return bool(self.cleaned_data["do"] != self.SHOW)

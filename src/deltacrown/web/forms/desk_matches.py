"""The forms with which organisers record matches by hand, and change them."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from deltacrown.games.models import MatchRow
from deltacrown.pages.desk_matches import Change, GivenMatch, GivenSide
from deltacrown.pages.results_desk import EntrantLine
from deltacrown.web.forms import PageForm, choices_of
from deltacrown.web.forms.disputes import LONGEST_SCORE, MatchCorrectionForm

LONGEST_REASON = 500
LONGEST_WORD = 100
#: How many sides a match has in the form, at least and at most.
FEWEST_SIDES, MOST_SIDES = 2, 16
#: As a browser's input for a date and a time has it.
LOCAL = "%Y-%m-%dT%H:%M"


class RecordForm(PageForm):
    """A match with its sides, typed by hand."""

    token = forms.RegexField(r"^[0-9a-f]{32}$", widget=forms.HiddenInput)
    played_at = forms.DateTimeField(
        input_formats=[LOCAL, "%Y-%m-%d %H:%M"],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format=LOCAL),
        error_messages={
            "required": gettext_lazy("Write when it was played."),
            "invalid": gettext_lazy("Write the day and the time, as in 2026-04-06 18:05."),
        },
    )
    round = forms.CharField(
        required=False, max_length=LONGEST_WORD, widget=forms.TextInput(attrs={"maxlength": LONGEST_WORD})
    )
    series = forms.CharField(
        required=False, max_length=LONGEST_WORD, widget=forms.TextInput(attrs={"maxlength": LONGEST_WORD})
    )

    def __init__(
        self,
        lines: Sequence[EntrantLine],
        count: int,
        data: Mapping[str, Any] | None = None,
        *,
        now: datetime,
    ) -> None:
        started = {"token": secrets.token_hex(16), "played_at": timezone.localtime(now).strftime(LOCAL)}
        super().__init__(data, initial=started)
        self.numbers = range(1, min(max(count, FEWEST_SIDES), MOST_SIDES) + 1)
        entrants = choices_of(_("Choose one"), [(line.handle, line.name) for line in lines])
        unknown = {"invalid_choice": _("Choose one of the list."), "required": _("Choose who played.")}
        for number in self.numbers:
            self.fields[f"entrant-{number}"] = forms.ChoiceField(choices=entrants, error_messages=unknown)
            self.fields[f"result-{number}"] = forms.ChoiceField(
                choices=MatchRow.Result.choices,
                error_messages={"invalid_choice": _("Choose one of the results.")},
            )
            self.fields[f"score-{number}"] = forms.CharField(
                required=False,
                max_length=LONGEST_SCORE,
                widget=forms.TextInput(attrs={"class": "short", "maxlength": LONGEST_SCORE}),
            )

    @property
    def sides(self) -> list[tuple[int, forms.BoundField, forms.BoundField, forms.BoundField]]:
        """Return the number of each side with its fields."""
        return [(n, self[f"entrant-{n}"], self[f"result-{n}"], self[f"score-{n}"]) for n in self.numbers]

    def clean(self) -> dict[str, Any]:
        """Refuse one entrant on two sides."""
        told = [self.cleaned_data.get(f"entrant-{number}") for number in self.numbers]
        chosen = [each for each in told if each]
        if len(set(chosen)) < len(chosen):
            raise forms.ValidationError(_("Two sides are the same; choose another for one of them."))
        return self.cleaned_data

    def get_match(self) -> GivenMatch:
        """Return the match."""
        told = self.cleaned_data
        sides = [
            GivenSide(
                handle=told[f"entrant-{number}"],
                result=told[f"result-{number}"],
                score=told[f"score-{number}"],
            )
            for number in self.numbers
        ]
        return GivenMatch(
            token=told["token"],
            sides=sides,
            played_at=told["played_at"],
            round=told["round"],
            series=told["series"],
        )


class ChangeForm(MatchCorrectionForm):
    """A match that is voided, restored, swapped, or corrected line by line; and why."""

    change = forms.ChoiceField(
        choices=[(change.value, change.name) for change in Change],
        error_messages={"required": gettext_lazy("Choose what is to be done.")},
    )
    # The service refuses a reason that is empty or too long: with the same words for the API.
    reason = forms.CharField(
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 3, "maxlength": LONGEST_REASON, "required": True}),
    )

    made_from = forms.CharField(required=False, max_length=64)

    def __init__(self, rows: Sequence[MatchRow], data: Mapping[str, Any] | None = None) -> None:
        super().__init__(rows, data)
        for row in rows:
            label = _("%(name)s did not play") % {"name": row.user.profile.name}
            widget = forms.CheckboxInput(attrs={"aria-label": label})
            self.fields[f"absent-{row.user.profile.public_id}"] = forms.BooleanField(
                required=False, widget=widget
            )

    @property
    def absences(self) -> list[tuple[MatchRow, forms.BoundField, forms.BoundField, forms.BoundField]]:
        """Return each line with its fields for result, score and absence."""
        return [
            (row, result, score, self[f"absent-{row.user.profile.public_id}"])
            for row, result, score in self.lines
        ]

    def clean(self) -> dict[str, Any]:
        """Refuse a correction that changes nothing."""
        if self.cleaned_data.get("change") == Change.CORRECT and not self._list_absent():
            return super().clean()
        return self.cleaned_data

    def _list_absent(self) -> list[MatchRow]:
        return [
            row for row in self.rows if self.cleaned_data.get(f"absent-{row.user.profile.public_id}") is True
        ]

    def get_change(self) -> dict[str, Any]:
        """Return what ``change_match`` takes."""
        told = self.cleaned_data
        change = Change(told["change"])
        if change is not Change.CORRECT:
            return {"change": change, "reason": told["reason"], "made_from": told["made_from"]}
        gone = self._list_absent()
        stay = [row for row in self.rows if row not in gone]
        return {
            "change": change,
            "reason": told["reason"],
            "results": {row.user.username: told[f"result-{row.user.profile.public_id}"] for row in stay},
            "scores": {row.user.username: told[f"score-{row.user.profile.public_id}"] for row in stay},
            "removed": [row.user.username for row in gone],
        }

"""The form with which staff rule on a match."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from deltacrown.games.models import MatchRow
from deltacrown.pages.bench_matches import LONGEST_REASON, Change, Ruling
from deltacrown.pages.ruled_matches import swap_sides
from deltacrown.web.forms.desk_matches import LOCAL
from deltacrown.web.forms.disputes import MatchCorrectionForm

#: The longest name that somebody is looked up by.
LONGEST_NAME = 150
#: As the field for whether the time is known has it.
KNOWN, DAY_ALONE = "time", "day"


class MatchRulingForm(MatchCorrectionForm):
    """Voids, restores, corrects a match, or moves a line of it to another player."""

    PREVIEW, DO, SWAP = "preview", "do", "swap"

    _CHOOSE = gettext_lazy("Choose what is to be done.")

    decision = forms.ChoiceField(
        choices=[(PREVIEW, PREVIEW), (DO, DO)],
        error_messages={"required": _CHOOSE, "invalid_choice": _CHOOSE},
    )
    change = forms.ChoiceField(
        choices=[(change.value, change.name) for change in Change],
        error_messages={"required": _CHOOSE, "invalid_choice": _CHOOSE},
    )
    seen = forms.CharField(required=False, max_length=64)
    reason = forms.CharField(
        max_length=LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 3, "maxlength": LONGEST_REASON}),
        error_messages={"required": gettext_lazy("Write why: it is shown with what changes.")},
    )
    played_at = forms.DateTimeField(
        required=False,
        input_formats=[LOCAL, "%Y-%m-%d %H:%M", "%Y-%m-%d"],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format=LOCAL),
        error_messages={
            "invalid": gettext_lazy("Write the day and the time, as in 2026-04-06 18:05."),
        },
    )
    timing = forms.ChoiceField(
        choices=[
            (KNOWN, gettext_lazy("Day and time are known")),
            (DAY_ALONE, gettext_lazy("The day alone is known")),
        ],
        error_messages=dict.fromkeys(
            ["required", "invalid_choice"], gettext_lazy("Choose whether the time is known.")
        ),
    )
    to = forms.CharField(
        required=False, max_length=LONGEST_NAME, widget=forms.TextInput(attrs={"maxlength": LONGEST_NAME})
    )

    use_required_attribute = False

    def __init__(self, rows: Sequence[MatchRow], data: Mapping[str, Any] | None = None) -> None:
        first = rows[0]
        timed = {
            "played_at": _write_time(first.played_at, is_known=first.is_time_known),
            "timing": KNOWN if first.is_time_known else DAY_ALONE,
        }
        given: dict[str, Any] | None = None if data is None else {**timed, **dict(data.items())}
        if given is not None and given.get("decision") == self.SWAP:
            given |= self._fill_in_swap(rows)
        super().__init__(rows, given)
        self.initial.update(timed)
        named = [(row.user.profile.public_id, row.user.profile.name) for row in rows]
        only = _("Only the line of %(name)s")
        one_of_them = {"invalid_choice": _("Choose one of the players as they are in the match now.")}
        self.fields["line"] = forms.ChoiceField(
            required=False,
            choices=[("", _("The whole match")), *((key, only % {"name": name}) for key, name in named)],
            error_messages=one_of_them,
        )
        self.fields["moved"] = forms.ChoiceField(
            required=False, choices=[("", _("Choose one")), *named], error_messages=one_of_them
        )

    @classmethod
    def _fill_in_swap(cls, rows: Sequence[MatchRow]) -> dict[str, str]:
        """Return the fields with the sides swapped as they are recorded, however often it is asked."""
        swapped: dict[str, str] = {"decision": cls.PREVIEW, "change": Change.CORRECT}
        for row, result, score in swap_sides(rows):
            key = row.user.profile.public_id
            swapped |= {f"result-{key}": result, f"score-{key}": score}
        return swapped

    def clean(self) -> dict[str, Any]:
        """Check what the chosen change takes."""
        change = self.cleaned_data.get("change")
        if change == Change.MOVE:
            if "moved" not in self.errors and not self.cleaned_data["moved"]:
                self.add_error("moved", _("Choose whose line is to be moved."))
            if "to" not in self.errors and not self.cleaned_data["to"]:
                self.add_error("to", _("Write whose line it really is."))
        if change == Change.CORRECT and not self.errors and self._get_time() is None:
            return super().clean()
        return self.cleaned_data

    def get_ruling(self) -> Ruling:
        """Return what is decided."""
        told = self.cleaned_data
        change = Change(told["change"])
        if change is Change.MOVE:
            return Ruling(change=change, line=told["moved"], to=told["to"])
        if change is not Change.CORRECT:
            return Ruling(change=change, line=told["line"])
        keys = [row.user.profile.public_id for row in self.rows]
        return Ruling(
            change=change,
            results={key: told[f"result-{key}"] for key in keys},
            scores={key: told[f"score-{key}"] for key in keys},
            played_at=self._get_time(),
            is_time_known=told["timing"] != DAY_ALONE,
        )

    @property
    def seen_given(self) -> str | None:
        """Return what was looked at; None when it is only asked for."""
        return self.cleaned_data["seen"] if self.cleaned_data["decision"] == self.DO else None

    def _get_time(self) -> datetime | None:
        """Return the right time, or the beginning of the right day; None where it is what is recorded."""
        given: datetime | None = self.cleaned_data["played_at"]
        first = self.rows[0]
        if given is None:
            return None
        is_known = self.cleaned_data["timing"] != DAY_ALONE
        recorded = _write_time(first.played_at, is_known=first.is_time_known), first.is_time_known
        if (_write_time(given, is_known=True), is_known) == recorded:
            return None
        if is_known:
            return given
        return datetime.combine(timezone.localtime(given).date(), time(), UTC)


def list_undo_fields(ruling: Ruling, reason: str) -> list[tuple[str, str]]:
    """Return the fields, with their values, that ask what it changes to take a ruling back."""
    is_move = ruling.change is Change.MOVE
    fields = {
        "decision": MatchRulingForm.PREVIEW,
        "change": str(ruling.change),
        "moved" if is_move else "line": ruling.line,
        "to": ruling.to,
        "reason": Truncator(_("Taken back: %(reason)s") % {"reason": reason}).chars(LONGEST_REASON),
        **{f"result-{key}": result for key, result in ruling.results.items()},
        **{f"score-{key}": score for key, score in ruling.scores.items()},
    }
    if ruling.played_at is not None:
        fields["played_at"] = _write_time(ruling.played_at, is_known=ruling.is_time_known)
        fields["timing"] = KNOWN if ruling.is_time_known else DAY_ALONE
    return list(fields.items())


def _write_time(at: datetime, *, is_known: bool) -> str:
    """Return a time as the reader's field has it; a day alone is the same day for everybody."""
    shown = timezone.localtime(at) if is_known else at.astimezone(UTC)
    return shown.replace(tzinfo=None).isoformat(timespec="minutes")

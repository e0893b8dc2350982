"""The form with which staff make and change a season: by its first and its last day."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.admin.widgets import AdminDateWidget

from deltacrown.core.days import add_days
from deltacrown.games.models import Season

if TYPE_CHECKING:
    BaseForm = forms.ModelForm[Season]
else:
    BaseForm = forms.ModelForm

#: The day after it is in no calendar.
LAST_OF_ALL = date.max


class SeasonForm(BaseForm):
    """Form for a season. The fields of its times take days, and give the midnights around them."""

    starts_at = forms.DateField(label="First day", widget=AdminDateWidget())
    ends_at = forms.DateField(
        label="Last day", widget=AdminDateWidget(), help_text="It counts whole. Days are in UTC."
    )

    class Meta:
        model = Season
        fields = ("name", "slug", "game", "starts_at", "ends_at")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk is not None:
            self.initial["starts_at"] = self.instance.since.date()
            self.initial["ends_at"] = get_last_day(self.instance).date()

    def clean_starts_at(self) -> datetime:
        return _begin(self.cleaned_data["starts_at"])

    def clean_ends_at(self) -> datetime:
        last: date = self.cleaned_data["ends_at"]
        if last == LAST_OF_ALL:
            raise forms.ValidationError("No day comes after this one: give an earlier one.")
        return add_days(_begin(last), days=1)

    def clean(self) -> dict[str, Any]:
        """Refuse a last day before the first, in words of days."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        starts_at, ends_at = cleaned.get("starts_at"), cleaned.get("ends_at")
        if starts_at and ends_at and ends_at <= starts_at:
            self.add_error("ends_at", "The last day is before the first: give a later one.")
        return cleaned


def get_last_day(season: Season) -> datetime:
    """Return a time within the last day of a season."""
    return season.until - timedelta(microseconds=1)


def _begin(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)

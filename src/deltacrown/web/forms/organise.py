"""The forms of the organiser's console."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from deltacrown.pages.desk_entrants import DeskDeed
from deltacrown.pages.desk_import import LONGEST_LIST
from deltacrown.pages.desks import Step
from deltacrown.tournaments.models import Tournament
from deltacrown.web.forms import PageForm, choices_of

_TIME = {"invalid": _("This is no date and time: write it as in 2025-03-09 18:00.")}
_NEEDED = {"required": _("This is needed.")}
COUNT, LEAVE = "count", "leave"
#: As many entrants can be ticked on a page.
MOST_TICKED = 50


class TimeInput(forms.DateTimeInput):
    """The browser's input for a date and a time, in the reader's zone."""

    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%dT%H:%M")


class StepForm(PageForm):
    """Opens, starts or cancels a tournament."""

    do = forms.ChoiceField(choices=[(step.value, step.name) for step in Step])
    reason = forms.CharField(
        required=False,
        strip=True,
        widget=forms.Textarea(attrs={"rows": 3, "maxlength": 500, "required": True}),
    )

    @property
    def step(self) -> Step:
        """Return what is to be done."""
        return Step(self.cleaned_data["do"])


class PersonForm(PageForm):
    """Adds somebody, removes them, or hands the tournament over."""

    ADD, REMOVE, HAND_OVER = "add", "remove", "hand-over"

    do = forms.ChoiceField(choices=[(each, each) for each in (ADD, REMOVE, HAND_OVER)])
    player = forms.CharField(
        max_length=80,
        error_messages=_NEEDED,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    is_sure = forms.BooleanField(required=False)

    def clean(self) -> dict[str, Any]:
        """Refuse to hand over what was not confirmed."""
        if self.cleaned_data.get("do") == self.HAND_OVER and not self.cleaned_data["is_sure"]:
            self.add_error("is_sure", _("Tick that you are sure."))
        return self.cleaned_data


class DetailsForm(PageForm):
    """What a tournament is called, when and how it is held; the new one's slug."""

    name = forms.CharField(max_length=160, error_messages=_NEEDED)
    slug = forms.CharField(
        max_length=100,
        error_messages=_NEEDED,
        widget=forms.TextInput(attrs={"autocapitalize": "none", "spellcheck": "false"}),
    )
    game = forms.CharField(error_messages=_NEEDED, widget=forms.Select())
    entrant_kind = forms.ChoiceField(choices=Tournament.EntrantKind.choices, error_messages=_NEEDED)
    capacity = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=10**6,
        widget=forms.NumberInput(attrs={"class": "short", "inputmode": "numeric"}),
        error_messages={
            "invalid": _("This is no whole number."),
            "min_value": _("This must be 1 at least, or empty for no limit."),
            "max_value": _("This is too many: leave it empty for no limit."),
        },
    )
    starts_at = forms.DateTimeField(error_messages={**_TIME, **_NEEDED}, widget=TimeInput())
    ends_at = forms.DateTimeField(required=False, error_messages=_TIME, widget=TimeInput())
    registration_closes_at = forms.DateTimeField(required=False, error_messages=_TIME, widget=TimeInput())
    prize_currency = forms.CharField(
        required=False,
        widget=forms.TextInput(attrs={"class": "short", "maxlength": 3, "autocapitalize": "characters"}),
    )
    prize_pool = forms.DecimalField(
        required=False,
        widget=forms.TextInput(attrs={"class": "short", "inputmode": "decimal"}),
        error_messages={"invalid": _("This is no amount: write it as in 2500.50.")},
    )
    rules = forms.CharField(
        required=False, strip=False, widget=forms.Textarea(attrs={"rows": 8, "maxlength": 10_000})
    )
    forfeits = forms.ChoiceField(
        required=False,
        choices=choices_of(
            _("As the game has it"), [(COUNT, _("They count")), (LEAVE, _("They do not count"))]
        ),
    )

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        games: Sequence[tuple[str, str]],
        event: Tournament | None = None,
        changeable: set[str] | None = None,
    ) -> None:
        super().__init__(data, initial=_describe(event) if event else None)
        self.auto_id = "details-%s"
        self.fields["game"].widget.choices = choices_of(_("Choose one"), games)
        if changeable is not None:
            for name in set(self.fields) - changeable:
                del self.fields[name]

    def clean_prize_currency(self) -> str:
        """Return the code in capitals."""
        return str(self.cleaned_data["prize_currency"]).upper()

    @property
    def given(self) -> dict[str, Any]:
        """Return what services take."""
        given = dict(self.cleaned_data)
        given["counts_forfeits"] = {COUNT: True, LEAVE: False}.get(given.pop("forfeits"))
        given["rules"] = given["rules"].replace("\r\n", "\n").strip()
        return given


def _describe(event: Tournament) -> dict[str, Any]:
    names = ("name", "entrant_kind", "capacity", "starts_at", "ends_at", "registration_closes_at")
    said = {name: getattr(event, name) for name in (*names, "prize_currency", "prize_pool", "rules")}
    forfeits = {True: COUNT, False: LEAVE}.get(event.counts_forfeits or False, "")
    return {**said, "game": event.game.slug, "forfeits": "" if event.counts_forfeits is None else forfeits}


class EnterForm(PageForm):
    """Names who is to be entered; a reason goes to the log."""

    entrant = forms.CharField(
        max_length=160, error_messages=_NEEDED, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    reason = forms.CharField(required=False, widget=forms.TextInput(attrs={"maxlength": 500}))


class EntrantsForm(PageForm):
    """What is done to one entrant, by a button of its own, or to all that are ticked."""

    do = forms.ChoiceField(required=False, choices=[(deed.value, deed.name) for deed in DeskDeed])
    one = forms.CharField(required=False, max_length=200)

    def __init__(self, data: QueryDict | None = None) -> None:
        super().__init__(data)
        self.ticked = data.getlist("entrant")[:MOST_TICKED] if data is not None else []

    def clean(self) -> dict[str, Any]:
        """Read what the button of one entrant says."""
        do, _space, key = self.cleaned_data.get("one", "").partition(" ")
        if key:
            self.cleaned_data["do"], self.ticked = do, [key]
        if self.cleaned_data.get("do") not in set(DeskDeed):
            self.add_error(None, _("Choose what to do."))
        return self.cleaned_data

    @property
    def deed(self) -> DeskDeed:
        """Return what is to be done."""
        return DeskDeed(self.cleaned_data["do"])


class RosterForm(PageForm):
    """Who joins a roster, and who leaves it; both together is a substitute."""

    joins = forms.CharField(
        required=False, max_length=80, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    leaves = forms.CharField(required=False, widget=forms.Select())
    reason = forms.CharField(
        error_messages=_NEEDED, max_length=500, widget=forms.TextInput(attrs={"maxlength": 500})
    )

    def __init__(self, players: Sequence[tuple[str, str]], data: Mapping[str, Any] | None = None) -> None:
        super().__init__(data)
        self.fields["leaves"].widget.choices = choices_of(_("Nobody"), players)

    def clean(self) -> dict[str, Any]:
        """Refuse a change of nothing."""
        if not self.errors and not self.cleaned_data["joins"] and not self.cleaned_data["leaves"]:
            self.add_error("joins", _("This is needed, or who leaves."))
        return self.cleaned_data


class ImportForm(PageForm):
    """A list of entrants, as text or as a file; the text again, to do what was previewed."""

    text = forms.CharField(required=False, strip=False, widget=forms.Textarea(attrs={"rows": 8}))
    file = forms.FileField(required=False)
    is_confirmed = forms.BooleanField(required=False)

    def __init__(self, data: Mapping[str, Any] | None = None, files: Any = None) -> None:
        super().__init__(data)
        if files is not None:
            self.files = files

    def clean(self) -> dict[str, Any]:
        """Read the file, where there is one."""
        file = self.cleaned_data.get("file")
        if file:
            try:
                self.cleaned_data["text"] = file.read(4 * LONGEST_LIST).decode("utf-8-sig")
            except UnicodeDecodeError:
                self.add_error("file", _("This is no text in UTF-8: save it as CSV UTF-8."))
        return self.cleaned_data

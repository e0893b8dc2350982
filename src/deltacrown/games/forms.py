"""Forms with which staff record and correct matches."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, cast

from django import forms

from deltacrown.accounts.models import User
from deltacrown.accounts.services import find_players
from deltacrown.core.admin import ReasonForm
from deltacrown.core.days import start_of_day
from deltacrown.games.models import Match, MatchRow
from deltacrown.games.services import LineRecord, MatchCorrection

if TYPE_CHECKING:
    MatchForm = forms.ModelForm[Match]
else:
    MatchForm = forms.ModelForm


#: What a line of a player may say beside username, result, side and score, by name.
OPTIONS = ("placement", "ended_by")
OPTION = re.compile(r"(?P<name>[a-z_]+)\s*=\s*(?P<value>.*)", re.IGNORECASE)
LONGEST_PLACEMENT = 9
FORM_OF_LINE = (
    "username, then WIN, LOSS, DRAW or NONE, then side and score if any, "
    "then placement=NUMBER and ended_by=FORFEIT, BYE, RETIRED, DISQUALIFIED or ABANDONED if any"
)


class NewMatchForm(MatchForm):
    """Form for a whole match, with one line of text per player."""

    ASKED = ("game", "match_key", "played_at", "only_day", "sequence", "players")

    only_day = forms.BooleanField(
        required=False, label="Only the day is known", help_text="The time of day is left out then."
    )
    players = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=(
            f"One player per line: {FORM_OF_LINE}. "
            "Examples: ann, WIN, Red, 13 – bob, LOSS, placement=5 – cat, WIN, ended_by=BYE"
        ),
    )

    class Meta:
        model = Match
        fields = ("game", "match_key", "played_at", "sequence")

    def clean_players(self) -> tuple[LineRecord, ...]:
        lines = [line for line in self.cleaned_data["players"].splitlines() if line.strip()]
        return read_players(lines)


def read_players(lines: Iterable[str]) -> tuple[LineRecord, ...]:
    """Parse lines of ``username, result[, side[, score]][, placement=N][, ended_by=WORD]``.

    A score may have commas.

    :raises ValidationError: a line has another form or an unknown player; the message gives its number.
    """
    parsed = [[part.strip() for part in line.split(",")] for line in lines]
    users = find_players(parts[0] for parts in parsed if parts[0])
    return tuple(_read_player(parts, users, number) for number, parts in enumerate(parsed, start=1))


def _read_player(parts: list[str], users: Mapping[str, User], number: int) -> LineRecord:
    options = _read_options(parts, number)
    username, result, side, *scores = [*parts, "", ""]
    score = ", ".join(part for part in scores if part)
    if not username or result.upper() not in MatchRow.Result.values:
        raise forms.ValidationError(f"Line {number}: give {FORM_OF_LINE}.")
    user = users.get(username)
    if user is None:
        raise forms.ValidationError(f"Line {number}: there is no player {username!r}.")
    return LineRecord(user=user, result=result.upper(), side=side, score=score, **options)


def _read_options(parts: list[str], number: int) -> dict[str, Any]:
    """Take the options out of the parts of a line, and return them as arguments of ``LineRecord``."""
    options: dict[str, Any] = {}
    while len(parts) > 2 and (option := OPTION.fullmatch(parts[-1])):
        name, value = option["name"].lower(), option["value"]
        if name not in OPTIONS:
            raise forms.ValidationError(f"Line {number}: {name} is unknown; give {' or '.join(OPTIONS)}.")
        options[name] = _read_placement(value, number) if name == "placement" else value.upper()
        parts.pop()

    return options


def _read_placement(text: str, number: int) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= LONGEST_PLACEMENT):
        raise forms.ValidationError(f"Line {number}: placement {text!r} is no whole number from 1 on.")
    return int(text)


class CorrectionForm(ReasonForm):
    """Form for what is corrected of a match beside the results; what is left empty stays as it is."""

    played_at = forms.DateTimeField(required=False)
    kind = forms.ChoiceField(required=False, choices=[("", "as it is"), *MatchRow.Kind.choices])
    only_day = forms.BooleanField(
        required=False,
        label="Only the day is known",
        help_text="The time of day is left out then, of the time given or of that recorded.",
    )
    sequence = forms.IntegerField(
        required=False,
        min_value=0,
        label="Place among matches of the same time",
    )
    details = forms.CharField(
        required=False,
        label="Scores, sides, placements and the like",
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=(
            "One per line: username, then what it is to be, separated by semicolons. Example: "
            "ann; score=6-1 7-5; side=Red; placement=5; ended_by=RETIRED; uncounted=a friendly. "
            "An empty value takes away what is recorded."
        ),
    )
    moved = forms.CharField(
        required=False,
        label="Lines of other players",
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="One per line: the username as recorded, then whose line it really is. Example: ann, anna",
    )
    added = forms.CharField(
        required=False,
        label="Missing players",
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="One per line, as in a new match. Example: cat, LOSS, Blue, 7",
    )

    def clean_details(self) -> dict[str, dict[str, Any]]:
        return read_details(line for line in self.cleaned_data["details"].splitlines() if line.strip())

    def clean_moved(self) -> dict[str, User]:
        pairs = [line.split(",") for line in self.cleaned_data["moved"].splitlines() if line.strip()]
        if any(len(pair) != 2 for pair in pairs):
            raise forms.ValidationError("Give two usernames per line, with a comma between them.")
        names = {old.strip(): new.strip() for old, new in pairs}
        users = find_players(names.values())
        unknown = [name for name in names.values() if name not in users]
        if unknown:
            raise forms.ValidationError(f"There is no player {unknown[0]!r}.")
        return {old: users[new] for old, new in names.items()}

    def clean_added(self) -> tuple[LineRecord, ...]:
        return read_players(line for line in self.cleaned_data["added"].splitlines() if line.strip())


#: What a line of the field ``details`` may say: the name there → the name in ``MatchCorrection``.
DETAILS = {
    "score": "scores",
    "side": "sides",
    "placement": "placements",
    "ended_by": "ended_by",
    "uncounted": "uncounted",
}


def read_details(lines: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Parse lines of ``username; name=value; name=value`` into the arguments of a correction.

    :raises ValidationError: a line has another form, or names something unknown.
    """
    details: dict[str, dict[str, Any]] = {}
    for line in lines:
        username, *parts = [part.strip() for part in line.split(";")]
        for part in parts:
            name, is_given, value = (each.strip() for each in part.partition("="))
            if not is_given or name not in DETAILS:
                raise forms.ValidationError(
                    f"{part!r} is not understood; give {', '.join(DETAILS)}, each as name=value."
                )
            details.setdefault(DETAILS[name], {})[username] = _read_detail(name, value)
    return details


def _read_detail(name: str, value: str) -> Any:
    if name == "ended_by":
        return value.upper() or MatchRow.EndedBy.PLAY
    if name != "placement":
        return value
    if value and not (value.isascii() and value.isdecimal() and len(value) <= LONGEST_PLACEMENT):
        raise forms.ValidationError(f"placement {value!r:.40} is no whole number.")
    return int(value) if value else None


def results_form(rows: list[MatchRow], base: type[forms.Form] = ReasonForm) -> type[forms.Form]:
    """Return a form for the result of each player of a match, in fields ``result_USERNAME``.

    :param base: the form these fields are added to.
    """
    fields: dict[str, Any] = {
        f"result_{row.user.username}": forms.ChoiceField(
            label=f"{row.user.username} ({row.side})" if row.side else row.user.username,
            choices=MatchRow.Result,
            initial=row.result,
        )
        for row in rows
    }
    return type("ResultsForm", (base,), fields)


def correction_form(rows: list[MatchRow]) -> type[forms.Form]:
    """Return the form to correct all that a match says of its players."""
    players = [(row.user.username, row.user.username) for row in rows]
    removed = forms.MultipleChoiceField(
        required=False,
        label="Players who were not in it",
        choices=players,
        widget=forms.CheckboxSelectMultiple,
    )
    return results_form(rows, type("WholeMatchForm", (CorrectionForm,), {"removed": removed}))


def read_results(answers: dict[str, Any]) -> dict[str, str]:
    """Return username → result from the cleaned data of a results form."""
    return {
        name.removeprefix("result_"): result for name, result in answers.items() if name.startswith("result_")
    }


def read_correction(answers: dict[str, Any]) -> MatchCorrection:
    """Return what the cleaned data of a correction form corrects."""
    played_at = answers["played_at"]
    if answers["only_day"] and played_at is not None:
        played_at = start_of_day(played_at)

    correction: dict[str, Any] = {
        **answers["details"],
        "results": read_results(answers),
        "moved": answers["moved"],
        "added": answers["added"],
        "removed": answers["removed"],
        "played_at": played_at,
        "is_time_known": False if answers["only_day"] else None,
        "kind": answers["kind"] or None,
    }
    if answers["sequence"] is not None:
        correction["sequence"] = answers["sequence"]
    return cast("MatchCorrection", correction)

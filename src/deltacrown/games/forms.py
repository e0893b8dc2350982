"""Forms with which staff record and correct matches."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from django import forms

from deltacrown.accounts.models import User
from deltacrown.accounts.services import find_players
from deltacrown.core.admin import ReasonForm
from deltacrown.games.models import Match, MatchRow
from deltacrown.games.services import LineRecord, MatchCorrection

if TYPE_CHECKING:
    MatchForm = forms.ModelForm[Match]
else:
    MatchForm = forms.ModelForm


#: username, result[, side[, score]]
LINE = re.compile(
    r"(?P<username>[^,]+?)\s*,\s*(?P<result>WIN|LOSS|DRAW)(?:\s*,\s*(?P<side>[^,]*?)(?:\s*,\s*(?P<score>-?[0-9]{1,10})?)?)?",
    re.IGNORECASE,
)


class NewMatchForm(MatchForm):
    """Form for a whole match, with one line of text per player."""

    ASKED = ("game", "match_key", "played_at", "players")

    players = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=(
            "One player per line: username, then WIN, LOSS or DRAW, then side and score if there are any. "
            "Example: ann, WIN, Red, 13"
        ),
    )

    class Meta:
        model = Match
        fields = ("game", "match_key", "played_at")

    def clean_players(self) -> tuple[LineRecord, ...]:
        lines = [line for line in self.cleaned_data["players"].splitlines() if line.strip()]
        return read_players(lines)


def read_players(lines: Iterable[str]) -> tuple[LineRecord, ...]:
    """Parse lines of ``username, result[, side[, score]]``.

    :raises ValidationError: a line has another form or an unknown player; the message gives its number.
    """
    parsed = [LINE.fullmatch(line.strip()) for line in lines]
    users = find_players(parts["username"] for parts in parsed if parts)
    return tuple(_read_player(parts, users, number) for number, parts in enumerate(parsed, start=1))


def _read_player(parts: re.Match[str] | None, users: Mapping[str, User], number: int) -> LineRecord:
    if parts is None:
        raise forms.ValidationError(
            f"Line {number}: give username, then WIN, LOSS or DRAW, then side and score if there are any."
        )
    user = users.get(parts["username"])
    if user is None:
        raise forms.ValidationError(f"Line {number}: there is no player {parts['username']!r}.")
    score = int(parts["score"]) if parts["score"] else None
    return LineRecord(user=user, result=parts["result"].upper(), side=parts["side"] or "", score=score)


class CorrectionForm(ReasonForm):
    """Form for what is corrected of a match beside the results; what is left empty stays as it is."""

    played_at = forms.DateTimeField(required=False)
    kind = forms.ChoiceField(required=False, choices=[("", "as it is"), *MatchRow.Kind.choices])
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
    return MatchCorrection(
        results=read_results(answers),
        moved=answers["moved"],
        added=answers["added"],
        removed=answers["removed"],
        played_at=answers["played_at"],
        kind=answers["kind"] or None,
    )

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
from deltacrown.games.services import LineRecord

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


def correction_form(rows: list[MatchRow]) -> type[forms.Form]:
    """Return a form for the result of each player of a match, in fields ``result_USERNAME``, and a reason."""
    fields: dict[str, Any] = {
        f"result_{row.user.username}": forms.ChoiceField(
            label=f"{row.user.username} ({row.side})" if row.side else row.user.username,
            choices=MatchRow.Result,
            initial=row.result,
        )
        for row in rows
    }
    return type("CorrectionForm", (ReasonForm,), fields)


def read_results(answers: dict[str, Any]) -> dict[str, str]:
    """Return username → result from the cleaned data of a correction form."""
    return {
        name.removeprefix("result_"): result for name, result in answers.items() if name.startswith("result_")
    }

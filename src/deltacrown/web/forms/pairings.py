"""The forms with which sides report, and organisers seed, draw, pair and rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from secrets import randbelow, token_hex
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from deltacrown.tournaments.services import GameOutcome, Outcome, pairings
from deltacrown.web.forms import PageForm, choices_of
from deltacrown.web.forms.organise import TimeInput

LONGEST_REASON = 500
MOST_SHUFFLES = 10**9


class OutcomeForm(PageForm):
    """The score of each game, or who won it; or that a side did not show up, or gave up."""

    games = forms.CharField(required=False)
    reason = forms.CharField(
        required=False,
        max_length=LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 2, "maxlength": LONGEST_REASON}),
    )

    def __init__(
        self,
        sides: Sequence[str],
        best_of: int,
        data: Mapping[str, Any] | None = None,
        *,
        shown: Outcome | None = None,
    ) -> None:
        super().__init__(data)
        self.sides, self.best_of = sides, best_of
        named = [("1", sides[0]), ("2", sides[1])]
        self.fields["no_show"] = forms.ChoiceField(
            required=False, choices=choices_of(_("Both played to the end"), named)
        )
        for game in range(1, best_of + 1):
            told = shown.games[game - 1] if shown and game <= len(shown.games) else None
            for side in (1, 2):
                field = forms.CharField(
                    required=False,
                    max_length=20,
                    initial=told.scores[side - 1] if told else "",
                    widget=forms.TextInput(attrs={"class": "short", "inputmode": "numeric"}),
                )
                self.fields[f"score-{game}-{side}"] = field
            self.fields[f"winner-{game}"] = forms.ChoiceField(
                required=False,
                choices=choices_of(_("by the score"), [*named, ("0", _("nobody"))]),
                initial=str(told.winner) if told and not any(told.scores) else "",
            )

    @property
    def lines(self) -> list[tuple[int, forms.BoundField, forms.BoundField, forms.BoundField]]:
        """Return for each game its number and its three fields."""
        return [
            (game, self[f"score-{game}-1"], self[f"score-{game}-2"], self[f"winner-{game}"])
            for game in range(1, self.best_of + 1)
        ]

    def clean(self) -> dict[str, Any]:
        """Read the games that are filled in; the first that is left empty is the end."""
        found = []
        is_over = False
        for game in range(1, self.best_of + 1):
            first, second = (self.cleaned_data.get(f"score-{game}-{side}", "").strip() for side in (1, 2))
            winner = self.cleaned_data.get(f"winner-{game}", "")
            if not (first or second or winner):
                is_over = True
                continue
            if is_over:
                raise forms.ValidationError(_("A game is left out; fill them in from the first on."))
            found.append(GameOutcome(self._find_winner(game, first, second, winner), first, second))
        no_show = self.cleaned_data.get("no_show")
        self.cleaned_data["outcome"] = Outcome(tuple(found), int(no_show) if no_show else None)  # type: ignore[arg-type]
        return self.cleaned_data

    def _find_winner(self, game: int, first: str, second: str, winner: str) -> int:
        if winner:
            return int(winner)
        if not (first.isdecimal() and second.isdecimal()):
            message = _("Game %(game)s: write both scores as whole numbers, or choose who won it.")
            raise forms.ValidationError(message % {"game": game})
        return 0 if int(first) == int(second) else 1 if int(first) > int(second) else 2


class SureForm(PageForm):
    """Does what drops reports, once the box is ticked that says so.

    :param must_be_sure: whether there is something to drop.
    """

    is_sure = forms.BooleanField(required=False)

    def __init__(self, data: Mapping[str, Any] | None = None, *, must_be_sure: bool = True) -> None:
        super().__init__(data)
        self.must_be_sure = must_be_sure

    def clean(self) -> dict[str, Any]:
        """Refuse what was not confirmed."""
        if not self.cleaned_data.pop("is_sure", False) and self.must_be_sure:
            self.add_error("is_sure", _("Tick that you are sure."))
        return self.cleaned_data


class UnknownForm(PageForm):
    """Stands for a button that the page does not have, and refuses it."""

    def clean(self) -> dict[str, Any]:
        """Refuse it."""
        raise forms.ValidationError(_("Choose what to do."))


class DrawForm(SureForm):
    """Draws a bracket, or draws it anew."""

    best_of = forms.IntegerField(min_value=1, max_value=pairings.MOST_GAMES, initial=1)
    final_best_of = forms.IntegerField(min_value=1, max_value=pairings.MOST_GAMES, required=False)
    third_place = forms.BooleanField(required=False)


class ShuffleForm(PageForm):
    """Puts the seeds in a random order: always the same one for the number of the page."""

    shuffle = forms.IntegerField(min_value=0, max_value=MOST_SHUFFLES)

    def __init__(self, data: Mapping[str, Any] | None = None) -> None:
        # Always of nine digits: a page is as long each time, and a HEAD tells the length of the GET.
        least = MOST_SHUFFLES // 10
        super().__init__(data, initial={"shuffle": least + randbelow(MOST_SHUFFLES - least)})


class MoveForm(PageForm):
    """Moves an entrant one place up or down among the seeds, from the order that the page showed."""

    move = forms.RegexField(r"^(up|down) .{1,120}$")
    made_from = forms.CharField(max_length=64)

    @property
    def step(self) -> tuple[str, int]:
        """Return who is moved, and by how many places: -1 or 1."""
        way, _space, key = self.cleaned_data["move"].partition(" ")
        return key, -1 if way == "up" else 1


class AddForm(PageForm):
    """Pairs two entrants by hand. The key is made with the form: what is sent twice is made once."""

    key = forms.RegexField(r"^[0-9a-f]{16}$", widget=forms.HiddenInput)
    round = forms.CharField(max_length=100)
    best_of = forms.IntegerField(min_value=1, max_value=pairings.MOST_GAMES, initial=1)

    def __init__(self, entrants: Sequence[tuple[str, str]], data: Mapping[str, Any] | None = None) -> None:
        super().__init__(data, initial={"key": token_hex(8)})
        for side in ("first", "second"):
            self.fields[side] = forms.ChoiceField(choices=choices_of(_("Choose one"), entrants))


class ScheduleForm(PageForm):
    """Sets when a pairing is to be played, in the reader's zone; empty for no time."""

    scheduled_at = forms.DateTimeField(
        required=False,
        widget=TimeInput(),
        error_messages={
            "invalid": gettext_lazy("This is no date and time: write it as in 2025-03-09 18:00.")
        },
    )

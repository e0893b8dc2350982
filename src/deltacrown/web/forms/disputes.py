"""The forms with which players dispute and moderators resolve."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from deltacrown.accounts.models import User
from deltacrown.core.errors import InvalidInput
from deltacrown.core.sentences import end_sentence
from deltacrown.games.models import MatchRow
from deltacrown.moderation.services import CorrectMatch, CorrectResult, Disqualify, Remedy, VoidMatch
from deltacrown.pages.dispute_hands import Hand
from deltacrown.pages.disputes import ResultChoice, ReviewPage
from deltacrown.tournaments.models import TournamentResult
from deltacrown.tournaments.services import read_place, write_place
from deltacrown.web.forms import PageForm, choices_of

#: The longest reason, and the longest resolution.
LONGEST_TEXT = 2000
#: The longest score, in characters.
LONGEST_SCORE = 100
#: The largest number that a placement may be.
LARGEST_NUMBER = 10**9 - 1
#: The longest reason for having no placement.
LONGEST_UNPLACED_REASON = 200


class MatchDisputeForm(PageForm):
    """Disputes a match."""

    # The service refuses a reason that is empty or too long: with the same words for the API.
    reason = forms.CharField(
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 6, "maxlength": LONGEST_TEXT, "required": True}),
    )


class StatementForm(PageForm):
    """Says what a party of a dispute has to say."""

    # The service refuses words that are none or too many.
    words = forms.CharField(
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 8, "maxlength": LONGEST_TEXT, "required": True}),
    )

    def __init__(self, said: str, data: Mapping[str, Any] | None = None) -> None:
        super().__init__(data, initial={"words": said})


class ResultDisputeForm(MatchDisputeForm):
    """Disputes a result of a tournament."""

    PLAYER, TEAM = "player", "team"

    result = forms.CharField(required=False, widget=forms.Select(attrs={"required": True}))

    field_order = ("result", "reason")

    def __init__(self, choices: Sequence[ResultChoice], data: Mapping[str, Any] | None = None) -> None:
        super().__init__(data)
        named = [(self._name(choice), choice.label) for choice in choices]
        self.fields["result"].widget.choices = choices_of(_("Choose one"), named)

    @property
    def entrant(self) -> dict[str, str]:
        """Return the entrant whose result it is, as ``file_result_dispute`` takes it.

        It is empty when none was chosen.
        """
        kind, _colon, name = self.cleaned_data["result"].partition(":")
        names = {self.PLAYER: "public_id", self.TEAM: "team_slug"}
        return {names[kind]: name} if kind in names else {}

    @classmethod
    def _name(cls, choice: ResultChoice) -> str:
        if choice.public_id:
            return f"{cls.PLAYER}:{choice.public_id}"
        return f"{cls.TEAM}:{choice.team_slug}"


class ResultCorrectionForm(PageForm):
    """The right placement and prize of a disputed result; no prize leaves it as it is."""

    _PLACE = gettext_lazy("Write the placement as a whole number, as in 2, or as a range, as in 5-8.")
    _NONE = gettext_lazy("Write a placement, or tick that there is none.")
    _BOTH = gettext_lazy("Leave the placement empty where there is none.")
    _AMOUNT = gettext_lazy("Write the prize as an amount, as in 250.50.")

    placement = forms.CharField(
        required=False,
        widget=forms.TextInput(attrs={"class": "short"}),
    )
    is_unranked = forms.BooleanField(required=False)
    unplaced_reason = forms.CharField(
        required=False,
        max_length=LONGEST_UNPLACED_REASON,
        widget=forms.TextInput(
            attrs={
                "maxlength": LONGEST_UNPLACED_REASON,
                "placeholder": gettext_lazy("not classified, if that is known"),
            }
        ),
    )
    prize = forms.DecimalField(
        required=False,
        max_digits=12,
        widget=forms.TextInput(
            attrs={"class": "short", "inputmode": "decimal", "placeholder": gettext_lazy("as it is")},
        ),
        error_messages={"invalid": _AMOUNT},
    )

    use_required_attribute = False

    @classmethod
    def of_result(cls, result: TournamentResult | None, data: Mapping[str, Any] | None) -> Self:
        """Return the form for a result, with the placement on record."""
        place = write_place(result.placement, result.placement_to) if result else ""
        return cls(data, initial={"placement": place})

    def clean_placement(self) -> tuple[int | None, int | None]:
        """Return the first and the last place."""
        text = self.cleaned_data["placement"]
        try:
            first, last = read_place(text)
        except InvalidInput:
            first, last = 0, None
        if text and not 1 <= (first or 0) <= (last or LARGEST_NUMBER) <= LARGEST_NUMBER:
            raise forms.ValidationError(self._PLACE)
        return first, last

    def clean(self) -> dict[str, Any]:
        """Refuse neither a placement nor that there is none, and both."""
        if "placement" in self.errors:
            return self.cleaned_data
        is_placed = self.cleaned_data["placement"][0] is not None
        says_none = self.cleaned_data["is_unranked"] or bool(self.cleaned_data.get("unplaced_reason"))
        if is_placed == says_none:
            self.add_error("placement", self._BOTH if is_placed else self._NONE)
        return self.cleaned_data

    @property
    def remedy(self) -> Remedy:
        """Return the correction of the result."""
        placement, placement_to = self.cleaned_data["placement"]
        return CorrectResult(
            placement,
            self.cleaned_data["prize"],
            placement_to=placement_to,
            unplaced_reason=self.cleaned_data["unplaced_reason"],
        )


class MatchCorrectionForm(PageForm):
    """The right results and scores of a disputed match; a field that is not sent keeps what is recorded."""

    def __init__(self, rows: Sequence[MatchRow], data: Mapping[str, Any] | None = None) -> None:
        recorded: dict[str, Any] = {}
        for row in rows:
            recorded[_result_name(row)] = row.result
            recorded[_score_name(row)] = row.score

        posted = None if data is None else recorded | dict(data.items())
        super().__init__(posted, initial=recorded)
        self.rows = rows
        for row in rows:
            self.fields[_result_name(row)] = _result_field(row)
            self.fields[_score_name(row)] = _score_field(row)

    @property
    def lines(self) -> list[tuple[MatchRow, forms.BoundField, forms.BoundField]]:
        """Return each line of the match with its fields for result and score."""
        return [(row, self[_result_name(row)], self[_score_name(row)]) for row in self.rows]

    def clean(self) -> dict[str, Any]:
        """Refuse a correction that changes nothing."""
        if not self.errors and not any(self._changes(row) for row in self.rows):
            raise forms.ValidationError(_("Nothing would change: give a player another result or score."))
        return self.cleaned_data

    @property
    def remedy(self) -> Remedy:
        """Return the correction of the match."""
        results = {row.user.username: self.cleaned_data[_result_name(row)] for row in self.rows}
        scores = {row.user.username: self.cleaned_data[_score_name(row)] for row in self.rows}
        return CorrectMatch(results, scores)

    def _changes(self, row: MatchRow) -> bool:
        given = (self.cleaned_data[_result_name(row)], self.cleaned_data[_score_name(row)])
        return given != (row.result, row.score)


class ReviewForm(PageForm):
    """Upholds a dispute with a remedy, or rejects it.

    The fields of the two corrections are forms of their own inside the same HTML form, so that only those of
    the chosen remedy have to be filled in.
    """

    UPHOLD, REJECT, PREVIEW = "uphold", "reject", "preview"
    VOID, CORRECT, PLACE, DISQUALIFY = "void", "correct", "place", "disqualify"

    _DECIDE = gettext_lazy("Choose to uphold or to reject.")
    _CHOOSE = gettext_lazy("Choose a remedy.")

    decision = forms.ChoiceField(
        choices=[(UPHOLD, UPHOLD), (REJECT, REJECT), (PREVIEW, PREVIEW)],
        error_messages={"required": _DECIDE, "invalid_choice": _DECIDE},
    )
    remedy = forms.ChoiceField(
        required=False,
        choices=[(name, name) for name in (VOID, CORRECT, PLACE, DISQUALIFY)],
        error_messages={"invalid_choice": _CHOOSE},
    )
    # The service refuses a resolution that is empty or too long: with the same words for the API.
    resolution = forms.CharField(
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 5, "maxlength": LONGEST_TEXT, "required": True}),
    )

    def __init__(self, review: ReviewPage, data: Mapping[str, Any] | None = None) -> None:
        super().__init__(data)
        self.correction = MatchCorrectionForm(review.rows, data)
        self.placement = ResultCorrectionForm.of_result(review.line.result, data)
        self.players = {row.user.profile.public_id: row.user for row in review.rows}
        only = _("Only the line of %(name)s")
        lines = [(key, only % {"name": user.profile.name}) for key, user in self.players.items()]
        self.fields["voided"] = forms.ChoiceField(
            required=False,
            choices=choices_of(_("The whole match"), lines),
            error_messages={"invalid_choice": _("Choose the whole match, or one of its players.")},
            widget=forms.Select(attrs={"aria-label": _("What is void")}),
        )

    def clean(self) -> dict[str, Any]:
        """Check the remedy of a dispute that is upheld."""
        if self.cleaned_data.get("decision") in (None, self.REJECT) or "remedy" in self.errors:
            return self.cleaned_data

        chosen = self.cleaned_data["remedy"]
        if not chosen:
            self.add_error("remedy", self._CHOOSE)
        fields = {self.CORRECT: self.correction, self.PLACE: self.placement}.get(chosen)
        if fields is not None:
            for problem in fields.problems:
                self.add_error(None, problem)
        return self.cleaned_data

    def get_remedy(self) -> Remedy | None:
        """Return the remedy of a dispute that is upheld; None for one that is rejected."""
        if self.cleaned_data["decision"] == self.REJECT:
            return None
        chosen = self.cleaned_data["remedy"]
        if chosen == self.VOID:
            return VoidMatch(self.players.get(self.cleaned_data["voided"]))
        if chosen == self.DISQUALIFY:
            return Disqualify()
        return self.placement.remedy if chosen == self.PLACE else self.correction.remedy


class HandForm(PageForm):
    """Says who has a dispute in hand."""

    do = forms.ChoiceField(choices=[(hand.value, hand.value) for hand in Hand])
    to = forms.CharField(required=False)

    def __init__(self, resolvers: Sequence[User] = (), data: Mapping[str, Any] | None = None) -> None:
        super().__init__(data)
        people = [(each.profile.public_id, each.profile.name) for each in resolvers]
        self.fields["to"].widget = forms.Select(choices=choices_of(_("Choose one"), people))


def _result_name(row: MatchRow) -> str:
    return f"result-{row.user.profile.public_id}"


def _score_name(row: MatchRow) -> str:
    return f"score-{row.user.profile.public_id}"


def _result_field(row: MatchRow) -> forms.Field:
    name = row.user.profile.name
    return forms.ChoiceField(
        choices=MatchRow.Result.choices,
        widget=forms.Select(attrs={"aria-label": _("Result of %(name)s") % {"name": name}}),
        error_messages={
            "invalid_choice": end_sentence(_("Choose one of the results for %(name)s") % {"name": name})
        },
    )


def _score_field(row: MatchRow) -> forms.Field:
    name = row.user.profile.name
    attrs = {"class": "short", "aria-label": _("Score of %(name)s") % {"name": name}}
    too_long = _("Write the score of %(name)s in at most %(most)s characters.")
    return forms.CharField(
        required=False,
        max_length=LONGEST_SCORE,
        widget=forms.TextInput(attrs=attrs),
        error_messages={"max_length": too_long % {"name": name, "most": LONGEST_SCORE}},
    )

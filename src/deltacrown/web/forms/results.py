"""The forms with which organisers place entrants, and rule on results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from deltacrown.core.errors import DomainError, InvalidInput
from deltacrown.pages.result_rulings import Do, Ruling, name_entrant
from deltacrown.pages.results_desk import EntrantLine
from deltacrown.tournaments.models import TournamentResult
from deltacrown.tournaments.services import Standing, read_place, write_place
from deltacrown.web.forms import PageForm
from deltacrown.web.forms.disputes import LARGEST_NUMBER, LONGEST_UNPLACED_REASON, ResultCorrectionForm

LONGEST_REASON = 500
#: The most letters of a place, and of a prize.
LONGEST_PLACE, LONGEST_PRIZE = 25, 20

PLACE = gettext_lazy("Write the place as a whole number, as in 2, or as a range, as in 5-8.")
AMOUNT = gettext_lazy("Write the prize as an amount, as in 250.50.")


@dataclass
class PlaceRow:
    """What is said of one entrant in the form of all, as it was typed."""

    line: EntrantLine
    place: str = ""
    prize: str = ""
    why: str = ""
    is_out: bool = False
    problems: list[str] = field(default_factory=list)

    def read(self) -> Standing | None:
        """Return the standing it says, None where it says nothing; note what cannot be read."""
        if not (self.place.strip() or self.why.strip() or self.is_out or self.prize.strip()):
            return None
        try:
            first, last = read_place(self.place.replace("\N{EN DASH}", "-"))
        except InvalidInput:
            self.problems.append(str(PLACE))
            return None
        if not (self.place.strip() or self.why.strip()):
            missing = _("Write a place, or why there is none.")
            self.problems.append(_("Write why it is disqualified.") if self.is_out else missing)
            return None
        if first is not None and not 1 <= first <= (last or LARGEST_NUMBER) <= LARGEST_NUMBER:
            self.problems.append(str(PLACE))
            return None
        try:
            prize = Decimal(self.prize.strip() or 0)
        except InvalidOperation:
            self.problems.append(str(AMOUNT))
            return None
        told = {"disqualified_reason" if self.is_out else "unplaced_reason": self.why.strip()}
        return Standing(
            **name_entrant(self.line.entered.entrant),  # type: ignore[arg-type]
            placement=first,
            placement_to=last,
            prize=prize,
            **told,  # type: ignore[arg-type]
        )


class StandingsForm(PageForm):
    """The final standings: a place, a prize and a reason of every entrant, each of them optional.

    The fields of an entrant are written by the template: there are thousands in a large tournament.
    """

    def __init__(
        self,
        lines: Sequence[EntrantLine],
        suggested: Mapping[str, Standing],
        data: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(data)
        self.standings: list[Standing] = []
        self.rows = [
            _suggest_row(line, suggested.get(line.handle)) if data is None else _read_row(line, data)
            for line in lines
        ]

    def clean(self) -> dict[str, Any]:
        """Read the rows; tell how many cannot be read."""
        read = [row.read() for row in self.rows]
        self.standings = [standing for standing in read if standing is not None]
        if any(row.problems for row in self.rows):
            raise forms.ValidationError(_("Something is not filled in rightly: see the notes beside it."))
        return self.cleaned_data

    def get_ruling(self) -> Ruling:
        """Return the completion."""
        return Ruling(do=Do.COMPLETE, standings=self.standings)


def _suggest_row(line: EntrantLine, standing: Standing | None) -> PlaceRow:
    if standing is None:
        return PlaceRow(line)
    return PlaceRow(
        line,
        place=write_place(standing.placement, standing.placement_to),
        prize=f"{standing.prize:.2f}" if standing.prize else "",
        why=standing.disqualified_reason or standing.unplaced_reason,
        is_out=bool(standing.disqualified_reason),
    )


def _read_row(line: EntrantLine, data: Mapping[str, Any]) -> PlaceRow:
    def read(name: str, most: int) -> str:
        return str(data.get(f"{name}-{line.handle}", "")).replace("\0", "")[: most + 1]

    return PlaceRow(
        line,
        read("place", LONGEST_PLACE),
        read("prize", LONGEST_PRIZE),
        read("why", LONGEST_REASON),
        is_out=f"out-{line.handle}" in data,
    )


class ReasonForm(PageForm):
    """A ruling that takes a reason alone."""

    # The service refuses a reason that is empty or too long: with the same words for the API.
    reason = forms.CharField(
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 3, "maxlength": LONGEST_REASON, "required": True}),
    )

    def __init__(self, do: Do, data: Mapping[str, Any] | None = None) -> None:
        super().__init__(data)
        self.do = do

    def get_ruling(self) -> Ruling:
        """Return the ruling."""
        return Ruling(do=self.do, reason=self.cleaned_data["reason"])


class PlaceForm(ResultCorrectionForm):
    """The right place and prize of one entrant, and why."""

    reason = forms.CharField(
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 3, "maxlength": LONGEST_REASON, "required": True}),
    )

    def __init__(
        self,
        result: TournamentResult | None,
        data: Mapping[str, Any] | None = None,
        *,
        again: Mapping[str, Any] | None = None,
    ) -> None:
        recorded = {}
        if result is not None:
            recorded = {
                "placement": write_place(result.placement, result.placement_to),
                "unplaced_reason": result.unplaced_reason,
                "is_unranked": result.placement is None,
                "prize": f"{result.prize_amount:.2f}",
            }
        super().__init__(data, initial=recorded | dict(again or {}))
        self.fields["unplaced_reason"].widget.attrs["maxlength"] = LONGEST_UNPLACED_REASON
        self.fields["prize"].widget.attrs.pop("placeholder", None)

    def add_refusal(self, refusal: DomainError) -> None:
        """Add the message of a refusal; that of the end of a range to the place, which has both."""
        if refusal.field == "placement_to":
            self.add_error("placement", refusal.at_field)
        else:
            super().add_refusal(refusal)

    def get_ruling(self) -> Ruling:
        """Return the correction."""
        told = self.cleaned_data
        placement, placement_to = told["placement"]
        return Ruling(
            do=Do.CORRECT,
            reason=told["reason"],
            placement=placement,
            placement_to=placement_to,
            unplaced_reason=told["unplaced_reason"],
            prize=told["prize"],
        )

"""What looks odd about a match. It is recorded all the same, with these warnings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from deltacrown.core.listing import write_list
from deltacrown.games.models import MatchRow

Result = MatchRow.Result
EndedBy = MatchRow.EndedBy

#: How a match ends for somebody whose result need not be that of the side.
LEFT = frozenset({EndedBy.FORFEIT, EndedBy.RETIRED, EndedBy.DISQUALIFIED})


class Line(Protocol):
    """What is looked at of a line, as delivered or as recorded."""

    @property
    def result(self) -> str: ...
    @property
    def side(self) -> str: ...
    @property
    def placement(self) -> int | None: ...
    @property
    def ended_by(self) -> str: ...


def list_oddities(lines: Sequence[Line]) -> list[str]:
    """Return what looks odd about the lines of one match, a sentence each; of the known ones, if not all are.

    A player without a side is a side alone.
    """
    found = [*_list_split_sides(lines), *_list_odd_results(lines), *_list_odd_placements(lines)]
    if any(line.ended_by == EndedBy.BYE for line in lines) and len(_group(lines)) > 1:
        found.append(_("A bye has an opponent."))

    return found


def _group(lines: Sequence[Line]) -> dict[str | int, list[Line]]:
    sides: dict[str | int, list[Line]] = {}
    for place, line in enumerate(lines):
        sides.setdefault(line.side or place, []).append(line)

    return sides


def _list_split_sides(lines: Sequence[Line]) -> list[str]:
    """Return the sides whose players have several results, but for who left the match."""
    found = []
    for side, together in _group(lines).items():
        results = {line.result for line in together if line.ended_by not in LEFT}
        if len(results) > 1:
            words = {"side": repr(side), "results": _listed(results)}
            found.append(_("The side %(side)s has several results: %(results)s.") % words)

    return found


def _list_odd_results(lines: Sequence[Line]) -> list[str]:
    sides = [{line.result for line in together} for together in _group(lines).values()]
    results = set().union(*sides)
    found = []

    if Result.DRAW in results and len(results - {Result.NONE}) > 1:
        found.append(_("Some players drew and others did not."))
    if Result.NONE in results and len(results) > 1:
        found.append(_("Some players have a result and others have none."))

    winners = sum(Result.WIN in side for side in sides)
    firsts = [line.placement == 1 for line in lines if line.result == Result.WIN]
    if winners > 1 and not all(firsts):
        found.append(ngettext("%(count)s side won.", "%(count)s sides won.", winners) % {"count": winners})

    # Who left, or is placed behind somebody who is not known, may well have lost.
    is_explained = all(line.ended_by in LEFT or (line.placement or 0) > 1 for line in lines)
    if len(sides) > 1 and results == {Result.LOSS} and not is_explained:
        found.append(_("Every side lost."))

    return found


def _list_odd_placements(lines: Sequence[Line]) -> list[str]:
    placed = [line for line in lines if line.placement is not None]
    won = [line.placement or 0 for line in placed if line.result == Result.WIN]
    lost = [line.placement or 0 for line in placed if line.result == Result.LOSS]
    if won and lost and min(lost) < max(won):
        places = {"lost": min(lost), "won": max(won)}
        return [_("Placement %(lost)s lost and placement %(won)s won.") % places]

    return []


def _listed(results: set[str]) -> str:
    return write_list(sorted(results))

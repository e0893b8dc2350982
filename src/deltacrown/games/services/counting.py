"""Why a line counts nowhere by what it says: a bye, an abandoned match, a forfeit where those do not count.

The reason is set on the row when it is written, so that no number needs to know these rules.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from django.utils.translation import gettext_noop

from deltacrown.games.models import MatchRow

EndedBy = MatchRow.EndedBy

# They are stored in English, and translated when they are shown.
BYE = gettext_noop("a bye")
ABANDONED = gettext_noop("abandoned without a result")
NO_RESULT = gettext_noop("no result is known")
FORFEITED = gettext_noop("decided by forfeit, and forfeits do not count here")
#: The reasons that follow from a line and the rules. When either is another one, so is the reason.
IMPLIED = frozenset({BYE, ABANDONED, NO_RESULT, FORFEITED})


class Line(Protocol):
    """What of a line says whether it counts, as delivered or as recorded."""

    @property
    def result(self) -> str: ...
    @property
    def side(self) -> str: ...
    @property
    def ended_by(self) -> str: ...
    @property
    def uncounted_reason(self) -> str: ...


def find_uncounted_reasons(lines: Sequence[Line], *, counts_forfeits: bool) -> list[str]:
    """Return for each line of a match why it counts nowhere; empty where it counts.

    A forfeit decides the match where all known lines of a side are forfeited: then no line counts, if
    ``counts_forfeits`` is false. Where only some players of a side gave up, the match was played, and only
    theirs do not.
    """
    is_decided = not counts_forfeits and _is_decided_by_forfeit(lines)
    return [
        line.uncounted_reason or _find_reason(line, is_decided=is_decided, counts_forfeits=counts_forfeits)
        for line in lines
    ]


def _find_reason(line: Line, *, is_decided: bool, counts_forfeits: bool) -> str:
    if line.ended_by == EndedBy.BYE:
        return BYE
    if line.ended_by == EndedBy.ABANDONED:
        return ABANDONED
    if line.result == MatchRow.Result.NONE:
        return NO_RESULT
    if is_decided or (line.ended_by == EndedBy.FORFEIT and not counts_forfeits):
        return FORFEITED

    return ""


def _is_decided_by_forfeit(lines: Sequence[Line]) -> bool:
    """Return whether everybody known of some side forfeited."""
    sides: dict[str | int, bool] = {}
    for place, line in enumerate(lines):
        side = line.side or place
        sides[side] = sides.get(side, True) and line.ended_by == EndedBy.FORFEIT

    return any(sides.values())

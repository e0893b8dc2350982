"""What is said of a match line beside its result: how it ended, and why it does not count."""

from __future__ import annotations

from typing import Protocol

from deltacrown.games.models import MatchRow

EndedBy = MatchRow.EndedBy

#: Said of both sides: the line of who walked over may say how the match ended, too.
ENDINGS: dict[str, str] = {
    EndedBy.PLAY: "",
    EndedBy.FORFEIT: "by forfeit",
    EndedBy.BYE: "bye",
    EndedBy.RETIRED: "by retirement",
    EndedBy.DISQUALIFIED: "by disqualification",
    EndedBy.ABANDONED: "abandoned",
}


class Line(Protocol):
    """What is looked at of a match row, or of an entry of a history."""

    @property
    def ended_by(self) -> str: ...
    @property
    def void_reason(self) -> str: ...
    @property
    def uncounted_reason(self) -> str: ...


def say_why_uncounted(line: Line) -> str:
    """Return why a line does not count: ``Voided: lag``, ``Not counted: a bye``; empty where it counts."""
    if line.void_reason:
        return f"Voided: {line.void_reason}"
    if line.uncounted_reason:
        return f"Not counted: {line.uncounted_reason}"

    return ""


def say_ending(line: Line) -> str:
    """Return how a line ended: ``by forfeit``; empty for play, and where ``say_why_uncounted`` says it."""
    ending = ENDINGS[line.ended_by]
    return "" if ending in say_why_uncounted(line) else ending

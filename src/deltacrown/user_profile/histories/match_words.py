"""What is said of a match line beside its result: scores, deeds, how it ended, why it does not count."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Protocol

from django.utils.translation import gettext, pgettext

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

#: A score that can stand before or after another: 13, 2½, 0.5. Not "6-1 7-5", which has both in it.
ONE_NUMBER = re.compile(r"\d{1,7}(?:[.,]\d{1,2})?[½¼¾]?|½")
#: Who or what was played is told first; of other texts a list tells no more than has room.
LEADING_TEXTS = ("agent", "hero", "champion", "legend", "operator", "character", "role", "map")
KILLS = ("kills", "deaths", "assists")
LEADING_NUMBERS = ("goals", *KILLS, "points")
FACTS_SHOWN, LONGEST_FACT = 2, 40


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


def write_scores(own: str, other: str) -> str:
    """Return two scores as one: ``13–8``; the first alone where they are not a number each."""
    are_numbers = ONE_NUMBER.fullmatch(own) and ONE_NUMBER.fullmatch(other)
    return f"{own}–{other}" if are_numbers else own


def list_facts(stats: Mapping[str, Any]) -> list[str]:
    """Return a few of the reported stats as texts: those that are texts first, then kills or two numbers."""
    texts = [str(stats[name]) for name in list_texts(stats)]
    facts = [text for text in texts if len(text) <= LONGEST_FACT][:FACTS_SHOWN]
    kills = [stats.get(name) for name in KILLS]
    if all(map(is_number, kills)):
        return [*facts, f"{'/'.join(map(str, kills))} {pgettext('kills/deaths/assists', 'K/D/A')}"]

    numbers = [name for name, value in stats.items() if is_number(value)]
    leading = [name for name in LEADING_NUMBERS if name in numbers]
    shown = [*leading, *sorted(set(numbers).difference(leading))][:FACTS_SHOWN]
    return facts + [_write_number(name, stats[name]) for name in shown]


def list_texts(stats: Mapping[str, Any]) -> list[str]:
    """Return the names of the stats that are texts: what was played with first, the others by name."""
    names = {name for name, value in stats.items() if isinstance(value, str) and value.strip()}
    leading = [name for name in LEADING_TEXTS if name in names]
    return [*leading, *sorted(names.difference(leading))]


def is_number(value: object) -> bool:
    """Return whether a reported value is a number; yes and no are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def _write_number(name: str, value: float) -> str:
    words = {
        "name": name.replace("_", " "),
        "value": f"{value:,}" if isinstance(value, int) else f"{value:g}",
    }
    return gettext("%(name)s %(value)s") % words

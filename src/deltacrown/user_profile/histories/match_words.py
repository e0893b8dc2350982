"""What is said of a match line beside its result: scores, deeds, how it ended, why it does not count."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Protocol

from django.utils.translation import gettext, gettext_noop, pgettext

from deltacrown.core.numerals import write_exactly
from deltacrown.core.words import translate_stored
from deltacrown.games.models import MatchRow

EndedBy = MatchRow.EndedBy

#: In English. Said of both sides: the line of who walked over may say how the match ended, too.
ENDINGS: dict[str, str] = {
    EndedBy.PLAY: "",
    EndedBy.FORFEIT: gettext_noop("by forfeit"),
    EndedBy.BYE: gettext_noop("bye"),
    EndedBy.RETIRED: gettext_noop("by retirement"),
    EndedBy.DISQUALIFIED: gettext_noop("by disqualification"),
    EndedBy.ABANDONED: gettext_noop("abandoned"),
}

#: A score that can stand before or after another: 13, 2½, 0.5. Not "6-1 7-5", which has both in it.
ONE_NUMBER = re.compile(r"\d{1,7}(?:[.,]\d{1,2})?[½¼¾]?|½")
#: Who or what was played is told first; of other texts a list tells no more than has room.
LEADING_TEXTS = ("agent", "hero", "champion", "legend", "operator", "character", "role", "map")
KILLS = ("kills", "deaths", "assists")
LEADING_NUMBERS = ("goals", *KILLS, "points")
FACTS_SHOWN, LONGEST_FACT = 2, 40
#: The names of reported stats that the site has words for; others are shown as they were reported.
STAT_WORDS = (
    gettext_noop("agent"),
    gettext_noop("hero"),
    gettext_noop("champion"),
    gettext_noop("character"),
    gettext_noop("role"),
    gettext_noop("map"),
    gettext_noop("kills"),
    gettext_noop("deaths"),
    gettext_noop("assists"),
    gettext_noop("goals"),
    gettext_noop("points"),
    gettext_noop("saves"),
    gettext_noop("shots"),
    gettext_noop("damage"),
    gettext_noop("headshots"),
    gettext_noop("rounds"),
    gettext_noop("race"),
    gettext_noop("best combo"),
    gettext_noop("perfects"),
    gettext_noop("combat score"),
    gettext_noop("headshot percent"),
    gettext_noop("damage per round"),
    gettext_noop("actions per minute"),
    gettext_noop("resources gathered"),
    gettext_noop("pass accuracy"),
    gettext_noop("possession"),
)


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
        return gettext("Voided: %(reason)s") % {"reason": translate_stored(line.void_reason)}
    if line.uncounted_reason:
        return gettext("Not counted: %(reason)s") % {"reason": translate_stored(line.uncounted_reason)}

    return ""


def say_ending(line: Line) -> str:
    """Return how a line ended: ``by forfeit``; empty for play, and where ``say_why_uncounted`` says it."""
    ending = ENDINGS[line.ended_by]
    # Stored reasons are English, and so is what is looked for in them.
    is_said = ending in say_why_uncounted(line) or ending in (line.void_reason or line.uncounted_reason)
    return "" if is_said else word_ending(line.ended_by)


def word_ending(ended_by: str) -> str:
    """Return how a match ended other than by play, in the reader's language: ``by forfeit``."""
    return translate_stored(ENDINGS[ended_by])


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
        named = pgettext("kills/deaths/assists", "K/D/A")
        return [*facts, f"{'/'.join(map(str, kills))} {named}"]

    numbers = [name for name, value in stats.items() if is_number(value)]
    leading = [name for name in LEADING_NUMBERS if name in numbers]
    shown = [*leading, *sorted(set(numbers).difference(leading))][:FACTS_SHOWN]
    return facts + [_write_number(name, stats[name]) for name in shown]


def list_texts(stats: Mapping[str, Any]) -> list[str]:
    """Return the names of the stats that are texts: what was played with first, the others by name."""
    names = {name for name, value in stats.items() if isinstance(value, str) and value.strip()}
    leading = [name for name in LEADING_TEXTS if name in names]
    return [*leading, *sorted(names.difference(leading))]


def word_stat(name: str) -> str:
    """Return the name of a reported stat as words, in the reader's language where the site knows it."""
    return translate_stored(name.replace("_", " "))


def is_number(value: object) -> bool:
    """Return whether a reported value is a number; yes and no are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def _write_number(name: str, value: float) -> str:
    return gettext("%(name)s %(value)s") % {"name": word_stat(name), "value": write_value(value)}


def write_value(value: float) -> str:
    """Return a reported number, with the decimals that it needs."""
    return write_exactly(value) if isinstance(value, int) else _write_shortly(value)


def _write_shortly(value: float) -> str:
    """Return a number with the decimals that it needs: ``1.5``."""
    shortest = f"{value:g}"
    return shortest if "e" in shortest else write_exactly(Decimal(shortest), groups=False)

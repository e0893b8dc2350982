"""What the name of a round tells: ``Upper semi-final``, ``Group B``, ``Week 3``, ``Third place``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum

from django.utils.translation import gettext_noop

#: Words and how many encounters a round of this name has at most.
SIZES = {"final": 1, "semi final": 2, "semifinal": 2, "quarter final": 4, "quarterfinal": 4}
#: Size → what a round is called that nobody has named yet, in English.
TITLES = {1: gettext_noop("Final"), 2: gettext_noop("Semi-finals"), 4: gettext_noop("Quarter-finals")}

_UPPER = re.compile(r"^(upper|winners?'?s?|ub|wb)\b( bracket)?")
_LOWER = re.compile(r"^(lower|losers?'?s?|lb)\b( bracket)?")
_GRAND = re.compile(r"^(grand finals?|bracket reset)\b")
_THIRD = re.compile(r"\b(third|3rd) place|\bbronze|^consolation final|\bplace 3\b|\bsmall final\b")
_ROUND_OF = re.compile(r"\b(?:round of|last|ro|top) ?(\d{1,4})\b")
_FRACTION = re.compile(r"^1 ?/ ?(\d{1,4})\b")
_NAMED = re.compile(r"\b(semi ?final|quarter ?final|final)s?\b")
_GROUP = re.compile(r"\b(group|pool|division|conference) ([\w']+)")
_LEAGUE = re.compile(
    r"\b(week|match ?day|game ?week|spieltag)s? ?\d+|\b(league|regular season|round robin|swiss)\b"
)
_NUMBER = re.compile(r"(\d{1,4})")


class Part(IntEnum):
    """Which part of a tournament a round belongs to, in the order in which parts are shown."""

    GROUP = 0
    LEAGUE = 1
    OTHER = 2
    UPPER = 3
    LOWER = 4
    MAIN = 5
    GRAND = 6
    THIRD = 7


@dataclass(frozen=True)
class RoundWords:
    """What the name of a round tells.

    :param size: the most encounters that it can have; None where the name does not tell.
    :param number: the first number in the name, of ``Upper round 2``; None without one.
    :param group: of a round of a group, what the group is called.
    """

    part: Part
    size: int | None = None
    number: int | None = None
    group: str = ""


def read_round(name: str) -> RoundWords:
    """Return what the name of a round tells."""
    text = " ".join(re.sub(r"[-–—_.,:·]", " ", name.casefold()).split())
    found = _NUMBER.search(text)
    number = int(found[1]) if found else None

    if _GRAND.search(text):
        return RoundWords(Part.GRAND, size=1, number=number)
    if _THIRD.search(text):
        return RoundWords(Part.THIRD, size=1)
    if group := _GROUP.search(text):
        return RoundWords(Part.GROUP, number=number, group=f"{group[1].title()} {group[2].upper()}")
    if _LEAGUE.search(text):
        return RoundWords(Part.LEAGUE, number=number)
    for pattern, part in ((_UPPER, Part.UPPER), (_LOWER, Part.LOWER)):
        if pattern.search(text):
            return RoundWords(part, size=_read_size(pattern.sub("", text).strip()), number=number)
    size = _read_size(text)
    return RoundWords(Part.MAIN if size else Part.OTHER, size=size, number=number)


def _read_size(text: str) -> int | None:
    """Return how many encounters a round of an elimination has at most: 8 in a round of 16."""
    if found := _ROUND_OF.search(text):
        return int(found[1]) // 2 or None
    if found := _FRACTION.search(text):
        return int(found[1]) or None
    if found := _NAMED.search(text):
        return SIZES[found[1]]
    return None

"""Find names in text, and put others in their place: whole words only, in whatever case and spelling.

A name is found as ``names.make_name_key`` folds it: ``magnus`` and ``MAGNUS`` are one. What stands beside it
must not go on as a word does, so that ``Al`` is not found in ``Albert``. Scripts that are written without
blanks, such as Chinese, have no such border.

Not every name is a name wherever its letters stand:

- A **short** one, of fewer than four letters, is found only as it is written, and not in ``Al-Qadi``.
- A **common** one, such as ``will`` or ``2024``, is found only where the text is about its bearer, or is
  nothing else.
- A **plain** one, a single word of letters, may as well be a map or a stat: see ``Where``.
"""

from __future__ import annotations

import functools
import re
import sys
import unicodedata
from collections.abc import Callable, Collection, Iterable, Mapping
from enum import Enum
from typing import Any

from deltacrown.core.inputs import INVISIBLE
from deltacrown.core.names import list_search_spellings, make_name_key

SHORTEST = 4
#: An id of a provider has more digits than a score, a year or a number of points.
FEWEST_DIGITS = 7
_WORDS = """
able about above account admin after again against all alone also although always among and annulled
another anonymised any anybody anyone appeal are around asked away back ban banned because been before
began being best better between both bracket but bye call came can cannot captain cast change cheat
cheated cheater cheating check clan close closed come connection corrected correction could count counted
crash crashed cup damage day deleted desync did dispute disconnect disconnected disqualified does done
down draw drawn drop dropped during each early end ended enter entered entry error even event ever every
everybody everyone evidence fair false final finals find first follow for forfeit former found four free
from full game games gave get give given gone good great group had half has have he hello help her here
him his home hour how however into invalid is it its join joined judge just keep kept kill kills kind know
lag lagged last late later leave left less let life like line list live long look loses lost made main
make man many map match matches may me mean mistake moderator more most moved much must name named need
never new next night no nobody none not nothing now number off old on once one only open opponent or
organiser other our out over own page part pause paused penalty people place placed play played player
players playing point points prize problem profile proof put quit rank rating real reason rebooted recount
referee refused registered rematch removed replay report reported request restart result results right
roster round rounds rule rules said same saw say score season second see seed seen semifinal server set
she should show side since single site so solo some somebody someone something soon staff start started
stats stay still stopped substitute such sure switch system take taken team teams tell test than that the
their them then there these they thing third this those three tied time title to told too took top
tournament true try turn two under unfair until up upheld us use used user very video void voided wait
want was watch way we week well went were what when where which while who whole whose why will win winner
wins with withdrawn without won word world would wrong year yes yet you your
"""
#: Words of ordinary sentences, and of ours. A player may be called so, and no text may be spoilt by it.
COMMON_WORDS = frozenset(_WORDS.split())

#: Letters of scripts that are written without blanks between words, or with endings joined to names.
UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u312f\u3130-\u318f\u31a0-\u9fff\uac00-\ud7af\uf900-\ufaff"
    "\U00020000-\U0003ffff"
)
WORD = r"[^\W_]"
#: What joins words to one: a short name is no part of ``Al-Qadi``, ``al_bert``, ``al@home``.
JOINERS = r"\-_.@+#"
QUOTES = str.maketrans({"\u2019": "'", "\u2018": "'", "\u02bc": "'", "\uff07": "'"})
USERNAME = re.compile(r"[\w@.+-]")


class Where(Enum):
    """What kind of text names are looked for in, and whether their bearer took part in what it is about."""

    TEXT = "text"
    OWN_TEXT = "own text"
    #: Words of facts, where a plain name is somebody else's word: a map, a stat, a side.
    FACT = "fact"
    OWN_FACT = "own fact"
    #: Labels of a game, where no plain name is anybody's.
    LABEL = "label"


class Mentions:
    """The names that are looked for, and what stands in their place.

    :param names: name → what stands in its place.
    :param spoken: names that are said alone only now and then, as first names are: found as short ones are.
    :param words: plain names that are words of facts as well: found in facts of their bearer only.
    :param is_another: returns whether a whole word that a name is a part of is the name of another player.
    """

    def __init__(
        self,
        names: Mapping[str, str],
        *,
        spoken: Collection[str] = (),
        words: Collection[str] = (),
        is_another: Callable[[str], bool] | None = None,
    ) -> None:
        self._is_another = functools.lru_cache(maxsize=4096)(is_another) if is_another else None
        self._whole = {fold(name): new for name, new in names.items()}
        stand_ins = {word for new in names.values() for word in re.findall(WORD + "+", fold(new))}

        kept = [name for name in names if name.strip()]
        common = [name for name in kept if _is_common(fold(name)) or fold(name) in stand_ins]
        rest = [name for name in kept if name not in common]
        short = [name for name in rest if _is_short(fold(name)) or name in spoken]
        usual = _add_spellings([name for name in rest if name not in short])
        factual = [name for name in usual if fold(name) not in words]
        said = [name for name in short if name in spoken and fold(name) not in words]
        self._folded = {
            Where.TEXT: _Finder(usual),
            Where.OWN_TEXT: _Finder([*usual, *short]),
            Where.FACT: _Finder(factual),
            Where.LABEL: _Finder([name for name in usual if not is_plain(name)]),
            Where.OWN_FACT: _Finder([*usual, *short]),
        }
        self._exact = {
            Where.TEXT: _Finder(short, is_exact=True),
            Where.OWN_TEXT: _Finder(common, is_exact=True),
            Where.FACT: _Finder([name for name in said if len(fold(name)) >= SHORTEST], is_exact=True),
            Where.LABEL: _Finder([], is_exact=True),
            Where.OWN_FACT: _Finder(common, is_exact=True),
        }
        self._new = {fold(name): new for name, new in names.items()}
        self._new |= {fold(each): names[name] for name in usual if name in names for each in _spell(name)}

    def replace(self, text: str, where: Where) -> str:
        """Return ``text`` with every name replaced."""
        if not text:
            return text
        if where in {Where.TEXT, Where.OWN_TEXT, Where.OWN_FACT} and (new := self._whole.get(fold(text))):
            return new
        replaced = self._replace_folded(text, where)
        return self._exact[where].replace_exactly(replaced, self._new)

    def replace_json(
        self, value: Any, where: Where, *, is_kept: Callable[[str, Any], bool] | None = None
    ) -> Any:
        """Return plain JSON with every name in its keys and texts replaced.

        :param is_kept: returns whether a key stays although it is a name, given the key and what it holds.
        """
        if isinstance(value, str):
            return self.replace(value, where)
        if isinstance(value, list):
            return [self.replace_json(each, where, is_kept=is_kept) for each in value]
        if not isinstance(value, dict):
            return value

        found: dict[str, Any] = {}
        for key, held in value.items():
            new = self.replace(key, where)
            if new != key and is_kept and is_kept(key, held):
                new = key
            while new in found or (new != key and new in value):
                new += "'"
            found[new] = self.replace_json(held, where, is_kept=is_kept)
        return found

    def _replace_folded(self, text: str, where: Where) -> str:
        finder = self._folded[where]
        folded, places = _fold_with_places(text)
        if not finder.may_find(folded):
            return text
        text = text if text.isascii() else unicodedata.normalize("NFC", text)
        parts, done = [], 0
        for start, end in finder.find(folded):
            first, last = places[start], places[end - 1] + 1
            if self._is_part_of_another(text, first, last):
                continue
            parts += [text[done:first], self._new[fold(folded[start:end])]]
            done = last
        return "".join([*parts, text[done:]])

    def _is_part_of_another(self, text: str, first: int, last: int) -> bool:
        """Return whether the word around a name, as usernames are written, is another player's name."""
        if self._is_another is None:
            return False
        start, end = first, last
        while start > 0 and USERNAME.match(text[start - 1]):
            start -= 1
        while end < len(text) and USERNAME.match(text[end]):
            end += 1
        word = text[start:end].strip(".")
        return len(word) > last - first and self._is_another(word)


class _Finder:
    """Finds some names in text."""

    def __init__(self, names: Iterable[str], *, is_exact: bool = False) -> None:
        spelled = {name if is_exact else fold(name) for name in names}
        ordered = sorted(spelled, key=lambda name: (-len(name), name))
        border = _border_exactly if is_exact else _border
        self._anchors = [max(name.split(), key=len) for name in ordered]
        self._pattern = re.compile("|".join(map(border, ordered))) if ordered else None

    def may_find(self, text: str) -> bool:
        """Return False for a text in which nothing can be found: most texts, and quickly."""
        return any(anchor in text for anchor in self._anchors)

    def find(self, text: str) -> list[tuple[int, int]]:
        """Return where each name begins and ends."""
        return [found.span() for found in self._pattern.finditer(text)] if self._pattern else []

    def replace_exactly(self, text: str, new: Mapping[str, str]) -> str:
        """Return ``text`` with the names replaced that stand in it letter for letter."""
        if self._pattern is None or not self.may_find(text):
            return text
        return self._pattern.sub(lambda found: new[fold(found[0])], text)


def fold(text: str) -> str:
    """Return ``text`` as names are compared: no case, no invisible characters, one kind of quote."""
    folded, _ = _fold_with_places(text)
    return " ".join(folded.split())


def _fold_with_places(text: str) -> tuple[str, Any]:
    """Return the folded text, and of each of its characters the place it has in ``text`` in normal form."""
    if text.isascii():
        return text.lower(), range(len(text))
    folded: list[str] = []
    places: list[int] = []
    for place, character in enumerate(unicodedata.normalize("NFC", text)):
        one = _fold_character(character)
        folded.append(one)
        places += [place] * len(one)
    return "".join(folded), places


@functools.lru_cache(maxsize=16_384)
def _fold_character(character: str) -> str:
    if character in INVISIBLE:
        return ""
    if character.isspace():
        return character
    return make_name_key(character.translate(QUOTES)) or unicodedata.normalize("NFKC", character).casefold()


def _spell(name: str) -> list[str]:
    """Return the other ways in which people write a name: without accents, in ASCII."""
    return [
        each for each in list_search_spellings(name) if len(each) >= SHORTEST and each not in COMMON_WORDS
    ]


def _add_spellings(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(each for name in names for each in (name, *_spell(name))))


def _is_common(folded: str) -> bool:
    """Return whether a name is an ordinary word, or a number of few digits."""
    return folded in COMMON_WORDS or (folded.isdecimal() and len(folded) < FEWEST_DIGITS)


def _is_short(folded: str) -> bool:
    """Return whether a name has few letters; two of Chinese are many."""
    return len(folded) < (2 if _is_unspaced(folded[0]) else SHORTEST)


def is_plain(name: str) -> bool:
    """Return whether a name is a single word of letters, or a number: it may as well be that of a thing."""
    return name.isalpha() or name.isdecimal()


def count_mentions(names: Iterable[str]) -> Callable[[str], list[str]]:
    """Return a function that returns which of some folded names a text has."""
    finders = {name: _Finder([name]) for name in names}

    def list_found(text: str) -> list[str]:
        folded, _ = _fold_with_places(text)
        return [name for name, each in finders.items() if each.may_find(folded) and each.find(folded)]

    return list_found


def _border(name: str) -> str:
    """Return the pattern of a folded name between borders of words."""
    words = r"\s+".join(map(re.escape, name.split()))
    is_alone = len(name) == 1
    before = after = ""
    if re.match(WORD, name[0]):
        joined = "" if is_alone else f"|(?<=[{UNSPACED}])"
        before = "" if _is_unspaced(name[0]) and not is_alone else f"(?:(?<!{WORD}){joined})"
    if re.match(WORD, name[-1]) or unicodedata.category(name[-1]).startswith("M"):
        letter = WORD if is_alone else f"(?![{UNSPACED}]){WORD}"
        after = "" if _is_unspaced(name[-1]) and not is_alone else f"(?!{letter})"
        after = f"(?![{_list_marks()}]){after}"
    return f"{before}{words}{after}"


def _border_exactly(name: str) -> str:
    """Return the pattern of a name as it is written, no part of a longer word, also one with joiners."""
    words = r"\s+".join(map(re.escape, name.split()))
    before = f"(?<!{WORD})(?<!{WORD}[{JOINERS}])"
    after = f"(?!{WORD})(?![{_list_marks()}])(?![{JOINERS}]+{WORD})"
    return f"{before}{words}{after}"


def _is_unspaced(character: str) -> bool:
    return re.match(f"[{UNSPACED}]", character) is not None


@functools.cache
def _list_marks() -> str:
    """Return the ranges of all combining marks, for a set of a pattern."""
    ranges: list[list[int]] = []
    for code in range(0x300, sys.maxunicode + 1):
        if unicodedata.category(chr(code)).startswith("M"):
            if ranges and ranges[-1][1] == code - 1:
                ranges[-1][1] = code
            else:
                ranges.append([code, code])
    return "".join(f"{chr(first)}-{chr(last)}" for first, last in ranges)

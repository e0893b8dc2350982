"""What a search looks for, and in which of its stages somebody is found by their terms; see ``finding``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from deltacrown.core import trigrams
from deltacrown.core.names import list_query_spellings
from deltacrown.core.prepared import FoundRow
from deltacrown.core.search_terms import SearchTerm

SHORTEST_SEARCH = 2
#: As many words as are looked for in any order.
MOST_WORDS = 6

Place = SearchTerm.Place
#: The stage, and then what the stage is in the order of.
Position = tuple[Any, ...]
Ranked = tuple[Position, FoundRow[Any]]


@dataclass(frozen=True)
class Wanted:
    """What a search looks for: the spellings of its text, and of the words of it, the longest first."""

    text: str
    spellings: list[str] = field(init=False)
    words: list[list[str]] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "spellings", list_query_spellings(self.text))
        object.__setattr__(self, "words", _list_words(self.spellings))

    @property
    def inside(self) -> int:
        """Return the number of the stage of text inside of words, which follows those of beginnings."""
        return len(Place) * len(self.spellings)

    @property
    def is_inside(self) -> bool:
        """Return whether text inside of words is looked for: no trigram has two letters."""
        return min(map(len, self.spellings)) >= trigrams.LETTERS

    def rank(self, owner: int, terms: Sequence[FoundRow[Any]]) -> Ranked | None:
        """Return where an owner is found, and by which term; None where nowhere.

        :param terms: all of the owner's that are shown, in order.
        """
        return (
            self._rank_beginning(owner, terms)
            or self._rank_inside(owner, terms)
            or self._rank_words(owner, terms)
        )

    def _rank_beginning(self, owner: int, terms: Sequence[FoundRow[Any]]) -> Ranked | None:
        best: Ranked | None = None
        for row in terms:
            for number, spelling in enumerate(self.spellings):
                if row["term"].startswith(spelling):
                    position = (row["place"] * len(self.spellings) + number, row["term"], owner)
                    best = (position, row) if best is None or position < best[0] else best
        return best

    def _rank_inside(self, owner: int, terms: Sequence[FoundRow[Any]]) -> Ranked | None:
        if not self.is_inside:
            return None
        for row in terms:
            if row["place"] in trigrams.WHOLE and any(each in row["term"] for each in self.spellings):
                return (self.inside, owner), row
        return None

    def _rank_words(self, owner: int, terms: Sequence[FoundRow[Any]]) -> Ranked | None:
        if not self.words:
            return None
        for row in terms:
            if row["term"].startswith(tuple(self.words[0])):
                of_name = [each["term"] for each in terms if each["former_name"] == row["former_name"]]
                if all(any(each.startswith(tuple(word)) for each in of_name) for word in self.words[1:]):
                    return (self.inside + 1, row["place"], row["term"], owner), row
        return None


def _list_words(spellings: list[str]) -> list[list[str]]:
    """Return the words of a query in each of their spellings, the longest word first.

    None of a query of one word, of too many, or of single letters: too many names have a word with each.
    """
    split = [spelling.split() for spelling in spellings]
    if len(set(map(len, split))) > 1:
        split = split[:1]
    words: list[list[str]] = []
    for spelled in zip(*split, strict=True):
        word = sorted(set(spelled))
        if word not in words:
            words.append(word)
    words.sort(key=lambda word: -min(map(len, word)))
    is_searchable = 1 < len(words) <= MOST_WORDS and min(map(len, words[0])) >= SHORTEST_SEARCH
    return words if is_searchable else []

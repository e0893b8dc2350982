"""What the search boxes of the admin find: a text is read as a public id, a name or a key.

An app adds the finders of its own rows, and every list is searched by them, along the paths to what its rows
are about. A finder reads a few rows of an index, so that no search reads a whole table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from typing import Any

from django.db.models import Q, QuerySet

from deltacrown.core.inputs import is_storable
from deltacrown.core.names import list_query_spellings, make_name_key
from deltacrown.core.search_terms import SearchTerm, begins_with

#: The most rows that one finder finds of a text.
MOST_FOUND = 200
LONGEST_SEARCH = 200


class Kind(StrEnum):
    """What can be found by a name."""

    PLAYER = "player"
    TEAM = "team"
    TOURNAMENT = "tournament"
    GAME = "game"
    LINE = "line"  # of a match, by the team or the tournament that it was played for or at


#: Returns the keys of the rows that a text names.
Finder = Callable[[str], Iterable[int]]

_finders: dict[Kind, list[Finder]] = {}


def add_finder(kind: Kind, finder: Finder) -> None:
    """Let searches for ``kind`` ask ``finder`` too."""
    finders = _finders.setdefault(kind, [])
    if finder not in finders:
        finders.append(finder)


def find(kind: Kind, text: str) -> list[int]:
    """Return the keys of the rows of a kind that ``text`` names, in ascending order."""
    return sorted({key for finder in _finders.get(kind, []) for key in finder(text)})


def is_searchable(text: str) -> bool:
    """Return whether a name or a key can be equal to ``text``."""
    return bool(text) and len(text) <= LONGEST_SEARCH and is_storable(text, multiline=False)


def build_condition(found_by: Mapping[str, Kind], text: str) -> Q:
    """Return the condition that a row is about something that ``text`` names.

    :param found_by: the path to what a row is about → its kind; ``pk`` where it is the row itself.
    """
    found = {kind: find(kind, text) for kind in set(found_by.values())}
    condition = Q(pk__in=[])
    for path, kind in found_by.items():
        condition |= Q(**{f"{path}__in": found[kind]})
    return condition


def find_by_terms(terms: type[SearchTerm]) -> Finder:
    """Return the finder of rows with a word, in a present or former name, that begins with a text."""

    def find_owners(text: str) -> list[int]:
        owners: list[int] = []
        for spelling in list_query_spellings(text) if make_name_key(text) else []:
            for place in SearchTerm.Place:
                rows: QuerySet[Any] = terms._base_manager.filter(*begins_with(spelling), place=place)
                owners += rows.order_by("term", "owner").values_list("owner", flat=True)[:MOST_FOUND]
        return owners

    return find_owners

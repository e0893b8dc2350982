"""How a search finds its page: candidates by small statements, each looked at as a whole in Python.

A search has stages (``search`` says in which order). Each stage has an index in the order of its pages, from
which the keys of candidates are read: of all beginnings together, then of text inside of words, then of words
in any order, and no further than the page is full. Then every term of these candidates is read at once, of
those alone who may be seen. ``Wanted.rank`` says in which stage their owner is found, so a candidate of a
stage that is not the owner's first is left out, on every page alike.

The statements are compiled once for each connection, and none joins more than it must: to write and plan one
large statement for each stage took many times as long as to run it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import groupby, islice
from operator import attrgetter, or_
from typing import Any

from django.db import connection
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Left, StrIndex
from django.db.models.lookups import Exact, GreaterThan, In

from deltacrown.core import trigrams
from deltacrown.core.pagination import rows_after
from deltacrown.core.prepared import FoundRow, Given, Parameter, PreparedQuery, PreparedRows, find_rows
from deltacrown.core.search_terms import SearchTerm
from deltacrown.pages.wanted import Position, Wanted

#: Of how many names PostgreSQL's index of trigrams gives the owners. They come in no order, so all are read;
#: text in more names than that is soon found in the order of the pages.
MOST_UNORDERED = 500
#: Among so many owners, by their keys, is looked first: one of a hundred of them is enough for a page.
NEAREST = 3_000
#: Longer text is hardly ever in so many names that this is worth a statement.
LONGEST_OFTEN = 6
#: How many candidates are read at once: the first of these that is enough, so that statements are few.
STEPS = (4, 24, 51, 200, 800)

Place = SearchTerm.Place
_ORDER = ("owner_id", "place", "term", "former_name")
_END = chr(0x10FFFF)
#: Whole names, not words in them. Written so that no index seems to serve it: SQLite would take it, and sort.
_IS_WHOLE = Q(Exact(F("place") % Value(2), Value(Place.NAME % 2)))


@dataclass(frozen=True)
class Source:
    """Where a search looks.

    :param terms: what may be found: the terms that are shown, of owners whom the viewer may see, with what is
        shown of them selected.
    :param candidates: the terms in which candidates are looked for: at least those of ``terms``.
    :param path: the path from a term to what is found.
    :param name: what its statements are kept under; empty where they have other values each time.
    """

    terms: QuerySet[Any]
    candidates: QuerySet[Any]
    path: str = "owner"
    name: str = ""

    def read(self, shape: tuple[Any, ...], build: _Build, values: Sequence[Given]) -> list[tuple[Any, ...]]:
        """Return the rows of a statement.

        :param shape: what the statement depends on besides the values.
        """
        if not self.name:
            return list(build(self.candidates, values))
        key = (self.name, *shape)
        if key not in _rows:
            slots = [Parameter(number) for number in range(len(values))]
            _rows[key] = PreparedRows(lambda: build(self.candidates, slots))
        return list(map(tuple, _rows[key].read(*values)))

    def load(self, owners: list[int]) -> dict[int, list[FoundRow[Any]]]:
        """Return every term of some owners that may be found, in the order of the terms."""
        # Filled up with an owner that is there already, so that few statements are compiled.
        size = _fit(len(owners))
        slots = [*owners, *owners[:1] * (size - len(owners))]
        if not self.name:
            found = find_rows(_list_terms(self.terms, owners))
        else:
            key = (self.name, size)
            if key not in _loads:
                given = [Parameter(number) for number in range(size)]
                # An owner has a few terms: one plan is good for all of them. Of a range of names it is not.
                _loads[key] = PreparedQuery(lambda: _list_terms(self.terms, given), is_by_key=True)
            found = _loads[key].find_all(*slots)
        # Here, since some of the database's collations would not tell the order of code points.
        found.sort(key=lambda row: tuple(row[name] for name in _ORDER))
        return {owner: list(rows) for owner, rows in groupby(found, lambda row: int(row["owner_id"]))}


_Build = Callable[[QuerySet[Any], Sequence[Any]], QuerySet[Any]]
_rows: dict[tuple[Any, ...], PreparedRows] = {}
_loads: dict[tuple[str, int], PreparedQuery[Any]] = {}


@dataclass(frozen=True)
class Hit:
    """What was found: its place in the search, and the term it was found by."""

    position: Position
    term: FoundRow[Any]
    path: str

    def make(self) -> tuple[Any, str]:
        """Return what is found, and the former name by which it was."""
        term = self.term.make()
        return attrgetter(self.path)(term), term.former_name


def find(
    source: Source, text: str, position: Sequence[Any] | None, size: int, *, is_inside: bool = True
) -> list[Hit]:
    """Return the first ``size`` that are found after a position.

    :param is_inside: whether text inside of words is looked for as well.
    """
    wanted = Wanted(text)
    at = tuple(position) if position else (0,)
    return list(islice(_iterate(source, wanted, at, size, is_inside=is_inside), size))


def _iterate(source: Source, wanted: Wanted, at: Position, size: int, *, is_inside: bool) -> Iterator[Hit]:
    step = _fit(size)
    for candidates in _list_batches(source, wanted, at, step, is_inside=is_inside):
        for group in _group(candidates, step):
            terms = source.load(list(dict.fromkeys(position[-1] for position in group)))
            for position in group:
                ranked = wanted.rank(position[-1], terms.get(position[-1], []))
                if ranked and ranked[0] == position:
                    yield Hit(position, ranked[1], source.path)


def _group(candidates: Sequence[Position], owners: int) -> Iterator[list[Position]]:
    """Yield candidates in order, those of so many owners at a time."""
    group: list[Position] = []
    seen: set[int] = set()
    for position in candidates:
        if position[-1] not in seen and len(seen) == owners:
            yield group
            group, seen = [], set()
        group.append(position)
        seen.add(position[-1])
    if group:
        yield group


def _list_batches(
    source: Source, wanted: Wanted, at: Position, step: int, *, is_inside: bool
) -> Iterator[list[Position]]:
    """Yield the positions of candidates, each once and in order; the last part of one is its owner.

    :param step: of how many rows the page is.
    """
    # Many names have several terms that match, so a page takes more candidates than it has rows.
    more = _fit(step + 1)
    if at[0] < wanted.inside:
        yield from _in_steps(lambda after, size: _read_beginnings(source, wanted, after, size), at, more)
    if at[0] <= wanted.inside and is_inside and wanted.is_inside:
        yield from _list_inside(source, wanted, at[1] if at[0] == wanted.inside else 0, step)
    if wanted.words:
        stage = wanted.inside + 1
        start = at if at[0] == stage else (stage, -1, "", 0)
        yield from _in_steps(lambda after, size: _read_any_order(source, wanted, after, size), start, more)


def _list_inside(source: Source, wanted: Wanted, after: int, step: int) -> Iterator[list[Position]]:
    """Yield who has the text inside of a name."""
    start: Position = (wanted.inside, after)
    is_postgresql = connection.vendor == "postgresql"
    is_full = False
    if is_postgresql and max(map(len, wanted.spellings)) <= LONGEST_OFTEN:
        # Of what thousands have, the nearest owners fill a page, and nothing is read of the others.
        nearest, are_all = _read_inside(source, wanted, start, step, until=after + NEAREST)
        if not are_all:
            yield nearest
            start, is_full = nearest[-1], True
    if is_postgresql and not is_full and (found := _read_unordered(source, wanted, after)) is not None:
        yield found
        return
    yield from _in_steps(lambda at, size: _read_inside(source, wanted, at, size), start, _fit(step + 1))


def _in_steps(
    read: Callable[[Position, int], tuple[list[Position], bool]], at: Position, step: int
) -> Iterator[list[Position]]:
    """Yield what ``read`` gives, until it says that this was all: more each time."""
    while True:
        found, is_all = read(at, step)
        yield list(dict.fromkeys(found))
        if is_all:
            return
        at, step = found[-1], _fit(step + 1)


def _read_beginnings(source: Source, wanted: Wanted, at: Position, size: int) -> tuple[list[Position], bool]:
    """Read where all stages of beginnings go on; no further than the first of which there may be more."""
    stages = [(place, spelling) for place in Place for spelling in wanted.spellings]
    values: list[Given] = []
    for stage, (_, spelling) in enumerate(stages):
        if stage < at[0]:
            values += ["", 0, ""]  # an empty range
        else:
            values += [*(at[1:] if stage == at[0] and at[1:] else (spelling, 0)), spelling + _END]

    def build(terms: QuerySet[Any], given: Sequence[Any]) -> QuerySet[Any]:
        parts = []
        for stage, (place, _) in enumerate(stages):
            term, owner, end = given[stage * 3 : stage * 3 + 3]
            rows = terms.filter(place=place, term__lt=end)
            rows = rows_after(rows, ("term", "owner_id"), [term, owner], is_bounded=True)[:size]
            if not connection.features.supports_slicing_ordering_in_compound:
                rows = terms.model._base_manager.filter(pk__in=rows.values("pk"))
            parts.append(rows.annotate(stage=Value(stage)).values_list("stage", "term", "owner_id"))
        union: QuerySet[Any] = parts[0].union(*parts[1:], all=True)
        return union

    found = sorted(source.read(("beginnings", len(wanted.spellings), size), build, values))
    for _, of_stage in groupby(enumerate(found), lambda each: each[1][0]):
        last = [number for number, _ in of_stage]
        if len(last) == size:
            return found[: last[-1] + 1], False
    return found, True


def _read_unordered(source: Source, wanted: Wanted, after: int) -> list[Position] | None:
    """Return all who have the text inside of a name, by the index of trigrams; None where that has no end."""
    spellings = wanted.spellings

    def build(terms: QuerySet[Any], given: Sequence[Any]) -> QuerySet[Any]:
        holds = [
            Q(trigrams.HoldsTrigrams("term", _as_value(cover))) & _is_inside(each, blank)
            for each, blank, cover in zip(given[1::3], given[2::3], given[3::3], strict=True)
        ]
        rows = terms.filter(reduce(or_, holds), place__in=trigrams.WHOLE, owner_id__gt=given[0])
        return rows.order_by().values_list("owner_id")[: MOST_UNORDERED + 1]

    values: list[Given] = [after]
    for each in spellings:
        values += [*_spell([each]), trigrams.cover(each)]
    found = source.read(("unordered", len(spellings)), build, values)
    if len(found) > MOST_UNORDERED:
        return None
    return [(wanted.inside, owner) for owner in sorted({owner for (owner,) in found})]


def _read_inside(
    source: Source, wanted: Wanted, at: Position, size: int, *, until: int | None = None
) -> tuple[list[Position], bool]:
    """Read who has the text inside of a name, in the order of owners.

    :param until: the last owner to look at.
    """
    spellings = wanted.spellings
    ends = [] if until is None else [until]

    def build(terms: QuerySet[Any], given: Sequence[Any]) -> QuerySet[Any]:
        texts, ends = given[1 : 1 + 2 * len(spellings)], given[1 + 2 * len(spellings) :]
        holds = [_is_inside(*each) for each in zip(texts[::2], texts[1::2], strict=True)]
        is_postgresql = connection.vendor == "postgresql"
        rows = terms.filter(reduce(or_, holds), Q(place__in=trigrams.WHOLE) if is_postgresql else _IS_WHOLE)
        rows = rows_after(rows, ("owner_id",), [given[0]], is_bounded=True)
        for end in ends:
            rows = rows.filter(owner_id__lte=end)
        return rows.values_list("owner_id").distinct()[:size]

    shape = ("inside", len(spellings), size, len(ends))
    found = source.read(shape, build, [at[1], *_spell(spellings), *ends])
    return [(wanted.inside, owner) for (owner,) in found], len(found) < size


def _spell(spellings: Sequence[str]) -> list[str]:
    return [text for each in spellings for text in (each, f" {each}")]


def _is_inside(text: Any, after_blank: Any) -> Q:
    """Return the condition that a name has a text inside of a word, and at the beginning of none."""
    begins_none = Exact(StrIndex("term", _as_value(after_blank)), Value(0))
    return Q(GreaterThan(StrIndex("term", _as_value(text)), Value(1)), begins_none)


def _read_any_order(source: Source, wanted: Wanted, at: Position, size: int) -> tuple[list[Position], bool]:
    """Read who has a word that begins with each of the words.

    The first word is looked up in the index, the others among the terms of those it finds.
    """
    first, *others = wanted.words
    values: list[Given] = [*at[1:]]
    for spelling in first:
        values += [spelling, spelling + _END]
    for word in others:
        has_trigrams = _has_trigrams(word)
        for spelling in word:
            values += [spelling, len(spelling), trigrams.cover(spelling) if has_trigrams else []]

    def build(terms: QuerySet[Any], given: Sequence[Any]) -> QuerySet[Any]:
        place, term, owner, *rest = given
        starts, rest = rest[: 2 * len(first)], rest[2 * len(first) :]
        ranges = [
            Q(term__gte=start, term__lt=end) for start, end in zip(starts[::2], starts[1::2], strict=True)
        ]
        spellings = iter(zip(rest[::3], rest[1::3], rest[2::3], strict=True))
        rows = terms.filter(reduce(or_, ranges), place__in=list(Place))
        same_name = terms.model._base_manager.filter(
            owner_id=OuterRef("owner_id"), former_name=OuterRef("former_name")
        )
        for word in others:
            # Written so that no range of an index serves it: PostgreSQL would read that for every name.
            spelled = list(islice(spellings, len(word)))
            is_there = [
                Q(Exact(Left(F("term"), length), _as_value(spelling))) for spelling, length, _ in spelled
            ]
            rows = rows.filter(Exists(same_name.filter(reduce(or_, is_there))))
            if _has_trigrams(word):  # which finds the names of a rare word without all of the first
                holds = [Q(trigrams.HoldsTrigrams("term", _as_value(cover))) for *_, cover in spelled]
                whole = terms.model._base_manager.filter(reduce(or_, holds), place__in=trigrams.WHOLE)
                rows = rows.filter(owner_id__in=whole.values("owner_id"))
        order = ("place", "term", "owner_id")
        rows = rows_after(rows, order, [place, term, owner], is_bounded=True)
        return rows.values_list(*order)[:size]

    shape = ("any order", size, *((len(word), _has_trigrams(word)) for word in wanted.words))
    found = source.read(shape, build, values)
    return [(wanted.inside + 1, *row) for row in found], len(found) < size


def _has_trigrams(spellings: Sequence[str]) -> bool:
    return connection.vendor == "postgresql" and min(map(len, spellings)) >= trigrams.LETTERS


def _as_value(given: Any) -> Any:
    return given if isinstance(given, Parameter) else Value(given)


def _list_terms(terms: QuerySet[Any], owners: Sequence[Any]) -> QuerySet[Any]:
    return terms.filter(In(F("owner_id"), [_as_value(owner) for owner in owners])).order_by()


def _fit(size: int) -> int:
    return next((step for step in STEPS if step >= size), STEPS[-1])

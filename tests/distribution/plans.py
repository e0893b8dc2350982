"""Read from PostgreSQL's plan of a statement on which machines its rows would be.

A plan has what the parser of a distributed database has, and more: equalities that follow from others are
said where a table is read. A table that is spread is found on one machine if its key is known there, or
equals the key of a table that is. What is computed inside of functions and triggers is in no plan.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from tests.distribution.tables import SPREAD

CONDITIONS = ("Index Cond", "Recheck Cond", "Filter", "Hash Cond", "Merge Cond", "Join Filter", "TID Cond")
_TEXT = re.compile(r"'(?:[^']|'')*'")
_CAST = re.compile(
    r"::(?:bigint|integer|smallint|text|uuid|numeric|character varying|timestamp with time zone)(?:\[\])?"
)
_COLUMN = r'"?(\w+)"?\."?(\w+)"?'
_EQUAL = re.compile(rf"{_COLUMN} = (.+)", re.DOTALL)
_ONLY_COLUMN = re.compile(rf"{_COLUMN}")
_NUMBER = re.compile(r"-?\d+")
_PARAMETER = re.compile(r"\$\d+|\(?(?:hashed )?(?:InitPlan|SubPlan) \d+\)?\.col\d+|\(?(?:InitPlan) \d+\)?")
_LIST = re.compile(r"ANY \((?:'\{([^}]*)\}'|ARRAY\[(.*)\])\)", re.DOTALL)
#: Values that are told and not read: of an array, of VALUES, of a function.
_TOLD = {"Function Scan", "Values Scan", "Table Function Scan"}
#: Of such values it is not known how many players they name.
SEVERAL_KEYS = {"the first of a list", "the others"}


class Where(StrEnum):
    """On which machines a statement finds its rows."""

    NOWHERE = "no table that is spread"
    ONE = "one player's machine"
    SEVERAL = "those of several named players"
    ALL = "all machines"


class Instead(StrEnum):
    """What is known of a table that is spread where the player is not, the most telling first."""

    PUBLIC_ID = "a public id"
    MATCH = "a match"
    TOURNAMENT = "a tournament, team or series"
    ROW = "a row's own number"
    OTHER_END = "the other end of a follow or block"
    NOTHING = "nothing"


INSTEAD = {
    "public_id": Instead.PUBLIC_ID,
    "match_key": Instead.MATCH,
    "match_id": Instead.MATCH,
    "tournament_id": Instead.TOURNAMENT,
    "team_id": Instead.TOURNAMENT,
    "series": Instead.TOURNAMENT,
    "id": Instead.ROW,
    "followed_id": Instead.OTHER_END,
    "blocked_id": Instead.OTHER_END,
}


@dataclass
class Reading:
    """What a statement reads and writes of tables that are spread.

    :ivar keys: the values of the key, of all tables together.
    :ivar unkeyed: the tables of which no key is known.
    :ivar instead: what is known of them.
    """

    tables: set[str] = field(default_factory=set)
    keys: set[str] = field(default_factory=set)
    unkeyed: set[str] = field(default_factory=set)
    instead: set[Instead] = field(default_factory=set)

    @property
    def where(self) -> Where:
        if self.unkeyed:
            return Where.ALL
        if not self.tables:
            return Where.NOWHERE
        return Where.SEVERAL if len(self.keys) > 1 else Where.ONE


class _Classes:
    """Columns that are equal, and what each class of them equals."""

    def __init__(self) -> None:
        self.parents: dict[str, str] = {}
        self.values: dict[str, set[str]] = {}

    def find(self, name: str) -> str:
        while (parent := self.parents.setdefault(name, name)) != name:
            name = parent
        return name

    def join(self, one: str, other: str) -> None:
        first, second = self.find(one), self.find(other)
        if first != second:
            self.parents[second] = first
            known = [self.values.pop(each) for each in (first, second) if each in self.values]
            if known:
                # Both must hold: the fewer values are the ones that are possible.
                self.values[first] = min(known, key=len)

    def tell(self, name: str, values: set[str]) -> None:
        found = self.find(name)
        if len(values) < len(self.values.get(found, values)) or found not in self.values:
            self.values[found] = values

    def get(self, name: str) -> set[str]:
        return self.values.get(self.find(name), set())

    def is_told(self, name: str) -> bool:
        """Return whether a column equals a value, or one of what is read before it."""
        found = self.find(name)
        return bool(self.get(name)) or any(self.find(each) == found for each in self.parents if each != name)


def read_plan(plan: dict[str, Any]) -> Reading:
    """Return what a plan (of ``EXPLAIN (VERBOSE, FORMAT JSON)``) reads and writes, and by which keys."""
    nodes = list(list_nodes(plan))
    classes, reading = _find_classes(nodes), Reading()
    together: dict[str, set[Instead]] = {}  # what is known of tables whose rows are of the same player
    for node in nodes:
        table = node.get("Relation Name", "")
        if table not in SPREAD:
            continue
        reading.tables.add(table)
        if node.get("Operation") == "Insert":
            if len([each for each in nodes if each.get("Relation Name")]) == 1:
                reading.keys |= _find_new_keys(node)
            continue  # else it is where the rows are of which it is made
        key = f"{node['Alias']}.{SPREAD[table]}"
        if values := classes.get(key):
            reading.keys |= values
        else:
            reading.unkeyed.add(table)
            together.setdefault(classes.find(key), set()).add(_find_instead(classes, node))
    reading.instead = {min(known, key=list(Instead).index) for known in together.values()}
    return reading


def _find_instead(classes: _Classes, node: dict[str, Any]) -> Instead:
    """Return what is known of a table by which its rows could be found in another way.

    A list of pairs (game and key of a match) is a disjunction of equalities.
    """
    alias, said = node["Alias"], " ".join(node.get(name, "") for name in CONDITIONS)
    known = {
        INSTEAD[column]
        for column in INSTEAD
        if classes.is_told(f"{alias}.{column}") or re.search(rf"\b{alias}\.{column}\)?(::text)? = ", said)
    }
    return next((each for each in Instead if each in known), Instead.NOTHING)


def _find_classes(nodes: list[dict[str, Any]]) -> _Classes:
    """Return which columns are equal, and to what, by the conditions and the queries in a plan."""
    classes = _Classes()
    named = {node["Subplan Name"][4:]: node for node in nodes if node.get("Subplan Name", "")[:4] == "CTE "}
    for node in nodes:
        for name in CONDITIONS:
            for part in split_conjunction(node.get(name, "")):
                _note(classes, part)
        alias, kind = node.get("Alias", ""), node["Node Type"]
        if kind in _TOLD:
            for output in node.get("Output", []):
                if match := _ONLY_COLUMN.fullmatch(_simplify(output)):
                    classes.tell(".".join(match.groups()), SEVERAL_KEYS)
        elif kind == "Subquery Scan":
            _pass_on(classes, alias, node["Plans"][0])
        elif kind == "CTE Scan" and node["CTE Name"] in named:
            _pass_on(classes, alias, named[node["CTE Name"]])
    return classes


def _find_new_keys(node: dict[str, Any]) -> set[str]:
    """Return the keys of rows that are told and not read: one row has one, and those of a list several."""
    is_list = any(each["Node Type"] in _TOLD for each in list_nodes(node))
    return SEVERAL_KEYS if is_list else {"of the new row"}


def list_nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield a node and all below it."""
    yield plan
    for child in plan.get("Plans", []):
        yield from list_nodes(child)


def split_conjunction(condition: str) -> list[str]:
    """Return the parts of a condition that must all hold."""
    condition = _simplify(condition)
    depth, start, parts = 0, 0, []
    for place, letter in enumerate(condition):
        depth += (letter in "([") - (letter in ")]")
        if depth == 0 and condition.startswith(" AND ", place):
            parts.append(condition[start:place])
            start = place + len(" AND ")
    if not parts:
        return [condition] if condition else []
    return [deeper for part in [*parts, condition[start:]] for deeper in split_conjunction(part)]


def _simplify(text: str) -> str:
    """Return an expression without casts, without texts but lists of numbers, and without outer brackets."""
    text = _TEXT.sub(lambda found: found[0] if re.fullmatch(r"'[\d{},-]*'", found[0]) else "'…'", text)
    text = _CAST.sub("", text)
    text = re.sub(rf"\(({_COLUMN})\)", r"\1", text)
    while text.startswith("(") and _closes(text) == len(text) - 1:
        text = text[1:-1]
    return text


def _closes(text: str) -> int:
    depth = 0
    for place, letter in enumerate(text):
        depth += (letter == "(") - (letter == ")")
        if depth == 0:
            return place
    return -1


def _note(classes: _Classes, part: str) -> None:
    match = _EQUAL.fullmatch(part)
    if match is None:
        turned = re.fullmatch(rf"(.+) = ({_COLUMN})", part, re.DOTALL)
        if turned is None:
            return
        match = _EQUAL.fullmatch(f"{turned[2]} = {turned[1]}")
        assert match
    name, value = f"{match[1]}.{match[2]}", match[3].strip()
    if other := _ONLY_COLUMN.fullmatch(value):
        classes.join(name, ".".join(other.groups()))
    elif _NUMBER.fullmatch(value.strip("'")) or _PARAMETER.fullmatch(value) or value == "'…'":
        classes.tell(name, {value.strip("'")})
    elif listed := _LIST.fullmatch(value):
        classes.tell(name, set((listed[1] or listed[2]).split(",")))


def _pass_on(classes: _Classes, alias: str, below: dict[str, Any]) -> None:
    """Say that a column of a query equals the column of the same name that it is made of."""
    for output in below.get("Output", []):
        if match := _ONLY_COLUMN.fullmatch(_simplify(output)):
            classes.join(f"{alias}.{match[2]}", ".".join(match.groups()))

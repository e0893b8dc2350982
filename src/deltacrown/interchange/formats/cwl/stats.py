"""The columns that become a player's stats, and their names."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from typing import Any

from deltacrown.interchange.fields import parse_number

#: Of the match, not of the player.
OF_MATCH = frozenset(
    {"match id", "series id", "end time", "duration (s)", "mode", "map", "team", "player", "win?", "score"}
)
#: Computed from other columns of the same row: kept nowhere, so that they can contradict nothing.
DERIVED = frozenset(
    {
        "+/-",
        "k/d",
        "kills per 10min",
        "deaths per 10min",
        "player spm",
        "accuracy (%)",
        "avg time per life (s)",
        "uplink points",
        "multikills",
    }
)
UNITS = {"(s)": "s", "(m)": "m"}
LONGEST_NUMBER = 20
METRES = re.compile(r"(\d+(?:\.\d+)?)m\Z")


def player_stats(values: Mapping[str, str]) -> dict[str, Any]:
    """Return a row's stats by name; empty cells are left out.

    :raises ValueError: when a column that should be a number is none.
    """
    return {
        name: stat_value(column, values[column]) for column, name in names_of(tuple(values)) if values[column]
    }


@functools.lru_cache(maxsize=16)
def names_of(columns: tuple[str, ...]) -> list[tuple[str, str]]:
    """Return the columns to keep, each with its stat's name."""
    return [(column, stat_name(column)) for column in columns if column not in OF_MATCH | DERIVED]


def stat_name(column: str) -> str:
    """Convert a column's name to a stat's: ``hill_time_s`` of ``hill time (s)``, ``8_plus`` of ``8+``."""
    for unit, letter in UNITS.items():
        column = column.replace(unit, letter)
    return re.sub(r"[^a-z0-9]+", "_", column.lower().replace("+", " plus ")).strip("_")


def stat_value(column: str, text: str) -> int | float | str:
    """Return a number, or the text of a “fave …” column."""
    if column.startswith("fave "):
        return text
    metres = METRES.match(text)
    number = parse_number(metres[1] if metres else text) if len(text) < LONGEST_NUMBER else text
    if isinstance(number, str):
        raise ValueError(f"{column}: “{text}” is not a number")
    return number

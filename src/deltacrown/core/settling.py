"""Compare the rows that are wanted with those that are known. No database and no business rule here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

Key = TypeVar("Key", bound=tuple[Any, ...])
Wanted = TypeVar("Wanted")
Known = TypeVar("Known")


@dataclass(frozen=True)
class Settlement(Generic[Wanted, Known]):
    """What makes the known rows equal to the wanted ones, each list in the order of the keys.

    The order is the same for every writer, so two writers never wait for each other.

    :param insert: what is wanted and not there.
    :param amend: pairs of what is there and what it should say.
    :param withdraw: what is there and not wanted.
    """

    insert: list[Wanted]
    amend: list[tuple[Known, Wanted]]
    withdraw: list[Known]


def settle(
    wanted: Mapping[Key, Wanted],
    known: Mapping[Key, Known],
    *,
    differs: Callable[[Known, Wanted], bool],
) -> Settlement[Wanted, Known]:
    """Return what to insert, to amend and to withdraw.

    :param differs: whether a row that is there must be changed.
    """
    both = sorted(wanted.keys() & known.keys())
    pairs = [(known[key], wanted[key]) for key in both]

    return Settlement(
        insert=[wanted[key] for key in sorted(wanted.keys() - known.keys())],
        amend=[(row, record) for row, record in pairs if differs(row, record)],
        withdraw=[known[key] for key in sorted(known.keys() - wanted.keys())],
    )

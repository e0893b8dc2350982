"""A finding: what is wrong, and what to do about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Severity(StrEnum):
    """Whether a site is not right, or is right and could be better."""

    PROBLEM = "problem"
    ADVICE = "advice"


@dataclass(frozen=True)
class Finding:
    """Something that is not as it should be.

    :param what: what is wrong, in a sentence.
    :param mend: what to do about it: something that is possible in this very state.
    """

    what: str
    mend: str
    severity: Severity = Severity.PROBLEM

    @classmethod
    def advice(cls, what: str, mend: str) -> Finding:
        """Return a finding that does not make a site sick."""
        return cls(what, mend, Severity.ADVICE)


@dataclass(frozen=True)
class Visit:
    """One visit of the doctor.

    :param clock: reads the clock of this machine.
    :param verify: recount every number, and read every page of a SQLite file.
    """

    clock: Callable[[], datetime]
    verify: bool = False


@dataclass(frozen=True)
class Look:
    """One thing looked at.

    :param topic: its name for people.
    :param needs: what the database must be for it to be looked at.
    """

    topic: str
    find: Callable[[Visit], Iterator[Finding]]
    needs: Needs


class Needs(StrEnum):
    """What a look needs of the database."""

    NOTHING = "nothing"
    ANSWERING = "a database that answers"
    MIGRATED = "tables as this release has them"


def write_size(size: int) -> str:
    """Return a number of bytes for people, in powers of 1,024."""
    amount = float(size)
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if amount < 1024:
            return f"{amount:.0f} {unit}" if unit == "bytes" else f"{amount:.1f} {unit}"
        amount /= 1024
    return f"{amount:.1f} TiB"

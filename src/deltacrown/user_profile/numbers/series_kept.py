"""What a number of a long career comes to over periods: read from its rows, and kept under the content token.

Triggers move the token with every change of what is shown of a player: a new match, a correction, a void, a
late fact, a merge. So what was read under the token of now is what would be read now, and who reads another
token reads the rows again. Of fewer rows it is as quick to read them, and nothing is kept.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from deltacrown.freshness import keeping
from deltacrown.freshness.tokens import get_token
from deltacrown.user_profile.numbers.catalogue import PlayerNumber
from django_tally.first_fact import find_first_fact
from django_tally.numbers import list_components
from django_tally.periods import Period, PeriodValue, read_periods

#: From how many rows on, and for how long: until the weekly job has verified the numbers again.
MANY_ROWS = 5_000
KEPT_SECONDS = 7 * 24 * 60 * 60


@dataclass(frozen=True)
class KeptPeriods:
    """What a number comes to over periods: for each the value, and its parts in their order."""

    values: list[Any]
    parts: list[tuple[int, ...]]


@dataclass(frozen=True)
class KeptFirst:
    """When the first of the facts of a number happened."""

    at: datetime | None


class LongCareer:
    """The rows of one number of a player who has many, all of them as known now.

    The token is read first: whatever is committed while something is read of the rows keeps it from being
    kept.
    """

    def __init__(self, number: PlayerNumber) -> None:
        self._number = number
        self._token = get_token(number.user.pk)

    def find_first_fact(self) -> datetime | None:
        """Return when the first of the facts happened; ``None`` where there is none."""
        number = self._number
        kept: KeptFirst = self._keep(
            KeptFirst, "first", lambda: KeptFirst(find_first_fact(number.holder, number.column, number.keys))
        )
        return kept.at

    def read_periods(self, periods: Sequence[Period]) -> list[PeriodValue]:
        """Return what the number comes to over each of ``periods``."""
        number = self._number
        names = [part.name for part in list_components(number.holder, number.column)]

        def read() -> KeptPeriods:
            found = read_periods(number.holder, number.column, periods, number.keys)
            parts = [tuple(each.parts[name] for name in names) for each in found]
            return KeptPeriods([each.value for each in found], parts)

        bounds = ";".join(f"{each.since or ''},{each.until or ''}" for each in periods)
        kept: KeptPeriods = self._keep(KeptPeriods, bounds, read)
        return [
            PeriodValue(value, dict(zip(names, parts, strict=True)))
            for value, parts in zip(kept.values, kept.parts, strict=True)
        ]

    def _keep(self, kind: type[Any], asked: str, build: Callable[[], Any]) -> Any:
        if self._token is None:
            return build()
        number = self._number
        told = f"{number.holder._meta.label}/{number.column}/{sorted(number.keys.items())}/{asked}"
        return keeping.get_or_build(
            kind,
            owner=number.user.pk,
            token=self._token,
            audience=hashlib.sha256(told.encode()).hexdigest(),
            seconds=KEPT_SECONDS,
            build=build,
        )

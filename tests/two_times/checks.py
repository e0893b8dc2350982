"""What the database says a number was, compared with the truth, for many numbers and times."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from deltacrown.user_profile.models import GameStats, UserProfile
from django_tally.as_of import get_as_of
from django_tally.feeds import get_derived, get_stats
from django_tally.periods import Period, read_periods
from tests.two_times.story import Story
from tests.two_times.truth import IN_GAME, OVERALL, Row, Value, count, list_own, list_within

TICK = timedelta(microseconds=1)
#: Periods that one statement is asked for.
AT_ONCE = 25


@dataclass(frozen=True)
class Asked:
    """A number of somebody."""

    holder: Any
    name: str
    user: int
    game: int | None = None

    @property
    def keys(self) -> dict[str, int]:
        return {"user": self.user} if self.game is None else {"user": self.user, "game": self.game}


@dataclass
class Compared:
    """How many values were compared, and those that were not as they should be."""

    values: int = 0
    wrong: list[str] = field(default_factory=list)

    def compare(self, told: object, true: Value, *about: object) -> None:
        self.values += 1
        if told != true or type(told) is not type(true):
            self.wrong.append(f"{' '.join(map(str, about))}: {told!r} is {true!r}")


@dataclass
class Questions:
    """Questions about a story's numbers, drawn at random.

    :param names: numbers that are asked for; all when left out.
    """

    story: Story
    seed: int
    names: frozenset[str] = frozenset(OVERALL | IN_GAME)

    def __post_init__(self) -> None:
        self.draw = Random(self.seed)
        self.edges = _list_edges(self.story.log.list_times())
        self._known: dict[tuple[datetime | None, int, int | None], list[Row]] = {}
        users = [user.pk for user in self.story.users if user.pk not in self.story.out]
        overall = [Asked(UserProfile, name, user) for user in users for name in OVERALL]
        games = [game.pk for game in self.story.games]
        in_game = [Asked(GameStats, name, user, game) for user in users for game in games for name in IN_GAME]
        asked = [each for each in (*overall, *in_game) if each.name in self.names]
        self.draw.shuffle(asked)
        self._asked = asked

    def list_asked(self, times: int) -> Iterator[Asked]:
        """Yield the numbers of everybody in turn, so that each is asked for."""
        for place in range(times):
            yield self._asked[place % len(self._asked)]

    def known_at(self) -> datetime | None:
        """Return a time between two steps; None for now."""
        if self.draw.random() < 0.2:
            return None
        return self.draw.choice(self.story.log.marks) + timedelta(milliseconds=self.draw.randint(0, 1))

    def edge(self) -> datetime:
        """Return a time at or beside one of a fact, or the start of a year."""
        return self.draw.choice(self.edges)

    def period(self) -> Period:
        ends = sorted([self.edge(), self.edge()])
        draw = self.draw.random()
        if draw < 0.4:
            return Period(None, ends[1])
        return Period(ends[0], None) if draw < 0.5 else Period(*ends)

    def list_rows(self, asked: Asked, known_at: datetime | None) -> list[Row]:
        key = (known_at, asked.user, asked.game)
        if key not in self._known:
            self._known[key] = list_own(self.story.log.list_known(known_at), asked.user, asked.game)
        return self._known[key]

    def ask_periods(self, compared: Compared, statements: int) -> None:
        """Compare what numbers come to over periods, ``AT_ONCE`` a statement."""
        for asked in self.list_asked(statements):
            known_at, periods = self.known_at(), [self.period() for _ in range(AT_ONCE)]
            read = read_periods(asked.holder, asked.name, periods, asked.keys, known_at=known_at)
            rows = self.list_rows(asked, known_at)
            for period, told in zip(periods, read, strict=True):
                true = count(asked.name, list_within(rows, period.since, period.until))
                compared.compare(told.value, true, asked, period, known_at)

    def ask_as_of(self, compared: Compared, times: int) -> None:
        """Compare what numbers were: by what happened, by what was known, by both, and now."""
        for asked in self.list_asked(times):
            draw = self.draw.random()
            at = None if draw < 0.3 else self.edge()
            known_at = None if draw > 0.7 else self.known_at()
            told = get_as_of(asked.holder, asked.name, asked.keys, at=at, known_at=known_at)
            rows = self.list_rows(asked, known_at)
            true = count(asked.name, list_within(rows, None, at + TICK if at else None))
            compared.compare(told, true, asked, at, known_at)


def _list_edges(times: list[datetime]) -> list[datetime]:
    beside = {at + step * TICK for at in times for step in (-1, 0, 1) if at.year > 1}
    years = {datetime(year, 1, 1, tzinfo=UTC) for year in (2, 1500, *range(2015, 2032))}
    return sorted(beside | years)


def list_declared() -> set[tuple[str, str]]:
    """Return holder and name of every declared number."""
    return {
        (holder.__name__, number.name)
        for holder in (UserProfile, GameStats)
        for number in (*get_stats(holder), *get_derived(holder))
    }

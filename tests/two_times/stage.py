"""The players and games of a random history, what steps choose from, and the log of what is known when."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

from deltacrown.accounts.models import User
from deltacrown.games.models import ArchivedMatch, Match
from deltacrown.user_profile.achievements.awards import define_achievement
from tests import scene
from tests.tally.times import database_now
from tests.two_times.truth import Log, read_rows

NOW = datetime(2025, 6, 1, 12, tzinfo=UTC)
LAST_YEAR = NOW.year - 1
NAMES = ("ann", "bob", "cleo", "dora")
RESULTS = ("WIN", "LOSS", "DRAW", "WIN")

Step = Callable[[Any], bool | None]


def step(method: Step) -> Step:
    """Enter a method among the steps of its class; False says that it found nothing to do."""
    method.is_step = True
    return method


def list_steps(kind: type) -> dict[str, Step]:
    """Return the steps of a class by name, in the order in which they are written."""
    return {name: method for name, method in vars(kind).items() if hasattr(method, "is_step")}


class Stage:
    """Four players and two games.

    :ivar taken: how often each step was taken.
    :ivar refused: what was refused, to be looked at when a step was never taken.
    :ivar out: players who are no longer there.
    :ivar within: what is to be logged when the transaction at hand ends; ``None`` outside of one.
    """

    def __init__(self, seed: int, folder: Path) -> None:
        self.draw, self.folder, self.numbers = Random(seed), folder, count(1)
        self.log, self.taken, self.refused = Log(), Counter[str](), list[str]()
        self.users = [scene.player(name, date_joined=NOW) for name in NAMES]
        self.out: set[int] = set()
        self.games = [scene.game(slug) for slug in ("chess", "rocket")]
        self.badge = define_achievement(
            slug="brave", name="Brave", description="Well done.", tier="MAJOR", points=40
        )
        self.within: list[tuple[datetime, Any]] | None = None
        self.mark()

    def mark(self) -> None:
        """Take down what every row is now, for questions about what was known at this time.

        Within a transaction others know of what was before it. SQLite cannot say when one is committed: there
        it is known by its statements.
        """
        at, rows = database_now(), read_rows()
        if self.within is None:
            self.log.note(at, rows)
        else:
            self.within.append((at, rows))

    def user(self) -> User:
        return self.draw.choice([user for user in self.users if user.pk not in self.out])

    def two(self) -> list[User]:
        return self.draw.sample([user for user in self.users if user.pk not in self.out], 2)

    def day(self, last: int = LAST_YEAR) -> datetime:
        """Return the start of a day in any year, most of them of late, so that some days are the same."""
        year = self.draw.randint(1, last) if self.draw.random() < 0.3 else self.draw.randint(2019, last)
        return datetime(year, self.draw.randint(1, 12), self.draw.choice([1, 2, 15, 28]), tzinfo=UTC)

    def time(self, last: int = LAST_YEAR) -> datetime:
        """Return a time, often one at the edge of a day, a second or a year."""
        within = self.draw.choice(
            [
                timedelta(0),
                timedelta(days=1, microseconds=-1),
                timedelta(hours=12),
                timedelta(microseconds=1),
                timedelta(seconds=self.draw.randrange(86_400), microseconds=self.draw.randrange(1_000_000)),
            ]
        )
        return self.day(last) + within

    def pick(self, table: Any, **filters: Any) -> Any:
        rows = table.objects.filter(**filters).exclude(pk=None).order_by("pk")
        found = rows.count()
        return rows[self.draw.randrange(found)] if found else None

    def match(self, **filters: Any) -> Any:
        """Return a line of a match, live or archived."""
        tables = [Match, ArchivedMatch] if self.draw.random() < 0.7 else [ArchivedMatch, Match]
        return next(filter(None, (self.pick(table, **filters) for table in tables)), None)

    def say(self) -> dict[str, Any]:
        return {"reason": "a ruling", "now": NOW}

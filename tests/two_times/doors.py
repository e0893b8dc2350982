"""What the services say, compared with the truth: past numbers, histories in both orders, and series."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime
from itertools import groupby
from typing import Any

from deltacrown.accounts.models import User
from deltacrown.games.services import create_season
from deltacrown.user_profile.models import GameStats, UserProfile
from deltacrown.user_profile.numbers.time_axis import By
from deltacrown.user_profile.services.stats_service import (
    get_stat_as_of,
    get_stat_history,
    get_stat_series,
)
from django_tally.fields import Stat
from django_tally.numbers import find_number, list_components
from tests.two_times.checks import TICK, Asked, Compared, Questions
from tests.two_times.stage import NOW
from tests.two_times.truth import Row, count, list_within

#: The name of a number in one game → its name for the services.
TWINS = {"matches_played": "total_matches_played", "win_rate": "overall_win_rate"}
#: Numbers that are shown to nobody.
INTERNAL = {"placement_sum", "placement_count"}
#: Two that overlap.
SEASONS = {
    "early": (datetime(2019, 3, 1, tzinfo=UTC), datetime(2020, 3, 1, tzinfo=UTC)),
    "late": (datetime(2020, 1, 1, tzinfo=UTC), datetime(2022, 7, 1, tzinfo=UTC)),
}


class Doors:
    """The services, asked about every number of everybody in a story."""

    def __init__(self, questions: Questions, compared: Compared) -> None:
        self.questions, self.compared = questions, compared
        self.users = {user.pk: user for user in questions.story.users}
        self.asked = [
            each for each in questions.list_asked(len(questions._asked)) if each.name not in INTERNAL
        ]

    def _call(self, asked: Asked) -> tuple[User, str, dict[str, Any]]:
        games = {game.pk: game for game in self.questions.story.games}
        user, name = self.users[asked.user], TWINS.get(asked.name, asked.name)
        return user, name, {"game": games.get(asked.game or 0), "viewer": user}

    def ask_as_of(self, times: int) -> None:
        for place in range(times):
            asked, draw = self.asked[place % len(self.asked)], self.questions.draw.random()
            at = None if draw < 0.3 else self.questions.edge()
            known_at = None if draw > 0.7 else self.questions.known_at()
            user, name, where = self._call(asked)
            told = get_stat_as_of(user, name, at, known_at=known_at, **where)
            rows = self.questions.list_rows(asked, known_at)
            true = count(asked.name, list_within(rows, None, at + TICK if at else None))
            self.compared.compare(told, true, asked, at, known_at)

    def ask_histories(self) -> None:
        """Add up every history in both orders; where rows happened, look at the number after each, too."""
        for asked in self.asked:
            rows = self.questions.list_rows(asked, None)
            happened, known = (list(self._read_history(asked, order)) for order in ("happened", "known"))
            for changes in (happened, known):
                self._add_up(asked, rows, changes)
            for at, group in groupby(happened, key=lambda change: change.happened_at):
                latest = next(iter(group))
                true = count(asked.name, list_within(rows, None, at + TICK))
                self.compared.compare(latest.value, true, asked, at, "history")

    def _read_history(self, asked: Asked, order: str) -> Iterator[Any]:
        user, name, where = self._call(asked)
        page = None
        while True:
            history = get_stat_history(user, name, page, order=order, limit=50, **where)
            yield from history.items
            page = history.next_cursor
            if page is None:
                return

    def _add_up(self, asked: Asked, rows: list[Row], changes: list[Any]) -> None:
        sums = Counter[str]()
        for change in changes:
            sums[change.part] += change.delta
        field = find_number(asked.holder, asked.name)
        if isinstance(field, Stat):
            self.compared.compare(sum(sums.values()), count(asked.name, rows), asked, "sum of history")
            return
        for part in list_components(asked.holder, asked.name):
            true = count(part.name, rows)
            self.compared.compare(sums[_label(part.name)], true, asked, part.name, "sum of history")

    def ask_series(self) -> None:
        """Look at every point of series by each kind of period; the last value is the number."""
        for slug, (begin, end) in SEASONS.items():
            create_season(slug=slug, name=slug, starts_at=begin, ends_at=end)
        ranges: list[dict[str, Any]] = [
            {"by": By.MONTH, "start": date(2020, 1, 1)},
            {"by": By.WEEK, "start": date(2020, 12, 28), "end": date(2021, 3, 1)},
            {"by": By.DAY, "start": date(2021, 1, 30), "end": date(2021, 2, 3)},
            {"by": By.SEASON},
        ]
        for place, asked in enumerate(self.asked):
            known_at = self.questions.known_at() if place % 2 else None
            for which, within in enumerate(ranges):
                if which in {0, 1 + place % 3}:
                    self._ask_series(asked, within, known_at)

    def _ask_series(self, asked: Asked, within: dict[str, Any], known_at: datetime | None) -> None:
        user, name, where = self._call(asked)
        series = get_stat_series(user, name, known_at=known_at, now=NOW, **within, **where)
        rows = self.questions.list_rows(asked, known_at)
        is_counted = isinstance(find_number(asked.holder, asked.name), Stat)
        for point in series.points:
            until = None if point is series.points[-1] and series.reaches_present else point.ends_at
            inside = list_within(rows, point.starts_at, until)
            true = count(asked.name, list_within(rows, None, until))
            self.compared.compare(point.value, true, asked, point.name, known_at)
            parts = [count(each.name, inside) for each in list_components(asked.holder, asked.name)]
            alone = count(asked.name, inside) if is_counted or any(parts) else None
            self.compared.compare(point.within, alone, asked, point.name, known_at, "within")
            if is_counted:
                self.compared.compare(point.change, count(asked.name, inside), asked, point.name, "change")
        if "end" not in within and within["by"] is not By.SEASON:
            self.compared.compare(series.points[-1].value, count(asked.name, rows), asked, "last of series")


def _label(name: str) -> str:
    """Return the label under which a history tells of a part."""
    holder = UserProfile if hasattr(UserProfile, name) else GameStats
    return str(find_number(holder, name).label)  # type: ignore[union-attr]

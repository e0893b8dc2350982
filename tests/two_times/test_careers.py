"""Careers that were imported today, by year: as they were played, counted straight from the files or rows."""

from __future__ import annotations

import shutil
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from deltacrown.accounts.models import User
from deltacrown.demo.plan.people import HERO
from deltacrown.games.models import Match
from deltacrown.user_profile.services.stats_service import get_stat_as_of, get_stat_series
from tests.demo.dumps import load
from tests.interchange.files import CWL_DATA, needs_cwl_data, run_import
from tests.interchange.test_cwl import FILES, read_file
from tests.pristine import rolled_back
from tests.tally.times import database_now
from tests.two_times.checks import TICK
from tests.two_times.truth import divide

YEARS = range(2016, 2021)
#: Played, won and win rate.
Career = tuple[int, int, Decimal]


def end_of(year: int) -> datetime:
    return datetime(year + 1, 1, 1, tzinfo=UTC) - TICK


def make_career(results: list[bool]) -> Career:
    won, played = sum(results), len(results)
    return played, won, divide(100 * won, played) if played else Decimal("0.00")


def read_career(user: User, year: int, known_at: datetime | None = None) -> Career:
    names = ("total_matches_played", "matches_won", "overall_win_rate")
    told: Any = tuple(get_stat_as_of(user, n, end_of(year), known_at=known_at, viewer=user) for n in names)
    return told


@pytest.fixture(scope="class")
def before(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: Any) -> Iterator[datetime]:
    """A time before the files were imported, today."""
    folder = tmp_path_factory.mktemp("careers")
    for name in FILES:
        shutil.copyfile(CWL_DATA / name, folder / name)

    def imported() -> datetime:
        before = database_now()
        # The last first: what is imported late was played early.
        for name in reversed(FILES):
            outcome = run_import("import_matches", folder / name, format="cwl")
            assert (outcome.exit_code, outcome.rejected) == (0, [])
        return before

    with rolled_back(django_db_blocker, imported) as time:
        yield time


@pytest.fixture(scope="class")
def played() -> dict[str, dict[int, list[bool]]]:
    """Player → year → whether each match was won, counted straight from the files."""
    found: dict[str, dict[int, list[bool]]] = defaultdict(lambda: defaultdict(list))
    for name in FILES:
        for row in read_file(name):
            # Every event lies within a year, which its file is named after.
            found[row["player"]][int(name[5:9])].append(row["win?"] == "W")
    return found


@needs_cwl_data
@pytest.mark.django_db
class TestCwlFiles:
    def test_a_career_by_year_reads_as_it_was_played(self, before, played):
        careers = sorted(played, key=lambda name: (-len(played[name]), name))[:6]
        users = {user.username: user for user in User.objects.filter(username__in=careers)}
        compared = 0
        for name in careers:
            for year in YEARS:
                until = [won for each in YEARS if each <= year for won in played[name][each]]
                assert read_career(users[name], year) == make_career(until), (name, year)
                assert read_career(users[name], year, known_at=before) == make_career([])
                compared += 1
        assert compared == 6 * len(YEARS)

    def test_months_add_up_to_the_number_and_years_to_the_files(self, before, played):
        name = max(played, key=lambda each: (len(played[each]), sum(map(len, played[each].values())), each))
        user = User.objects.get(username=name)
        series = get_stat_series(user, "matches_won", by="month", start="2016-01-01", viewer=user)
        by_year: dict[int, int] = defaultdict(int)
        for point in series.points:
            by_year[point.starts_at.year] += point.change or 0

        assert {year: won for year, won in by_year.items() if won} == {
            year: sum(results) for year, results in played[name].items() if any(results)
        }
        assert series.points[-1].value == sum(by_year.values()) == series.stat.value


@pytest.mark.django_db
def test_the_demo_season_reads_as_it_was_played():
    """The season is loaded in minutes and lasts for months."""
    before = database_now()
    load()
    for name in (
        HERO,
        *User.objects.exclude(match_rows=None).order_by("pk").values_list("username", flat=True)[:3],
    ):
        user = User.objects.get(username=name)
        rows = list(
            Match.objects.filter(user=user, voided_at=None, uncounted_reason="").order_by("played_at")
        )
        results = [row.result == "WIN" for row in rows]
        for place in {0, len(rows) // 3, len(rows) // 2, len(rows) - 1}:
            at = rows[place].played_at
            until = [won for row, won in zip(rows, results, strict=True) if row.played_at <= at]
            told = get_stat_as_of(user, "overall_win_rate", at, viewer=user)
            assert told == make_career(until)[2], (name, at)
            assert get_stat_as_of(user, "matches_won", at, known_at=before, viewer=user) == 0
        series = get_stat_series(user, "total_matches_played", by="week", viewer=user)
        assert sum(point.change or 0 for point in series.points) == len(rows)
        assert series.points[-1].value == series.stat.value == len(rows)

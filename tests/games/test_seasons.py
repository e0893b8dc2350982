"""Seasons are whole days with a name; whoever makes the same one again finds it."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta, timezone

import pytest
from django.db import IntegrityError, transaction

from deltacrown.core.errors import InvalidInput, NotFound
from deltacrown.games.models import Season
from deltacrown.games.services import (
    SeasonTaken,
    change_season,
    create_season,
    delete_season,
    find_current_season,
    get_season,
    list_seasons,
)
from tests import scene

pytestmark = pytest.mark.django_db


def day(year, month=1, number=1):
    return datetime(year, month, number, tzinfo=UTC)


def make(slug="spring", starts_at=None, ends_at=None, **fields):
    facts = {"name": slug.title(), "starts_at": starts_at or day(2025), "ends_at": ends_at or day(2025, 7)}
    return create_season(slug=slug, **{**facts, **fields})


def write(slug, starts_at, ends_at, game=None):
    """A row as another writer may leave it: its times within a day."""
    return Season.objects.create(slug=slug, name=slug, starts_at=starts_at, ends_at=ends_at, game=game)


def slugs(seasons):
    return [season.slug for season in seasons]


class TestCreating:
    def test_the_same_season_again_is_the_one_there_is(self, caplog):
        caplog.set_level(logging.INFO, logger="deltacrown.audit")
        boss = scene.player("boss")
        first = make(by=boss)
        again = make(name="  Spring ", starts_at=datetime(2025, 1, 1, 2, tzinfo=timezone(timedelta(hours=2))))

        assert (again.pk, Season.objects.count()) == (first.pk, 1)
        assert caplog.messages == [
            f"user {boss.pk} created season spring: 2025-01-01 00:00 to 2025-07-01 00:00"
        ]

    @pytest.mark.parametrize(
        "other", [{"name": "Summer"}, {"ends_at": day(2025, 8)}, {"game": True}], ids=["name", "days", "game"]
    )
    def test_another_season_under_the_slug_is_refused(self, other):
        make()
        if "game" in other:
            other = {"game": scene.game()}

        with pytest.raises(SeasonTaken, match="belongs to the season 'Spring'") as refusal:
            make(**other)
        assert refusal.value.field == "slug"

    @pytest.mark.parametrize(
        ("wrong", "field", "words"),
        [
            ({"slug": "not a slug"}, "slug", "no slug"),
            ({"slug": ""}, "slug", "empty"),
            ({"slug": "x" * 61}, "slug", "limit is 60"),
            ({"name": " "}, "name", "empty"),
            ({"name": "x" * 121}, "name", "limit is 120"),
            ({"starts_at": datetime(2025, 1, 1, 12, tzinfo=UTC)}, "starts_at", "within a day"),
            ({"ends_at": datetime(2025, 6, 30, 23, 59, 59, 999_999, tzinfo=UTC)}, "ends_at", "within a day"),
            ({"ends_at": datetime(2025, 7, 1)}, "ends_at", "no time zone"),
            ({"starts_at": "2025-01-01"}, "starts_at", "must be a date"),
            ({"ends_at": day(2025)}, "ends_at", "later midnight"),
            ({"starts_at": day(2026)}, "ends_at", "later midnight"),
        ],
    )
    def test_what_is_no_season_is_refused_by_the_name_of_the_field(self, wrong, field, words):
        with pytest.raises(InvalidInput, match=words) as refusal:
            make(**{"slug": "spring", **wrong})
        assert refusal.value.field == field
        assert not Season.objects.exists()

    @pytest.mark.parametrize(
        ("starts_at", "ends_at", "days"),
        [(day(1), day(1, 1, 2), 1), (day(2024, 2), day(2024, 3), 29), (day(1900, 2), day(1900, 3), 28)],
        ids=["first day of all", "leap year", "no leap year"],
    )
    def test_any_year_and_leap_days(self, starts_at, ends_at, days):
        season = make(starts_at=starts_at, ends_at=ends_at)
        season.refresh_from_db()

        assert (season.since, season.until - season.since) == (starts_at, timedelta(days=days))

    def test_the_database_refuses_one_without_days(self):
        with pytest.raises(IntegrityError), transaction.atomic():
            write("empty", day(2025), day(2025))


class TestChanging:
    def test_name_and_days_change_once(self, caplog):
        caplog.set_level(logging.INFO, logger="deltacrown.audit")
        season = make()
        told = {"name": "Split 1", "starts_at": day(2025, 2), "ends_at": day(2025, 8)}

        assert change_season(season=season, **told)
        assert not change_season(season=season, **told)

        kept = get_season("spring")
        assert (kept.name, kept.starts_at, kept.ends_at) == ("Split 1", day(2025, 2), day(2025, 8))
        assert caplog.messages[1:] == ["somebody changed season spring: 2025-02-01 00:00 to 2025-08-01 00:00"]

    def test_wrong_days_change_nothing(self):
        season = make()
        with pytest.raises(InvalidInput) as refusal:
            change_season(season=season, name="New", starts_at=day(2025), ends_at=day(2024))

        assert refusal.value.field == "ends_at"
        assert get_season("spring").name == "Spring"

    def test_one_that_was_deleted_meanwhile_is_not_there(self):
        season = make()
        delete_season(season=Season.objects.get())

        with pytest.raises(NotFound, match="There is no season 'spring'"):
            change_season(season=season, name="New", starts_at=day(2025), ends_at=day(2026))

    def test_it_is_deleted_once_and_facts_stay(self, caplog):
        row = scene.match(scene.player("ann"), "m1")
        caplog.set_level(logging.INFO, logger="deltacrown.audit")
        season = make()

        assert delete_season(season=season)
        assert not delete_season(season=season)

        row.refresh_from_db()
        assert caplog.messages[1:] == ["somebody deleted season spring: 2025-01-01 00:00 to 2025-07-01 00:00"]

    def test_it_goes_with_a_game_that_nothing_was_played_in(self):
        chess = scene.game("chess")
        make("of-chess", game=chess)
        make("of-all")

        chess.delete()
        assert slugs(list_seasons()) == ["of-all"]


@pytest.mark.parametrize("slug", ["", "nope", "x" * 61, "\0", "\ud800"])
def test_there_is_no_such_season(slug):
    with pytest.raises(NotFound) as refusal:
        get_season(slug)
    assert refusal.value.field == "season"


def test_a_game_has_its_own_seasons_and_those_of_all_games():
    valorant, chess = scene.game(), scene.game("chess")
    make("old", starts_at=day(2024), ends_at=day(2025))
    make("of-valorant", game=valorant)
    make("of-chess", game=chess)
    make("new", starts_at=day(2025, 3), ends_at=day(2026))

    assert slugs(list_seasons()) == ["new", "of-chess", "of-valorant", "old"]
    assert slugs(list_seasons(valorant)) == ["new", "of-valorant", "old"]


def test_times_within_a_day_count_as_the_whole_day():
    season = write("raw", day(2025) + timedelta(hours=7), day(2025, 7) - timedelta(microseconds=1))
    season.refresh_from_db()

    assert (season.since, season.until) == (day(2025), day(2025, 7))


def test_a_season_at_the_end_of_the_calendar_ends_with_it():
    last = datetime.max.replace(tzinfo=UTC)
    assert write("last", day(9999), last).until == last


TIMES = [
    ("before all", day(2024, 12, 31), None, None),
    ("first midnight", day(2025), "of-all", "of-all"),
    ("both run", day(2025, 3), "of-all", "of-valorant"),
    ("the later of two", day(2025, 5, 15), "playoffs", "of-valorant"),
    ("last microsecond", day(2025, 7) - timedelta(microseconds=1), "of-all", "of-all"),
    ("gap", day(2025, 7), None, None),
    ("early on the first day of a raw one", day(2026), "raw", "raw"),
    ("late on its last", day(2026, 2) - timedelta(microseconds=1), "raw", "raw"),
    ("the midnight after it", day(2026, 2), None, None),
]


@pytest.mark.parametrize(("_", "now", "of_all", "of_game"), TIMES, ids=[each[0] for each in TIMES])
def test_the_season_at_hand(_, now, of_all, of_game):
    valorant = scene.game()
    make("of-all")
    make("playoffs", starts_at=day(2025, 5), ends_at=day(2025, 6))
    make("of-valorant", starts_at=day(2025, 2), ends_at=day(2025, 6), game=valorant)
    make("of-chess", starts_at=day(2024), ends_at=day(2030), game=scene.game("chess"))
    write("raw", day(2026) + timedelta(hours=9), day(2026, 1, 31) + timedelta(hours=1))

    found = [find_current_season(game, now=now) for game in (None, valorant)]
    assert [season and season.slug for season in found] == [of_all, of_game]

"""Lists of matches, series and tournaments of a season: what happened on its days, in its game."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from django.core.management import CommandError, call_command

from deltacrown.core.errors import DomainError, InvalidInput
from deltacrown.pages.exports import export_matches
from deltacrown.pages.search import search_tournaments
from deltacrown.pages.tournaments import list_tournament_items
from deltacrown.user_profile.services import stats_service
from deltacrown.user_profile.services.stats_service import get_stat_rows
from tests import scene
from tests.scene import START

pytestmark = pytest.mark.django_db

#: When everything happened: matches, series and the starts of tournaments, all of Valorant but ``chess``.
FACTS = {
    "first-of-all": "0001-01-01T00:00",
    "leap-day": "2024-02-29T23:59:59.999999",
    "eve": "2024-12-31T23:59:59.999999",
    "midnight": "2025-01-01T00:00",
    "may": "2025-05-05T12:00",
    "chess": "2025-05-05T13:00",
    "last": "2025-06-30T23:59:59.999999",
    "after": "2025-07-01T00:00",
}
ARCHIVED = {"first-of-all", "midnight"}

#: Season → its first time and the time before which, as a row may say, and what is of it, latest first.
SEASONS = {
    "spring": ("2025-01-01", "2025-07-01", "last chess may midnight"),
    "raw": ("2025-01-01T17:30", "2025-06-30T00:00:01", "last chess may midnight"),
    "playoffs": ("2025-05-01", "2025-08-01", "after last chess may"),
    "of-valorant": ("2025-01-01", "2025-07-01", "last may midnight"),
    "leap": ("2024-02-29", "2024-03-01", "leap-day"),
    "first-day": ("0001-01-01", "0001-01-02", "first-of-all"),
    "gap": ("2024-03-01", "2024-12-31", ""),
    "all": ("0001-01-01", "9999-12-31", "after last chess may midnight eve leap-day first-of-all"),
}


def happened(key):
    return datetime.fromisoformat(FACTS[key]).replace(tzinfo=UTC)


@pytest.fixture
def seasons(db):
    for slug, (starts_at, ends_at, _) in SEASONS.items():
        title = scene.game() if slug == "of-valorant" else None
        scene.season(slug, starts_at, ends_at, title=title)


@pytest.fixture
def ann(seasons):
    """A match, a tournament and a series of every time. The tournaments were entered in another order."""
    ann = scene.player("ann")
    for number, key in enumerate(FACTS):
        title = scene.game("chess" if key == "chess" else "valorant")
        hours = (happened(key) - START).total_seconds() / 3600
        row = scene.match(ann, key, title=title, hours=hours, stats={"kills": number})
        type(row).objects.filter(pk=row.pk).update(played_at=happened(key))
        row.refresh_from_db()
        if key in ARCHIVED:
            scene.archive(row)
        event = scene.tournament(key, title=title)
        type(event).objects.filter(pk=event.pk).update(starts_at=happened(key))
        scene.registration(ann, event, hours=-number)
        series = scene.series_result(ann, event, key)
        type(series).objects.filter(pk=series.pk).update(played_at=happened(key), started_at=happened(key))
    return ann


def of_matches(found):
    return [entry.match_key for entry in found]


def of_events(found):
    return sorted(entry.slug for entry in found)


def read_all(read):
    """Return the items of all pages of two."""
    items, page = [], None
    while True:
        found = read(page)
        items += found.items
        page = found.next_cursor
        if page is None:
            return items


@pytest.mark.parametrize("slug", SEASONS)
class TestOneSeason:
    def test_matches_series_and_the_rows_behind_numbers(self, ann, slug):
        asked, expected = {"season": slug}, SEASONS[slug][2].split()
        reads = {
            "matches": lambda page: stats_service.get_match_history(ann, asked, page, limit=2),
            "rows": lambda page: get_stat_rows(ann, "total_matches_played", page, filters=asked, limit=2),
        }
        for name, read in reads.items():
            assert of_matches(read_all(read)) == expected, name
        series = read_all(lambda page: stats_service.get_series_history(ann, asked, page, limit=2))
        assert [entry.series for entry in series] == expected

        rows = get_stat_rows(ann, "total_matches_played", filters=asked)
        assert (rows.evidence.rows, rows.is_narrowed) == (len(expected), True)

    def test_tournaments_are_of_the_season_in_which_they_start(self, ann, slug):
        asked, expected = {"season": slug}, SEASONS[slug][2].split()
        entered = read_all(lambda page: stats_service.get_tournament_breakdown(ann, asked, page, limit=2))
        rows = get_stat_rows(ann, "tournaments_participated", filters=asked)
        listed = read_all(lambda page: list_tournament_items(page, season=slug, limit=2))

        assert of_events(entered) == of_events(rows.items) == sorted(expected)
        assert rows.evidence.rows == len(expected)
        assert [item.tournament.slug for item in listed] == expected

    def test_exports(self, ann, slug, tmp_path):
        expected = sorted(SEASONS[slug][2].split())
        exported = "".join(export_matches(ann.profile.public_id, filters={"season": slug}).write_ndjson())
        lines = [json.loads(line) for line in exported.splitlines()]
        assert sorted(line["match_key"] for line in lines) == expected

        call_command("export_matches", str(tmp_path / "all.ndjson"), season=slug)
        written = (tmp_path / "all.ndjson").read_text().splitlines()
        assert [json.loads(line)["match_key"] for line in written] == SEASONS[slug][2].split()[::-1]


TOGETHER = {
    "game": ({"season": "spring", "game": "chess"}, "chess"),
    "its own game": ({"season": "of-valorant", "game": "valorant"}, "last may midnight"),
    "a later start": ({"season": "spring", "played_from": "2025-06-01"}, "last"),
    "an earlier end": ({"season": "spring", "played_to": "2025-01-01"}, "midnight"),
    "wider dates": ({"season": "leap", "played_from": "2000-01-01", "played_to": "2030-01-01"}, "leap-day"),
    "dates outside": ({"season": "spring", "played_from": "2025-07-01"}, ""),
    "result": ({"season": "spring", "result": "LOSS"}, ""),
}


@pytest.mark.parametrize("name", TOGETHER)
def test_other_filters_narrow_a_season(ann, name):
    filters, expected = TOGETHER[name]
    assert of_matches(stats_service.get_match_history(ann, filters).items) == expected.split()


def test_a_season_of_a_game_shows_the_number_in_that_game(ann):
    rows = get_stat_rows(ann, "total_matches_played", filters={"season": "of-valorant"})
    assert (rows.game, rows.stat.value) == (scene.game(), 7)


def test_a_former_slug_of_its_game_is_that_game(ann):
    game = scene.game()
    type(game).objects.filter(pk=game.pk).update(slug="valorant-2")

    found = stats_service.get_match_history(ann, {"season": "of-valorant", "game": "valorant"})
    assert of_matches(found.items) == ["last", "may", "midnight"]


def test_tournaments_are_searched_within_a_season(ann):
    found = search_tournaments("la", season="spring").items
    assert [each.item.slug for each in found] == ["last"]
    assert search_tournaments("la", season="leap").items == []


READS = {
    "matches": lambda ann, **asked: stats_service.get_match_history(ann, asked),
    "series": lambda ann, **asked: stats_service.get_series_history(ann, asked),
    "tournaments": lambda ann, **asked: stats_service.get_tournament_breakdown(ann, asked),
    "rows": lambda ann, **asked: get_stat_rows(ann, "matches_won", filters=asked),
    "rows of tournaments": lambda ann, **asked: get_stat_rows(ann, "tournaments_participated", filters=asked),
    "all tournaments": lambda ann, **asked: list_tournament_items(**asked),
    "search": lambda ann, **asked: search_tournaments("cup", **asked),
}


@pytest.mark.parametrize("name", READS)
def test_a_season_that_is_not_there_or_of_another_game_is_refused(seasons, name):
    ann = scene.player("ann")
    scene.game("chess")
    for asked, words in (
        ({"season": "nope"}, "There is no season 'nope': use the slug of one"),
        ({"season": "of-valorant", "game": "chess"}, "is of the game 'valorant', not of 'chess': name one"),
    ):
        with pytest.raises(InvalidInput, match=words) as refusal:
            READS[name](ann, **asked)
        assert refusal.value.field == "season"


def test_an_export_of_a_season_that_is_not_there_is_refused_at_once(seasons, tmp_path):
    ann = scene.player("ann")
    with pytest.raises(DomainError) as refusal:
        export_matches(ann.profile.public_id, filters={"season": "nope"})
    assert refusal.value.field == "season"

    with pytest.raises(CommandError, match="There is no season 'nope'"):
        call_command("export_matches", str(tmp_path / "all.ndjson"), season="nope")
    assert list(tmp_path.iterdir()) == []


def test_days_that_are_changed_count_at_once(ann):
    season = scene.season("moving", "2025-05-01", "2025-06-01")
    assert of_matches(stats_service.get_match_history(ann, {"season": "moving"}).items) == ["chess", "may"]

    type(season).objects.filter(pk=season.pk).update(starts_at=datetime(2025, 5, 6, tzinfo=UTC))
    assert stats_service.get_match_history(ann, {"season": "moving"}).items == []

"""From boards of seasons and as of a day, nobody can tell on which days a player who hides them played."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.core.cache import cache

from deltacrown.core import clock
from deltacrown.games.models import Match
from deltacrown.games.services import create_season
from deltacrown.tournaments.models import TournamentParticipation, TournamentSeriesResult
from deltacrown.user_profile.models import ExperienceAward, UserProfile
from deltacrown.user_profile.numbers import period_leaderboards
from deltacrown.user_profile.stat_fields import list_leaderboards
from tests import scene
from tests.web.reading import without_token

#: What is shown is decided in one module, for every database.
pytestmark = [pytest.mark.django_db, pytest.mark.once]

FIRST = datetime(2025, 5, 1, tzinfo=UTC)
NOW = FIRST + timedelta(days=30, hours=9)
DAYS = [FIRST + timedelta(days=number) for number in range(8)]
API = "/api/v1/leaderboards"


@pytest.fixture
def people(monkeypatch, settings):
    """Hid hides everything and won on two days; ann and bob won as much, on all days."""
    monkeypatch.setattr(clock.timezone, "now", lambda: NOW)
    settings.API_RATE_PER_KEY = settings.API_RATE_PER_ADDRESS = "1000000/60"
    people = {name: scene.player(name) for name in ("ann", "bob", "hid", "mel")}
    event = scene.tournament("cup")
    for name in ("ann", "bob", "hid"):
        for number, day in enumerate((DAYS[2], DAYS[5], DAYS[2]) if name == "hid" else DAYS):
            for turn in range(6):
                key = f"{name}{number}-{turn}"
                Match.objects.create(
                    user=people[name], game=scene.game(), match_key=key, result="WIN", played_at=day
                )
            scene.series_result(people[name], event, f"s{number}", played_at=day)
        scene.registration(people[name], event)
        scene.experience(people[name], 900)
    TournamentParticipation.objects.update(registered_at=DAYS[2])
    scene.hide(people["hid"], matches=True, tournaments=True)
    create_season(slug="spring", name="Spring", starts_at=FIRST, ends_at=FIRST + timedelta(days=31))
    create_season(slug="of-game", name="Game", starts_at=FIRST, ends_at=DAYS[7], game=scene.game())
    return people


def list_addresses() -> Iterator[str]:
    """Yield the boards as of the days that tell most, alone, of the seasons, and the places on them."""
    ids = dict(UserProfile.objects.values_list("user__username", "public_id"))
    for day in (DAYS[2], DAYS[5]):
        asked = f"?as_of={day:%Y-%m-%d}"
        for stat in list_leaderboards(UserProfile):
            yield f"{API}/{stat}{asked}"
            yield f"{API}/{stat}{asked}&season=spring"
        for more in ("", "&season=of-game", "&game=valorant"):
            yield f"{API}/matches_won/around/{ids['hid']}{asked}{more}"
            yield f"{API}/matches_won/around/{ids['bob']}{asked}{more}"
            yield f"{API}/overall_win_rate{asked}{more}"
            yield f"/leaderboards/matches_won/{asked}{more}"


def ask(client) -> dict[str, tuple[int, str]]:
    cache.clear()
    answers = {address: client.get(address) for address in list_addresses()}
    return {
        address: (told.status_code, without_token(told.content).decode()) for address, told in answers.items()
    }


def move_hidden(people) -> None:
    """Let what hid hides have happened on other days, as much of it and within the season."""
    for table, column in (
        (Match, "played_at"),
        (TournamentSeriesResult, "played_at"),
        (TournamentParticipation, "registered_at"),
        (ExperienceAward, "awarded_at"),
    ):
        for row in table.objects.filter(user=people["hid"]):
            moved = getattr(row, column) + timedelta(days=1)
            table.objects.filter(pk=row.pk).update(**{column: moved})


def test_no_board_as_of_a_day_tells_when_a_hidden_player_played(client, people):
    before = ask(client)
    move_hidden(people)

    assert ask(client) == before
    assert not any(re.search(r'>hid<|"hid"', body) for _, body in before.values())


def test_it_would_be_found_if_a_board_did(client, people, monkeypatch):
    monkeypatch.setattr(period_leaderboards, "list_left_out", lambda stat, period: frozenset())
    before = ask(client)
    move_hidden(people)
    after = ask(client)

    told = {address.partition("?")[0] for address, answer in before.items() if answer != after[address]}
    for stat in ("matches_won", "total_matches_played", "series_won", "tournaments_participated"):
        assert f"{API}/{stat}" in told
    assert "/leaderboards/matches_won/" in told


def test_boards_of_seasons_show_everybody_and_the_same_to_all(client, people):
    """Staff choose a season's days, and have at least one: it is a count, as on the profile."""
    boards = {}
    for viewer in ("", "mel", "hid"):
        if viewer:
            client.force_login(people[viewer])
        boards[viewer] = [
            client.get(f"{API}/matches_won?{asked}").json()["items"]
            for asked in ("season=spring", "as_of=2025-05-08")
        ]

    of_season, as_of = boards[""]
    assert [(entry["name"], entry["value"]) for entry in of_season][-1] == ("hid", 18)
    assert [entry["name"] for entry in as_of] == ["ann", "bob"]
    assert all(each == boards[""] for each in boards.values())


def test_experience_has_no_board_of_some_days(client, people):
    """Its awards are for the player and staff, so nobody is told what those of a day add up to."""
    assert client.get(f"{API}/experience_points").status_code == 200
    for asked in ("season=spring", "period=season", "period=30days", "as_of=2025-05-03"):
        assert client.get(f"{API}/experience_points?{asked}").status_code == 404

"""Lists of what a player did: filters by name, errors at fields, totals, days."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse
from django.utils import timezone

from deltacrown.core.pagination import Page
from deltacrown.user_profile.models import UserProfile
from deltacrown.web.templatetags.histories import days_played, played_on
from tests import scene
from tests.web.reading import rows_in, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def anna(db):
    anna, ben = scene.player("anna"), scene.player("ben")
    UserProfile.objects.filter(user=ben).update(display_name="Bén Ötzi")
    for number, result in enumerate(["WIN", "WIN", "LOSS", "DRAW"]):
        scene.match(anna, f"m{number}", result, hours=24 * number)
    scene.match(ben, "m0", "LOSS")
    scene.archive(scene.match(anna, "old", "LOSS", hours=-24 * 40))
    scene.voided(anna, "void", hours=3)
    return anna


def read(client, player, query, name="player-matches"):
    return client.get(f"{reverse(name, args=[player.profile.public_id])}?{query}")


@pytest.mark.parametrize("name", ["Bén Ötzi", "ben otzi", " BÉN ÖTZI "])
def test_an_opponent_is_named_as_pages_show_it(client, anna, name):
    assert len(rows_in(read(client, anna, f"opponent={name}"), "Matches")) == 1


def test_a_login_name_that_no_page_shows_finds_nobody(client, anna):
    assert "There is no player or team" in text_of(read(client, anna, "opponent=ben"))


@pytest.mark.both
def test_who_is_not_listed_is_as_unknown_as_nobody(client, anna):
    UserProfile.objects.filter(display_name="Bén Ötzi").update(standing="SUSPENDED")

    hidden, nobody = (text_of(read(client, anna, f"opponent={name}")) for name in ("Bén Ötzi", "Bén Otto"))
    assert hidden.replace("Bén Ötzi", "X") == nobody.replace("Bén Otto", "X")


def test_a_name_of_several_is_refused_with_the_choices(client, anna):
    team, other = scene.team("north"), scene.player("other")
    UserProfile.objects.filter(user=other).update(display_name=team.name)

    page = read(client, anna, f"opponent={team.name.upper()}")
    assert page.status_code == 400
    for choice in ("the team north", other.profile.public_id):
        assert choice in text_of(page)
    assert read(client, anna, "opponent=north").status_code == 200


@pytest.mark.both
def test_a_game_and_a_tournament_are_found_by_name(client, anna):
    row = scene.match(anna, "final", kind="TOURNAMENT")
    event = scene.tournament("masters")
    scene.tournament_match(row, event)

    assert len(rows_in(read(client, anna, f"tournament={event.name.upper()}"), "Matches")) == 1
    assert len(rows_in(read(client, anna, "game=VALORANT"), "Matches")) == 7


@pytest.mark.parametrize(
    ("name", "query", "field"),
    [
        ("player-matches", "opponent=nobody&result=WIN", "opponent"),
        ("player-matches", "played_from=never&result=WIN", "played_from"),
        ("player-matches", "day=2025-99-01&result=WIN", "day"),
        ("player-matches", "limit=51&result=WIN", "limit"),
        ("player-series", "opponent=nobody&result=WIN", "opponent"),
        ("player-tournaments", "placement=x&status=OPEN", "placement"),
    ],
)
def test_a_refused_filter_is_told_at_its_field_and_the_form_is_kept(client, anna, name, query, field):
    page = read(client, anna, query, name)

    assert page.status_code == 400
    html = page.content.decode()
    [drawn] = [part for part in html.split("<div ") if f'id="filter-{field}"' in part]
    assert f'aria-describedby="filter-{field}_error"' in drawn
    assert 'aria-invalid="true"' in drawn
    assert f'id="filter-{field}_error"' in drawn
    assert f'value="{query.rsplit("=", 1)[1]}" selected' in html
    assert "Mend the filter" in text_of(page)


def test_a_refused_filter_does_not_open_a_hidden_history(client, anna):
    scene.hide(anna, matches=True, tournaments=True)
    for name in ("player-matches", "player-series", "player-tournaments"):
        assert read(client, anna, "season=nope", name).status_code == 403


@pytest.mark.both
def test_totals_are_of_what_counts_and_fits(client, anna):
    assert "Matches 5 Won 2 Lost 2 Drawn 1 Win rate 40.00" in text_of(read(client, anna, ""))
    assert "Matches 2 Won 2 Lost 0 Drawn 0 Win rate 100.00" in text_of(read(client, anna, "result=WIN"))
    assert rows_in(read(client, anna, ""), "What counts") == [
        "Mar 2025 4 2 1 1",
        "Feb 2025 0 0 0 0",
        "Jan 2025 1 0 1 0",
    ]


@pytest.mark.both
def test_a_page_begins_with_a_day_and_the_totals_stay(client, anna):
    page = read(client, anna, "day=2025-03-02")

    assert "Score Played 2 Mar 2025" in text_of(page)
    assert "Matches 5 Won 2" in text_of(page)


@pytest.mark.both
def test_titles_and_podiums(client, anna):
    for number, place in enumerate([1, 3, 4]):
        event = scene.tournament(f"cup{number}")
        scene.registration(anna, event)
        scene.result(event, place, anna)

    assert "Entered 3 Titles 1 Podiums 2" in text_of(read(client, anna, "", "player-tournaments"))


@pytest.mark.once
def test_days_are_the_readers_and_a_match_known_by_its_day_stays_on_it():
    late = datetime(2025, 3, 1, 22, 30, tzinfo=UTC)
    day = datetime(2025, 3, 1, tzinfo=UTC)
    result = {"result": "WIN", "uncounted_reason": ""}
    entries = [
        SimpleNamespace(played_at=late, is_time_known=True, **result),
        SimpleNamespace(played_at=day, is_time_known=False, **result),
    ]

    def told(**more):
        days = days_played(Page(entries, None, **more), is_first=True)
        return [
            (found.label, found.tally and found.tally.won, [played_on(row, found) for row in found.entries])
            for found in days
        ]

    stamp = '<time class="of-day" datetime="2025-03-01T22:30:00+00:00" title="1 Mar 2025 22:30 UTC">%s</time>'
    with timezone.override(ZoneInfo("Europe/Istanbul")):
        assert told(has_next=True) == [
            ("2 Mar 2025", 1, [stamp % "01:30"]),
            ("1 Mar 2025", None, ["–"]),
        ]
    with timezone.override(ZoneInfo("America/New_York")):
        assert told(has_next=True) == [("1 Mar 2025", None, [stamp % "17:30", "–"])]
        assert told(has_next=False) == [("1 Mar 2025", 2, [stamp % "17:30", "–"])]

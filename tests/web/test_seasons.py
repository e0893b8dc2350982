"""The pages of seasons, and boards of seasons and as of a day on pages and in the API."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from deltacrown.accounts.models import User
from deltacrown.core import clock
from deltacrown.games.models import Match
from deltacrown.games.services import create_season
from tests import scene
from tests.api.calls import problem_of
from tests.web.reading import rows_in, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.once]

NOW = datetime(2025, 6, 20, 12, tzinfo=UTC)


def plain(page) -> str:
    """Return the text, without the spaces that stand for the ends of elements."""
    return text_of(page).replace(" ,", ",").replace(" :", ":")


def day(month: int, number: int) -> datetime:
    return datetime(2025, month, number, tzinfo=UTC)


@pytest.fixture(autouse=True)
def site(monkeypatch):
    """Ann won two in spring, bob three, one of them in summer; a cup was held in spring, one in chess."""
    monkeypatch.setattr(clock.timezone, "now", lambda: NOW)
    create_season(slug="spring", name="Spring 2025", starts_at=day(3, 1), ends_at=day(6, 1))
    create_season(slug="summer", name="Summer 2025", starts_at=day(6, 1), ends_at=day(9, 1))
    chess = scene.game("chess")
    create_season(slug="chess", name="Chess 2025", starts_at=day(1, 1), ends_at=day(4, 1), game=chess)
    for name, days in {"ann": (day(3, 2), day(5, 31)), "bob": (day(3, 2), day(3, 3), day(6, 1))}.items():
        user = scene.player(name)
        for at in days:
            title = chess if at == day(3, 3) else scene.game()
            key = f"{name}-{at:%m%d}"
            Match.objects.create(user=user, game=title, match_key=key, result="WIN", played_at=at)
    scene.tournament("spring-cup", hours=24)
    scene.tournament("chess-cup", hours=24, title=chess)
    scene.tournament("kept-back", hours=24, status="DRAFT")


def test_the_list_of_seasons(client):
    rows = rows_in(client.get("/seasons/"), "Seasons, latest first")

    assert [" ".join(row.split()[:3]) for row in rows] == [
        "Summer 2025 Running",
        "Spring 2025 Final",
        "Chess 2025 Final",
    ]
    assert "31 May 2025" in rows[1]


def test_without_seasons(client):
    from deltacrown.games.models import Season

    Season.objects.all().delete()

    assert "No seasons are declared" in text_of(client.get("/seasons/"))


def test_a_season_at_a_glance(client, django_assert_num_queries):
    with django_assert_num_queries(5):
        page = client.get("/seasons/spring/")

    assert rows_in(page, "Matches won") == ["=1 ann 2", "=1 bob 2"]
    assert "1 Mar – 31 May 2025, UTC. Final" in plain(page)
    assert [row.split(" Completed")[0] for row in rows_in(page, "The first tournaments of the season")] == [
        "Chess Cup Chess ·",
        "Spring Cup Valorant ·",
    ]
    assert "/leaderboards/matches_won/?season=spring" in page.content.decode()
    assert client.get("/seasons/none/").status_code == 404


def test_a_season_of_one_game(client):
    page = client.get("/seasons/chess/")

    assert rows_in(page, "Matches won") == ["1 bob 1"]
    assert "Titles" not in text_of(page)


@pytest.mark.parametrize("query", ["season=spring", "period=season:spring"])
def test_a_board_says_that_it_is_final(client, query):
    page = client.get(f"/leaderboards/matches_won/?{query}")

    assert rows_in(page, "Matches won") == ["=1 ann 2", "=1 bob 2"]
    said = "Season Spring 2025, 1 Mar – 31 May 2025, UTC: final, by what is known now."
    assert said in plain(page)
    assert '<a class="name" href="/seasons/spring/">' in page.content.decode()
    assert '<option value="season:spring" selected>Spring 2025</option>' in page.content.decode()


def test_seasons_are_offered_where_there_is_a_board_of_them(client):
    won, titles = (
        client.get(f"/leaderboards/{stat}/").content.decode() for stat in ("matches_won", "tournaments_won")
    )

    assert '<option value="season:chess">Chess 2025 (Chess)</option>' in won
    assert '<option value="season:spring">' in titles
    assert "season:chess" not in titles


def test_the_board_of_the_season_at_hand(client):
    page = client.get("/leaderboards/matches_won/?period=season")

    assert rows_in(page, "Matches won") == ["1 bob 1"]
    assert "not over yet" in text_of(page)
    assert "Summer 2025" in text_of(page)


def test_a_board_as_of_a_day(client):
    scene.hide(User.objects.get(username="ann"), matches=True)

    page = client.get("/leaderboards/matches_won/?as_of=2025-03-02&season=spring")

    assert rows_in(page, "Matches won") == ["1 bob 1"]
    assert "by what is known now. Players who hide their match history are not shown" in text_of(page)
    assert client.get("/leaderboards/matches_won/?as_of=2025-07-01").status_code == 400


def test_the_api_says_what_a_board_is_of(client):
    def ask(asked, place=""):
        return client.get(f"/api/v1/leaderboards/matches_won{place}?{asked}")

    of_season, as_of = ask("season=chess").json(), ask("as_of=2025-03-02&season=spring").json()
    bob = User.objects.get(username="bob").profile.public_id
    around = ask("season=spring&as_of=2025-03-03", f"/around/{bob}").json()

    assert of_season["period"] == {
        "name": "season",
        "label": "Chess 2025",
        "since": "2025-01-01T00:00:00Z",
        "until": "2025-04-01T00:00:00Z",
        "is_final": True,
    }
    assert (of_season["season"], of_season["game"], of_season["as_of"]) == ("chess", "chess", None)
    assert (as_of["season"], as_of["as_of"]) == ("spring", "2025-03-02T23:59:59.999999Z")
    assert "hide their match history" in as_of["left_out"]
    assert (around["rank"], around["value"], around["season"]) == (1, 2, "spring")
    assert problem_of(ask("season=none")) == (422, "invalid")
    assert problem_of(ask("as_of=2025-03-02T12:00:00Z")) == (422, "invalid")
    assert problem_of(ask("season=spring&period=30days")) == (422, "invalid")
    assert (NOW - timedelta(days=1)).date().isoformat() in ask("as_of=2025-06-19").json()["as_of"]

"""Programs read the seasons, and narrow lists by them."""

from __future__ import annotations

import pytest

from tests import scene

pytestmark = pytest.mark.django_db

SPRING = {
    "slug": "spring",
    "name": "Spring",
    "game_slug": None,
    "game_name": None,
    "starts_at": "2025-03-01T00:00:00Z",
    "ends_at": "2025-06-01T00:00:00Z",
}


@pytest.fixture
def seasons(db):
    scene.season("spring")
    scene.season("first", "0001-01-01", "0001-01-02", title=scene.game())
    scene.season("of-chess", "2025-04-01T07:30", "2025-04-30T18:00", title=scene.game("chess"))


def fault(answer):
    problem = answer.json()
    return answer.status_code, [each["field"] for each in problem.get("errors", [])], problem["detail"]


def slugs(found):
    return [each["slug"] for each in found]


def test_seasons_are_listed_latest_start_first(visitor, seasons, django_assert_num_queries):
    with django_assert_num_queries(1):
        page = visitor.get("/seasons?limit=2").json()
    assert slugs(page["items"]) == ["of-chess", "spring"]
    assert page["items"][1] == SPRING
    assert slugs(visitor.get(f"/seasons?limit=2&page={page['next_page']}").json()["items"]) == ["first"]

    assert slugs(visitor.get("/seasons?game=chess").json()["items"]) == ["of-chess", "spring"]
    assert fault(visitor.get("/seasons?game=go"))[:2] == (422, ["game"])


def test_one_season_is_told_in_whole_days(visitor, seasons):
    told = visitor.get("/seasons/of-chess")
    assert told["Cache-Control"].startswith("public")
    assert told.json() == {
        "slug": "of-chess",
        "name": "Of Chess",
        "game_slug": "chess",
        "game_name": "Chess",
        "starts_at": "2025-04-01T00:00:00Z",
        "ends_at": "2025-05-01T00:00:00Z",
    }
    status, _, detail = fault(visitor.get("/seasons/none"))
    assert (status, detail) == (404, "There is no season 'none': use the slug of one, as listed.")


def test_lists_take_a_season(visitor, seasons):
    ann = scene.player("ann")
    scene.match(ann, "in-spring", hours=1)
    scene.match(ann, "in-winter", hours=-48)
    event = scene.tournament("cup", hours=-48)
    scene.registration(ann, event, hours=1)
    scene.registration(ann, scene.tournament("open", hours=1), hours=1)
    player = f"/players/{ann.profile.public_id}"

    def keys(address, name):
        return [each[name] for each in visitor.get(address).json()["items"]]

    assert keys(f"{player}/matches?season=spring", "match_key") == ["in-spring"]
    assert keys(f"{player}/stats/matches_won/rows?season=spring", "match_key") == ["in-spring"]
    assert keys(f"{player}/tournaments?season=spring", "slug") == ["open"]
    assert keys("/tournaments?season=spring", "slug") == ["open"]
    assert keys("/tournaments?season=spring&q=open", "slug") == ["open"]
    assert keys(f"{player}/series?season=spring", "series") == []
    export = b"".join(visitor.get(f"{player}/matches/export?season=spring").streaming_content).decode()
    assert ("in-spring" in export, "in-winter" in export) == (True, False)


@pytest.mark.parametrize("rest", ["/matches", "/series", "/tournaments", "/stats/matches_won/rows"])
def test_a_season_that_cannot_be_asked_for_names_its_field(visitor, seasons, rest):
    address = f"/players/{scene.player('ann').profile.public_id}{rest}"
    for asked in ("season=none", "season=of-chess&game=valorant"):
        assert fault(visitor.get(f"{address}?{asked}"))[:2] == (422, ["season"])

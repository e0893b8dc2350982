"""The search in the API: all kinds together, and each by itself."""

import pytest

from deltacrown.accounts.services import rename_player
from deltacrown.teams.models import Team
from deltacrown.tournaments.models import Tournament
from tests import scene
from tests.api.calls import problem_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def foxes(db):
    """Six players, a team and two tournaments, one of them a draft; some were renamed."""
    for number in range(5):
        scene.player(f"fox{number}")
    rename_player(user=scene.player("foxtrot"), username="dancer")
    team = Team.objects.create(slug="pack", name="Foxes")
    Team.objects.filter(pk=team.pk).update(name="Wolves", slug="wolves")
    event = scene.tournament("fox-cup", title=scene.game("chess"))
    Tournament.objects.filter(pk=event.pk).update(name="Wolf Cup")
    scene.tournament("fox-draft", status="DRAFT", organiser=scene.player("host"))


def test_the_first_of_every_kind(visitor, foxes):
    found = visitor.get("/search?q=FOX").json()

    assert [player["name"] for player in found["players"]] == [f"fox{number}" for number in range(5)]
    assert found["teams"] == [{"slug": "wolves", "name": "Wolves", "formerly": "Foxes"}]
    assert [event["name"] for event in found["tournaments"]] == ["Wolf Cup"]
    assert found["more"] == ["players"]


def test_each_kind_by_itself(visitor, foxes):
    def found(path, name):
        return [(each[name], each["formerly"]) for each in visitor.get(path).json()["items"]]

    second = visitor.get("/players?q=fox&limit=5").json()["next_page"]

    assert found(f"/players?q=fox&limit=5&page={second}", "name") == [("dancer", "foxtrot")]
    assert found("/teams?q=pack", "slug") == [("wolves", "pack")]
    assert found("/tournaments?q=fox cup&game=chess", "name") == [("Wolf Cup", "")]
    assert found("/tournaments?q=fox&game=valorant", "name") == []


def test_a_draft_is_found_by_its_organiser(signed_in, foxes):
    host = Tournament.objects.get(slug="fox-draft").organiser

    found = signed_in(host).get("/search?q=fox").json()["tournaments"]

    assert [event["slug"] for event in found] == ["fox-cup", "fox-draft"]
    listed = signed_in(host).get("/tournaments?q=fox").json()["items"]
    assert [event["slug"] for event in listed] == ["fox-cup"]


@pytest.mark.parametrize("path", ["/search", "/players", "/teams", "/tournaments"])
@pytest.mark.parametrize("query", ["a", "x" * 61, "%E2%81%A0%E2%81%A0"])
def test_what_cannot_be_looked_for_is_refused(visitor, path, query):
    assert problem_of(visitor.get(f"{path}?q={query}"))[0] == 422

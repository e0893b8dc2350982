"""Whom a player plays with and against: who is counted, who is named, and who may read it."""

import re

import pytest
from django.urls import reverse

from deltacrown.user_profile.histories.company import read_company
from deltacrown.user_profile.models import UserProfile
from tests import scene
from tests.web.reading import text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def people(db):
    return {name: scene.player(name) for name in ("ann", "bob", "cid", "dan")}


@pytest.fixture
def played(people):
    """Ann is with Bob twice and meets Cid twice, once long ago; Dan is beside her once, without sides."""
    ann, bob, cid, dan = people.values()
    for key, result, hours in (("one", "WIN", 1), ("two", "LOSS", 2)):
        scene.match(ann, key, result, side="Red", hours=hours)
        scene.match(bob, key, result, side="Red", hours=hours)
    scene.match(cid, "one", "LOSS", side="Blue", hours=1)
    for user, result in ((ann, "WIN"), (cid, "LOSS"), (dan, "LOSS")):
        row = scene.match(user, "old", result, hours=-5)
        scene.archive(row)
    for user in (ann, dan):
        scene.match(user, "void", hours=4, voided_at=scene.at(9), void_reason="lag")
    scene.match(dan, "other", side="Red", hours=1)
    return ann


def tell(user, viewer=None, game=None):
    company = read_company(user, game, viewer=viewer)
    return [
        [(each.name, each.record.won, each.record.lost) for each in some]
        for some in (company.teammates, company.opponents)
    ]


def address(user, query=""):
    return reverse("player-company", args=[user.profile.public_id]) + query


def test_counts_on_each_side_from_the_matches_that_count(played):
    assert tell(played) == [[("bob", 1, 1)], [("cid", 2, 0), ("dan", 1, 0)]]
    assert read_company(played, viewer=None).matches == 3
    scene.game("chess")
    assert tell(played, game="chess") == [[], []]


def test_a_tournament_says_whom_one_met(played, people):
    final = scene.match(played, "final", "LOSS", hours=6, kind="TOURNAMENT")
    scene.tournament_match(final, scene.tournament("cup"), opponent_user=people["cid"])
    scene.match(people["cid"], "final", "WIN", hours=6, kind="TOURNAMENT")

    assert tell(played)[1] == [("cid", 2, 1), ("dan", 1, 0)]


def test_who_hides_is_neither_counted_nor_named_but_in_tournaments(client, played, people):
    cid = people["cid"]
    scene.hide(cid, matches=True)
    assert tell(played, people["bob"])[1] == tell(played, played)[1] == [("dan", 1, 0)]
    assert tell(played, cid)[1][0] == ("cid", 2, 0)

    for user, side, result in ((played, "Red", "WIN"), (cid, "Blue", "LOSS")):
        scene.match(user, "final", result, side=side, hours=7, kind="TOURNAMENT")
    assert ("cid", 1, 0) in tell(played)[1]
    page = client.get(address(played)).content.decode()
    assert f"/versus/{people['dan'].profile.public_id}/" in page
    assert f"/versus/{cid.profile.public_id}/" not in page


@pytest.mark.parametrize("standing", ["SUSPENDED", "CLOSED", "ANONYMISED"])
def test_who_is_not_listed_is_left_out(played, people, standing):
    UserProfile.objects.filter(user=people["bob"]).update(standing=standing)
    assert tell(played)[0] == []


def test_in_a_lobby_only_the_own_side_is_met(played, people, monkeypatch):
    monkeypatch.setattr("deltacrown.user_profile.histories.company.MOST_LINES", 2)
    assert tell(played) == [[("bob", 1, 1)], []]


def test_it_is_refused_where_the_matches_are_hidden(client, played):
    scene.hide(played, matches=True)
    assert client.get(address(played)).status_code == 403
    client.force_login(played)
    assert "bob" in text_of(client.get(address(played)))


def test_the_page(client, played, django_assert_num_queries):
    scene.match(played, "more", hours=9)
    with django_assert_num_queries(8):
        page = client.get(address(played))
    text = text_of(page)
    assert re.search(r"bob 2 matches · Compare with bob 50(\.0+)? % won", text), text
    assert "From the last 4 matches that count" in text
    assert client.get(address(played, "?game=nope")).status_code == 400
    profile = client.get(reverse("player", args=[played.profile.public_id])).content.decode()
    assert f'hx-get="{address(played)}"' in profile

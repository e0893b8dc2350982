"""A player's bests and places: what is told, with which evidence, to whom."""

import re

import pytest
from django.urls import reverse

from deltacrown.user_profile.models import UserProfile
from tests import scene
from tests.web.reading import text_of

pytestmark = pytest.mark.django_db

BESTS = "deltacrown.user_profile.histories.bests"


@pytest.fixture
def ann(db):
    """Wins two of three as Jett, on two days, one long ago; loses as Omen; a void match would be the best."""
    ann = scene.player("ann")
    scene.archive(scene.match(ann, "old", hours=-30, stats={"agent": "Jett", "kills": 30, "deaths": 40}))
    for key, result, hours, agent, kills in (
        ("one", "WIN", 1, "Jett", 12),
        ("two", "LOSS", 2, "Omen", 20),
        ("three", "LOSS", 30, "Jett", 30),
    ):
        scene.match(ann, key, result, hours=hours, stats={"agent": agent, "kills": kills, "ok": True})
    scene.voided(ann, "void", hours=31, stats={"agent": "Jett", "kills": 99})
    scene.match(ann, "go", "DRAW", hours=3, title=scene.game("go"), stats={"moves": 2.5})
    return ann


def address(name, user, query=""):
    return reverse(name, args=[user.profile.public_id]) + query


class TestBests:
    def test_every_number_opens_as_many_rows(self, client, ann, monkeypatch, django_assert_num_queries):
        monkeypatch.setattr(f"{BESTS}.RUN", 2)
        scene.match(ann, "more", hours=1.5)
        with django_assert_num_queries(6):
            page = client.get(address("player-bests", ann))
        text, html = text_of(page), page.content.decode()
        assert "Valorant, by agent" in text
        assert re.search(r"Most kills 30 ?Valorant · 3 Mar 2025", text), text
        assert "Most moves 2.5 Go" in text
        assert 'href="/matches/valorant/three/"' in html

        for query, rows in (
            ("?game=valorant&reported=agent%3AJett", 4),
            (f"?{page.context['run_query']}", 2),
            (f"?{page.context['day_query']}", 2),
        ):
            assert query.replace("&", "&amp;") in html
            assert (
                len(client.get(address("player-matches", ann, query)).context["shown"].history.items) == rows
            )

    def test_it_is_refused_where_the_matches_are_hidden(self, client, ann):
        scene.hide(ann, matches=True)
        assert client.get(address("player-bests", ann)).status_code == 403
        assert 'bests/"' not in client.get(address("player", ann)).content.decode()
        client.force_login(ann)
        assert "Most kills" in text_of(client.get(address("player-bests", ann)))

    def test_hostile_and_odd_reports(self, client, ann):
        for n, agent in enumerate(("<script>x</script>", "x" * 90, "\u202eمرحبا", "😀")):
            scene.match(ann, f"odd{n}", hours=5 + n, stats={"agent": agent, "k" * 60: 7, "shots": 10**20})
        page = client.get(address("player-bests", ann, "?game=valorant")).content.decode()
        assert "<script>x" not in page
        assert "&lt;script&gt;x" in page
        assert "x" * 90 not in page
        assert "1e+20" in page  # more than 64 bits hold: a float, as it is read from every database

    def test_without_matches(self, client, db):
        assert "No matches yet." in text_of(client.get(address("player-bests", scene.player("new"))))


class TestFilter:
    def test_the_page_keeps_the_form(self, client, ann):
        page = client.get(address("player-matches", ann, "?reported=nothing"))
        assert page.status_code == 400
        assert "nothing that a game reports" in text_of(page)


class TestPlaces:
    @pytest.fixture
    def ranked(self, db):
        """Three players with wins: 2, 1 and 1; another with more is suspended, and one has none."""
        users = [scene.player(name) for name in ("first", "second", "third", "banned", "none")]
        for user, won in zip(users, (2, 1, 1, 3, 0), strict=True):
            for n in range(won):
                scene.match(user, f"{user.username}{n}")
        UserProfile.objects.filter(user=users[3]).update(standing="SUSPENDED")
        return users

    def test_the_page_whatever_is_hidden(self, client, ranked, django_assert_num_queries):
        scene.hide(ranked[0], matches=True, tournaments=True)
        with django_assert_num_queries(5):
            page = client.get(address("player-places", ranked[0]))
        assert "Matches won 2 This season 1st of 4 players" in " ".join(text_of(page).split())
        assert client.get(address("player-places", ranked[0], "?game=nope")).status_code == 400


def test_another_player_can_be_compared_with_oneself(client, db):
    ann, bob = scene.player("ann"), scene.player("bob")
    link = f'href="{reverse("versus", args=[ann.profile.public_id, bob.profile.public_id])}"'
    client.force_login(ann)
    assert link in client.get(address("player", bob)).content.decode()
    assert "Compare with me" not in client.get(address("player", ann)).content.decode()
    scene.hide(bob, matches=True)
    assert link not in client.get(address("player", bob)).content.decode()

"""The front page: what this is, what runs, opens and ended, the best of every game, and one's own news."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from deltacrown.core import clock
from deltacrown.tournaments.models import Tournament
from deltacrown.user_profile.models import Follow
from tests import scene
from tests.web.reading import rows_in, text_of
from tests.web.test_leaderboards import ladder  # noqa: F401

pytestmark = pytest.mark.django_db


def section_of(page, heading):
    """The text of the section under a heading."""
    text = text_of(page)
    headings = ["Running now", "Open for registration", "Latest results", "Leaderboards All games"]
    start = text.index(heading)
    ends = [text.index(each) for each in headings if each in text and text.index(each) > start]
    return text[start + len(heading) : min(ends)].strip()


@pytest.fixture
def events(db):
    """A tournament of every status, two of them open; one of these should have begun long ago."""
    now = clock.now()
    made = {}
    for status in Tournament.Status.values:
        made[status] = scene.tournament(f"cup-{status.lower()}")
        Tournament.objects.filter(pk=made[status].pk).update(
            status=status, name=f"{status} cup", starts_at=now - timedelta(days=3), ends_at=None
        )
    for slug, days in {"next": 2, "later": 9, "forgotten": -40}.items():
        event = scene.tournament(slug)
        Tournament.objects.filter(pk=event.pk).update(
            status="OPEN", name=f"{slug} cup", starts_at=now + timedelta(days=days), ends_at=None
        )
        made[slug] = event
    return made


@pytest.mark.once
def test_the_top_of_several_leaderboards(client, ladder):  # noqa: F811
    scene.result(scene.tournament(), 1, ladder["cleo"])
    page = client.get("/")

    assert rows_in(page, "Matches won") == ["1 ada 3", "=2 bea 2", "=2 cleo 2", "4 dora 1"]
    assert rows_in(page, "Titles") == ["1 cleo 1"]
    assert "Players with 10 matches or more are ranked." in text_of(page)
    assert reverse("player", args=[ladder["ada"].profile.public_id]) in page.content.decode()
    assert 'role="search"' in page.content.decode()
    assert 'href="/integrity/"' in page.content.decode()


@pytest.mark.once
def test_of_one_game(client, ladder):  # noqa: F811
    page = client.get("/?game=chess")

    assert rows_in(page, "Matches won") == rows_in(page, "Matches played") == ["1 dora 1"]
    assert 'href="/leaderboards/matches_won/?game=chess"' in page.content.decode()
    assert '<a href="/?game=chess#boards" aria-current="true">Chess</a>' in page.content.decode()
    assert client.get("/?game=nope").status_code == 400


@pytest.mark.once
def test_an_empty_site(client, db):
    answer = client.get("/")

    assert answer.status_code == 200
    assert text_of(answer).count("Nobody is ranked yet") == 4
    for said in ("No tournament is running.", "takes registrations.", "No tournament is completed yet."):
        assert said in text_of(answer)


def test_what_runs_what_opens_next_and_who_won(client, events):
    winner = scene.player("wanda")
    scene.result(events["COMPLETED"], 1, winner)
    scene.result(events["COMPLETED"], 2, scene.player("second"))
    scene.registration(winner, events["next"])
    page = client.get("/")

    assert section_of(page, "Running now").startswith("RUNNING cup Valorant")
    opening = section_of(page, "Open for registration")
    assert opening.index("next cup Starts") < opening.index("later cup Starts")
    assert "1 registered" in opening
    assert "OPEN cup" not in opening
    assert section_of(page, "Latest results").startswith("COMPLETED cup wanda Valorant")
    for hidden in ("DRAFT cup", "CANCELLED cup", "ANNULLED cup", "forgotten cup", "OPEN cup", "second"):
        assert hidden not in text_of(page)


@pytest.mark.once
def test_who_is_signed_in_has_their_numbers_and_the_latest_of_whom_they_follow(client, ladder):  # noqa: F811
    client.force_login(ladder["dora"])
    assert "Nothing yet. Find players to follow" in text_of(client.get("/"))

    Follow.objects.create(follower=ladder["dora"], followed=ladder["ada"])
    scene.activity(ladder["ada"], "a", visibility="FOLLOWERS")
    scene.activity(ladder["ada"], "b", visibility="PRIVATE")
    page = client.get("/")

    assert "Matches won 1 Win rate 100.00 % Titles 0 Level 1" in text_of(page)
    assert "From the players you follow ada ·" in text_of(page)
    assert "did a" in text_of(page)
    assert "did b" not in text_of(page)
    client.logout()
    assert "From the players you follow" not in text_of(client.get("/"))


def test_queries(client, ladder, events, django_assert_num_queries):  # noqa: F811
    with django_assert_num_queries(8):
        client.get("/")
    client.force_login(ladder["dora"])
    # Session, account, profile and feed besides.
    with django_assert_num_queries(11):
        client.get("/")

"""Matches are listed by match: both sides, scores and whether they count, however many lines there are."""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.html import strip_tags

from deltacrown.core import admin_lists
from deltacrown.games.models import ArchivedMatch, Match
from deltacrown.moderation.models import Dispute
from tests import scene
from tests.plans import plan_of, scans_of

pytestmark = [pytest.mark.django_db, pytest.mark.both]

LIST = reverse("admin:games_match_changelist")


@pytest.fixture
def duel():
    """Ann lost to Bob, 1 to 2; Cat and Dan of North drew with Eve of South."""
    ann, bob, cat, dan, eve = (scene.player(name) for name in ("ann", "bob", "cat", "dan", "eve"))
    for user, side in ((cat, "North"), (dan, "North"), (eve, "South")):
        scene.match(user, "draw", "DRAW", side=side, score="7")
    scene.match(bob, "duel", "WIN", score="2")
    return scene.match(ann, "duel", "LOSS", score="1", ended_by="RETIRED")


def list_matches(desk, **asked):
    return desk.get(LIST, asked).context["cl"].result_list


def show(desk, column, **asked):
    page = admin.site._registry[Match]
    return [strip_tags(getattr(page, column)(row)) for row in list_matches(desk, **asked)]


def test_a_match_is_one_row_with_both_sides(desk, duel):
    assert [row.match_key for row in list_matches(desk)] == ["duel", "draw"]
    assert show(desk, "sides") == ["bob 2, winann 1, loss", "North 7, drawSouth 7, draw"]
    assert show(desk, "outcome") == ["bob won", "Draw"]
    assert show(desk, "kinds") == ["Casual, retirement", "Casual"]


def test_whether_a_match_counts_and_why_not(desk, duel):
    Match.objects.filter(pk=duel.pk).update(voided_at=scene.at(1), void_reason="Cheated.")
    assert show(desk, "counting") == ["1 of 2 lines", "Yes"]
    assert show(desk, "why_uncounted")[0] == "Void: Cheated."
    Match.objects.filter(match_key="draw").update(uncounted_reason="a friendly")
    assert (show(desk, "counting")[1], show(desk, "why_uncounted")[1]) == ("No", "a friendly")
    kept = {asked: [row.match_key for row in list_matches(desk, counts=asked)] for asked in ("yes", "never")}
    assert kept == {"yes": ["duel"], "never": ["draw"]}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("duel", ["duel"]),
        ("due", []),
        ("ANN", ["duel"]),
        ("Queen", ["draw"]),
        ("spring", ["draw"]),
        ("north", ["draw"]),
        ("nobody", []),
    ],
)
def test_matches_are_found_by_key_player_team_and_tournament(desk, duel, text, found):
    cat = Match.objects.get(user__username="cat")
    profile = cat.user.profile
    type(profile).objects.filter(pk=profile.pk).update(display_name="Drama Queen")
    scene.tournament_match(cat, scene.tournament("spring"), team=scene.team("north"))
    for asked in (text, profile.public_id if text == "Queen" else text):
        assert [row.match_key for row in list_matches(desk, q=asked)] == found


def test_the_page_of_a_match_shows_every_line(desk, duel):
    page = strip_tags(desk.get(reverse("admin:games_match_change", args=[duel.pk])).content.decode())
    assert f"ann ({duel.user.profile.public_id})" in page
    assert "Retirement" in page
    assert "bob won" in page


def test_more_matches_cost_no_more_statements(desk, duel):
    desk.get(LIST)  # content types and the like are read once
    counts = []
    for number in (1, 50):
        for each in range(number):
            scene.match(duel.user, f"more-{number}-{each}")
        for asked in ({}, {"q": "ann"}):
            with CaptureQueriesContext(connection) as queries:
                desk.get(LIST, asked)
            counts.append(len(queries))
    assert counts == [7, 24, 7, 24]  # one of them logs the look


def test_no_more_rows_are_counted_than_are_paged_through(desk, duel, monkeypatch):
    monkeypatch.setattr(admin_lists, "MOST_COUNTED", 1)
    answer = desk.get(LIST)
    assert answer.context["cl"].result_count == 1
    assert "Only the first 1 are listed." in answer.content.decode()


def test_what_is_not_listed_is_not_ruled_on(desk, duel):
    form = {"action": "void_selected", "_selected_action": [duel.pk], "select_across": "1"}
    desk.post(LIST, {**form, "answered": "1", "reason": "Server crash."})
    assert set(Match.objects.exclude(voided_at=None).values_list("match_key", flat=True)) == {"duel"}


@pytest.mark.usefixtures("own_tables")
@pytest.mark.parametrize("table", [Match, ArchivedMatch])
def test_the_search_for_matches_reads_indexes(duel, table):
    request = RequestFactory().get("/")
    rows, _ = admin.site._registry[table].get_search_results(request, table.objects.all(), "ann")
    assert scans_of(plan_of(rows, bitmaps=True), table._meta.db_table) == []


def test_a_dispute_is_called_by_the_sides_of_its_match(desk, duel):
    scene.dispute(duel.user, duel)
    listed = reverse("admin:moderation_dispute_changelist")
    for asked in ({}, {"q": "duel"}, {"q": "ann"}):
        rows = desk.get(listed, asked).context["cl"].result_list
        assert [admin.site._registry[Dispute].about(row) for row in rows] == ["Valorant: bob – ann"]
    assert list(desk.get(listed, {"q": "bob"}).context["cl"].result_list) == []

"""What a moderator judges a dispute by: both sides, numbers, other disputes, and rulings before."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from deltacrown.core import clock
from deltacrown.games.services import correct_match, restore_match, void_match
from deltacrown.moderation.services import (
    CorrectResult,
    file_dispute,
    reject_dispute,
    state,
    uphold_dispute,
    write_handle,
    write_statement_handle,
)
from deltacrown.pages import dispute_evidence
from tests import scene
from tests.moderation.scene import LATER, SOON, ann, bob, bobs_title, cup, duel, eve, moderator
from tests.web.reading import rows_in, text_of

__all__ = ["ann", "bob", "bobs_title", "cup", "duel", "eve", "moderator"]

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def later(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: LATER + timedelta(hours=9))


@pytest.fixture
def filed(ann, duel):
    return file_dispute(reporter=ann, match=duel, reason="The server crashed.", now=SOON)


def browser_of(user):
    client = Client()
    client.force_login(user)
    return client


def review_of(filed):
    return reverse("dispute-review", args=[write_handle(filed)])


def say(filed, author, words):
    return state(handle=write_statement_handle(filed), words=words, author=author, now=LATER)


def test_both_sides_and_their_numbers(filed, ann, bob, moderator):
    other = scene.match(ann, "other", "WIN")
    against = file_dispute(reporter=ann, match=other, reason="So.", now=SOON)
    reject_dispute(dispute=against, by=moderator, resolution="No.", now=LATER)
    say(filed, bob, "It did <b>not</b>.")
    say(filed, bob, "It did not crash.")

    answer = browser_of(moderator).get(review_of(filed))
    page = text_of(answer)
    assert "The server crashed." in page
    assert re.search(r"bob said on .*, changed on .* It did not crash\. What it said before: 1 wording", page)
    assert "<b>not</b>" not in answer.content.decode()

    reporter, party = rows_in(answer, "The parties")
    assert reporter.startswith("ann filed it Member since")
    assert "Disputes filed: Open: 1 · Rejected: 1" in reporter
    assert "Disputes of others about them: none" in reporter
    assert reporter.endswith("2 1 50.00 %")
    assert "Disputes filed: none Disputes of others about them: Open: 1" in party
    assert party.endswith("1 1 100.00 %")


def test_the_numbers_lead_to_the_list(filed, ann, bob, moderator):
    client = browser_of(moderator)
    page = client.get(review_of(filed)).content.decode()
    for which, person in (("by", ann), ("about", bob)):
        address = f"/moderation/disputes/?status=OPEN&{which}={person.profile.public_id}"
        assert address.replace("&", "&amp;") in page
        assert "The server crashed." in text_of(client.get(address))
    for which, person in (("by", bob), ("about", ann)):
        address = f"/moderation/disputes/?{which}={person.username}"
        assert "There are none." in text_of(client.get(address))
    assert client.get("/moderation/disputes/?by=nobody").status_code == 400


def test_rulings_before_newest_first(filed, bob, duel, moderator, monkeypatch):
    about = {"game": duel.game, "match_key": "duel", "by": moderator}
    void_match(reason="Lag.", now=LATER, **about)
    restore_match(reason="No lag.", now=LATER, **about)
    correct_match(reason="Draw.", now=LATER, results={"ann": "DRAW", "bob": "DRAW"}, **about)
    scene.match(bob, "elsewhere")
    void_match(game=duel.game, match_key="elsewhere", by=moderator, reason="Elsewhere.", now=LATER)

    client = browser_of(moderator)
    bench = reverse("moderate-match", args=["valorant", "duel"])
    for address in (review_of(filed), bench):
        rulings = [row.split(" by ")[0] for row in rows_in(client.get(address), "Rulings about the same")]
        assert [re.search(r"Reason: (.*)", row)[1] for row in rulings] == ["Draw.", "No lag.", "Lag."]

    every = "All rulings about it"
    assert every not in text_of(client.get(review_of(filed)))
    monkeypatch.setattr(dispute_evidence, "RULINGS_SHOWN", 2)
    monkeypatch.setattr("deltacrown.web.views.moderation.matches.RULINGS_SHOWN", 2)
    for address, whole in (
        (review_of(filed), review_of(filed) + "rulings/"),
        (bench, reverse("match-rulings", args=["valorant", "duel"])),
    ):
        page = client.get(address)
        assert len(rows_in(page, "Rulings about the same")) == 2
        assert every in text_of(page)
        assert whole in page.content.decode()
        assert len(rows_in(client.get(whole), "Rulings about the same")) == 3


def test_of_a_result(cup, bobs_title, ann, bob, moderator):
    first = file_dispute(reporter=ann, result=bobs_title, reason="He left.", now=SOON)
    uphold_dispute(
        dispute=first, by=moderator, remedy=CorrectResult(3), resolution="He left early.", now=LATER
    )
    filed = file_dispute(reporter=ann, result=bobs_title, reason="He was third.", now=SOON)
    say(filed, bob, "I was first.")
    answer = browser_of(moderator).get(review_of(filed))
    page = text_of(answer)
    assert "I was first." in page
    assert "Other disputes about the same Upheld ann" in page
    assert [row.split()[0] for row in rows_in(answer, "The parties")] == ["ann", "bob"]
    assert {row.split(":")[0] for row in rows_in(answer, "Rulings about the same")} == {
        "Ruling Corrected a result",
        "Ruling Upheld a dispute",
    }


def test_what_another_party_said_of_another_dispute_about_it(filed, ann, bob, duel, moderator):
    cat = scene.player("cat")
    row = scene.match(cat, "duel", "LOSS", side="ann")
    say(filed, bob, "It did not crash.")
    second = file_dispute(reporter=cat, match=row, reason="Mine.", now=SOON)
    page = text_of(browser_of(moderator).get(review_of(second)))
    assert "when another dispute about the same was open It did not crash." in page
    assert "Other disputes about the same Open ann" in page


def test_of_many_parties_as_many_are_shown_as_a_page_holds(filed, moderator, bob):
    people = [scene.player(f"p{number}") for number in range(30)]
    for person in people:
        scene.match(person, "duel", "LOSS", side="ann")
        say(filed, person, f"Said by {person}.")
    client = browser_of(moderator)
    answer = client.get(review_of(filed))
    page = text_of(answer)
    assert len(rows_in(answer, "The parties")) == dispute_evidence.MOST_PARTIES
    assert "12 more parties are not listed." in page
    assert page.count("Said by") == dispute_evidence.STATEMENTS_SHOWN
    whole = review_of(filed) + "statements/"
    assert whole in answer.content.decode()
    first = client.get(whole)
    (further,) = re.findall(r'rel="next" href="([^"]*)"', first.content.decode())
    found = re.findall(r"Said by (p\d+)\.", text_of(first) + text_of(client.get(further)))
    assert found == [person.username for person in people]


def test_the_statements_of_the_database_are_as_many_for_many_parties(filed, moderator, bob):
    """Exact: 20 of a review with two parties and one that says something, and as many with thirty."""
    client = browser_of(moderator)
    say(filed, bob, "It did not crash.")
    counts = [_count(client, review_of(filed))]
    for number in range(30):
        person = scene.player(f"p{number}")
        scene.match(person, "duel", "LOSS", side="ann")
        say(filed, person, "So.")
    counts.append(_count(client, review_of(filed)))
    assert counts == [STATEMENTS, STATEMENTS]


STATEMENTS = 20


def _count(client, address):
    client.get(address)  # the log of reads holds this minute's by now
    with CaptureQueriesContext(connection) as asked:
        assert client.get(address).status_code == 200
    return len(asked)

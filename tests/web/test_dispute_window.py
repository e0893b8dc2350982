"""The dispute form shows its deadline, and no fields after it."""

import re
from datetime import timedelta

import pytest
from django.test import Client

from deltacrown.core import clock
from deltacrown.moderation.models import Dispute
from tests.moderation.scene import SOON, ann, bob, bobs_title, cup, duel, eve
from tests.web.reading import text_of

__all__ = ["ann", "bob", "bobs_title", "cup", "duel", "eve"]

pytestmark = pytest.mark.django_db

DUEL = "/disputes/match/valorant/duel/"


@pytest.fixture
def as_ann(ann):
    client = Client()
    client.force_login(ann)
    return client


@pytest.fixture
def at(monkeypatch):
    return lambda time: monkeypatch.setattr(clock, "now", lambda: time)


def fields(answer):
    return re.findall(r'<(?:textarea|select) name="(\w+)"', answer.content.decode())


class TestMatch:
    def test_in_time_to_the_last_second(self, as_ann, duel, at):
        at(duel.played_at + timedelta(days=14))

        assert "Dispute this match until 15 Mar 2025" in text_of(as_ann.get("/matches/valorant/duel/"))
        assert fields(as_ann.get(DUEL)) == ["reason"]

    def test_too_late(self, as_ann, duel, at):
        at(duel.played_at + timedelta(days=14, seconds=1))

        assert "Dispute this match" not in text_of(as_ann.get("/matches/valorant/duel/"))
        form = as_ann.get(DUEL)
        assert "It could be disputed until 15 Mar 2025" in text_of(form)
        assert fields(form) == []

    def test_what_is_sent_too_late_is_refused(self, as_ann, duel, at):
        at(duel.played_at + timedelta(days=30))
        answer = as_ann.post(DUEL, {"reason": "Late."})

        assert (answer.status_code, Dispute.objects.count()) == (409, 0)
        assert "It was played on 1 Mar 2025 and could be disputed for 14 days." in text_of(answer)

    def test_a_voided_one_says_why_it_counts_nowhere(self, as_ann, duel, at):
        at(SOON)
        type(duel).objects.filter(match_key="duel").update(voided_at=SOON, void_reason="lag")

        form = as_ann.get(DUEL)
        assert "It is voided already, and counts nowhere: lag" in text_of(form)
        assert fields(form) == []


class TestResult:
    def test_in_time_to_the_last_second(self, as_ann, cup, bobs_title, at):
        at(bobs_title.decided_at + timedelta(days=14))

        assert fields(as_ann.get("/disputes/result/cup/")) == ["result", "reason"]

    def test_too_late(self, as_ann, cup, bobs_title, at):
        at(bobs_title.decided_at + timedelta(days=14, seconds=1))

        form = as_ann.get("/disputes/result/cup/")
        assert "The time to dispute its results is over" in text_of(form)
        assert fields(form) == []

    def test_no_results_yet(self, as_ann, cup, at):
        at(SOON)
        cup.results.all().delete()

        assert "It has no results yet" in text_of(as_ann.get("/disputes/result/cup/"))

"""A dispute about an archived match is one about a live match: at every door, by every outcome."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from deltacrown.accounts.models import User
from deltacrown.core import clock
from deltacrown.core.deletion import InUse
from deltacrown.games.models import ArchivedMatch, Match, list_match_sources
from deltacrown.games.services import get_match_line, void_match
from deltacrown.moderation.models import Dispute
from deltacrown.moderation.services import (
    CorrectMatch,
    DisputeOpen,
    DisputeWindowClosed,
    InvalidDispute,
    MatchGone,
    NotAParticipant,
    VoidMatch,
    file_dispute,
    get_disputed_match,
    reject_dispute,
    uphold_dispute,
    write_handle,
)
from deltacrown.user_profile.models import UserProfile
from tests import scene
from tests.api.calls import signed_in as api_of
from tests.moderation.scene import LATER, SOON
from tests.web.reading import rows_in, text_of

pytestmark = pytest.mark.django_db

WHY = "The server crashed."
DUEL = "/disputes/match/valorant/duel/"


@pytest.fixture(params=["live", "archived"])
def table(request):
    return {"live": Match, "archived": ArchivedMatch}[request.param]


@pytest.fixture
def row(ann, bob, duel, table):
    """Ann's row of the duel she lost to Bob, wherever it is."""
    if table is ArchivedMatch:
        for each in Match.objects.all():
            scene.archive(each)

    return get_match_line(scene.game(), "duel", user=ann)


@pytest.fixture
def filed(ann, row):
    return file_dispute(reporter=ann, match=row, reason=WHY, now=SOON)


@pytest.fixture
def later(monkeypatch):
    """Pages at a time when the duel can still be disputed."""
    monkeypatch.setattr(clock, "now", lambda: LATER)


def archive_all():
    for each in Match.objects.all():
        scene.archive(each)


def numbers(*users):
    profiles = UserProfile.objects.in_bulk([user.pk for user in users])
    return [(profiles[user.pk].total_matches_played, profiles[user.pk].matches_won) for user in users]


def lines():
    return sorted(
        line
        for rows in list_match_sources()
        for line in rows.values_list("user__username", "result", "void_reason")
    )


class TestServices:
    def test_it_is_filed_once_about_whichever_line(self, ann, bob, row, filed):
        of_bob = get_match_line(scene.game(), "duel", user=bob)

        assert file_dispute(reporter=ann, match=of_bob, reason=WHY, now=LATER) == filed
        assert get_disputed_match(filed) == row
        with pytest.raises(DisputeOpen):
            file_dispute(reporter=ann, match=row, reason="Another.", now=LATER)

    def test_who_did_not_play_who_is_late_and_what_is_void_is_refused(self, ann, eve, row):
        with pytest.raises(NotAParticipant):
            file_dispute(reporter=eve, match=row, reason=WHY, now=SOON)
        late = row.played_at + timedelta(days=15)
        with pytest.raises(DisputeWindowClosed):
            file_dispute(reporter=ann, match=row, reason=WHY, now=late)

        void_match(game=row.game, match_key="duel", reason="crash", now=SOON)
        with pytest.raises(InvalidDispute, match="already voided"):
            file_dispute(reporter=ann, match=row, reason=WHY, now=SOON)

    def test_upholding_voids_it(self, ann, bob, moderator, filed, find_all_drift):
        uphold_dispute(dispute=filed, by=moderator, remedy=VoidMatch(), resolution="So it was.", now=LATER)

        assert lines() == [("ann", "LOSS", "So it was."), ("bob", "WIN", "So it was.")]
        assert numbers(ann, bob) == [(0, 0), (0, 0)]
        assert find_all_drift() == []

    def test_upholding_corrects_it(self, ann, bob, moderator, filed, find_all_drift):
        remedy = CorrectMatch({"ann": "WIN", "bob": "LOSS"})
        uphold_dispute(dispute=filed, by=moderator, remedy=remedy, resolution="So it was.", now=LATER)

        assert lines() == [("ann", "WIN", ""), ("bob", "LOSS", "")]
        assert numbers(ann, bob) == [(1, 1), (1, 0)]
        assert find_all_drift() == []

    def test_rejecting_leaves_it(self, ann, bob, moderator, filed):
        reject_dispute(dispute=filed, by=moderator, resolution="It did not.", now=LATER)

        assert lines() == [("ann", "LOSS", ""), ("bob", "WIN", "")]
        assert numbers(ann, bob) == [(1, 0), (1, 1)]

    def test_it_is_archived_between_filing_and_outcome(self, moderator, filed):
        archive_all()
        uphold_dispute(dispute=filed, by=moderator, remedy=VoidMatch(), resolution="So it was.", now=LATER)

        assert {reason for *_, reason in lines()} == {"So it was."}

    @pytest.mark.parametrize("status", ["OPEN", "REJECTED"])
    def test_a_match_with_a_dispute_is_not_deleted(self, moderator, row, filed, status):
        if status == "REJECTED":
            reject_dispute(dispute=filed, by=moderator, resolution="It did not.", now=LATER)

        rows = type(row).objects
        for delete in (row.delete, rows.filter(pk=row.pk).delete, rows.all().delete):
            with pytest.raises(InUse, match=r"a dispute refers to it\. Void the match"), transaction.atomic():
                delete()
        assert len(lines()) == 2

    def test_one_deleted_in_sql_can_still_be_rejected_and_listed(self, ann, moderator, filed, table):
        table.objects.all()._raw_delete("default")

        with pytest.raises(MatchGone):
            uphold_dispute(dispute=filed, by=moderator, remedy=VoidMatch(), resolution="So.", now=LATER)
        (listed,) = api_of(ann).get("/disputes").json()["items"]
        assert (listed["about"], listed["game"], listed["match_key"]) == ("match", None, None)
        reject_dispute(dispute=filed, by=moderator, resolution="It is gone.", now=LATER)
        assert Dispute.objects.get().status == "REJECTED"


@pytest.mark.usefixtures("later")
class TestPages:
    def sign_in(self, user):
        client = Client()
        client.force_login(user)
        return client

    def test_it_is_filed_from_the_match_s_page(self, ann, row):
        client = self.sign_in(ann)
        assert f'href="{DUEL}"' in client.get("/matches/valorant/duel/").content.decode()
        assert "For you it is recorded as a loss" in text_of(client.get(DUEL))

        answer = client.post(DUEL, {"reason": WHY}, follow=True)
        assert rows_in(answer, "Your disputes")[0].startswith("Open Valorant match duel The server crashed.")

    def test_it_is_reviewed_and_upheld(self, moderator, filed):
        client = self.sign_in(moderator)
        assert "Valorant match duel" in text_of(client.get("/moderation/disputes/"))

        review = reverse("dispute-review", args=[write_handle(filed)])
        assert "Void the match" in text_of(client.get(review))
        client.post(review, {"decision": "uphold", "remedy": "void", "resolution": "So it was."})
        assert {reason for *_, reason in lines()} == {"So it was."}

    def test_the_admin_shows_and_upholds_it(self, filed, row):
        client = self.sign_in(User.objects.create_superuser("boss"))
        page = client.get(reverse("admin:moderation_dispute_change", args=[filed.pk])).content.decode()
        meta = row._meta
        assert reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[row.pk]) in page

        form = {"action": "void_disputed", "_selected_action": [filed.pk], "answered": "1", "reason": "So."}
        client.post(reverse("admin:moderation_dispute_changelist"), form)
        assert {reason for *_, reason in lines()} == {"So."}


class TestApi:
    def test_it_is_filed_listed_and_upheld(self, ann, bob, moderator, row, settings):
        settings.DISPUTE_WINDOW_DAYS = 10_000
        about = {"match": {"game": "valorant", "match_key": "duel"}, "reason": WHY}
        filed = api_of(ann).post("/disputes", about)
        assert (filed.status_code, filed.json()["about"], filed.json()["match_key"]) == (201, "match", "duel")
        assert api_of(ann).get("/disputes").json()["items"] == [filed.json()]

        remedy = {
            "kind": "correct_match",
            "results": {ann.profile.public_id: "WIN", bob.profile.public_id: "LOSS"},
        }
        handle = filed.json()["handle"]
        answer = api_of(moderator).post(f"/disputes/{handle}/uphold", {"resolution": "So.", "remedy": remedy})
        assert answer.json()["status"] == "UPHELD"
        assert lines() == [("ann", "WIN", ""), ("bob", "LOSS", "")]

    def test_it_is_rejected(self, moderator, filed):
        path = f"/disputes/{write_handle(filed)}/reject"
        assert api_of(moderator).post(path, {"resolution": "No."}).json()["status"] == "REJECTED"

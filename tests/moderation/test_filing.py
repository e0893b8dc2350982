from datetime import datetime, timedelta

import pytest

from deltacrown.core.errors import InvalidInput
from deltacrown.games.services import void_match
from deltacrown.moderation import signals
from deltacrown.moderation.models import Dispute
from deltacrown.moderation.services import (
    DisputeOpen,
    DisputeWindowClosed,
    InvalidDispute,
    MatchGone,
    NotAParticipant,
    file_dispute,
    get_disputed_match,
    reject_dispute,
)
from deltacrown.user_profile.models import UserProfile
from tests import scene
from tests.announcements import announced
from tests.moderation.scene import LATER, SOON
from tests.scene import START

pytestmark = pytest.mark.django_db


def table():
    return list(
        Dispute.objects.order_by("id").values_list(
            "reporter__username", "match", "result", "reason", "status", "filed_at"
        )
    )


def test_a_player_disputes_a_match_they_played(ann, duel):
    with announced(signals.dispute_filed) as events:
        dispute = file_dispute(reporter=ann, match=duel, reason=" The server crashed. ", now=SOON)
    assert table() == [("ann", duel.pk, None, "The server crashed.", "OPEN", SOON)]
    assert [event["dispute"] for event in events] == [dispute]
    assert UserProfile.objects.get(user=ann).disputes_filed == 1


def test_an_opponents_row_stands_for_the_match(bob, duel):
    file_dispute(reporter=bob, match=duel, reason="Bob's client froze.", now=SOON)
    assert table()[0][:2] == ("bob", duel.pk)


def test_an_archived_match_can_be_disputed(ann, duel):
    archived = scene.archive(duel)
    dispute = file_dispute(reporter=ann, match=archived, reason="The server crashed.", now=SOON)
    assert table()[0][:2] == ("ann", duel.pk)
    assert get_disputed_match(dispute) == archived


def test_a_row_held_from_before_it_was_archived_is_found(ann, duel):
    scene.archive(duel)
    file_dispute(reporter=ann, match=duel, reason="The server crashed.", now=SOON)
    assert len(table()) == 1


def test_a_match_that_is_gone_is_not_found(ann, duel):
    pk = duel.pk
    duel.delete()
    duel.pk = pk
    with pytest.raises(MatchGone):
        file_dispute(reporter=ann, match=duel, reason="The server crashed.", now=SOON)


def test_a_competitor_disputes_a_result(ann, bobs_title):
    dispute = file_dispute(reporter=ann, result=bobs_title, reason="Bob is two people.", now=SOON)
    assert table() == [("ann", None, bobs_title.pk, "Bob is two people.", "OPEN", SOON)]
    assert get_disputed_match(dispute) is None


def test_who_has_a_result_competed_without_a_registration_too(ann, bobs_title, cup):
    cup.participations.all().delete()
    file_dispute(reporter=ann, result=bobs_title, reason="Bob is two people.", now=SOON)
    assert len(table()) == 1


def test_others_cannot_dispute(eve, duel, bobs_title):
    scene.match(eve, "another match")
    scene.match(eve, "duel", title=scene.game("another-game"))
    scene.registration(eve, scene.tournament("another cup"))
    with pytest.raises(NotAParticipant, match="Only those who played") as of_match:
        file_dispute(reporter=eve, match=duel, reason="I saw it.", now=SOON)
    with pytest.raises(NotAParticipant, match="Only entrants of Cup") as of_result:
        file_dispute(reporter=eve, result=bobs_title, reason="I withdrew, but I saw it.", now=SOON)
    assert (of_match.value.field, of_result.value.field) == ("match", "result")
    assert table() == []


@pytest.mark.parametrize(("days", "taken"), [(14, True), (14.001, False)])
def test_the_window_closes_after_fourteen_days(ann, duel, bobs_title, days, taken):
    now = START + timedelta(days=days)
    for subject in ({"match": duel}, {"result": bobs_title}):
        if taken:
            file_dispute(reporter=ann, reason="Too late?", now=now, **subject)
        else:
            with pytest.raises(DisputeWindowClosed, match="could be disputed for 14 days"):
                file_dispute(reporter=ann, reason="Too late?", now=now, **subject)
    assert len(table()) == (2 if taken else 0)


def test_the_window_is_a_setting(ann, duel, settings):
    settings.DISPUTE_WINDOW_DAYS = 2
    with pytest.raises(DisputeWindowClosed, match="for 2 days"):
        file_dispute(reporter=ann, match=duel, reason="Too late?", now=LATER)


def test_a_voided_match_cannot_be_disputed_even_through_a_stale_row(ann, duel):
    void_match(game=duel.game, match_key="duel", reason="server crash", now=SOON)
    with pytest.raises(InvalidDispute, match=r"already voided \(server crash\)"):
        file_dispute(reporter=ann, match=duel, reason="The server crashed.", now=SOON)


def test_the_same_objection_twice_is_one_dispute(ann, duel, bobs_title):
    for subject in ({"match": duel}, {"result": bobs_title}):
        first = file_dispute(reporter=ann, reason="The server crashed.", now=SOON, **subject)
        with announced(signals.dispute_filed) as events:
            assert file_dispute(reporter=ann, reason="The server crashed.\n", now=LATER, **subject) == first
        assert events == []
    assert len(table()) == UserProfile.objects.get(user=ann).disputes_filed == 2


def test_a_second_open_dispute_of_the_same_subject_is_refused(ann, bob, duel, bobs_title):
    file_dispute(reporter=ann, match=duel, reason="The server crashed.", now=SOON)
    bobs_row = type(duel).objects.get(user=bob)
    for row in (duel, bobs_row):
        with pytest.raises(DisputeOpen, match="on 2 Mar 2025"):
            file_dispute(reporter=ann, match=row, reason="And Bob cheated.", now=LATER)
    file_dispute(reporter=ann, result=bobs_title, reason="Another subject.", now=LATER)
    file_dispute(reporter=bob, match=duel, reason="Another reporter.", now=LATER)
    assert [row[3] for row in table()] == ["The server crashed.", "Another subject.", "Another reporter."]


def test_a_resolved_dispute_does_not_stand_in_the_way(ann, duel, moderator):
    first = file_dispute(reporter=ann, match=duel, reason="The server crashed.", now=SOON)
    reject_dispute(dispute=first, by=moderator, resolution="It did not.", now=SOON)
    second = file_dispute(reporter=ann, match=duel, reason="Here is the log.", now=LATER)
    assert [row[4] for row in table()] == ["REJECTED", "OPEN"]
    assert second != first


def test_a_dispute_has_one_subject_and_a_reason(ann, duel, bobs_title):
    with pytest.raises(InvalidDispute, match="exactly one"):
        file_dispute(reporter=ann, reason="Everything.", now=SOON)
    with pytest.raises(InvalidDispute, match="exactly one"):
        file_dispute(reporter=ann, match=duel, result=bobs_title, reason="Both.", now=SOON)
    for reason in ("", "  \n", "x" * 2001, "a\0b"):
        with pytest.raises(InvalidInput) as refusal:
            file_dispute(reporter=ann, match=duel, reason=reason, now=SOON)
        assert refusal.value.field == "reason"
    with pytest.raises(InvalidInput, match="no time zone"):
        file_dispute(reporter=ann, match=duel, reason="When?", now=datetime(2025, 3, 2))
    assert table() == []

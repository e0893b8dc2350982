"""Reporters and moderators at the same time."""

from functools import partial

import pytest

from deltacrown.games.models import Match
from deltacrown.moderation.models import Dispute, DisputeStatement
from deltacrown.moderation.services import (
    AlreadyAssigned,
    AlreadyResolved,
    Decided,
    DisputeOpen,
    VoidMatch,
    claim_dispute,
    file_dispute,
    reject_dispute,
    state,
    uphold_dispute,
    write_statement_handle,
)
from deltacrown.notifications.models import Notification
from deltacrown.user_profile.models import UserProfile
from tests import scene
from tests.concurrency import call_together
from tests.moderation.scene import LATER, SOON

pytestmark = pytest.mark.django_db(transaction=True)


def test_lines_of_one_match_get_one_open_dispute(ann, duel):
    rows = list(Match.objects.filter(match_key="duel")) * 2
    calls = [
        partial(file_dispute, reporter=ann, match=row, reason=f"Reason {number}.", now=SOON)
        for number, row in enumerate(rows)
    ]
    answers = call_together(calls)
    assert sum(isinstance(answer, DisputeOpen) for answer in answers) == 3
    assert Dispute.objects.count() == UserProfile.objects.get(user=ann).disputes_filed == 1


def test_the_same_objection_sent_twice_at_once_is_one(ann, duel):
    answers = call_together(
        [lambda: file_dispute(reporter=ann, match=duel, reason="The server crashed.", now=SOON)] * 4
    )
    assert {answer.pk for answer in answers} == set(Dispute.objects.values_list("pk", flat=True))
    assert Dispute.objects.count() == 1


def test_two_moderators_who_disagree_leave_one_outcome(ann, duel, moderator):
    dispute = file_dispute(reporter=ann, match=duel, reason="The server crashed.", now=SOON)
    other = scene.player("mod2", is_staff=True)
    uphold = partial(uphold_dispute, by=moderator, remedy=VoidMatch(), resolution="It did.", now=LATER)
    reject = partial(reject_dispute, by=other, resolution="It did not.", now=LATER)
    answers = call_together([partial(uphold, dispute=dispute), partial(reject, dispute=dispute)])
    assert sum(isinstance(answer, AlreadyResolved) for answer in answers) == 1
    dispute.refresh_from_db()
    assert Match.objects.exclude(voided_at=None).exists() == (dispute.status == Dispute.Status.UPHELD)


def test_of_two_who_take_it_on_one_has_it(ann, duel, moderator):
    dispute = file_dispute(reporter=ann, match=duel, reason="The server crashed.", now=SOON)
    people = [moderator, scene.player("mod2", is_staff=True)]
    answers = call_together([partial(claim_dispute, dispute=dispute, by=each, now=LATER) for each in people])
    (refused,) = [answer for answer in answers if isinstance(answer, AlreadyAssigned)]
    dispute.refresh_from_db()
    assert refused.message == f"{dispute.assigned_to.profile.name} has it already."


def test_a_party_and_a_decision_at_once_leave_what_was_said_before_it(ann, bob, duel, moderator):
    """What is said is there before the decision, or refused after it; two who say it at once say it once."""
    dispute = file_dispute(reporter=ann, match=duel, reason="The server crashed.", now=SOON)
    say = partial(state, handle=write_statement_handle(dispute), author=bob, now=LATER)
    decide = partial(reject_dispute, dispute=dispute, by=moderator, resolution="It did not.", now=LATER)
    answers = call_together([partial(say, words="It did not."), decide, partial(say, words="It did not.")])
    said = [each for each in answers if isinstance(each, DisputeStatement)]
    assert [each for each in answers if not isinstance(each, DisputeStatement | Decided | Dispute)] == []
    assert DisputeStatement.objects.count() == len({each.pk for each in said})
    kept = DisputeStatement.objects.first()
    (late,) = call_together([partial(say, words="Later.")])
    assert isinstance(late, Decided)
    assert DisputeStatement.objects.first() == kept
    dispute.refresh_from_db()
    assert dispute.status == Dispute.Status.REJECTED


def test_two_who_dispute_at_once_tell_the_others_once(ann, bob, duel):
    cat = scene.player("cat")
    row = scene.match(cat, "duel", "LOSS", side="ann")
    filings = [
        partial(file_dispute, reporter=user, match=each, reason="Mine.", now=SOON)
        for user, each in ((ann, duel), (cat, row))
    ]
    call_together(filings)
    assert Dispute.objects.count() == len(filings)
    assert Notification.objects.filter(kind="DISPUTED", user=bob).count() == 1

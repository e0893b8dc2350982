from decimal import Decimal

import pytest

from deltacrown.accounts.rights import Right
from deltacrown.core.errors import InvalidInput
from deltacrown.games.models import ArchivedMatch, Match
from deltacrown.games.services import InvalidMatch
from deltacrown.moderation import signals
from deltacrown.moderation.models import Dispute
from deltacrown.moderation.services import (
    AlreadyResolved,
    CorrectMatch,
    CorrectResult,
    Disqualify,
    MatchGone,
    MayNotResolve,
    UnfitRemedy,
    VoidMatch,
    file_dispute,
    reject_dispute,
    uphold_dispute,
)
from deltacrown.user_profile.models import UserProfile
from tests import scene
from tests.announcements import announced
from tests.moderation.scene import LATER, SOON

pytestmark = pytest.mark.django_db


@pytest.fixture
def of_duel(ann, duel):
    return file_dispute(reporter=ann, match=duel, reason="The server crashed.", now=SOON)


@pytest.fixture
def of_title(ann, bobs_title):
    return file_dispute(reporter=ann, result=bobs_title, reason="Bob is two people.", now=SOON)


def uphold(dispute, by, remedy, resolution="The log shows it."):
    return uphold_dispute(dispute=dispute, by=by, remedy=remedy, resolution=resolution, now=LATER)


def table():
    return list(
        Dispute.objects.order_by("id").values_list(
            "status", "resolved_at", "resolved_by__username", "resolution"
        )
    )


def results(event):
    rows = event.results.order_by("id").values_list(
        "user__username", "team__slug", "placement", "prize_amount", "disqualified_reason"
    )
    return {(user or team): tuple(rest) for user, team, *rest in rows}


def numbers(*users):
    profiles = {profile.user_id: profile for profile in UserProfile.objects.all()}
    return [(profiles[user.pk].total_matches_played, profiles[user.pk].matches_won) for user in users]


def titles(*users):
    return [UserProfile.objects.get(user=user).tournaments_won for user in users]


def test_upholding_by_voiding_makes_the_match_count_for_nobody(of_duel, moderator, ann, bob):
    with announced(signals.dispute_upheld) as events:
        upheld = uphold(of_duel, moderator, VoidMatch())
    assert table() == [("UPHELD", LATER, "mod", "The log shows it.")]
    assert set(Match.objects.values_list("user__username", "void_reason", "voided_at")) == {
        ("ann", "The log shows it.", LATER),
        ("bob", "The log shows it.", LATER),
    }
    assert numbers(ann, bob) == [(0, 0), (0, 0)]
    assert [(event["dispute"], event["remedy"]) for event in events] == [(upheld, VoidMatch())]


def test_upholding_by_correcting_turns_the_results(of_duel, moderator, ann, bob):
    uphold(of_duel, moderator, CorrectMatch({"ann": "WIN", "bob": "LOSS"}))
    assert numbers(ann, bob) == [(1, 1), (1, 0)]
    assert table()[0][0] == "UPHELD"


def test_upheld_with_scores_corrects_them_too(of_duel, moderator):
    uphold(of_duel, moderator, CorrectMatch({"ann": "WIN", "bob": "LOSS"}, {"ann": 13, "bob": None}))
    assert list(Match.objects.order_by("user__username").values_list("result", "score")) == [
        ("WIN", "13"),
        ("LOSS", ""),
    ]


def test_a_match_archived_since_is_put_right_in_the_archive(of_duel, moderator, ann, bob):
    for row in Match.objects.all():
        scene.archive(row)
    uphold(of_duel, moderator, VoidMatch())
    assert list(ArchivedMatch.objects.values_list("void_reason", flat=True)) == ["The log shows it."] * 2
    assert numbers(ann, bob) == [(0, 0), (0, 0)]


def test_upholding_by_correcting_a_result_moves_the_title(of_title, moderator, ann, bob, cup):
    uphold(of_title, moderator, CorrectResult(3, prize=Decimal("10.00")))
    assert results(cup)["bob"][:2] == (3, Decimal("10.00"))
    assert results(cup)["ann"][0] == 2
    assert titles(ann, bob) == [0, 0]


def test_a_prize_not_named_stays(of_title, moderator, cup):
    uphold(of_title, moderator, CorrectResult(2))
    assert results(cup)["bob"][:2] == (2, Decimal("100.00"))


def test_upholding_by_disqualifying_takes_the_title(of_title, moderator, ann, bob, cup):
    uphold(of_title, moderator, Disqualify(), resolution="x" * 600)
    assert results(cup) == {"bob": (None, Decimal(0), "x" * 499 + "…"), "ann": (1, Decimal(0), "")}
    assert titles(ann, bob) == [1, 0]
    assert table()[0][3] == "x" * 600


def test_disqualifying_may_name_another_entrant(of_title, moderator, ann, cup):
    uphold(of_title, moderator, Disqualify(user=ann))
    assert results(cup)["ann"][0] is None
    assert results(cup)["bob"][0] == 1


def test_a_member_s_result_in_a_team_event_stands_for_the_team(moderator, ann, bob, league):
    dispute = file_dispute(reporter=ann, result=league.results.get(user=bob), reason="A ringer.", now=SOON)
    uphold(dispute, moderator, Disqualify())
    assert {name: row[0] for name, row in results(league).items()} == {
        "south": None,
        "bob": None,
        "north": 1,
        "ann": 1,
    }
    assert titles(ann, bob) == [1, 0]


def test_a_rejected_dispute_changes_nothing_else(of_duel, moderator, ann, bob):
    with announced(signals.dispute_rejected) as events:
        rejected = reject_dispute(dispute=of_duel, by=moderator, resolution="It did not.", now=LATER)
    assert table() == [("REJECTED", LATER, "mod", "It did not.")]
    assert numbers(ann, bob) == [(1, 0), (1, 1)]
    assert [event["dispute"] for event in events] == [rejected]


def test_the_same_outcome_twice_is_once(of_duel, of_title, moderator, cup):
    uphold(of_title, moderator, CorrectResult(2))
    reject_dispute(dispute=of_duel, by=moderator, resolution="It did not.", now=LATER)
    before = table()
    with announced(signals.dispute_upheld) as upheld, announced(signals.dispute_rejected) as rejected:
        uphold(of_title, moderator, CorrectResult(9), resolution="Once more.")
        reject_dispute(dispute=of_duel, by=moderator, resolution="Once more.", now=SOON)
    assert (table(), upheld, rejected) == (before, [], [])
    assert results(cup)["bob"][0] == 2


def test_another_outcome_is_refused(of_duel, of_title, moderator, ann):
    uphold(of_title, moderator, CorrectResult(2))
    reject_dispute(dispute=of_duel, by=moderator, resolution="It did not.", now=LATER)
    before = table()
    with pytest.raises(AlreadyResolved, match="was already upheld on 4 Mar 2025"):
        reject_dispute(dispute=of_title, by=moderator, resolution="Oh no.", now=LATER)
    with pytest.raises(AlreadyResolved, match="was already rejected on 4 Mar 2025"):
        uphold(of_duel, moderator, VoidMatch())
    assert table() == before
    assert numbers(ann) == [(1, 0)]


def test_only_moderators_resolve_and_nobody_their_own(of_duel, ann, bob):
    with pytest.raises(MayNotResolve, match=r"takes the permission moderation\.change_dispute"):
        uphold(of_duel, bob, VoidMatch())
    with pytest.raises(MayNotResolve, match="takes the permission"):
        uphold(of_duel, scene.staff("reader", Right.VIEW_DISPUTES), VoidMatch())
    ann.is_staff = ann.is_superuser = True
    with pytest.raises(MayNotResolve, match="another moderator"):
        uphold(of_duel, ann, VoidMatch())
    with pytest.raises(MayNotResolve):
        reject_dispute(dispute=of_duel, by=bob, resolution="It did not.", now=LATER)
    assert table()[0][0] == "OPEN"
    assert numbers(ann) == [(1, 0)]


@pytest.mark.parametrize("remedy", [CorrectResult(2), Disqualify()])
def test_a_remedy_for_results_does_not_fit_a_match(of_duel, moderator, remedy):
    with pytest.raises(UnfitRemedy, match="about a match"):
        uphold(of_duel, moderator, remedy)
    assert table()[0][0] == "OPEN"


@pytest.mark.parametrize("remedy", [VoidMatch(), CorrectMatch({"ann": "WIN"})])
def test_a_remedy_for_matches_does_not_fit_a_result(of_title, moderator, remedy):
    with pytest.raises(UnfitRemedy, match="about a tournament result"):
        uphold(of_title, moderator, remedy)
    assert table()[0][0] == "OPEN"


def test_what_the_owner_refuses_leaves_the_dispute_open(of_duel, moderator, ann, bob):
    with pytest.raises(InvalidMatch):
        uphold(of_duel, moderator, CorrectMatch({"ann": "WON"}))
    assert table() == [("OPEN", None, None, "")]
    assert numbers(ann, bob) == [(1, 0), (1, 1)]


def test_a_match_that_is_gone_leaves_the_dispute_open(of_duel, moderator):
    for row in Match.objects.all():
        scene.archive(row)
    ArchivedMatch.objects.all()._raw_delete("default")
    with pytest.raises(MatchGone):
        uphold(of_duel, moderator, VoidMatch())
    assert table()[0][0] == "OPEN"


@pytest.mark.parametrize("resolution", ["", " ", "x" * 2001])
def test_a_resolution_says_what_was_found(of_duel, moderator, resolution):
    with pytest.raises(InvalidInput) as upholding:
        uphold(of_duel, moderator, VoidMatch(), resolution=resolution)
    with pytest.raises(InvalidInput) as rejecting:
        reject_dispute(dispute=of_duel, by=moderator, resolution=resolution, now=LATER)
    assert upholding.value.field == rejecting.value.field == "resolution"
    assert table()[0][0] == "OPEN"

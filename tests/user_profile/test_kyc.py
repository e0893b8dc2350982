"""Verification: who may ask, who decides, who sees it."""

from __future__ import annotations

import pytest
from django.core.exceptions import FieldDoesNotExist

from deltacrown.core.errors import InvalidInput
from deltacrown.user_profile.models import KycVerification, UserActivity
from deltacrown.user_profile.people.kyc import (
    MayNotReview,
    NotRequested,
    get_verification,
    reject,
    request_verification,
    verify,
)
from deltacrown.user_profile.privacy import HistoryHidden, filter_activity_by_visibility
from tests import scene
from tests.user_profile.season import day, said

pytestmark = pytest.mark.django_db


@pytest.fixture
def ann():
    return scene.player("ann")


@pytest.fixture
def staff():
    return scene.player("staff", is_staff=True)


def state():
    return list(
        KycVerification.objects.values_list(
            "user__username", "status", "requested_at", "reviewed_at", "reviewed_by__username"
        )
    )


def test_it_is_asked_for_once_and_decided_by_staff(ann, staff):
    request_verification(user=ann, now=day(0))
    request_verification(user=ann, now=day(1))
    assert state() == [("ann", "PENDING", day(0), None, None)]

    verify(user=ann, by=staff, now=day(2))
    verify(user=ann, by=staff, now=day(3))
    request_verification(user=ann, now=day(4))
    assert state() == [("ann", "VERIFIED", day(0), day(2), "staff")]


def test_a_rejected_player_may_ask_again(ann, staff):
    request_verification(user=ann, now=day(0))
    reject(user=ann, by=staff, now=day(1))
    assert state() == [("ann", "REJECTED", day(0), day(1), "staff")]

    request_verification(user=ann, now=day(2))
    assert state() == [("ann", "PENDING", day(2), None, None)]


@pytest.mark.parametrize("decide", [verify, reject])
def test_only_active_staff_decide_and_never_about_themselves(decide, ann, staff):
    request_verification(user=ann, now=day(0))
    request_verification(user=staff, now=day(0))
    for by in (
        ann,
        scene.player("mod", is_superuser=True),
        scene.player("gone", is_staff=True, is_active=False),
    ):
        with pytest.raises(MayNotReview):
            decide(user=ann, by=by, now=day(1))
    with pytest.raises(MayNotReview):
        decide(user=staff, by=staff, now=day(1))

    assert {row[1] for row in state()} == {"PENDING"}


def test_there_is_nothing_to_decide_before_it_is_asked_for(ann, staff):
    with pytest.raises(NotRequested):
        verify(user=ann, by=staff, now=day(1))
    with pytest.raises(InvalidInput):
        request_verification(user=ann, now=day(0).replace(tzinfo=None))
    assert state() == []


def test_its_player_alone_is_told_and_no_longer_when_it_is_taken_back(ann, staff):
    request_verification(user=ann, now=day(0))
    verify(user=ann, by=staff, now=day(2))
    entry = UserActivity.objects.get(activity_type="KYC_VERIFIED")
    assert (entry.user, entry.description, entry.created_at, entry.visibility, entry.metadata) == (
        ann,
        "Completed verification",
        day(2),
        "PRIVATE",
        {},
    )
    for viewer, seen in ((ann, True), (staff, True), (None, False), (scene.player("bob"), False)):
        entries = filter_activity_by_visibility(
            UserActivity.objects.filter(activity_type="KYC_VERIFIED"), viewer
        )
        assert entries.exists() is seen

    reject(user=ann, by=staff, now=day(3))
    assert said(ann) == []


def test_the_state_is_the_players_and_the_staffs(ann, staff):
    assert get_verification(ann, ann) is None
    request_verification(user=ann, now=day(0))

    for viewer in (ann, staff):
        assert get_verification(ann, viewer).status == "PENDING"
    for viewer in (None, scene.player("bob")):
        with pytest.raises(HistoryHidden):
            get_verification(ann, viewer)


@pytest.mark.parametrize("field", ["document", "name", "birth_date", "number", "note"])
def test_nothing_of_an_identity_is_stored(field):
    with pytest.raises(FieldDoesNotExist):
        KycVerification._meta.get_field(field)

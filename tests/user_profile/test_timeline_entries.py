"""The door to the timeline: what it refuses, one entry per fact, hiding that outlasts everything."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

import pytest

from deltacrown.core.clock import now
from deltacrown.core.errors import InvalidInput
from deltacrown.core.pagination import InvalidCursor
from deltacrown.user_profile.models import Achievement, ArchivedUserActivity, PrivacySettings, UserActivity
from deltacrown.user_profile.previewing import filter_activity_as_shown
from deltacrown.user_profile.privacy import Audience, filter_activity_by_visibility
from deltacrown.user_profile.timeline.entering import (
    ActivityChanges,
    create_activity,
    replace_activities,
)
from deltacrown.user_profile.timeline.hiding import (
    ActivityNotFound,
    NotOwnActivity,
    hide_activity,
    is_hidden,
    set_entry_hidden,
    show_activity,
    write_handle,
)
from deltacrown.user_profile.timeline.records import ActivityRecord
from deltacrown.user_profile.timeline.whitelist import InvalidActivity
from tests import scene
from tests.scene import archived_activity as archive
from tests.user_profile.season import day

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_reactions")]

FACT = {
    "activity_type": "TEAM_JOINED",
    "description": "Joined team Reds",
    "metadata": {"team_slug": "reds", "team_name": "Reds"},
    "dedupe_key": "membership:1",
    "created_at": day(0),
}


#: What names a tournament.
CUP = {"tournament_slug": "cup", "tournament_name": "Cup"}


def record(user, key="membership:1", **fields):
    return ActivityRecord(user_id=user.pk, **{**FACT, "dedupe_key": key, **fields})


def enter_activities(records):
    """Sync with the facts of ``records`` alone."""
    return replace_activities(
        records=records,
        users={each.user_id for each in records},
        types={each.activity_type for each in records},
        keys={each.dedupe_key for each in records},
    )


def rows():
    return [
        (row.dedupe_key, row.description, row.visibility, row.is_withdrawn)
        for table in (UserActivity, ArchivedUserActivity)
        for row in table.objects.order_by("dedupe_key")
    ]


def withdraw(user):
    """Sync the fact when the tables say it holds no longer; return whether an entry was there."""
    gone = replace_activities(records=[], users=[user.pk], types={"TEAM_JOINED"}, keys={"membership:1"})
    return gone.withdrawn > 0


def test_a_fact_is_entered_once_at_its_own_date(player):
    first, created = create_activity(user=player(), **FACT)
    again, created_again = create_activity(
        user=first.user, **{**FACT, "description": "Joined a team", "created_at": day(5)}
    )

    assert (created, created_again, again) == (True, False, first)
    stored = UserActivity.objects.get()
    assert (stored.description, stored.metadata, stored.created_at, stored.visibility) == (
        "Joined team Reds",
        {"team_slug": "reds", "team_name": "Reds"},
        day(0),
        "PUBLIC",
    )


def test_the_same_name_under_another_type_or_player_is_another_fact(player):
    ann, bob = player("ann"), player("bob")
    level = {"activity_type": "LEVEL_UP", "metadata": {"level": 5}}
    for user, other in ((ann, {}), (ann, level), (bob, {})):
        assert create_activity(user=user, **{**FACT, **other})[1]

    assert UserActivity.objects.count() == 3


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"activity_type": "MATCH_PLAYED"}, "activity_type"),
        ({"activity_type": "DISPUTE_FILED"}, "activity_type"),
        ({"activity_type": "PROFILE_EDITED"}, "activity_type"),
        ({"activity_type": ""}, "activity_type"),
        ({"visibility": "FRIENDS"}, "visibility"),
        ({"metadata": {"email": "ann@example.org"}}, "metadata"),
        ({"metadata": {"team_slug": "reds", "prize": "100.00"}}, "metadata"),
        ({"metadata": {"tournament_password": "x"}}, "metadata"),
        ({"metadata": {"team_slug": ["reds"]}}, "metadata.team_slug"),
        ({"metadata": {"team_slug": {"real_name": "Ann"}}}, "metadata.team_slug"),
        ({"metadata": {"team_slug": " "}}, "metadata.team_slug"),
        ({"metadata": {"team_id": "7"}}, "metadata.team_id"),
        ({"metadata": {"team_id": 0}}, "metadata.team_id"),
        ({"metadata": {"team_slug": "reds", "level": 5}}, "metadata"),
        ({"metadata": {"team_slug": "reds", "tournament_slug": "cup"}}, "metadata"),
        ({"metadata": {}}, "metadata.team_slug"),
        ({"metadata": {"team_name": "x" * 201}}, "metadata.team_name"),
        ({"metadata": ["reds"]}, "metadata"),
        ({"activity_type": "TOURNAMENT_WON", "metadata": CUP}, "metadata.placement"),
        ({"activity_type": "TOURNAMENT_WON", "metadata": {"placement": 1}}, "metadata.tournament_slug"),
        ({"activity_type": "TOURNAMENT_WON", "metadata": {**CUP, "placement": 4}}, "metadata.placement"),
        ({"activity_type": "TOURNAMENT_WON", "metadata": {**CUP, "placement": 0}}, "metadata.placement"),
        ({"activity_type": "TOURNAMENT_WON", "metadata": {**CUP, "placement": None}}, "metadata.placement"),
        ({"activity_type": "TOURNAMENT_WON", "metadata": {**CUP, "placement": True}}, "metadata.placement"),
        ({"activity_type": "TOURNAMENT_WON", "metadata": {**CUP, "placement": 1.0}}, "metadata.placement"),
        ({"activity_type": "TOURNAMENT_REGISTERED", "metadata": {}}, "metadata.tournament_slug"),
        ({"activity_type": "LEVEL_UP", "metadata": {}}, "metadata.level"),
        ({"activity_type": "LEVEL_UP", "metadata": {"level": 7}}, "metadata.level"),
        ({"activity_type": "LEVEL_UP", "metadata": {"level": 0}}, "metadata.level"),
        ({"activity_type": "LEVEL_UP", "metadata": {"level": -5}}, "metadata.level"),
        ({"activity_type": "LEVEL_UP", "metadata": {"level": "5"}}, "metadata.level"),
        ({"activity_type": "ACHIEVEMENT_UNLOCKED", "metadata": {}}, "metadata.achievement_slug"),
        ({"activity_type": "PROFILE_CREATED"}, "metadata"),
        ({"activity_type": "KYC_VERIFIED"}, "metadata"),
        ({"description": "  "}, "description"),
        ({"description": "x" * 501}, "description"),
        ({"dedupe_key": ""}, "dedupe_key"),
        ({"created_at": datetime(2025, 1, 1)}, "created_at"),
    ],
)
def test_what_may_not_appear_is_refused_by_both_doors(player, wrong, field):
    ann = player()
    changed = {**FACT, **wrong}
    records = [record(ann, "membership:2"), ActivityRecord(user_id=ann.pk, **changed)]

    for enter in (
        partial(create_activity, user=ann, **changed),
        partial(enter_activities, records=records),
    ):
        with pytest.raises(InvalidInput) as refusal:
            enter()
        assert refusal.value.field == field

    assert not UserActivity.objects.exists()


def test_a_fact_in_the_future_is_refused_by_the_hand_and_shown_to_nobody_before_its_time(player):
    ann, staff = player(), player("staff", is_staff=True)
    soon = now() + timedelta(days=1)

    with pytest.raises(InvalidInput, match="is in the future") as refusal:
        create_activity(user=ann, **{**FACT, "created_at": soon})
    assert refusal.value.field == "created_at"

    scene.activity(ann, "raw", hours=(soon - scene.START).total_seconds() / 3600)
    scene.activity(ann, "past")
    for viewer in (None, ann, staff):
        shown = filter_activity_by_visibility(UserActivity.objects.all(), viewer)
        assert [entry.dedupe_key for entry in shown] == ["past"]
    flags = PrivacySettings.objects.get(user=ann)
    previewed = filter_activity_as_shown(UserActivity.objects.all(), Audience.ANONYMOUS, flags)
    assert [entry.dedupe_key for entry in previewed] == ["past"]


@pytest.mark.parametrize("name", ["achievement_slug", "achievement_name"])
def test_only_major_achievements_are_entered_by_hand(player, name):
    ann = player()
    for tier in ("MINOR", "MAJOR"):
        Achievement.objects.create(slug=tier, name=tier, description="Well done.", tier=tier)
    fact = {**FACT, "activity_type": "ACHIEVEMENT_UNLOCKED"}

    assert create_activity(user=ann, **{**fact, "metadata": {name: "MAJOR"}})[1]
    for other, message in (("MINOR", "only MAJOR ones do"), ("none", "there is no achievement of")):
        with pytest.raises(InvalidActivity, match=message):
            create_activity(user=ann, **{**fact, "metadata": {name: other}, "dedupe_key": "2"})


def test_the_whitelist_is_named_in_the_refusal(player):
    with pytest.raises(InvalidActivity, match="PROFILE_CREATED, ACHIEVEMENT_UNLOCKED"):
        create_activity(user=player(), **{**FACT, "activity_type": "LOGIN"})


@pytest.mark.parametrize("visibility", ["PUBLIC", "FOLLOWERS", "PRIVATE"])
def test_a_verification_is_private_whatever_is_asked(player, visibility):
    fact = {**FACT, "activity_type": "KYC_VERIFIED", "metadata": {}, "visibility": visibility}

    assert create_activity(user=player(), **fact)[0].visibility == "PRIVATE"


def test_many_are_entered_in_a_constant_number_of_queries_and_once(player, django_assert_num_queries):
    users = [player(f"p{number}") for number in range(40)]
    records = [record(user) for user in users]
    with django_assert_num_queries(5):  # savepoint, archived and live entries, insert, release
        assert enter_activities(records=[*records, *records]) == ActivityChanges(created=40)
    with django_assert_num_queries(4):
        assert enter_activities(records=records) == ActivityChanges()
    assert UserActivity.objects.count() == 40


def test_what_differs_is_amended_and_what_has_no_record_is_withdrawn(player):
    ann, bob = player("ann"), player("bob")
    enter_activities(
        records=[record(ann, f"membership:{number}") for number in (1, 2, 3)] + [record(bob, "membership:9")]
    )
    create_activity(user=ann, **{**FACT, "dedupe_key": "by hand"})
    create_activity(
        user=ann,
        **{**FACT, "activity_type": "LEVEL_UP", "dedupe_key": "level:5", "metadata": {"level": 5}},
    )

    changes = replace_activities(
        records=[
            record(ann, "membership:1"),
            record(ann, "membership:2", description="Joined team Blues"),
            record(ann, "membership:4"),
        ],
        users=[ann.pk],
        types={"TEAM_JOINED"},
    )

    assert changes == ActivityChanges(created=1, amended=1, withdrawn=1)
    assert [row[:2] for row in rows()] == [
        ("by hand", "Joined team Reds"),
        ("level:5", "Joined team Reds"),
        ("membership:1", "Joined team Reds"),
        ("membership:2", "Joined team Blues"),
        ("membership:4", "Joined team Reds"),
        ("membership:9", "Joined team Reds"),
    ]


def test_an_archived_entry_is_not_entered_again_and_follows_its_fact(player):
    ann = player()
    archive(create_activity(user=ann, **FACT)[0])

    assert create_activity(user=ann, **FACT)[1] is False
    enter_activities(records=[record(ann, description="Joined team Blues")])
    assert rows() == [("membership:1", "Joined team Blues", "PUBLIC", False)]
    assert withdraw(ann)
    assert rows() == []


def test_a_hidden_entry_stays_hidden_when_its_fact_is_told_again_amended_or_comes_back(player):
    ann = player()
    entry, _ = create_activity(user=ann, **FACT)
    hide_activity(user=ann, activity=entry)

    enter_activities(records=[record(ann)])
    enter_activities(records=[record(ann, description="Joined team Blues")])
    assert rows() == [("membership:1", "Joined team Blues", "PRIVATE", False)]
    replace_activities(records=[], users=[ann.pk], types={"TEAM_JOINED"})
    assert rows() == [("membership:1", "Joined team Blues", "PRIVATE", True)]
    replace_activities(records=[record(ann)], users=[ann.pk], types={"TEAM_JOINED"})
    assert rows() == [("membership:1", "Joined team Reds", "PRIVATE", False)]


def test_a_withdrawn_entry_is_seen_by_nobody(player):
    ann, staff = player(), player("staff", is_staff=True)
    entry, _ = create_activity(user=ann, **FACT)
    hide_activity(user=ann, activity=entry)
    withdraw(ann)

    for viewer in (None, ann, staff):
        assert not filter_activity_by_visibility(UserActivity.objects.all(), viewer)
    assert withdraw(ann) is False


def test_its_player_hides_an_entry_and_shows_it_again_live_or_archived(player):
    ann = player()
    for entry in (
        create_activity(user=ann, **FACT)[0],
        archive(create_activity(user=ann, **{**FACT, "dedupe_key": "membership:2"})[0]),
    ):
        handle = write_handle(entry)
        assert set_entry_hidden(user=ann, handle=handle, hidden=True).visibility == "PRIVATE"
        assert is_hidden(type(entry).objects.get(pk=entry.pk))
        assert set_entry_hidden(user=ann, handle=handle, hidden=False).visibility == "PUBLIC"


def test_nobody_else_hides_it_staff_included(player):
    ann, staff = player(), player("staff", is_staff=True)
    entry, _ = create_activity(user=ann, **FACT)

    with pytest.raises(NotOwnActivity):
        hide_activity(user=staff, activity=entry)
    with pytest.raises(InvalidCursor):
        set_entry_hidden(user=staff, handle=write_handle(entry), hidden=True)
    assert UserActivity.objects.get().visibility == "PUBLIC"


def test_an_entry_that_is_gone_cannot_be_hidden(player):
    ann = player()
    entry, _ = create_activity(user=ann, **FACT)
    handle = write_handle(entry)
    entry.delete()

    with pytest.raises(ActivityNotFound):
        set_entry_hidden(user=ann, handle=handle, hidden=True)


def test_showing_a_verification_again_does_not_publish_it(player):
    ann = player()
    entry, _ = create_activity(user=ann, **{**FACT, "activity_type": "KYC_VERIFIED", "metadata": {}})

    assert show_activity(user=ann, activity=entry).visibility == "PRIVATE"
    assert not is_hidden(entry)

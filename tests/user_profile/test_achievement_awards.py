from datetime import UTC, datetime

import pytest
from django.db import connection

from deltacrown.accounts.models import User
from deltacrown.core.errors import InvalidInput
from deltacrown.user_profile.achievements.awards import (
    AwardRecord,
    award_achievement,
    award_achievements,
    define_achievement,
    revoke_achievement,
)
from deltacrown.user_profile.models import (
    Achievement,
    ExperienceAward,
    UserAchievement,
    UserActivity,
    UserProfile,
)

pytestmark = pytest.mark.django_db

JAN, FEB = (datetime(2025, month, 1, tzinfo=UTC) for month in (1, 2))


@pytest.fixture
def ann():
    return User.objects.create(username="ann")


@pytest.fixture
def first_win():
    return define_achievement(
        slug="first-win", name="First win", description="Win a match.", tier="MINOR", points=50
    )


@pytest.fixture
def pioneer():
    return define_achievement(slug="pioneer", name="Pioneer", description="Be early.", tier="MAJOR", points=0)


def unlocked():
    """What timelines say of achievements."""
    entries = UserActivity.objects.filter(activity_type="ACHIEVEMENT_UNLOCKED").order_by("id")
    return list(entries.values_list("user__username", "description", "created_at"))


def held():
    return list(
        UserAchievement.objects.order_by("id").values_list(
            "user__username", "achievement__slug", "fact", "earned_at"
        )
    )


def experience():
    return list(
        ExperienceAward.objects.order_by("id").values_list(
            "user__username", "points", "reason", "dedupe_key", "awarded_at"
        )
    )


def numbers(user):
    profile = UserProfile.objects.get(user=user)
    return profile.achievement_count, profile.experience_points, profile.level


def test_define_achievement_enters_and_updates_one_entry(first_win):
    again = define_achievement(
        slug="first-win", name="First victory ", description="Win once.", tier="MAJOR", points=60
    )
    assert again == first_win
    assert list(Achievement.objects.values_list("slug", "name", "description", "tier", "points")) == [
        ("first-win", "First victory", "Win once.", "MAJOR", 60)
    ]


@pytest.mark.parametrize(
    ("field", "value"),
    [("slug", "no slug"), ("name", " "), ("description", "x" * 301), ("tier", "EPIC"), ("points", -1)],
)
def test_an_impossible_entry_is_refused_by_field(field, value):
    entry = {
        "slug": "first-win",
        "name": "First win",
        "description": "Win a match.",
        "tier": "MINOR",
        "points": 50,
    }
    with pytest.raises(InvalidInput) as refusal:
        define_achievement(**(entry | {field: value}))
    assert refusal.value.field == field
    assert not Achievement.objects.exists()


def test_an_award_brings_its_experience(ann, first_win):
    award, created = award_achievement(user=ann, achievement=first_win, fact="match k-1", earned_at=JAN)
    assert (award.user, created) == (ann, True)
    assert held() == [("ann", "first-win", "match k-1", JAN)]
    assert experience() == [("ann", 50, "Achievement: First win", "achievement:first-win", JAN)]
    assert numbers(ann) == (1, 50, 1)


def test_a_major_award_appears_on_the_timeline_until_it_is_revoked(ann, first_win, pioneer):
    award_achievements(awards=[AwardRecord(ann, entry, "", JAN) for entry in (first_win, pioneer)])
    assert unlocked() == [("ann", "Earned Pioneer", JAN)]

    revoke_achievement(user=ann, achievement=first_win, reason="Match k-1 was voided.")
    assert unlocked() == [("ann", "Earned Pioneer", JAN)]
    revoke_achievement(user=ann, achievement=pioneer, reason="Not so early.")
    assert unlocked() == []


def test_a_second_award_changes_nothing(ann, first_win):
    first, _ = award_achievement(user=ann, achievement=first_win, fact="match k-1", earned_at=JAN)
    again, created = award_achievement(user=ann, achievement=first_win, fact="match k-2", earned_at=FEB)
    assert (again, created) == (first, False)
    assert held() == [("ann", "first-win", "match k-1", JAN)]
    assert len(experience()) == 1
    assert numbers(ann) == (1, 50, 1)


def test_an_achievement_worth_nothing_brings_no_experience(ann, pioneer):
    award_achievement(user=ann, achievement=pioneer, fact="", earned_at=JAN)
    assert (held(), experience()) == ([("ann", "pioneer", "", JAN)], [])


@pytest.mark.parametrize("points", [500, 1, 0])
def test_a_changed_price_is_that_of_awards_made_before_too(ann, first_win, points):
    award_achievement(user=ann, achievement=first_win, fact="", earned_at=JAN)
    define_achievement(
        slug="first-win", name="First win", description="Win a match.", tier="MINOR", points=points
    )
    assert numbers(ann)[:2] == (1, points)


def test_a_changed_tier_and_name_are_those_of_entries_made_before_too(ann, first_win):
    award_achievement(user=ann, achievement=first_win, fact="", earned_at=JAN)
    fields = {"slug": "first-win", "description": "Win a match.", "points": 50}

    for name, tier in (("First win", "MAJOR"), ("Victory", "MAJOR"), ("Victory", "MINOR")):
        define_achievement(name=name, tier=tier, **fields)
        assert unlocked() == ([("ann", f"Earned {name}", JAN)] if tier == "MAJOR" else [])
        assert [row[2] for row in experience()] == [f"Achievement: {name}"]


def test_many_awards_take_a_constant_number_of_queries(first_win, pioneer, django_assert_num_queries):
    users = User.objects.bulk_create([User(username=f"player{number:03d}") for number in range(80)])
    awards = [AwardRecord(user, entry, "season 1", JAN) for entry in (first_win, pioneer) for user in users]
    # Savepoint, lock on PostgreSQL, read, two inserts, a delete for what is worth nothing, release; the
    # timelines' achievements: two savepoints around awards, archived and live entries, and an insert; their
    # levels: the same around the profiles and the entries.
    lock = int(connection.vendor == "postgresql")
    with django_assert_num_queries(6 + lock + 8 + 7):
        created = award_achievements(awards=awards + awards[:10])
    assert len(created) == UserAchievement.objects.count() == 160
    assert ExperienceAward.objects.count() == 80
    assert len(unlocked()) == 80


def test_awarding_many_again_writes_only_what_is_missing(ann, first_win, pioneer):
    award_achievement(user=ann, achievement=first_win, fact="match k-1", earned_at=JAN)
    awards = [
        AwardRecord(ann, first_win, "late", FEB),
        AwardRecord(ann, pioneer, "early", FEB),
        AwardRecord(ann, pioneer, "again", FEB),
    ]
    assert [award.achievement for award in award_achievements(awards=awards)] == [pioneer]
    assert held() == [("ann", "first-win", "match k-1", JAN), ("ann", "pioneer", "early", FEB)]
    assert unlocked() == [("ann", "Earned Pioneer", FEB)]
    assert award_achievements(awards=awards) == []


def test_revoking_removes_the_achievement_and_its_experience_alone(ann, first_win, pioneer):
    bob = User.objects.create(username="bob")
    award_achievements(
        awards=[AwardRecord(user, entry, "", JAN) for user in (ann, bob) for entry in (first_win, pioneer)]
    )
    assert revoke_achievement(user=ann, achievement=first_win, reason="Match k-1 was voided.") is True
    assert held() == [("ann", "pioneer", "", JAN), ("bob", "first-win", "", JAN), ("bob", "pioneer", "", JAN)]
    assert [row[0] for row in experience()] == ["bob"]
    assert (numbers(ann), numbers(bob)) == ((1, 0, 1), (2, 50, 1))


def test_revoking_twice_is_revoking_once(ann, first_win):
    award_achievement(user=ann, achievement=first_win, fact="", earned_at=JAN)

    assert revoke_achievement(user=ann, achievement=first_win, reason="Match k-1 was voided.") is True
    assert revoke_achievement(user=ann, achievement=first_win, reason="Match k-1 was voided.") is False


def test_a_revoked_achievement_can_be_earned_again(ann, first_win):
    for earned_at in (JAN, FEB):
        award_achievement(user=ann, achievement=first_win, fact="", earned_at=earned_at)
        revoke_achievement(user=ann, achievement=first_win, reason="again")
    award_achievement(user=ann, achievement=first_win, fact="", earned_at=FEB)
    assert numbers(ann) == (1, 50, 1)


def test_awards_and_revocations_must_say_what_they_must(ann, first_win):
    with pytest.raises(InvalidInput, match="no time zone"):
        award_achievement(user=ann, achievement=first_win, fact="", earned_at=datetime(2025, 1, 1))
    with pytest.raises(InvalidInput, match="the limit is 200"):
        award_achievement(user=ann, achievement=first_win, fact="x" * 201, earned_at=JAN)
    with pytest.raises(InvalidInput, match="must not be empty"):
        revoke_achievement(user=ann, achievement=first_win, reason="  ")
    assert held() == []

"""Awards at the same time."""

from datetime import UTC, datetime

import pytest

from deltacrown.accounts.models import User
from deltacrown.user_profile.achievements.awards import AwardRecord, award_achievements, define_achievement
from deltacrown.user_profile.models import ExperienceAward, UserAchievement, UserProfile
from tests.concurrency import call_together

pytestmark = pytest.mark.django_db(transaction=True)


def test_each_award_is_new_to_exactly_one_caller():
    entry = define_achievement(slug="early", name="Early", description="Be early.", tier="MINOR", points=50)
    awards = [
        AwardRecord(User.objects.create(username=f"player{n}"), entry, "", datetime(2025, 1, 1, tzinfo=UTC))
        for n in range(20)
    ]
    answers = call_together(
        [
            lambda order=order: award_achievements(awards=order)
            for order in (awards, awards[::-1], awards[7:], awards[::3])
        ]
    )
    assert sum(len(answer) for answer in answers) == 20
    assert (UserAchievement.objects.count(), ExperienceAward.objects.count()) == (20, 20)
    assert set(UserProfile.objects.values_list("achievement_count", "experience_points")) == {(1, 50)}

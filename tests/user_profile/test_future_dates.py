"""No door takes a fact that has not happened."""

from __future__ import annotations

from datetime import timedelta

import pytest

from deltacrown.accounts.services import create_players
from deltacrown.core.clock import now
from deltacrown.core.errors import InvalidInput
from deltacrown.moderation.services import file_dispute
from deltacrown.pages.oneself import get_home_feed
from deltacrown.teams.services import MembershipRecord, join_team, leave_team, record_memberships
from deltacrown.tournaments.services import EntrantRecord, complete_tournament, register_entrants
from deltacrown.user_profile.achievements.awards import award_achievement, define_achievement
from deltacrown.user_profile.models import Follow, UserActivity
from deltacrown.user_profile.people.follows import follow
from deltacrown.user_profile.people.kyc import request_verification
from tests import scene

pytestmark = [pytest.mark.django_db, pytest.mark.once]

SOON = timedelta(days=1)


def join(ann, reds, at):
    join_team(team=reds, user=ann, joined_at=at)


def leave(ann, reds, at):
    scene.member(ann, reds)
    leave_team(team=reds, user=ann, left_at=at)


def record_joining(ann, reds, at):
    record_memberships(memberships=[MembershipRecord(reds, ann, at)])


def record_leaving(ann, reds, at):
    record_memberships(memberships=[MembershipRecord(reds, ann, scene.START, at)])


def sign_up(ann, reds, at):
    create_players(usernames=["bob"], joined_at={"bob": at})


def register(ann, reds, at):
    event = scene.tournament(status="OPEN")
    register_entrants(tournament=event, entrants=[EntrantRecord(user=ann, registered_at=at)], now=now())


def decide(ann, reds, at):
    event = scene.tournament(status="RUNNING")
    complete_tournament(tournament=event, standings=[], now=now(), decided_at=at)


def award(ann, reds, at):
    early = define_achievement(slug="early", name="Early", description="Be early.", tier="MAJOR", points=50)
    award_achievement(user=ann, achievement=early, fact="", earned_at=at)


def follow_bob(ann, reds, at):
    follow(follower=ann, followed=scene.player("bob"), now=at)


def verify_oneself(ann, reds, at):
    request_verification(user=ann, now=at)


def dispute(ann, reds, at):
    file_dispute(reporter=ann, match=scene.match(ann, "m1"), reason="It crashed.", now=at)


@pytest.mark.parametrize(
    ("enter", "field"),
    [
        (join, "joined_at"),
        (leave, "left_at"),
        (record_joining, "joined_at"),
        (record_leaving, "left_at"),
        (sign_up, "joined_at"),
        (register, "registered_at"),
        (decide, "decided_at"),
        (award, "earned_at"),
        (follow_bob, "now"),
        (verify_oneself, "now"),
        (dispute, "now"),
    ],
)
def test_a_date_in_the_future_is_refused_by_every_door(player, enter, field):
    with pytest.raises(InvalidInput, match=f"^{field} .* is in the future; record it once it has") as refusal:
        enter(player(), scene.team(), now() + SOON)
    assert refusal.value.field == field


def test_a_raw_entry_of_the_future_does_not_top_a_feed(player):
    ann, fan = player("ann"), player("fan")
    Follow.objects.create(follower=fan, followed=ann)
    UserActivity.objects.all().delete()
    scene.activity(ann, "today")
    scene.activity(ann, "ahead", hours=24 * 365 * 50)

    assert [item.entry.description for item in get_home_feed(fan).items] == ["did today"]

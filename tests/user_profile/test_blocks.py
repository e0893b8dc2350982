"""Blocking, taking followers away, and what the one who is blocked no longer sees."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, connection, transaction

from deltacrown.core.errors import InvalidInput
from deltacrown.pages.oneself import get_home_feed
from deltacrown.user_profile.models import Block, Follow
from deltacrown.user_profile.people.blocks import (
    CannotBlockSelf,
    MayNotFollow,
    block_player,
    get_blocking,
    list_blocked,
    remove_follower,
    unblock_player,
)
from deltacrown.user_profile.people.follows import follow
from deltacrown.user_profile.privacy import Audience, HistoryHidden, get_audience
from deltacrown.user_profile.services.stats_service import get_activity_timeline
from tests import scene
from tests.concurrency import call_together
from tests.plans import plan_of, scans_of, sent_by

NOW = scene.at(0)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_reactions")]


@pytest.fixture
def ann():
    return scene.player("ann")


@pytest.fixture
def bob():
    return scene.player("bob")


@pytest.fixture
def cat():
    return scene.player("cat")


def pairs(model=Follow, one="follower", other="followed"):
    return sorted(model.objects.values_list(f"{one}__username", f"{other}__username"))


def test_a_block_ends_the_follows_of_the_two_and_no_other(ann, bob, cat):
    for one, other in ((ann, bob), (bob, ann), (cat, ann), (ann, cat), (bob, cat)):
        follow(follower=one, followed=other, now=NOW)

    assert block_player(blocker=ann, blocked=bob, now=NOW) is True
    assert block_player(blocker=ann, blocked=bob, now=NOW) is False

    assert pairs() == [("ann", "cat"), ("bob", "cat"), ("cat", "ann")]
    assert pairs(Block, "blocker", "blocked") == [("ann", "bob")]


def test_while_it_lasts_neither_follows_the_other_and_only_the_blocker_is_told(ann, bob):
    block_player(blocker=ann, blocked=bob, now=NOW)

    with pytest.raises(
        MayNotFollow, match=r"^You cannot follow this player\. You still see all that is public"
    ):
        follow(follower=bob, followed=ann, now=NOW)
    with pytest.raises(MayNotFollow, match="You blocked bob; unblock them first"):
        follow(follower=ann, followed=bob, now=NOW)
    assert not Follow.objects.exists()

    assert [unblock_player(blocker=ann, blocked=bob), unblock_player(blocker=ann, blocked=bob)] == [
        True,
        False,
    ]
    assert follow(follower=bob, followed=ann, now=NOW) is True


def test_nobody_blocks_themselves(ann, bob):
    with pytest.raises(CannotBlockSelf):
        block_player(blocker=ann, blocked=ann, now=NOW)
    with pytest.raises(InvalidInput, match="time zone"):
        block_player(blocker=ann, blocked=bob, now=NOW.replace(tzinfo=None))
    with pytest.raises(IntegrityError), transaction.atomic():
        Block.objects.create(blocker=ann, blocked=ann)
    assert not Block.objects.exists()


def test_what_is_for_followers_is_not_seen_any_more_and_what_is_public_is(ann, bob, cat):
    for visibility in ("PUBLIC", "FOLLOWERS"):
        scene.activity(ann, visibility, visibility=visibility)
    for follower in (bob, cat):
        follow(follower=follower, followed=ann, now=NOW)

    def seen(viewer):
        page = get_activity_timeline(ann, viewer)
        return {entry.description for entry in page.items}

    block_player(blocker=ann, blocked=bob, now=NOW)

    assert seen(cat) == {"did PUBLIC", "did FOLLOWERS"}
    assert seen(bob) == {"did PUBLIC"}
    assert get_home_feed(bob).items == []
    assert get_audience(bob, ann) is Audience.MEMBER


def test_a_follower_is_taken_away_without_a_block(ann, bob):
    follow(follower=bob, followed=ann, now=NOW)
    follow(follower=ann, followed=bob, now=NOW)

    assert [remove_follower(followed=ann, follower=bob), remove_follower(followed=ann, follower=bob)] == [
        True,
        False,
    ]
    assert pairs() == [("ann", "bob")]
    assert follow(follower=bob, followed=ann, now=NOW) is True


def raw(statement, *parameters):
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)


FOLLOWING = {
    "save": lambda one, other: Follow.objects.create(follower=one, followed=other),
    "bulk create": lambda one, other: Follow.objects.bulk_create([Follow(follower=one, followed=other)]),
    "ignoring conflicts": lambda one, other: Follow.objects.bulk_create(
        [Follow(follower=one, followed=other)], ignore_conflicts=True
    ),
    "raw SQL": lambda one, other: raw(
        "INSERT INTO user_profile_follow (follower_id, followed_id) VALUES (%s, %s)", one.pk, other.pk
    ),
    "update of the follower": lambda one, other: (
        Follow.objects.create(follower=scene.player("dan"), followed=other),
        Follow.objects.filter(follower__username="dan").update(follower=one),
    ),
    "update of the followed": lambda one, other: (
        Follow.objects.create(follower=one, followed=scene.player("dan")),
        Follow.objects.filter(followed__username="dan").update(followed=other),
    ),
}
BLOCKING = {
    "save": lambda ann, bob: Block.objects.create(blocker=ann, blocked=bob),
    "bulk create": lambda ann, bob: Block.objects.bulk_create([Block(blocker=ann, blocked=bob)]),
    "raw SQL": lambda ann, bob: raw(
        "INSERT INTO user_profile_block (blocker_id, blocked_id) VALUES (%s, %s)", ann.pk, bob.pk
    ),
    "update of the blocker": lambda ann, bob: (
        Block.objects.create(blocker=scene.player("dan"), blocked=bob),
        Block.objects.filter(blocker__username="dan").update(blocker=ann),
    ),
    "update of the blocked": lambda ann, bob: (
        Block.objects.create(blocker=ann, blocked=scene.player("dan")),
        Block.objects.filter(blocked__username="dan").update(blocked=bob),
    ),
}


@pytest.mark.parametrize("way", FOLLOWING)
def test_no_way_of_writing_leaves_a_follow_of_a_blocked_pair(ann, bob, cat, way):
    Block.objects.create(blocker=ann, blocked=bob)
    Follow.objects.create(follower=cat, followed=ann)
    for one, other in ((ann, bob), (bob, ann)):
        FOLLOWING[way](one, other)
        scene.User.objects.filter(username="dan").update(username=f"dan of {one.username}")

    assert pairs() == [("cat", "ann")]


@pytest.mark.parametrize("way", BLOCKING)
def test_no_way_of_blocking_leaves_a_follow(ann, bob, cat, way):
    for one, other in ((ann, bob), (bob, ann), (cat, ann), (bob, cat)):
        Follow.objects.create(follower=one, followed=other)
    BLOCKING[way](ann, bob)

    assert pairs() == [("bob", "cat"), ("cat", "ann")]


@pytest.mark.django_db(transaction=True)
def test_a_follow_and_a_block_at_the_same_time_leave_no_follow():
    ann, bob = scene.player("ann"), scene.player("bob")
    for turn in range(10):
        call_together(
            [
                lambda: follow(follower=bob, followed=ann, now=NOW),
                lambda: block_player(blocker=ann, blocked=bob, now=NOW),
                lambda: follow(follower=ann, followed=bob, now=NOW),
            ]
        )
        assert Block.objects.count() == 1, turn
        assert not Follow.objects.exists(), turn
        Block.objects.all().delete()


def test_the_list_is_the_players_own(ann, bob, cat):
    staff = scene.player("staff", is_staff=True)
    for hours, other in enumerate((bob, cat)):
        block_player(blocker=ann, blocked=other, now=scene.at(hours))
    block_player(blocker=bob, blocked=cat, now=NOW)

    for viewer in (ann, staff):
        found = list_blocked(ann, viewer).items
        assert [(each.profile.name, each.since) for each in found] == [("cat", scene.at(1)), ("bob", NOW)]
    for viewer in (None, bob, cat):
        with pytest.raises(HistoryHidden):
            list_blocked(ann, viewer)
    assert [
        get_blocking(ann, bob),
        get_blocking(bob, ann),
        get_blocking(ann, ann),
        get_blocking(None, bob),
    ] == [
        True,
        False,
        None,
        None,
    ]


@pytest.mark.usefixtures("own_tables")
def test_the_list_is_paged_in_one_query_each_by_an_index(ann, django_assert_num_queries):
    for number in range(25):
        block_player(blocker=ann, blocked=scene.player(f"p{number}"), now=NOW)
    names, page = [], None
    while page is not None or not names:
        with django_assert_num_queries(1):
            found = list_blocked(ann, ann, page)
        names += [item.profile.name for item in found.items]
        page = found.next_cursor

    assert sorted(names) == sorted(f"p{number}" for number in range(25))
    ((sql, params),) = sent_by(lambda: list_blocked(ann, ann), "user_profile_block")
    assert scans_of(plan_of(sql, params), "user_profile_block") == []

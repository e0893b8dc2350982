"""Following, the lists of it, and the feed of what the followed did."""

from __future__ import annotations

import re

import pytest

from deltacrown.core.errors import InvalidInput
from deltacrown.core.pagination import InvalidCursor
from deltacrown.pages.oneself import get_home_feed
from deltacrown.user_profile.models import Follow, UserActivity
from deltacrown.user_profile.people import follows
from deltacrown.user_profile.people.follows import CannotFollowSelf, follow, get_following, unfollow
from deltacrown.user_profile.privacy import HistoryHidden
from tests import scene
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


def read(viewer, page=None, limit=10):
    feed = get_home_feed(viewer, page, limit)
    return [(item.profile.name, item.entry.description) for item in feed.items]


def test_following_twice_is_following_once(ann, bob):
    assert [follow(follower=ann, followed=bob, now=NOW), follow(follower=ann, followed=bob, now=NOW)] == [
        True,
        False,
    ]
    assert list(Follow.objects.values_list("follower__username", "followed__username")) == [("ann", "bob")]
    assert [unfollow(follower=ann, followed=bob), unfollow(follower=ann, followed=bob)] == [True, False]
    assert not Follow.objects.exists()


def test_nobody_follows_themselves(ann, bob):
    with pytest.raises(CannotFollowSelf):
        follow(follower=ann, followed=ann, now=NOW)
    with pytest.raises(InvalidInput, match="time zone"):
        follow(follower=ann, followed=bob, now=NOW.replace(tzinfo=None))
    assert not Follow.objects.exists()


def test_following_goes_one_way(ann, bob, cat):
    follow(follower=ann, followed=bob, now=NOW)

    assert get_following(ann, bob) is True
    assert get_following(bob, ann) is False
    assert get_following(cat, bob) is False
    assert get_following(ann, ann) is get_following(None, bob) is None


def test_the_lists_are_the_players_own(ann, bob, cat):
    staff = scene.player("staff", is_staff=True)
    for follower in (ann, cat):
        follow(follower=follower, followed=bob, now=NOW)
    Follow.objects.filter(follower=ann).update(created_at=scene.at(1))
    Follow.objects.filter(follower=cat).update(created_at=scene.at(2))

    for viewer in (bob, staff):
        assert [(item.profile.name, item.since) for item in follows.list_followers(bob, viewer).items] == [
            ("cat", scene.at(2)),
            ("ann", scene.at(1)),
        ]
        assert follows.list_following(bob, viewer).items == []
    assert [item.profile.name for item in follows.list_following(ann, ann).items] == ["bob"]
    for viewer in (None, ann, cat):
        for listing in (follows.list_followers, follows.list_following):
            with pytest.raises(HistoryHidden):
                listing(bob, viewer)


@pytest.mark.usefixtures("own_tables")
@pytest.mark.parametrize("listing", [follows.list_followers, follows.list_following])
def test_the_lists_are_paged_in_one_query_each_by_an_index(listing, bob, django_assert_num_queries):
    for number in range(45):
        other = scene.player(f"p{number}")
        follow(follower=other, followed=bob, now=NOW)
        follow(follower=bob, followed=other, now=NOW)
    names, page = [], None
    while True:
        with django_assert_num_queries(1):
            found = listing(bob, bob, page)
        names += [item.profile.name for item in found.items]
        page = found.next_cursor
        if page is None:
            break

    assert sorted(names) == sorted(f"p{number}" for number in range(45))
    for page in (None, listing(bob, bob).next_cursor):
        ((sql, params),) = sent_by(lambda page=page: listing(bob, bob, page), "user_profile_follow")
        assert scans_of(plan_of(sql, params), "user_profile_follow") == []


def test_the_feed_is_of_the_followed_alone_latest_first(ann, bob, cat):
    follow(follower=ann, followed=bob, now=NOW)
    follow(follower=bob, followed=cat, now=NOW)
    scene.activity(bob, "first", hours=1)
    scene.activity(bob, "second", hours=2)
    scene.activity(ann, "own", hours=3)
    scene.activity(cat, "stranger", hours=3)

    assert read(ann) == [("bob", "did second"), ("bob", "did first")]
    unfollow(follower=ann, followed=bob)
    assert read(ann) == []


def test_visibility_holds_for_owners_of_every_kind_in_one_query(ann, bob, cat, django_assert_num_queries):
    dan, eve = scene.player("dan"), scene.player("eve")
    for followed in (bob, cat, dan):
        follow(follower=ann, followed=followed, now=NOW)
    scene.hide(cat, tournaments=True)
    for owner in (bob, cat, dan, eve):
        for visibility in ("PUBLIC", "FOLLOWERS", "PRIVATE"):
            scene.activity(owner, f"{owner.username} {visibility}", visibility=visibility)
        scene.activity(owner, f"{owner.username} entered", kind="TOURNAMENT_REGISTERED")
        scene.activity(owner, f"{owner.username} verified", kind="KYC_VERIFIED")
        scene.activity(owner, f"{owner.username} withdrawn", is_withdrawn=True)

    with django_assert_num_queries(1):
        found = {text.removeprefix("did ") for _, text in read(ann, limit=50)}

    assert found == {
        f"{name} {what}" for name in ("bob", "cat", "dan") for what in ("PUBLIC", "FOLLOWERS")
    } | {
        "bob entered",
        "dan entered",
    }


def test_the_feed_says_nothing_only_its_subject_may_do(ann, bob):
    follow(follower=ann, followed=bob, now=NOW)
    scene.activity(bob, "x")

    assert [item.entry.handle for item in get_home_feed(ann).items] == [""]


def test_the_feed_is_paged_without_gaps_or_repeats(ann, bob, cat):
    for followed in (bob, cat):
        follow(follower=ann, followed=followed, now=NOW)
        for number in range(12):
            scene.activity(followed, f"{followed.username}-{number:02d}", hours=number)
    texts, page = [], None
    while True:
        found = get_home_feed(ann, page, 5)
        texts += [item.entry.description for item in found.items]
        page = found.next_cursor
        if page is None:
            break

    assert texts == [f"did {name}-{number:02d}" for number in reversed(range(12)) for name in ("cat", "bob")]


def test_a_cursor_of_another_feed_and_an_endless_page_are_refused(ann, bob):
    follow(follower=ann, followed=bob, now=NOW)
    for number in range(3):
        scene.activity(bob, f"{number}")
    cursor = get_home_feed(ann, limit=1).next_cursor

    with pytest.raises(InvalidCursor):
        get_home_feed(bob, cursor)
    with pytest.raises(InvalidInput):
        get_home_feed(ann, limit=51)


@pytest.mark.usefixtures("own_tables")
def test_the_feed_reads_the_timelines_of_the_followed_by_their_index(ann, bob):
    follow(follower=ann, followed=bob, now=NOW)
    for number in range(30):
        scene.activity(bob, f"{number}", hours=number)
    first = get_home_feed(ann, limit=5)

    for page in (None, first.next_cursor):
        ((sql, params),) = sent_by(lambda page=page: get_home_feed(ann, page, 5), "user_profile_useractivity")
        plan = plan_of(sql, params)
        assert scans_of(plan, "user_profile_useractivity") == []
        assert scans_of(plan, "user_profile_follow") == []
        assert re.search(r"activity_(timeline|of_type)", plan), plan


def test_counting_the_rows_read_for_a_feed(ann, bob):
    """The filter is in the query: no row the viewer may not see leaves the database."""
    follow(follower=ann, followed=bob, now=NOW)
    scene.activity(bob, "private", visibility="PRIVATE")

    ((sql, params),) = sent_by(lambda: get_home_feed(ann), "user_profile_useractivity")
    rows = UserActivity.objects.raw(sql, params)
    assert list(rows) == []

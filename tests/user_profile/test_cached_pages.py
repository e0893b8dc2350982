"""A kept page is what would be built now, for whoever may see it, and for nobody else."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.cache import cache

from deltacrown.accounts.models import User
from deltacrown.accounts.rights import Right
from deltacrown.core.errors import NotFound
from deltacrown.freshness import cache_store, keeping
from deltacrown.freshness.models import ContentVersion
from deltacrown.games.models import Match
from deltacrown.pages import cached, overviews, players
from deltacrown.user_profile.models import Follow, UserProfile
from deltacrown.user_profile.people import privacy_settings
from deltacrown.user_profile.people.blocks import block_player
from deltacrown.user_profile.privacy import HistoryHidden
from tests import scene

pytestmark = pytest.mark.django_db


def reader(service, name):
    """Return the function of ``cached``, which may use the cache, or of ``players``, which does not."""
    if service is players and name == "overview":
        service = overviews
    return getattr(service, f"{'get' if service is cached else 'build'}_{name}_page")


PAGES = {
    "profile": lambda service, owner, viewer: reader(service, "profile")(
        owner.profile.public_id, viewer=viewer
    ),
    # Places are read with whoever is asked for, and never built.
    "overview": lambda service, owner, viewer: replace(
        reader(service, "overview")(owner.profile.public_id, None, viewer=viewer, now=scene.at(48)), ranks=[]
    ),
    "matches": lambda service, owner, viewer: reader(service, "matches")(
        owner.profile.public_id, {}, None, viewer=viewer
    ),
    "activity": lambda service, owner, viewer: reader(service, "activity")(
        owner.profile.public_id, None, viewer=viewer
    ),
}


@pytest.fixture(autouse=True)
def empty_cache():
    cache.clear()


@pytest.fixture
def anna(db):
    user = scene.player("anna", password="pbkdf2-of-anna", email="anna@example.org")
    for number in range(12):
        scene.match(user, f"m{number}", hours=number)
    for visibility in ("PUBLIC", "FOLLOWERS", "PRIVATE"):
        scene.activity(user, visibility.lower(), visibility=visibility)
    return user


@pytest.fixture
def viewers(anna):
    """Two of each kind, but of the player herself."""
    people = {"anonymous": [None, AnonymousUser()], "self": [anna]}
    for kind, fields in {"member": {}, "follower": {}, "staff": {"is_staff": True}}.items():
        people[kind] = [scene.player(f"{kind}{number}", **fields) for number in (1, 2)]
    for user in people["follower"]:
        Follow.objects.create(follower=user, followed=anna)
    return people


def texts(page):
    """What a page says of a timeline."""
    return sorted(entry.description for entry in page.timeline.items if entry.description.startswith("did"))


def entries_of(page):
    """The matches on a page; none on a page of a timeline."""
    page = getattr(page, "shown", page)
    history = page.history.items if isinstance(page, players.MatchesPage) else getattr(page, "matches", None)
    return history or []


def as_kept(page):
    """The page without what is added to it: the lines of others."""
    alone = [replace(entry, opponents=None) for entry in entries_of(page)]
    if isinstance(page, players.MatchesPage):
        return replace(page, history=page.history.with_items(lambda _: alone))
    if hasattr(page, "shown"):
        return replace(page, shown=as_kept(page.shown))
    return replace(page, matches=alone) if alone else page


def numbers_of(page):
    """Every column of the profile: two rows of one key are equal to Django whatever stands in them."""
    profile = page.shown.profile if hasattr(page, "shown") else page.profile
    return {field.attname: getattr(profile, field.attname) for field in profile._meta.concrete_fields}


def keys():
    return sorted(cache._cache)


@pytest.mark.parametrize("name", PAGES)
def test_the_second_reader_is_shown_what_the_first_was_and_it_is_what_is_true(
    anna, name, django_assert_num_queries
):
    show = PAGES[name]
    first = show(cached, anna, None)
    # The lines of others are read each time.
    with django_assert_num_queries(1 if name == "activity" else 2):
        second = show(cached, anna, None)

    built = show(players, anna, None)
    assert first == second
    # Places on leaderboards are never kept.
    assert as_kept(second) == (replace(built, ranks=first.ranks) if name == "overview" else built)
    assert numbers_of(first) == numbers_of(second) == numbers_of(show(players, anna, None))


@pytest.mark.parametrize("name", ["profile", "overview", "matches"])
def test_nothing_of_opponents_is_kept(anna, monkeypatch, name):
    rival = scene.player("rival")
    for number in range(12):
        scene.match(rival, f"m{number}", "LOSS", hours=number, score=7)
    kept = []
    monkeypatch.setattr(cache_store, "write", lambda key, value, *, seconds: kept.append(value))

    shown = PAGES[name](cached, anna, None)
    assert {entry.opponents[0].name for entry in entries_of(shown)} == {"rival"}
    assert {entry.opponent_score for entry in entries_of(shown)} == {"7"}
    assert {(entry.opponents, entry.opponent_score) for entry in entries_of(kept[0])} == {(None, "")}
    scene.hide(rival, matches=True)
    assert {entry.opponents for entry in entries_of(PAGES[name](cached, anna, None))} == {()}


@pytest.mark.parametrize(
    ("name", "seconds"), [("profile", 300), ("overview", 300), ("matches", 60), ("activity", 30)]
)
def test_lifetimes_are_the_specifications(anna, monkeypatch, name, seconds):
    kept = []
    monkeypatch.setattr(cache_store, "write", lambda key, value, *, seconds: kept.append(seconds))
    PAGES[name](cached, anna, None)

    assert kept == [seconds]


@pytest.mark.parametrize("name", PAGES)
def test_viewers_of_one_audience_share_a_page_and_no_two_audiences_do(anna, viewers, name):
    counts = {}
    for kind, people in viewers.items():
        for person in people:
            before = keys()
            PAGES[name](cached, anna, person)
            counts.setdefault(kind, []).append(len(keys()) - len(before))

    shared = {"anonymous": [1, 0], "member": [1, 0], "follower": [1, 0]}
    kept = 1 if name == "overview" else 0
    assert counts == {**shared, "self": [kept], "staff": [kept, 0]}


def overview(anna, viewer, game=None):
    return cached.get_overview_page(anna.profile.public_id, game, viewer=viewer, now=scene.at(48))


def test_ones_own_overview_is_kept_and_shown_to_nobody_else(anna, viewers, django_assert_num_queries):
    scene.hide(anna, matches=True)
    own = overview(anna, anna)
    with django_assert_num_queries(2):
        assert overview(anna, anna) == own
    assert own.is_own_secret
    assert len(own.played.form) == 12

    for person in (None, viewers["member"][0], viewers["follower"][0]):
        seen = overview(anna, person)
        assert (seen.played, seen.shown.matches, seen.is_own_secret) == (None, None, False)


def test_a_follow_and_a_block_hold_from_the_commit_on(anna, viewers):
    fan, guest = viewers["follower"][0], viewers["member"][0]
    assert [overview(anna, person).shown.follows for person in (fan, guest, anna, None)] == [
        True,
        False,
        None,
        None,
    ]
    Follow.objects.create(follower=guest, followed=anna)
    block_player(blocker=fan, blocked=anna, now=scene.at(50))

    assert [overview(anna, person).shown.follows for person in (fan, guest)] == [False, True]
    assert [overview(anna, person).shown.blocks for person in (fan, guest, anna)] == [True, False, None]


def test_what_staff_see_is_kept_for_those_with_the_same_rights_alone(anna, viewers):
    scene.hide(anna, matches=True)
    without = scene.staff("clerk", Right.SUSPEND_PLAYERS)

    assert len(overview(anna, viewers["staff"][0]).played.form) == 12
    for person in (without, None, viewers["member"][0]):
        seen = overview(anna, person)
        assert (seen.played, seen.shown.matches) == (None, None)
    assert overview(anna, without).shown.standing.standing == "ACTIVE"
    assert overview(anna, viewers["staff"][1]).played is not None


def test_a_standing_is_never_kept(anna, viewers, monkeypatch):
    """A suspension ends without a write."""
    UserProfile.objects.filter(user=anna).update(standing="SUSPENDED")
    kept = []
    monkeypatch.setattr(cache_store, "write", lambda key, value, *, seconds: kept.append(value))

    shown = [overview(anna, person).shown for person in (viewers["staff"][0], anna, None)]
    assert [page.standing and page.standing.standing for page in shown] == ["SUSPENDED", None, None]
    assert [page.shown.standing for page in kept] == [None, None, None]


def test_a_place_follows_from_the_numbers_of_others_and_is_never_old(anna):
    assert [(rank.stat, rank.rank) for rank in overview(anna, None).ranks] == [
        ("matches_won", 1),
        ("overall_win_rate", 1),
    ]
    ben = scene.player("ben")
    for number in range(13):
        scene.match(ben, f"b{number}", hours=number)

    assert overview(anna, None).ranks[0].rank == 2
    assert overview(anna, None, "valorant").ranks[0].rank == 2
    UserProfile.objects.filter(user=ben).update(standing="SUSPENDED")
    assert overview(anna, None).ranks[0].rank == 1
    assert overview(anna, None, "valorant").ranks[0].rank == 1
    # A place that is gone would tell the suspension: it is the one that ben would have.
    assert overview(ben, None).ranks[0].rank == 1


@pytest.mark.parametrize("order", [1, -1])
def test_whoever_comes_first_nobody_is_shown_more_than_they_may(anna, viewers, order):
    everyone = [(kind, person) for kind, people in viewers.items() for person in people][::order]
    seen = {}
    for kind, person in everyone * 2:
        seen.setdefault(kind, []).append(
            texts(cached.get_activity_page(anna.profile.public_id, None, viewer=person))
        )

    public, followers, everything = (
        ["did public"],
        ["did followers", "did public"],
        ["did followers", "did private", "did public"],
    )
    expected = {
        "anonymous": public,
        "member": public,
        "follower": followers,
        "self": everything,
        "staff": everything,
    }
    assert {kind: {tuple(texts) for texts in found} for kind, found in seen.items()} == {
        k: {tuple(v)} for k, v in expected.items()
    }


def test_staff_reads_of_hidden_data_are_logged_each_time(anna, viewers, caplog):
    scene.hide(anna, matches=True)
    caplog.set_level("INFO", "deltacrown.audit")
    for _ in range(3):
        PAGES["matches"](cached, anna, viewers["staff"][0])

    told = [message.split(" read ")[1] for message in caplog.messages]
    history, lines = f"the hidden match history of user {anna.pk}", "a match unfiltered"
    assert told == [history, lines, lines] * 3  # the lines of others, live and archived


def test_hiding_holds_from_the_commit_on(anna, viewers):
    for person in (None, viewers["member"][0], viewers["follower"][0]):
        assert PAGES["profile"](cached, anna, person).matches
        PAGES["matches"](cached, anna, person)
    privacy_settings.set_privacy(user=anna, show_match_history=False, show_tournament_stats=True)

    for person in (None, viewers["member"][0], viewers["follower"][0]):
        assert PAGES["profile"](cached, anna, person).matches is None
        with pytest.raises(HistoryHidden):
            PAGES["matches"](cached, anna, person)
    assert PAGES["matches"](cached, anna, anna).history.items


def test_unfollowing_holds_from_the_commit_on(anna, viewers):
    fan = viewers["follower"][0]
    assert "did followers" in texts(PAGES["activity"](cached, anna, fan))
    Follow.objects.filter(follower=fan).delete()

    assert texts(PAGES["activity"](cached, anna, fan)) == ["did public"]


def test_a_page_during_which_something_was_committed_is_not_kept(anna, monkeypatch):
    """The reader became a follower half-way: what was built for a follower must not be kept for members."""
    fan, build = scene.player("fan"), players.build_activity_page

    def follow_then_build(*args, **options):
        Follow.objects.create(follower=fan, followed=anna)
        return build(*args, **options)

    monkeypatch.setattr(players, "build_activity_page", follow_then_build)

    assert "did followers" in texts(PAGES["activity"](cached, anna, fan))
    assert keys() == []


@pytest.mark.parametrize(("filters", "page"), [({"result": "WIN"}, None), ({}, "cursor")])
def test_only_the_first_page_without_filters_is_kept(anna, filters, page):
    cursor = players.build_matches_page(anna.profile.public_id, {}, None, viewer=None).history.next_cursor
    cached.get_matches_page(anna.profile.public_id, filters, page and cursor, viewer=None)

    assert keys() == []


def test_nothing_is_kept_for_a_player_without_a_token(anna):
    ContentVersion.objects.all().delete()
    PAGES["profile"](cached, anna, None)

    assert keys() == []


@pytest.mark.parametrize("public_id", ["DC-99-000001", "", "\x00", "x" * 500])
def test_a_player_who_does_not_exist_is_refused(db, public_id):
    with pytest.raises(NotFound):
        cached.get_profile_page(public_id, viewer=None)


@pytest.mark.parametrize("name", PAGES)
def test_nothing_of_the_account_is_kept_but_the_name(anna, name, redis_cache):
    PAGES[name](cached, anna, None)
    client = redis_cache.connect()
    (key,) = client.keys()
    kept = client.get(key)

    assert b"anna" in kept
    assert b"pbkdf2-of-anna" not in kept
    assert b"example.org" not in kept


@pytest.mark.parametrize("name", PAGES)
def test_redis_going_away_between_reading_and_keeping_costs_nothing(
    anna, name, redis_cache, monkeypatch, caplog
):
    service = overviews if name == "overview" else players
    build = getattr(service, f"build_{name}_page")

    def die_then_build(*args, **options):
        redis_cache.kill()
        return build(*args, **options)

    monkeypatch.setattr(service, f"build_{name}_page", die_then_build)
    PAGES[name](cached, anna, None)
    monkeypatch.setattr(service, f"build_{name}_page", build)

    assert as_kept(PAGES[name](cached, anna, None)) == PAGES[name](players, anna, None)
    assert [record.levelname for record in caplog.records] == ["WARNING"]


def test_a_page_of_another_release_is_not_shown(anna, monkeypatch):
    old = PAGES["profile"](cached, anna, None)
    monkeypatch.setattr(keeping, "_shape_of", lambda kind: "another")
    cache.set_many({key.rpartition(":")[2]: "rubbish" for key in keys()})

    assert PAGES["profile"](cached, anna, None) == old


def test_what_was_built_in_a_transaction_that_is_rolled_back_is_shown_to_nobody_else(anna):
    from django.db import transaction

    with transaction.atomic():
        Match.objects.all().delete()
        assert not PAGES["matches"](cached, anna, None).history.items
        transaction.set_rollback(True)
    User.objects.get(pk=anna.pk).profile.save()
    with transaction.atomic():
        scene.match(anna, "late", hours=99)

    assert PAGES["matches"](cached, anna, None).history.items[0].match_key == "late"

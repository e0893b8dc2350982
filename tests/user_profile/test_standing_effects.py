"""What a standing does to whatever lists or shows players, and that lifting it restores everything."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection

from deltacrown.accounts.models import User
from deltacrown.accounts.rights import Right
from deltacrown.pages import cached, oneself
from deltacrown.pages.exports import iterate_own_data
from deltacrown.pages.follows import get_followers_page, get_following_page
from deltacrown.pages.leaderboards import BoardChoice, get_board, get_place, list_front_boards
from deltacrown.pages.matches import get_match_page
from deltacrown.pages.tournaments import get_entrants_page, get_results_page
from deltacrown.user_profile.models import Follow, UserActivity, UserProfile
from deltacrown.user_profile.people.addresses import AccountClosed, get_player
from deltacrown.user_profile.people.standings import (
    close_account,
    lift_suspension,
    reopen_account,
    suspend_player,
)
from deltacrown.user_profile.privacy import (
    HistoryHidden,
    filter_activity_by_visibility,
    get_visibility,
    require_match_history,
    require_tournaments,
)
from django_tally.reconciliation import reconcile
from tests import scene
from tests.scene import NOON as NOW

pytestmark = pytest.mark.django_db

AGES = timedelta(days=36_500)
BOARDS = {
    "overall": BoardChoice("matches_won"),
    "played": BoardChoice("total_matches_played"),
    "game": BoardChoice("matches_won", game="valorant"),
    "country": BoardChoice("matches_won", country="DE"),
    "game and country": BoardChoice("matches_won", game="valorant", country="DE"),
    "30 days": BoardChoice("matches_won", period="30days"),
    "season of a game": BoardChoice("matches_won", game="valorant", period="season"),
    "season of a country": BoardChoice("matches_won", country="DE", period="season"),
}


@pytest.fixture(autouse=True)
def empty_cache():
    cache.clear()


@pytest.fixture
def mod():
    return scene.staff("mod", Right.SUSPEND_PLAYERS, Right.VIEW_HIDDEN)


@pytest.fixture
def people(mod):
    """Ann won three, bob and cat two, dan one; all played against each other, and in one cup."""
    found = {name: scene.player(name) for name in ("ann", "bob", "cat", "dan")}
    UserProfile.objects.update(country="DE")
    cup = scene.tournament()
    for place, (name, wins) in enumerate({"ann": 3, "bob": 2, "cat": 2, "dan": 1}.items(), start=1):
        for number in range(wins):
            scene.match(found[name], f"m{number}", hours=number)
        scene.match(found[name], "final", "WIN" if place == 1 else "LOSS", kind="TOURNAMENT")
        scene.registration(found[name], cup)
        scene.result(cup, place, found[name])
        scene.activity(found[name], f"entry-{name}", hours=place)
    for fan, followed in (("dan", "ann"), ("dan", "bob"), ("ann", "dan"), ("bob", "dan")):
        Follow.objects.create(follower=found[fan], followed=found[followed])
    return found


def suspend(user: User, by: User, until: Any = NOW + AGES) -> None:
    suspend_player(user=user, until=until, reason="zqreason", by=by, now=NOW)


def board_of(name: str, *, limit: int = 100) -> list[tuple[int, str, int]]:
    """All pages of a board."""
    rows: list[Any] = []
    cursor = None
    while True:
        board = get_board(BOARDS[name], cursor, limit=limit, now=scene.at(100)).board
        rows += [(entry.rank, entry.name, entry.value) for entry in board.items]
        if not board.has_next:
            return rows
        cursor = board.next_cursor


def read_all(people: dict[str, User]) -> dict[str, Any]:
    """Everything that lists or shows players, as others see it."""
    dan = people["dan"]
    visible = filter_activity_by_visibility(UserActivity.objects.all(), None)
    return {
        **{name: board_of(name) for name in BOARDS},
        "front": [[entry.name for entry in board.items] for board in list_front_boards()],
        "feed": sorted({each.profile.name for each in oneself.get_home_feed(dan).items}),
        "mixed": sorted(entry.pk for entry in visible),
        "followers": names_of(get_followers_page(dan.profile.public_id, None, viewer=dan)),
        "following": names_of(get_following_page(dan.profile.public_id, None, viewer=dan)),
        "exported": [row for row in iterate_own_data(dan) if row[0] in {"followers", "following"}],
        "official": read_official(),
        "profile": read_profile(people["ann"]),
    }


def names_of(page: Any) -> list[str]:
    return [entry.profile.user.username for entry in page.found.items]


def read_official() -> list[Any]:
    results = get_results_page("spring-cup", None, viewer=None, limit=10).lines.items
    entrants = get_entrants_page("spring-cup", None, viewer=None, limit=10).lines.items
    final = get_match_page("valorant", "final", viewer=None)
    return [
        [(row.entrant.name, row.placement) for row in results],
        [row.player.name for row in entrants],
        sorted(row.profile.name for row in final.rows),
    ]


def read_profile(user: User, viewer: User | None = None) -> Any:
    shown = cached.get_profile_page(user.profile.public_id, viewer=viewer)
    return [(line.name, line.value) for line in shown.stats], shown.matches, shown.standing


def read_numbers() -> list[Any]:
    return list(UserProfile.objects.order_by("pk").values_list("pk", "total_matches_played", "matches_won"))


def test_everything_that_lists_players_closes_up_and_lifting_restores_all(people, mod):
    before, numbers = read_all(people), read_numbers()
    suspend(people["ann"], mod)
    suspended = read_all(people)

    assert suspended["overall"] == [(1, "bob", 2), (1, "cat", 2), (3, "dan", 1)]
    for name in BOARDS:
        assert suspended[name][0][0] == 1
        assert suspended[name] == board_of(name, limit=1)
        assert "ann" not in {row[1] for row in suspended[name]}
    assert all("ann" not in names for names in suspended["front"])
    assert (before["feed"], suspended["feed"]) == (["ann", "bob"], ["bob"])
    assert (before["following"], suspended["following"]) == (["bob", "ann"], ["bob"])
    assert (before["followers"], suspended["followers"]) == (["bob", "ann"], ["bob"])
    assert len(suspended["exported"]) == len(before["exported"]) - 2
    assert UserActivity.objects.filter(pk__in=before["mixed"], user=people["ann"]).exists()
    assert not UserActivity.objects.filter(pk__in=suspended["mixed"], user=people["ann"]).exists()
    assert suspended["official"] == before["official"]
    assert suspended["profile"] == before["profile"]
    assert read_numbers() == numbers
    assert reconcile(cause="test", clock=lambda: NOW).run.numbers_drifted == 0

    lift_suspension(user=people["ann"], by=mod, now=NOW)

    assert read_all(people) == before


def test_a_suspension_ends_at_its_time_without_the_job(people, mod):
    before = read_all(people)
    suspend(people["ann"], mod, until=NOW + timedelta(days=1))  # long over, by the clock of the database

    assert read_all(people) == before
    assert UserProfile.objects.get(user=people["ann"]).standing == "SUSPENDED"


def test_a_place_on_a_board_counts_listed_players_only(people, mod):
    suspend(people["ann"], mod)
    for name in ("overall", "game", "30 days"):
        place = get_place(BOARDS[name], people["dan"].profile.public_id, each_side=5, now=scene.at(100))
        assert (place.rank, [entry.name for entry in place.entries]) == (3, ["bob", "cat", "dan"])

    own = get_place(BOARDS["overall"], people["ann"].profile.public_id, each_side=5, now=NOW)
    assert (own.rank, own.entries) == (None, [])


def test_the_page_of_a_suspended_player_says_so_to_the_player_and_to_staff_only(people, mod):
    ann = people["ann"]
    suspend(ann, mod)

    own, staffs = read_profile(ann, ann)[2], read_profile(ann, mod)[2]
    assert (own.standing, own.until, own.reason, own.decided_by) == (
        "SUSPENDED",
        NOW + AGES,
        "zqreason",
        None,
    )
    assert (staffs.reason, staffs.decided_by) == ("zqreason", mod)
    for viewer in (None, people["bob"], scene.player("clerk", is_staff=True, is_superuser=False)):
        assert read_profile(ann, viewer)[2] is None
    shown = cached.get_activity_page(ann.profile.public_id, None, viewer=people["bob"])
    assert shown.timeline.items


@pytest.mark.parametrize("way", ["service", "save", "update", "sql"])
def test_a_closed_account_is_gone_and_hidden_with_the_write_that_closes_it(people, mod, way):
    ann, before = people["ann"], read_all(people)
    set_active(ann, mod, way, is_active=False)

    for viewer in (None, people["bob"]):
        with pytest.raises(AccountClosed, match=r"^This account is closed\.$"):
            read_profile(ann, viewer)
        with pytest.raises(HistoryHidden):
            require_match_history(ann, viewer)
        with pytest.raises(HistoryHidden):
            require_tournaments(ann, viewer)
        assert not get_visibility(ann, viewer).histories
    assert get_player(ann.profile.public_id, viewer=mod).user == ann
    assert [row.profile.name for row in get_match_page("valorant", "m0", viewer=people["bob"]).rows] == [
        "bob",
        "cat",
        "dan",
    ]
    closed = read_all(people | {"ann": people["bob"]})
    assert closed["overall"] == [(1, "bob", 2), (1, "cat", 2), (3, "dan", 1)]
    assert closed["official"] == before["official"]

    set_active(ann, mod, way, is_active=True)

    assert read_all(people) == before


def set_active(user: User, by: User, way: str, *, is_active: bool) -> None:
    if way == "service":
        (reopen_account if is_active else close_account)(user=user, by=by, now=NOW)
    elif way == "save":
        user.is_active = is_active
        user.save()
    elif way == "update":
        User.objects.filter(pk=user.pk).update(is_active=is_active)
    else:
        with connection.cursor() as cursor:
            cursor.execute("UPDATE accounts_user SET is_active = %s WHERE id = %s", [is_active, user.pk])


@pytest.mark.parametrize("standing", ["CLOSED", "MERGED", "ANONYMISED"])
def test_what_is_not_active_or_suspended_is_listed_and_shown_nowhere(people, standing):
    UserProfile.objects.filter(user=people["ann"]).update(standing=standing)

    for name in BOARDS:
        assert "ann" not in {row[1] for row in board_of(name)}
    with pytest.raises(AccountClosed):
        get_player(people["ann"].profile.public_id)
    assert not filter_activity_by_visibility(
        UserActivity.objects.filter(user=people["ann"]), None, owner=people["ann"]
    ).exists()

"""Leaderboards of a period: counted from matches, live and archived, by when they were played."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from django.db import connection

from deltacrown.core.errors import InvalidInput, NotFound
from deltacrown.games.models import Match
from deltacrown.user_profile.models import Follow, UserProfile
from deltacrown.user_profile.numbers.board_periods import Period, get_period
from deltacrown.user_profile.numbers.period_leaderboards import (
    find_period_page_around,
    get_period_leaderboard,
    list_period_neighbours,
)
from tests import scene
from tests.plans import plan_of, scans_of, sent_by
from tests.scene import START

pytestmark = pytest.mark.django_db

SINCE = Period("30days", START)


def play(user, count, *, won=0, hours=1, **fields):
    for number in range(count):
        scene.match(
            user,
            f"{user.username}-{hours}-{number}",
            "WIN" if number < won else "LOSS",
            hours=hours,
            **fields,
        )


def table(board):
    return [(entry.rank, entry.name, entry.value) for entry in board.items]


@pytest.fixture
def people():
    """Ann wins two of three; bob two of two, one archived; cat one of one; dan has only earlier matches."""
    ann, bob, cat, dan = (scene.player(name) for name in ("ann", "bob", "cat", "dan"))
    play(ann, 3, won=2)
    play(bob, 1, won=1)
    scene.archive(scene.match(bob, "old", "WIN", hours=2))
    scene.voided(bob, "void", hours=3)
    play(cat, 1, won=1, title=scene.game("chess"))
    play(dan, 5, won=5, hours=-1)
    return {"ann": ann, "bob": bob, "cat": cat, "dan": dan}


def test_matches_won_in_a_period(people):
    assert table(get_period_leaderboard("matches_won", SINCE)) == [
        (1, "ann", 2),
        (1, "bob", 2),
        (3, "cat", 1),
    ]
    assert table(get_period_leaderboard("total_matches_played", SINCE)) == [
        (1, "ann", 3),
        (2, "bob", 2),
        (3, "cat", 1),
    ]
    assert table(get_period_leaderboard("matches_won", SINCE, game="chess")) == [(1, "cat", 1)]


def test_among_the_players_of_a_country(people):
    UserProfile.objects.filter(user__in=[people["bob"], people["cat"]]).update(country="FR")

    assert table(get_period_leaderboard("matches_won", SINCE, country="FR")) == [(1, "bob", 2), (2, "cat", 1)]


def test_a_rate_takes_ten_matches_in_the_period_and_is_rounded_as_on_the_profile():
    ann, bob, cat = (scene.player(name) for name in ("ann", "bob", "cat"))
    play(ann, 12, won=8)
    play(bob, 9, won=9)
    play(bob, 5, won=5, hours=-1)
    play(cat, 16, won=1)

    board = get_period_leaderboard("overall_win_rate", SINCE)

    assert table(board) == [(1, "ann", Decimal("66.67")), (2, "cat", Decimal("6.25"))]
    assert {entry.value for entry in board.items} == {user.profile.overall_win_rate for user in (ann, cat)}
    assert "10 matches" in board.rule


def test_pages_follow_each_other(people):
    found, page = [], None
    while True:
        board = get_period_leaderboard("matches_won", SINCE, page=page, limit=1)
        found += table(board)
        page = board.next_cursor
        if page is None:
            break

    assert found == [(1, "ann", 2), (1, "bob", 2), (3, "cat", 1)]
    with pytest.raises(InvalidInput):
        get_period_leaderboard(
            "total_matches_played",
            SINCE,
            page=get_period_leaderboard("matches_won", SINCE, limit=1).next_cursor,
        )


@pytest.mark.parametrize(
    ("now", "since", "until"),
    [
        (datetime(2025, 1, 1, tzinfo=UTC), (2025, 1), (2025, 4)),
        (datetime(2025, 3, 31, 23, 59, tzinfo=UTC), (2025, 1), (2025, 4)),
        (datetime(2025, 12, 5, tzinfo=UTC), (2025, 10), (2026, 1)),
    ],
)
def test_without_a_declared_season_it_is_the_quarter(now, since, until):
    first, after = (datetime(*month, 1, tzinfo=UTC) for month in (since, until))

    assert get_period("season", now=now) == Period("season", first, after)


@pytest.mark.parametrize(
    ("now", "since"),
    [
        (datetime(2025, 3, 31, tzinfo=UTC), datetime(2025, 3, 1, tzinfo=UTC)),
        (datetime(2025, 3, 31, 23, 59, 59, tzinfo=UTC), datetime(2025, 3, 1, tzinfo=UTC)),
        (datetime(2025, 4, 1, 1, 30, tzinfo=timezone(timedelta(hours=2))), datetime(2025, 3, 1, tzinfo=UTC)),
    ],
)
def test_thirty_days_begin_at_midnight(now, since):
    assert get_period("30days", now=now) == Period("30days", since)


@pytest.mark.parametrize("period", ["30days", "season"])
def test_a_match_leaves_a_period_at_midnight_and_not_at_its_own_time(people, period):
    """Of a player who hides their matches, the board tells the day of a match at most."""
    hidden = scene.player("hid")
    scene.hide(hidden, matches=True)
    played = datetime(2025, 1, 1, 15, 47, 12, 345678, tzinfo=UTC)
    Match.objects.create(user=hidden, game=scene.game(), match_key="h", result="WIN", played_at=played)
    second = timedelta(seconds=1)
    leaves = datetime(2025, 4, 1, tzinfo=UTC) if period == "season" else datetime(2025, 2, 1, tzinfo=UTC)

    def wins(now):
        board = get_period_leaderboard("matches_won", get_period(period, now=now))
        return {entry.name: entry.value for entry in board.items}.get("hid", 0)

    counted = played + (leaves - played.replace(hour=0, minute=0, second=0, microsecond=0))
    asked = [
        leaves - second,
        leaves,
        counted - timedelta(days=1, seconds=1),
        counted - timedelta(days=1) + second,
    ]
    assert [wins(now) for now in asked] == [1, 0, 1, 1]


def test_a_players_place_with_those_around(people):
    def around(name, stat="matches_won", **narrowed):
        return [
            (each.rank, each.name, each.value)
            for each in list_period_neighbours(people[name], stat, SINCE, **narrowed)
        ]

    assert around("bob") == [(1, "ann", 2), (1, "bob", 2), (3, "cat", 1)]
    assert around("ann", each_side=1) == [(1, "ann", 2), (1, "bob", 2)]
    assert around("cat", each_side=1) == [(1, "bob", 2), (3, "cat", 1)]
    assert around("bob", each_side=0) == [(1, "bob", 2)]
    assert around("cat", game="chess") == [(1, "cat", 1)]
    assert around("dan") == around("ann", country="FR") == around("ann", stat="overall_win_rate") == []


def test_ties_are_told_also_across_pages_and_the_best_on_every_page(people):
    first = get_period_leaderboard("matches_won", SINCE, limit=1)
    rest = get_period_leaderboard("matches_won", SINCE, limit=2, page=first.next_cursor)

    assert [(each.name, each.is_tied) for each in (*first.items, *rest.items)] == [
        ("ann", True), ("bob", True), ("cat", False),
    ]  # fmt: skip
    assert (first.best, rest.best, rest.beside) == (2, 2, None)
    assert get_period_leaderboard("average_placement", SINCE).best is None


def test_a_circle_is_ranked_among_itself_and_the_page_around_a_player_is_found(people):
    Follow.objects.create(follower=people["cat"], followed=people["bob"])
    circle = {"circle_of": people["cat"]}
    first = get_period_leaderboard("matches_won", SINCE, limit=1, **circle)

    assert table(get_period_leaderboard("matches_won", SINCE, **circle)) == [(1, "bob", 2), (2, "cat", 1)]
    with pytest.raises(InvalidInput):
        get_period_leaderboard("matches_won", SINCE, page=first.next_cursor)
    for name, names in {"ann": "ann bob", "cat": "bob cat", "dan": "ann bob"}.items():
        cursor = find_period_page_around(people[name], "matches_won", SINCE, before=1)
        found = get_period_leaderboard("matches_won", SINCE, page=cursor, limit=2)
        assert " ".join(each.name for each in found.items) == names
    cursor = find_period_page_around(people["cat"], "matches_won", SINCE, before=0, **circle)
    assert cursor == first.next_cursor


def test_what_cannot_be_asked_is_refused():
    ann = scene.player("ann")
    with pytest.raises(NotFound):
        list_period_neighbours(ann, "level", SINCE)
    for wrong in ({"each_side": -1}, {"each_side": 51}, {"country": "fr"}, {"game": "none"}):
        with pytest.raises(InvalidInput):
            list_period_neighbours(ann, "matches_won", SINCE, **wrong)
    with pytest.raises(NotFound):
        get_period_leaderboard("level", SINCE)
    with pytest.raises(InvalidInput):
        get_period_leaderboard("matches_won", SINCE, country="fr")
    with pytest.raises(InvalidInput):
        get_period("year", now=START)


@pytest.mark.usefixtures("own_tables")
def test_only_the_period_is_read_and_in_one_query(people, django_assert_num_queries):
    with django_assert_num_queries(1):
        get_period_leaderboard("matches_won", SINCE)
    ((sql, params),) = sent_by(lambda: get_period_leaderboard("matches_won", SINCE), Match._meta.db_table)
    plan = plan_of(sql, params)

    # Of few rows, PostgreSQL finds the indexes of players' matches as good as that of periods.
    of_few = ("match_counted", "match_recount") if connection.vendor == "postgresql" else ()
    assert any(index in plan for index in ("match_played", *of_few)), plan
    assert scans_of(plan, Match._meta.db_table) == []


def test_every_part_of_a_board_is_that_part_of_the_whole_however_many_share_a_value():
    """Unlisted players among them leave no gap, and a suspension that is over leaves nobody out."""
    people = [scene.player(f"n{number:02}") for number in range(17)]
    for number, user in enumerate(people):
        play(user, number % 3 + 1, won=number % 3 + 1)
    away = {3: ("SUSPENDED", None), 4: ("CLOSED", None), 5: ("SUSPENDED", START)}
    away[8] = ("ANONYMISED", None)
    for number, (standing, until) in away.items():
        profile = UserProfile.objects.filter(user=people[number])
        profile.update(standing=standing, standing_until=until)

    listed = [n for n in range(17) if n not in {3, 4, 8}]
    values = {f"n{n:02}": n % 3 + 1 for n in listed}
    wanted = [
        (1 + sum(other > value for other in values.values()), name, value)
        for name, value in sorted(values.items(), key=lambda item: (-item[1], item[0]))
    ]
    whole = get_period_leaderboard("matches_won", SINCE, limit=100).items
    assert [(entry.rank, entry.name, entry.value) for entry in whole] == wanted
    for size in (1, 2, 5, 7):
        told, page = [], None
        while page is not None or not told:
            board = get_period_leaderboard("matches_won", SINCE, page=page, limit=size)
            told += board.items
            page = board.next_cursor
        assert told == whole

    for number, user in enumerate(people):
        near = list_period_neighbours(user, "matches_won", SINCE, each_side=3)
        if number not in listed:
            assert near == []
            continue
        own = next(n for n, entry in enumerate(whole) if entry.name == user.username)
        assert near == whole[max(own - 3, 0) : own + 4]
        page = find_period_page_around(user, "matches_won", SINCE, before=2)
        start = own - 2 if page else 0
        found = get_period_leaderboard("matches_won", SINCE, page=page, limit=4)
        assert (page is None) == (own <= 2)
        assert found.items == whole[start : start + 4]

from decimal import Decimal

import pytest

from deltacrown.core.errors import DomainError, InvalidInput, NotFound
from deltacrown.core.pagination import InvalidCursor
from deltacrown.user_profile.models import Follow, UserProfile
from deltacrown.user_profile.numbers import leaderboards
from deltacrown.user_profile.numbers.catalogue import get_stat_field
from deltacrown.user_profile.numbers.leaderboards import find_page_around, get_leaderboard
from deltacrown.user_profile.stat_fields import list_numbers
from tests import scene

pytestmark = pytest.mark.django_db


def win(user, number, *, losses=0, title=None):
    for turn in range(number + losses):
        scene.match(user, f"{title or ''}-{turn}", "WIN" if turn < number else "LOSS", title=title)


@pytest.fixture
def ladder(db):
    """Wins: ada 3, bea and cleo 2, dora and eve 1, finn none (one loss); a bystander has nothing."""
    people = {}
    for name, wins in {"ada": 3, "bea": 2, "cleo": 2, "dora": 1, "eve": 1}.items():
        people[name] = scene.player(name)
        win(people[name], wins)
    people["finn"] = scene.player("finn")
    win(people["finn"], 0, losses=1)
    scene.player("bystander")
    scene.voided(people["eve"], "void")
    return people


def table(board):
    return [(entry.rank, entry.name, entry.value) for entry in board.items]


LADDER = [(1, "ada", 3), (2, "bea", 2), (2, "cleo", 2), (4, "dora", 1), (4, "eve", 1)]


def test_best_first_ties_share_the_rank_and_the_next_is_skipped(ladder):
    assert table(get_leaderboard("matches_won")) == LADDER


@pytest.mark.parametrize("limit", [1, 2, 3, 10])
def test_ties_are_told_also_across_pages_and_the_best_on_every_page(ladder, limit):
    for game in (None, "valorant"):
        told, bests, cursor = [], set(), None
        while True:
            board = get_leaderboard("matches_won", game=game, page=cursor, limit=limit)
            told += [(entry.name, entry.is_tied, entry.beside) for entry in board.items]
            bests.add(board.best)
            if not board.has_next:
                break
            cursor = board.next_cursor
        assert told == [
            ("ada", False, Decimal("100.00")), ("bea", True, Decimal("100.00")),
            ("cleo", True, Decimal("100.00")), ("dora", True, Decimal("100.00")),
            ("eve", True, Decimal("100.00")),
        ]  # fmt: skip
        assert (bests, board.beside.label) == ({3}, "Win rate")
    assert get_leaderboard("average_placement").best is None


def test_a_circle_is_oneself_and_whom_one_follows_ranked_among_themselves(ladder):
    Follow.objects.create(follower=ladder["dora"], followed=ladder["bea"])
    Follow.objects.create(follower=ladder["ada"], followed=ladder["dora"])
    circle = {"circle_of": ladder["dora"], "limit": 1}
    first = get_leaderboard("matches_won", **circle)

    assert table(first) == [(1, "bea", 2)]
    assert table(get_leaderboard("matches_won", page=first.next_cursor, **circle)) == [(2, "dora", 1)]
    assert table(get_leaderboard("matches_won", game="valorant", **circle)) == [(1, "bea", 2)]
    for other in ({}, {"circle_of": ladder["ada"]}):
        with pytest.raises(InvalidCursor):
            get_leaderboard("matches_won", page=first.next_cursor, **other)


@pytest.mark.parametrize("game", [None, "valorant"])
@pytest.mark.parametrize(
    ("name", "before", "names"),
    [("ada", 1, "ada bea"), ("cleo", 1, "bea cleo"), ("eve", 2, "cleo dora"), ("finn", 1, "ada bea")],
)
def test_the_page_around_a_player_begins_some_before(ladder, game, name, before, names):
    cursor = find_page_around(ladder[name], "matches_won", game=game, before=before)
    found = get_leaderboard("matches_won", game=game, page=cursor, limit=2)

    assert " ".join(entry.name for entry in found.items) == names


def test_ties_are_listed_by_public_id(ladder):
    tied = get_leaderboard("matches_won").items[1:3]

    assert [entry.public_id for entry in tied] == sorted(entry.public_id for entry in tied)


@pytest.mark.parametrize("limit", [1, 2, 3, 4])
def test_ranks_carry_on_over_pages(ladder, limit):
    for game in (None, "valorant"):
        rows, cursor = [], None
        while True:
            board = get_leaderboard("matches_won", game=game, page=cursor, limit=limit)
            rows += table(board)
            if not board.has_next:
                break
            cursor = board.next_cursor
        assert rows == LADDER


def test_players_with_nothing_are_left_out(ladder):
    names = [name for _, name, _ in table(get_leaderboard("total_matches_played"))]

    assert set(names) == {"ada", "bea", "cleo", "dora", "eve", "finn"}


def test_the_display_name_is_shown_when_there_is_one(ladder):
    profile = ladder["ada"].profile
    profile.display_name, profile.country = "Ada L.", "GB"
    profile.save()

    [first, *_] = get_leaderboard("matches_won").items

    assert (first.name, first.country, first.public_id) == ("Ada L.", "GB", profile.public_id)


class TestWinRate:
    @pytest.fixture
    def rated(self, db):
        for name, wins, losses in [("lucky", 9, 0), ("steady", 7, 3), ("busy", 15, 5), ("unlucky", 0, 10)]:
            win(scene.player(name), wins, losses=losses)

    @pytest.mark.parametrize("game", [None, "valorant"])
    def test_ten_matches_are_needed_and_a_zero_counts(self, rated, game):
        board = get_leaderboard("overall_win_rate", game=game)

        assert table(board) == [
            (1, "busy", Decimal(75)),
            (2, "steady", Decimal(70)),
            (3, "unlucky", Decimal(0)),
        ]
        assert board.rule == "Players with 10 matches or more are ranked."

    @pytest.mark.parametrize("game", [None, "valorant"])
    def test_it_pages_through_fractions(self, db, game):
        for name, wins, losses in [
            ("third", 4, 8),
            ("sixth", 2, 10),
            ("also-third", 5, 10),
            ("seventh", 2, 12),
        ]:
            win(scene.player(name), wins, losses=losses)
        rows, cursor = [], None
        for _ in range(4):
            board = get_leaderboard("overall_win_rate", game=game, page=cursor, limit=1)
            rows += table(board)
            cursor = board.next_cursor

        assert rows == [
            (1, "third", Decimal("33.33")),
            (1, "also-third", Decimal("33.33")),
            (3, "sixth", Decimal("16.67")),
            (4, "seventh", Decimal("14.29")),
        ]
        assert cursor is None


def test_the_lowest_average_placement_is_best_and_players_without_one_are_left_out(db):
    for name, placements in {
        "gold": [1, 1],
        "mixed": [1, 4],
        "tied": [2, 3],
        "far": [11],
        "silver": [2],
    }.items():
        user = scene.player(name)
        for number, placement in enumerate(placements):
            scene.result(scene.tournament(f"{name}-{number}"), placement, user)

    first = get_leaderboard("average_placement", limit=2)
    rest = get_leaderboard("average_placement", page=first.next_cursor)

    assert table(first) + table(rest) == [
        (1, "gold", Decimal(1)),
        (2, "silver", Decimal(2)),
        (3, "mixed", Decimal("2.5")),
        (3, "tied", Decimal("2.5")),
    ]


class TestInOneGame:
    def test_only_that_games_matches_count(self, ladder):
        win(ladder["dora"], 5, title=scene.game("chess"))

        assert table(get_leaderboard("matches_won", game="chess")) == [(1, "dora", 5)]
        assert table(get_leaderboard("matches_won", game=scene.game("valorant"))) == LADDER
        assert table(get_leaderboard("matches_won"))[0] == (1, "dora", 6)

    def test_an_unknown_game(self):
        with pytest.raises(InvalidInput, match="no game 'nope'"):
            get_leaderboard("matches_won", game="nope")

    def test_a_game_no_one_played_has_an_empty_board(self):
        assert get_leaderboard("matches_won", game=scene.game("go")).items == []

    def test_titles_are_not_kept_by_game(self):
        with pytest.raises(NotFound, match="no leaderboard of one game by 'tournaments_won'"):
            get_leaderboard("tournaments_won", game=scene.game())


@pytest.mark.parametrize("stat", ["public_id", "nope", ""])
def test_what_is_no_number_has_no_leaderboard(db, stat):
    with pytest.raises(NotFound, match="choose one of matches_won"):
        get_leaderboard(stat)


@pytest.mark.parametrize("number", list_numbers(UserProfile), ids=lambda number: number.name)
def test_a_number_has_a_leaderboard_when_it_declares_one(ladder, number):
    if number.leaderboard is None:
        with pytest.raises(NotFound, match="choose one of matches_won"):
            get_leaderboard(number.name)
        return

    board = get_leaderboard(number.name)

    assert (board.stat, board.label) in leaderboards.list_boards()
    assert board.rule == number.leaderboard.get_rule()


def test_the_leaderboards_stand_in_the_order_of_their_places(db):
    names = [name for name, _ in leaderboards.list_boards()]
    places = [get_stat_field(UserProfile, name).leaderboard.place for name in names]

    assert places == sorted(places)
    assert names[:4] == ["matches_won", "overall_win_rate", "tournaments_won", "experience_points"]


@pytest.mark.parametrize("limit", [0, 101])
def test_up_to_a_hundred_rows(db, limit):
    with pytest.raises(DomainError, match="1 to 100"):
        get_leaderboard("matches_won", limit=limit)
    assert get_leaderboard("matches_won", limit=100).items == []


def test_a_cursor_of_another_board_is_refused(ladder):
    cursor = get_leaderboard("matches_won", limit=1).next_cursor

    for stat, game in [("total_matches_played", None), ("matches_won", "valorant")]:
        with pytest.raises(InvalidCursor):
            get_leaderboard(stat, game=game, page=cursor)


@pytest.mark.parametrize(("game", "extra"), [(None, 0), ("valorant", 1)])
def test_queries(ladder, django_assert_num_queries, game, extra):
    with django_assert_num_queries(1 + extra):
        first = get_leaderboard("matches_won", game=game, limit=2)
    with django_assert_num_queries(2 + extra):
        get_leaderboard("matches_won", game=game, limit=2, page=first.next_cursor)

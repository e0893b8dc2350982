"""Each list of a page is read through its index: no table is read whole, and long lists are not sorted.

The queries are those the services really send. The tables of a test are small, so PostgreSQL is
told to leave out the ways it would take in small tables only; see ``tests.plans``.
"""

import re

import pytest

from deltacrown.pages import finding, players, search, tournaments
from deltacrown.tournaments.models import Tournament
from deltacrown.user_profile.models import GameStats, PlayerSearchTerm, UserProfile
from deltacrown.user_profile.numbers import leaderboards
from deltacrown.user_profile.numbers.catalogue import list_game_stats
from deltacrown.user_profile.services import stats_service
from deltacrown.user_profile.stat_fields import list_leaderboards, list_twins
from tests import scene
from tests.plans import empty_tables, gather_statistics, plan_of, scans_of, sent_by, sorts
from tests.pristine import rolled_back

pytestmark = [pytest.mark.django_db, pytest.mark.both]

BIG = [
    "games_match",
    "games_archivedmatch",
    "tournaments_tournamentparticipation",
    "tournaments_tournamentresult",
    "tournaments_tournamentmatchresult",
    "tournaments_tournamentseriesresult",
    "user_profile_useractivity",
    "user_profile_userprofile",
    "user_profile_gamestats",
    "user_profile_userachievement",
    "user_profile_experienceaward",
    "moderation_dispute",
    "accounts_user",
]


@pytest.fixture(scope="module")
def anna(django_db_setup, django_db_blocker):
    with rolled_back(django_db_blocker, make_anna) as user:
        yield user


def make_anna():
    """A player with a few of everything, among others who have more, and the statistics of it."""
    empty_tables()
    user, event = scene.player("anna"), scene.tournament("cup")
    for number in range(4):
        row = scene.match(user, f"m{number}", hours=number)
        scene.tournament_match(row, event)
        scene.registration(user, scene.tournament(f"t{number}", hours=number), hours=number)
        scene.result(scene.tournament(f"u{number}"), 1, user, hours=number)
        scene.activity(user, f"a{number}", hours=number)
        scene.series_result(user, event, f"s{number}", hours=number)
        scene.achievement(user, f"b{number}", hours=number)
        scene.experience(user, 10, f"x{number}")
        scene.dispute(user, row, hours=20 * number)
        scene.match(scene.player(f"pp{number}"), "other")
    for number in range(6):
        make_ranked(scene.player(f"p{number}"), number)
    gather_statistics()
    return user


def make_ranked(user, number):
    """Have a player in every leaderboard."""
    for turn in range(12):
        row = scene.match(
            user, f"r{turn}", "WIN" if turn < number else "DRAW" if turn < 2 * number else "LOSS", hours=-turn
        )
        scene.dispute(user, row, hours=12 * number + turn)
    scene.result(scene.tournament(f"w{number}"), 1, user)
    scene.registration(user, scene.tournament(f"e{number}"))
    for turn in range(number):
        scene.series_result(user, Tournament.objects.get(slug=f"w{number}"), f"r{turn}", hours=turn)
    scene.achievement(user, "ranked")
    scene.experience(user, 10 + number)


def list_rows(user, stat):
    """Return a read of the rows of a stat, as its player sees them."""
    return lambda page=None: stats_service.get_stat_rows(user, stat, page, limit=2, viewer=user)


def second_page(read):
    """Return a read of the same list from its first cursor on."""
    return lambda: read(read(None).next_cursor)


LISTS = {
    "matches": (
        lambda u: lambda page=None: stats_service.get_match_history(u, page=page, limit=2),
        "games_match",
        "match_history",
    ),
    "archived matches": (
        lambda u: lambda page=None: stats_service.get_match_history(u, page=page, limit=2),
        "games_archivedmatch",
        "archivedmatch_history",
    ),
    "matches of a game": (
        lambda u: lambda page=None: stats_service.get_match_history(u, page=page, game="valorant", limit=2),
        "games_match",
        "match_game_history",
    ),
    "matches of a tournament": (
        lambda u: lambda page=None: stats_service.get_match_history(u, {"tournament": "cup"}, page, limit=2),
        "games_match",
        "match_history",
    ),
    "series": (
        lambda u: lambda page=None: stats_service.get_series_history(u, page=page, limit=2),
        "tournaments_tournamentseriesresult",
        "series_history",
    ),
    "wins": (
        lambda u: lambda page=None: stats_service.get_match_history(u, {"result": "WIN"}, page, limit=2),
        "games_match",
        "match_history",
    ),
    "tournaments entered": (
        lambda u: lambda page=None: stats_service.get_tournament_breakdown(u, page=page, limit=2),
        "tournaments_tournamentparticipation",
        "tournaments_of_user",
    ),
    "own timeline": (
        lambda u: lambda page=None: stats_service.get_activity_timeline(u, u, page, limit=2),
        "user_profile_useractivity",
        "activity_timeline",
    ),
    "achievements": (
        lambda u: list_rows(u, "achievement_count"),
        "user_profile_userachievement",
        "userachievement_of_user",
    ),
    "experience": (
        lambda u: list_rows(u, "experience_points"),
        "user_profile_experienceaward",
        "experience_of_user",
    ),
    "disputes": (
        lambda u: list_rows(u, "disputes_filed"),
        "moderation_dispute",
        "moderation_dispute_of_user",
    ),
    "all tournaments": (
        lambda u: lambda page=None: tournaments.list_tournament_items(page, limit=2),
        "tournaments_tournament",
        "tournaments_newest",
    ),
}

#: What others are told in the order of days, and by which column.
BY_DAY = {
    "public timeline": (
        lambda u: lambda page=None: stats_service.get_activity_timeline(u, None, page, limit=2),
        "user_profile_useractivity",
        "activity_timeline",
        "created_at",
    ),
    "achievements of another": (
        lambda u: lambda page=None: stats_service.get_stat_rows(u, "achievement_count", page, limit=2),
        "user_profile_userachievement",
        "userachievement_of_user",
        "earned_at",
    ),
}


@pytest.mark.parametrize(("listing", "table", "index", "column"), BY_DAY.values(), ids=BY_DAY)
def test_lists_by_the_day_sort_the_rows_of_a_page_and_a_day(anna, listing, table, index, column):
    """The rows are those from the day on that the page ends with, never the whole list.

    Tables so small PostgreSQL reads by any index of the player; what long ones cost is tested elsewhere.
    """
    for read in (listing(anna), second_page(listing(anna))):
        query = [query for query in sent_by(read, table) if "ORDER BY" in query[0]][-1]
        plan = plan_of(*query)

        assert re.search(rf"{index}\b.*\b{column}>|\b{column} >= ", plan), plan
        assert [scan for table in BIG for scan in scans_of(plan, table)] == [], plan


@pytest.mark.parametrize(("listing", "table", "index"), LISTS.values(), ids=LISTS)
class TestLists:
    def test_the_first_page_is_read_in_order_from_the_index(self, anna, listing, table, index):
        query = next(query for query in sent_by(listing(anna), table) if "ORDER BY" in query[0])

        self.check(plan_of(*query), index)

    def test_so_is_the_second(self, anna, listing, table, index):
        query = [query for query in sent_by(second_page(listing(anna)), table) if "ORDER BY" in query[0]][-1]

        self.check(plan_of(*query), index)

    def check(self, plan, index):
        assert index in plan
        assert not sorts(plan), plan
        assert [scan for table in BIG for scan in scans_of(plan, table)] == [], plan


#: Number on the profile → the index its leaderboard is read from.
BOARDS = {
    name: f"profile_{'ranked_' if board.sample else ''}by_{board.index or name}"
    for name, board in list_leaderboards(UserProfile).items()
}
GAME_BOARDS = {}
for name, column in list_twins(GameStats).items():
    if board := list_leaderboards(UserProfile).get(name):
        ranked = "ranked_" if BOARDS[name].startswith("profile_ranked") else ""
        GAME_BOARDS[name] = f"gamestats_{ranked}by_{board.index or column}"


class TestLeaderboards:
    def test_the_indexes_bear_the_names_they_were_made_with(self):
        assert BOARDS["matches_won"] == "profile_by_won"
        assert BOARDS["overall_win_rate"] == "profile_ranked_by_win_rate"
        assert GAME_BOARDS["overall_win_rate"] == "gamestats_ranked_by_win_rate"

    @pytest.mark.parametrize(("stat", "index"), BOARDS.items())
    def test_of_all_games(self, anna, stat, index):
        self.check(
            lambda page: leaderboards.get_leaderboard(stat, page=page, limit=2),
            "user_profile_userprofile",
            index,
        )

    @pytest.mark.parametrize(("stat", "index"), GAME_BOARDS.items())
    def test_of_one_game(self, anna, stat, index):
        def read(page):
            return leaderboards.get_leaderboard(stat, game="valorant", page=page, limit=2)

        self.check(read, "user_profile_gamestats", index)

    def check(self, read, table, index):
        first = sent_by(lambda: read(None), table)
        following = sent_by(second_page(read), table)[-2:]
        assert len(first) == 1
        listing = [query for query in (*first, *following) if not query[0].startswith("WITH")]
        assert len(listing) == 2
        for query in listing:
            assert "ORDER BY" in query[0]
            plan = plan_of(*query)
            assert index in plan, plan
            assert not sorts(plan), plan
            assert scans_of(plan, table) == [], plan
        [counting] = [query for query in following if query[0].startswith("WITH")]
        assert scans_of(plan_of(*counting), table) == [], plan_of(*counting)


class TestShortLists:
    """Lists of one player or event are sorted in memory: an index finds the rows, and no others are read."""

    @pytest.mark.parametrize(
        ("read", "table", "column"),
        [
            (
                lambda u: stats_service.get_stat_rows(u, "tournaments_won"),
                "tournaments_tournamentresult",
                "user_id",
            ),
            (
                lambda u: stats_service.get_stat_rows(u, "average_placement"),
                "tournaments_tournamentresult",
                "user_id",
            ),
            (list_game_stats, "user_profile_gamestats", "user_id"),
            (players.list_team_periods, "teams_teammembership", "user_id"),
            (
                lambda u: tournaments.get_entrants_page("t1", None, viewer=None),
                "tournaments_tournamentparticipation",
                "tournament_id",
            ),
            (
                lambda u: tournaments.get_results_page("u1", None, viewer=None),
                "tournaments_tournamentresult",
                "tournament_id",
            ),
        ],
    )
    def test_an_index_finds_the_rows(self, anna, read, table, column):
        found = [plan_of(*query) for query in sent_by(lambda: read(anna), table)]

        assert found
        for plan in found:
            assert scans_of(plan, table) == [], plan
            assert re.search(
                rf"SEARCH (?:{table}|U\d) USING .*INDEX \S+ \(.*{column}=|Index Cond: \(.*{column} = ", plan
            ), plan


class TestSearches:
    """What begins with a query is a range of an index; what holds it is read in the order of its pages."""

    @pytest.mark.parametrize("is_first", [True, False])
    @pytest.mark.parametrize("place", [0, 1, 2, 3])
    def test_beginnings(self, anna, place, is_first):
        PlayerSearchTerm.objects.update(place=place, former_name="x" if place > 1 else "")
        table = "user_profile_playersearchterm"

        def read(page=None):
            return search.search_players("pp", page, limit=2)

        sent = sent_by(read if is_first else second_page(read), table)
        plan = plan_of(*next(query for query in sent if "UNION ALL" in query[0]))

        ranges = re.findall(r"Index Cond: \(\(place = \d\) AND .*term|_begin \(place=\? AND .*term", plan)
        assert len(ranges) == 4, plan
        assert not sorts(plan), plan
        assert [scan for name in (*BIG, table) for scan in scans_of(plan, name)] == [], plan
        plan = plan_of(*sent[-1])  # the terms of whom that found
        assert "searchterm_once" in plan or "autoindex_user_profile_playersearchterm" in plan, plan
        assert [scan for name in (*BIG, table) for scan in scans_of(plan, name)] == [], plan

    def test_the_rest(self, anna, monkeypatch):
        """PostgreSQL reads it so where its index of trigrams gives too many; they come in no order."""
        monkeypatch.setattr(finding, "_read_unordered", lambda *_: None)
        sent = sent_by(lambda: search.search_players("ppp"), "user_profile_playersearchterm")
        plan = plan_of(*sent[-1])

        assert re.search(r"autoindex_user_profile_playersearchterm|profile_searchterm_once", plan), plan
        assert not sorts(plan), plan
        assert [scan for name in BIG for scan in scans_of(plan, name)] == [], plan

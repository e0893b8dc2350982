from datetime import datetime
from decimal import Decimal

import pytest
from django.core.cache import cache

from deltacrown.accounts.rights import Right
from deltacrown.core.errors import DomainError, InvalidInput, NotFound
from deltacrown.core.pagination import InvalidCursor
from deltacrown.pages import cached
from deltacrown.user_profile.histories.filters import MatchFilters, TournamentFilters
from deltacrown.user_profile.models import Follow
from deltacrown.user_profile.numbers.catalogue import (
    list_game_stat_names,
    list_game_stats,
    list_stat_names,
    list_stats,
)
from deltacrown.user_profile.privacy import HistoryHidden
from deltacrown.user_profile.services import stats_service
from tests import scene

pytestmark = pytest.mark.django_db


@pytest.fixture
def anna(no_reactions, db):
    return scene.player("anna")


@pytest.fixture
def other(no_reactions, db):
    return scene.player("other")


def keys(page):
    return [entry.match_key for entry in page.items]


def slugs(page):
    return [entry.slug for entry in page.items]


class TestMatchHistory:
    def test_newest_first_of_this_player_alone(self, anna, other):
        scene.match(anna, "old", hours=0)
        scene.match(anna, "new", hours=2)
        scene.match(other, "new", hours=2)
        scene.match(other, "not-hers", hours=1)

        assert keys(stats_service.get_match_history(anna)) == ["new", "old"]

    def test_ten_to_a_page_by_default_and_cursors_reach_every_row(self, anna):
        for number in range(23):
            scene.match(anna, f"m{number}", hours=number)

        first = stats_service.get_match_history(anna)
        second = stats_service.get_match_history(anna, page=first.next_cursor)
        third = stats_service.get_match_history(anna, page=second.next_cursor)

        assert [len(page.items) for page in (first, second, third)] == [10, 10, 3]
        assert keys(first) + keys(second) + keys(third) == [f"m{number}" for number in reversed(range(23))]
        assert third.next_cursor is None

    def test_a_voided_match_is_marked_with_its_reason(self, anna):
        scene.voided(anna, "bad", reason="server crash")

        [entry] = stats_service.get_match_history(anna).items

        assert entry.is_voided
        assert entry.void_reason == "server crash"
        assert entry.result == "WIN"

    def test_archived_matches_read_as_before(self, anna):
        rows = [scene.match(anna, f"m{number}", hours=number, score=number) for number in range(4)]
        before = stats_service.get_match_history(anna).items
        scene.archive(rows[0])
        scene.archive(rows[2])

        after = stats_service.get_match_history(anna).items

        assert [entry.is_archived for entry in after] == [False, True, False, True]
        assert [(e.match_key, e.score, e.played_at) for e in after] == [
            (e.match_key, e.score, e.played_at) for e in before
        ]

    @pytest.mark.parametrize("archived", [False, True])
    def test_a_tournament_match_carries_round_opponent_and_map(self, anna, archived):
        event = scene.tournament("masters")
        row = scene.match(anna, "final", kind="TOURNAMENT", stats={"kills": 20}, side="North", score=3)
        scene.tournament_match(
            row,
            event,
            round="Final",
            series="s1",
            map_name="Raid",
            team=scene.team("north"),
            opponent_team=scene.team("south"),
        )
        if archived:
            scene.archive(row)

        [entry] = stats_service.get_match_history(anna).items

        details = entry.tournament
        assert (details.slug, details.name, details.round, details.series) == (
            "masters",
            "Masters",
            "Final",
            "s1",
        )
        assert (details.map_name, details.team, details.opponent, details.opponent_public_id) == (
            "Raid",
            "North",
            "South",
            "",
        )
        assert (entry.kind, entry.side, entry.score, entry.stats) == (
            "TOURNAMENT",
            "North",
            "3",
            {"kills": 20},
        )

    def test_a_single_opponent_is_named_with_the_public_id(self, anna, other):
        scene.tournament_match(scene.match(anna, "final"), scene.tournament(), opponent_user=other)

        [entry] = stats_service.get_match_history(anna).items

        assert (entry.tournament.opponent, entry.tournament.opponent_public_id) == (
            "other",
            other.profile.public_id,
        )

    def test_the_number_of_queries_does_not_grow_with_the_page(self, anna, django_assert_num_queries):
        event = scene.tournament()
        for number in range(30):
            row = scene.match(anna, f"m{number}", hours=number)
            scene.tournament_match(row, event, opponent_team=scene.team("south"))

        with django_assert_num_queries(4):  # privacy, live, archive, tournament details
            assert len(stats_service.get_match_history(anna, limit=30).items) == 30

    def test_casual_matches_alone_ask_for_no_more(self, anna, django_assert_num_queries):
        with django_assert_num_queries(5):  # with the token, before and after
            assert stats_service.get_match_history(anna).items == []

    def test_hidden_from_others(self, anna, other):
        scene.match(anna, "m")
        scene.hide(anna, matches=True)

        for viewer in (None, other):
            with pytest.raises(HistoryHidden, match=r"^User has hidden match history$"):
                stats_service.get_match_history(anna, viewer=viewer)
        assert keys(stats_service.get_match_history(anna, viewer=anna)) == ["m"]
        assert keys(stats_service.get_match_history(anna, viewer=scene.player("staff", is_staff=True))) == [
            "m"
        ]

    @pytest.mark.parametrize("limit", [0, 51])
    def test_a_limit_out_of_range_is_refused(self, anna, limit):
        with pytest.raises(DomainError) as refusal:
            stats_service.get_match_history(anna, limit=limit)
        assert refusal.value.field == "limit"

    def test_a_cursor_of_another_player_or_filter_is_refused(self, anna, other):
        for user in (anna, other):
            for number in range(2):
                scene.match(user, f"m{number}", hours=number)
        cursor = stats_service.get_match_history(anna, limit=1).next_cursor

        for request in ({"user": other}, {"user": anna, "filters": {"result": "WIN"}}):
            with pytest.raises(InvalidCursor):
                stats_service.get_match_history(**request, page=cursor, limit=1)


class TestMatchFilters:
    @pytest.fixture
    def history(self, anna):
        scene.match(anna, "casual-win", hours=1)
        scene.match(anna, "casual-loss", "LOSS", hours=2)
        scene.match(anna, "draw", "DRAW", hours=30, title=scene.game("chess"))
        scene.archive(scene.match(anna, "archived-win", hours=31, title=scene.game("chess")))
        row = scene.match(anna, "cup", hours=50, kind="TOURNAMENT")
        scene.tournament_match(row, scene.tournament("masters"))
        scene.tournament("empty-cup")
        archived_row = scene.match(anna, "archived-cup", hours=51, kind="TOURNAMENT")
        scene.tournament_match(archived_row, scene.tournament("old-cup"))
        scene.archive(archived_row)
        return anna

    @pytest.mark.parametrize(
        ("filters", "expected"),
        [
            ({"game": "chess"}, ["archived-win", "draw"]),
            ({"kind": "TOURNAMENT"}, ["archived-cup", "cup"]),
            ({"kind": "casual"}, ["archived-win", "draw", "casual-loss", "casual-win"]),
            ({"result": "LOSS"}, ["casual-loss"]),
            ({"result": "draw", "game": "chess"}, ["draw"]),
            ({"result": "LOSS", "game": "chess"}, []),
            ({"tournament": "masters"}, ["cup"]),
            ({"tournament": "old-cup"}, ["archived-cup"]),
            ({"tournament": "empty-cup"}, []),
            ({"played_from": scene.at(31)}, ["archived-cup", "cup", "archived-win"]),
            ({"played_to": scene.at(2)}, ["casual-win"]),
            ({"played_from": "2025-03-03"}, ["archived-cup", "cup", "archived-win", "draw"]),
            ({"played_to": "2025-03-01"}, ["casual-loss", "casual-win"]),
            (
                {"played_from": "2025-03-01T20:00:00Z", "played_to": "2025-03-03T01:00:00+01:00"},
                ["casual-loss"],
            ),
            (
                {"game": "", "kind": None, "result": ""},
                ["archived-cup", "cup", "archived-win", "draw", "casual-loss", "casual-win"],
            ),
        ],
    )
    def test_each(self, history, filters, expected):
        assert keys(stats_service.get_match_history(history, filters)) == expected

        typed = MatchFilters(**filters) if "" not in filters.values() else None
        assert keys(stats_service.get_match_history(history, typed)) == expected

    def test_the_game_may_be_named_by_itself_as_slug_or_row(self, history):
        assert keys(stats_service.get_match_history(history, game="chess")) == ["archived-win", "draw"]
        assert keys(stats_service.get_match_history(history, game=scene.game("chess"))) == [
            "archived-win",
            "draw",
        ]
        assert keys(stats_service.get_match_history(history, {"result": "WIN"}, game="chess")) == [
            "archived-win"
        ]

    @pytest.mark.parametrize(
        ("filters", "field", "says"),
        [
            ({"colour": "red"}, "colour", "no filter 'colour': use game, kind"),
            ({"game": "nope"}, "game", "no game 'nope'"),
            ({"game": "a\x00b"}, "game", "no game"),
            ({"tournament": "nope"}, "tournament", "no tournament 'nope'"),
            ({"tournament": "a/b\x00"}, "tournament", "no tournament"),
            ({"result": "victory"}, "result", "use WIN, LOSS, DRAW"),
            ({"kind": "ranked"}, "kind", "use CASUAL, TOURNAMENT"),
            ({"played_from": "yesterday"}, "played_from", "no date"),
            ({"played_from": "2025-02-30"}, "played_from", "no date"),
            ({"played_to": "2025-13-01T00:00:00Z"}, "played_to", "no date"),
            ({"played_to": "2025-03-01T10:00:00"}, "played_to", "names no time zone"),
            ({"played_to": datetime(2025, 3, 1)}, "played_to", "names no time zone"),
            ("result=WIN", "game", "no game"),
            (["WIN"], "filters", "not list"),
            (TournamentFilters(status="OPEN"), "filters", "not TournamentFilters"),
        ],
    )
    def test_what_cannot_be_meant_is_refused_by_name(self, anna, filters, field, says):
        with pytest.raises(InvalidInput, match=says) as refusal:
            stats_service.get_match_history(anna, filters)
        assert refusal.value.field == field

    def test_two_different_games_are_refused(self, anna):
        scene.game("chess")
        with pytest.raises(InvalidInput, match="name one"):
            stats_service.get_match_history(anna, {"game": "chess"}, game="valorant")


class TestTournamentBreakdown:
    @pytest.fixture
    def season(self, anna, other):
        won, lost, out, upcoming = (scene.tournament(slug) for slug in ("won", "lost", "out", "upcoming"))
        type(upcoming).objects.filter(pk=upcoming.pk).update(status="OPEN", game=scene.game("chess"))
        for hours, event in enumerate((won, lost, out, upcoming)):
            scene.registration(anna, event, hours=hours)
        scene.registration(other, scene.tournament("not-hers"))
        scene.result(won, 1, anna, prize_amount=Decimal("500.00"))
        scene.result(won, 2, other)
        scene.result(lost, 7, anna)
        scene.disqualified(out, anna, "wrong roster")
        return anna

    def test_latest_registration_first_with_the_result_of_each(self, season):
        page = stats_service.get_tournament_breakdown(season)

        assert [(e.slug, e.placement, e.prize_amount, e.disqualified_reason) for e in page.items] == [
            ("upcoming", None, None, ""),
            ("out", None, Decimal(0), "wrong roster"),
            ("lost", 7, Decimal(0), ""),
            ("won", 1, Decimal(500), ""),
        ]

    @pytest.mark.parametrize(
        ("filters", "expected"),
        [
            ({"status": "open"}, ["upcoming"]),
            ({"status": "COMPLETED"}, ["out", "lost", "won"]),
            ({"game": "chess"}, ["upcoming"]),
            ({"placement": 1}, ["won"]),
            ({"placement": "7"}, ["lost"]),
            ({"placement": 2}, []),
        ],
    )
    def test_filters(self, season, filters, expected):
        assert slugs(stats_service.get_tournament_breakdown(season, filters)) == expected
        assert slugs(stats_service.get_tournament_breakdown(season, TournamentFilters(**filters))) == expected

    @pytest.mark.parametrize("placement", [0, -1, "first", "1.5", "²", "99999999999999999999", True])
    def test_a_placement_that_is_none_is_refused(self, anna, placement):
        with pytest.raises(InvalidInput) as refusal:
            stats_service.get_tournament_breakdown(anna, {"placement": placement})
        assert refusal.value.field == "placement"

    def test_twenty_to_a_page_in_a_fixed_number_of_queries(self, anna, django_assert_num_queries):
        for number in range(25):
            scene.registration(anna, scene.tournament(f"t{number}"), hours=number, team=scene.team())

        with django_assert_num_queries(2):  # privacy, participations with their results
            first = stats_service.get_tournament_breakdown(anna)
        second = stats_service.get_tournament_breakdown(anna, page=first.next_cursor)

        assert slugs(first) + slugs(second) == [f"t{number}" for number in reversed(range(25))]
        assert len(first.items) == 20

    def test_hidden_from_others(self, season, other):
        scene.hide(season, tournaments=True)

        with pytest.raises(HistoryHidden, match=r"^User has hidden tournament history$"):
            stats_service.get_tournament_breakdown(season, viewer=other)
        assert len(stats_service.get_tournament_breakdown(season, viewer=season).items) == 4


class TestTimeline:
    def test_pages_hold_only_what_the_viewer_may_see(self, anna, django_assert_num_queries):
        for number in range(15):
            scene.activity(anna, f"public-{number}", hours=number)
            scene.activity(anna, f"private-{number}", hours=number, visibility="PRIVATE")

        with django_assert_num_queries(4):  # of the timeline and of its archive, and the token twice
            first = stats_service.get_activity_timeline(anna)
        second = stats_service.get_activity_timeline(anna, None, first.next_cursor)

        assert [e.description for e in first.items + second.items] == [
            f"did public-{number}" for number in reversed(range(15))
        ]
        assert len(first.items) == 10
        assert len(stats_service.get_activity_timeline(anna, anna, limit=30).items) == 30

    def test_no_one_elses(self, anna, other):
        scene.activity(other, "x")

        assert stats_service.get_activity_timeline(anna, other).items == []


class TestListStats:
    def test_every_shown_number_with_its_meaning_as_it_is_now(self, anna, other, django_assert_num_queries):
        for number, result in enumerate(["WIN", "WIN", "LOSS"]):
            scene.match(anna, f"m{number}", result)
        scene.voided(anna, "void")
        scene.match(other, "m0", "LOSS")
        scene.result(scene.tournament(), 1, anna)

        with django_assert_num_queries(1):
            stats = {line.name: line for line in list_stats(anna)}

        values = {name: line.value for name, line in stats.items()}
        assert list(values) == list_stat_names()
        assert values == values | {
            "total_matches_played": 3,
            "matches_won": 2,
            "tournaments_participated": 0,
            "tournaments_won": 1,
            "disputes_filed": 0,
            "achievement_count": 0,
            "experience_points": 0,
            "overall_win_rate": Decimal("66.67"),
            "average_placement": Decimal("1.00"),
            "level": 1,
        }
        assert (stats["overall_win_rate"].label, stats["overall_win_rate"].unit) == ("Win rate", "%")
        assert all(line.meaning.endswith(".") for line in stats.values())

    def test_a_newcomer_has_no_average_placement(self, anna):
        stats = {line.name: line.value for line in list_stats(anna)}

        assert stats["average_placement"] is None
        assert stats["overall_win_rate"] == 0

    def test_numbers_per_game_the_most_played_first(self, anna):
        scene.match(anna, "m1", "LOSS", title=scene.game("chess"))
        scene.match(anna, "m2")
        scene.match(anna, "m3")

        games = list_game_stats(anna)

        assert [(game.game_slug, [(line.name, line.value) for line in game.stats[:3]]) for game in games] == [
            (
                "valorant",
                [("total_matches_played", 2), ("matches_won", 2), ("overall_win_rate", Decimal(100))],
            ),
            ("chess", [("total_matches_played", 1), ("matches_won", 0), ("overall_win_rate", Decimal(0))]),
        ]
        assert all([line.name for line in game.stats] == list_game_stat_names() for game in games)


def test_unknown_number(anna):
    for stat in ("nope", "public_id", "user", "", "matches_played"):
        with pytest.raises(NotFound, match="no number called") as refusal:
            stats_service.get_stat_rows(anna, stat)
        assert refusal.value.field == "stat"


class TestPositions:
    """The specification calls the match history in two ways, both by position."""

    @pytest.fixture
    def played(self, anna):
        for number in range(12):
            title = scene.game("chess" if number % 2 else "valorant")
            scene.match(anna, f"m{number}", hours=number, title=title)
        return anna

    def test_a_game_and_a_limit(self, played):
        chess = stats_service.get_match_history(played, "chess", 3)
        by_row = stats_service.get_match_history(played, scene.game("chess"), 3)

        assert keys(chess) == keys(by_row) == ["m11", "m9", "m7"]

    def test_no_game_and_a_limit(self, played):
        assert len(stats_service.get_match_history(played, None, 5).items) == 5
        assert len(stats_service.get_match_history(played, None, 10).items) == 10

    def test_filters_and_a_page(self, played):
        first = stats_service.get_match_history(played, {"game": "chess"}, limit=4)
        second = stats_service.get_match_history(played, {"game": "chess"}, first.next_cursor, limit=4)

        assert keys(first) + keys(second) == ["m11", "m9", "m7", "m5", "m3", "m1"]

    @pytest.mark.parametrize(
        ("arguments", "names", "field"),
        [
            (("chess",), {"game": "valorant"}, "game"),
            ((None, 5), {"limit": 6}, "limit"),
            ((None, 51), {}, "limit"),
            (("nope",), {}, "game"),
        ],
    )
    def test_what_cannot_be_meant_is_refused(self, played, arguments, names, field):
        with pytest.raises(InvalidInput) as refusal:
            stats_service.get_match_history(played, *arguments, **names)
        assert refusal.value.field == field


class TestKept:
    """The first page is kept for its audience, and never shown after what it shows has changed."""

    @pytest.fixture(autouse=True)
    def empty_cache(self):
        cache.clear()

    @pytest.mark.parametrize(
        "read",
        [stats_service.get_match_history, stats_service.get_activity_timeline],
        ids=["matches", "timeline"],
    )
    def test_a_second_reader_asks_the_token_alone(self, anna, read, django_assert_num_queries):
        scene.match(anna, "m")
        first = read(anna)

        with django_assert_num_queries(1):
            assert read(anna) == first

    def test_what_a_right_shows_is_shared_with_nobody(self, anna, other):
        moderator = scene.staff("moderator", Right.VIEW_DISPUTES)
        address = anna.profile.public_id

        shown = [cached.get_profile_page(address, viewer=viewer).closed for viewer in (moderator, other)]
        again = [cached.get_profile_page(address, viewer=viewer).closed for viewer in (moderator, other)]

        assert ["disputes_filed" in closed for closed in shown] == [False, True]
        assert again == shown

    def test_nothing_is_shown_after_it_changed(self, anna, other):
        scene.match(anna, "m1")
        assert keys(stats_service.get_match_history(anna, viewer=other)) == ["m1"]

        scene.match(anna, "m2", hours=1)
        assert keys(stats_service.get_match_history(anna, viewer=other)) == ["m2", "m1"]

        scene.hide(anna, matches=True)
        with pytest.raises(HistoryHidden):
            stats_service.get_match_history(anna, viewer=other)
        assert keys(stats_service.get_match_history(anna, viewer=anna)) == ["m2", "m1"]

    def test_what_only_some_may_see_is_kept_from_the_others(self, anna, other):
        scene.activity(anna, "seen", visibility="FOLLOWERS")
        Follow.objects.create(follower=other, followed=anna)

        for _ in range(2):
            assert len(stats_service.get_activity_timeline(anna, other).items) == 1
            assert stats_service.get_activity_timeline(anna).items == []
            assert len(stats_service.get_activity_timeline(anna, anna).items) == 1

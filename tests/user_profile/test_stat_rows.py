"""Every number opens exactly the rows it counts."""

from decimal import Decimal

import pytest
from django.db import connection

from deltacrown.core.errors import InvalidInput
from deltacrown.user_profile.histories.filters import MatchFilters, TournamentFilters
from deltacrown.user_profile.models import UserProfile
from deltacrown.user_profile.numbers import rows
from deltacrown.user_profile.numbers.catalogue import list_game_stat_names
from deltacrown.user_profile.numbers.evidence import weigh_rows
from deltacrown.user_profile.numbers.row_sources import SOURCES
from deltacrown.user_profile.privacy import HistoryHidden
from deltacrown.user_profile.services import stats_service
from deltacrown.user_profile.stat_fields import list_numbers
from django_tally.rows import rows_of
from tests import scene

pytestmark = pytest.mark.django_db


@pytest.fixture
def anna(db):
    """A player with rows for every stat and rows that no stat counts, and another player with as many."""
    people = [scene.player("anna"), scene.player("ben")]
    events = [scene.tournament(f"t{number}") for number in range(5)]
    for anna in people:
        for number, result in enumerate(["WIN", "WIN", "LOSS", "DRAW", "WIN"]):
            scene.match(
                anna, f"m{number}", result, hours=number, kind="TOURNAMENT" if number == 0 else "CASUAL"
            )
        scene.archive(scene.match(anna, "m-old", "WIN", hours=-5))
        scene.match(anna, "chess", "LOSS", title=scene.game("chess"), hours=9)
        scene.voided(anna, "void", "WIN", hours=8)
        scene.archive(scene.voided(anna, "old-void", "WIN", hours=-6))
        for hours, event in enumerate(events):
            scene.registration(anna, event, hours=hours)
        for event, placement in zip(events, [1, 1, 4, 12], strict=False):
            scene.result(event, placement, anna, hours=placement)
        scene.disqualified(events[4], anna)
        scene.achievement(anna)
        scene.achievement(anna, "veteran", hours=3)
        scene.experience(anna, 120)
        scene.experience(anna, 60, "y")
        scene.dispute(anna, anna.match_rows.get(match_key="m2"))
    return people[0]


NUMBERS = {
    "total_matches_played": (7, ["chess", "m4", "m3", "m2", "m1", "m0", "m-old"], "7 rows; the number is 7."),
    "matches_won": (4, ["m4", "m1", "m0", "m-old"], "4 rows; the number is 4."),
    "overall_win_rate": (
        Decimal("57.14"),
        ["chess", "m4", "m3", "m2", "m1", "m0", "m-old"],
        "4 won of 7 played: 57.14 %.",
    ),
    "tournaments_participated": (5, ["t4", "t3", "t2", "t1", "t0"], "5 rows; the number is 5."),
    "tournaments_won": (2, ["t1", "t0"], "2 rows; the number is 2."),
    "average_placement": (Decimal("2.00"), ["t2", "t1", "t0"], "3 placements add up to 6: 2.00 on average."),
    "achievement_count": (2, ["veteran", "first-blood"], "2 rows; the number is 2."),
    "experience_points": (180, ["for y", "for x"], "2 awards add up to 180 points."),
    "level": (2, ["for y", "for x"], "2 awards add up to 180 points: level 2."),
    "disputes_filed": (1, ["not so"], "1 row; the number is 1."),
}


def name_of(entry):
    return next(getattr(entry, name) for name in ("match_key", "slug", "reason") if hasattr(entry, name))


@pytest.mark.parametrize(
    ("stat", "value", "rows", "sentence"), [(name, *expected) for name, expected in NUMBERS.items()]
)
def test_the_rows_of_each_number(anna, stat, value, rows, sentence):
    found = stats_service.get_stat_rows(anna, stat, viewer=anna)

    assert found.stat.value == value
    assert [name_of(entry) for entry in found.items] == rows
    assert found.evidence.rows == len(rows)
    assert found.evidence.value == value
    assert found.evidence.sentence == sentence
    assert found.adds_up
    assert not found.is_narrowed


@pytest.mark.parametrize("number", list_numbers(UserProfile), ids=lambda number: number.name)
def test_the_rows_of_every_declared_number_come_to_it(anna, number):
    for filters in (None, MatchFilters(game="valorant") if number.name in list_game_stat_names() else None):
        found = stats_service.get_stat_rows(anna, number.name, filters=filters, viewer=anna, limit=50)

        assert found.adds_up
        assert found.evidence.value == found.stat.value
        assert found.evidence.rows == len(found.items)
        assert found.evidence.sentence.endswith(".")
        assert "{" not in found.evidence.sentence


@pytest.mark.parametrize("number", list_numbers(UserProfile), ids=lambda number: number.name)
def test_every_declared_number_is_explained_to_a_newcomer(number):
    newcomer = scene.player("newcomer")

    found = stats_service.get_stat_rows(newcomer, number.name, viewer=newcomer)

    assert (found.evidence.rows, found.adds_up) == (0, True)
    assert found.evidence.sentence.endswith(".")


def test_every_source_of_the_catalogue_is_described():
    numbers = [
        field.name
        for field in UserProfile._meta.get_fields()
        if hasattr(field, "contributions") or hasattr(field, "rows_of")
    ]

    assert {rows.model for name in numbers for rows in rows_of(UserProfile, name, user=1)} == SOURCES.keys()


def test_pages_reach_every_row_and_the_evidence_stays_that_of_all(anna):
    first = stats_service.get_stat_rows(anna, "total_matches_played", limit=4)
    second = stats_service.get_stat_rows(anna, "total_matches_played", first.next_cursor, limit=4)

    assert [name_of(entry) for entry in first.items + second.items] == NUMBERS["total_matches_played"][1]
    assert first.evidence == second.evidence
    assert (first.has_next, second.has_next) == (True, False)


def test_in_one_game_it_is_the_number_of_that_game(anna):
    played = stats_service.get_stat_rows(anna, "total_matches_played", filters={"game": "chess"})
    rate = stats_service.get_stat_rows(anna, "overall_win_rate", filters=MatchFilters(game="valorant"))

    assert (played.stat.value, played.game.slug, [name_of(entry) for entry in played.items]) == (
        1,
        "chess",
        ["chess"],
    )
    assert (rate.stat.value, rate.evidence.sentence) == (Decimal("66.67"), "4 won of 6 played: 66.67 %.")
    assert played.adds_up
    assert not played.is_narrowed


def test_a_game_never_played_has_zero_and_no_rows(anna):
    scene.game("go")

    found = stats_service.get_stat_rows(anna, "matches_won", filters={"game": "go"})

    assert (found.stat.value, found.items, found.evidence.rows) == (0, [], 0)
    assert found.adds_up


def test_further_filters_narrow_the_rows_and_say_so(anna):
    found = stats_service.get_stat_rows(anna, "total_matches_played", filters={"result": "DRAW"})
    cups = stats_service.get_stat_rows(
        anna, "tournaments_participated", filters=TournamentFilters(placement=1)
    )

    assert (found.stat.value, found.evidence.rows, found.is_narrowed) == (7, 1, True)
    assert ([name_of(entry) for entry in cups.items], cups.stat.value, cups.is_narrowed) == (
        ["t1", "t0"],
        5,
        True,
    )


@pytest.mark.parametrize("stat", ["achievement_count", "tournaments_won"])
def test_rows_that_cannot_be_narrowed_refuse_filters(anna, stat):
    with pytest.raises(InvalidInput, match="cannot be narrowed") as refused:
        stats_service.get_stat_rows(anna, stat, filters={"game": "chess"})
    assert refused.value.field == "game"


def test_a_number_that_drifted_does_not_add_up(anna):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE user_profile_userprofile SET matches_won = 99 WHERE user_id = %s", [anna.pk])

    found = stats_service.get_stat_rows(anna, "matches_won")

    assert (found.stat.value, found.evidence.value, found.adds_up) == (99, 4, False)


@pytest.mark.parametrize("filters", [{}, {"game": "valorant"}])
def test_a_row_that_comes_in_between_the_number_and_its_rows_is_no_drift(anna, monkeypatch, filters):
    weighed = []

    def weigh(number, rows, **how):
        if not weighed:
            scene.match(anna, "just-now", "WIN")
        weighed.append(number.name)
        return weigh_rows(number, rows, **how)

    monkeypatch.setattr(rows, "weigh_rows", weigh)
    found = stats_service.get_stat_rows(anna, "matches_won", filters=filters)

    assert (found.stat.value, found.evidence.rows, found.adds_up) == (5, 5, True)
    assert weighed == ["matches_won", "matches_won"]


HIDDEN_WITH = {
    "total_matches_played": {"matches": True},
    "matches_won": {"matches": True},
    "overall_win_rate": {"matches": True},
    "tournaments_participated": {"tournaments": True},
}
PRIVATE = {"disputes_filed", "experience_points", "level"}


class TestPrivacy:
    @pytest.mark.parametrize("stat", NUMBERS)
    def test_when_nothing_is_hidden(self, anna, stat):
        if stat in PRIVATE:
            with pytest.raises(HistoryHidden):
                stats_service.get_stat_rows(anna, stat)
        else:
            assert stats_service.get_stat_rows(anna, stat).evidence.rows == len(NUMBERS[stat][1])

    @pytest.mark.parametrize("stat", NUMBERS)
    @pytest.mark.parametrize("flag", ["matches", "tournaments"])
    def test_when_one_history_is_hidden(self, anna, stat, flag):
        scene.hide(anna, **{flag: True})
        stranger = scene.player("stranger")

        for viewer in (None, stranger):
            if stat in PRIVATE or flag in HIDDEN_WITH.get(stat, {}):
                with pytest.raises(HistoryHidden):
                    stats_service.get_stat_rows(anna, stat, viewer=viewer)
            else:
                assert stats_service.get_stat_rows(anna, stat, viewer=viewer).items
        for viewer in (anna, scene.player("staff", is_staff=True)):
            assert stats_service.get_stat_rows(anna, stat, viewer=viewer).items


@pytest.mark.parametrize(
    ("stat", "queries"),
    [
        # privacy, the number, what its rows come to, those of the page: live and archived; their tournaments
        ("matches_won", 6),
        ("overall_win_rate", 6),
        ("tournaments_participated", 4),
        ("tournaments_won", 3),
        ("average_placement", 3),
        ("achievement_count", 4),  # one of them for what the player hides: facts may tell of it
        ("experience_points", 3),
        ("disputes_filed", 3),
    ],
)
def test_the_number_of_queries_is_fixed(anna, stat, queries, django_assert_num_queries):
    with django_assert_num_queries(queries):
        stats_service.get_stat_rows(anna, stat, viewer=anna)

"""A history in order of happening, and in order of knowledge: entries, values, pages."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from deltacrown.core.errors import InvalidInput
from deltacrown.core.pagination import InvalidCursor
from deltacrown.games.models import Match
from deltacrown.games.services import archive_matches, correct_match, restore_match, void_match
from deltacrown.user_profile.models import UserAchievement
from deltacrown.user_profile.numbers.catalogue import (
    get_number,
    list_game_stat_names,
    list_stat_names,
)
from deltacrown.user_profile.numbers.changes import is_counted, list_parts
from deltacrown.user_profile.numbers.history import StatChange, get_stat_history
from django_tally.as_of import get_as_of
from django_tally.context import attributed
from tests import scene

pytestmark = pytest.mark.django_db

ORDERS = ("happened", "known")
#: Every number of the catalogue, and those of one game.
NUMBERS = [
    *((stat, None) for stat in [*list_stat_names(), "placement_sum", "placement_count"]),
    *((stat, "valorant") for stat in list_game_stat_names()),
]


@pytest.fixture
def mod(db):
    return scene.player("mod", is_staff=True)


@pytest.fixture
def ann(db):
    """Rows of every source, recorded in no order of time; some at one time, some that do not count."""
    ann, chess = scene.player("ann"), scene.game("chess")
    scene.match(ann, "m10", "WIN", hours=5)
    scene.match(ann, "m2", "LOSS", hours=5)
    scene.archive(scene.match(ann, "old", "WIN", hours=-9))
    scene.match(ann, "m11", "DRAW", hours=5, sequence=1)
    scene.match(ann, "late", "WIN", hours=40)
    scene.match(ann, "day", "LOSS", hours=6, is_time_known=False)
    scene.match(ann, "other", "WIN", hours=7, title=chess)
    scene.voided(ann, "void", "WIN", hours=8)
    for hours, (slug, place) in enumerate([("b-cup", 1), ("a-cup", 3), ("c-cup", 12), ("d-cup", 1)]):
        event = scene.tournament(slug)
        scene.registration(ann, event, hours=-hours)
        scene.result(event, place, ann, hours=30 - hours // 2)
        scene.series_result(
            ann, event, result="WIN" if place == 1 else "LOSS", played_at=scene.at(hours // 2)
        )
    for slug, hours in (("first", 5), ("second", 5), ("third", 50), ("fourth", 9)):
        scene.achievement(ann, slug, hours=hours)
    for key, points in (("x", 60), ("y", 90), ("z", 300)):
        scene.experience(ann, points, key)
    scene.dispute(ann, scene.match(ann, "d"))
    return ann


def read_all(user, stat, limit=7, **how) -> Iterator[StatChange]:
    """Every entry of a history, by pages."""
    page, how = None, {"viewer": user, **how}
    while True:
        found = get_stat_history(user, stat, page, limit=limit, **how)
        yield from found.items
        page = found.next_cursor
        if page is None:
            return


def keys_told(user, **how) -> list[str]:
    return [entry.about.match_key for entry in read_all(user, "total_matches_played", **how)]


@pytest.mark.parametrize("order", ORDERS)
def test_every_number_is_the_sum_of_its_history_whatever_the_pages(ann, mod, order):
    void_match(game=scene.game(), match_key="m10", reason="smurfing", now=scene.at(99), by=mod)
    for stat, game in NUMBERS:
        number = get_number(ann, stat, scene.game(game) if game else None)
        whole = list(read_all(ann, stat, limit=50, game=game, order=order))
        for limit in (1, 2, 7):
            assert list(read_all(ann, stat, limit=limit, game=game, order=order)) == whole, (stat, limit)

        value = number.read().value
        assert whole, stat
        assert whole[0].value == value, stat
        if is_counted(number):
            assert sum(entry.delta for entry in whole) == value
        assert_parts_add_up(number, whole)
        assert_values_are_those_of_the_times(number, whole, order)


def assert_parts_add_up(number, whole):
    held = number.holder.objects.get(**number.keys)
    for part in list_parts(number):
        label = number.holder._meta.get_field(part.name).label
        added = sum(entry.delta for entry in whole if entry.part == label)
        assert added == getattr(held, part.name), (number.name, part.name)


def assert_values_are_those_of_the_times(number, whole, order):
    """The latest entry of a time has the value as of that time."""
    latest: dict[datetime, StatChange] = {}
    for entry in whole:
        latest.setdefault(entry.happened_at if order == "happened" else entry.known_at, entry)
    assert list(latest) == sorted(latest, reverse=True)
    for when, entry in latest.items():
        asked = {"at": when} if order == "happened" else {"known_at": when}
        assert entry.value == get_as_of(number.holder, number.column, number.keys, **asked), (number, when)


def test_rows_of_one_time_follow_the_facts_and_not_the_recording(ann):
    assert keys_told(ann) == ["late", "other", "day", "m11", "m10", "m2", "d", "old"]


def test_a_row_that_moves_two_parts_has_one_value(ann):
    told = [(entry.part, entry.delta, entry.value) for entry in read_all(ann, "overall_win_rate", limit=1)]

    assert told[:4] == [
        ("Matches played", 1, Decimal("62.50")),
        ("Matches won", 1, Decimal("62.50")),
        ("Matches played", 1, Decimal("57.14")),
        ("Matches won", 1, Decimal("57.14")),
    ]
    assert told[-1][2] == Decimal(100)


def test_a_match_whose_day_alone_is_known(ann):
    (day,) = [each for each in read_all(ann, "total_matches_played") if each.about.match_key == "day"]

    assert (day.happened_at, day.is_time_known) == (scene.at(6), False)


def test_a_match_of_a_tournament_names_the_opponent(ann):
    bob, event = scene.player("bob"), scene.tournament("e-cup")
    official = Match.objects.filter(match_key__in=["late", "m11", "m2"])
    official.update(kind="TOURNAMENT")
    for row in official:
        scene.tournament_match(row, event, opponent_user=bob)

    told = [entry.subject for entry in read_all(ann, "total_matches_played") if "bob" in entry.subject]
    assert told == [
        "beat bob in Valorant, 3 Mar 2025",
        "drew with bob in Valorant, 1 Mar 2025",
        "lost to bob in Valorant, 1 Mar 2025",
    ]


def test_a_correction_of_the_time_moves_an_entry_and_is_told(ann, mod):
    correct_match(
        game=scene.game(),
        match_key="old",
        played_at=scene.at(60),
        reason="it was today",
        now=scene.at(99),
        by=mod,
    )

    moved = get_stat_history(ann, "matches_won", viewer=ann).items[0]
    assert (moved.about.match_key, moved.happened_at, moved.delta) == ("old", scene.at(60), 1)
    today = f"{moved.known_at:%-d %b %Y}"
    assert moved.what == f"recorded {today}; corrected {today}: it was today"
    assert (moved.reason, moved.actor, moved.is_explained) == ("it was today", "", True)


def test_what_was_voided_is_told_again_when_it_is_restored(ann, mod):
    rocket = {"game": scene.game(), "match_key": "late", "now": scene.at(99), "by": mod}
    void_match(reason="smurfing", **rocket)
    assert "late" not in keys_told(ann)

    restore_match(reason="it was not", **rocket)
    first = get_stat_history(ann, "matches_won", viewer=mod).items[0]
    assert first.what.endswith(": it was not")
    assert "; restored " in first.what
    assert first.actor == "mod"


def test_who_recorded_is_told_to_staff_and_why_to_everybody(ann, mod):
    with attributed(actor="bob", reason="from the old site"):
        scene.match(ann, "newest", "WIN", hours=90)

    to_all, to_staff = (get_stat_history(ann, "matches_won", viewer=who).items[0] for who in (None, mod))
    day = f"{to_all.known_at:%-d %b %Y}"
    assert (to_all.what, to_all.actor) == (f"recorded {day}: from the old site", "")
    assert (to_staff.what, to_staff.actor) == (f"recorded {day} by bob: from the old site", "bob")


@pytest.mark.parametrize("stat", ["total_matches_played", "overall_win_rate"])
def test_pages_go_on_when_rows_are_archived_between_them(ann, stat):
    whole = list(read_all(ann, stat))
    first = get_stat_history(ann, stat, limit=3, viewer=ann)
    archive_matches(before=scene.at(30), now=scene.at(2_000))

    rest = get_stat_history(ann, stat, first.next_cursor, limit=50, viewer=ann)
    assert [*first.items, *rest.items] == whole


def test_a_page_goes_on_where_the_last_row_of_the_page_before_is_gone(ann):
    whole = list(read_all(ann, "overall_win_rate"))
    first = get_stat_history(ann, "overall_win_rate", limit=3, viewer=ann)
    void_match(game=scene.game("chess"), match_key="other", reason="x", now=scene.at(99))

    rest = get_stat_history(ann, "overall_win_rate", first.next_cursor, limit=50, viewer=ann)
    told = [(entry.about, entry.part) for entry in rest.items]
    assert told == [(entry.about, entry.part) for entry in whole[4:]]


@pytest.mark.parametrize("order", ORDERS)
def test_a_deleted_row_is_told_in_order_of_knowledge_alone(ann, order):
    Match.objects.filter(match_key="late").delete()
    told = list(read_all(ann, "matches_won", order=order))

    assert sum(entry.delta for entry in told) == 5 - 1
    if order == "known":
        assert (told[0].what, told[0].happened_at) == ("deleted", scene.at(40))
    else:
        assert "late" not in [entry.about.match_key for entry in told]


class TestByTheDay:
    """What happened, to readers who may know the days of it only."""

    @pytest.fixture
    def shy(self, ann):
        scene.hide(ann, matches=True)
        return ann

    def test_each_day_is_one(self, shy):
        found = get_stat_history(shy, "achievement_count")

        told = [(f"{each.happened_at:%d %H:%M}", each.delta, each.value) for each in found.items]
        assert told == [("03 00:00", 1, 4), ("02 00:00", 1, 3), ("01 00:00", 2, 2)]
        assert {(each.known_at, each.subject, each.actor, each.reason) for each in found.items} == {
            (None, "", "", "")
        }
        assert not any(each.is_time_known for each in found.items)

    @pytest.mark.parametrize("order", ORDERS)
    def test_pages_carry_the_number_on(self, shy, order):
        whole = get_stat_history(shy, "achievement_count", order=order, limit=50).items

        assert list(read_all(shy, "achievement_count", limit=1, order=order, viewer=None)) == whole
        assert sum(each.delta for each in whole) == 4

    def test_a_page_goes_on_after_the_last_day_of_the_calendar(self, shy):
        latest = datetime.max.replace(tzinfo=UTC)
        UserAchievement.objects.filter(achievement__slug="third").update(earned_at=latest)

        told = read_all(shy, "achievement_count", limit=1, viewer=None)
        assert [each.happened_at.year for each in told] == [9999, scene.at(0).year, scene.at(0).year]

    def test_when_it_became_known_is_told_by_the_day_too(self, shy):
        (known,) = get_stat_history(shy, "achievement_count", order="known").items

        assert known.happened_at is None
        assert known.known_at == known.known_at.replace(hour=0, minute=0, second=0, microsecond=0)


@pytest.mark.parametrize(
    ("stat", "order", "queries"),
    [
        # Privacy, profile, live, archived, recordings, revisions; no match of a tournament.
        ("matches_won", "happened", 6),
        # And the rates of the page.
        ("overall_win_rate", "happened", 7),
        ("average_placement", "happened", 5),
        # Privacy, profile; the changes; words: live, and archived where the live table lacks some.
        ("matches_won", "known", 5),
        ("overall_win_rate", "known", 6),
    ],
)
def test_the_statements_of_a_page(ann, stat, order, queries):
    for limit in (2, 10):
        with CaptureQueriesContext(connection) as sent:
            get_stat_history(ann, stat, order=order, limit=limit, viewer=None)
        # The latest two are not archived, so they are not looked for there.
        assert len(sent) == queries - (order == "known" and limit == 2)


def test_matches_of_a_tournament_take_one_statement_more(ann):
    scene.tournament_match(
        scene.match(ann, "final", hours=900, kind="TOURNAMENT"), scene.tournament("e-cup"), opponent_user=ann
    )
    with CaptureQueriesContext(connection) as sent:
        get_stat_history(ann, "total_matches_played", viewer=None)
    assert len(sent) == 7


def test_an_order_that_is_none_is_refused(ann):
    with pytest.raises(InvalidInput, match="happened or known") as refused:
        get_stat_history(ann, "matches_won", order="newest")
    assert refused.value.field == "order"


def test_a_cursor_of_the_other_order_is_refused(ann):
    cursor = get_stat_history(ann, "matches_won", limit=1).next_cursor
    with pytest.raises(InvalidCursor):
        get_stat_history(ann, "matches_won", cursor, order="known")

import pytest
from django.db import connection

from deltacrown.core.errors import DomainError
from deltacrown.core.pagination import InvalidCursor, keep_latest, paginate
from deltacrown.core.sealing import seal
from deltacrown.games.models import ArchivedMatch, Match
from tests import scene
from tests.plans import plan_of, scans_of, sent_by, sorts

pytestmark = pytest.mark.django_db


@pytest.fixture
def anna():
    return scene.player("anna")


def live(user):
    return Match.objects.filter(user=user)


def both(user):
    return [Match.objects.filter(user=user), ArchivedMatch.objects.filter(user=user)]


def walk(querysets, *, limit, **options):
    """Every page's match keys, following cursors to the end."""
    pages, cursor = [], None
    while True:
        page = paginate(querysets, listing="t", limit=limit, cursor=cursor, **options)
        pages.append([row.match_key for row in page.items])
        assert page.has_next == (page.next_cursor is not None)
        if not page.has_next:
            return pages
        cursor = page.next_cursor


def test_pages_follow_each_other_newest_first_and_leave_no_row_out(anna):
    for number in range(5):
        scene.match(anna, f"m{number}", hours=number)
    scene.match(scene.player("other"), "not-hers", hours=2)

    assert walk(live(anna), limit=2) == [["m4", "m3"], ["m2", "m1"], ["m0"]]


def test_a_page_that_ends_exactly_at_the_last_row_has_no_next(anna):
    for number in range(4):
        scene.match(anna, f"m{number}", hours=number)

    assert walk(live(anna), limit=2) == [["m3", "m2"], ["m1", "m0"]]


def test_no_rows_make_one_empty_page(anna):
    page = paginate(live(anna), listing="t", limit=10)

    assert (page.items, page.next_cursor, page.has_next) == ([], None, False)


def test_rows_of_the_same_time_are_neither_skipped_nor_repeated(anna):
    for number in range(7):
        scene.match(anna, f"m{number}", hours=1)

    assert walk(live(anna), limit=3) == [["m6", "m5", "m4"], ["m3", "m2", "m1"], ["m0"]]


def test_microseconds_count(anna):
    for number in range(4):
        scene.match(anna, f"m{number}", hours=number / 3_600_000_000)

    assert walk(live(anna), limit=1) == [["m3"], ["m2"], ["m1"], ["m0"]]


def test_a_row_that_arrives_in_front_moves_no_later_page(anna):
    for number in range(4):
        scene.match(anna, f"m{number}", hours=number)
    first = paginate(live(anna), listing="t", limit=2)
    scene.match(anna, "new", hours=9)

    second = paginate(live(anna), listing="t", limit=2, cursor=first.next_cursor)

    assert [row.match_key for row in second.items] == ["m1", "m0"]


def test_several_tables_read_as_one_listing(anna):
    rows = [scene.match(anna, f"m{number}", hours=number) for number in range(7)]
    for number in (0, 2, 3, 6):
        scene.archive(rows[number])

    assert walk(both(anna), limit=3) == [["m6", "m5", "m4"], ["m3", "m2", "m1"], ["m0"]]


def test_ties_across_tables_are_ordered_by_id(anna):
    rows = [scene.match(anna, f"m{number}", hours=1) for number in range(5)]
    scene.archive(rows[1])
    scene.archive(rows[4])

    assert walk(both(anna), limit=2) == [["m4", "m3"], ["m2", "m1"], ["m0"]]


def test_a_row_that_moves_to_the_archive_between_the_two_reads_appears_once(anna):
    rows = [scene.match(anna, f"m{number}", hours=number) for number in range(3)]
    seen_live = list(live(anna))
    scene.archive(rows[1])

    class Stale:
        """The live table as it was before the move."""

        model = Match

        def order_by(self, *order):
            return sorted(seen_live, key=lambda row: row.played_at, reverse=True)

    page = paginate([Stale(), ArchivedMatch.objects.filter(user=anna)], listing="t", limit=3)

    assert [row.match_key for row in page.items] == ["m2", "m1", "m0"]
    assert page.has_next is False


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        (("played_at", "id"), [["m0", "m1"], ["m2", "m3"]]),
        (("-played_at", "id"), [["m2", "m3"], ["m0", "m1"]]),
        (("played_at", "-id"), [["m1", "m0"], ["m3", "m2"]]),
        (("-result", "played_at", "-id"), [["m1", "m3"], ["m0", "m2"]]),
    ],
)
def test_every_mixture_of_directions(anna, order, expected):
    for number, (hours, result) in enumerate([(1, "LOSS"), (1, "WIN"), (2, "LOSS"), (2, "WIN")]):
        scene.match(anna, f"m{number}", result, hours=hours)

    assert walk(live(anna), limit=2, order=order) == expected
    assert walk(live(anna), limit=1, order=order) == [[key] for page in expected for key in page]


def test_a_column_of_another_table_can_order(anna):
    for number, slug in enumerate(["c", "a", "b"]):
        scene.match(anna, f"m{number}", title=scene.game(slug))

    assert walk(live(anna).select_related("game"), limit=1, order=("game__slug", "id")) == [
        ["m1"],
        ["m2"],
        ["m0"],
    ]


@pytest.mark.parametrize("limit", [0, -1, 51])
def test_a_limit_out_of_range_is_refused_by_name(anna, limit):
    with pytest.raises(DomainError, match="ask for 1 to 50") as refusal:
        paginate(live(anna), listing="t", limit=limit)

    assert refusal.value.field == "limit"


def test_the_largest_limit_is_taken_and_may_be_raised(anna):
    scene.match(anna, "m")

    assert len(paginate(live(anna), listing="t", limit=50).items) == 1
    assert len(paginate(live(anna), listing="t", limit=100, max_limit=100).items) == 1


class TestCursor:
    @pytest.fixture
    def cursor(self, anna):
        for number in range(3):
            scene.match(anna, f"m{number}", hours=number)
        return paginate(live(anna), listing="t", limit=1).next_cursor

    def test_it_can_stand_in_a_url_as_it_is(self, cursor):
        assert set(cursor) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.=")

    @pytest.mark.parametrize("damage", ["", "x", "a.b", "\x00", "é", "W10.AAAA"])
    def test_what_was_never_a_cursor_is_refused(self, anna, cursor, damage):
        with pytest.raises(InvalidCursor, match="damaged or belongs to another list") as refusal:
            paginate(live(anna), listing="t", limit=1, cursor=damage or " ")

        assert refusal.value.field == "page"

    def test_every_single_changed_character_is_noticed(self, anna, cursor):
        for place, character in enumerate(cursor):
            changed = cursor[:place] + ("A" if character != "A" else "B") + cursor[place + 1 :]
            with pytest.raises(InvalidCursor):
                paginate(live(anna), listing="t", limit=1, cursor=changed)

    def test_another_listing_refuses_it(self, anna, cursor):
        with pytest.raises(InvalidCursor):
            paginate(live(anna), listing="other", limit=1, cursor=cursor)

    def test_another_order_refuses_it(self, anna, cursor):
        with pytest.raises(InvalidCursor):
            paginate(live(anna), listing="t", order=("played_at", "id"), limit=1, cursor=cursor)

    def test_what_was_sealed_for_something_else_does_not_pass(self, anna):
        foreign = seal(["2025-03-01T18:00:00+00:00", 1], name="other")

        with pytest.raises(InvalidCursor):
            paginate(live(anna), listing="t", limit=1, cursor=foreign)


def test_with_items_sees_the_items_together_and_keeps_the_rest(anna):
    for number in range(3):
        scene.match(anna, f"m{number}", hours=number)
    page = paginate(live(anna), listing="t", limit=2)

    changed = page.with_items(lambda rows: [len(rows)] * len(rows))

    assert changed.items == [2, 2]
    assert (changed.next_cursor, changed.has_next) == (page.next_cursor, True)


@pytest.mark.usefixtures("own_tables")
class TestPlan:
    """The position is an index condition, and the index delivers the order."""

    def past(self, user, order):
        for number in range(3):
            scene.match(user, f"m{number}", hours=number)
        first = paginate(live(user), listing="t", order=order, limit=1)
        [query] = sent_by(
            lambda: paginate(live(user), listing="t", order=order, limit=1, cursor=first.next_cursor),
            "games_match",
        )
        return plan_of(*query)

    def test_all_descending(self, anna):
        plan = self.past(anna, ("-played_at", "-id"))

        assert "match_history" in plan
        assert not sorts(plan)
        assert not scans_of(plan, "games_match")
        bounds = {"sqlite": "(user_id=? AND played_at<?)", "postgresql": "Index Cond: ((user_id = "}
        assert bounds[connection.vendor] in plan
        if connection.vendor == "postgresql":
            assert "ROW(played_at, id) < ROW(" in plan.split("Index Cond:")[1].splitlines()[0]

    def test_mixed_directions_are_bounded_by_the_first_column(self, anna):
        plan = self.past(anna, ("-played_at", "id"))

        bound = {"sqlite": "played_at<?", "postgresql": "played_at <= "}[connection.vendor]
        assert "match_history" in plan
        assert bound in (
            plan if connection.vendor == "sqlite" else plan.split("Index Cond:")[1].splitlines()[0]
        )


class TestKeepLatest:
    """``keep_latest`` leaves out only what cannot be among the latest."""

    def list_kept(self, anna, number):
        return set(keep_latest(live(anna), "played_at", number).values_list("match_key", flat=True))

    def test_all_of_the_time_of_the_last_are_kept(self, anna):
        for key, hour in {"m0": 0, "m1": 1, "m2a": 2, "m2b": 2, "m2c": 2, "m3": 3}.items():
            scene.match(anna, key, hours=hour)

        assert self.list_kept(anna, 1) == {"m3"}
        assert self.list_kept(anna, 2) == self.list_kept(anna, 4) == {"m3", "m2a", "m2b", "m2c"}
        assert self.list_kept(anna, 5) == {"m3", "m2a", "m2b", "m2c", "m1"}

    def test_where_there_are_fewer_all_are_kept(self, anna):
        scene.match(anna, "m0")

        assert self.list_kept(anna, 2) == {"m0"}
        assert self.list_kept(scene.player("other"), 2) == set()

"""A number at a past time: by what happened, by what was known, and by both."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import call_command

from deltacrown.accounts.models import User
from deltacrown.core.errors import InvalidInput
from deltacrown.games.models import Match
from deltacrown.games.services import correct_match, record_matches, void_match
from deltacrown.pages.stats import get_stat_history_page
from deltacrown.user_profile.histories.filters import read_as_of, read_known_at
from deltacrown.user_profile.numbers.catalogue import list_game_stat_names, list_stat_names
from deltacrown.user_profile.numbers.past import get_past_number, get_stat, list_stats_as_of
from deltacrown.user_profile.privacy import HistoryHidden
from deltacrown.user_profile.services.stats_service import get_stat_as_of
from tests import scene
from tests.conftest import NOON
from tests.scene import line, record
from tests.tally.times import database_now

pytestmark = pytest.mark.django_db

YEARS = range(2015, 2025)
TICK = timedelta(microseconds=1)
#: Before anything was recorded, by the clock of the database, which is today's.
BEFORE = datetime(2025, 6, 1, tzinfo=UTC)
ZERO = {"total_matches_played": 0, "matches_won": 0, "overall_win_rate": Decimal("0.00")}


def end_of(year: int) -> datetime:
    return datetime(year, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)


def played(year: int, month: int) -> datetime:
    return datetime(year, month, 15, 18, 30, tzinfo=UTC)


def result_of(year: int, month: int) -> str:
    return "WIN" if (year + month) % 3 else "LOSS"


def career_at(at: datetime, months: tuple[int, ...]) -> dict[str, int | Decimal]:
    """Return what the numbers of the career are by the end of ``at``, counted from the matches by hand."""
    results = [result_of(year, month) for year in YEARS for month in months if played(year, month) <= at]
    total, won = len(results), results.count("WIN")
    rate = Decimal(100 * won) / (total or 1)
    return {
        "total_matches_played": total,
        "matches_won": won,
        "overall_win_rate": rate.quantize(Decimal("0.01")),
    }


def numbers_of(user, at=None, *, known_at=None, game=None):
    names = list_game_stat_names() if game else list(ZERO)
    return {
        name: get_stat_as_of(user, name, at, known_at=known_at, game=game, now=NOON)
        for name in names
        if name in ZERO
    }


class TestTenYearsImportedToday:
    """A career of four matches a year in two games, recorded at once, the latest first."""

    MONTHS = {"chess": (2, 9), "go": (5, 11)}

    @pytest.fixture
    def ann(self, db):
        ann, rival = scene.player("ann"), scene.player("rival")
        matches = [
            record(
                scene.game(slug),
                f"{slug}-{year}-{month}",
                line(ann, result_of(year, month)),
                line(rival, "DRAW"),
                played_at=played(year, month),
            )
            for year in reversed(YEARS)
            for slug, months in self.MONTHS.items()
            for month in months
        ]
        record_matches(records=matches, now=NOON)
        return ann

    @pytest.mark.parametrize("is_archived", [False, True], ids=["live", "half archived"])
    def test_every_end_of_a_year_is_as_it_was_played(self, ann, is_archived):
        if is_archived:
            for row in Match.objects.filter(played_at__year__lt=2020):
                scene.archive(row)

        for year in YEARS:
            assert numbers_of(ann, end_of(year)) == career_at(end_of(year), (2, 5, 9, 11))
        for slug, months in self.MONTHS.items():
            assert numbers_of(ann, end_of(2018), game=slug) == career_at(end_of(2018), months)

    def test_this_site_showed_nothing_before_it_knew(self, ann):
        assert numbers_of(ann, known_at=end_of(2020)) == ZERO
        assert numbers_of(ann, end_of(2020), known_at=BEFORE) == ZERO
        assert numbers_of(ann, known_at=database_now()) == numbers_of(ann)

        shown = get_past_number(ann, "matches_won", end_of(2020))
        assert (shown.value, shown.shown) == (career_at(end_of(2020), (2, 5, 9, 11))["matches_won"], 0)

    def test_a_match_counts_from_its_very_time_on(self, ann):
        first = played(2015, 2)
        assert numbers_of(ann, first - TICK) == ZERO
        assert numbers_of(ann, first)["total_matches_played"] == 1

    def test_all_numbers_are_read_as_each_is(self, ann, django_assert_num_queries):
        known = database_now()
        for times in ({"at": end_of(2019)}, {"known_at": known}, {"at": end_of(2019), "known_at": known}):
            # The numbers now; privacy, matches, tournaments; all of them then.
            with django_assert_num_queries(5):
                past = list_stats_as_of(ann, **times, viewer=ann)
            assert {each.name: each.value for each in past.stats} == {
                name: get_stat(ann, name, **times, viewer=ann).value for name in list_stat_names()
            }


class TestCorrections:
    """What is known now changes the past; what was known does not change."""

    @pytest.fixture
    def ann(self, db):
        ann, bob = scene.player("ann"), scene.player("bob")
        chess = scene.game("chess")
        matches = [
            record(chess, f"m{year}", line(ann, "WIN"), line(bob, "LOSS"), played_at=played(year, 6))
            for year in (2016, 2017, 2018)
        ]
        record_matches(records=matches, now=NOON)
        return ann

    def correct(self, **correction):
        correct_match(game=scene.game("chess"), match_key="m2016", reason="Wrong", now=NOON, **correction)

    def void(self):
        void_match(game=scene.game("chess"), match_key="m2016", reason="Cheating", now=NOON)

    @pytest.mark.parametrize(
        ("change", "by_year"),
        [
            (lambda self: self.correct(played_at=played(2017, 1)), (0, 2, 3)),
            (lambda self: self.correct(results={"ann": "LOSS", "bob": "WIN"}), (0, 1, 2)),
            (lambda self: self.correct(moved={"ann": User.objects.get(username="cleo")}), (0, 1, 2)),
            (lambda self: self.void(), (0, 1, 2)),
            (lambda self: Match.objects.filter(match_key="m2016").delete(), (0, 1, 2)),
        ],
        ids=["time", "result", "player", "void", "deleted"],
    )
    def test_the_past_as_known_before_and_after(self, ann, change, by_year):
        cleo, known = scene.player("cleo"), database_now()
        change(self)

        ends = [end_of(year) for year in (2016, 2017, 2018)]
        assert tuple(get_stat_as_of(ann, "matches_won", at) for at in ends) == by_year
        assert [get_stat_as_of(ann, "matches_won", at, known_at=known) for at in ends] == [1, 2, 3]
        assert get_stat_as_of(ann, "matches_won", known_at=known) == 3

        moved = Match.objects.filter(user=cleo).count()
        assert get_stat_as_of(cleo, "matches_won", ends[0]) == moved
        assert get_stat_as_of(cleo, "matches_won", ends[0], known_at=known) == 0


def test_a_result_counts_from_when_it_was_decided(player):
    ann, event = player("ann"), scene.tournament()
    scene.result(event, 1, ann, hours=10)

    for at, won, average in ((scene.at(9), 0, None), (scene.at(10), 1, Decimal("1.00"))):
        assert get_stat_as_of(ann, "tournaments_won", at) == won
        assert get_stat_as_of(ann, "average_placement", at) == average
        assert get_stat_as_of(ann, "tournaments_won", at, known_at=BEFORE) == 0


def test_a_match_of_a_day_without_a_time_counts_from_its_midnight_on(player):
    ann, midnight = player("ann"), datetime(2019, 5, 4, tzinfo=UTC)
    whole_day = record(scene.game(), "day", line(ann), played_at=midnight, is_time_known=False)
    record_matches(records=[whole_day], now=NOON)

    assert get_stat_as_of(ann, "matches_won", midnight - TICK) == 0
    assert get_stat_as_of(ann, "matches_won", midnight) == 1


class TestTimesAsTheyAreWritten:
    def test_a_date_means_its_end_and_today_is_whole_by_what_happens(self):
        assert read_as_of("2025-01-31", now=NOON) == datetime(2025, 1, 31, 23, 59, 59, 999999, tzinfo=UTC)
        assert read_known_at("2025-01-31", now=NOON) == read_as_of("2025-01-31", now=NOON)
        assert read_as_of("2025-06-01", now=NOON) == datetime(2025, 6, 1, 23, 59, 59, 999999, tzinfo=UTC)
        assert read_known_at("2025-06-01", now=NOON) == NOON
        assert read_as_of("2025-06-01T13:00+02:00", now=NOON) == NOON - timedelta(hours=1)

    @pytest.mark.parametrize(
        ("read", "field"), [(read_as_of, "as_of"), (read_known_at, "known_at")], ids=["as_of", "known_at"]
    )
    @pytest.mark.parametrize(
        ("text", "mend"),
        [
            ("2025-06-02", "lies in the future"),
            ("2025-06-02T00:00:00Z", "lies in the future"),
            ("soon", "write it as 2025-01-31"),
            ("20250131", "write it as 2025-01-31"),
            ("2025-01-31T12:00", "names no time zone"),
        ],
    )
    def test_what_is_refused_names_the_field_and_a_mend(self, read, field, text, mend):
        with pytest.raises(InvalidInput, match=mend) as refused:
            read(text, now=NOON)
        assert refused.value.field == field

    @pytest.mark.parametrize(("name", "field"), [("at", "as_of"), ("known_at", "known_at")])
    def test_a_time_without_a_timezone_is_refused(self, player, name, field):
        with pytest.raises(InvalidInput, match="end it with Z") as refused:
            get_stat_as_of(player("ann"), "matches_won", **{name: NOON.replace(tzinfo=None)})
        assert refused.value.field == field


class TestHidden:
    @pytest.fixture
    def ann(self, player):
        ann = player("ann")
        scene.match(ann, "m1")
        scene.hide(ann, matches=True, tournaments=True)
        return ann

    @pytest.mark.parametrize("name", ["at", "known_at"])
    @pytest.mark.parametrize("time", [NOON, NOON.replace(hour=0), NOON.replace(hour=0) - TICK])
    def test_one_number_and_all_of_them_are_refused_alike(self, ann, player, name, time):
        """Official results alone are told to the microsecond, and achievements at the end of a day."""
        viewer = player("bob")
        refused = set()
        for stat in list_stat_names():
            try:
                get_stat_as_of(ann, stat, **{name: time}, viewer=viewer)
            except HistoryHidden:
                refused.add(stat)

        assert set(list_stats_as_of(ann, **{name: time}, viewer=viewer).hidden) == refused
        ends_a_day = time == NOON.replace(hour=0) - TICK
        open_stats = {"tournaments_won", "average_placement"} | (
            {"achievement_count"} if ends_a_day else set()
        )
        assert set(list_stat_names()) - refused == open_stats

    def test_the_present_stays_public(self, ann):
        assert get_stat_as_of(ann, "matches_won") == 1
        assert list_stats_as_of(ann).hidden == []
        assert list_stats_as_of(ann, known_at=NOON, now=NOON).hidden != []


class TestPage:
    @pytest.fixture
    def ann(self, player):
        ann = player("ann")
        scene.match(ann, "m1")
        return ann

    def past_of(self, ann, stat="matches_won", **asked):
        page = get_stat_history_page(
            ann.profile.public_id, stat, None, game=None, **asked, viewer=None, now=database_now()
        )
        return page.past

    def test_by_what_happened_also_what_was_shown(self, ann):
        past = self.past_of(ann, as_of="2025-03-01")

        assert (past.asked, past.is_day, past.value, past.shown) == ("2025-03-01", True, 1, 0)
        assert (past.known_asked, past.known_at, past.was_shown_otherwise) == ("", None, True)

    def test_by_what_was_known(self, ann):
        past = self.past_of(ann, known_at="2025-03-01T20:00Z")

        assert (past.asked, past.at, past.value, past.shown) == ("", None, 0, 0)
        assert (past.known_asked, past.is_known_day) == ("2025-03-01T20:00Z", False)
        assert not past.was_shown_otherwise

    def test_by_both(self, ann):
        past = self.past_of(ann, as_of="2025-03-01", known_at="2025-03-02")

        assert (past.value, past.shown, past.is_day, past.is_known_day) == (0, 0, True, True)

    def test_today_is_as_it_is_shown(self, ann):
        past = self.past_of(ann, as_of=f"{database_now():%Y-%m-%d}")

        assert (past.value, past.shown) == (1, 1)

    def test_without_a_time(self, ann):
        assert self.past_of(ann) is None


class TestCommand:
    @pytest.fixture
    def ann(self, player):
        ann = player("ann")
        scene.match(ann, "m1")
        scene.match(ann, "m2", "LOSS", hours=1)
        return ann

    def explain(self, ann, *options, stat="matches_won"):
        out = StringIO()
        call_command("explain_stat", ann.profile.public_id, stat, *options, stdout=out)
        return out.getvalue()

    @pytest.mark.parametrize(
        ("options", "told"),
        [
            (
                ["--at", "2025-03-01"],
                "At the end of 1 Mar 2025 it was 1, by what is known now.\nThis site showed 0 then.\n",
            ),
            (["--at", "2025-02-01"], "At the end of 1 Feb 2025 it was 0, by what is known now.\n"),
            (
                ["--at", "2025-03-01T18:00Z", "--game", "valorant"],
                "On 1 Mar 2025 18:00:00 UTC it was 1, by what is known now.\nThis site showed 0 then.\n",
            ),
            (["--known-at", "2025-03-01"], "At the end of 1 Mar 2025 this site showed 0.\n"),
            (["--known-at", "2025-03-01T18:00Z"], "On 1 Mar 2025 18:00:00 UTC this site showed 0.\n"),
            (
                ["--at", "2025-03-01", "--known-at", "2025-04-01"],
                "At the end of 1 Mar 2025 it was 0, as this site knew it on 1 Apr 2025.\n",
            ),
        ],
    )
    def test_the_last_lines_say_which_time_is_meant(self, ann, options, told):
        assert self.explain(ann, *options).endswith(f"\n\n{told}")

    def test_as_json_it_is_the_whole_explanation(self, ann):
        told = json.loads(self.explain(ann, "--at", "2025-03-01", "--json", stat="overall_win_rate"))

        assert told["player"] == {"public_id": ann.profile.public_id, "username": "ann"}
        assert (told["stat"]["name"], told["stat"]["value"], told["game"]) == ("overall_win_rate", 50.0, None)
        assert (told["as_of"], told["known_at"]) == ("2025-03-01T23:59:59.999999Z", None)
        assert (told["value"], told["shown"], told["adds_up"]) == (50.0, 0.0, True)
        moved = [(change["part"], change["delta"], change["happened_at"]) for change in told["changes"]]
        assert sorted(moved) == [
            ("Matches played", 1, "2025-03-01T18:00:00Z"),
            ("Matches played", 1, "2025-03-01T19:00:00Z"),
            ("Matches won", 1, "2025-03-01T18:00:00Z"),
        ]
        assert all(datetime.fromisoformat(change["known_at"]) > BEFORE for change in told["changes"])

    def test_as_json_without_a_time_the_value_is_the_present_one(self, ann):
        told = json.loads(self.explain(ann, "--json"))

        assert (told["as_of"], told["known_at"], told["value"], told["shown"]) == (None, None, 1, 1)
        assert [omission["why"] for omission in told["omitted"]] == ["it was not won, the result is LOSS"]

"""What is declared with a number: that it can be shown so, and that it is."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import models
from django.test.utils import isolate_apps
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from deltacrown.games.models import ArchivedMatch, Match
from deltacrown.pages.leaderboards import list_front_boards
from deltacrown.user_profile.checks import check_catalogue, check_numbers
from deltacrown.user_profile.models import GameStats, UserAchievement, UserProfile
from deltacrown.user_profile.numbers import board_periods, leaderboards, period_leaderboards
from deltacrown.user_profile.numbers.catalogue import get_number, list_game_stat_names, list_stat_names
from deltacrown.user_profile.numbers.evidence import weigh_rows, write_sentence
from deltacrown.user_profile.numbers.reference import render_stats_reference
from deltacrown.user_profile.stat_fields import (
    DerivedStat,
    Leaderboard,
    Sample,
    Stat,
    build_indexes,
    list_leaderboards,
    list_numbers,
    list_twin_leaderboards,
)
from deltacrown.user_profile.stats import COUNTED, FIRST, MATCHES, PLACED, WON, rate
from django_tally.declarations import count_of, sum_of
from django_tally.first_fact import find_first_fact
from django_tally.recounting import list_rows_behind, recount
from tests import scene

NUMBERS = [(holder, field) for holder in (UserProfile, GameStats) for field in list_numbers(holder)]
PLAYED = count_of(*MATCHES, happened_at="played_at", where=[*COUNTED])


def test_the_catalogue_has_no_faults():
    assert check_catalogue() == []


@pytest.mark.parametrize(("holder", "field"), NUMBERS, ids=lambda value: getattr(value, "name", None))
def test_every_number_is_documented(holder, field):
    page = render_stats_reference().split(f"## {holder.__name__}\n")[1].split("\n## ")[0]

    entry = page.split(f"### `{field.name}`\n")[1].split("###")[0]
    assert field.meaning in entry
    assert ("Leaderboard: " in entry) == (field.leaderboard is not None)


def test_every_ranked_number_is_ranked_where_its_declaration_says():
    boards = list_leaderboards(UserProfile)

    assert [name for name, _ in leaderboards.list_boards()] == list(boards)
    in_games = {name for name, _ in leaderboards.list_boards(in_game=True)}
    assert in_games == boards.keys() & set(list_game_stat_names())
    # Others never see an award of experience, so no board tells what those of some days add up to.
    of_periods = [name for name in boards if name != "experience_points"]
    assert period_leaderboards.list_period_boards() == of_periods
    assert set(period_leaderboards.list_period_boards(in_game=True)) == in_games


@pytest.mark.django_db
def test_the_front_page_has_the_leaderboards_that_say_so():
    front = [board.stat for board in list_front_boards()]

    assert front == [name for name, board in list_leaderboards(UserProfile).items() if board.on_front_page]
    assert front


@pytest.mark.django_db
@pytest.mark.parametrize("stat", period_leaderboards.list_period_boards())
def test_a_leaderboard_of_a_period_that_holds_everything_is_that_of_all_time(stat):
    for number in range(4):
        user = scene.player(f"p{number}")
        for turn in range(9 + number):
            result = "WIN" if turn < 2 * number else "DRAW" if turn < 3 * number else "LOSS"
            row = scene.match(user, f"m{turn}", result, hours=turn)
            if turn % 3 == 0:
                scene.archive(row)
        scene.voided(user, "void", "DRAW")
        event = scene.tournament(f"cup-{number}")
        scene.registration(user, event)
        scene.result(event, 1 + number % 2, user)
        scene.series_result(user, event)
        for turn in range(number):
            scene.achievement(user, f"badge-{turn}")

    always = board_periods.Period("season", scene.at(-1))
    of_games = {name for name, _ in leaderboards.list_boards(in_game=True)}
    for game in (None, "valorant") if stat in of_games else (None,):
        of_period = period_leaderboards.get_period_leaderboard(stat, always, game=game)
        ranked = [(entry.rank, entry.name, entry.value) for entry in of_period.items]

        of_all_time = leaderboards.get_leaderboard(stat)
        assert ranked
        assert ranked == [(entry.rank, entry.name, entry.value) for entry in of_all_time.items]


class TestAnyRows(TestCase):
    """A number recounted over some of its rows is what it would be if there were no others."""

    @classmethod
    def setUpTestData(cls):
        cls.ann, cls.bob = scene.player("ann"), scene.player("bob")
        for number in range(12):
            result = ("WIN", "LOSS", "DRAW")[number % 3]
            row = scene.match(cls.ann, f"m{number}", result)
            scene.match(cls.bob, f"m{number}")
            if number % 4 == 0:
                scene.archive(row)
        scene.voided(cls.ann, "void")

    @settings(deadline=None)  # by the machine at hand
    @given(kept=st.sets(st.integers(0, 11)))
    def test_of_matches(self, kept):
        keys = [f"m{number}" for number in kept]
        for table in (Match, ArchivedMatch):
            table.objects.update(voided_at=None, void_reason="")
            left_out = table.objects.filter(user=self.ann).exclude(match_key__in=keys)
            left_out.update(voided_at=scene.at(200), void_reason="left out")
        expected = {name: get_number(self.ann, name).read().value for name in list_stat_names()}
        for table in (Match, ArchivedMatch):
            table.objects.update(voided_at=None, void_reason="")

        for name in list_stat_names():
            number = get_number(self.ann, name)
            rows = list_rows_behind(number.holder, number.column, **number.keys)
            of_matches = [each for each in rows if issubclass(each.model, Match | ArchivedMatch)]
            others = [each for each in rows if each not in of_matches]
            some = [*(each.filter(match_key__in=keys) for each in of_matches), *others]
            assert weigh_rows(number, some).value == expected[name], name

    def test_of_all_rows(self):
        """Their statement is written once, for every player and game: each is told what is theirs."""
        for with_first in (False, True):
            for user in (self.ann, self.bob, scene.player(f"new{with_first}")):
                numbers = [get_number(user, name) for name in list_stat_names()]
                numbers += [get_number(user, name, scene.game()) for name in list_game_stat_names()]
                for number in numbers:
                    rows = list_rows_behind(number.holder, number.column, **number.keys)
                    told = weigh_rows(number, with_first=with_first)
                    assert told == weigh_rows(number, rows, with_first=with_first), (user, number.column)
                    assert told.value == number.read().value, (user, number.column)
        assert weigh_rows(get_number(self.ann, "total_matches_played")).rows == 12


@pytest.mark.django_db
@isolate_apps("deltacrown.user_profile")
def test_each_part_is_counted_from_its_own_rows_whatever_rows_are_shown():
    anna, ben = scene.player("anna"), scene.player("ben")
    for number, placement in enumerate([1, 4, 1, 12]):
        event = scene.tournament(f"t{number}")
        scene.registration(anna, event)
        scene.registration(ben, event)
        scene.result(event, placement, anna)
    scene.match(anna, "won")
    scene.match(anna, "lost", "LOSS")

    profile, _ = catalogue(
        entered=Stat(ENTERED),
        titles=Stat(
            count_of("tournaments.TournamentResult", happened_at="decided_at", where=[*PLACED, FIRST])
        ),
        won=Stat(count_of(*MATCHES, happened_at="played_at", where=[*COUNTED, WON])),
        played=played(),
        title_rate=rated("titles", "entered"),
        # Its rows are the matches won; those played are more.
        win_rate=rated("won", "played", rows_of="won"),
    )

    of_two_tables = recount(
        profile,
        "title_rate",
        list_rows_behind(profile, "title_rate", user=anna),
        user=anna,
    )
    of_wider_rows = recount(profile, "win_rate", list_rows_behind(profile, "win_rate", user=anna), user=anna)

    assert (of_two_tables.rows, of_two_tables.parts) == (4, {"entered": 4, "titles": 2})
    assert (of_wider_rows.rows, of_wider_rows.parts) == (1, {"won": 1, "played": 2})
    assert of_two_tables.value == of_wider_rows.value == Decimal("50.00")
    # Nothing can be among no rows, and there is no first of them.
    empty = recount(profile, "win_rate", [Match.objects.none(), UserAchievement.objects.all()], user=anna)
    assert (empty.rows, empty.parts, empty.value, empty.first_at) == (0, {"won": 0, "played": 0}, 0, None)
    assert of_two_tables.first_at == find_first_fact(profile, "title_rate", {"user": anna.pk})


def catalogue(per_game=None, **fields):
    """A profile and a holder per game with these numbers; what each has beside them is left out."""
    base = {"__module__": __name__}

    def holder(name, numbers):
        meta = type("Meta", (), {"app_label": "user_profile"})
        owner = models.OneToOneField("accounts.User", models.CASCADE, primary_key=True, related_name="+")
        return type(name, (models.Model,), {**base, "Meta": meta, "user": owner, **numbers})

    return holder("Profile", fields), holder("PerGame", per_game or {})


def played(**options):
    return Stat(PLAYED, label="Played", meaning="All.", **options)


def rated(won, total, **options):
    output = models.DecimalField(max_digits=5, decimal_places=2)
    options = {"rows_of": total, "label": "Rate", **options}
    return DerivedStat(expression=rate(won, total), output_field=output, **options)


ENTERED = count_of("tournaments.TournamentParticipation", happened_at="registered_at")
FAULTS = {
    "a twin of nothing": (
        lambda: catalogue({"x": played(twin_of="nothing")}, y=played()),
        "user_profile.E001",
    ),
    "no twin": (lambda: catalogue({"x": played()}, x=played()), "user_profile.E001"),
    "an unknown name": (lambda: catalogue(x=played(sentence="{wins} won.")), "user_profile.E002"),
    "an open brace": (lambda: catalogue(x=played(sentence="{value won.")), "user_profile.E002"),
    "a sample of nothing": (
        lambda: catalogue(x=played(leaderboard=Leaderboard(sample=Sample("y", 1, "games")))),
        "user_profile.E003",
    ),
    "a sample without a twin": (
        lambda: catalogue(
            {"x": played(twin_of="x")},
            x=played(leaderboard=Leaderboard(sample=Sample("y", 1, "games"))),
            y=played(),
        ),
        "user_profile.E003",
    ),
}


@pytest.mark.parametrize(("build", "found"), FAULTS.values(), ids=FAULTS)
def test_a_declaration_that_cannot_be_shown_is_refused(build, found):
    with isolate_apps("deltacrown.user_profile"):
        messages = check_numbers(*build())

    assert [message.id for message in messages] == [found]
    assert messages[0].hint


@isolate_apps("deltacrown.user_profile")
def test_a_sound_declaration_is_taken():
    sample = Leaderboard(sample=Sample("y", 1, "games"))
    twins = {"n": played(twin_of="y"), "r": rated("n", "n", twin_of="x")}
    profile, per_game = catalogue(twins, x=rated("y", "y", leaderboard=sample), y=played())

    assert check_numbers(profile, per_game) == []
    assert list_twin_leaderboards(per_game, profile)["r"].sample == Sample("n", 1, "games")


@isolate_apps("deltacrown.user_profile")
def test_a_number_without_a_sentence_is_explained_by_its_kind():
    points = Stat(sum_of("points", "user_profile.ExperienceAward", happened_at="awarded_at"), label="Points")
    profile, _ = catalogue(x=rated("won", "all", unit="%"), won=played(), all=played(), points=points)
    fields = {field.name: field for field in list_numbers(profile)}

    assert write_sentence(fields["won"], 1, {"won": 1}, 1) == "1 row; the number is 1."
    assert write_sentence(fields["points"], 2, {"points": 1200}, 1200) == "2 rows add up to 1,200."
    rate = write_sentence(fields["x"], 4, {"won": 1, "all": 4}, Decimal("25.00"))
    assert rate == "Played 1, Played 4; the number is 25.00 %."
    nothing = write_sentence(fields["x"], 0, {"won": 0, "all": 0}, None)
    assert nothing == "There is nothing to compute it from."


def test_names_of_indexes_fit_every_database_and_stay_apart():
    names = ["matches_played_on_holidays", "matches_played_on_holiday_eves"]
    boards = dict.fromkeys(names, Leaderboard())
    names = [index.name for index in build_indexes(boards, "profile", last="public_id")]

    assert all(len(name) <= 30 for name in names)
    assert len(set(names)) == 2

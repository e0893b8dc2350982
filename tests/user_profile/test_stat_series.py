"""A number over time, period by period: against its rows counted in Python."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from math import isqrt
from random import Random

import pytest

from deltacrown.core.days import Precision
from deltacrown.core.errors import InvalidInput, NotFound
from deltacrown.games.models import Match, Season
from deltacrown.user_profile.numbers.catalogue import get_number, list_stat_names
from deltacrown.user_profile.numbers.rolling import MOST_DAYS, MOST_MATCHES, Rolling
from deltacrown.user_profile.numbers.time_axis import By, build_steps
from deltacrown.user_profile.privacy import HistoryHidden
from deltacrown.user_profile.services.stats_service import get_stat_rows, get_stat_series
from django_tally.as_of import get_as_of
from django_tally.numbers import list_components
from tests import scene
from tests.tally.times import database_now

pytestmark = pytest.mark.django_db

DAY, TICK = timedelta(days=1), timedelta(microseconds=1)
#: Between them lie a leap day, an ISO week 53 and an end of a year.
FIRST, NOW = datetime(2020, 2, 20, tzinfo=UTC), datetime(2021, 2, 3, 8, 30, tzinfo=UTC)
RATES = {"overall_win_rate", "series_win_rate"}


class Dice(Random):
    """Random facts."""

    def hours(self) -> float:
        """When something happened; half of it at a midnight, as what has no time."""
        found = FIRST + timedelta(seconds=self.randrange(int((NOW - FIRST).total_seconds())))
        at = found.replace(hour=0, minute=0, second=0) if self.random() < 0.5 else found
        return (at - scene.START) / timedelta(hours=1)

    def game(self):
        return scene.game(self.choice(["valorant", "chess"]))


@pytest.fixture
def ann(db):
    """A player with a year of facts of every kind: archived, voided and corrected ones, one in the future."""
    dice, ann = Dice(12), scene.player("ann")
    for place in range(60):
        result, kind = dice.choice(["WIN", "WIN", "LOSS", "DRAW"]), dice.choice(["CASUAL", "TOURNAMENT"])
        row = scene.match(ann, f"m{place}", result, title=dice.game(), hours=dice.hours(), kind=kind)
        if place % 11 == 0:
            Match.objects.filter(pk=row.pk).update(voided_at=NOW, void_reason="x")
        elif place % 7 == 0:
            Match.objects.filter(pk=row.pk).update(played_at=scene.at(dice.hours()), result="LOSS")
        if place % 3 == 0:
            scene.archive(Match.objects.get(pk=row.pk))
    for place in range(12):
        hours, event = dice.hours(), scene.tournament(f"t{place}", title=dice.game())
        scene.registration(ann, event, hours=hours)
        scene.series_result(ann, event, result=dice.choice(["WIN", "LOSS"]), hours=hours + 20)
        scene.result(event, dice.choice([1, 2, 5, 12]), ann, hours=hours + 30)
        scene.experience(ann, 60 + place, f"x{place}")
    scene.match(ann, "to come", "WIN", hours=24 * 365 * 9)
    scene.achievement(ann, hours=-24 * 300)
    scene.achievement(ann, "veteran", hours=5)
    scene.dispute(ann, Match.objects.filter(user=ann).first())
    return ann


def list_facts(number):
    """Return, of each part of a number, when each of its facts happened and what it adds."""
    facts = {}
    for stat in list_components(number.holder, number.column):
        facts[stat.name] = [
            (getattr(row, each.happened_at), 1 if each.value == 1 else getattr(row, each.value))
            for each in stat.contributions
            for row in each.model.objects.filter(
                each.where, **{each.key_for(key): value for key, value in number.keys.items()}
            )
        ]
    return facts


def compute(name, parts):
    """Return a number of its parts, by what its meaning says."""
    if name in RATES:
        won, played = sorted(parts.values())
        return Decimal((20000 * won + played) // (2 * played)) / 100 if played else 0
    if name == "average_placement":
        total, count = parts["placement_sum"], parts["placement_count"]
        return Decimal((200 * total + count) // (2 * count)) / 100 if count else None
    if name == "level":
        return isqrt((parts["experience_points"] + 50) // 50)
    (value,) = parts.values()
    return value


def sum_up(facts, since=None, until=None):
    return {
        part: sum(value for at, value in found if (not since or since <= at) and (not until or at < until))
        for part, found in facts.items()
    }


def assert_told(series, facts, *, days=None):
    """Check every point against the facts."""
    name = series.stat.name
    is_counted = name not in {*RATES, "average_placement", "level"}
    for point in series.points:
        is_last = point is series.points[-1] and series.reaches_present
        until = None if is_last else point.ends_at
        within = sum_up(facts, point.starts_at, until if series.by is not By.SEASON else point.ends_at)
        is_empty = not any(within.values())

        assert point.value == compute(name, sum_up(facts, until=until)), (point, name)
        assert point.is_empty is is_empty
        assert point.change == (compute(name, within) if is_counted else None)
        assert point.within == (None if is_empty and not is_counted else compute(name, within))
        if days:
            end = datetime(2021, 2, 4, tzinfo=UTC) if is_last else point.ends_at
            over = sum_up(facts, end - days * DAY, until)
            assert point.rolling == (compute(name, over) if is_counted or any(over.values()) else None)


def test_every_number_by_days_weeks_and_months(ann):
    for stat in list_stat_names():
        number = get_number(ann, stat)
        facts = list_facts(number)
        first = min(at for found in facts.values() for at, _ in found)

        for by in (By.DAY, By.WEEK, By.MONTH):
            series = get_stat_series(ann, stat, by=by, rolling=Rolling(days=90), viewer=ann, now=NOW)

            assert_told(series, facts, days=90)
            assert series.points[0].starts_at <= min(first, NOW) < series.points[0].ends_at
            assert series.points[-1].starts_at <= NOW < series.points[-1].ends_at
            assert all(a.ends_at == b.starts_at for a, b in pairwise(series.points))
            assert series.points[-1].value == series.stat.value == number.read().value
            assert (series.as_of, series.known_at, series.reaches_present) == (None, None, True)


def test_the_changes_of_a_count_add_up_to_it(ann):
    for stat in ("matches_won", "experience_points", "placement_sum"):
        series = get_stat_series(ann, stat, by="week", viewer=ann, now=NOW)

        assert sum(point.change for point in series.points) == series.stat.value > 0


def test_a_range_is_of_whole_periods(ann):
    asked = {"start": "2020-05-17", "end": datetime(2020, 8, 1, tzinfo=UTC)}
    series = get_stat_series(ann, "matches_won", **asked, now=NOW)
    days = get_stat_series(ann, "matches_won", by="day", start=date(2020, 5, 1), end="2020-05-02", now=NOW)

    assert [point.name for point in series.points] == ["2020-05", "2020-06", "2020-07", "2020-08"]
    assert_told(series, list_facts(get_number(ann, "matches_won")))
    assert series.as_of == datetime(2020, 9, 1, tzinfo=UTC) - TICK
    assert not series.reaches_present
    assert [point.name for point in days.points] == ["2020-05-01", "2020-05-02"]
    assert [point.label for point in days.points] == ["1 May 2020", "2 May 2020"]


@pytest.fixture
def seasons(db):
    """Seasons of all games that overlap and leave gaps, one running, one to come; and one of chess."""

    def season(slug, starts, ends, title=None):
        times = (datetime.fromisoformat(f"{day}T00:00Z") for day in (starts, ends))
        Season.objects.create(
            slug=slug, name=slug.title(), game=title, starts_at=next(times), ends_at=next(times)
        )

    season("spring", "2020-03-01", "2020-06-01")
    season("playoffs", "2020-05-15", "2020-06-15")
    season("winter", "2021-01-01", "2021-03-01")
    season("next", "2021-04-01", "2021-05-01")
    season("gambit", "2020-04-01", "2020-07-01", scene.game("chess"))


def test_a_season_written_within_a_day_is_touched_by_that_day(ann):
    times = (datetime(2020, 5, 2, hour, tzinfo=UTC) for hour in (6, 18))
    Season.objects.create(slug="raw", name="Raw", starts_at=next(times), ends_at=next(times))

    for day, found in (("2020-05-01", []), ("2020-05-02", ["raw"]), ("2020-05-03", [])):
        series = get_stat_series(ann, "matches_won", by="season", start=day, end=day, now=NOW)
        assert [point.name for point in series.points] == found


def test_seasons_stand_for_themselves(ann, seasons):
    everything = get_stat_series(ann, "overall_win_rate", by="season", rolling=Rolling(days=30), now=NOW)
    in_chess = get_stat_series(ann, "matches_won", by="season", game="chess", now=NOW)
    cups = get_stat_series(
        ann, "tournaments_participated", by="season", filters={"game": "chess"}, end="2020-12-31", now=NOW
    )

    assert [point.name for point in everything.points] == ["spring", "playoffs", "winter"]
    assert [point.name for point in in_chess.points] == ["spring", "playoffs", "gambit", "winter"]
    assert [point.name for point in cups.points] == ["spring", "playoffs", "gambit"]
    assert_told(everything, list_facts(get_number(ann, "overall_win_rate")), days=30)
    assert_told(in_chess, list_facts(get_number(ann, "matches_won", scene.game("chess"))))
    assert everything.reaches_present
    assert everything.points[-1].value == everything.stat.value
    assert (everything.game, in_chess.game) == (None, scene.game("chess"))


def test_without_a_running_season_nothing_reaches_the_present(ann, seasons):
    Season.objects.filter(slug="winter").delete()

    series = get_stat_series(ann, "matches_won", by="season", now=NOW)
    Season.objects.all().delete()
    without = get_stat_series(ann, "matches_won", by="season", now=NOW)

    assert [point.name for point in series.points] == ["spring", "playoffs"]
    assert (series.reaches_present, series.as_of) == (False, datetime(2020, 6, 15, tzinfo=UTC) - TICK)
    assert (without.points, without.reaches_present) == ([], False)


@pytest.mark.parametrize(
    ("stat", "filters"),
    [
        ("total_matches_played", {"result": "DRAW"}),
        ("matches_won", {"game": "chess", "kind": "CASUAL", "played_from": "2020-06-01"}),
        ("series_won", {"result": "WIN", "game": "chess"}),
        ("tournaments_participated", {"game": "chess", "placement": 1}),
    ],
)
def test_filters_leave_the_rows_that_the_same_filters_list(ann, stat, filters):
    series = get_stat_series(ann, stat, by="day", filters=filters, now=NOW)
    listed = get_stat_rows(ann, stat, filters=filters, limit=50).evidence

    assert sum(point.change for point in series.points) == listed.rows > 0
    assert series.points[-1].value == listed.value
    assert not series.points[0].is_empty


def test_filters_that_leave_nothing(ann):
    casual = {"filters": {"kind": "CASUAL"}, "rolling": Rolling(matches=3), "now": NOW}

    (point,) = get_stat_series(ann, "series_win_rate", **casual).points

    assert (point.value, point.within, point.rolling, point.is_empty) == (0, None, None, True)


def test_a_rate_of_filtered_matches(ann):
    filters = {"kind": "TOURNAMENT", "game": "chess"}
    series = get_stat_series(ann, "overall_win_rate", filters=filters, rolling=Rolling(matches=3), now=NOW)
    listed = get_stat_rows(ann, "overall_win_rate", filters=filters, limit=50)

    assert series.game == scene.game("chess")
    assert series.points[-1].value == listed.evidence.value
    last = [entry.result for entry in listed.items[:3]]
    assert series.points[-1].rolling == compute("overall_win_rate", {"won": last.count("WIN"), "played": 3})


@pytest.mark.parametrize(
    ("stat", "count"), [("overall_win_rate", 7), ("matches_won", 20), ("series_win_rate", 2)]
)
def test_over_the_last_matches(ann, stat, count):
    rows = get_stat_rows(ann, stat.replace("matches_won", "total_matches_played"), limit=50)
    earlier = get_stat_rows(ann, rows.stat.name, rows.next_cursor, limit=50).items if rows.has_next else []
    latest_first = [*rows.items, *earlier]

    for by in ("week", "month"):
        series = get_stat_series(ann, stat, by=by, rolling=Rolling(matches=count), now=NOW)

        for point in series.points:
            until = datetime.max.replace(tzinfo=UTC) if point is series.points[-1] else point.ends_at
            last = [row.result for row in latest_first if row.played_at < until][:count]
            parts = {"won": last.count("WIN"), "played": len(last)}
            expected = parts["won"] if stat == "matches_won" else compute(stat, parts) if last else None
            assert point.rolling == expected, point
        assert len({point.rolling for point in series.points}) >= 3


def test_matches_of_one_time_are_the_last_in_the_order_of_their_facts(player, played):
    ann = player("ann")
    midnight = {"played_at": datetime(2021, 2, 1, tzinfo=UTC)}
    for key, result in [("r10", "WIN"), ("r9", "LOSS"), ("r2", "LOSS"), ("r1", "WIN")]:
        row = played(ann, result, match_key=key, **midnight)
        if key in {"r9", "r1"}:
            scene.archive(row)
    played(ann, "LOSS", match_key="a", sequence=1, **midnight)

    rolling = [
        get_stat_series(ann, "matches_won", rolling=Rolling(matches=n), now=NOW).points[-1].rolling
        for n in range(1, 7)
    ]

    # The latest first: a, since it has a sequence; then r10, r9, r2, r1.
    assert rolling == [0, 1, 1, 1, 2, 2]


def test_what_was_known_earlier(ann):
    stats = ("matches_won", "overall_win_rate", "tournaments_won", "average_placement")
    lengths = (By.DAY, By.MONTH)
    before = {(stat, by): get_stat_series(ann, stat, by=by, now=NOW) for stat in stats for by in lengths}
    known_at = database_now()
    first, *_, last = Match.objects.filter(user=ann, result="WIN", voided_at=None).order_by("played_at")
    Match.objects.filter(pk=first.pk).update(played_at=NOW)
    Match.objects.filter(pk=last.pk).update(played_at=scene.at(-24 * 3000))
    Match.objects.filter(pk=last.pk).update(played_at=scene.at(-24 * 20))
    scene.archive(Match.objects.filter(user=ann, result="LOSS").first())
    Match.objects.filter(user=ann, result="WIN")[3].delete()
    scene.match(ann, "long ago", hours=-24 * 4000)
    ann.tournament_results.filter(placement=1).update(placement=3)

    for (stat, by), then in before.items():
        series = get_stat_series(ann, stat, by=by, known_at=known_at, now=NOW)

        assert series.points == then.points
        assert series.known_at == known_at
        number = get_number(ann, stat)
        assert series.points[-1].value == get_as_of(number.holder, stat, number.keys, known_at=known_at)
        assert get_stat_series(ann, stat, by=by, now=NOW).points != then.points


def test_a_player_without_facts_has_one_period(player):
    for stat in list_stat_names():
        ann = player(f"ann-{stat}".replace("_", "-"))
        series = get_stat_series(ann, stat, rolling=Rolling(days=7), viewer=ann, now=NOW)

        (point,) = series.points
        assert (point.name, point.label) == ("2021-02", "Feb 2021")
        assert point.value == series.stat.value
        assert (point.is_empty, point.within in (None, 0)) == (True, True)


def test_facts_of_the_future_alone(player, played):
    ann = player("ann")
    played(ann, "WIN", played_at=NOW + 400 * DAY)

    (point,) = get_stat_series(ann, "matches_won", now=NOW).points
    later = get_stat_series(ann, "matches_won", start="2022-01-01", end="2022-04-01", now=NOW)

    assert (point.name, point.value, point.change) == ("2021-02", 1, 1)
    assert [each.value for each in later.points] == [0, 0, 1, 1]


@pytest.mark.parametrize(
    ("by", "first", "last", "names"),
    [
        ("day", "2020-02-28", "2020-03-01", ["2020-02-28", "2020-02-29", "2020-03-01"]),
        ("week", "2020-12-27", "2021-01-04", ["2020-W52", "2020-W53", "2021-W01"]),
        ("week", "2018-12-31", "2018-12-31", ["2019-W01"]),
        ("month", "2020-12-31", "2021-01-01", ["2020-12", "2021-01"]),
        ("day", "0001-01-01", "0001-01-02", ["0001-01-01", "0001-01-02"]),
        ("week", "0001-01-03", "0001-01-08", ["0001-W01", "0001-W02"]),
        ("month", "0001-01-01", "0001-02-01", ["0001-01", "0001-02"]),
        ("day", "9999-12-30", "9999-12-31", ["9999-12-30", "9999-12-31"]),
        ("week", "9999-12-26", "9999-12-31", ["9999-W51", "9999-W52"]),
        ("month", "9999-11-30", "9999-12-31", ["9999-11", "9999-12"]),
    ],
)
def test_the_calendar(by, first, last, names):
    ends = (datetime.fromisoformat(f"{day}T12:00Z") for day in (first, last))
    steps = build_steps(By(by), *ends, is_open=False)

    assert [step.name for step in steps] == names
    assert all(a.ends_at == b.starts_at for a, b in pairwise(steps))
    assert steps[-1].whole.until == (None if last == "9999-12-31" else steps[-1].ends_at)


def test_the_first_year_and_the_last(player, played):
    ann = player("ann")
    played(ann, "WIN", played_at=datetime(1, 1, 1, tzinfo=UTC))
    played(ann, "WIN", played_at=datetime.max.replace(tzinfo=UTC))

    ancient = get_stat_series(
        ann, "matches_won", by="week", end="0001-01-14", rolling=Rolling(days=8), now=NOW
    )
    at_last = get_stat_series(ann, "matches_won", by="day", start="9999-12-30", end="9999-12-31", now=NOW)

    assert [(each.name, each.value, each.rolling) for each in ancient.points] == [
        ("0001-W01", 1, 1),
        ("0001-W02", 1, 0),
    ]
    assert ancient.points[0].label == "Week 1 of 1"
    assert [(each.value, each.change) for each in at_last.points] == [(1, 0), (2, 1)]
    with pytest.raises(InvalidInput, match=r"737,\d{3} days, and a series has 10,000 at most"):
        get_stat_series(ann, "matches_won", by="day", now=NOW)


@pytest.mark.parametrize(
    ("asked", "field", "mend"),
    [
        ({"by": "year"}, "by", "use day, week, month, season"),
        ({"start": "yesterday"}, "start", "write it as 2025-01-31"),
        ({"start": "2021-02-30"}, "start", "write it as 2025-01-31"),
        ({"start": "20210201"}, "start", "write it as 2025-01-31"),
        ({"end": datetime(2021, 1, 1)}, "end", "names no time zone: add one"),
        ({"start": "2021-02-02", "end": "2021-02-01"}, "end", "give a later end"),
        ({"known_at": datetime(2021, 1, 1)}, "known_at", "end it with Z"),
        ({"filters": {"result": "WIN"}, "known_at": NOW}, "known_at", "leave out one of the two"),
        ({"filters": {"game": "chess"}, "game": "valorant"}, "game", "name one"),
        ({"filters": {"status": "OPEN"}}, "status", "use game, kind"),
        ({"stat": "tournaments_won", "filters": {"result": "WIN"}}, "result", "leave the filters out"),
        ({"stat": "tournaments_won", "game": "chess"}, "game", "ask for one of"),
        ({"stat": "tournaments_won", "rolling": Rolling(matches=3)}, "rolling", "ask for days"),
        ({"rolling": Rolling(matches=3), "known_at": NOW}, "rolling", "leave out known_at"),
        (
            {"by": "day", "start": "2000-01-01", "rolling": Rolling(matches=1000)},
            "rolling",
            "ask for longer periods",
        ),
    ],
)
def test_what_is_refused(player, asked, field, mend):
    scene.game("chess")
    scene.game("valorant")
    with pytest.raises(InvalidInput, match=mend) as refusal:
        get_stat_series(player("ann"), **{"stat": "matches_won", "now": NOW, **asked})

    assert refusal.value.field == field


def test_ten_thousand_periods_are_told_and_no_more(player):
    ann, last = player("ann"), date(2021, 2, 3)
    asked = {"stat": "disputes_filed", "by": "day", "viewer": ann, "now": NOW}

    assert len(get_stat_series(ann, **asked, start=last - 9_999 * DAY).points) == 10_000
    with pytest.raises(InvalidInput, match="These are 10,001 days"):
        get_stat_series(ann, **asked, start=last - 10_000 * DAY)
    with pytest.raises(NotFound):
        get_stat_series(ann, **{**asked, "stat": "luck"})


@pytest.mark.parametrize("text", ["", "20", "0d", "m", "20 m", "1001m", "36501d", "-1d", "٣d", "20M"])
def test_what_is_nothing_to_go_over(text):
    with pytest.raises(InvalidInput, match="write 20m for the last 20 matches"):
        Rolling.read(text)


def test_what_a_number_can_go_over():
    assert Rolling.read("20m") == Rolling(matches=20)
    assert Rolling.read("90d") == Rolling(days=90)
    assert str(Rolling.read(f"{MOST_MATCHES}m")) == f"{MOST_MATCHES}m"
    assert str(Rolling.read(f"{MOST_DAYS}d")) == f"{MOST_DAYS}d"
    with pytest.raises(InvalidInput):
        Rolling(matches=1, days=1)
    with pytest.raises(InvalidInput):
        Rolling()


def test_who_hides_a_history_hides_the_series_of_its_numbers(ann):
    scene.hide(ann, matches=True)
    for viewer in (None, scene.player("bob")):
        for stat in ("matches_won", "series_win_rate", "experience_points", "disputes_filed"):
            with pytest.raises(HistoryHidden):
                get_stat_series(ann, stat, viewer=viewer, now=NOW)
    assert get_stat_series(ann, "matches_won", viewer=ann, now=NOW).points
    assert get_stat_series(ann, "matches_won", viewer=scene.player("mod", is_staff=True), now=NOW).points


def test_what_reveals_a_hidden_history_is_told_by_the_day(ann):
    scene.hide(ann, matches=True)
    day = datetime(2021, 2, 2, tzinfo=UTC)

    series = get_stat_series(ann, "achievement_count", by="day", start="2021-01-01", now=NOW)
    assert series.precision is Precision.DAY
    assert all(
        (point.starts_at.time(), point.ends_at.time()) == (day.time(), day.time()) for point in series.points
    )
    assert get_stat_series(ann, "achievement_count", viewer=ann, now=NOW).precision is Precision.EXACT

    for known_at in (day - TICK, NOW):
        assert get_stat_series(ann, "achievement_count", known_at=known_at, now=NOW).points
    for known_at in (day, day + TICK, NOW - TICK):
        with pytest.raises(HistoryHidden) as refusal:
            get_stat_series(ann, "achievement_count", known_at=known_at, now=NOW)
        assert refusal.value.field == "known_at"


@pytest.mark.parametrize(
    ("asked", "queries"),
    [
        # Whether the history is shown, the first fact, the values, the number.
        ({}, 4),
        ({"start": "2020-01-01"}, 3),
        ({"rolling": Rolling(days=30)}, 4),
        ({"rolling": Rolling(matches=20)}, 5),
        ({"by": "season"}, 5),
        ({"known_at": NOW}, 4),
        ({"game": "chess"}, 5),
        ({"now": None}, 5),
    ],
)
def test_queries(ann, seasons, django_assert_num_queries, asked, queries):
    with django_assert_num_queries(queries):
        get_stat_series(ann, **{"stat": "overall_win_rate", "now": NOW, **asked})

"""The chart of a number on its pages: what it draws, its table, other periods, and who sees it."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.urls import reverse

from deltacrown.core import clock
from deltacrown.games.services import correct_match, create_season, void_match
from deltacrown.pages.stat_charts import MOST_PERIODS
from django_tally.models import Recording, Revision
from tests import scene
from tests.web.reading import rows_in, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.once]

PAGES = ["player-stat", "player-stat-history"]
CHART = '<svg class="chart" role="img" aria-labelledby="chart-title chart-desc">'
DAY = 24


@pytest.fixture(autouse=True)
def _end_of_march(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: datetime(2025, 3, 31, 12, tzinfo=UTC))


@pytest.fixture
def anna(db):
    """Won on 1 Mar, lost on the 2nd, won twice on the 5th; one that counts nowhere on the 6th."""
    anna = scene.player("anna")
    for number, (day, result) in enumerate([(0, "WIN"), (1, "LOSS"), (4, "WIN"), (4, "WIN")]):
        scene.match(anna, f"m{number}", result, hours=day * DAY)
    scene.voided(anna, "void", hours=5 * DAY)
    return anna


def show(client, user, stat="matches_won", on="player-stat", **query):
    return client.get(reverse(on, args=[user.profile.public_id, stat]), query)


@pytest.mark.parametrize("page", PAGES)
def test_a_short_career_is_drawn_by_day_and_told_as_a_table(client, anna, page):
    answer = show(client, anna, on=page)

    assert CHART in answer.content.decode()
    text = text_of(answer)
    assert "By when it happened, as this site knows it now." in text
    assert "From 1 (1 Mar 2025) to 3 (31 Mar 2025), between 1 and 3." in text
    rows = rows_in(answer, "Matches won by day")
    assert rows[:6] == [
        "1 Mar 2025 +1 1",
        "2 Mar 2025 nothing 1",
        "3 Mar 2025 nothing 1",
        "4 Mar 2025 nothing 1",
        "5 Mar 2025 +2 3",
        "6 Mar 2025 nothing 3",
    ]
    assert len(rows) == 31


def test_a_rate_is_drawn_within_0_and_100_and_tells_of_each_period_alone(client, anna):
    answer = show(client, anna, "overall_win_rate", by="day")

    assert rows_in(answer, "Win rate by day")[:5] == [
        "1 Mar 2025 100.00 100.00",
        "2 Mar 2025 0.00 50.00",
        "3 Mar 2025 nothing 50.00",
        "4 Mar 2025 nothing 50.00",
        "5 Mar 2025 100.00 75.00",
    ]
    assert [tick.label for tick in answer.context["drawing"].values] == ["0", "25", "50", "75", "100"]


def test_the_last_matches_can_be_drawn_beside_all(client, anna):
    answer = show(client, anna, "overall_win_rate", rolling="20m")

    assert 'href="?#over-time">All matches up to then' in answer.content.decode()
    assert "The last 20 matches." in text_of(answer)
    assert answer.context["drawing"].beside is not None
    assert answer.context["drawing"].last.value == 75


def test_the_best_placement_is_at_the_top(client, anna):
    scene.result(scene.tournament("masters"), 3, anna)

    answer = show(client, anna, "average_placement")

    assert "Lower is better, so 1 is at the top." in text_of(answer)
    assert answer.context["drawing"].scale.is_falling


def test_nothing_has_happened(client, db):
    answer = show(client, scene.player("new"))

    assert CHART not in answer.content.decode()
    assert "Nothing has happened yet that this number counts." in text_of(answer)


@pytest.mark.parametrize(
    ("by", "label", "count"),
    [("week", "Week 9 of 2025", 6), ("month", "Mar 2025", 1), ("day", "1 Mar 2025", 31)],
)
def test_the_periods_can_be_chosen(client, anna, by, label, count):
    answer = show(client, anna, by=by)

    rows = rows_in(answer, f"Matches won by {by}")
    assert (rows[0].startswith(label), len(rows)) == (True, count)
    assert f'by={by}#over-time" aria-current="true">' in answer.content.decode()


def test_a_period_leads_to_its_days(client, anna):
    page = show(client, anna, by="week").content.decode()
    assert 'href="?by=day&amp;until=2025-03-09#over-time">Week 10 of 2025' in page


def test_a_long_career_has_so_many_periods_on_a_page_and_the_way_to_the_others(client, anna):
    scene.match(anna, "old", hours=-400 * DAY)

    latest = show(client, anna, by="day")
    assert len(rows_in(latest, "Matches won by day")) == MOST_PERIODS
    assert 'by=day&amp;until=2024-12-01#over-time">Earlier' in latest.content.decode()

    before = show(client, anna, by="day", until="2024-12-01").content.decode()
    assert 'by=day&amp;until=2025-03-31#over-time">Later' not in before
    assert 'href="?by=day#over-time">Up to now' in before
    assert 'by=day&amp;until=2024-08-03#over-time">Earlier' in before

    assert len(rows_in(show(client, anna), "Matches won by week")) == 63


def test_seasons_can_be_chosen_where_there_are_some(client, anna):
    assert ">Season</a>" not in show(client, anna).content.decode()
    spring = {"starts_at": datetime(2025, 3, 1, tzinfo=UTC), "ends_at": datetime(2025, 3, 4, tzinfo=UTC)}
    create_season(slug="spring", name="Spring", **spring)

    assert ">Season</a>" in show(client, anna).content.decode()
    answer = show(client, anna, by="season")
    assert rows_in(answer, "Matches won by season") == ["Spring +1 1"]
    assert "Each season is drawn by what the number was at its end" in text_of(answer)


def test_without_a_season_the_page_says_so(client, anna):
    assert "There is no season for what this number counts." in text_of(show(client, anna, by="season"))


def test_in_one_game(client, anna):
    scene.match(anna, "c", title=scene.game("chess"))

    answer = show(client, anna, game="chess", by="day")

    assert rows_in(answer, "Matches won by day")[0] == "1 Mar 2025 +1 1"
    assert 'href="?game=chess&amp;by=month#over-time"' in answer.content.decode()


def test_narrowed_rows_and_later_pages_have_none(client, anna):
    for number in range(10):
        scene.match(anna, f"more{number}")

    assert "chart" not in show(client, anna, result="WIN", kind="CASUAL").context
    cursor = show(client, anna).context["rows"].next_cursor
    assert "chart" not in show(client, anna, page=cursor).context


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ({"by": "year"}, "use day, week, month, season"),
        ({"until": "yesterday"}, "is no date: write it as 2025-06-30"),
        ({"until": "2025-02-30"}, "is no date: write it as 2025-06-30"),
        ({"rolling": "20m"}, "leave it out, or ask the API"),
        ({"rolling": "7"}, "leave it out, or ask the API"),
        ({"chart": "guessed"}, "ask for happened or known"),
        ({"chart": "known", "rolling": "20m"}, "leave “rolling” out"),
        ({"chart": "known", "by": "season"}, "choose one of them"),
    ],
)
def test_what_cannot_be_drawn_is_a_400_that_says_what_can(client, anna, page, query, reason):
    answer = show(client, anna, on=page, **query)

    assert answer.status_code == 400
    assert reason in text_of(answer)


@pytest.mark.parametrize("until", ["0001-01-01", "2024-01-01", "9999-12-31"])
@pytest.mark.parametrize("by", ["day", "week", "month", "season"])
def test_any_day_of_the_calendar_can_be_the_last(client, anna, until, by):
    assert show(client, anna, by=by, until=until).status_code == 200


def test_as_this_site_knew_it_all_was_learnt_when_it_was_recorded(client, anna):
    answer = show(client, anna, chart="known", by="day")

    assert "What this site showed then, by when it learnt of each change." in text_of(answer)
    assert answer.context["chart"].is_known
    # Nothing was recorded in March 2025: the rows were written after it, by the database's clock.
    assert [row.split()[-1] for row in rows_in(answer, "Matches won by day")] == ["3"]


def test_a_rate_as_this_site_knew_it_is_that_of_its_parts(client, anna):
    answer = show(client, anna, "overall_win_rate", chart="known", by="day")
    assert [row.split()[-1] for row in rows_in(answer, "Win rate by day")] == ["75.00"]


class TestRulings:
    NOW = datetime(2025, 3, 30, tzinfo=UTC)

    @pytest.fixture(autouse=True)
    def _rulings(self, anna):
        void_match(game=scene.game(), match_key="m2", reason="<b>Smurfing", now=self.NOW)
        correct_match(
            game=scene.game(), match_key="m1", results={"anna": "WIN"}, reason="Wrong way round", now=self.NOW
        )

    def test_they_are_marked_where_what_they_are_about_happened(self, client, anna):
        answer = show(client, anna, by="day")

        rows = rows_in(answer, "Matches won by day")
        assert rows[1] == (
            "2 Mar 2025 +1 2 Valorant match m1, played 2 Mar 2025 : result corrected from LOSS to WIN +1"
        )
        assert rows[4].startswith("5 Mar 2025 +1 3 Valorant match m2, played 5 Mar 2025 : voided: <b>Smurf")
        page = answer.content.decode()
        title = "Valorant match m2, played 5 Mar 2025: voided: &lt;b&gt;Smurfing"
        assert f"<title>{title}</title>" in page
        assert page.count('class="ruling"') == 2
        assert 'order=known#changes">All changes, as they became known' in page

    def test_of_a_computed_number_each_is_told_once(self, client, anna):
        answer = show(client, anna, "overall_win_rate", by="month")
        assert [len(each) for each in answer.context["chart"].rulings] == [2]

    def test_as_this_site_knew_it_they_are_marked_when_they_became_known(self, client, anna, monkeypatch):
        chart = show(client, anna, chart="known", by="day", until="2025-03-30").context["chart"]
        assert not chart.has_rulings

        # All was written just now, by the database's clock, which is after the March of this test.
        now = datetime.now(UTC)
        monkeypatch.setattr(clock, "now", lambda: now)
        answer = show(client, anna, chart="known", by="month")
        assert [len(each) for each in answer.context["chart"].rulings] == [2]


def date_revisions(day, known):
    """Say of the latest revisions that they were made at noon of ``day``, and return all so far."""
    made = Revision.objects.exclude(pk__in=known)
    made.update(changed_at=datetime.fromisoformat(f"{day}T12:00:00Z"), recorded_at=RECORDED)
    return list(Revision.objects.values_list("pk", flat=True))


RECORDED = datetime(2025, 4, 10, 9, tzinfo=UTC)


def test_as_this_site_knew_it_the_number_moves_in_the_period_of_each_ruling(client, anna, monkeypatch):
    """All was recorded in April, then m2 voided; m1 corrected to a win in May, and back in June."""
    rule = {"game": scene.game(), "now": datetime(2025, 3, 30, tzinfo=UTC)}
    void_match(match_key="m2", reason="Smurfing", **rule)
    known = date_revisions("2025-04-20", [])
    correct_match(match_key="m1", results={"anna": "WIN"}, reason="Wrong way round", **rule)
    known = date_revisions("2025-05-03", known)
    correct_match(match_key="m1", results={"anna": "LOSS"}, reason="Right after all", **rule)
    date_revisions("2025-06-01", known)
    Recording.objects.update(committed_at=RECORDED)
    monkeypatch.setattr(clock, "now", lambda: datetime(2025, 7, 2, 12, tzinfo=UTC))

    rows = rows_in(show(client, anna, chart="known", by="month"), "Matches won by month")
    m1, m2 = "Valorant match m1, played 2 Mar 2025 :", "Valorant match m2, played 5 Mar 2025 :"
    assert rows == [
        f"Apr 2025 +2 2 {m2} voided: Smurfing −1",
        f"May 2025 +1 3 {m1} result corrected from LOSS to WIN +1",
        f"Jun 2025 −1 2 {m1} result corrected from WIN to LOSS −1",
        "Jul 2025 nothing 2",
    ]

    answer = show(client, anna, "overall_win_rate", chart="known", by="month")
    assert [point.value for point in answer.context["chart"].series.points] == [
        Decimal(value) for value in ("66.67", "100.00", "66.67", "66.67")
    ]
    assert [len(each) for each in answer.context["chart"].rulings] == [1, 1, 1, 0]
    assert "<title>May 2025: 100.00 %</title>" in answer.content.decode()
    # As it happened, March is as the rulings left it, and has all their marks.
    happened = show(client, anna, by="month").context["chart"]
    assert [point.value for point in happened.series.points] == [2] * 5
    assert [len(each) for each in happened.rulings] == [3, 0, 0, 0, 0]


@pytest.mark.parametrize("query", [{}, {"chart": "known"}])
@pytest.mark.parametrize("page", PAGES)
def test_who_hides_matches_shows_no_chart_of_them(client, anna, page, query):
    scene.hide(anna, matches=True)

    answer = show(client, anna, on=page, **query)

    assert answer.status_code == 403
    assert CHART not in answer.content.decode()
    client.force_login(anna)
    assert CHART in show(client, anna, on=page).content.decode()


#: What each page costs a visitor whose page of it is built anew; who is signed in costs two more.
QUERIES = [
    ("matches_won", {}, 11),
    ("matches_won", {"chart": "known"}, 11),
    ("matches_won", {"game": "valorant"}, 11),
    ("matches_won", {"game": "valorant", "result": "WIN", "opponent": "ben"}, 10),
    ("overall_win_rate", {}, 12),
    ("overall_win_rate", {"chart": "known"}, 13),
    ("overall_win_rate", {"rolling": "20m", "game": "valorant"}, 13),
    ("overall_win_rate", {"by": "season"}, 12),
    ("tournaments_participated", {}, 7),
    ("average_placement", {}, 8),
    ("achievement_count", {}, 7),
]


@pytest.mark.parametrize(("stat", "query", "queries"), QUERIES)
def test_the_number_of_queries_is_fixed(client, anna, stat, query, queries, django_assert_num_queries):
    event = scene.tournament("masters")
    scene.registration(anna, event)
    scene.result(event, 3, anna)
    scene.achievement(anna)
    scene.match(scene.player("ben"), "m1", "WIN")
    for number in range(12):
        scene.match(anna, f"more{number}")
    void_match(game=scene.game(), match_key="m2", reason="Smurfing", now=clock.now())

    place = reverse("player-stat", args=[anna.profile.public_id, stat])
    for viewer in (None, scene.player("carl"), anna):
        if viewer:
            client.force_login(viewer)
        with django_assert_num_queries(queries + (2 if viewer else 0)):
            assert client.get(place, query).status_code == 200


def test_a_later_page_and_a_question_about_a_match_cost_as_much_for_any_career(
    client, anna, django_assert_num_queries
):
    for number in range(12):
        scene.match(anna, f"more{number}")
    cursor = show(client, anna).context["rows"].next_cursor

    with django_assert_num_queries(8):
        show(client, anna, page=cursor)
    with django_assert_num_queries(15):
        show(client, anna, match="m1")


@pytest.mark.parametrize(
    ("stat", "queries"), [("experience_points", 10), ("disputes_filed", 9), ("level", 11)]
)
def test_what_only_the_player_opens_costs_as_much(client, anna, stat, queries, django_assert_num_queries):
    scene.experience(anna, 120)
    client.force_login(anna)
    with django_assert_num_queries(queries):
        show(client, anna, stat)

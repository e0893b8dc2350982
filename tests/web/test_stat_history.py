"""The page of when and why a stat changed, and of its value at an earlier time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.urls import reverse

from deltacrown.core import clock
from deltacrown.games.models import Match
from deltacrown.games.services import correct_match, void_match
from tests import scene
from tests.tally.times import database_now
from tests.web.reading import rows_in, text_of

pytestmark = pytest.mark.django_db

CAPTION = "When and why it changed"
NOW = scene.at(200)


@pytest.fixture
def mod(db):
    return scene.player("mod", is_staff=True)


@pytest.fixture
def anna(mod):
    """Three wins: one voided, one corrected, one changed by a write without a reason. And a title."""
    anna = scene.player("anna")
    for number in range(3):
        scene.match(anna, f"m{number}", hours=number)
        database_now()  # lets the clock tick
    void_match(game=scene.game(), match_key="m0", reason="Smurfing", now=NOW, by=mod)
    correct_match(
        game=scene.game(),
        match_key="m1",
        results={"anna": "LOSS"},
        reason="Wrong side reported",
        now=NOW,
        by=mod,
    )
    Match.objects.filter(match_key="m2").update(result="DRAW")
    scene.result(scene.tournament("masters"), 1, anna)
    return anna


def address(user, stat="matches_won"):
    return reverse("player-stat-history", args=[user.profile.public_id, stat])


def without_dates(answer):
    """The rows without their last words, the date and the hour: they were recorded just now."""
    return [" ".join(row.split()[:-4]) for row in rows_in(answer, CAPTION)]


def test_every_change_newest_first_with_its_cause_and_the_number_after_it(client, anna):
    answer = client.get(address(anna))

    assert without_dates(answer) == [
        "−1 Result corrected from WIN to DRAW Valorant match m2, played 1 Mar 2025 No reason given 0",
        "−1 Result corrected from WIN to LOSS Valorant match m1, played 1 Mar 2025 "
        "Reason: Wrong side reported 1",
        "−1 Voided: Smurfing Valorant match m0, played 1 Mar 2025 2",
        "+1 Recorded Valorant match m2, played 1 Mar 2025 3",
        "+1 Recorded Valorant match m1, played 1 Mar 2025 2",
        "+1 Recorded Valorant match m0, played 1 Mar 2025 1",
    ]


def test_who_ruled_is_told_to_staff_alone(client, anna, mod):
    assert "By mod" not in text_of(client.get(address(anna)))
    client.force_login(anna)
    assert "By mod" not in text_of(client.get(address(anna)))
    client.force_login(mod)
    assert text_of(client.get(address(anna))).count("By mod") == 2


def test_changes_lead_to_what_they_are_about(client, anna):
    assert reverse("match", args=["valorant", "m1"]) in client.get(address(anna)).content.decode()
    titles = client.get(address(anna, "tournaments_won"))
    assert reverse("tournament", args=["masters"]) in titles.content.decode()
    assert without_dates(titles) == ["+1 Recorded Result at Masters 1"]


def test_a_rate_names_the_part_that_moved(client, anna):
    rows = without_dates(client.get(address(anna, "overall_win_rate")))
    assert "Voided: Smurfing Valorant match m0, played 1 Mar 2025 Matches won −1 100.00 %" in rows
    assert "Voided: Smurfing Valorant match m0, played 1 Mar 2025 Matches played −1 100.00 %" in rows


def test_the_rows_and_the_history_lead_to_each_other(client, anna):
    for game in ("", "?game=valorant"):
        rows = reverse("player-stat", args=[anna.profile.public_id, "matches_won"])
        assert f'href="{address(anna)}{game}"' in client.get(rows + game).content.decode()
        assert f'href="{rows}{game}"' in client.get(address(anna) + game).content.decode()


def test_in_one_game(client, anna):
    scene.match(anna, "c", title=scene.game("chess"))

    answer = client.get(address(anna), {"game": "chess", "as_of": "2025-03-01"})

    assert "Matches won in Chess 1" in text_of(answer)
    assert without_dates(answer) == ["+1 Recorded Chess match c, played 1 Mar 2025 1"]
    assert '<input type="hidden" name="game" value="chess">' in answer.content.decode()


class TestAsOf:
    def test_a_day_is_meant_to_its_end(self, client, anna, monkeypatch):
        today = database_now()
        monkeypatch.setattr(clock, "now", lambda: today + timedelta(days=3))
        for day, value in ((today - timedelta(days=1), 0), (today, 0)):
            text = text_of(client.get(address(anna), {"as_of": f"{day:%Y-%m-%d}"}))
            assert f"At the end of {day.day} {day:%b %Y} it was {value}." in text

    def test_a_time(self, client, anna):
        then = database_now()
        scene.match(anna, "late")

        text = text_of(client.get(address(anna), {"as_of": then.isoformat()}))

        assert f"On {then.day} {then:%b %Y} {then:%H:%M} it was 0." in text
        assert "Matches won 1" in text

    def test_today_is_meant_as_it_is_now(self, client, anna):
        scene.match(anna, "late")

        answer = client.get(address(anna), {"as_of": f"{datetime.now(UTC):%Y-%m-%d}"})

        assert "it was 1." in text_of(answer)

    def test_an_average_of_nothing_was_empty(self, client, anna):
        text = text_of(client.get(address(anna, "average_placement"), {"as_of": "2020-01-01"}))
        assert "At the end of 1 Jan 2020 it was empty." in text

    @pytest.mark.parametrize(
        "asked",
        [
            "yesterday",
            "2025-02-30",
            "2025-01-01T12:00",
            "9999-12-31",
            "2999-01-01",
            "2999-01-01T00:00Z",
            "\x00",
            "0000-00-00",
        ],
    )
    def test_what_is_no_past_time_is_a_400_with_the_reason(self, client, anna, asked):
        answer = client.get(address(anna), {"as_of": asked})
        assert answer.status_code == 400
        assert any(
            reason in text_of(answer) for reason in ("is no date", "names no time zone", "lies in the future")
        )


def test_nothing_has_happened_yet(client, db):
    newcomer = scene.player("new")
    assert "It never changed: nothing of the kind has happened yet." in text_of(client.get(address(newcomer)))


def test_pages_follow_on_and_keep_the_game(client, anna):
    for number in range(9):
        scene.match(anna, f"more{number}")
        database_now()
    first = client.get(address(anna), {"game": "valorant"})
    assert len(rows_in(first, CAPTION)) == 10
    cursor = first.context["history"].next_cursor
    second = client.get(address(anna), {"game": "valorant", "page": cursor})
    assert without_dates(second)[-1] == "+1 Recorded Valorant match m0, played 1 Mar 2025 1"
    assert len(rows_in(second, CAPTION)) == 5
    assert f"?game=valorant&amp;page={cursor.replace(':', '%3A')}" in first.content.decode()


@pytest.mark.parametrize("stat", ["matches_won", "overall_win_rate"])
@pytest.mark.parametrize("query", [{}, {"as_of": "2025-03-01"}])
def test_a_hidden_history_says_so_with_403_and_tells_nothing(client, anna, stat, query):
    scene.hide(anna, matches=True)
    answer = client.get(address(anna, stat), query)
    assert answer.status_code == 403
    assert "User has hidden match history" in text_of(answer)
    assert "Smurfing" not in answer.content.decode()
    client.force_login(anna)
    assert client.get(address(anna, stat), query).status_code == 200


def test_what_was_given_only_to_the_player_is_for_the_player(client, anna):
    assert client.get(address(anna, "disputes_filed")).status_code == 403
    client.force_login(anna)
    assert client.get(address(anna, "disputes_filed")).status_code == 200


@pytest.mark.parametrize(
    ("stat", "query", "status"),
    [
        ("wins", {}, 404),
        ("matches_won", {"page": "nonsense"}, 400),
        ("matches_won", {"game": "nowhere"}, 400),
        ("tournaments_won", {"game": "valorant"}, 400),
    ],
)
def test_what_cannot_be_shown(client, anna, stat, query, status):
    assert client.get(address(anna, stat), query).status_code == status


def test_a_cursor_of_another_number_is_refused(client, anna):
    for number in range(9):
        scene.match(anna, f"more{number}")
    cursor = client.get(address(anna)).context["history"].next_cursor
    assert client.get(address(anna, "total_matches_played"), {"page": cursor}).status_code == 400


@pytest.mark.parametrize(("query", "queries"), [({}, 9), ({"as_of": "2025-03-01"}, 11)])
def test_the_number_of_queries_is_fixed(client, anna, query, queries, django_assert_num_queries):
    for number in range(12):
        scene.match(anna, f"more{number}")
    place = address(anna)
    # The player; privacy, profile; live, archived, beginnings, revisions; words: live, archived;
    # as of: privacy, profile, the value.
    with django_assert_num_queries(queries):
        client.get(place, query)


def test_hostile_reasons_stay_text(client, anna):
    scene.match(anna, "<script>alert(1)</script>", side="x")
    void_match(game=scene.game(), match_key="<script>alert(1)</script>", reason="<b>bold</b>", now=NOW)
    page = client.get(address(anna)).content.decode()
    assert "<script>alert" not in page
    assert "<b>bold" not in page
    assert "&lt;b&gt;bold" in page


def test_it_is_read_only(client, anna):
    assert client.post(address(anna)).status_code == 405


def test_a_row_deleted_since_is_still_told(client, anna):
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {Match._meta.db_table} WHERE match_key = 'm1'")
    rows = without_dates(client.get(address(anna, "total_matches_played")))
    assert rows[0] == "−1 Deleted A row deleted since No reason given 1"

"""The page of when and why a stat changed, in both orders, and of its value at an earlier time."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.urls import reverse

from deltacrown.core import clock
from deltacrown.core.dates import write_day
from deltacrown.games.models import Match
from deltacrown.games.services import correct_match, void_match
from django_tally.models import Revision
from tests import scene
from tests.tally.times import database_now
from tests.web.reading import rows_in, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.once]

CAPTION = "When and why it changed"
NOW = scene.at(200)
#: The player; privacy, profile; live, archived; how they became known: recordings, revisions. The chart:
#: the first fact, seasons, its periods, its rulings and their rows. As of: privacy, the value,
#: what was shown.
QUERIES = [({}, 10), ({"as_of": "2025-03-01"}, 12), ({"order": "known"}, 8)]


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


def known(client, user, stat="matches_won", **query):
    return client.get(address(user, stat), {"order": "known", **query})


def without_times(answer):
    """The rows without their first words, the date and the hour: they became known just now."""
    return [" ".join(row.split()[4:]) for row in rows_in(answer, CAPTION)]


def test_what_counts_is_told_by_when_it_happened_and_says_when_it_was_recorded(client, anna):
    # Both became known just now, in the last second of a day too.
    became_known = {
        match.match_key: (write_day(match.recorded_at), write_day(changed_at))
        for match, changed_at in (
            (match, Revision.objects.filter(row=match.pk, source="games.Match").latest("pk").changed_at)
            for match in Match.objects.filter(match_key__in=["m1", "m2"])
        )
    }

    answer = client.get(address(anna, "total_matches_played"))

    assert rows_in(answer, CAPTION) == [
        "1 Mar 2025 20:00 +1 Valorant match m2, played 1 Mar 2025 "
        "Recorded {}; corrected {} No reason given 2".format(*became_known["m2"]),
        "1 Mar 2025 19:00 +1 Valorant match m1, played 1 Mar 2025 "
        "Recorded {}; corrected {}: Wrong side reported 1".format(*became_known["m1"]),
    ]
    assert "What counts now, by when it happened." in text_of(answer)


def test_every_change_in_the_order_of_knowledge_with_its_cause_and_the_number_after_it(client, anna):
    assert without_times(known(client, anna)) == [
        "−1 Result corrected from WIN to DRAW Valorant match m2, played 1 Mar 2025 No reason given 0",
        "−1 Result corrected from WIN to LOSS Valorant match m1, played 1 Mar 2025 "
        "Reason: Wrong side reported 1",
        "−1 Voided: Smurfing Valorant match m0, played 1 Mar 2025 2",
        "+1 Recorded Valorant match m2, played 1 Mar 2025 3",
        "+1 Recorded Valorant match m1, played 1 Mar 2025 2",
        "+1 Recorded Valorant match m0, played 1 Mar 2025 1",
    ]


def test_the_two_orders_lead_to_each_other_and_keep_the_rest(client, anna):
    page = client.get(address(anna), {"game": "valorant", "by": "day"}).content.decode()
    assert 'href="?game=valorant&amp;by=day&amp;order=known#changes"' in page
    assert 'href="?game=valorant&amp;by=day#changes" aria-current="true">As it happened' in page

    page = known(client, anna, by="day").content.decode()
    assert 'href="?by=day#changes">As it happened' in page
    assert '<input type="hidden" name="order" value="known">' in page


def test_an_unknown_order_is_a_400(client, anna):
    answer = client.get(address(anna), {"order": "alphabet"})
    assert answer.status_code == 400
    assert "ask for happened or known" in text_of(answer)


def test_who_ruled_is_told_to_staff_alone(client, anna, mod):
    assert "By mod" not in text_of(known(client, anna))
    client.force_login(anna)
    assert "By mod" not in text_of(known(client, anna))
    client.force_login(mod)
    assert text_of(known(client, anna)).count("By mod") == 2


def test_changes_lead_to_what_they_are_about(client, anna):
    match = reverse("match", args=["valorant", "m1"])
    assert f'href="{match}"' in known(client, anna).content.decode()
    assert f'href="{match}"' in client.get(address(anna, "total_matches_played")).content.decode()
    titles = client.get(address(anna, "tournaments_won"))
    assert reverse("tournament", args=["masters"]) in titles.content.decode()
    assert without_times(known(client, anna, "tournaments_won")) == ["+1 Recorded Result at Masters 1"]


def test_a_rate_names_the_parts_that_a_row_moved_together(client, anna):
    rows = without_times(known(client, anna, "overall_win_rate"))
    assert [row for row in rows if row.startswith("Voided")] == [
        "Voided: Smurfing Valorant match m0, played 1 Mar 2025 Matches won −1 , Matches played −1 100.00 %"
    ]


def test_the_rows_and_the_history_lead_to_each_other(client, anna):
    for game in ("", "?game=valorant"):
        rows = reverse("player-stat", args=[anna.profile.public_id, "matches_won"])
        assert f'href="{address(anna)}{game}"' in client.get(rows + game).content.decode()
        assert f'href="{rows}{game}"' in client.get(address(anna) + game).content.decode()


def test_in_one_game(client, anna):
    scene.match(anna, "c", title=scene.game("chess"))

    answer = client.get(address(anna), {"game": "chess", "as_of": "2025-03-01"})

    assert "Matches won in Chess 1" in text_of(answer)
    (row,) = rows_in(answer, CAPTION)
    assert row.startswith("1 Mar 2025 18:00 +1 Chess match c, played 1 Mar 2025 Recorded")
    assert '<input type="hidden" name="game" value="chess">' in answer.content.decode()


class TestThePast:
    def test_a_day_is_meant_to_its_end_by_what_happened(self, client, anna):
        def ask(day):
            return text_of(client.get(address(anna, "total_matches_played"), {"as_of": day}))

        assert "At the end of 28 Feb 2025 it was 0. By when it happened, as it is known now. " in ask(
            "2025-02-28"
        )
        assert "This site showed the same then." in ask("2025-02-28")
        shown = "At the end of 1 Mar 2025 it was 2. By what is known now: 2. This site showed 0 then."
        assert shown in ask("2025-03-01")

    def test_a_time(self, client, anna):
        text = text_of(client.get(address(anna, "total_matches_played"), {"as_of": "2025-03-01T19:30Z"}))
        assert "On 1 Mar 2025 19:30 it was 1. By what is known now: 1. This site showed 0 then." in text

    def test_as_this_site_knew_it(self, client, anna):
        before, query = database_now(), {"as_of": "2025-03-01"}
        scene.match(anna, "late")

        text = text_of(client.get(address(anna), {**query, "known_at": before.isoformat()}))
        assert "At the end of 1 Mar 2025 it was 0, as this site knew it on " in text
        assert "By when it happened, of what had become known by then." in text
        assert "At the end of 1 Mar 2025 it was 1." in text_of(client.get(address(anna), query))

    def test_what_this_site_showed(self, client, anna):
        text = text_of(client.get(address(anna), {"known_at": "2025-03-01"}))
        assert "At the end of 1 Mar 2025 this site showed 0. By when this site knew of it, " in text

    @pytest.fixture
    def today(self, monkeypatch):
        """Now, until the end of the test."""
        now = datetime.now(UTC) + timedelta(minutes=5)  # all of the test is known by then
        monkeypatch.setattr(clock, "now", lambda: now)
        return now

    def test_today(self, client, anna, today):
        scene.match(anna, "late")
        answer = client.get(address(anna), {"as_of": f"{today:%Y-%m-%d}"})
        assert "it was 1. By when it happened, as it is known now." in text_of(answer)

    def test_today_is_known_up_to_now(self, client, anna, today):
        text = text_of(client.get(address(anna), {"known_at": f"{today:%Y-%m-%d}"}))
        assert f"On {write_day(today)} " in text
        assert f"At the end of {write_day(today)}" not in text

    def test_a_time_within_a_day_of_what_is_told_by_the_day_keeps_the_form(self, client, anna):
        scene.hide(anna, matches=True)
        answer = client.get(address(anna, "achievement_count"), {"as_of": "2025-03-01T19:30Z"})
        assert answer.status_code == 403
        assert len(answer.context["form"].problems) == 1
        assert "ask for a date" in text_of(answer)
        assert answer.context["shown"].past is None

    def test_the_form_keeps_what_was_asked(self, client, anna):
        query = {"as_of": "2025-03-01", "known_at": "2025-04-01", "game": "valorant"}
        page = client.get(address(anna), query).content.decode()

        for name, value in query.items():
            assert re.search(f'<input [^>]*name="{name}" value="{value}"', page)

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
    @pytest.mark.parametrize("field", ["as_of", "known_at"])
    def test_what_is_no_past_time_is_a_400_with_the_reason_beside_the_form(self, client, anna, field, asked):
        answer = client.get(address(anna), {field: asked, "game": "valorant"})
        assert answer.status_code == 400
        assert '<input type="hidden" name="game" value="valorant">' in answer.content.decode()
        assert len(answer.context["form"].problems) == 1
        assert any(
            reason in text_of(answer) for reason in ("is no date", "names no time zone", "lies in the future")
        )


def test_nothing_has_happened_yet(client, db):
    newcomer = scene.player("new")
    text = text_of(client.get(address(newcomer)))
    assert "Nothing counts now: nothing of the kind has happened, or it counts no longer." in text
    assert "Nothing has happened yet that this number counts." in text
    assert "It never changed: nothing of the kind has happened yet." in text_of(known(client, newcomer))


def test_pages_follow_on_and_keep_the_game(client, anna):
    for number in range(9):
        scene.match(anna, f"more{number}")
        database_now()
    first = known(client, anna, game="valorant")
    assert len(rows_in(first, CAPTION)) == 10
    cursor = first.context["history"].next_cursor
    second = known(client, anna, game="valorant", page=cursor)
    assert without_times(second)[-1] == "+1 Recorded Valorant match m0, played 1 Mar 2025 1"
    assert len(rows_in(second, CAPTION)) == 5
    assert f"?order=known&amp;game=valorant&amp;page={cursor.replace(':', '%3A')}" in first.content.decode()
    # The chart is not drawn again.
    assert "chart" not in second.context


@pytest.mark.parametrize("stat", ["matches_won", "overall_win_rate"])
@pytest.mark.parametrize("query", [{}, {"as_of": "2025-03-01", "known_at": "2025-03-01"}, {"order": "known"}])
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
    for number in range(11):
        scene.match(anna, f"more{number}")
    cursor = client.get(address(anna)).context["history"].next_cursor
    assert client.get(address(anna, "total_matches_played"), {"page": cursor}).status_code == 400


@pytest.mark.parametrize(("query", "queries"), QUERIES)
def test_the_number_of_queries_is_fixed(client, anna, query, queries, django_assert_num_queries):
    for number in range(12):
        scene.match(anna, f"more{number}")
    place = address(anna)
    with django_assert_num_queries(queries):
        client.get(place, query)


def test_hostile_reasons_stay_text(client, anna):
    scene.match(anna, "<script>alert(1)</script>", side="x")
    void_match(game=scene.game(), match_key="<script>alert(1)</script>", reason="<b>bold</b>", now=NOW)
    page = known(client, anna).content.decode()
    assert "<script>alert" not in page
    assert "<b>bold" not in page
    assert "&lt;b&gt;bold" in page


def test_it_is_read_only(client, anna):
    assert client.post(address(anna)).status_code == 405


def test_a_row_deleted_since_is_still_told(client, anna):
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {Match._meta.db_table} WHERE match_key = 'm1'")
    rows = without_times(known(client, anna, "total_matches_played"))
    assert rows[0] == "−1 Deleted A row deleted since No reason given 1"

"""A player's overview: form, streaks, calendar, trends, trophies, and one game at a time."""

import re
from datetime import date, timedelta

import pytest
from django.urls import reverse

from deltacrown.core import clock
from deltacrown.user_profile.histories.form import (
    DayCount,
    get_current_streak,
    read_latest,
    read_streak_and_days,
    tell_form,
)
from deltacrown.user_profile.people.follows import follow
from tests import scene
from tests.web.reading import text_of

pytestmark = pytest.mark.django_db


def path(user, query=""):
    return reverse("player", args=[user.profile.public_id]) + query


@pytest.fixture
def anna(db, monkeypatch):
    """Anna won three, lost one, won two; one is archived, one void, and two were played at one time."""
    monkeypatch.setattr(clock, "now", lambda: scene.at(24 * 30))
    user = scene.player("anna")
    for number, result in enumerate(["WIN", "WIN", "WIN", "LOSS", "WIN", "WIN"]):
        row = scene.match(user, f"m{number}", result, hours=24 * (number // 2), sequence=number)
        if number == 0:
            scene.archive(row)
    scene.voided(user, "void", hours=200, reason="server crash")
    scene.match(user, "chess", "LOSS", hours=240, title=scene.game("chess"))
    return user


def read(user, game=None):
    return read_streak_and_days(user, game, since=scene.at(-24), until=scene.at(500))


class TestReads:
    def test_form_and_streaks(self, anna):
        form = tell_form(read_latest(anna))
        assert [match.match_key for match in form] == ["chess", "m5", "m4", "m3", "m2", "m1", "m0"]
        current = get_current_streak(form)
        assert (current.result, current.length, current.is_longer) == ("LOSS", 1, False)

        longest, _ = read(anna)
        assert (longest.length, longest.since, longest.until) == (3, scene.at(0), scene.at(24))
        assert get_current_streak(tell_form(read_latest(anna, "valorant"))).length == 2
        assert read(anna, "chess")[0] is None

    def test_of_many_matches_the_latest_are_looked_at(self, client, anna, monkeypatch):
        """The three wins are beyond them, and the page says so; the days are all there."""
        monkeypatch.setattr("deltacrown.user_profile.histories.form.LOOKED_BACK", 4)
        longest, days = read(anna)
        assert (longest.length, longest.among, sum(day.played for day in days)) == (2, 4, 7)
        assert "of the last 4 matches that count" in text_of(client.get(path(anna)))

    def test_of_streaks_of_one_length_the_latest_is_told(self, anna):
        scene.match(anna, "m6", hours=72)

        assert read(anna)[0].until == scene.at(72)

    def test_days(self, anna):
        first = scene.at(0).date()
        days = [DayCount(first + timedelta(days=n), 2, won) for n, won in enumerate([2, 1, 2])]
        assert read(anna)[1] == [*days, DayCount(first + timedelta(days=10), 1, 0)]
        assert read(anna, "valorant")[1] == days
        assert read(anna, "chess")[1][0].day > date(2025, 3, 10)


class TestPage:
    def test_form_with_its_evidence_and_the_calendar(self, client, anna):
        page = client.get(path(anna)).content.decode()
        pips = re.findall(r'<li><a class="(\w+)" href="([^"]+)"', page)
        assert [result for result, _ in pips] == ["win", "win", "win", "loss", "win", "win", "loss"]
        assert pips[-1][1] == "/matches/chess/chess/"

        text = text_of(client.get(path(anna)))
        assert "5 wins in the last 7" in text
        assert "Current streak 1 loss 11 Mar 2025" in text
        assert "Longest winning streak 3 wins 1 Mar 2025 – 2 Mar 2025" in text
        assert "played_from=2025-03-01&amp;played_to=2025-03-02" in page
        assert "7 matches that count on 4 days" in text
        assert "<title>2 Mar 2025: 2 matches, 1 won</title>" in page
        assert page.count("<polyline") == 3
        around = f"around={anna.profile.public_id}"
        assert f'href="/leaderboards/matches_won/?{around}"' in page
        assert f'href="/leaderboards/matches_won/?period=season&amp;{around}"' in page

    def test_one_game_changes_the_whole_page(self, client, anna):
        page = client.get(path(anna, "?game=chess"))
        text = text_of(page)

        assert "1 match that counts on 1 day" in text
        assert "0 wins in the last 1" in text
        assert "Longest winning streak" not in text
        assert "Matches played 1" in text
        assert "Valorant Casual" not in text
        assert 'href="/leaderboards/matches_won/' not in page.content.decode()
        assert re.search(r'\?game=chess" aria-current="page">Chess', page.content.decode())

    @pytest.mark.parametrize("game", ["nope", "%00", "a b", "x" * 300])
    def test_a_game_that_there_is_not_is_refused(self, client, anna, game):
        assert client.get(path(anna, f"?game={game}")).status_code == 400

    def test_a_game_without_matches(self, client, anna):
        scene.game("go")
        assert "No matches of Go yet." in text_of(client.get(path(anna, "?game=go")))

    def test_who_hides_has_a_calm_page_that_tells_nothing(self, client, anna):
        scene.hide(anna, matches=True)
        page = client.get(path(anna)).content.decode()

        for part in ("pips", "calendar", "<polyline", "streak", "2025-03", "Only you see"):
            assert part not in page
        assert "User has hidden match history" in page
        client.force_login(anna)
        own = text_of(client.get(path(anna)))
        assert "Only you see your form, your calendar and your matches" in own
        assert "Longest winning streak 3 wins" in own

    def test_trophies_level_country_and_follow(self, client, anna):
        scene.result(scene.tournament("masters"), 1, anna)
        scene.result(scene.tournament("open"), 3, anna)
        anna.profile.country = "KR"
        anna.profile.save()
        text = text_of(client.get(path(anna)))

        assert "Masters 1st" in text
        assert "Open 3rd" in text
        assert "South Korea" in text
        assert "Level 1 with 0 points 150 to the next level" in text
        assert f"/sign-in/?next={path(anna)}" in client.get(path(anna)).content.decode()

    @pytest.mark.parametrize("who", ["member", "follower", "self"])
    def test_statements(self, client, anna, who, django_assert_max_num_queries):
        """Of those of a page that is kept, one is of the player asked for; the others are of the frame."""
        viewer, address = anna if who == "self" else scene.player("viewer"), path(anna)
        if who == "follower":
            follow(follower=viewer, followed=anna, now=scene.at(0))
        scene.registration(anna, scene.tournament("masters"))
        client.force_login(viewer)
        with django_assert_max_num_queries(15):
            client.get(address)
        with django_assert_max_num_queries(4):
            client.get(address)

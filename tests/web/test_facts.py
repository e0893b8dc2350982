"""Matches on pages as they happened: how they ended, places, scores, days, and what does not count."""

from __future__ import annotations

import logging
import re
from datetime import UTC, datetime, timedelta

import pytest
from django.core.cache import cache

from deltacrown.accounts.models import User
from deltacrown.accounts.rights import Right
from deltacrown.core import clock
from deltacrown.games import services as games
from deltacrown.moderation.services import file_dispute
from deltacrown.pages.exports import iterate_own_data
from deltacrown.pages.tournament_matches import list_match_items
from tests import scene
from tests.scene import NOON, line
from tests.web.reading import rows_in, text_of

pytestmark = pytest.mark.django_db

FIRST_INTERNATIONAL = datetime(1872, 11, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def empty_cache():
    cache.clear()


@pytest.fixture
def ann(db):
    return scene.player("ann")


def record(key, *lines, title="valorant", **fields):
    return games.record_match(record=scene.record(scene.game(title), key, *lines, **fields), now=NOON).rows


def history_of(client, user):
    return rows_in(client.get(f"/players/{user.profile.public_id}/matches/"), "Matches")


def line_up(number):
    """Lines of a battle royale: the first won, and each has a place."""
    return [
        line(_find(f"p{place:02}"), "WIN" if place == 1 else "LOSS", placement=place)
        for place in range(1, number + 1)
    ]


def _find(name):
    return User.objects.filter(username=name).first() or scene.player(name)


class TestRowsOfAHistory:
    @pytest.mark.parametrize(
        ("fields", "told"),
        [
            ({"ended_by": "FORFEIT", "score": "w/o"}, "Win Valorant Casual · by forfeit w/o"),
            ({"ended_by": "RETIRED"}, "Win Valorant Casual · by retirement –"),
            ({"ended_by": "DISQUALIFIED", "score": "-1"}, "Win Valorant Casual · by disqualification -1"),
            ({"ended_by": "BYE"}, "Win Valorant Casual Not counted: a bye –"),
            (
                {"ended_by": "BYE", "uncounted_reason": "not drawn"},
                "Win Valorant Casual · bye Not counted: not drawn –",
            ),
            (
                {"result": "NONE", "ended_by": "ABANDONED"},
                "No result Valorant Casual Not counted: abandoned without a result –",
            ),
            ({"result": "NONE"}, "No result Valorant Casual Not counted: no result is known –"),
            ({"placement": 5}, "Win Valorant Casual · 5th –"),
            ({"score": "6-1 7-5 6-7(4) 6-4"}, "Win Valorant Casual 6-1 7-5 6-7(4) 6-4"),
        ],
    )
    def test_each_says_how_it_ended_and_whether_it_counts(self, client, ann, fields, told):
        record("m1", line(ann, **{"result": "WIN", **fields}))

        assert history_of(client, ann) == [f"{told} 20:00"]

    def test_one_that_does_not_count_has_the_weight_of_a_void(self, client, ann):
        record("m1", line(ann, ended_by="BYE"))
        scene.voided(ann, "m2", reason="lag")
        page = client.get(f"/players/{ann.profile.public_id}/matches/").content.decode()

        assert page.count('<tr class="uncounted">') == page.count('<tr class="voided">') == 1
        assert re.findall(r'<span class="void">(.*?)</span>', page) == ["Not counted: a bye", "Voided: lag"]

    def test_a_long_score_breaks_between_its_parts(self, client, ann):
        record("m1", line(ann, score="6-1 7-5"))
        record("m2", line(ann, score="0" * 100))
        page = client.get(f"/players/{ann.profile.public_id}/matches/").content.decode()

        assert '<span class="part">6-1</span> <span class="part">7-5</span>' in page
        assert f'<span class="parts">{"0" * 100}</span>' in page

    def test_a_place_is_of_as_many_lines_as_are_recorded(self, client, ann):
        record("r1", *line_up(60), line(ann, "LOSS", placement=5))
        [row] = history_of(client, ann)
        assert row == "Loss Valorant Casual · 5th of 61 – 20:00"

        page = client.get(f"/players/{ann.profile.public_id}/")
        dated = "Loss Valorant Casual · 5th of 61 – 31 May 2025 20:00"
        assert rows_in(page, "Latest matches") == [dated]
        assert rows_in(
            client.get(f"/players/{ann.profile.public_id}/stats/total_matches_played/"), "The"
        ) == [dated]

    def test_a_line_added_later_is_in_the_number_at_once(self, client, ann):
        record("r1", line(ann, "LOSS", placement=2), line(scene.player("bob"), placement=1))
        assert "2nd of 2" in history_of(client, ann)[0]
        scene.match(scene.player("cat"), "r1", "LOSS", placement=3)

        assert "2nd of 3" in history_of(client, ann)[0]

    def test_of_how_many_is_not_told_where_somebody_hides_theirs(self, client, ann):
        bob = scene.player("bob")
        record("r1", line(ann, "LOSS", placement=2), line(bob, placement=1))
        scene.hide(bob, matches=True)

        assert history_of(client, ann) == ["Loss Valorant Casual · 2nd – 20:00"]
        client.force_login(ann)
        assert history_of(client, ann) == ["Loss Valorant Casual · 2nd – 20:00"]

    def test_of_how_many_is_told_of_official_matches_whoever_hides(self, client, ann):
        bob = scene.player("bob")
        record("r1", line(ann, "LOSS", placement=2), line(bob, placement=1), kind="TOURNAMENT")
        scene.hide(bob, matches=True)

        assert "2nd of 2" in history_of(client, ann)[0]

    def test_one_query_more_where_a_page_has_places(self, client, ann, django_assert_num_queries):
        for number in range(10):
            record(
                f"r{number}", line(ann, "LOSS", placement=2), line(scene.player(f"b{number}"), placement=1)
            )
        address = f"/players/{ann.profile.public_id}/matches/"

        with django_assert_num_queries(11):
            client.get(address)
        # It is kept now; the lines of others are read again, what the matches come to, and the seasons.
        with django_assert_num_queries(4):
            client.get(address)

    def test_filtered_by_no_result(self, client, ann):
        record("m1", line(ann, "NONE", ended_by="ABANDONED"))
        record("m2", line(ann))
        page = client.get(f"/players/{ann.profile.public_id}/matches/?result=NONE")

        assert [row.split(" Valorant")[0] for row in rows_in(page, "Matches")] == ["No result"]


class TestDays:
    """Where the day alone is known no page shows a time."""

    @pytest.fixture
    def international(self, ann):
        lines = [line(ann, "DRAW", side="Scotland", score="0")]
        lines.append(line(scene.player("bob"), "DRAW", side="England", score="0"))
        return record("1872", *lines, played_at=FIRST_INTERNATIONAL, is_time_known=False)

    @pytest.mark.parametrize(
        "address",
        [
            "/players/{}/",
            "/players/{}/matches/",
            "/players/{}/stats/total_matches_played/",
            "/players/{}/stats/total_matches_played/history/",
            "/matches/valorant/1872/",
        ],
    )
    def test_no_page_shows_a_time(self, client, ann, international, address):
        client.force_login(ann)
        page = client.get(address.format(ann.profile.public_id))

        text = text_of(page)
        assert (page.status_code, "30 Nov 1872" in text, "00:00" in text) == (200, True, False)
        assert '<time datetime="1872-11-30T' not in page.content.decode()

    def test_what_it_earned_has_no_time_either(self, client, ann):
        for number in range(10):
            day = FIRST_INTERNATIONAL - timedelta(days=number)
            record(f"m{number}", line(ann), played_at=day, is_time_known=False)

        for reader in (None, ann):
            if reader:
                client.force_login(reader)
            page = client.get(f"/players/{ann.profile.public_id}/activity/")
            assert "30 Nov 1872 – Earned Untouchable" in text_of(page)
            assert "00:00" not in text_of(page)
        rows = client.get(f"/players/{ann.profile.public_id}/stats/experience_points/")
        assert "30 Nov 1872" in text_of(rows)
        assert "00:00" not in text_of(rows)

    def test_it_can_be_disputed_until_the_window_after_the_end_of_the_day(self, client, ann, monkeypatch):
        day = datetime(2025, 5, 20, tzinfo=UTC)
        [row] = record("m1", line(ann), played_at=day, is_time_known=False)
        client.force_login(ann)
        last = datetime(2025, 6, 4, tzinfo=UTC)

        monkeypatch.setattr(clock, "now", lambda: last)
        assert "Dispute this match until 4 Jun 2025" in text_of(client.get("/matches/valorant/m1/"))
        monkeypatch.setattr(clock, "now", lambda: last + timedelta(seconds=1))
        assert "Dispute this match" not in text_of(client.get("/matches/valorant/m1/"))
        assert "could be disputed until 4 Jun 2025" in text_of(client.get("/disputes/match/valorant/m1/"))
        assert file_dispute(reporter=ann, match=row, reason="Not so.", now=last).pk

    def test_the_export_of_own_data_has_the_day_alone(self, ann, international):
        [match] = [record for section, record in iterate_own_data(ann) if section == "matches"]

        assert (match["played_at"], match["ended_by"], match["placement"]) == ("1872-11-30", "PLAY", None)


class TestMatchPage:
    def test_sixty_by_placement(self, client, db):
        record("r1", *reversed(line_up(60)))
        rows = rows_in(client.get("/matches/valorant/r1/"), "Players")

        assert [row.split()[0] for row in rows[:4]] == ["1st", "2nd", "3rd", "4th"]
        assert rows[0] == "1st p01 Win"
        assert rows[59] == "60th p60 Loss"

    def test_squads_stay_together(self, client, db):
        names = {
            "ann": ("Red", 2),
            "bob": ("Red", 2),
            "cat": ("Blue", 1),
            "dan": ("Green", 3),
            "eve": ("Blue", 1),
        }
        lines = [
            line(scene.player(name), "WIN" if place == 1 else "LOSS", side=side, placement=place)
            for name, (side, place) in names.items()
        ]
        record("r1", *lines)

        assert rows_in(client.get("/matches/valorant/r1/"), "Players") == [
            "Blue",
            "1st cat Win",
            "1st eve Win",
            "Red",
            "2nd ann Loss",
            "2nd bob Loss",
            "Green",
            "3rd dan Loss",
        ]

    def test_one_known_line(self, client, ann):
        record("r1", line(ann, "LOSS", placement=5))
        page = client.get("/matches/valorant/r1/")

        assert rows_in(page, "Players") == ["5th ann Loss"]
        assert "counts for nobody" not in text_of(page)

    def test_a_leaver_loses_and_the_side_wins(self, client, ann):
        bob, cat = scene.player("bob"), scene.player("cat")
        lines = [
            line(ann, "LOSS", side="Red", score="3", ended_by="RETIRED"),
            line(bob, "WIN", side="Red", score="3"),
            line(cat, "LOSS", side="Blue", score="1"),
        ]
        record("m1", *lines)
        page = client.get("/matches/valorant/m1/")

        assert '<span class="of win"><bdi>Red</bdi></span>' in page.content.decode()
        assert rows_in(page, "Players") == [
            "Red 3",
            "bob Win",
            "ann By retirement Loss",
            "Blue 1",
            "cat Loss",
        ]

    def test_lines_that_do_not_count_say_why_each(self, client, ann):
        record("m1", line(ann, uncounted_reason="a guest"), line(scene.player("bob"), "LOSS"))
        page = client.get("/matches/valorant/m1/")

        assert rows_in(page, "Players") == ["ann Not counted: a guest Win", "bob Loss"]
        assert "counts for nobody" not in text_of(page)

    def test_a_match_of_which_nothing_counts_says_so_once(self, client, ann):
        abandoned = {"result": "NONE", "ended_by": "ABANDONED"}
        record("m1", line(ann, **abandoned), line(scene.player("bob"), **abandoned))

        text = text_of(client.get("/matches/valorant/m1/"))
        assert "This match counts for nobody. Not counted: abandoned without a result" in text
        assert text.count("Not counted") == 1

    def test_it_does_not_speak_for_lines_that_are_hidden(self, client, ann):
        bob = scene.player("bob")
        record("m1", line(ann, uncounted_reason="a guest"), line(bob, "LOSS"))
        scene.hide(bob, matches=True)

        text = text_of(client.get("/matches/valorant/m1/"))
        assert "No line shown here counts. Not counted: a guest" in text
        assert "counts for nobody" not in text


class TestWarnings:
    """What looks odd about a match is for staff who may correct it."""

    ODD = "Some players drew and others did not."

    @pytest.fixture
    def odd(self, ann):
        return record("m1", line(ann, "WIN"), line(scene.player("bob"), "DRAW"))

    def ask(self, client, user=None):
        client.logout()
        if user:
            client.force_login(user)
        return text_of(client.get("/matches/valorant/m1/"))

    def test_only_they_read_it_whoever_asked_before(self, client, ann, odd, caplog):
        corrector = scene.staff("cora", Right.CHANGE_MATCHES)
        recorder = scene.staff("rae", Right.RECORD_MATCHES, Right.VIEW_HIDDEN, Right.RESOLVE_DISPUTES)
        readers = [None, ann, scene.player("eve"), recorder]

        for reader in [*readers, corrector, *readers]:
            text = self.ask(client, reader)
            assert (self.ODD in text, "looks odd" in text) == ((reader == corrector,) * 2)
        assert f"staff {corrector.pk} read the warnings of match 'm1' of valorant" in caplog.text

    def test_who_is_no_longer_staff_reads_it_no_longer(self, client, odd):
        corrector = scene.staff("cora", Right.CHANGE_MATCHES)
        assert self.ODD in self.ask(client, corrector)
        type(corrector).objects.filter(pk=corrector.pk).update(is_staff=False)

        assert self.ODD not in self.ask(client, corrector)

    def test_lines_of_players_who_hide_are_looked_at_too(self, client, odd):
        scene.hide(odd[1].user, matches=True)

        assert self.ODD in self.ask(client, scene.staff("cora", Right.CHANGE_MATCHES))

    def test_another_match_is_named_to_who_may_open_it_alone(self, client, ann):
        bob = scene.player("bob")
        record("m1", line(ann), line(bob, "LOSS"), kind="TOURNAMENT")
        hidden = record("m2", line(ann), line(bob, "LOSS"))
        corrector = scene.staff("cora", Right.CHANGE_MATCHES)
        everything = scene.staff("vera", Right.CHANGE_MATCHES, Right.VIEW_HIDDEN)
        assert "'m2'" in self.ask(client, corrector)

        for row in hidden:
            scene.hide(row.user, matches=True)
        assert client.get("/matches/valorant/m2/").status_code == 404
        assert "looks odd" not in self.ask(client, corrector)
        assert "'m2'" in self.ask(client, everything)

    def test_void_lines_are_not(self, client, odd):
        games.void_match(game=odd[0].game, match_key="m1", reason="lag", now=NOON)

        assert "looks odd" not in self.ask(client, scene.staff("cora", Right.CHANGE_MATCHES))

    def test_a_match_as_it_should_be_has_none(self, client, ann, caplog):
        record("m1", line(ann), line(scene.player("bob"), "LOSS"))
        with caplog.at_level(logging.INFO):
            assert "looks odd" not in self.ask(client, scene.staff("cora", Right.CHANGE_MATCHES))
        assert "warnings" not in caplog.text

    def test_no_list_nor_the_api_tells_them(self, client, ann, odd):
        client.force_login(scene.staff("cora", Right.CHANGE_MATCHES))
        public_id = ann.profile.public_id
        for address in (f"/players/{public_id}/matches/", f"/api/v1/players/{public_id}/matches"):
            answer = client.get(address)
            assert answer.status_code == 200
            assert self.ODD not in answer.content.decode()

    def test_queries(self, client, odd, django_assert_num_queries):
        with django_assert_num_queries(6):
            client.get("/matches/valorant/m1/")
        client.force_login(scene.staff("cora", Right.CHANGE_MATCHES))
        # Session, user with profile, permissions, the lines of the match in both tables, and the log.
        with django_assert_num_queries(6 + 2 + 1 + 4 + 1):
            client.get("/matches/valorant/m1/")


class TestMatchesOfATournament:
    def items(self, client, event):
        page = client.get(f"/tournaments/{event.slug}/matches/").content.decode()
        return [
            " ".join(re.sub(r"<[^>]+>", " ", item).split())
            for item in re.findall(r"<li[^>]*><a class=\"main\".*?</li>", page, re.DOTALL)
        ]

    def of(self, event, key, *lines, **fields):
        for row in record(key, *lines, kind="TOURNAMENT", **fields):
            scene.tournament_match(row, event)

    def test_a_bye_a_forfeit_and_a_day(self, client, ann):
        event, bob = scene.tournament("cup"), scene.player("bob")
        self.of(event, "bye", line(ann, ended_by="BYE"), played_at=NOON - timedelta(hours=3))
        walkover = [line(ann, score="w/o", ended_by="FORFEIT"), line(bob, "LOSS", ended_by="FORFEIT")]
        self.of(event, "walkover", *walkover, played_at=NOON - timedelta(hours=2))
        self.of(
            event, "old", line(ann), line(bob, "LOSS"), played_at=FIRST_INTERNATIONAL, is_time_known=False
        )

        assert self.items(client, event) == [
            "ann w/o bob – 1 Jun 2025 10:00",
            "ann – 1 Jun 2025 09:00 Not counted: a bye",
            "ann – bob – 30 Nov 1872",
        ]

    def test_of_many_players_the_first_few(self, client, db):
        event = scene.tournament("cup")
        self.of(event, "r1", *line_up(60))
        self.of(event, "r2", *line_up(4), played_at=NOON - timedelta(days=2))

        assert self.items(client, event) == [
            "1st p01 2nd p02 3rd p03 and 57 more 31 May 2025 20:00",
            "1st p01 2nd p02 3rd p03 4th p04 30 May 2025 12:00",
        ]

    def test_matches_of_one_time_are_sorted_by_their_sequence(self, client, ann):
        event = scene.tournament("cup")
        for sequence, key in enumerate(["m10", "m9", "m1"]):
            self.of(event, key, line(ann, score=key), sequence=sequence)
        self.of(event, "m2", line(ann, score="m2"))

        found, page = [], None
        while True:
            part = list_match_items(event, page, limit=1)
            found += [item.match_key for item in part.items]
            page = part.next_cursor
            if page is None:
                break
        assert found == ["m1", "m9", "m10", "m2"]
        assert [item.split()[1] for item in self.items(client, event)] == found

    def test_a_match_of_which_one_line_is_void_is_not_void(self, client, ann):
        event = scene.tournament("cup")
        self.of(event, "m1", line(ann, void_reason="stand-in"), line(scene.player("bob"), "LOSS"))

        assert self.items(client, event) == ["ann – bob – 31 May 2025 20:00"]

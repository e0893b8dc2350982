"""Rows of matches: opponents, both scores, what was done, and a series as one row that opens."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.core.cache import cache

from deltacrown.games import services as games
from tests import scene
from tests.scene import NOON, line
from tests.web.reading import rows_in, text_of
from tests.web.test_facts import history_of, line_up, record
from tests.web.test_series import league, play, play_final

__all__ = ["league"]
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def empty_cache():
    cache.clear()


@pytest.fixture
def ann(db):
    return scene.player("ann")


class TestOpponents:
    """Rows name who a match was played against, and both scores, as far as the reader may see them."""

    @pytest.fixture
    def people(self, ann):
        return {name: scene.player(name) for name in ("bob", "cat", "dan", "eve")} | {"ann": ann}

    @pytest.mark.parametrize(
        ("lines", "told"),
        [
            ({"ann": ("WIN", "", "13"), "bob": ("LOSS", "", "8")}, "Win against bob Valorant · Casual 13–8"),
            ({"ann": ("WIN", "", "6-1 7-5"), "bob": ("LOSS", "", "1-6")}, "Win against bob … 6-1 7-5"),
            ({"ann": ("LOSS", "", "2½"), "bob": ("WIN", "", "3½")}, "Loss against bob … 2½–3½"),
            (
                {"ann": ("WIN", "", "3"), "bob": ("WIN", "", "3"), "cat": ("LOSS", "", "1")},
                "Win against bob and cat … 3",
            ),
            (
                dict.fromkeys(("ann", "bob"), ("WIN", "A", "2"))
                | dict.fromkeys(("cat", "dan"), ("LOSS", "B", "1")),
                "Win against B cat and dan Valorant · Casual · for A 2–1",
            ),
            (
                dict.fromkeys(("ann", "bob", "cat", "dan", "eve"), ("WIN", "", "")),
                "Win against bob , cat and 2 more … –",
            ),
        ],
        ids=["a duel", "sets", "halves", "each for themselves", "a side", "many"],
    )  # fmt: skip
    def test_in_a_casual_match(self, client, people, lines, told):
        record(
            "m1",
            *[line(people[who], won, side=side, score=score) for who, (won, side, score) in lines.items()],
        )

        expected = f"{told.replace('…', 'Valorant · Casual')} 20:00"
        assert history_of(client, people["ann"]) == [expected]

    def test_the_api_tells_the_same(self, client, people):
        record("m1", line(people["ann"], score="13"), line(people["bob"], "LOSS", score="8"))
        ann, bob = people["ann"].profile.public_id, people["bob"].profile.public_id

        [entry] = client.get(f"/api/v1/players/{ann}/matches").json()["items"]
        assert entry["opponents"] == [{"public_id": bob, "name": "bob"}]
        assert (entry["opposing_side"], entry["opponent_score"]) == ("", "8")

    def test_a_lobby_has_places_and_no_names(self, client, ann):
        record("r1", *line_up(23), line(ann, "LOSS", placement=24))
        record("r2", *line_up(24), line(ann, "LOSS"))

        rows = history_of(client, ann)
        assert [" ".join(row.split()[:5]) for row in rows] == [
            "Loss Valorant Casual – 20:00",
            "Loss Valorant Casual · 24th",
        ]

    def test_who_hides_is_not_named_nor_their_score_nor_how_many_they_are(self, client, people):
        sides = {"ann": "A", "bob": "B", "cat": "B", "dan": "B"}
        record("m1", *[line(people[who], side=side, score=side) for who, side in sides.items()])
        record("m2", line(people["ann"], score="3"), line(people["bob"], "LOSS", score="1"))
        ann = people["ann"].profile.public_id
        addresses = [f"/players/{ann}/", f"/players/{ann}/matches/"]
        addresses += [f"/players/{ann}/matches/?result=WIN", f"/players/{ann}/stats/matches_won/"]
        addresses += [f"/api/v1/players/{ann}/matches", f"/api/v1/players/{ann}"]
        addresses += [f"/api/v1/players/{ann}/stats/matches_won/rows"]

        for hides in (False, True, False):
            scene.hide(people["bob"], matches=hides)
            for _ in range(2):
                for address in addresses:
                    page = client.get(address).content.decode()
                    named = [bool(re.search(rf"\b{name}\b", page)) for name in ("bob", "cat")]
                    assert named == [not hides, True], address
                    assert ("3–1" in page or '"opponent_score":"1"' in page) == (not hides), address
                    assert ("and 1 more" in page) == (not hides and "/api/" not in address), address

    def test_whoever_hides_is_named_in_official_matches(self, client, people):
        event = scene.tournament("cup", name="The Cup")
        rows = record(
            "m1", line(people["ann"], score="3"), line(people["bob"], "LOSS", score="1"), kind="TOURNAMENT"
        )
        for row in rows:
            scene.tournament_match(row, event)
        scene.hide(people["bob"], matches=True)

        assert "Win against bob Valorant · The Cup 3–1" in history_of(client, people["ann"])[0]

    def test_a_row_tells_what_was_done_in_short(self, client, ann):
        stats = {
            "kills": 22,
            "deaths": 18,
            "assists": 2,
            "damage": 9,
            "map": "Lotus",
            "agent": "Omen",
            "note": "x",
        }
        record("m1", line(ann, stats=stats), played_at=NOON - timedelta(days=5))
        record("m2", line(ann, stats={"shots": 1200, "goals": 2, "acc": 0.25, "flag": True, "list": []}))

        assert [row.split(" Casual ")[1].split(" – ")[0] for row in history_of(client, ann)] == [
            "goals 2 · acc 0.25",
            "Omen · Lotus · 22/18/2 K/D/A",
        ]


class TestFolds:
    """Games of one series that follow each other are one row; a page still has ten matches."""

    def rows(self, client, user, query=""):
        page = client.get(f"/players/{user.profile.public_id}/matches/{query}")
        return rows_in(page, "Matches"), page.content.decode()

    def test_a_series_is_one_row_with_its_games_within(self, client, league):
        ada = play_final(league)["north"]
        play(league, "o1", "south", series="Opening", hours=-5)
        scene.match(ada, "casual", hours=20)

        rows, page = self.rows(client, ada)

        assert rows == [
            "Win Valorant Casual – 14:00",
            "Win against South Valorant · The League · Final · best of 5 · for North 4 games "
            "Win 1–0 Map 4 · 22:00 Win 1–0 Map 3 · 21:00 "
            "Loss 0–1 Map 2 · 20:00 Win 1–0 Map 1 · 19:00 3–1 22:00",
            "Loss against South Valorant · The League · for North 0–1 13:00",
        ]
        assert page.count("<details") == 1
        assert '<a href="/teams/south/"><bdi>South</bdi></a>' in page
        for game in ("g1", "g2", "g3", "g4"):
            assert f'href="/matches/valorant/{game}/"' in page

    def test_a_series_on_two_pages_says_how_many_of_its_games_are_here(self, client, league):
        users = {}
        for number in range(13):
            users = play(league, f"g{number:02}", "north", hours=number)

        [row], page = self.rows(client, users["north"])
        assert "10 of its 13 games" in row
        following = re.search(r'rel="next" href="[^"?]+([^"]+)"', page)[1].replace("&amp;", "&")
        [row], _ = self.rows(client, users["north"], following)
        assert "3 of its 13 games" in row
        [row], _ = self.rows(client, users["north"], "?played_to=2025-03-01")
        assert "6 of its 13 games" in row

    def test_a_void_game_is_in_it_and_says_so(self, client, league):
        ada = play_final(league)["north"]
        games.void_match(game=league.game, match_key="g4", reason="wrong map", now=NOON)

        [row], page = self.rows(client, ada)
        assert row.startswith("No result against South")
        assert "Does not count: undecided best of 5 4 games" in row
        assert "Voided: wrong map" in row
        assert '<li class="voided">' in page

    def test_behind_a_number_each_game_is_a_row(self, client, league):
        ada = play_final(league)["north"]
        page = client.get(f"/players/{ada.profile.public_id}/stats/matches_won/")

        assert len(rows_in(page, "The matches")) == 3
        assert "3 rows; the number is 3." in text_of(page)

    def test_queries(self, client, league, django_assert_num_queries):
        ada = play_final(league)["north"]
        address = f"/players/{ada.profile.public_id}/matches/?kind=TOURNAMENT"
        with django_assert_num_queries(9):
            client.get(address)
        for number in range(8):
            play(league, f"more-{number}", "north", series=f"S{number}", hours=number + 30)
        with django_assert_num_queries(9):
            client.get(address)

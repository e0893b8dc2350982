"""The page of one match."""

import re

import pytest
from django.urls import reverse

from deltacrown.accounts.models import User
from tests import scene
from tests.web.reading import rows_in, text_of

pytestmark = pytest.mark.django_db

NO_DUEL = "Valorant match"


def heading_of(answer):
    """The heading of a match's page, and its title without the name of the site."""
    page = answer.content.decode()
    heading = re.search(r"<h1.*?</h1>", page, re.DOTALL)[0]
    title = re.search(r"<title>(.*?) · Delta", page)[1]
    return " ".join(re.sub(r"<[^>]+>", " ", heading).split()), title


class TestMatch:
    def test_every_side_with_what_the_game_reported(self, client, cup):
        page = client.get(reverse("match", args=["valorant", "g1"]))

        assert rows_in(page, "Players of this match") == [
            "North 3",
            "ada Win 30 10 3.00",
            "bea Win 10 10 1.00",
            "South 1",
            "cleo Loss 8 10 0.80",
            "dora Loss 7 10 0.70",
        ]
        assert "1 Mar 2025 18:00 · The Cup · Final · Raid" in text_of(page)

    def test_voided_rows_say_so(self, client, cup):
        text = text_of(client.get(reverse("match", args=["valorant", "g0"])))

        assert "This match counts for nobody. Voided: lag" in text
        assert text.count("Voided") == 1

    def test_a_row_voided_alone_says_so_itself(self, client, cup):
        scene.voided(scene.player("fay"), "g1", reason="stand-in", kind="TOURNAMENT", side="South")
        page = client.get(reverse("match", args=["valorant", "g1"]))

        assert "fay Voided: stand-in Win – – – –" in rows_in(page, "Players of this match")
        assert "counts for nobody" not in text_of(page)

    def test_a_duel_is_told_at_the_top_the_winner_first(self, client, cup):
        page = client.get(reverse("match", args=["valorant", "g1"]))

        assert heading_of(page) == ("North 3–1 South", "North 3–1 South · Valorant")
        assert 'content="North 3–1 South: a match of Valorant in The Cup, with' in page.content.decode()

    @pytest.mark.parametrize(
        ("rows", "told"),
        [
            ([("ada", "", "WIN", 2), ("bea", "", "LOSS", 0)], "ada 2–0 bea"),
            ([("ada", "", "WIN", "6-1 7-5"), ("bea", "", "LOSS", "1-6 5-7")], "ada 6-1 7-5 bea"),
            ([("ada", "", "WIN", ""), ("bea", "", "LOSS", "")], "ada against bea"),
            (
                [("ada", "Red", "WIN", 9), ("bea", "Red", "WIN", 4), ("cleo", "Blue", "LOSS", 1)],
                "Red against Blue",
            ),
            ([("ada", "", "WIN", 3), ("bea", "", "LOSS", 2), ("cleo", "", "LOSS", 1)], NO_DUEL),
            (
                [("ada", "Red", "WIN", 3), ("bea", "Red", "LOSS", 2), ("cleo", "Blue", "LOSS", 1)],
                NO_DUEL,
            ),
            ([("ada", "", "WIN", 3)], NO_DUEL),
        ],
        ids=[
            "two players",
            "a score that is several",
            "no score",
            "scores of players, not of the side",
            "everybody for themselves",
            "a side not of one mind",
            "one row",
        ],
    )
    def test_only_a_duel_is_told_at_the_top(self, client, db, rows, told):
        for name, side, result, score in rows:
            scene.match(scene.player(name), "c1", result, side=side, score=score)

        assert heading_of(client.get("/matches/valorant/c1/"))[0] == told

    def test_two_who_are_left_of_more_make_no_duel(self, client, db):
        for name, result in (("ada", "WIN"), ("bea", "LOSS"), ("cleo", "LOSS")):
            scene.match(scene.player(name), "c1", result)
        scene.hide(User.objects.get(username="cleo"), matches=True)

        assert heading_of(client.get("/matches/valorant/c1/"))[0] == NO_DUEL

    def test_of_a_casual_match_hidden_players_are_left_out(self, client, db):
        ada, bea = scene.player("ada"), scene.player("bea")
        for user, result in ((ada, "WIN"), (bea, "LOSS")):
            scene.match(user, "c1", result)
        scene.hide(ada, matches=True)
        address = reverse("match", args=["valorant", "c1"])

        page = client.get(address)
        assert rows_in(page, "Players") == ["bea Loss"]
        assert "Players who hide their match history are left out" in text_of(page)
        assert "ada" not in text_of(page)
        client.force_login(ada)
        assert len(rows_in(client.get(address), "Players of")) == 2

    def test_a_casual_match_all_of_whose_players_hide(self, client, db):
        ada = scene.player("ada")
        scene.match(ada, "c1")
        scene.hide(ada, matches=True)

        hidden = client.get(reverse("match", args=["valorant", "c1"]))
        assert hidden.status_code == 404
        assert text_of(hidden) == text_of(client.get(reverse("match", args=["valorant", "c2"])))

    @pytest.mark.parametrize("key", ["a/b/c", "a b?c#d%e", "ü", "..x", "<i>"])
    def test_any_key_has_an_address(self, client, db, key):
        ada = scene.player("ada")
        scene.match(ada, key)
        link = re.search(
            r'class="main" href="(/matches/[^"]+)"',
            client.get(reverse("player-matches", args=[ada.profile.public_id])).content.decode(),
        )[1]

        answer = client.get(link)
        assert answer.status_code == 200
        assert key in text_of(answer)

    @pytest.mark.parametrize(
        "address", ["/matches/valorant/nope/", "/matches/nope/g1/", "/matches/valorant/a%00b/"]
    )
    def test_there_is_no_such_match(self, client, cup, address):
        assert client.get(address).status_code == 404

    def test_stats_of_any_shape_do_no_harm(self, client, db):
        scene.match(
            scene.player("ada"),
            "m",
            stats={
                "zeal": 2,
                "kills": 5,
                "weapon": "<b>",
                "list": [1],
                "acc": 0.5,
                "none": None,
                "flag": True,
            },
        )

        assert rows_in(client.get("/matches/valorant/m/"), "Players of this match") == [
            "ada Win <b> 5 0.50 2"
        ]

    def test_ones_own_line_is_marked_and_says_what_it_counts_for(self, client, cup):
        page = client.get(reverse("match", args=["valorant", "g1"]))
        assert "counts for" not in text_of(page)
        client.force_login(User.objects.get(username="cleo"))
        page = client.get(reverse("match", args=["valorant", "g1"]))

        assert rows_in(page, "Players")[4:] == ["cleo you Loss 8 10 0.80", "dora Loss 7 10 0.70"]
        assert "What your line counts for Matches played +1 Matches won does not count: it was" in text_of(
            page
        )

    def test_texts_units_and_a_player_without_a_death(self, client, db):
        stats = {"agent": "Omen", "kills": 7, "deaths": 0, "headshot_percent": 25, "note": "x"}
        scene.match(scene.player("ada"), "m", stats=stats)
        scene.match(scene.player("bea"), "m", "LOSS", stats={"agent": 3, "kills": "many"})
        page = client.get("/matches/valorant/m/")

        assert "Player Result Note Kills Deaths K/D Agent Headshot %" in text_of(page)
        assert rows_in(page, "Players") == [
            "ada Win x 7 0 7.00 Omen 25",
            "bea Loss – many – – 3 –",
        ]

    def test_queries(self, client, cup, django_assert_num_queries):
        with django_assert_num_queries(6):
            client.get(reverse("match", args=["valorant", "g1"]))

import re

import pytest
from django.urls import reverse

from tests import scene
from tests.web.reading import rows_in, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def cup(db):
    """A team event: two teams of two, one match, a third team disqualified. One winner hides everything."""
    event = scene.tournament("cup", entrant_kind="TEAM", name="The Cup")
    north, south, west = (scene.team(slug) for slug in ("north", "south", "west"))
    rosters = {north: ["ada", "bea"], south: ["cleo", "dora"], west: ["eve"]}
    people = {name: scene.player(name) for roster in rosters.values() for name in roster}
    for hours, (squad, roster) in enumerate(rosters.items()):
        for name in roster:
            scene.entry(people[name], event, team=squad, hours=hours)
    for squad, placement, prize in ((north, 1, 1000), (south, 2, 500)):
        scene.placed(event, placement, team=squad, prize_amount=prize)
        for name in rosters[squad]:
            scene.placed(event, placement, people[name], team=squad)
    scene.disqualified(event, None, "late", team=west)
    scene.disqualified(event, people["eve"], "late", team=west)
    for name, kills in {"ada": 30, "bea": 10, "cleo": 8, "dora": 7}.items():
        won = name in ("ada", "bea")
        squad = north if won else south
        row = scene.match(
            people[name],
            "g1",
            "WIN" if won else "LOSS",
            kind="TOURNAMENT",
            side=squad.name,
            score=3 if won else 1,
            stats={"kills": kills, "deaths": 10},
        )
        scene.tournament_match(row, event, team=squad, opponent_team=south if won else north, round="Final", map_name="Raid")
        if name == "dora":
            scene.archive(row)
    void = scene.voided(people["ada"], "g0", hours=-1, kind="TOURNAMENT", side="North", reason="lag", stats={"kills": 99, "deaths": 1})
    scene.tournament_match(void, event, team=north)
    scene.hide(people["ada"], matches=True, tournaments=True)
    return event


ADDRESSES = ["/tournaments/", "/tournaments/cup/", "/tournaments/cup/results/", "/tournaments/cup/entrants/", "/tournaments/cup/players/"]


class TestTeamEvent:
    def test_results_with_rosters_and_prizes_and_who_is_disqualified_and_why(self, client, cup):
        page = client.get("/tournaments/cup/")

        assert rows_in(page, "Results") == ["1st North ada , bea 1,000", "2nd South cleo , dora 500"]
        assert rows_in(page, "Disqualified") == ["DQ West eve Disqualified: late –"]

    def test_the_totals_leave_voided_rows_out_and_archived_ones_in(self, client, cup):
        text = text_of(client.get("/tournaments/cup/"))

        assert "Matches 1 Players 4 Teams 2 Kills 55 Deaths 40" in text

    def test_kills_and_deaths_of_each_player_best_first(self, client, cup):
        table = ["ada 1 1 30 10 3.00", "bea 1 1 10 10 1.00", "cleo 1 0 8 10 0.80", "dora 1 0 7 10 0.70"]

        assert rows_in(client.get("/tournaments/cup/"), "Players") == table
        assert rows_in(client.get("/tournaments/cup/players/"), "Players") == table

    def test_latest_matches_name_both_sides_the_winner_first(self, client, cup):
        text = text_of(client.get("/tournaments/cup/"))

        assert "North 3 South 1 Final · Raid · 1 Mar 2025 18:00" in text
        assert "Voided: lag" in text

    def test_entrants_in_the_order_they_registered(self, client, cup):
        rows = rows_in(client.get("/tournaments/cup/entrants/"), "Entrants")

        assert [row.split(" ")[:2] for row in rows] == [
            ["ada", "North"],
            ["bea", "North"],
            ["cleo", "South"],
            ["dora", "South"],
            ["eve", "West"],
        ]

    def test_players_who_hide_their_histories_are_shown(self, client, cup):
        for address in ADDRESSES[1:]:
            assert "ada" in text_of(client.get(address))


class TestSoloEvent:
    def test_ties_share_the_place_and_say_so(self, client, db):
        event = scene.tournament("open")
        for name, placement in {"ada": 1, "bea": 2, "cleo": 2, "dora": 4}.items():
            scene.placed(event, placement, scene.player(name))

        for address in ("/tournaments/open/", "/tournaments/open/results/"):
            assert rows_in(client.get(address), "Results") == ["1st ada –", "2nd tied bea –", "2nd tied cleo –", "4th dora –"]

    def test_a_tie_over_the_end_of_a_page_says_so_on_both(self, client, db):
        event = scene.tournament("open")
        for number in range(60):
            scene.placed(event, 1, scene.player(f"p{number:02}"))
        first = client.get("/tournaments/open/results/")
        following = re.search(r'rel="next" href="([^"]+)"', first.content.decode())[1].replace("&amp;", "&")

        rows = rows_in(first, "Results") + rows_in(client.get(following), "Results")
        assert rows == [f"1st tied p{number:02} –" for number in range(60)]

    def test_a_game_without_kills_lists_the_most_wins_first_and_no_kills(self, client, db):
        event = scene.tournament("open")
        for name, result in {"ada": "LOSS", "bea": "WIN", "cleo": "DRAW"}.items():
            scene.tournament_match(scene.match(scene.player(name), "g", result, kind="TOURNAMENT", stats={"goals": 2}), event)

        page = client.get("/tournaments/open/")
        assert rows_in(page, "Players, most wins first") == ["bea 1 1", "ada 1 0", "cleo 1 0"]
        assert "Kills" not in text_of(page)

    def test_a_player_of_whom_no_kills_were_reported_comes_after_those_of_whom_they_were(self, client, db):
        event = scene.tournament("open")
        for name, stats in {"ada": {}, "bea": {"kills": 0, "deaths": 3}, "cleo": {"kills": 9, "deaths": 3}}.items():
            scene.tournament_match(scene.match(scene.player(name), "g", kind="TOURNAMENT", stats=stats), event)

        assert rows_in(client.get("/tournaments/open/players/"), "Players") == ["cleo 1 1 9 3 3.00", "bea 1 1 0 3 0.00", "ada 1 1 – – –"]


class TestList:
    def test_latest_first_with_winner_and_state(self, client, cup):
        later = scene.tournament("later", hours=50, status="OPEN")
        scene.entry(scene.player("zoe"), later)

        assert rows_in(client.get("/tournaments/"), "Tournaments") == [
            "Later Valorant · Registration open · 1 player – 3 Mar 2025",
            "The Cup Valorant · Completed · 5 players North 1 Mar 2025",
        ]

    def test_drafts_are_for_the_organiser_and_staff(self, client, db):
        organiser, staff, other = scene.player("org"), scene.player("staff", is_staff=True), scene.player("other")
        scene.tournament("draft", status="DRAFT", organiser=organiser)

        assert "No tournaments yet" in text_of(client.get("/tournaments/"))
        assert client.get("/tournaments/draft/").status_code == 404
        for viewer, status in ((other, 404), (organiser, 200), (staff, 200)):
            client.force_login(viewer)
            assert client.get("/tournaments/draft/").status_code == status

    def test_pages(self, client, db):
        for number in range(25):
            scene.tournament(f"t{number}", hours=number)
        first = client.get("/tournaments/")
        following = re.search(r'rel="next" href="([^"]+)"', first.content.decode())[1].replace("&amp;", "&")

        rows = rows_in(first, "Tournaments") + rows_in(client.get(following), "Tournaments")
        assert [row.split(" ")[0] for row in rows] == [f"T{number}" for number in reversed(range(25))]


def test_an_event_to_come_has_written_empty_states(client, db):
    scene.tournament("soon", status="OPEN")

    text = text_of(client.get("/tournaments/soon/"))
    for part in ("No results yet", "Nobody has registered yet", "No matches yet"):
        assert part in text
    for tab in ("results", "entrants", "players"):
        assert client.get(f"/tournaments/soon/{tab}/").status_code == 200


@pytest.mark.parametrize("tab", ["", "results/", "entrants/", "players/"])
def test_there_is_no_such_tournament(client, db, tab):
    answer = client.get(f"/tournaments/nope/{tab}")

    assert answer.status_code == 404
    assert "There is no tournament" in text_of(answer)


@pytest.mark.parametrize("address", ["/tournaments/", "/tournaments/cup/results/", "/tournaments/cup/entrants/"])
def test_a_bad_cursor(client, cup, address):
    assert client.get(f"{address}?page=x").status_code == 400


@pytest.mark.parametrize("address", ADDRESSES)
def test_hostile_names_stay_text(client, cup, address):
    hostile = "<script>alert(1)</script>"
    type(cup).objects.update(name=hostile)
    for row in cup.participations.all():
        row.user.profile.display_name = hostile
        row.user.profile.save()

    page = client.get(address).content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


@pytest.mark.parametrize(
    ("address", "queries"),
    [
        ("/tournaments/", 3),
        ("/tournaments/cup/", 20),
        ("/tournaments/cup/results/", 4),
        ("/tournaments/cup/entrants/", 2),
        ("/tournaments/cup/players/", 6),
    ],
)
def test_the_number_of_queries_is_fixed(client, cup, address, queries, django_assert_num_queries):
    with django_assert_num_queries(queries):
        client.get(address)
    for number in range(6):
        squad, user = scene.team(f"more-{number}"), scene.player(f"more-{number}")
        scene.entry(user, cup, team=squad)
        scene.placed(cup, 3 + number, team=squad)
        scene.placed(cup, 3 + number, user, team=squad)
        scene.tournament_match(scene.match(user, f"x{number}", kind="TOURNAMENT", stats={"kills": 1, "deaths": 1}), cup, team=squad)
        scene.placed(scene.tournament(f"t{number}"), 1, user)
    with django_assert_num_queries(queries):
        client.get(address)


class TestMatch:
    def test_every_side_with_what_the_game_reported(self, client, cup):
        page = client.get(reverse("match", args=["valorant", "g1"]))

        assert rows_in(page, "Players of this match") == [
            "Win ada North 3 30 10",
            "Win bea North 3 10 10",
            "Loss cleo South 1 8 10",
            "Loss dora South 1 7 10",
        ]
        assert "1 Mar 2025 18:00 · The Cup · Final · Raid" in text_of(page)

    def test_voided_rows_say_so(self, client, cup):
        assert "Voided: lag" in text_of(client.get(reverse("match", args=["valorant", "g0"])))

    def test_of_a_casual_match_hidden_players_are_left_out(self, client, db):
        ada, bea = scene.player("ada"), scene.player("bea")
        for user, result in ((ada, "WIN"), (bea, "LOSS")):
            scene.match(user, "c1", result)
        scene.hide(ada, matches=True)
        address = reverse("match", args=["valorant", "c1"])

        page = client.get(address)
        assert [row.split(" ")[1] for row in rows_in(page, "Players")] == ["bea"]
        assert "Players who hide their match history are left out" in text_of(page)
        assert "ada" not in text_of(page)
        client.force_login(ada)
        assert len(rows_in(client.get(address), "Players of")) == 2

    def test_a_casual_match_all_of_whose_players_hide(self, client, db):
        ada = scene.player("ada")
        scene.match(ada, "c1")
        scene.hide(ada, matches=True)

        answer = client.get(reverse("match", args=["valorant", "c1"]))
        assert answer.status_code == 403
        assert "ada" not in text_of(answer)

    @pytest.mark.parametrize("key", ["a/b/c", "a b?c#d%e", "ü", "..x", "<i>"])
    def test_any_key_has_an_address(self, client, db, key):
        ada = scene.player("ada")
        scene.match(ada, key)
        link = re.search(
            r'class="main" href="(/matches/[^"]+)"', client.get(reverse("player-matches", args=[ada.profile.public_id])).content.decode()
        )[1]

        answer = client.get(link)
        assert answer.status_code == 200
        assert key in text_of(answer)

    @pytest.mark.parametrize("address", ["/matches/valorant/nope/", "/matches/nope/g1/", "/matches/valorant/a%00b/"])
    def test_there_is_no_such_match(self, client, cup, address):
        assert client.get(address).status_code == 404

    def test_stats_of_any_shape_do_no_harm(self, client, db):
        scene.match(
            scene.player("ada"), "m", stats={"zeal": 2, "kills": 5, "weapon": "<b>", "list": [1], "acc": 0.5, "none": None, "flag": True}
        )

        assert rows_in(client.get("/matches/valorant/m/"), "Players of this match") == ["Win ada – 5 0.50 2"]

    def test_queries(self, client, cup, django_assert_num_queries):
        with django_assert_num_queries(6):
            client.get(reverse("match", args=["valorant", "g1"]))

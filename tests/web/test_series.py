"""Series on pages: one result over its games, with its games beneath; every list in pages."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse

from deltacrown.games.services import void_match
from deltacrown.tournaments.models import TournamentMatchResult
from deltacrown.tournaments.services import TournamentMatchRecord, record_tournament_matches
from tests import scene
from tests.conftest import NOON
from tests.scene import at
from tests.web.reading import rows_in, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def league(db):
    """Two teams of one player each."""
    event = scene.tournament("league", entrant_kind="TEAM", name="The League", status="RUNNING")
    for name, squad in {"ada": "north", "cleo": "south"}.items():
        scene.registration(scene.player(name), event, team=scene.team(squad))
    return event


def play(event, key, winner, *, series="Final", hours=0.0, best_of=None, **fields):
    """Record a game of North (ada) and South (cleo) through the service."""
    users = {row.team.slug: row.user for row in event.participations.select_related("team", "user")}
    lines = [
        scene.line(user, "WIN" if squad == winner else "LOSS", side=squad.title(), score=int(squad == winner))
        for squad, user in users.items()
    ]
    match = scene.record(event.game, key, *lines, played_at=at(hours))
    told = TournamentMatchRecord(tournament=event, match=match, series=series, best_of=best_of, **fields)
    [outcome] = record_tournament_matches(records=[told], now=NOON)
    assert outcome.refusal is None
    return users


def play_final(event):
    users = {}
    for number, winner in enumerate(["north", "south", "north", "north"], 1):
        users = play(
            event,
            f"g{number}",
            winner,
            hours=number,
            best_of=5,
            round="Grand final",
            map_name=f"Map {number}",
        )
    return users


class TestTournament:
    def test_a_series_is_one_with_its_games_beneath(self, client, league):
        play_final(league)
        play(league, "alone", "south", series="", hours=9)

        text = text_of(client.get("/tournaments/league/matches/"))

        assert "South 1 North 0 1 Mar 2025" not in text.split("North 3 South 1")[1]
        assert (
            "North 3 South 1 Grand final · Final · best of 5 North 1 South 0 Map 1 · 1 Mar 2025 19:00" in text
        )
        assert text.count("South 1 North 0") == 2  # the game that it lost, and the match of no series

    def test_the_overview_has_a_line_for_it(self, client, league):
        play_final(league)

        text = text_of(client.get("/tournaments/league/"))
        assert "North 3 South 1 Grand final · Final · 1 Mar 2025 22:00" in text
        assert "Map 1" not in text

    def test_a_name_that_says_the_round_is_enough(self, client, league):
        play(league, "g1", "north", series="Semi-final, series 2", round="Semi-final")

        assert "South 0 Semi-final, series 2 · 1 game" in text_of(client.get("/tournaments/league/matches/"))

    def test_one_that_is_not_decided_says_so(self, client, league):
        play(league, "g1", "north", best_of=3)

        for address in ("/tournaments/league/", "/tournaments/league/matches/"):
            text = text_of(client.get(address))
            assert "Does not count: undecided best of 3" in text

    def test_every_series_and_every_match_is_on_one_page(self, client, league):
        for number in range(30):
            play(league, f"a{number:02}", "north", series="", hours=number)
            play(league, f"b{number:02}-1", "north", series=f"S{number}", hours=number)
            play(league, f"b{number:02}-2", "north", series=f"S{number}", hours=number + 0.5)

        found, address = [], "/tournaments/league/matches/"
        while address:
            page = client.get(address).content.decode()
            found += re.findall(r'class="main" href="(/[^"]+)"', page)
            following = re.search(r'rel="next" href="([^"]+)"', page)
            address = following[1].replace("&amp;", "&") if following else None

        games = [each for each in found if each.startswith("/matches/")]
        series = [each for each in found if "/series/" in each]
        assert (len(games), len(set(games))) == (90, 90)
        assert (len(series), len(set(series))) == (30, 30)

    def test_a_game_whose_series_was_never_synced_is_a_match(self, client, league):
        play(league, "g1", "north", series="")
        TournamentMatchResult.objects.update(series="By raw SQL")

        assert "North 1 South 0" in text_of(client.get("/tournaments/league/matches/"))

    def test_many_games_of_one_series_are_on_its_own_page(self, client, league):
        for number in range(25):
            play(league, f"g{number:02}", "north", hours=number)

        listed = client.get("/tournaments/league/matches/").content.decode()
        assert listed.count("/matches/valorant/") == 15
        assert "All 25 games" in listed
        first = client.get("/tournaments/league/series/Final/").content.decode()
        assert first.count("/matches/valorant/") == 20
        following = re.search(r'rel="next" href="([^"]+)"', first)[1]
        assert client.get(following).content.decode().count("/matches/valorant/") == 5

    @pytest.mark.parametrize("address", ["/tournaments/league/matches/", "/tournaments/league/"])
    def test_queries(self, client, league, address, django_assert_num_queries):
        play_final(league)
        queries = {"/tournaments/league/matches/": 11, "/tournaments/league/": 7}[address]
        with django_assert_num_queries(queries):
            client.get(address)
        for number in range(8):
            play(league, f"more-{number}", "north", series=f"S{number}", hours=number)
        with django_assert_num_queries(queries):
            client.get(address)


class TestSeriesPage:
    def test_the_score_the_winner_first_and_the_games(self, client, league):
        play_final(league)

        text = text_of(client.get("/tournaments/league/series/Final/"))

        assert "Final Grand final · Best of 5 · 4 games · 1 Mar 2025 North 3 Win South 1 Loss" in text
        assert "North 1 South 0 Map 4 · 1 Mar 2025 22:00 North 1 South 0 Map 3" in text

    def test_a_void_game_is_shown_and_does_not_count(self, client, league):
        play_final(league)
        void_match(game=league.game, match_key="g4", reason="wrong map", now=NOON)

        text = text_of(client.get("/tournaments/league/series/Final/"))
        assert "North 2 No result South 1 No result" in text
        assert "This series does not count: undecided best of 5." in text
        assert "Voided: wrong map" in text

    @pytest.mark.parametrize("name", ["a/b/c", "a b?c#d%e", "ü", "..x", "<i>", "Final 3–1", "x/"])
    def test_any_name_has_an_address(self, client, league, name):
        play(league, "g1", "north", series=name)
        page = client.get("/tournaments/league/matches/").content.decode()
        link = re.search(r'href="(/tournaments/league/series/[^"]+)"', page)[1]

        answer = client.get(link)
        assert answer.status_code == 200
        assert name in text_of(answer)

    @pytest.mark.parametrize("address", ["league/series/Nope", "nope/series/Final", "league/series/a%00b"])
    def test_there_is_no_such_series(self, client, league, address):
        play(league, "g1", "north")

        assert client.get(f"/tournaments/{address}/").status_code == 404

    def test_that_of_a_draft_is_not_there_for_others(self, client, league):
        users = play(league, "g1", "north")
        type(league).objects.filter(pk=league.pk).update(status="DRAFT")
        client.force_login(users["north"])

        assert client.get("/tournaments/league/series/Final/").status_code == 404

    def test_players_without_a_team_are_links(self, client, db):
        event = scene.tournament("open", status="RUNNING")
        ada, bea = scene.player("ada"), scene.player("bea")
        for user in (ada, bea):
            scene.registration(user, event)
        match = scene.duel(event.game, "g1", ada, bea, played_at=at(0))
        told = TournamentMatchRecord(tournament=event, match=match, series="Final")
        record_tournament_matches(records=[told], now=NOON)

        page = client.get("/tournaments/open/series/Final/").content.decode()
        for user in (ada, bea):
            assert f'href="/players/{user.profile.public_id}/"' in page

    def test_queries(self, client, league, django_assert_num_queries):
        play_final(league)
        with django_assert_num_queries(10):
            client.get("/tournaments/league/series/Final/")


class TestMatchPage:
    def test_it_says_which_game_of_which_series_it_is(self, client, league):
        play_final(league)

        page = client.get("/matches/valorant/g3/")
        assert "Game 3 of a best of 5 · Final · 3–1 1 1–0 2 0–1 3 1–0 4 1–0" in text_of(page)
        links = re.findall(r'href="(/matches/valorant/g\d/)"', page.content.decode())
        assert links == ["/matches/valorant/g1/", "/matches/valorant/g2/", "/matches/valorant/g4/"]

    def test_one_of_many_shows_those_around_it(self, client, league):
        for number in range(40):
            play(league, f"g{number:02}", "north", hours=number)

        assert "Game 30 of 40 · Final · 40–0 23 1–0 24 1–0" in text_of(client.get("/matches/valorant/g29/"))

    def test_a_match_of_no_series_says_nothing_of_one(self, client, league):
        play(league, "g1", "north", series="")

        assert "Game 1" not in text_of(client.get("/matches/valorant/g1/"))


class TestPlayer:
    def test_each_series_is_one_result(self, client, league):
        users = play_final(league)
        play(league, "o1", "south", series="Opening", hours=-5)
        ada = users["north"]

        page = client.get(reverse("player-series", args=[ada.profile.public_id]))
        assert rows_in(page, "Series, latest first") == [
            "Win against South Valorant · The League · Final · best of 5 · for North 3–1 22:00",
            "Loss against South Valorant · The League · Opening · for North 0–1 13:00",
        ]

    def test_the_rows_of_a_number_are_series(self, client, league):
        ada = play_final(league)["north"]

        page = client.get(reverse("player-stat", args=[ada.profile.public_id, "series_won"]))
        assert rows_in(page, "The series") == [
            "Win against South Valorant · The League · Final · best of 5 · for North 3–1 1 Mar 2025"
        ]

    def test_the_matches_lead_to_it_where_there_is_one(self, client, league):
        ada = play_final(league)["north"]
        link = reverse("player-series", args=[ada.profile.public_id])
        assert link in client.get(reverse("player-matches", args=[ada.profile.public_id])).content.decode()

        other = scene.player("other")
        address = reverse("player-matches", args=[other.profile.public_id])
        assert "/series/" not in client.get(address).content.decode()

    @pytest.mark.parametrize(
        ("query", "shown"),
        [
            ("result=WIN", ["Final"]),
            ("result=LOSS", ["Opening"]),
            ("opponent=south", ["Final", "Opening"]),
            ("opponent=north", []),
            ("tournament=league", ["Final", "Opening"]),
            ("played_from=2025-03-01", ["Final"]),
            ("played_to=2025-02-28", ["Opening"]),
            ("game=valorant", ["Final", "Opening"]),
        ],
    )
    def test_filters(self, client, league, query, shown):
        ada = play_final(league)["north"]
        play(league, "o1", "south", series="Opening", hours=-50)

        page = client.get(f"{reverse('player-series', args=[ada.profile.public_id])}?{query}")
        text = text_of(page)
        assert [name for name in ("Final", "Opening") if f"· {name}" in text] == shown

    def test_a_bad_filter_is_a_400(self, client, league):
        ada = play_final(league)["north"]

        for query in ("result=lost", "opponent=nobody", "page=damaged"):
            address = f"{reverse('player-series', args=[ada.profile.public_id])}?{query}"
            assert client.get(address).status_code == 400

    def test_who_hides_matches_hides_series(self, client, league):
        ada = play_final(league)["north"]
        scene.hide(ada, matches=True)

        for address in (
            reverse("player-series", args=[ada.profile.public_id]),
            reverse("player-stat", args=[ada.profile.public_id, "series_played"]),
            reverse("player-stat-history", args=[ada.profile.public_id, "series_won"]),
        ):
            answer = client.get(address)
            assert answer.status_code == 403
            assert "User has hidden match history" in text_of(answer)

    def test_the_numbers_of_a_game_tell_of_series_where_there_are_some(self, client, league):
        other = scene.player("other")
        scene.match(other, "m1")
        page = client.get(reverse("player", args=[other.profile.public_id]))
        assert rows_in(page, "Numbers by game") == ["Valorant 1 1 100.00 %"]

        ada = play_final(league)["north"]
        page = client.get(reverse("player", args=[ada.profile.public_id]))
        assert rows_in(page, "Numbers by game") == [
            "Valorant 4 3 75.00 %",
            "Series won 1 · Series played 1 · Series win rate 100.00 %",
        ]

    def test_queries(self, client, league, django_assert_num_queries):
        ada = play_final(league)["north"]
        address = reverse("player-series", args=[ada.profile.public_id])
        with django_assert_num_queries(6):  # player, privacy, series, games, seasons, totals
            client.get(address)
        for number in range(8):
            play(league, f"more-{number}", "north", series=f"S{number}", hours=number)
        with django_assert_num_queries(6):
            client.get(address)

import re

import pytest

from deltacrown.pages.tournament_entrants import list_entered_whole
from tests import scene
from tests.web.reading import rows_in, text_of

pytestmark = pytest.mark.django_db


ADDRESSES = [f"/tournaments/{page}" for page in ("", "cup/", "cup/results/", "cup/entrants/", "cup/players/")]


class TestTeamEvent:
    def test_results_with_rosters_and_prizes_and_who_is_disqualified_and_why(self, client, cup):
        page = client.get("/tournaments/cup/")

        assert rows_in(page, "Results") == ["1st North ada , bea 1,000", "2nd South cleo , dora 500"]
        assert rows_in(page, "Disqualified") == ["DQ West eve Disqualified: late –"]

    def test_the_totals_leave_voided_rows_out_and_archived_ones_in(self, client, cup):
        text = text_of(client.get("/tournaments/cup/"))

        assert "Matches 1 Registered 5 Played 4 Teams 2 Kills 55 Deaths 40" in text

    def test_kills_and_deaths_of_each_player_best_first(self, client, cup):
        table = ["ada 1 1 30 10 3.00", "bea 1 1 10 10 1.00", "cleo 1 0 8 10 0.80", "dora 1 0 7 10 0.70"]

        assert rows_in(client.get("/tournaments/cup/"), "Players") == table
        assert rows_in(client.get("/tournaments/cup/players/"), "Players") == table

    def test_latest_matches_name_both_sides_the_winner_first(self, client, cup):
        text = text_of(client.get("/tournaments/cup/"))

        assert "North 3 South 1 Final · Raid · 1 Mar 2025 18:00" in text
        assert "Voided: lag" in text

    def test_entrants_in_the_order_they_registered_by_team(self, client, cup):
        text = text_of(client.get("/tournaments/cup/entrants/"))

        names = ["North", "ada", "bea", "South", "cleo", "dora", "West", "eve"]
        found = [text.index(f" {name} ") for name in names]
        assert found == sorted(found)

    def test_no_edge_of_a_page_divides_a_team(self, client, cup):
        """Somebody came to the first team after the last one had registered, and somebody is in none."""
        scene.registration(scene.player("late"), cup, team=scene.Team.objects.get(slug="north"), hours=9)
        scene.registration(scene.player("alone"), cup, hours=10)

        pages, cursor = [], None
        while not pages or cursor:
            page = list_entered_whole(cup, cursor, limit=1)
            pages += [[line.player.name for line in team] for team in page.items]
            cursor = page.next_cursor

        assert pages == [["ada", "bea", "late"], ["cleo", "dora"], ["eve"], ["alone"]]
        assert "North 1 Mar 2025 3 players" in text_of(client.get("/tournaments/cup/entrants/"))

    def test_substitutes_and_who_left_are_marked_by_the_day(self, client, cup):
        north = scene.Team.objects.get(slug="north")
        steps = {"ada": "LEFT", "bea": "JOINED"}
        for name, kind in steps.items():
            user = scene.User.objects.get(username=name)
            cup.entry_changes.create(user=user, team=north, kind=kind, happened_at=scene.at(5))

        text = text_of(client.get("/tournaments/cup/entrants/"))

        assert "ada Left the roster 1 Mar 2025 bea" in text
        assert re.search(r"bea \w+ · Substitute since 1 Mar 2025 South", text)

    def test_players_who_hide_their_histories_are_shown(self, client, cup):
        for address in ADDRESSES[1:]:
            assert "ada" in text_of(client.get(address))


class TestSoloEvent:
    def test_ties_share_the_place_and_say_so(self, client, db):
        event = scene.tournament("open")
        for name, placement in {"ada": 1, "bea": 2, "cleo": 2, "dora": 4}.items():
            scene.result(event, placement, scene.player(name))

        for address in ("/tournaments/open/", "/tournaments/open/results/"):
            assert rows_in(client.get(address), "Results") == [
                "1st ada –",
                "2nd tied bea –",
                "2nd tied cleo –",
                "4th dora –",
            ]

    def test_standings_as_published(self, client, db):
        event = scene.tournament("open", prize_currency="EUR")
        scene.disqualified(event, scene.player("gus"))
        scene.result(event, None, scene.player("fay"), unplaced_reason="not classified")
        scene.result(event, None, scene.player("hal"))
        for name in ("eve", "dora"):
            scene.result(event, 3, scene.player(name), placement_to=4, prize_amount=1250)
        scene.result(event, 33, scene.player("ian"), prize_amount="0.50")
        for name in ("ada", "bea"):
            scene.result(event, 1, scene.player(name), prize_amount=12500)

        placed = [
            "1st tied ada 12,500 EUR",
            "1st tied bea 12,500 EUR",
            "3–4 eve 1,250 EUR",
            "3–4 dora 1,250 EUR",
            "33rd ian 0.50 EUR",
            "– fay Unranked: not classified –",
            "– hal –",
        ]
        out = "DQ gus Disqualified: wrong roster –"
        assert rows_in(client.get("/tournaments/open/"), "Results") == placed
        assert rows_in(client.get("/tournaments/open/"), "Disqualified") == [out]
        assert rows_in(client.get("/tournaments/open/results/"), "Results") == [*placed, out]

    def test_every_result_is_on_one_page_of_the_list(self, client, db):
        event = scene.tournament("open")
        for number in range(60):
            fields = {"placement_to": 99} if number % 3 == 0 else {}
            placement = None if number % 5 == 0 else 1 + number // 7
            if placement is None:
                fields = {"disqualified_at": scene.at(1), "disqualified_reason": "x"} if number % 2 else {}
            scene.result(event, placement, scene.player(f"p{number:02}"), **fields)
        first = client.get("/tournaments/open/results/")
        following = re.search(r'rel="next" href="([^"]+)"', first.content.decode())[1].replace("&amp;", "&")

        rows = rows_in(first, "Results") + rows_in(client.get(following), "Results")

        names = sorted(re.search(r"p\d\d", row)[0] for row in rows)
        assert names == [f"p{number:02}" for number in range(60)]
        assert [row.startswith("DQ") for row in rows] == [False] * 54 + [True] * 6

    def test_a_tie_over_the_end_of_a_page_says_so_on_both(self, client, db):
        event = scene.tournament("open")
        for number in range(60):
            scene.result(event, 1, scene.player(f"p{number:02}"))
        first = client.get("/tournaments/open/results/")
        following = re.search(r'rel="next" href="([^"]+)"', first.content.decode())[1].replace("&amp;", "&")

        rows = rows_in(first, "Results") + rows_in(client.get(following), "Results")
        assert rows == [f"1st tied p{number:02} –" for number in range(60)]

    def test_a_game_without_kills_lists_the_most_wins_first_and_no_kills(self, client, db):
        event = scene.tournament("open")
        for name, result in {"ada": "LOSS", "bea": "WIN", "cleo": "DRAW"}.items():
            scene.tournament_match(
                scene.match(scene.player(name), "g", result, kind="TOURNAMENT", stats={"goals": 2}), event
            )

        page = client.get("/tournaments/open/")
        assert rows_in(page, "Players, most wins first") == ["bea 1 1", "ada 1 0", "cleo 1 0"]
        assert "Kills" not in text_of(page)

    def test_a_player_of_whom_no_kills_were_reported_comes_after_those_of_whom_they_were(self, client, db):
        event = scene.tournament("open")
        for name, stats in {
            "ada": {},
            "bea": {"kills": 0, "deaths": 3},
            "cleo": {"kills": 9, "deaths": 3},
        }.items():
            scene.tournament_match(
                scene.match(scene.player(name), "g", kind="TOURNAMENT", stats=stats), event
            )

        assert rows_in(client.get("/tournaments/open/players/"), "Players") == [
            "cleo 1 1 9 3 3.00",
            "bea 1 1 0 3 0.00",
            "ada 1 1 – – –",
        ]


class TestList:
    def test_latest_first_with_winner_and_state(self, client, cup):
        later = scene.tournament("later", hours=50, status="OPEN")
        scene.registration(scene.player("zoe"), later)

        page = client.get("/tournaments/")
        assert rows_in(page, "Open for entries") == [
            "Later Valorant · Registration open · 1 registered Single players 3 Mar 2025 20:00"
        ]
        assert rows_in(page, "Past tournaments") == [
            "The Cup Valorant · Completed · 5 registered North 1 Mar 2025"
        ]

    def test_what_runs_and_what_comes_stands_above_the_past_and_by_its_start(self, client, db):
        for slug, hours, status in (("late", 9, "OPEN"), ("soon", 5, "OPEN"), ("now", 3, "RUNNING")):
            scene.tournament(slug, hours=hours, status=status)
        scene.tournament("shut", hours=7, status="OPEN", registration_closes_at=scene.at(1))
        scene.tournament("gone", status="CANCELLED")

        page = client.get("/tournaments/")
        captions = ("Running now", "Open for entries", "Upcoming", "Past")
        named = [[row.split(" ")[0] for row in rows_in(page, caption)] for caption in captions]
        assert named == [["Now"], ["Soon", "Late"], ["Shut"], ["Gone"]]

    def test_filters_keep_one_list_and_say_what_is_wrong_beside_the_form(self, client, cup):
        scene.tournament("other", status="OPEN", title=scene.game("chess"))

        for query in ("game=chess", "status=OPEN", "q=Other", "q=oth&game=chess&status=OPEN"):
            page = client.get(f"/tournaments/?{query}")
            assert [row.split(" ")[0] for row in rows_in(page, "Tournaments found")] == ["Other"]
        wrong = client.get("/tournaments/?game=none&q=cup")
        assert wrong.status_code == 400
        assert "There is no game" in text_of(wrong)
        assert 'value="cup"' in wrong.content.decode()
        assert "No tournament is like this." in text_of(client.get("/tournaments/?status=ANNULLED"))

    def test_drafts_are_for_the_organiser_and_staff(self, client, db):
        organiser, staff, other = (
            scene.player("org"),
            scene.player("staff", is_staff=True),
            scene.player("other"),
        )
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

        rows = rows_in(first, "Past") + rows_in(client.get(following), "Past")
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


@pytest.mark.parametrize(
    "address", ["/tournaments/", "/tournaments/cup/results/", "/tournaments/cup/entrants/"]
)
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
        ("/tournaments/", 6),
        ("/tournaments/cup/", 7),
        ("/tournaments/cup/results/", 4),
        ("/tournaments/cup/matches/", 7),
        ("/tournaments/cup/entrants/", 4),
        ("/tournaments/cup/players/", 4),
    ],
)
def test_the_number_of_queries_is_fixed(client, cup, address, queries, django_assert_num_queries):
    with django_assert_num_queries(queries):
        client.get(address)
    for number in range(6):
        squad, user = scene.team(f"more-{number}"), scene.player(f"more-{number}")
        scene.registration(user, cup, team=squad)
        scene.result(cup, 3 + number, team=squad)
        scene.result(cup, 3 + number, user, team=squad)
        scene.tournament_match(
            scene.match(user, f"x{number}", kind="TOURNAMENT", stats={"kills": 1, "deaths": 1}),
            cup,
            team=squad,
        )
        scene.result(scene.tournament(f"t{number}"), 1, user)
    with django_assert_num_queries(queries):
        client.get(address)


class TestMatches:
    def test_every_match_is_there_and_as_many_count_as_the_number_says(self, client, cup):
        for number in range(30):
            scene.tournament_match(
                scene.match(scene.player(f"x{number}"), f"k{number:02}", hours=1 + number, kind="TOURNAMENT"),
                cup,
            )
        overview = client.get("/tournaments/cup/").content.decode()
        link, number = re.search(
            r'<li><a href="([^"]+)"><span class="label">Matches</span><span class="value">(\d+)', overview
        ).groups()

        first = client.get(link).content.decode()
        following = re.search(r'rel="next" href="([^"]+)"', first)[1].replace("&amp;", "&")
        lines = re.findall(r"<li.*?</li>", first + client.get(following).content.decode(), re.DOTALL)
        lines = [line for line in lines if 'class="heading"' not in line]
        assert len([line for line in lines if "Voided:" not in line]) == int(number) == 31
        assert len([line for line in lines if "Voided: lag" in line]) == 1

    def test_none_yet(self, client, db):
        scene.tournament("cup", status="OPEN")

        assert "No matches yet" in text_of(client.get("/tournaments/cup/matches/"))
        assert "Players 0" not in text_of(client.get("/tournaments/cup/"))


class TestLog:
    @pytest.fixture
    def log(self, cup):
        """A substitution in the cup, which org runs: bea for ada, decided by org."""
        org = scene.player("org")
        type(cup).objects.filter(pk=cup.pk).update(organiser=org)
        north = scene.Team.objects.get(slug="north")
        ada, bea = (scene.User.objects.get(username=name) for name in ("ada", "bea"))
        said = {"team": north, "happened_at": scene.at(5), "reason": "ada is ill", "decided_by": org}
        cup.entry_changes.create(user=ada, kind="LEFT", **said)
        cup.entry_changes.create(user=bea, kind="JOINED", in_place_of=ada, **said)
        return org

    def test_the_organiser_reads_who_did_what_and_why(self, client, log):
        client.force_login(log)
        text = text_of(client.get("/tournaments/cup/changes/"))

        assert "bea · Joined the roster in place of ada" in text
        assert "ada · Left the roster" in text
        assert "ada is ill" in text
        assert "by org" in text

    def test_a_player_reads_what_concerns_them_and_not_by_whom(self, client, log):
        client.force_login(scene.User.objects.get(username="ada"))
        text = text_of(client.get("/tournaments/cup/changes/"))

        assert "ada · Left the roster" in text
        assert "Joined the roster" not in text
        assert "by org" not in text

    def test_others_read_nothing_and_visitors_sign_in_first(self, client, log):
        assert client.get("/tournaments/cup/changes/").status_code == 302
        client.force_login(scene.player("mel"))
        assert "Nothing has happened yet." in text_of(client.get("/tournaments/cup/changes/"))

    def test_the_number_of_queries_is_fixed(self, client, cup, log, django_assert_num_queries):
        client.force_login(log)
        client.get("/tournaments/cup/changes/")
        with django_assert_num_queries(4):
            client.get("/tournaments/cup/changes/")
        for number in range(4):
            user = scene.player(f"more-{number}")
            cup.entry_changes.create(user=user, kind="ENTERED", decided_by=user)
        with django_assert_num_queries(4):
            client.get("/tournaments/cup/changes/")


def test_what_is_announced_is_shown_as_text_with_its_lines(client, db):
    told = {"prize_pool": "2500.50", "prize_currency": "EUR", "rules": "One <b>.\nTwo.\n\nThree."}
    scene.tournament("soon", status="OPEN", registration_closes_at=scene.at(9), **told)

    page = client.get("/tournaments/soon/")
    assert "<p>One &lt;b&gt;.<br>Two.</p>" in page.content.decode()
    assert "Prizes announced 2,500.50\N{NO-BREAK SPACE}EUR" in page.content.decode().replace("</dt><dd>", " ")
    assert "Entries until 2 Mar 2025 03:00" in text_of(page)


def test_a_bracket_is_drawn_with_links_to_its_series(client, db):
    event = scene.tournament("knockout", status="RUNNING", title=scene.game("chess"))
    players = {name: scene.player(name) for name in ("ada", "bea", "cleo", "dora")}
    for number, (winner, loser) in enumerate([("ada", "bea"), ("cleo", "dora")]):
        name = f"Semi-final {number}"
        for who, other, result in ((winner, loser, "WIN"), (loser, winner, "LOSS")):
            row = scene.match(
                players[who], f"s{number}", result, hours=number, title=event.game, kind="TOURNAMENT"
            )
            scene.tournament_match(row, event, round="Semi-final", series=name, opponent_user=players[other])
            won = int(result == "WIN")
            scene.series_result(
                players[who],
                event,
                name,
                result,
                hours=number,
                round="Semi-final",
                opponent_user=players[other],
                games_won=won,
                games_lost=1 - won,
            )

    page = client.get("/tournaments/knockout/")
    text = text_of(page)
    assert "Bracket Semi-final ada won 1 bea 0 Series Semi-final 0 cleo won 1 dora 0" in text
    assert "Final ada cleo" in text
    assert "/tournaments/knockout/series/Semi-final%200/" in page.content.decode()

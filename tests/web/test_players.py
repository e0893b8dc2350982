"""Pages about one player: right numbers, a fixed number of queries, hidden, empty and refused states."""

import json
import re
from html import unescape

import pytest
from django.urls import reverse

from deltacrown.user_profile.models import UserActivity, UserProfile
from deltacrown.user_profile.numbers.catalogue import get_stat_field, list_stat_names
from tests import scene
from tests.web.reading import rows_in, text_of, without_token

pytestmark = pytest.mark.django_db


@pytest.fixture
def anna(db):
    user = scene.player("anna")
    user.profile.display_name, user.profile.country, user.profile.bio = "Anna A.", "DE", "Plays late."
    user.profile.save()
    return user


@pytest.fixture
def season(anna):
    """Anna, with something behind every number."""
    ben = scene.player("ben")
    event = scene.tournament("masters")
    for number, result in enumerate(["WIN", "WIN", "LOSS", "DRAW"]):
        scene.match(anna, f"m{number}", result, hours=number, score=number)
    scene.voided(anna, "void", hours=8, reason="server crash")
    final = scene.match(anna, "final", "WIN", hours=9, kind="TOURNAMENT", side="North")
    scene.tournament_match(
        final, event, round="Grand final", map_name="Raid", opponent_team=scene.team("south")
    )
    scene.archive(scene.match(anna, "old", "LOSS", hours=-5, title=scene.game("chess")))
    scene.match(ben, "m0", "LOSS")
    scene.registration(anna, event, team=scene.team("north"))
    scene.result(event, 1, anna, prize_amount=1500)
    scene.achievement(anna)
    scene.experience(anna, 1234)
    scene.member(anna, scene.team("north"))
    scene.member(anna, scene.team("old-guard"), hours=-50, left=-10)
    scene.dispute(anna, final)
    for key in ("one", "two"):
        scene.activity(anna, key)
    return anna


def path(name, user, *args):
    return reverse(name, args=[user.profile.public_id, *args])


PAGES = [
    ("player", ()),
    ("player-matches", ()),
    ("player-tournaments", ()),
    ("player-activity", ()),
    ("player-stat", ("matches_won",)),
]


class TestProfile:
    def test_every_number_stands_beside_its_name_and_links_to_its_rows(self, client, season):
        page = client.get(path("player", season)).content.decode()

        figures = dict(re.findall(r'class="label">([^<]+)</span><span class="value">([\d,.–]+)', page))
        assert figures.keys() == {get_stat_field(UserProfile, name).label for name in list_stat_names()}
        assert figures == figures | {
            "Matches played": "6",
            "Matches won": "3",
            "Tournaments entered": "1",
            "Titles": "1",
            "Disputes filed": "1",
            "Achievements": "1",
            "Experience": "1,234",
            "Win rate": "50.00",
            "Average placement": "1.00",
            "Level": "5",
        }
        for stat in (
            "total_matches_played",
            "matches_won",
            "overall_win_rate",
            "tournaments_participated",
            "average_placement",
        ):
            assert path("player-stat", season, stat) in page

    def test_who_it_is(self, client, season):
        text = text_of(client.get(path("player", season)))

        for part in (
            "Anna A.",
            season.profile.public_id,
            "DE",
            "Plays late.",
            "North",
            "Old-Guard",
            "First-Blood",
            "Raid",
            "Masters",
            "1st",
        ):
            assert part in text

    def test_numbers_by_game_link_to_that_games_rows(self, client, season):
        page = client.get(path("player", season))

        valorant, chess = rows_in(page, "Numbers by game")
        assert valorant.startswith("Valorant 5 3 60.00 %")
        assert chess.startswith("Chess 1 0 0.00 %")
        assert f"{path('player-stat', season, 'matches_won')}?game=chess" in page.content.decode()

    def test_a_newcomer_sees_written_empty_states(self, client, anna):
        text = text_of(client.get(path("player", anna)))

        for part in (
            "No matches yet",
            "No tournaments yet",
            "No games yet",
            "In no team so far",
            "None so far",
        ):
            assert part in text

    def test_hidden_histories_are_said_so_and_the_numbers_stay(self, client, season):
        scene.hide(season, matches=True, tournaments=True)
        page = client.get(path("player", season))
        text = text_of(page)

        assert page.status_code == 200
        assert "User has hidden match history" in text
        assert "User has hidden tournament history" in text
        assert "Grand final" not in text
        assert "Matches won 3" in text
        assert path("player-stat", season, "matches_won") not in page.content.decode()
        assert path("player-stat", season, "tournaments_won") in page.content.decode()

    def test_rows_that_are_the_players_own_affair_are_linked_for_the_player_only(self, client, season):
        own = path("player-stat", season, "disputes_filed")
        assert own not in client.get(path("player", season)).content.decode()
        client.force_login(season)
        assert own in client.get(path("player", season)).content.decode()

    def test_there_is_no_such_player(self, client, db):
        answer = client.get("/players/DC-25-999999/")

        assert answer.status_code == 404
        assert "no player &#x27;DC-25-999999&#x27;" in answer.content.decode()

    @pytest.mark.parametrize(
        "address", ["/players/1/", "/players/anna/", "/players/DC-25-1/", "/players/dc-25-000001/"]
    )
    def test_players_are_addressed_by_public_id_alone(self, client, anna, address):
        assert client.get(address).status_code == 404


class TestMatches:
    def test_rows_say_what_when_and_how(self, client, season):
        page = client.get(path("player-matches", season))
        rows = rows_in(page, "Matches, latest first")

        assert re.findall(r'data-day="(.+?)"', page.content.decode()) == ["2025-03-02", "2025-03-01"]
        assert rows[0] == "Win against South Valorant · Masters · Grand final · Raid · for North – 03:00"
        assert rows[1] == "Win Valorant Casual Voided: server crash – 02:00"
        assert rows[-1] == "Loss Chess Casual – 13:00"
        assert len(rows) == 7

    def test_a_voided_row_is_marked(self, client, season):
        assert client.get(path("player-matches", season)).content.decode().count('<tr class="voided">') == 1

    @pytest.mark.parametrize(
        ("query", "count"),
        [
            ("game=chess", 1),
            ("kind=TOURNAMENT", 1),
            ("result=WIN", 4),
            ("result=draw&kind=casual", 1),
            ("game=&kind=&result=", 7),
        ],
    )
    def test_filters(self, client, season, query, count):
        page = client.get(f"{path('player-matches', season)}?{query}")
        assert len(rows_in(page, "Matches, latest first")) == count

    def test_the_form_remembers_and_the_next_page_keeps_the_filter(self, client, anna):
        for number in range(12):
            scene.match(anna, f"w{number}", hours=number)
            scene.match(anna, f"l{number}", "LOSS", hours=number)
        first = client.get(f"{path('player-matches', anna)}?result=WIN")
        following = re.search(r'rel="next" href="([^"]+)"', first.content.decode())[1].replace("&amp;", "&")
        second = client.get(following)

        assert '<option value="WIN" selected>' in second.content.decode()
        assert len(rows_in(second, "Matches, latest first")) == 2
        assert "Loss " not in text_of(second).split("Played")[1]
        assert 'rel="next"' not in second.content.decode()
        assert "Back to the first page" in text_of(second)

    def test_nothing_fits(self, client, season):
        assert "No match fits these filters" in text_of(
            client.get(f"{path('player-matches', season)}?game=chess&result=WIN")
        )


class TestTournaments:
    def test_rows(self, client, season):
        rows = rows_in(
            client.get(path("player-tournaments", season)), "Tournaments, latest registration first"
        )

        assert rows == ["1st Masters Valorant · Completed · with North 1,500 1 Mar 2025"]

    def test_a_disqualification_says_why(self, client, anna):
        event = scene.tournament("cup")
        scene.registration(anna, event, status="DISQUALIFIED")
        scene.disqualified(event, anna, "two accounts")

        assert "DQ Cup Valorant · Completed · Disqualified Disqualified: two accounts" in text_of(
            client.get(path("player-tournaments", anna))
        )

    def test_filter_and_empty_states(self, client, season, anna):
        address = path("player-tournaments", season)
        assert "No tournament fits these filters" in text_of(client.get(f"{address}?status=OPEN"))
        assert "No tournaments yet" in text_of(client.get(path("player-tournaments", scene.player("new"))))


class TestActivity:
    def test_visible_events_latest_first(self, client, anna):
        scene.activity(anna, "old", hours=1)
        scene.activity(anna, "new", hours=2)
        scene.activity(anna, "secret", hours=3, visibility="PRIVATE")

        text = text_of(client.get(path("player-activity", anna)))
        assert "1 Mar 2025 20:00 did new 19:00 did old" in text
        assert "secret" not in text
        client.force_login(anna)
        assert "did secret Only you see it" in text_of(client.get(path("player-activity", anna)))

    def test_empty(self, client, anna):
        UserActivity.objects.all().delete()  # that she joined
        assert "Nothing to show yet" in text_of(client.get(path("player-activity", anna)))


class TestStat:
    @pytest.mark.parametrize(
        ("stat", "says"),
        [
            ("total_matches_played", "Matches played 6 Matches of every kind"),
            ("total_matches_played", "6 rows; the number is 6."),
            ("overall_win_rate", "3 won of 6 played: 50.00 %."),
            ("average_placement", "1 placements add up to 1: 1.00 on average."),
            ("tournaments_won", "1st Masters Valorant 1,500"),
            ("achievement_count", "First-Blood Well done. · Minor"),
            ("tournaments_participated", "1 row; the number is 1."),
            ("experience_points", "1 awards add up to 1,234 points."),
            ("level", "1 awards add up to 1,234 points: level 5."),
            ("disputes_filed", "Open About a match not so"),
        ],
    )
    def test_each_number_with_its_meaning_and_its_rows(self, client, season, stat, says):
        client.force_login(season)

        assert says in text_of(client.get(path("player-stat", season, stat)))

    def test_in_one_game(self, client, season):
        text = text_of(client.get(path("player-stat", season, "overall_win_rate") + "?game=valorant"))

        assert "Win rate in Valorant 60.00 %" in text
        assert "3 won of 5 played: 60.00 %." in text

    def test_voided_rows_are_not_behind_a_number(self, client, season):
        assert "void" not in client.get(path("player-stat", season, "matches_won")).content.decode().lower()

    def test_narrowed_rows_say_so(self, client, season):
        text = text_of(client.get(path("player-stat", season, "total_matches_played") + "?result=DRAW"))

        assert "1 of the rows fit these filters. Show all rows" in text

    def test_nothing_behind_a_zero(self, client, anna):
        assert "No rows: nothing of the kind has happened yet" in text_of(
            client.get(path("player-stat", anna, "matches_won"))
        )

    def test_unknown_number(self, client, anna):
        assert client.get(path("player-stat", anna, "charm")).status_code == 404


class TestHidden:
    @pytest.mark.parametrize(
        ("name", "args", "message"),
        [
            ("player-matches", (), "User has hidden match history"),
            ("player-stat", ("matches_won",), "User has hidden match history"),
            ("player-stat", ("overall_win_rate",), "User has hidden match history"),
            ("player-tournaments", (), "User has hidden tournament history"),
            ("player-stat", ("tournaments_participated",), "User has hidden tournament history"),
            ("player-stat", ("disputes_filed",), "shown to the player and to staff only"),
            ("player-stat", ("experience_points",), "shown to the player and to staff only"),
        ],
    )
    def test_a_page_says_so_with_403_and_shows_nothing(self, client, season, name, args, message):
        scene.hide(season, matches=True, tournaments=True)
        address = path(name, season, *args)

        answer = client.get(address)
        assert answer.status_code == 403
        assert message in text_of(answer)
        assert "Back to Anna A." in text_of(answer)
        assert "Masters" not in text_of(answer)
        client.force_login(season)
        assert client.get(address).status_code == 200

    def test_titles_and_achievements_stay_open(self, client, season):
        scene.hide(season, matches=True, tournaments=True)

        for stat in ("tournaments_won", "average_placement", "achievement_count"):
            assert client.get(path("player-stat", season, stat)).status_code == 200


@pytest.mark.parametrize(("name", "args"), PAGES[1:])
@pytest.mark.parametrize("cursor", ["x", "a.b", "%00", "W10.AAAA"])
def test_a_bad_cursor_is_a_400_with_the_reason(client, season, name, args, cursor):
    answer = client.get(f"{path(name, season, *args)}?page={cursor}")

    assert answer.status_code == 400
    assert "This page link is damaged" in text_of(answer)


@pytest.mark.parametrize(
    "query",
    [
        "game=nope",
        "game=%00",
        "result=victory",
        "kind=x",
        "played_from=never",
        "tournament=nope",
        "tournament=%00",
        "season=nope",
        "season=%00",
    ],
)
def test_a_bad_filter_is_a_400_with_the_reason(client, season, query):
    for name, args in (("player-matches", ()), ("player-stat", ("matches_won",))):
        assert client.get(f"{path(name, season, *args)}?{query}").status_code == 400


@pytest.mark.parametrize(
    ("name", "args", "queries"),
    [
        # Two of these are for the cache: the token of the page's player, and whether it is still valid.
        ("player", (), 11),
        ("player-matches", (), 11),
        ("player-tournaments", (), 5),
        ("player-activity", (), 5),
        ("player-stat", ("matches_won",), 11),
        ("player-stat", ("overall_win_rate",), 13),
    ],
)
def test_the_number_of_queries_is_fixed(client, season, name, args, queries, django_assert_num_queries):
    with django_assert_num_queries(queries):
        client.get(path(name, season, *args))
    for number in range(20):
        row = scene.match(season, f"more-{number}", hours=20 + number)
        scene.tournament_match(
            row, scene.tournament(f"t{number}"), opponent_user=scene.player(f"rival{number}")
        )
        scene.registration(season, scene.tournament(f"u{number}"), team=scene.team("north"))
    with django_assert_num_queries(queries):
        client.get(path(name, season, *args))


@pytest.mark.parametrize(
    ("name", "queries"),
    # The lines of others, what the matches come to, and what the filters offer are read again.
    [("player", 2), ("player-matches", 4), ("player-activity", 1)],
)
def test_a_page_that_is_kept_costs_few_queries(client, season, name, queries, django_assert_num_queries):
    fresh = without_token(client.get(path(name, season)).content)
    with django_assert_num_queries(queries):
        assert without_token(client.get(path(name, season)).content) == fresh


@pytest.mark.parametrize(("name", "args"), PAGES)
def test_hostile_names_stay_text(client, season, name, args):
    hostile = "<script>alert(1)</script>"
    season.profile.display_name, season.profile.bio = hostile, hostile
    season.profile.save()
    scene.voided(season, "'\"><b>", side=hostile, reason=hostile)
    scene.activity(season, hostile)

    page = client.get(path(name, season, *args)).content.decode()

    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


@pytest.mark.parametrize(("name", "args"), PAGES)
def test_pages_are_read_only(client, season, name, args):
    assert client.post(path(name, season, *args)).status_code == 405


class TestSearch:
    def test_by_part_of_the_name_shown_or_the_beginning_of_a_public_id(self, client, anna):
        scene.player("ben")
        scene.player("hanna")

        for query, found in [
            ("ANNA", ["Anna A. DE Germany 1", "hanna 1"]),
            ("na a", ["Anna A. DE Germany 1"]),
            (anna.profile.public_id.lower(), ["Anna A. DE Germany 1"]),
        ]:
            rows = rows_in(client.get(reverse("player-search"), {"q": query}), "Players whose name holds")
            assert [row.rsplit(" ", 1)[0] for row in rows] == found

    def test_a_login_name_that_no_page_shows_is_not_found(self, client, anna):
        """``anna`` has a display name; her username is found in no part of it."""
        UserProfile.objects.filter(user=anna).update(display_name="Queen")

        for query in ("anna", "an", "nna"):
            assert "Nobody is called" in text_of(client.get(reverse("player-search"), {"q": query}))

    def test_nobody(self, client, anna):
        page = client.get(reverse("player-search"), {"q": "zzz<"})
        assert "Nobody is called <q>zzz&lt;</q>" in page.content.decode()

    def test_wildcards_are_letters(self, client, anna):
        for query in ("%%", "__", "n%a"):
            assert "Nobody is called" in text_of(client.get(reverse("player-search"), {"q": query}))

    @pytest.mark.parametrize("query", ["a", "x" * 61, "a\x00b"])
    def test_too_short_too_long_or_no_text(self, client, db, query):
        answer = client.get(reverse("player-search"), {"q": query})

        assert answer.status_code == 400
        assert "Search for 2 to 60 letters" in text_of(answer)

    def test_pages(self, client, db, django_assert_num_queries):
        for number in range(25):
            scene.player(f"twin{number:02}")
        # The keys of candidates, and what is shown of them: planning both as one took longer (decision 0072).
        with django_assert_num_queries(2):
            first = client.get(reverse("player-search"), {"q": "twin"})
        following = re.search(r'rel="next" href="([^"]+)"', first.content.decode())[1].replace("&amp;", "&")

        names = [
            row.split(" ")[0]
            for page in (first, client.get(following))
            for row in rows_in(page, "Players whose name holds")
        ]
        assert names == [f"twin{number:02}" for number in range(25)]

    def test_without_a_question_there_is_the_form_alone(self, client, db):
        answer = client.get(reverse("player-search"))

        assert answer.status_code == 200
        assert "Nobody" not in text_of(answer)


class TestExports:
    """The links of a match history to a stream of what it lists."""

    LINK = re.compile(r'href="([^"]+/matches/export[?][^"]+)"')

    def links(self, answer):
        return [unescape(link) for link in self.LINK.findall(answer.content.decode())]

    def test_they_stream_the_rows_that_the_filters_leave(self, client, season):
        answer = client.get(
            path("player-matches", season), {"result": "WIN", "limit": "20", "day": "2030-01-01"}
        )

        csv, ndjson = self.links(answer)
        assert csv.endswith("/matches/export?result=WIN&format=csv")
        streamed = client.get(ndjson).getvalue().decode().splitlines()
        shown = answer.context["shown"].history.items
        assert {json.loads(line)["match_key"] for line in streamed} == {entry.match_key for entry in shown}
        assert client.get(csv).status_code == 200

    def test_who_hides_matches_offers_none_and_the_stream_refuses(self, client, season):
        stream = self.links(client.get(path("player-matches", season)))[1]
        scene.hide(season, matches=True)

        assert client.get(path("player-matches", season)).status_code == 403
        assert self.links(client.get(path("player-matches", season))) == []
        assert client.get(stream).status_code == 403
        client.force_login(season)
        assert client.get(stream).status_code == 200

    def test_nothing_found_has_nothing_to_export(self, client, season):
        assert self.links(client.get(path("player-matches", season), {"played_to": "1990-01-01"})) == []

import re

import pytest

from deltacrown.core import clock
from deltacrown.games.models import Match
from deltacrown.user_profile.models import Follow, UserProfile
from tests import scene
from tests.web.reading import rows_in, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def ladder(db):
    """Wins: ada 3, bea and cleo 2, dora 1; in chess only dora."""
    people = {}
    for name, wins in {"ada": 3, "bea": 2, "cleo": 2}.items():
        people[name] = scene.player(name)
        for turn in range(wins):
            scene.match(people[name], f"m{turn}")
    people["dora"] = scene.player("dora")
    scene.match(people["dora"], "chess-1", title=scene.game("chess"))
    return people


def record_win(user, key):
    """Record a win in chess, now."""
    Match.objects.create(
        user=user, game=scene.game("chess"), match_key=key, result="WIN", played_at=clock.now()
    )


class TestLeaderboard:
    def test_ranks_names_values_and_who_is_ranked(self, client, ladder):
        page = client.get("/leaderboards/matches_won/")

        assert rows_in(page, "Matches won") == [
            "1 ada 100.00 % 3", "=2 bea 100.00 % 2", "=2 cleo 100.00 % 2", "4 dora 100.00 % 1",
        ]  # fmt: skip
        assert "Matches played that ended in a win. Players with at least one are ranked." in text_of(page)

    def test_of_one_game(self, client, ladder):
        page = client.get("/leaderboards/matches_won/?game=chess")

        assert rows_in(page, "Matches won") == ["1 dora 100.00 % 1"]
        assert "Matches won in Chess" in text_of(page)
        assert '<option value="chess" selected>' in page.content.decode()

    @pytest.mark.parametrize(("period", "label"), [("season", "This season"), ("30days", "Last 30 days")])
    def test_of_a_period(self, client, ladder, period, label):
        for number in range(2):
            record_win(ladder["dora"], f"today-{number}")

        page = client.get(f"/leaderboards/matches_won/?period={period}")
        in_chess = client.get(f"/leaderboards/matches_won/?period={period}&game=chess")

        assert rows_in(page, "Matches won") == rows_in(in_chess, "Matches won") == ["1 dora 2"]
        heading = "This quarter" if period == "season" else label
        assert f"{heading}: what happened since" in text_of(page)
        assert f'<option value="{period}" selected>{label}</option>' in page.content.decode()
        assert f'/leaderboards/total_matches_played/?period={period}"' in page.content.decode()
        assert "/leaderboards/achievement_count/" in page.content.decode()
        assert "/leaderboards/experience_points/" not in page.content.decode()

    def test_of_all_time_by_name(self, client, ladder):
        assert len(rows_in(client.get("/leaderboards/matches_won/?period=all"), "Matches won")) == 4

    def test_of_one_country(self, client, ladder):
        UserProfile.objects.filter(user=ladder["bea"]).update(country="DE")

        assert rows_in(client.get("/leaderboards/matches_won/?country=de"), "Matches won") == [
            "1 bea DE 100.00 % 2"
        ]
        nobody = text_of(client.get("/leaderboards/matches_won/?country=FR"))
        assert "Nobody is ranked here." in nobody

    def test_pages_carry_the_ranks_on(self, client, db):
        for number in range(30):
            scene.achievement(scene.player(f"p{number:02}"))
        first = client.get("/leaderboards/achievement_count/")
        following = re.search(r'rel="next" href="([^"]+)"', first.content.decode())[1].replace("&amp;", "&")
        second = client.get(following)

        assert len(rows_in(first, "Achievements")) == 25
        assert rows_in(second, "Achievements") == [f"=1 p{number} 1" for number in range(25, 30)]

    @pytest.mark.parametrize("stat", ["disputes_filed", "placement_sum", "nope"])
    def test_no_such_board(self, client, db, stat):
        answer = client.get(f"/leaderboards/{stat}/")

        assert answer.status_code == 404
        assert "There is no leaderboard by" in text_of(answer)

    @pytest.mark.parametrize(
        ("address", "status"),
        [
            ("/leaderboards/matches_won/?game=nope", 400),
            ("/leaderboards/matches_won/?game=%00", 400),
            ("/leaderboards/matches_won/?page=x", 400),
            ("/leaderboards/tournaments_won/?game=chess", 404),
            ("/leaderboards/matches_won/?period=week", 400),
            ("/leaderboards/experience_points/?period=season", 404),
            ("/leaderboards/matches_won/?country=Germany", 400),
        ],
    )
    def test_what_cannot_be_shown(self, client, ladder, address, status):
        assert client.get(address).status_code == status

    @pytest.mark.parametrize(
        ("query", "said"),
        [
            ("period=season:nope", "There is no season 'nope'"),
            ("season=nope", "There is no season 'nope'"),
            ("period=30days&as_of=2025-01-31", "two periods: leave one of them out"),
            ("as_of=9999-12-31", "lies in the future"),
            ("country=usa", "'USA' is no country"),
        ],
    )
    def test_a_refusal_keeps_the_form_and_shows_no_board(self, client, ladder, query, said):
        page = client.get(f"/leaderboards/matches_won/?{query}")
        html = page.content.decode()

        assert page.status_code == 400
        assert said in text_of(page)
        assert '<form class="filters"' in html
        assert "<table" not in html

    def test_a_hidden_player_is_still_ranked(self, client, ladder):
        scene.hide(ladder["ada"], matches=True, tournaments=True)

        assert rows_in(client.get("/leaderboards/matches_won/"), "Matches won")[0] == "1 ada 100.00 % 3"

    def test_hostile_names_stay_text(self, client, ladder):
        profile = ladder["ada"].profile
        profile.display_name = "<img src=x onerror=alert(1)>"
        profile.save()

        for address in ("/", "/leaderboards/matches_won/"):
            assert "<img" not in client.get(address).content.decode()

    @pytest.mark.parametrize(("query", "queries"), [("", 3), ("?game=chess", 4)])
    def test_queries(self, client, ladder, django_assert_num_queries, query, queries):
        with django_assert_num_queries(queries):
            client.get(f"/leaderboards/matches_won/{query}")

    def test_oneself_and_whom_one_follows(self, client, ladder):
        client.force_login(ladder["dora"])
        alone = client.get("/leaderboards/matches_won/?following=1")
        Follow.objects.create(follower=ladder["dora"], followed=ladder["bea"])
        page = client.get("/leaderboards/matches_won/?following=1")

        assert rows_in(alone, "Matches won") == ["1 dora you 100.00 % 1"]
        assert rows_in(page, "Matches won") == ["1 bea 100.00 % 2", "2 dora you 100.00 % 1"]
        assert 'name="following" value="1" checked' in page.content.decode()
        assert "You are 2nd with 1" in text_of(page)
        nobody = text_of(client.get("/leaderboards/tournaments_won/?following=1"))
        assert "Neither you nor a player you follow is ranked here." in nobody
        client.logout()
        refused = client.get("/leaderboards/matches_won/?following=1")
        assert (refused.status_code, "Sign in to rank yourself" in text_of(refused)) == (400, True)
        assert "following" not in client.get("/leaderboards/matches_won/").content.decode()

    def test_ones_own_place_leads_to_the_page_around_it(self, client, db):
        people = [scene.player(f"p{number:02}") for number in range(40)]
        for person in people:
            scene.achievement(person)
        client.force_login(people[30])
        first = client.get("/leaderboards/achievement_count/")
        around = client.get("/leaderboards/achievement_count/?around=me&game=", follow=True)

        assert '?around=me">You are 1st with 1</a>' in first.content.decode()
        [(address, _)] = around.redirect_chain
        assert address.startswith("?game=&page=")
        assert address.endswith("#me")
        rows = rows_in(around, "Achievements")
        assert (rows[0], rows[12], rows[-1]) == ("=1 p18 1", "=1 p30 you 1", "=1 p39 1")
        assert 'class="mine" id="me"' in around.content.decode()
        assert "Back to the first page" in text_of(around)

        client.force_login(scene.player("new"))
        assert client.get("/leaderboards/achievement_count/?around=me")["Location"] == "?#me"
        assert "You are not ranked here. Your number" in text_of(
            client.get("/leaderboards/achievement_count/")
        )
        client.logout()
        assert client.get("/leaderboards/achievement_count/?around=me")["Location"] == "?#me"
        assert "You are" not in text_of(client.get("/leaderboards/achievement_count/"))

    @pytest.mark.parametrize("query", ["", "season=spring&"])
    def test_any_place_leads_to_the_page_around_it_and_who_has_none_is_as_unknown(self, client, db, query):
        people = [scene.player(f"p{number:02}") for number in range(40)]
        scene.season()
        for person in people:
            scene.achievement(person)
        scene.hide(people[30], matches=True, tournaments=True)
        UserProfile.objects.filter(user=people[31]).update(standing="SUSPENDED")
        address = f"/leaderboards/achievement_count/?{query}around="

        def ask(public_id):
            return client.get(address + public_id)["Location"].replace(public_id, "<id>")

        of_30, of_31 = (people[number].profile.public_id for number in (30, 31))
        page = client.get(address + of_30, follow=True)
        [(led, _)] = page.redirect_chain
        assert led.endswith(f"#{of_30}")
        assert f'<tr id="{of_30}">' in page.content.decode()
        assert rows_in(page, "Achievements")[12] == "=1 p30 1"

        without = ask(scene.player("new").profile.public_id)
        assert without == ask(of_31) == ask("DC-24-999999") == ask("nobody") == f"?{query.strip('&')}#<id>"
        client.force_login(people[30])
        assert client.get(address + of_30)["Location"].endswith("#me")
        assert client.get(address + "%00%22")["Location"] == f"?{query.strip('&')}#%00%22"

    @pytest.mark.parametrize(("name", "queries"), [("ada", 5), ("new", 6)])
    def test_queries_of_who_is_signed_in(self, client, ladder, django_assert_num_queries, name, queries):
        """Session, account and profile; whose row is not on the page is looked for."""
        client.force_login(ladder.get(name) or scene.player(name))
        with django_assert_num_queries(queries):
            client.get("/leaderboards/matches_won/")

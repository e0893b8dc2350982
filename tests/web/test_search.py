"""The search for players, teams and tournaments: who is found, in which order, and who is not."""

import re

import pytest
from django.urls import reverse

from deltacrown.accounts.rights import Right
from deltacrown.accounts.services import rename_player
from deltacrown.core.errors import InvalidInput
from deltacrown.pages import finding, search
from deltacrown.teams.models import Team
from deltacrown.teams.services import rename_team
from deltacrown.tournaments.models import Tournament
from deltacrown.user_profile.models import UserProfile
from tests import scene
from tests.web.reading import rows_in, text_of

pytestmark = pytest.mark.django_db


def show_as(user, name):
    """Give a player a display name."""
    UserProfile.objects.filter(user=user).update(display_name=name)
    return user


def find(query, **options):
    """Return the names of the players found, and what they were called."""
    return [(found.item.name, found.formerly) for found in search.search_players(query, **options).items]


def names(query, **options):
    return [name for name, _ in find(query, **options)]


def read_by_one(read):
    """Return all that a search finds, read in pages of one."""
    found, cursor = [], None
    while True:
        page = read(cursor, 1)
        found += [each.item for each in page.items]
        if not (cursor := page.next_cursor):
            return found


class TestOrder:
    RANKED = ["fox", "f_ox", "Fox2", "foxy", "red_fox", "the_fox_n", "dancer", "mine", "ofoxo", "Firefox"]

    @pytest.fixture
    def foxes(self, db):
        """Players with a fox in every place of a name; two of former names; some without one."""
        for name in ("ofoxo", "foxy", "the_fox_n", "fox", "wolf", "Fox2", "red_fox", "f_ox"):
            scene.player(name)
        show_as(scene.player("x"), "Firefox")
        former = scene.player("foxtrot")
        rename_player(user=former, username="dancer")
        rename_player(user=scene.player("my_fox"), username="mine")

    def test_names_come_before_words_and_words_before_the_rest(self, foxes):
        assert names("FOX") == self.RANKED
        assert find("fox")[6:8] == [("dancer", "foxtrot"), ("mine", "my_fox")]

    def test_pages_of_one_have_everybody_once(self, foxes):
        read = read_by_one(lambda cursor, limit: search.search_players("fox", cursor, limit=limit))

        assert [profile.name for profile in read] == names("fox")

    def test_two_letters_find_beginnings_only(self, foxes):
        assert names("fo") == self.RANKED[:8]

    def test_whoever_is_found_in_several_ways_is_found_once(self, db):
        """By two spellings, by a name and a word, by a present and a former name."""
        show_as(scene.player("a"), "Müller Mueller")
        rename_player(user=scene.player("Muller2"), username="muller3")

        for query in ("m", "mu", "Mü", "mul", "ller"):
            found = search.search_players(query).items if len(query) > 1 else []
            assert len({each.item.pk for each in found}) == len(found)
        assert find("mull") == [("Müller Mueller", ""), ("muller3", "")]
        assert find("muller2") == [("muller3", "Muller2")]


@pytest.mark.parametrize(
    ("name", "queries", "others"),
    [
        ("Đoković", ["djokovic", "dokovic", "ĐOKOVIĆ"], ["jokovik"]),
        ("Müller", ["muller", "mueller", "MÜLLER"], ["miller"]),
        ("İstanbul", ["istanbul", "ISTANBUL", "ıstanbul"], []),
        ("ΣΊΣΥΦΟΣ", ["σίσυφος", "Σισυφοσ"], []),
        ("O'Sullivan", ["osullivan", "o sullivan", "O'Sullivan", "o’sullivan", "sullivan"], ["o_sul_livan"]),
        ("Guy#1234", ["guy", "guy#1234", "1234", "guy1234"], ["guy#4"]),
        ("C9 n0thing", ["C9 n0thing", "n0thing", "c9"], ["nothing", "c9n"]),
        ("김도우", ["김도우", "도우", "김"], ["박도우"]),
        ("^_^", ["^_^"], ["^^"]),
    ],
)
def test_a_name_is_found_whatever_the_case_the_accents_and_the_signs(db, name, queries, others):
    show_as(scene.player("x"), name)

    assert [query for query in queries if names(query) != [name]] == []
    assert [query for query in others if names(query)] == []


@pytest.mark.both
class TestWordsInAnyOrder:
    def test_words_are_found_in_any_order_by_their_beginnings(self, db):
        for username, name in (
            ("a", "Magnus Carlsen"),
            ("b", "Carlsen Magnusson"),
            ("c", "Carl Magnus"),
            ("d", "Magnus Hansen"),
            ("e", "Jörg Müller"),
        ):
            show_as(scene.player(username), name)

        assert names("carlsen magnus") == ["Carlsen Magnusson", "Magnus Carlsen"]
        assert names("CARL  mag") == ["Carl Magnus", "Carlsen Magnusson", "Magnus Carlsen"]
        assert names("magnus carlsen x") == names("ansen magnus") == names("c m") == []
        assert names("mueller jörg") == names("muller joerg") == names("Müller, Jorg") == ["Jörg Müller"]
        assert names("ca ma") == ["Carl Magnus", "Carlsen Magnusson", "Magnus Carlsen"]
        assert names(" ".join("carlsen")) == []

    def test_the_words_are_of_one_name_and_nobody_is_found_twice(self, db):
        rename_player(user=scene.player("red_fox_fire"), username="blue_wolf")
        show_as(scene.player("x"), "Fox Foxy Red Reddish")

        assert find("fox red") == [("Fox Foxy Red Reddish", ""), ("blue_wolf", "red_fox_fire")]
        assert names("fox blue") == names("wolf red") == []
        read = read_by_one(lambda cursor, limit: search.search_players("fox red", cursor, limit=limit))
        assert [profile.name for profile in read] == names("fox red")

    def test_who_is_not_listed_and_hidden_usernames_are_not_found(self, db):
        UserProfile.objects.filter(user=scene.player("red_fox")).update(standing="CLOSED")
        show_as(scene.player("wolf"), "Silver Fox")
        renamed = scene.player("grey_wolf")
        rename_player(user=renamed, username="other")
        show_as(renamed, "Queen")

        assert names("fox red") == names("wolf grey") == []
        assert names("fox red", viewer=scene.staff("a", Right.VIEW_HIDDEN)) == ["red_fox"]

    def test_teams_and_tournaments_and_suggestions(self, db):
        Team.objects.create(slug="nw", name="Northern Wolves")
        scene.tournament("spring-cup")

        assert [each.item.slug for each in search.search_teams("wolves north").items] == ["nw"]
        assert [each.item.slug for each in search.search_tournaments("cup spring").items] == ["spring-cup"]
        assert [found.item.name for found in search.suggest("wolves no").teams] == ["Northern Wolves"]
        assert search.suggest("olves no").teams == []

    def test_they_cost_one_statement_more(self, db, django_assert_num_queries):
        scene.player("magnus_carlsen")

        with django_assert_num_queries(2):  # beginnings, text inside
            search.search_players("magnuscarlsenx")
        with django_assert_num_queries(3):
            search.search_players("carlsen magnusx")
        with django_assert_num_queries(4):  # and the terms of whom that finds, with what is shown of them
            search.search_players("carlsen magnus")
        # One more than when one statement had it all: that took longer to plan than both do to run.
        with django_assert_num_queries(3):
            search.suggest("carlsen mag", kind="players")


class TestHidden:
    def test_who_is_not_listed_is_found_by_staff_only(self, db):
        for standing in ("SUSPENDED", "CLOSED", "MERGED"):
            user = scene.player(f"fox_{standing.lower()}")
            UserProfile.objects.filter(user=user).update(standing=standing)
        over = scene.player("fox_over")
        UserProfile.objects.filter(user=over).update(standing="SUSPENDED", standing_until=scene.at(0))
        everybody = ["fox_closed", "fox_merged", "fox_over", "fox_suspended"]

        assert names("fox") == names("fox", viewer=scene.player("reader")) == ["fox_over"]
        assert names("fox", viewer=scene.staff("a", Right.VIEW_HIDDEN)) == everybody
        assert names("fox", viewer=scene.staff("b", Right.SUSPEND_PLAYERS)) == everybody
        assert names(over.profile.public_id) == ["fox_over"]

    def test_a_former_username_is_found_where_usernames_are_shown(self, db):
        ann = scene.player("ann_old")
        rename_player(user=ann, username="ann_new")
        assert find("ann_old") == [("ann_new", "ann_old")]

        show_as(ann, "Queen")

        assert names("ann") == names("old") == names("nn_o") == []
        assert names("queen") == ["Queen"]

    def test_a_draft_is_found_by_who_may_see_it(self, db):
        host = scene.player("host")
        scene.tournament("secret-cup", status="DRAFT", organiser=host)
        scene.tournament("open-cup")

        def found(viewer):
            return [each.item.slug for each in search.search_tournaments("cup", viewer=viewer).items]

        assert found(None) == found(scene.player("reader")) == ["open-cup"]
        assert found(host) == found(scene.staff("a", Right.MANAGE_TOURNAMENTS)) == ["secret-cup", "open-cup"]


class TestTeamsAndTournaments:
    def test_teams_by_name_and_slug_present_and_former(self, db):
        team = Team.objects.create(slug="navi", name="Natus Vincere")
        Team.objects.create(slug="other", name="Vincent")
        rename_team(team=team, name="Born to Win")
        Team.objects.filter(pk=team.pk).update(slug="btw-gg")

        def found(query):
            return [(each.item.name, each.formerly) for each in search.search_teams(query).items]

        assert found("born") == found("win") == found("btw gg") == [("Born to Win", "")]
        assert found("navi") == [("Born to Win", "navi")]
        assert found("vinc") == [("Vincent", ""), ("Born to Win", "Natus Vincere")]
        assert read_by_one(lambda cursor, limit: search.search_teams("vinc", cursor, limit=limit)) == [
            Team.objects.get(slug="other"),
            team,
        ]

    def test_tournaments_by_name_and_slug_present_and_former(self, db):
        event = scene.tournament("spring-cup", name="Frühjahr Cup")
        scene.tournament("autumn-cup", title=scene.game("chess"))
        Tournament.objects.filter(pk=event.pk).update(name="Summer Open", slug="summer")

        def found(query, **options):
            hits = search.search_tournaments(query, **options).items
            return [(each.item.name, each.formerly) for each in hits]

        assert found("open") == [("Summer Open", "")]
        assert found("fruehjahr") == found("fruhjahr") == [("Summer Open", "Frühjahr Cup")]
        assert found("spring cup") == [("Summer Open", "spring-cup")]
        assert found("cup", game="chess") == [("Autumn Cup", "")]
        assert found("cup", status="OPEN") == []


class TestPage:
    @pytest.fixture
    def site(self, db):
        """Six players, a renamed team and a tournament with "fox" in their names."""
        for number in range(6):
            scene.player(f"fox{number}")
        rename_team(team=Team.objects.create(slug="pack", name="Foxes"), name="Wolves")
        scene.tournament("fox-cup")

    def get(self, client, **asked):
        return client.get(reverse("search"), asked)

    def test_the_first_of_every_kind(self, client, site):
        page = self.get(client, q="fox")

        assert [row.split()[0] for row in rows_in(page, "Players")] == [f"fox{number}" for number in range(5)]
        assert rows_in(page, "Teams") == ["Wolves formerly Foxes"]
        assert rows_in(page, "Tournaments")[0].startswith("Fox Cup Valorant")
        assert "More players" in text_of(page)
        assert "More teams" not in text_of(page)

    def test_one_kind_has_all_of_it(self, client, site):
        page = self.get(client, q="fox", kind="players")

        assert len(rows_in(page, "Players")) == 6
        assert "Wolves" not in text_of(page)

    def test_what_it_costs(self, client, site, django_assert_num_queries):
        """A query for all beginnings, one to find text inside names, and one for what either finds."""
        with django_assert_num_queries(2 + 3 + 3):
            self.get(client, q="fox")
        with django_assert_num_queries(2):
            self.get(client, q="wo", kind="teams")
        with django_assert_num_queries(2):
            self.get(client, q="zzz", kind="tournaments")

    def test_nothing(self, client, site):
        assert "Nothing is called zzz<" in text_of(self.get(client, q="zzz<"))
        assert "Nothing here is called" in text_of(self.get(client, q="zzz", kind="teams"))
        assert "write a third" in text_of(self.get(client, q="zz"))

    @pytest.mark.parametrize("query", ["a", "x" * 61, "a\x00b"])
    def test_what_cannot_be_looked_for(self, client, db, query):
        page = self.get(client, q=query)

        assert page.status_code == 400
        assert "Search for 2 to 60 letters" in text_of(page)

    def test_an_unknown_kind_is_every_kind(self, client, site):
        assert "Wolves" in text_of(self.get(client, q="fox", kind="x"))

    def test_without_a_question_there_is_the_form_alone(self, client, db):
        page = self.get(client)

        assert page.status_code == 200
        assert "Nothing" not in text_of(page)


class TestSuggestions:
    @pytest.fixture
    def site(self, db):
        """Twice as many of each kind as are suggested, with "fox" at the beginning of a word."""
        show_as(scene.player("x"), "red <fox>")
        for number in range(5):
            scene.player(f"fox{number}")
            Team.objects.create(slug=f"fox-{number}", name=f"Foxes {number}")
            scene.tournament(f"fox-cup-{number}")
        show_as(scene.player("y"), "Firefox")

    def ask(self, client, query, **asked):
        return client.get(reverse("search-suggest"), {"q": query, **asked})

    def suggested(self, client, query, **asked):
        """Return the names in the options, and check that there is nothing else."""
        page = self.ask(client, query, **asked)
        assert page.status_code == 200
        assert page["Cache-Control"] == "private, no-store"
        return re.findall(r"<bdi>(.*?)</bdi> <small>(\w+)", page.content.decode())

    def test_the_first_three_of_every_kind(self, client, site, django_assert_num_queries):
        # Two of each kind, not one: a single one of all beginnings took longer to plan than both do to run.
        with django_assert_num_queries(3 * 2):
            found = self.suggested(client, " Fox ")

        assert found == [
            *((f"fox{number}", "Player") for number in range(3)),
            *((f"Foxes {number}", "Team") for number in range(3)),
            *((f"Fox Cup {number}", "Tournament") for number in range(3)),
        ]

    def test_one_kind_alone_and_public_ids(self, client, site):
        public_id = UserProfile.objects.get(display_name="Firefox").public_id

        assert {kind for _, kind in self.suggested(client, "fox", kind="teams")} == {"Team"}
        assert self.suggested(client, public_id.lower()) == [("Firefox", "Player")]

    def test_they_are_in_the_order_of_the_search_and_at_beginnings_only(self, site):
        everybody = [found.item.name for found in search.search_players("fo").items]

        assert [found.item.name for found in search.suggest("fo").players] == everybody[:3]
        assert [found.item.name for found in search.suggest("refox").players] == []
        UserProfile.objects.filter(user__username__in=["fox0", "fox1", "fox2", "fox3"]).update(
            display_name="Mü"
        )
        assert [found.item.name for found in search.suggest("fox").players] == ["fox4", "red <fox>"]

    @pytest.mark.parametrize("query", ["", "a", "x" * 61, "a\x00b", "zzz", "<script>", "%"])
    def test_what_cannot_be_looked_for_or_found_suggests_nothing(self, client, site, query):
        page = self.ask(client, query, page="damaged")

        assert (page.status_code, page.content.strip()) == (200, b"")

    def test_names_are_written_safely(self, client, site):
        assert self.suggested(client, "red") == [("red &lt;fox&gt;", "Player")]

    def test_nobody_who_is_not_listed_to_staff_neither(self, client, site):
        UserProfile.objects.filter(user__username__in=["fox0", "fox1"]).update(standing="SUSPENDED")
        scene.tournament("fox-draft", status="DRAFT")
        for reader in (None, scene.staff("a", Right.VIEW_HIDDEN)):
            if reader:
                client.force_login(reader)
            assert self.suggested(client, "fox")[:3] == [
                (name, "Player") for name in ("fox2", "fox3", "fox4")
            ]
            assert self.suggested(client, "fox draft") == []

    def test_the_fields_ask_for_them(self, client, db):
        for address, name, only in (("/seasons/", "seek", ""), ("/players/", "q", "?kind=players")):
            page = client.get(address).content.decode()
            assert f'hx-get="/search/suggest/{only}"' in page
            assert f'aria-controls="{name}-list"' in page
            assert f'id="{name}-list"' in page


def test_a_cursor_of_another_search_is_refused(db):
    for number in range(3):
        scene.player(f"fox{number}")
    cursor = search.search_players("fox", limit=1).next_cursor

    for read in (
        lambda: search.search_players("foxy", cursor, limit=1),
        lambda: search.search_teams("fox", cursor, limit=1),
    ):
        with pytest.raises(InvalidInput):
            read()


@pytest.mark.both
@pytest.mark.parametrize("nearest", [1, 5, 3_000])
def test_text_inside_of_names_is_found_alike_however_far_the_nearest_look_reaches(monkeypatch, nearest):
    """In pages of one and of many, of text that many have, that one has and that nobody has."""
    monkeypatch.setattr(finding, "NEAREST", nearest)
    monkeypatch.setattr(finding, "_rows", {})
    players = [scene.player(f"{'zkovic' if number % 3 else 'other'}{number}") for number in range(24)]
    many = [user.username for number, user in enumerate(players) if number % 3]

    assert names("kovic", limit=50) == many
    pages = read_by_one(lambda cursor, limit: search.search_players("kovic", cursor, limit=limit))
    assert [each.name for each in pages] == many
    assert (names("ther21"), names("ovic19x")) == (["other21"], [])

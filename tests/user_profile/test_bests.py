"""A player's bests, the filter by what a game reported, and places: what they are, on every database."""

import pytest

from deltacrown.core.errors import InvalidInput
from deltacrown.user_profile.histories.bests import read_bests
from deltacrown.user_profile.histories.company import read_company
from deltacrown.user_profile.models import UserProfile
from deltacrown.user_profile.numbers.places import list_places
from deltacrown.user_profile.services import stats_service
from tests import scene

pytestmark = pytest.mark.django_db

BESTS = "deltacrown.user_profile.histories.bests"


@pytest.fixture
def ann(db):
    """Wins two of three as Jett, on two days, one long ago; loses as Omen; a void match would be the best."""
    ann = scene.player("ann")
    scene.archive(scene.match(ann, "old", hours=-30, stats={"agent": "Jett", "kills": 30, "deaths": 40}))
    for key, result, hours, agent, kills in (
        ("one", "WIN", 1, "Jett", 12),
        ("two", "LOSS", 2, "Omen", 20),
        ("three", "LOSS", 30, "Jett", 30),
    ):
        scene.match(ann, key, result, hours=hours, stats={"agent": agent, "kills": kills, "ok": True})
    scene.voided(ann, "void", hours=31, stats={"agent": "Jett", "kills": 99})
    scene.match(ann, "go", "DRAW", hours=3, title=scene.game("go"), stats={"moves": 2.5})
    return ann


class TestBests:
    def test_the_most_in_one_match_the_latest_of_equals(self, ann):
        tops = read_bests(ann, viewer=None).tops
        assert [(top.name, top.value, top.match.match_key) for top in tops] == [
            ("kills", 30, "three"),
            ("moves", 2.5, "go"),
        ]

    def test_how_each_agent_went(self, ann):
        [table] = read_bests(ann, "valorant", viewer=None).tables
        told = [(each.value, each.record.won, each.record.lost) for each in table.shares]
        assert (table.name, told) == ("agent", [("Jett", 2, 1), ("Omen", 0, 1)])

    def test_the_best_run_and_the_best_day(self, ann, monkeypatch):
        bests = read_bests(ann, viewer=None)
        assert (bests.run, bests.good_day, bests.since) == (None, None, None)

        monkeypatch.setattr(f"{BESTS}.RUN", 2)
        scene.match(ann, "more", hours=1.5)
        bests = read_bests(ann, viewer=None)
        assert (bests.run.record.won, bests.run.since, bests.run.until) == (2, scene.at(1), scene.at(1.5))
        assert (f"{bests.good_day.day:%d %b}", bests.good_day.won) == ("01 Mar", 2)

    def test_only_the_latest_are_looked_at(self, ann, monkeypatch):
        monkeypatch.setattr(f"{BESTS}.LOOKED_AT", 2)
        bests = read_bests(ann, viewer=None)
        assert (bests.matches, bests.since) == (2, scene.at(3))


class TestFilter:
    def keys(self, user, **filters):
        return [each.match_key for each in stats_service.get_match_history(user, filters).items]

    def test_keeps_the_matches_of_which_the_game_reported_it(self, ann):
        assert self.keys(ann, reported="agent:Jett") == ["void", "three", "one", "old"]
        assert self.keys(ann, reported="agent:jett") == self.keys(ann, reported="isnull:Jett") == []

    @pytest.mark.parametrize("text", ["Jett", ":Jett", "agent:", 'a"b:c', "1:2", "agent:a\x00b", "a.b:c"])
    def test_refuses_what_is_no_name_and_text(self, ann, text):
        with pytest.raises(InvalidInput) as refusal:
            self.keys(ann, reported=text)
        assert refusal.value.field == "reported"


class TestPlaces:
    @pytest.fixture
    def ranked(self, db):
        """Three players with wins: 2, 1 and 1; another with more is suspended, and one has none."""
        users = [scene.player(name) for name in ("first", "second", "third", "banned", "none")]
        for user, won in zip(users, (2, 1, 1, 3, 0), strict=True):
            for n in range(won):
                scene.match(user, f"{user.username}{n}")
        UserProfile.objects.filter(user=users[3]).update(standing="SUSPENDED")
        return users

    def test_of_how_many_players_the_suspended_among_them_but_before_nobody(self, ranked, monkeypatch):
        def tell(user):
            return [(each.stat, each.rank, each.players, each.top) for each in list_places(user)][:1]

        assert [tell(user) for user in ranked] == [
            [("matches_won", 1, 4, None)],
            [("matches_won", 2, 4, None)],
            [("matches_won", 2, 4, None)],
            [("matches_won", 1, 4, None)],
            [],
        ]
        monkeypatch.setattr("deltacrown.user_profile.numbers.places.LEAST_PLAYERS", 4)
        assert [tell(user)[0][3] for user in ranked[:2]] == [25, 50]

    def test_in_one_game(self, ann):
        scene.match(scene.player("bob"), "x")
        places = list_places(ann, scene.game())
        assert [(each.stat, each.rank, each.players) for each in places][:1] == [("matches_won", 1, 2)]


def test_the_best_and_the_worst_record_are_against_who_was_met_often(db):
    ann, *others = (scene.player(name) for name in ("ann", "bob", "cid", "dan"))
    for other, results in zip(others, ("WWWWL", "LLLLW", "WWWW"), strict=True):
        for n, letter in enumerate(results):
            key = f"{other.username}{n}"
            scene.match(ann, key, "WIN" if letter == "W" else "LOSS", hours=n)
            scene.match(other, key, "LOSS" if letter == "W" else "WIN", hours=n)
    company = read_company(ann, viewer=None)
    told = [[each.name for each in some] for some in (company.beaten, company.feared)]
    assert told == [["bob"], ["cid"]]

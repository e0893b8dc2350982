"""One vocabulary narrows histories and the rows behind numbers, and what is counted is what is listed."""

import pytest
from django.contrib.auth.models import AnonymousUser

from deltacrown.core.errors import InvalidInput
from deltacrown.user_profile.services import stats_service
from tests import scene

pytestmark = pytest.mark.django_db


@pytest.fixture
def people(db):
    return {name: scene.player(name) for name in ("ann", "ben", "cleo", "dora", "mate")}


@pytest.fixture
def entries(people):
    ann = people["ann"]
    for number, (name, status, placement) in enumerate(
        [("cup", "COMPLETED", 1), ("league", "COMPLETED", 4), ("open", "OPEN", None)]
    ):
        event = scene.tournament(name, status=status, title=scene.game("chess") if name == "open" else None)
        scene.registration(ann, event, hours=24 * number)
        scene.registration(people["ben"], event, hours=24 * number)
        if placement:
            scene.result(event, placement, ann)
    return ann


def keys_of(found):
    return [entry.match_key for entry in found.items]


MATCHES = {
    "game": ({"game": "chess"}, ["chess"]),
    "kind": ({"kind": "tournament"}, ["team", "told"]),
    "result": ({"result": "draw"}, ["squads"]),
    "dates": ({"played_from": "2025-03-01", "played_to": "2025-03-01"}, ["squads", "duel", "old"]),
    "tournament": ({"tournament": "cup"}, ["told"]),
    "both": ({"kind": "CASUAL", "result": "WIN", "game": "valorant"}, ["duel", "old"]),
}
OPPONENTS = {"ben": ["duel", "old"], "cleo": ["squads"], "dora": ["told"], "mate": [], "ann": []}


class TestMatches:
    @pytest.fixture
    def ann(self, people):
        """The matches of ann.

        She plays against Ben twice (once archived), with Mate against Cleo, and, as tournament rows say,
        against Dora and against a team.
        """
        ann = people["ann"]
        for key, hours in (("old", -5), ("duel", 1)):
            rows = [
                scene.match(people["ben"], key, "LOSS", hours=hours),
                scene.match(ann, key, "WIN", hours=hours),
            ]
            if key == "old":
                for row in rows:
                    scene.archive(row)
        for name, side in (("ann", "blue"), ("mate", "blue"), ("cleo", "red")):
            scene.match(people[name], "squads", "DRAW", hours=2, side=side)
        told = scene.match(ann, "told", "LOSS", hours=30, kind="TOURNAMENT")
        scene.tournament_match(told, scene.tournament("cup"), opponent_user=people["dora"])
        team = scene.match(ann, "team", "WIN", hours=31, kind="TOURNAMENT")
        scene.tournament_match(team, scene.tournament("league"), opponent_team=scene.team("south"))
        scene.match(ann, "chess", "WIN", hours=60, title=scene.game("chess"))
        scene.match(people["ben"], "chess", "LOSS", hours=60)  # of another game: another match
        scene.match(people["ben"], "elsewhere", "WIN", hours=3)
        return ann

    @pytest.mark.parametrize("name", MATCHES)
    def test_what_is_counted_is_what_is_listed(self, ann, name):
        filters, keys = MATCHES[name]
        rows = stats_service.get_stat_rows(ann, "total_matches_played", filters=filters)

        assert keys_of(stats_service.get_match_history(ann, filters)) == keys == keys_of(rows)
        assert rows.evidence.rows == len(keys)

    @pytest.mark.parametrize("name", OPPONENTS)
    def test_an_opponent(self, ann, people, name):
        filters = {"opponent": people[name].profile.public_id}
        rows = stats_service.get_stat_rows(ann, "total_matches_played", filters=filters)

        assert keys_of(stats_service.get_match_history(ann, filters)) == OPPONENTS[name] == keys_of(rows)
        assert rows.evidence.rows == len(OPPONENTS[name])

    def test_a_team(self, ann):
        assert keys_of(stats_service.get_match_history(ann, {"opponent": "south"})) == ["team"]

    def test_whom_one_met_is_not_told_of_those_who_hide_it(self, ann, people):
        for name in ("ben", "dora"):
            scene.hide(people[name], matches=True)
        boss = scene.player("boss", is_staff=True)

        def met(name, viewer):
            return keys_of(
                stats_service.get_match_history(
                    ann, {"opponent": people[name].profile.public_id}, viewer=viewer
                )
            )

        for viewer in (None, AnonymousUser(), people["cleo"], ann):
            assert met("ben", viewer) == []
            assert met("dora", viewer) == ["told"]  # a tournament's own word
        assert met("ben", people["ben"]) == met("ben", boss) == ["duel", "old"]

    @pytest.mark.parametrize("opponent", ["DC-25-999999", "nobody", "x' OR 1=1", "\0"])
    def test_nobody_of_that_name(self, ann, opponent):
        with pytest.raises(InvalidInput) as refusal:
            stats_service.get_match_history(ann, {"opponent": opponent})
        assert refusal.value.field == "opponent"

    def test_the_number_of_queries_is_fixed(self, ann, people, django_assert_num_queries):
        filters = {"opponent": people["ben"].profile.public_id}
        # who the opponent is, privacy, live, archive, tournament details
        with django_assert_num_queries(5):
            stats_service.get_match_history(ann, filters)
        for number in range(10):
            scene.match(ann, f"more{number}", hours=number)
            scene.match(people["ben"], f"more{number}", "LOSS", hours=number)
        with django_assert_num_queries(5):
            assert len(stats_service.get_match_history(ann, filters).items) == 10


TOURNAMENTS = {
    "game": ({"game": "chess"}, ["open"]),
    "status": ({"status": "completed"}, ["league", "cup"]),
    "placement": ({"placement": "4"}, ["league"]),
    "tournament": ({"tournament": "cup"}, ["cup"]),
    "dates": ({"registered_from": "2025-03-02", "registered_to": "2025-03-02"}, ["league"]),
    "from": ({"registered_from": "2025-03-02"}, ["open", "league"]),
    "both": ({"status": "COMPLETED", "registered_to": "2025-03-01"}, ["cup"]),
}


@pytest.mark.parametrize("name", TOURNAMENTS)
def test_tournaments_counted_are_those_listed(entries, name):
    filters, slugs = TOURNAMENTS[name]
    rows = stats_service.get_stat_rows(entries, "tournaments_participated", filters=filters)

    assert [entry.slug for entry in stats_service.get_tournament_breakdown(entries, filters).items] == slugs
    assert [entry.slug for entry in rows.items] == slugs
    assert rows.evidence.rows == len(slugs)


@pytest.mark.parametrize(
    ("name", "value"), [("tournament", "nope"), ("registered_from", "never"), ("registered_to", "2025-13-01")]
)
def test_a_bad_filter_is_refused_by_its_name(entries, name, value):
    with pytest.raises(InvalidInput) as refusal:
        stats_service.get_tournament_breakdown(entries, {name: value})
    assert refusal.value.field == name

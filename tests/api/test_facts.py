"""Matches as they happened, over HTTP: how they ended, why they do not count, days, places, odd ones."""

from __future__ import annotations

import pytest

from deltacrown.games.models import Match
from deltacrown.tournaments.models import TournamentMatchResult
from tests import scene
from tests.api.calls import problem_of
from tests.api.test_recording import duel, people, server, statuses  # noqa: F401 - fixtures

pytestmark = pytest.mark.django_db

MATCH = "/matches/rocket/d1"


def deliver(server, *matches, **more):  # noqa: F811
    return server.post("/matches", {"matches": list(matches), **more}).json()


def lines_of(people, *fields):  # noqa: F811
    """Lines of players with these fields, results lost unless given."""
    return [
        {"player": user.profile.public_id, "result": "LOSS", **own}
        for user, own in zip(people, fields, strict=True)
    ]


def read_lines(server, *names):  # noqa: F811
    rows = server.get(MATCH).json()["rows"]
    return [tuple(row["match"][name] for name in names) for row in rows]


def test_a_line_says_where_and_how_it_ended_and_why_it_does_not_count(server, people, find_all_drift):  # noqa: F811
    facts = (
        {"result": "WIN", "placement": 1, "score": "6-1 7-5", "uncounted_reason": "A friendly."},
        {"placement": 2, "ended_by": "RETIRED", "score": 5, "void_reason": "Two accounts."},
    )
    match = duel(people, players=lines_of(people, *facts), sequence=3)

    first, again = deliver(server, match), deliver(server, match)

    assert (first["accepted"], again["unchanged"], first["warned"]) == (1, 1, 0)
    shown = server.get(MATCH).json()
    assert (shown["sequence"], shown["is_time_known"]) == (3, True)
    assert read_lines(
        server, "placement", "ended_by", "score", "uncounted_reason", "void_reason", "sequence"
    ) == [(1, "PLAY", "6-1 7-5", "A friendly.", "", 3), (2, "RETIRED", "5", "", "Two accounts.", 3)]
    for user in people:
        [line] = server.get(f"/players/{user.profile.public_id}/matches").json()["items"]
        [own] = [row["match"] for row in shown["rows"] if row["player"]["name"] == user.username]
        others = {name: line[name] for name in ("opponents", "opposing_side", "opponent_score")}
        assert line == own | others  # which a match tells by its lines
        stats = server.get(f"/players/{user.profile.public_id}/stats/total_matches_played").json()
        assert stats["value"] == 0
    assert find_all_drift() == []


@pytest.mark.parametrize(
    ("played_at", "shown", "is_time_known"),
    [
        ("2025-06-01", "2025-06-01T00:00:00Z", False),
        ("1872-11-30", "1872-11-30T00:00:00Z", False),
        ("0001-01-01", "0001-01-01T00:00:00Z", False),
        ("1877-07-19T16:30:00Z", "1877-07-19T16:30:00Z", True),
        ("2025-06-01T00:00:00Z", "2025-06-01T00:00:00Z", True),
    ],
)
def test_any_day_is_taken_with_a_time_or_without(server, people, played_at, shown, is_time_known):  # noqa: F811
    match = duel(people, played_at=played_at)

    assert [deliver(server, match)[status] for status in ("accepted", "accepted")] == [1, 0]
    assert deliver(server, match)["unchanged"] == 1
    answer = server.get(MATCH).json()
    assert (answer["played_at"], answer["is_time_known"]) == (shown, is_time_known)
    assert read_lines(server, "played_at", "is_time_known") == [(shown, is_time_known)] * 2


@pytest.mark.parametrize(
    "played_at", ["2025-02-30", "2025-13-01", "2025-6-1", "0000-01-01", "+2025-01-01", ""]
)
def test_what_is_no_day_is_refused_with_both_ways_to_write_one(server, people, played_at):  # noqa: F811
    answer = server.post("/matches", {"matches": [duel(people, played_at=played_at)]})

    assert problem_of(answer) == (422, "invalid")
    assert "or as 2025-01-31 where the time is not known" in answer.json()["errors"][0]["detail"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("placement", 0),
        ("placement", "1"),
        ("placement", 2**31),
        ("ended_by", "PLAYED"),
        ("ended_by", None),
        ("uncounted_reason", "x" * 501),
        ("void_reason", None),
        ("team", 5),
        ("score", "x" * 101),
    ],
)
def test_a_misshapen_fact_is_pointed_to(server, people, field, value):  # noqa: F811
    match = duel(people)
    match["players"][1][field] = value

    answer = server.post("/matches", {"matches": [match]})

    assert {fault["pointer"] for fault in answer.json()["errors"]} == {f"/matches/0/players/1/{field}"}


@pytest.mark.parametrize(
    ("lines", "field", "pointer"),
    [
        ([{"result": "WIN", "ended_by": "ABANDONED"}, {}], "result", "/matches/0/players"),
        ([{"uncounted_reason": " "}, {}], "uncounted_reason", "/matches/0/players"),
    ],
)
def test_a_line_that_contradicts_itself_is_refused(server, people, lines, field, pointer):  # noqa: F811
    told = deliver(server, duel(people, players=lines_of(people, *lines)))["outcomes"][0]["refusal"]

    assert (told["field"], told["pointer"]) == (field, pointer)
    assert Match.objects.count() == 0


def test_what_looks_odd_is_told_at_every_delivery_to_who_recorded_it(server, people):  # noqa: F811
    odd = duel(people, results=("LOSS", "LOSS"))
    plain = duel(people, "d2", played_at="2025-03-02T18:30:00Z")

    answers = [deliver(server, odd, plain) for _ in range(2)]

    assert [[each["warnings"] for each in told["outcomes"]] for told in answers] == [
        [["Every side lost."], []]
    ] * 2
    assert [(told["accepted"], told["unchanged"], told["warned"]) for told in answers] == [
        (2, 0, 1),
        (0, 2, 1),
    ]
    assert "Every side lost" not in server.get(MATCH).content.decode()


def test_what_a_tournament_adds_to_a_recorded_match_completes_it(server, people):  # noqa: F811
    event = scene.tournament("cup", title=scene.game("rocket"), status="RUNNING")
    for user in people:
        scene.registration(user, event)
    match = duel(people, results=("LOSS", "LOSS"))
    deliver(server, match)
    Match.objects.update(kind="TOURNAMENT")

    told = [deliver(server, {**match, "tournament": "cup", "round": "Final"}) for _ in range(2)]

    assert [each["outcomes"][0]["status"] for each in told] == ["completed", "unchanged"]
    assert [each["outcomes"][0]["warnings"] for each in told] == [["Every side lost."]] * 2
    assert (told[0]["completed"], told[1]["completed"]) == (1, 0)


class TestTeams:
    def test_a_line_names_the_team_it_played_for(self, server, people):  # noqa: F811
        north, south = scene.team("north"), scene.team("south")
        event = scene.tournament("cup", title=scene.game("rocket"), status="RUNNING", entrant_kind="TEAM")
        for user in people:
            scene.registration(user, event, team=north)
        lines = lines_of(people, {"result": "WIN", "team": "north"}, {"team": "South"})

        assert deliver(server, duel(people, players=lines, tournament="cup"))["accepted"] == 1

        described = TournamentMatchResult.objects.order_by("user__username")
        assert [(row.team, row.opponent_team) for row in described] == [(north, south), (south, north)]
        assert read_lines(server, "side") == [("North",), ("South",)]

    def test_of_a_casual_match_it_is_the_side_also_after_the_team_was_renamed(self, server, people):  # noqa: F811
        north = scene.team("north")
        match = duel(people, players=lines_of(people, {"result": "WIN", "team": "north"}, {"side": "red"}))
        first = deliver(server, match)
        north.name = "Polar"
        north.save()

        assert (first["accepted"], deliver(server, match)["unchanged"]) == (1, 1)
        assert set(Match.objects.values_list("side", flat=True)) == {"North", "red"}

    def test_an_unknown_team_is_refused(self, server, people):  # noqa: F811
        told = deliver(server, duel(people, players=lines_of(people, {"team": "nobody"}, {})))

        refusal = told["outcomes"][0]["refusal"]
        assert (refusal["field"], refusal["pointer"]) == ("team", "/matches/0/players")
        assert refusal["detail"].startswith("There is no team 'nobody': use its slug or its name")


def test_a_change_says_of_every_line_whether_it_counts(server, people):  # noqa: F811
    ann, bob = (user.profile.public_id for user in people)
    lines = lines_of(
        people,
        {"result": "WIN", "placement": 1, "side": "red"},
        {"ended_by": "FORFEIT", "void_reason": "Two accounts.", "score": "W.O."},
    )
    deliver(server, duel(people, players=lines, played_at="2025-06-01", sequence=2))

    voided = server.post("/matches/void", {"game": "rocket", "match_key": "d1", "reason": "Crash."}).json()

    assert (voided["played_at"], voided["is_time_known"], voided["sequence"], voided["kind"]) == (
        "2025-06-01T00:00:00Z",
        False,
        2,
        "CASUAL",
    )
    assert voided["voided_at"] is not None
    names = ("result", "score", "side", "placement", "ended_by", "void_reason", "uncounted_reason")
    assert {player: [line[name] for name in names] for player, line in voided["lines"].items()} == {
        ann: ["WIN", "", "red", 1, "PLAY", "Crash.", ""],
        bob: ["LOSS", "W.O.", "", None, "FORFEIT", "Two accounts.", ""],
    }


def test_a_line_that_is_added_later_says_all_of_it(server, people):  # noqa: F811
    cat = scene.player("cat").profile.public_id
    deliver(server, duel(people))
    added = {
        "player": cat,
        "result": "LOSS",
        "placement": 3,
        "ended_by": "RETIRED",
        "score": "2½",
        "uncounted_reason": "Practice.",
    }

    state = server.post(
        "/matches/correct", {"game": "rocket", "match_key": "d1", "added": [added], "reason": "x"}
    ).json()

    assert {name: state["lines"][cat][name] for name in added if name != "player"} == {
        name: value for name, value in added.items() if name != "player"
    }

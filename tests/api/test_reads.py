"""Everything a page shows can be read by a program: each operation, its privacy, and its queries."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.core.cache import cache

from deltacrown.user_profile.models import UserProfile
from deltacrown.user_profile.numbers.catalogue import list_game_stat_names, list_stat_names
from django_tally.models import Run
from tests import scene
from tests.api.calls import problem_of
from tests.scene import at

pytestmark = pytest.mark.django_db


@pytest.fixture
def ann():
    """Ann, with three matches (one void), a tournament won, a team, an achievement."""
    user = scene.player("ann", date_joined=at(-100))
    UserProfile.objects.filter(user=user).update(display_name="Ann", country="DE", bio="Hello.")
    scene.match(user, "m1", "WIN", hours=1, stats={"kills": 9}, score=3)
    scene.match(user, "m2", "LOSS", hours=2)
    scene.voided(user, "m3", "WIN", hours=3)
    event = scene.tournament("spring-cup", hours=4)
    scene.registration(user, event, hours=4)
    scene.result(event, 1, user, hours=5, prize_amount="250.50")
    scene.member(user, scene.team("north"), hours=0)
    scene.achievement(user, hours=6)
    scene.activity(user, "joined", hours=1)
    scene.activity(user, "secret", hours=2, visibility="PRIVATE")
    return user


def address(user, rest=""):
    return f"/players/{user.profile.public_id}{rest}"


def test_players_are_found_by_name(visitor, ann):
    scene.player("bob")

    answer = visitor.get("/players?q=ann")

    assert answer.json() == {
        "items": [
            {
                "public_id": ann.profile.public_id,
                "name": "Ann",
                "country": "DE",
                "avatar_url": "",
                "formerly": "",
            }
        ],
        "next_page": None,
    }
    assert answer["Cache-Control"] == "private, no-cache"


def test_a_player_at_a_glance(visitor, ann):
    shown = visitor.get(address(ann)).json()

    assert {
        name: shown[name] for name in ("public_id", "name", "country", "bio", "joined_at", "visible")
    } == {
        "public_id": ann.profile.public_id,
        "name": "Ann",
        "country": "DE",
        "bio": "Hello.",
        "joined_at": "2025-02-25T14:00:00Z",
        "visible": {"match_history": True, "tournaments": True},
    }
    values = {line["name"]: line["value"] for line in shown["stats"]}
    assert list(values) == list_stat_names()
    assert values == values | {
        "total_matches_played": 2,
        "matches_won": 1,
        "tournaments_participated": 1,
        "tournaments_won": 1,
        "disputes_filed": 0,
        "achievement_count": 1,
        "overall_win_rate": 50.0,
        "average_placement": 1.0,
        "experience_points": 0,
        "level": 1,
    }
    assert [match["match_key"] for match in shown["recent_matches"]] == ["m3", "m2", "m1"]
    assert [team["name"] for team in shown["teams"]] == ["North"]


def test_a_match_history(visitor, ann):
    lines = visitor.get(address(ann, "/matches?result=WIN")).json()["items"]

    assert [(line["match_key"], line["voided_at"], line["void_reason"]) for line in lines] == [
        ("m3", "2025-03-05T22:00:00Z", "server crash"),
        ("m1", None, ""),
    ]
    assert lines[1] == {
        "match_key": "m1",
        "game_slug": "valorant",
        "game_name": "Valorant",
        "kind": "CASUAL",
        "side": "",
        "result": "WIN",
        "score": "3",
        "placement": None,
        "ended_by": "PLAY",
        "stats": {"kills": 9},
        "played_at": "2025-03-01T19:00:00Z",
        "is_time_known": True,
        "sequence": None,
        "recorded_at": lines[1]["recorded_at"],
        "voided_at": None,
        "void_reason": "",
        "uncounted_reason": "",
        "tournament": None,
        "opponents": [],
        "opposing_side": "",
        "opponent_score": "",
    }
    assert lines[1]["recorded_at"].endswith("Z")


def test_pages_follow_each_other(visitor, ann):
    assert [line["match_key"] for line in visitor.items(address(ann, "/matches?limit=1"))] == [
        "m3",
        "m2",
        "m1",
    ]


def test_a_page_of_another_list_is_refused(visitor, ann):
    page = visitor.get(address(ann, "/matches?limit=1")).json()["next_page"]

    assert problem_of(visitor.get(address(ann, f"/matches?limit=1&result=WIN&page={page}"))) == (
        422,
        "invalid-cursor",
    )
    assert problem_of(visitor.get(address(ann, f"/tournaments?page={page}"))) == (422, "invalid-cursor")


def test_tournaments_entered(visitor, ann):
    day = scene.at(0).date()
    for asked in (f"registered_to={day - timedelta(days=1)}", "tournament=none"):
        assert visitor.get(address(ann, f"/tournaments?{asked}")).json().get("items", []) == []
    (line,) = visitor.get(address(ann, f"/tournaments?placement=1&registered_from={day}")).json()["items"]

    assert (line["slug"], line["status"], line["entry_status"], line["placement"], line["prize_amount"]) == (
        "spring-cup",
        "COMPLETED",
        "REGISTERED",
        1,
        250.5,
    )


def test_a_timeline_shows_each_viewer_their_part(visitor, signed_in, ann):
    boss = scene.player("boss", is_staff=True)

    def seen(api):
        return {
            line["description"]
            for line in api.get(address(ann, "/activity")).json()["items"]
            if line["activity_type"] == "TEAM_JOINED"
        }

    assert seen(visitor) == {"did joined"}
    assert seen(signed_in(ann)) == seen(signed_in(boss)) == {"did joined", "did secret"}


def test_numbers_by_game(visitor, ann):
    (line,) = visitor.get(address(ann, "/games")).json()

    values = {stat["name"]: stat["value"] for stat in line["stats"]}
    assert line["game_slug"] == "valorant"
    assert list(values) == list_game_stat_names()
    assert values == values | {"total_matches_played": 2, "matches_won": 1, "overall_win_rate": 50.0}


def test_one_number(visitor, ann):
    assert visitor.get(address(ann, "/stats/matches_won")).json()["value"] == 1
    assert visitor.get(address(ann, "/stats/matches_won?game=valorant")).json()["value"] == 1
    assert problem_of(visitor.get(address(ann, "/stats/nonsense"))) == (404, "not-found")
    assert problem_of(visitor.get(address(ann, "/stats/level?game=valorant"))) == (422, "invalid")


@pytest.mark.parametrize("name", ["as_of", "known_at"])
def test_a_number_as_it_was(visitor, signed_in, ann, name):
    before, past = "2025-01-01T00:00:00Z", "2025-01-01"

    assert visitor.get(address(ann, f"/stats/matches_won?{name}={before}")).json() | {"meaning": ""} == {
        "name": "matches_won",
        "label": "Matches won",
        "meaning": "",
        "unit": "",
        "value": 0,
        "game": None,
        "as_of": None,
        "known_at": None,
        name: before,
    }
    told = visitor.get(address(ann, f"/stats?{name}={past}")).json()
    assert (told.pop(name), told.get("as_of"), told.get("known_at")) == (
        "2025-01-01T23:59:59.999999Z",
        None,
        None,
    )
    assert {
        line["value"] for line in told["stats"] if line["name"] in {"matches_won", "total_matches_played"}
    } == {0}
    assert told["hidden"] == ["disputes_filed", "experience_points", "level"]
    assert signed_in(ann).get(address(ann, f"/stats?{name}={past}")).json()["hidden"] == []
    refused = visitor.get(address(ann, f"/stats?{name}=soon"))
    assert (problem_of(refused), refused.json()["errors"][0]["field"]) == ((422, "invalid"), name)


def test_a_number_by_what_happened_and_by_what_was_known(visitor, ann):
    """The matches of March were recorded just now, before midnight perhaps."""
    day, known = "2025-03-31", f"{datetime.now(UTC) - timedelta(days=2):%Y-%m-%d}"

    def values(query):
        (line,) = [
            line
            for line in visitor.get(address(ann, f"/stats?{query}")).json()["stats"]
            if line["name"] == "matches_won"
        ]
        return line["value"], visitor.get(address(ann, f"/stats/matches_won?{query}")).json()["value"]

    assert values(f"as_of={day}") == (1, 1)
    assert values(f"known_at={known}") == (0, 0)
    assert values(f"as_of={day}&known_at={known}") == (0, 0)
    assert values(f"known_at={datetime.now(UTC):%Y-%m-%d}") == (1, 1)


def test_a_number_over_time(visitor, ann):
    path = address(ann, "/stats/overall_win_rate/series?end=2025-03-31&rolling=1m&game=valorant")
    told = visitor.get(path).json()
    present = visitor.get(address(ann, "/stats/matches_won/series?by=week&start=2025-02-20")).json()

    assert told | {"stat": ""} == {
        "stat": "",
        "game": "valorant",
        "by": "month",
        "as_of": "2025-03-31T23:59:59.999999Z",
        "known_at": None,
        "rolling": "1m",
        "precision": "exact",
        "reaches_present": False,
        "points": [
            {
                "name": "2025-03",
                "label": "Mar 2025",
                "starts_at": "2025-03-01T00:00:00Z",
                "ends_at": "2025-04-01T00:00:00Z",
                "value": 50.0,
                "change": None,
                "within": 50.0,
                "rolling": 0.0,
                "is_empty": False,
            }
        ],
    }
    first, *_, last = present["points"]
    assert (first["name"], first["value"], last["value"]) == ("2025-W08", 0, present["stat"]["value"])
    assert (present["as_of"], present["reaches_present"]) == (None, True)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("by=year", "by"),
        ("start=soon", "start"),
        ("end=2025-13-01", "end"),
        ("known_at=2999-01-01", "known_at"),
        ("rolling=20", "rolling"),
        ("game=none", "game"),
        ("known_at=2025-01-01&result=WIN", "known_at"),
        ("by=day&start=0001-01-01", "start"),
        ("status=OPEN", "status"),
        ("limit=10", "limit"),
    ],
)
def test_what_a_series_refuses(visitor, ann, query, field):
    answer = visitor.get(address(ann, f"/stats/matches_won/series?{query}"))

    assert answer.status_code == 422, answer.content
    assert field in answer.content.decode()


def test_the_rows_behind_a_number(visitor, ann):
    found = visitor.get(address(ann, "/stats/total_matches_played/rows")).json()

    assert (found["kind"], found["adds_up"], found["evidence"]["rows"], found["stat"]["value"]) == (
        "matches",
        True,
        2,
        2,
    )
    assert [row["match_key"] for row in found["items"]] == ["m2", "m1"]
    results = visitor.get(address(ann, "/stats/tournaments_won/rows")).json()
    assert (results["kind"], results["items"][0]["placement"], results["items"][0]["prize_amount"]) == (
        "results",
        1,
        250.5,
    )
    badges = visitor.get(address(ann, "/stats/achievement_count/rows")).json()
    assert (badges["kind"], badges["items"][0]["slug"]) == ("achievements", "first-blood")


def test_matches_rows_and_a_number_over_time_take_an_opponent(visitor, ann):
    bob = scene.player("bob")
    scene.match(bob, "m1", "LOSS", hours=1)
    against = f"opponent={bob.profile.public_id}"

    lines = visitor.get(address(ann, f"/matches?{against}")).json()["items"]
    rows = visitor.get(address(ann, f"/stats/total_matches_played/rows?{against}")).json()
    told = visitor.get(address(ann, f"/stats/total_matches_played/series?{against}")).json()

    assert [line["match_key"] for line in lines] == ["m1"]
    assert (rows["evidence"]["rows"], told["points"][-1]["value"], told["stat"]["value"]) == (1, 1, 2)


def test_the_history_of_a_number_and_its_explanation(visitor, ann):
    orders = ("", "&order=happened", "&order=known")
    happened, again, known = (
        visitor.items(address(ann, f"/stats/matches_won/history?limit=1{order}")) for order in orders
    )
    told = visitor.get(address(ann, "/stats/matches_won/explanation")).json()

    assert [sum(change["delta"] for change in changes) for changes in (happened, known)] == [1, 1]
    assert happened == again
    assert (happened[0]["happened_at"], happened[0]["is_time_known"]) == ("2025-03-01T19:00:00Z", True)
    assert happened[0]["known_at"] == known[-1]["known_at"]
    assert told["changes"] == known
    assert (told["adds_up"], told["sentence"]) == (True, "1 row; the number is 1.")
    assert len(told["omitted"]) == 2


HIDDEN = [
    "/matches",
    "/stats/matches_won/series",
    *(
        f"/stats/matches_won{rest}"
        for rest in (
            "/rows",
            "/series",
            "/history",
            "/explanation",
            "?as_of=2025-01-01",
            "?known_at=2025-01-01",
        )
    ),
]


@pytest.mark.parametrize("path", HIDDEN)
def test_a_hidden_match_history_is_for_the_player_and_staff(visitor, signed_in, with_key, ann, path):
    scene.hide(ann, matches=True)
    bob, boss = scene.player("bob"), scene.player("boss", is_staff=True)
    refused = visitor.get(address(ann, path))

    assert problem_of(refused) == (403, "hidden")
    assert refused.json()["title"] == refused.json()["detail"] == "User has hidden match history"
    others = (signed_in(bob), with_key(bob), with_key(boss), with_key(ann, "matches:write"))
    assert [api.get(address(ann, path)).status_code for api in others] == [403] * 4
    assert [
        api.get(address(ann, path)).status_code
        for api in (signed_in(ann), with_key(ann, "read"), signed_in(boss))
    ] == [200] * 3


def test_counters_stay_visible_and_the_profile_says_what_is_hidden(visitor, ann):
    scene.hide(ann, matches=True, tournaments=True)
    shown = visitor.get(address(ann)).json()

    assert (shown["recent_matches"], shown["recent_tournaments"], shown["visible"]) == (
        None,
        None,
        {"match_history": False, "tournaments": False},
    )
    assert visitor.get(address(ann, "/stats/matches_won")).json()["value"] == 1
    assert problem_of(visitor.get(address(ann, "/tournaments"))) == (403, "hidden")


def test_tournaments(visitor, signed_in, ann):
    draft = scene.tournament("draft-cup", hours=9, status="DRAFT", organiser=ann)
    scene.tournament_match(
        scene.match(ann, "t1", "WIN", hours=5, kind="TOURNAMENT", score=2),
        scene.tournament("cup", hours=7),
        round="Final",
    )

    assert [line["slug"] for line in visitor.items("/tournaments?limit=1")] == ["cup", "spring-cup"]
    assert visitor.get("/tournaments/spring-cup").json()["results"][0]["prize_amount"] == 250.5
    results = visitor.get("/tournaments/spring-cup/results").json()["items"]
    assert results[0]["entrant"]["public_id"] == ann.profile.public_id
    assert visitor.get("/tournaments/spring-cup/entrants").json()["items"][0]["status"] == "REGISTERED"
    assert visitor.items("/tournaments/cup/players")[0]["wins"] == 1
    (line,) = visitor.items("/tournaments/cup/matches")
    assert (line["match_key"], line["round"], line["sides"]) == (
        "t1",
        "Final",
        [{"name": "Ann", "score": "2", "result": "WIN"}],
    )
    assert problem_of(visitor.get("/tournaments/draft-cup")) == (404, "not-found")
    shown = signed_in(ann).get("/tournaments/draft-cup").json()
    assert shown["organiser"] == draft.organiser.profile.public_id


def test_the_matches_of_a_tournament_come_in_pages(visitor, ann):
    event = scene.tournament("cup", hours=7)
    for number in range(5):
        scene.tournament_match(scene.match(ann, f"t{number}", hours=number // 2, kind="TOURNAMENT"), event)
    scene.tournament_match(scene.archive(scene.match(ann, "old", hours=-5, kind="TOURNAMENT")), event)

    found = visitor.items("/tournaments/cup/matches?limit=2")

    assert [line["match_key"] for line in found] == ["t4", "t3", "t2", "t1", "t0", "old"]


def test_a_match(visitor, ann):
    bob = scene.player("bob")
    scene.match(bob, "m1", "LOSS", hours=1)
    scene.hide(bob, matches=True)

    shown = visitor.get("/matches/valorant/m1").json()

    assert [(row["player"]["name"], row["match"]["result"]) for row in shown["rows"]] == [("Ann", "WIN")]
    assert shown["leaves_out"] is True
    assert problem_of(visitor.get("/matches/valorant/none")) == (404, "not-found")
    assert problem_of(visitor.get("/matches/none/m1")) == (404, "not-found")


def test_integrity(visitor):
    Run.objects.all().delete()
    nothing = {"items": [], "next_page": None, "state": "never", "latest": None, "finished": None}
    assert visitor.get("/integrity").json() == nothing

    Run.objects.create(
        status=Run.Status.CLEAN, cause="nightly", started_at=at(0), finished_at=at(1), numbers_checked=12
    )
    cache.clear()
    told = visitor.get("/integrity").json()

    assert (told["state"], told["latest"]["numbers_checked"], told["latest"]["finished_at"]) == (
        "clean",
        12,
        "2025-03-01T19:00:00Z",
    )
    assert told["items"] == [told["latest"]] == [told["finished"]]


def test_the_caller(visitor, signed_in, with_key, ann):
    me = signed_in(ann).get("/me").json()
    by_key = with_key(ann, "read").get("/me").json()

    assert (me["public_id"], me["username"], me["is_staff"], me["key"]) == (
        ann.profile.public_id,
        "ann",
        False,
        None,
    )
    assert (by_key["public_id"], by_key["key"]["scopes"]) == (ann.profile.public_id, ["read"])
    assert problem_of(visitor.get("/me")) == (401, "unauthenticated")
    assert problem_of(with_key(ann, "matches:write").get("/me")) == (403, "forbidden")


def test_head_answers_as_get_without_a_body(visitor, ann):
    answer = visitor.call("HEAD", address(ann))

    assert (answer.status_code, answer.content) == (200, b"")
    assert answer["ETag"] == visitor.get(address(ann))["ETag"]


#: What is kept costs two more before it is: the token is read before and after it is built.
QUERIES = {
    "/players?q=an": 2,
    "/players/{id}/matches": 9,
    "/players/{id}/tournaments": 3,
    "/players/{id}/activity": 5,
    "/players/{id}/games": 4,
    "/players/{id}/stats": 2,
    "/leaderboards/matches_won": 1,
    "/tournaments": 3,
    "/tournaments/spring-cup/entrants": 2,
    "/integrity": 4,
}


@pytest.mark.parametrize("path", QUERIES)
def test_lists_cost_the_same_however_long_they_are(visitor, ann, django_assert_num_queries, path):
    for number in range(6):
        other = scene.player(f"anna{number}")
        scene.match(other, f"x{number}")
        scene.match(ann, f"y{number}", hours=number)
        event = scene.tournament(f"cup{number}")
        scene.registration(ann, event, hours=number)
        scene.registration(other, scene.tournament("spring-cup-2") if number == 0 else event)

    address = path.format(id=ann.profile.public_id)

    with django_assert_num_queries(QUERIES[path]):
        assert visitor.get(address).status_code == 200


def test_a_player_hides_an_entry_and_shows_it_again(visitor, signed_in, ann):
    def shown():
        return "did joined" in {
            line["description"] for line in visitor.get(address(ann, "/activity")).json()["items"]
        }

    handle = next(
        line["handle"]
        for line in signed_in(ann).get("/me/activity").json()["items"]
        if line["description"] == "did joined"
    )

    assert shown()
    assert signed_in(ann).post(f"/me/activity/{handle}/hide").json()["hidden"] is True
    assert not shown()
    assert signed_in(ann).post(f"/me/activity/{handle}/show").json()["hidden"] is False
    assert shown()
    assert "handle" not in {
        name
        for line in visitor.get(address(ann, "/activity")).json()["items"]
        for name, value in line.items()
        if value
    }


def test_tournaments_are_narrowed_as_those_of_a_player_are(visitor):
    for number, (slug, game, status) in enumerate(
        [("a", "rocket", "OPEN"), ("b", "valorant", "OPEN"), ("c", "rocket", "COMPLETED")]
    ):
        scene.tournament(slug, title=scene.game(game), status=status, hours=number)
    scene.tournament("d", title=scene.game("rocket"), status="DRAFT")

    def slugs(query):
        return [line["slug"] for line in visitor.items(f"/tournaments?limit=1&{query}")]

    assert slugs("game=rocket") == ["c", "a"]
    assert slugs("status=OPEN") == ["b", "a"]
    assert slugs("game=rocket&status=OPEN") == ["a"]
    assert slugs("status=DRAFT") == []
    page = visitor.get("/tournaments?limit=1&game=rocket").json()["next_page"]
    assert problem_of(visitor.get(f"/tournaments?limit=1&status=OPEN&page={page}")) == (422, "invalid-cursor")
    assert problem_of(visitor.get("/tournaments?game=none")) == (422, "invalid")


def test_following(visitor, signed_in, ann):
    bob = scene.player("bob")
    me = signed_in(bob)

    assert [me.put(f"/me/follows/{ann.profile.public_id}").json()["follows"] for _ in range(2)] == [
        True,
        True,
    ]
    assert [line["player"]["name"] for line in me.get("/me/follows").json()["items"]] == ["Ann"]
    assert [
        line["player"]["name"] for line in signed_in(ann).get(address(ann, "/followers")).json()["items"]
    ] == ["bob"]
    assert problem_of(visitor.get(address(ann, "/followers"))) == (403, "hidden")
    told = {line["entry"]["description"] for line in me.get("/me/feed").json()["items"]}
    assert "did joined" in told
    assert "did secret" not in told
    assert problem_of(me.put(f"/me/follows/{bob.profile.public_id}")) == (422, "invalid")
    assert me.delete(f"/me/follows/{ann.profile.public_id}").json()["follows"] is False
    assert me.get("/me/follows").json()["items"] == []

"""What happens before and after every operation: unreadable input, throttles, caches, problem documents."""

from __future__ import annotations

import json

import pytest
from django.core.cache import cache
from django.test import Client

from deltacrown.accounts.models import User
from deltacrown.freshness import cache_store
from deltacrown.games.models import Match
from tests import scene
from tests.api.calls import Api, problem_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def server(with_key):
    scene.game("rocket")
    return with_key(scene.player("server"), "matches:write", "read")


DEEP = b'{"matches":' + b"[" * 100 + b"]" * 100 + b"}"
DEEPER = b"[" * 200_000
UNREADABLE = {
    "no JSON": (b"{", 400, "malformed"),
    "two values": (b"{} {}", 400, "malformed"),
    "NaN": (b'{"matches": NaN}', 400, "malformed"),
    "infinite": (b'{"matches": -Infinity}', 400, "malformed"),
    "not UTF-8": (b'{"matches": "\xff"}', 400, "malformed"),
    "a byte order mark": (b"\xef\xbb\xbf{}", 400, "malformed"),
    "a number of 5,000 digits": (b'{"matches": ' + b"9" * 5000 + b"}", 400, "malformed"),
    "no end of nesting": (DEEPER, 400, "malformed"),
    "deep nesting": (DEEP, 422, "invalid"),
    "NUL": (b'{"matches": "\\u0000"}', 422, "invalid"),
    "NUL in a key": (b'{"\\u0000": 1}', 422, "invalid"),
    "half a surrogate pair": (b'{"matches": "\\ud800"}', 422, "invalid"),
    "a number past 64 bits": (b'{"matches": 99999999999999999999}', 422, "invalid"),
    "an infinite number": (b'{"matches": 1e999}', 422, "invalid"),
    "nothing": (b"", 422, "invalid"),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_an_unreadable_body_is_refused(server, name):
    raw, status, code = UNREADABLE[name]

    assert problem_of(server.call("POST", "/matches", raw=raw)) == (status, code)
    assert Match.objects.count() == 0


def test_a_body_too_large_is_refused_unread(server, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000

    answer = server.call("POST", "/matches", raw=b"x" * 1001)

    assert problem_of(answer) == (413, "too-large")


@pytest.mark.parametrize(
    "kind",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/json", ""],
)
def test_a_body_of_another_type_is_refused(server, kind):
    answer = server.client.generic(
        "POST", "/api/v1/matches", b"{}", content_type=kind, headers=server.headers
    )

    assert problem_of(answer) == (415, "unsupported-media-type")


@pytest.mark.parametrize(
    "path",
    ["/api/v1/players/%00", "/api/v1/players?q=a%00b", "/api/v1/players?q=%0d%0aSet-Cookie:x", "/api/%00"],
)
def test_control_characters_in_the_address_are_refused(visitor, path):
    answer = visitor.get(path)

    assert problem_of(answer) == (400, "malformed")
    assert "Set-Cookie" not in answer


@pytest.mark.parametrize(
    "path",
    [
        "/api/",
        "/api/v1/",
        "/api/v1/none",
        "/api/v2/players",
        "/api/v1/players/",
        "/api/v1/players/DC-25-999999",
    ],
)
def test_what_is_not_there_is_a_problem_too(visitor, path):
    assert problem_of(visitor.get(path)) == (404, "not-found")


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
def test_another_method_is_refused_with_those_there_are(visitor, method):
    answer = visitor.call(method, "/leaderboards")

    assert problem_of(answer) == (405, "method-not-allowed")
    assert set(answer["Allow"].split(", ")) == {"GET", "HEAD"}


def test_another_host_is_refused(visitor):
    assert problem_of(visitor.get("/leaderboards", Host="evil.example")) == (400, "malformed")


def test_a_failure_tells_nothing_of_itself(visitor, monkeypatch):
    def fail(*args, **kwargs):
        raise RuntimeError("secret path /etc/x")

    monkeypatch.setattr("deltacrown.user_profile.numbers.leaderboards.list_boards", fail)
    visitor.client.raise_request_exception = False

    answer = visitor.get("/leaderboards")

    assert problem_of(answer) == (500, "internal")
    assert "secret" not in answer.content.decode()


@pytest.mark.parametrize("query", ["limit=0", "limit=51", "limit=x", "limit=1e9", "limit=-1", "limit="])
def test_a_limit_out_of_bounds_is_refused(visitor, query):
    answer = visitor.get(f"/tournaments?{query}")

    assert problem_of(answer) == (422, "invalid")
    assert [(fault["field"], fault["pointer"]) for fault in answer.json()["errors"]] == [("limit", None)]


def test_an_unknown_parameter_is_refused_and_the_known_ones_named(visitor):
    answer = visitor.get("/leaderboards/matches_won?gmae=rocket")

    assert problem_of(answer) == (422, "invalid")
    assert "game" in answer.json()["detail"]


INJECTIONS = [
    "' OR 1=1 --",
    '"; DROP TABLE games_match; --',
    "1) UNION SELECT password FROM accounts_user --",
    "%' AND 1=1 --",
    "../../etc/passwd",
]


@pytest.mark.parametrize("text", INJECTIONS)
def test_injections_find_nothing_and_change_nothing(visitor, text):
    from urllib.parse import quote

    scene.player("ann")
    paths = [
        "/players?q={}",
        "/players/{}",
        "/leaderboards/{}",
        "/tournaments/{}",
        "/matches/{}/x",
        "/tournaments?page={}",
        "/leaderboards/matches_won?game={}",
    ]

    answers = [visitor.get(path.format(quote(text, safe=""))) for path in paths]

    assert {answer.status_code for answer in answers} <= {200, 404, 422}
    assert answers[0].status_code != 200 or answers[0].json()["items"] == []
    assert User.objects.count() == 1


def test_tampered_cursors_are_refused(visitor):
    for number in range(3):
        scene.tournament(f"cup-{number}", hours=number)
    page = visitor.get("/tournaments?limit=1").json()["next_page"]
    changed = page[:9] + ("A" if page[9] != "A" else "B") + page[10:]

    for wrong in (
        changed,
        page[:-1],
        page[1:],
        page + "x",
        "x" + page,
        page + "%3D",
        page.swapcase(),
        ".",
        "W10.x",
        json.dumps([1]),
    ):
        assert problem_of(visitor.get(f"/tournaments?limit=1&page={wrong}")) == (422, "invalid-cursor")


def test_cursors_hold_while_rows_arrive(visitor):
    for number in range(4):
        scene.tournament(f"cup-{number}", hours=number)
    first = visitor.get("/tournaments?limit=2").json()
    scene.tournament("newer", hours=9)

    second = visitor.get(f"/tournaments?limit=2&page={first['next_page']}").json()

    assert [line["slug"] for line in first["items"] + second["items"]] == ["cup-3", "cup-2", "cup-1", "cup-0"]


def test_an_answer_the_caller_has_is_not_sent_again(visitor):
    answer = visitor.get("/leaderboards")
    for known in (answer["ETag"], f"W/{answer['ETag']}", f'"x", {answer["ETag"]}', "*"):
        again = visitor.get("/leaderboards", **{"If-None-Match": known})
        assert (again.status_code, again.content, again["ETag"], again["Cache-Control"]) == (
            304,
            b"",
            answer["ETag"],
            answer["Cache-Control"],
        )
    assert visitor.get("/leaderboards", **{"If-None-Match": '"x"'}).status_code == 200


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_304_repeats_what_the_answer_says_of_keeping_it(visitor, method):
    path = f"/players/{scene.player('ann').profile.public_id}"
    answer = visitor.get(path)

    unchanged = visitor.call(method, path, headers={"If-None-Match": answer["ETag"]})

    assert unchanged.status_code == 304
    for name in ("ETag", "Cache-Control", "Vary", "RateLimit-Policy"):
        assert unchanged[name] == answer[name]
    assert "Content-Type" not in unchanged


def test_an_answer_that_is_not_the_one_asked_for_is_refused_with_a_problem(visitor):
    answer = visitor.get("/leaderboards")

    assert visitor.get("/leaderboards", **{"If-Match": answer["ETag"]}).status_code == 200
    refused = visitor.get("/leaderboards", **{"If-Match": '"x"'})
    assert (refused.status_code, refused.json()["code"]) == (412, "precondition-failed")
    assert refused["Content-Type"] == "application/problem+json"
    assert refused["Cache-Control"] == "private, no-store"
    assert "ETag" not in refused


def test_caches_share_only_what_is_the_same_for_all(visitor, signed_in, with_key):
    ann = scene.player("ann")
    own = f"/players/{ann.profile.public_id}"
    kept = {
        ("visitor", "shared"): visitor.get("/leaderboards/matches_won")["Cache-Control"],
        ("ann", "shared"): signed_in(ann).get("/leaderboards/matches_won")["Cache-Control"],
        ("visitor", "own"): visitor.get(own)["Cache-Control"],
        ("ann", "own"): signed_in(ann).get(own)["Cache-Control"],
        ("key", "own"): with_key(ann).get(own)["Cache-Control"],
        ("visitor", "error"): visitor.get("/leaderboards/none")["Cache-Control"],
    }

    assert kept == {
        ("visitor", "shared"): "public, max-age=15",
        ("ann", "shared"): "public, max-age=15",
        ("visitor", "own"): "private, no-cache",
        ("ann", "own"): "private, no-store",
        ("key", "own"): "private, no-store",
        ("visitor", "error"): "private, no-store",
    }


def test_an_address_makes_so_many_requests_and_no_more(visitor, settings, signed_in):
    settings.API_RATE_PER_ADDRESS = "2/1000000000"
    ann = scene.player("ann")

    answers = [visitor.get("/leaderboards") for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert [answer["RateLimit"].split(";")[1] for answer in answers] == ["r=1", "r=0", "r=0"]
    assert answers[0]["RateLimit-Policy"] == '"address";q=2;w=1000000000'
    assert 0 < int(answers[2]["Retry-After"]) <= 1_000_000_000
    assert problem_of(answers[2]) == (429, "throttled")
    assert signed_in(ann).get("/me").status_code == 200
    assert Api(Client(REMOTE_ADDR="192.0.2.7")).get("/leaderboards").status_code == 200


def test_a_key_makes_so_many_requests_and_no_more(with_key, settings):
    settings.API_RATE_PER_KEY = "1/1000000000"
    ann = scene.player("ann")
    one, other = with_key(ann), with_key(ann)

    assert [api.get("/me").status_code for api in (one, one, other)] == [200, 429, 200]


def test_wrong_keys_count_for_the_address(settings):
    settings.API_RATE_PER_ADDRESS = "2/1000000000"
    api = Api(Client(), {"Authorization": "Bearer dck_x_y"})

    assert [api.get("/leaderboards").status_code for _ in range(3)] == [401, 401, 429]


def test_the_forwarded_address_counts_behind_proxies_alone(settings):
    settings.API_RATE_PER_ADDRESS = "1/1000000000"
    spoofed = [Api(Client(), {"X-Forwarded-For": f"192.0.2.{number}"}) for number in range(2)]
    assert [api.get("/leaderboards").status_code for api in spoofed] == [200, 429]

    settings.API_TRUSTED_PROXIES = 1
    through = [
        Api(Client(), {"X-Forwarded-For": f"9.9.9.{number}, 192.0.2.{number // 2}"}) for number in range(3)
    ]
    assert [api.get("/leaderboards").status_code for api in through] == [200, 429, 200]


def test_without_a_cache_nobody_is_held_up_and_the_cache_is_asked_once(
    visitor, settings, monkeypatch, caplog
):
    settings.API_RATE_PER_ADDRESS = "1/1000000000"
    monkeypatch.setattr(cache_store._Health, "resting_until", 0.0)
    monkeypatch.setattr(cache_store, "REST_SECONDS", 3_600.0)
    asked = []

    def fail(*args, **kwargs):
        asked.append(args)
        raise ConnectionError("no cache")

    for name in ("add", "incr", "get", "set"):
        monkeypatch.setattr(cache, name, fail)

    assert [visitor.get("/leaderboards").status_code for _ in range(5)] == [200] * 5
    assert len(asked) == 1
    assert "the cache does not answer" in caplog.text

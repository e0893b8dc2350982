"""Hostile bodies cost work in proportion to their size, or are refused by it alone; the work is counted."""

from __future__ import annotations

import json
import sys
import unicodedata
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from deltacrown.api.parsing import MOST_NAMES, MOST_VALUES, read_object
from deltacrown.api.resource import MOST_BYTES
from deltacrown.interchange.columns import MOST_NAMED, Columns
from deltacrown.interchange.lines import FileRefused
from tests import scene
from tests.api.calls import problem_of

#: What is counted depends on no database.
pytestmark = [pytest.mark.django_db, pytest.mark.once]


class Name(str):
    """A name that counts how often it is compared."""

    __slots__ = ()
    compared = 0

    def __eq__(self, other):
        Name.compared += 1
        return str.__eq__(self, other)

    __hash__ = str.__hash__

    def strip(self, *args):
        return self


@pytest.mark.parametrize("number", [1_000, 10_000])
def test_finding_a_name_that_is_there_twice_compares_each_name_a_few_times(number):
    pairs = [(Name(f"n{place}"), 1) for place in range(number)] + [(Name("n7"), 2)]
    Name.compared = 0

    with pytest.raises(ValueError, match="'n7' is named twice"):
        read_object(pairs)

    assert Name.compared < 3 * number


def test_finding_a_column_that_is_there_twice_compares_each_name_a_few_times():
    columns = Columns(key="a", group="match", required=("a",), prefix="stats.")
    names = [Name("a")] + [Name(f"stats.{place}") for place in range(5_000)] + [Name("stats.7")]
    Name.compared = 0

    with pytest.raises(FileRefused, match=r"column stats\.7 there twice"):
        columns.check_header(names, where="x")

    assert Name.compared < 10 * len(names)


def test_of_thousands_of_unknown_columns_the_first_are_named(monkeypatch):
    asked = []
    near = "deltacrown.interchange.columns.difflib.get_close_matches"
    monkeypatch.setattr(near, lambda *args, **options: asked.append(args) or [])
    columns = Columns(key="a", group="match", required=("a",))

    with pytest.raises(FileRefused, match="and 4,990 more"):
        columns.check_header(["a", *(f"x{place}" for place in range(5_000))], where="x")

    assert len(asked) == MOST_NAMED


def listed(item, size):
    return ",".join([item] * (size // (len(item) + 1)))


def names(size, start=0):
    return ",".join(f'"n{start + place:06d}":1' for place in range(size // 12))


def objects_of_names(size):
    return ",".join("{" + names(6_000, place * 1_000) + "}" for place in range(size // 6_000))


#: Bodies of deliveries, which may be large, by what they are full of.
DELIVERIES = {
    "empty matches": lambda size: f'{{"matches": [{listed("{}", size)}]}}',
    "empty players": lambda size: f'{{"matches": [{listed(PLAYERS, size)}]}}',
    "numbers for players": lambda size: f'{{"matches": [{listed(NUMBERS, size)}]}}',
    "unknown names": lambda size: f'{{"matches": [{objects_of_names(size)}]}}',
    "lists": lambda size: f'{{"matches": [{listed("[]", size)}]}}',
    "digits": lambda size: f'{{"matches": {"9" * size}}}',
    "decimals": lambda size: f'{{"matches": 0.{"9" * size}}}',
    "exponents": lambda size: f'{{"matches": [{listed("1e999999", size)}]}}',
    "nesting": lambda size: '{"a":' * (size // 5),
    "half surrogates": lambda size: f'{{"matches": "{chr(92)}ud83d{"x" * size}"}}',
    "combining marks": lambda size: json.dumps({"matches": "\u0315\u0300" * (size // 12)}),
}
PLAYERS = '{"players": [' + listed("{}", 600) + "]}"
NUMBERS = '{"players": [' + listed("1", 400) + "]}"


def count_calls(function):
    """Return the answer, and how many functions were called for it, those written in C too."""
    counted = 0

    def note(frame, event, argument):
        nonlocal counted
        counted += event in {"call", "c_call"}

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        answer = function()
    finally:
        sys.setprofile(before)
    return answer, counted


@pytest.fixture
def server(with_key):
    scene.game("rocket")
    return with_key(scene.player("server"), "matches:write", "tournaments:write", "read")


@pytest.mark.parametrize("kind", DELIVERIES)
def test_four_times_the_body_is_at_most_four_times_the_work(server, kind):
    make = DELIVERIES[kind]
    server.call("POST", "/matches", raw=make(1_000).encode())  # what is looked up once is looked up now

    answers = [
        count_calls(lambda size=size: server.call("POST", "/matches", raw=make(size).encode()))
        for size in (30_000, 120_000)
    ]

    assert {answer.status_code for answer, _ in answers} <= {400, 413, 422}
    small, large = (calls for _, calls in answers)
    assert large < 4.2 * small
    assert large < 12 * 120_000  # calls for a byte: each of "{}," is a few faults


#: Combining marks in descending classes: to put n of them in order takes n × n steps.
MARKS = "\u0315\u0300" * 10_000
DATE = "2025-06-01T12:00:00Z"
TEXTS = {
    "search": ("GET", "/players", {"q": MARKS}),
    "filter": ("GET", "/tournaments", {"game": MARKS}),
    "tournament": ("POST", "/tournaments", {"slug": "x", "name": MARKS, "game": "rocket", "starts_at": DATE}),
    "game": ("POST", "/matches/void", {"game": MARKS, "match_key": "x", "reason": "x"}),
    "reason": ("POST", "/matches/void", {"game": "rocket", "match_key": "x", "reason": MARKS}),
    "team": ("POST", "/tournaments/cup/entrants", {"team": MARKS}),
    "roster": ("POST", "/tournaments/cup/entrants", {"team": "x", "roster": [MARKS]}),
    "results": ("POST", "/matches/correct", {"game": "x", "match_key": "x", "results": {MARKS: "WIN"}}),
    "player search": ("GET", "page:/players/", {"q": MARKS}),
    "user name": ("POST", "page:/sign-in/", {"username": MARKS, "password": "x"}),
}


@pytest.mark.parametrize("name", TEXTS)
def test_text_is_measured_before_its_marks_are_put_in_order(server, visitor, monkeypatch, name):
    method, path, given = TEXTS[name]
    scene.tournament("cup")
    lengths, normalize = [0], unicodedata.normalize

    def note(form, text):
        lengths.append(len(text))
        return normalize(form, text[:1_000])

    monkeypatch.setattr(unicodedata, "normalize", note)
    if path.startswith("page:"):
        send = visitor.client.get if method == "GET" else visitor.client.post
        assert send(path.removeprefix("page:"), given).status_code in {200, 400}
    elif method == "GET":
        server.get(f"{path}?{urlencode(given)}")
    else:
        server.call(method, path, raw=json.dumps(given, ensure_ascii=False).encode())

    assert max(lengths) <= 1_000


#: Operations with a small body, by an address that is refused only for the body.
SMALL = {
    "/me/privacy": "PUT",
    "/me/api-keys": "POST",
    "/disputes": "POST",
    "/matches/void": "POST",
    "/matches/correct": "POST",
    "/tournaments": "POST",
    "/tournaments/cup/cancel": "POST",
    "/tournaments/cup/entrants": "POST",
}


@pytest.mark.parametrize("path", SMALL)
def test_a_large_body_is_refused_by_its_size_before_anybody_is_asked_who_calls(
    visitor, path, django_assert_num_queries
):
    with django_assert_num_queries(0):
        answer = visitor.call(SMALL[path], path, raw=b"x" * (MOST_BYTES + 1))

    assert problem_of(answer) == (413, "too-large")


def test_standings_are_bounded_too(visitor, django_assert_num_queries):
    with django_assert_num_queries(0):
        answer = visitor.call("POST", "/tournaments/cup/complete", raw=b"x" * (2 * 1024 * 1024 + 1))

    assert problem_of(answer) == (413, "too-large")


def test_an_object_of_too_many_names_is_refused_before_its_names_are_checked(server):
    body = {f"n{place}": 1 for place in range(MOST_NAMES + 1)}

    answer = server.call("POST", "/matches", body)

    assert problem_of(answer) == (422, "invalid")
    assert answer.json()["detail"] == "An object in the body has 1,001 names; 1,000 are taken."
    assert answer.json()["errors"] == []


def test_a_body_of_too_many_values_is_not_parsed(server, monkeypatch):
    monkeypatch.setattr("deltacrown.api.parsing.json", None)

    answer = server.call("POST", "/matches", raw=b"[" + b"1," * MOST_VALUES + b"1]")

    assert problem_of(answer) == (413, "too-large")


def test_of_a_match_the_first_faulty_player_is_named(server):
    players = [{"player": "DC-25-000001", "result": "WIN"}, {"player": 1}, {}]
    match = {"match_key": "k", "game": "rocket", "played_at": "2025-03-01T18:00:00Z", "players": players}

    answer = server.call("POST", "/matches", {"matches": [match]})

    pointers = {fault["pointer"] for fault in answer.json()["errors"]}
    assert pointers == {"/matches/0/players/1/player", "/matches/0/players/1/result"}


def test_standings_of_teams_are_looked_up_at_once(server):
    organiser = server.key.owner
    event = scene.tournament("cup", entrant_kind="TEAM", organiser=organiser, status="RUNNING")
    standings = []
    for number in range(1, 31):
        squad = scene.team(f"team-{number}")
        scene.registration(scene.player(f"p{number}"), event, team=squad)
        standings.append({"team": squad.slug, "placement": number})

    with CaptureQueriesContext(connection) as asked:
        answer = server.call("POST", "/tournaments/cup/complete", {"standings": standings})

    by_slug = [query for query in asked if '"teams_team"."slug" IN' in query["sql"]]
    assert answer.status_code == 200
    assert len(by_slug) == 1


def test_a_body_that_ends_early_is_a_problem_of_the_caller(visitor, monkeypatch):
    from django.http import HttpRequest, UnreadablePostError

    def fail(self):
        raise UnreadablePostError("connection lost")

    monkeypatch.setattr(HttpRequest, "body", property(fail))

    assert problem_of(visitor.call("POST", "/matches", raw=b"{}")) == (400, "malformed")

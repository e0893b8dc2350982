"""Hostile requests: each is answered with a problem document, and no row is added, removed or changed."""

from __future__ import annotations

import json

import pytest
from django.apps import apps

from tests import scene
from tests.api.calls import check_answer, problem_of
from tests.api.test_authorisation import rows, world  # noqa: F401 - fixtures

pytestmark = [pytest.mark.django_db, pytest.mark.both]

SQL = "x'); DROP TABLE games_match; --"
CRLF = "x\r\nX-Injected: 1"
DEEP: object = 1
for _ in range(30):
    DEEP = {"a": DEEP}

#: Every operation with a body, by an address that works: who may call it, and a body that would be taken.
WRITES = {
    "/tournaments": (
        "organiser",
        {"slug": "new", "name": "New", "game": "valorant", "starts_at": "2025-06-01T12:00:00Z"},
    ),
    "/tournaments/open/entrants": ("organiser", {"player": "{ann}"}),
    "/tournaments/running/complete": ("organiser", {"standings": [{"player": "{ann}", "placement": 1}]}),
    "/tournaments/running/cancel": ("organiser", {"reason": "x"}),
    "/tournaments/completed/correct-result": (
        "organiser",
        {"player": "{ann}", "placement": 2, "reason": "x"},
    ),
    "/matches": (
        "staff",
        {
            "matches": [
                {"match_key": "n", "game": "valorant", "played_at": "2025-03-01T18:00:00Z", "players": []}
            ]
        },
    ),
    "/matches/void": ("staff", {"game": "valorant", "match_key": "m1", "reason": "x"}),
    "/matches/correct": (
        "staff",
        {"game": "valorant", "match_key": "m1", "results": {"{ann}": "LOSS"}, "reason": "x"},
    ),
    "/disputes": ("owner", {"match": {"game": "valorant", "match_key": "m2"}, "reason": "x"}),
    "/disputes/{dispute}/reject": ("staff", {"resolution": "x"}),
    "/me/api-keys": ("owner", {"name": "x", "scopes": ["read"]}),
}

RAW = {
    "cut short": b'{"reason": "x"',
    "a name twice": b'{"reason": "x", "reason": "y"}',
    "UTF-16": '{"reason": "x"}'.encode("utf-16"),
    "nothing but brackets": b"[" * 1_000_000,
    "a hundred thousand objects in each other": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "a number without end": b'{"reason": ' + b"9" * 100_000 + b"}",
    "a list": b"[]",
    "text": b'"x"',
    "null": b"null",
    "a NUL": b'{"reason": "\\u0000"}',
}

#: What takes the place of each value of a body in turn. None of it is right anywhere.
WRONG = [None, True, 1.5, -(2**31) - 1, [], [[]], {"a": 1}, DEEP, "\x00", "\ud800", "x" * 5000]


def everything():
    """Every row of every table but sessions and what notes the use of keys."""
    left_out = {"Session", "ApiKey", "Run"}
    models = [model for model in apps.get_models() if model.__name__ not in left_out and model._meta.managed]
    return {
        model._meta.label: sorted(map(repr, model.objects.values_list()))
        for model in models
        if hasattr(model, "objects")
    }


def fill(value, names):
    return json.loads(json.dumps(value).replace("{ann}", names["ann"]))


def with_each_value_replaced(body, wrong):
    """``body`` once for each place in it, with ``wrong`` there."""
    for name, value in body.items() if isinstance(body, dict) else enumerate(body):
        for each in [
            wrong,
            *(with_each_value_replaced(value, wrong) if isinstance(value, dict | list) else ()),
        ]:
            yield {**body, name: each} if isinstance(body, dict) else [*body[:name], each, *body[name + 1 :]]


@pytest.mark.parametrize("path", WRITES)
def test_bodies_that_are_none_change_nothing(world, path):  # noqa: F811
    before = everything()
    for name, raw in RAW.items():
        answer = world.callers[WRITES[path][0]].call("POST", path.format(**world.names), raw=raw)
        assert answer.status_code in {400, 413, 422}, name
    assert everything() == before


@pytest.mark.parametrize("path", WRITES)
def test_values_of_other_types_change_nothing(world, path):  # noqa: F811
    caller, body = WRITES[path]
    optional = {"player", "standings"}  # these may be null or empty
    before, tried = everything(), 0
    for wrong in WRONG:
        for sent in with_each_value_replaced(fill(body, world.names), wrong):
            if optional & sent.keys() and any(
                sent.get(name) in (None, []) for name in optional & sent.keys()
            ):
                continue
            if '"placement": null' in json.dumps(sent):  # an entrant without a placement is unranked
                continue
            answer = world.callers[caller].call(
                "POST", path.format(**world.names), raw=json.dumps(sent).encode()
            )
            assert answer.status_code in {400, 404, 409, 422}, (sent, answer.content)
            tried += 1
    assert tried >= 8
    assert everything() == before


@pytest.mark.parametrize("path", WRITES)
def test_statements_and_headers_in_text_are_text(world, path):  # noqa: F811
    """Printable text is refused or kept unchanged. It never becomes SQL or a header."""
    caller, body = WRITES[path]
    tables = everything().keys()
    for sent in with_each_value_replaced(fill(body, world.names), SQL):
        answer = world.callers[caller].call(
            "POST", path.format(**world.names), sent, headers={"Idempotency-Key": SQL}
        )
        assert answer.status_code < 500
        assert "X-Injected" not in answer
    assert everything().keys() == tables
    assert scene.Match.objects.filter(match_key__in=["m1", "m2"]).count() == 2


@pytest.mark.parametrize(
    "header",
    [
        "Idempotency-Key",
        "Authorization",
        "If-None-Match",
        "X-CSRFToken",
        "Cookie",
        "X-Forwarded-For",
        "Accept",
    ],
)
def test_headers_hold_anything(world, header):  # noqa: F811
    before = everything()
    for value in (CRLF, SQL, "\x00", "\xff", "x" * 10_000):
        answer = world.callers["visitor"].call("POST", "/matches", {"matches": []}, headers={header: value})
        assert answer.status_code in {400, 401, 403}
        assert "X-Injected" not in answer
    assert everything() == before


def test_more_parameters_than_are_read_are_refused(visitor):
    assert problem_of(visitor.get("/players?" + "&".join(f"a{number}=1" for number in range(2501)))) == (
        400,
        "malformed",
    )


def test_a_parameter_given_twice_is_refused(visitor):
    answer = visitor.get("/tournaments?limit=1&limit=50")

    assert problem_of(answer) == (422, "invalid")
    assert [fault["field"] for fault in answer.json()["errors"]] == ["limit"]


def test_a_body_in_chunks_is_not_taken_for_none(visitor):
    answer = visitor.client.generic("POST", "/api/v1/matches", b"", headers={"Transfer-Encoding": "chunked"})

    check_answer(answer)
    assert problem_of(answer) == (400, "malformed")

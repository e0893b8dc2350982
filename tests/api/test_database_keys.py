"""Database keys appear in no answer.

All rows get keys that nothing else looks like, and every answer is searched for them.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.db import connection, models

from tests import scene
from tests.api.test_authorisation import CALLS, OPERATIONS, build_world, fill
from tests.pristine import rolled_back

pytestmark = [pytest.mark.django_db, pytest.mark.once]

#: Every key begins so; no count, prize, time or score of these rows does.
KEY = "91827364"


def tell_keys() -> None:
    """Have the keys of all rows that come begin with ``KEY``."""
    tables = [
        model._meta.db_table for model in apps.get_models() if isinstance(model._meta.pk, models.BigAutoField)
    ]
    with connection.cursor() as cursor:
        for place, table in enumerate(tables):
            first = int(f"{KEY}{place:03}001")
            if connection.vendor == "sqlite":
                cursor.execute("DELETE FROM sqlite_sequence WHERE name = %s", [table])
                cursor.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (%s, %s)", [table, first])
            else:
                cursor.execute("SELECT pg_get_serial_sequence(%s, 'id')", [table])
                cursor.execute(f"ALTER SEQUENCE {cursor.fetchone()[0]} RESTART WITH {first}")


def told_by(answer) -> str:
    """Return all text of an answer: body, headers, and its decoded cursors and handles."""
    body = answer.getvalue().decode()
    text = f"{body}\n{dict(answer.headers)}"
    words = {
        word for word in body.replace('"', " ").replace(".", " ").split() if len(word) > 20 and word.isascii()
    }
    return text + "".join(_decode(word) for word in words)


def _decode(word: str) -> str:
    try:
        return urlsafe_b64decode(word + "=" * (-len(word) % 4)).decode("latin-1")
    except ValueError:
        return ""


@pytest.fixture(scope="module")
def season(django_db_setup, django_db_blocker):
    """What ``play_season`` makes, once for all tests of it."""
    with rolled_back(django_db_blocker, play_season) as played:
        yield played


def play_season() -> SimpleNamespace:
    """Play a tournament through the services, so that timelines, awards and histories have rows."""
    tell_keys()
    world = build_world()
    organiser, staff, ann = world.callers["organiser"], world.callers["staff"], world.names["ann"]
    organiser.post(
        "/tournaments",
        {"slug": "cup", "name": "Cup", "game": "valorant", "starts_at": "2025-06-01T12:00:00Z"},
    )
    organiser.post("/tournaments/cup/open")
    organiser.post("/tournaments/cup/entrants", {"player": ann})
    organiser.post("/tournaments/cup/entrants", {"player": world.names["bob"]})
    organiser.post("/tournaments/cup/start")
    lines = [{"player": ann, "result": "WIN"}, {"player": world.names["bob"], "result": "LOSS"}]
    for number in range(3):
        match = {
            "game": "valorant",
            "match_key": f"c{number}",
            "tournament": "cup",
            "played_at": "2025-06-02T12:00:00Z",
            "players": lines,
        }
        assert staff.post("/matches", {"matches": [match]}).json()["accepted"] == 1
    placed = [{"player": ann, "placement": 1, "prize": 5}, {"player": world.names["bob"], "placement": 2}]
    assert organiser.post("/tournaments/cup/complete", {"standings": placed}).status_code == 200
    staff.post("/matches/void", {"game": "valorant", "match_key": "c2", "reason": "x"})
    owner = scene.User.objects.get(username="ann")
    scene.member(owner, scene.team())
    scene.achievement(owner)
    scene.archive(scene.match(owner, "old"))
    world.callers["owner"].call("PUT", f"/me/follows/{world.names['bob']}")
    return world


def test_no_answer_of_any_operation_tells_a_key(season):
    assert str(scene.User.objects.get(username="ann").pk).startswith(KEY)
    for name, call in CALLS.items():
        method, path = OPERATIONS[name.partition(" ")[0]][0], fill(call.path, season.names)
        for caller in sorted(call.allowed):
            answer = season.callers[caller].call(method, path, fill(call.body, season.names))
            assert KEY not in told_by(answer), (name, caller)


STATS = (
    "total_matches_played",
    "tournaments_won",
    "tournaments_participated",
    "achievement_count",
    "experience_points",
    "disputes_filed",
)
PAGED = [
    "/players?q=an&limit=1",
    "/players/{ann}/matches?limit=1",
    "/players/{ann}/tournaments?limit=1",
    "/players/{ann}/activity?limit=1",
    "/players/{ann}/matches/export?format=csv",
    *(f"/players/{{ann}}/stats/{stat}/{rest}?limit=1" for stat in STATS for rest in ("rows", "history")),
    "/leaderboards/matches_won?limit=1&game=valorant",
    "/leaderboards/total_matches_played?limit=1&period=season",
    "/tournaments?limit=1",
    "/seasons?limit=1",
    "/tournaments/cup/results?limit=1",
    "/tournaments/cup/entrants?limit=1",
    "/tournaments/cup/matches?limit=1",
    "/matches/valorant/c1",
    "/disputes?limit=1",
    "/me/export?format=csv",
    "/me/activity?limit=1",
    "/me/feed?limit=1",
    "/integrity?limit=1",
]


@pytest.mark.parametrize("path", PAGED)
def test_no_cursor_handle_or_export_tells_a_key(season, path):
    for caller in ("owner", "staff"):
        answer = season.callers[caller].get(fill(path, season.names))
        assert answer.status_code == 200
        assert KEY not in told_by(answer)


def test_a_key_would_be_found(visitor):
    from django.core.signing import Signer
    from django.http import HttpResponse

    key = int(f"{KEY}000001")

    for leak in (f'{{"id": {key}}}', f'{{"next_page": "{Signer(sep=".").sign_object(["x", key])}"}}'):
        assert KEY in told_by(HttpResponse(leak))

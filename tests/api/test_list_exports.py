"""The exports of series, tournaments and timelines: the rows of the lists, for every kind of viewer."""

from __future__ import annotations

import csv
import io
import json
from itertools import islice

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from deltacrown.core.errors import NotFound
from deltacrown.pages import list_exports
from deltacrown.user_profile.models import Follow
from tests import scene
from tests.api.calls import problem_of

pytestmark = pytest.mark.django_db

LISTS = ("series", "tournaments", "activity")


@pytest.fixture
def ann():
    """A player with series, tournaments, and a timeline of every visibility, partly archived."""
    user, bob = scene.player("ann"), scene.player("bob")
    for number, result in enumerate(("WIN", "LOSS", "WIN")):
        event = scene.tournament(f"cup-{number}", name="=Cup")
        scene.registration(user, event, hours=number)
        scene.series_result(user, event, "Final", result, hours=30 * number, opponent_user=bob)
    scene.result(event, 1, user, prize_amount="12.50")
    for number, visibility in enumerate(("PUBLIC", "FOLLOWERS", "PRIVATE", "PUBLIC", "PUBLIC")):
        row = scene.activity(user, f"deed {number}", visibility=visibility, hours=5 * number)
        if number == 4:
            scene.archived_activity(row)
    return user


def export(caller, user, name, query=""):
    return caller.get(f"/players/{user.profile.public_id}/{name}/export{query}")


def lines(answer):
    return [json.loads(line) for line in answer.getvalue().decode().splitlines()]


def cells(answer):
    text = answer.getvalue().decode().removeprefix("\ufeff")
    return list(csv.DictReader(io.StringIO(text, newline="")))


@pytest.mark.both
@pytest.mark.parametrize("hides", [False, True])
def test_an_export_has_the_rows_of_the_list_for_every_viewer(visitor, signed_in, ann, monkeypatch, hides):
    monkeypatch.setattr(list_exports, "BATCH", 2)
    scene.hide(ann, matches=hides, tournaments=hides)
    fan = scene.player("fan")
    Follow.objects.create(follower=fan, followed=ann)
    staff = scene.player("boss", is_staff=True)
    callers = [visitor, signed_in(scene.player("carl")), signed_in(fan), signed_in(ann), signed_in(staff)]

    seen = []
    for caller in callers:
        for name in LISTS:
            listed = caller.get(f"/players/{ann.profile.public_id}/{name}")
            answer = export(caller, ann, name)
            assert answer.status_code == listed.status_code
            if answer.status_code == 403:
                assert problem_of(answer) == problem_of(listed)
                continue
            rows = listed.json()["items"]
            told = [{field: row[field] for field in row if field != "handle"} for row in rows]
            assert lines(answer) == told
            table = cells(export(caller, ann, name, "?format=csv"))
            assert [list(row) for row in table] == [list(row) for row in told]
            seen.append(len(told))
    # The timeline has the result too.
    histories = [] if hides else [3, 3]
    assert seen == [*histories, 4] * 2 + [*histories, 5] + [3, 3, 6] * 2


@pytest.mark.both
def test_the_filters_of_the_list_narrow_an_export(visitor, ann, monkeypatch):
    monkeypatch.setattr(list_exports, "BATCH", 1)

    def slugs(name, query):
        return [row["slug"] for row in lines(export(visitor, ann, name, f"?{query}"))]

    assert slugs("series", "result=WIN") == ["cup-2", "cup-0"]
    assert slugs("series", "played_to=2025-03-02") == ["cup-0"]
    assert slugs("series", "tournament=cup-1") == ["cup-1"]
    assert slugs("tournaments", "placement=1") == ["cup-2"]
    assert slugs("tournaments", "registered_to=2025-03-01T19:30:00Z") == ["cup-1", "cup-0"]
    assert slugs("tournaments", "registered_from=2025-03-02") == []
    for name, query in (
        ("series", "result=maybe"),
        ("series", "opponent=nobody"),
        ("series", "page=x"),
        ("tournaments", "placement=0"),
        ("activity", "limit=5"),
        ("activity", "format=xml"),
    ):
        assert problem_of(export(visitor, ann, name, f"?{query}")) == (422, "invalid")


def test_a_file_for_spreadsheets_has_no_formula(visitor, ann):
    answer = export(visitor, ann, "tournaments", "?format=csv")
    first = cells(answer)[0]

    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"] == f'attachment; filename="{ann.profile.public_id}-tournaments.csv"'
    assert (first["name"], first["placement"], first["prize_amount"]) == ("'=Cup", "1", "12.5")
    assert (first["registered_at"], first["status"]) == ("2025-03-01T20:00:00Z", "COMPLETED")


def test_an_export_of_nobody_or_of_nothing(visitor):
    nobody = scene.player("nobody")

    for name in ("series", "tournaments"):
        assert lines(export(visitor, nobody, name)) == []
        assert export(visitor, nobody, name, "?format=csv").getvalue().count(b"\n") == 1
    with pytest.raises(NotFound):
        list_exports.export_activity("DC-25-999999")


@pytest.mark.parametrize(
    ("export_list", "statements"),
    [
        (list_exports.export_series, 1),
        (list_exports.export_tournaments, 1),
        (list_exports.export_activity, 2),
    ],
)
def test_rows_are_read_in_pieces(ann, monkeypatch, export_list, statements):
    monkeypatch.setattr(list_exports, "BATCH", 1)
    rows = export_list(ann.profile.public_id, viewer=None)

    with CaptureQueriesContext(connection) as few:
        list(islice(rows, 1))
    with CaptureQueriesContext(connection) as rest:
        pages = len(list(rows))

    assert (len(few), len(rest)) == (statements, pages * statements)

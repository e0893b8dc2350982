"""Rows that are read by column as JSON have the values that the adapter gives."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import F

from deltacrown.core.documents import iterate_rows, read_rows
from deltacrown.games.models import MATCH_TABLES, Match
from deltacrown.tournaments.models import TournamentResult
from tests import scene

pytestmark = pytest.mark.django_db

READ = ("recorded_at", "id", "match_key", "played_at", "is_time_known", "placement", "side", "stats")


@pytest.fixture
def ann():
    user = scene.player("ann")
    odd = {"adr": 1.5, "kills": 9, "big": 12345678901234567890, "text": 'a"\\\n\té漢', "in": {"a": [1, None]}}
    scene.match(user, "m1", hours=1, stats=odd, side='"\\é\t漢', placement=2)
    Match.objects.filter(match_key="m1").update(played_at=F("played_at") + timedelta(microseconds=120_000))
    scene.match(user, "m2", hours=2, is_time_known=False)
    scene.archive(scene.match(user, "m3", hours=3))
    return user


def test_values_are_those_of_the_adapter(ann):
    rows = Match.objects.filter(user=ann).order_by("id").values_list(*READ)
    read = read_rows(rows)

    assert read == list(rows)
    assert [list(map(type, row)) for row in read] == [list(map(type, row)) for row in rows]
    assert [row[3].isoformat() for row in read] == [row[3].isoformat() for row in rows]
    assert read_rows(rows.filter(match_key="none")) == []


def test_a_decimal_is_not_read_from_json(ann):
    if connection.vendor == "postgresql":
        with pytest.raises(TypeError, match="prize_amount"):
            read_rows(TournamentResult.objects.values_list("prize_amount"))
    else:  # whose adapter reads the rows themselves
        assert read_rows(TournamentResult.objects.values_list("prize_amount")) == []


@pytest.mark.parametrize("size", [1, 2, 3, 10])
def test_tables_are_read_as_one_in_order(ann, size):
    sources = [table.objects.filter(user=ann).values_list(*READ) for table in MATCH_TABLES]
    batches = list(iterate_rows(sources, order=("recorded_at", "id"), size=size))

    rows = [row for batch in batches for row in batch]
    assert rows == sorted((row for source in sources for row in source), key=lambda row: row[:2])
    assert {row[2] for row in rows} == {"m1", "m2", "m3"}
    assert all(len(batch) == size for batch in batches[:-1])


def test_a_row_that_moves_between_two_reads_is_read_once(ann):
    live, archive = (table.objects.filter(user=ann).values_list(*READ) for table in MATCH_TABLES)
    rows = [row for batch in iterate_rows([live, live, archive], order=("recorded_at", "id"), size=2)
            for row in batch]  # fmt: skip

    assert sorted(row[2] for row in rows) == ["m1", "m2", "m3"]

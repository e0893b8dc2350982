"""Rows that are read by column as JSON have the values that the adapter gives."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import F

from deltacrown.core import documents
from deltacrown.core.documents import iterate_columns, read_rows
from deltacrown.core.pagination import rows_after
from deltacrown.games.models import MATCH_TABLES, Match
from deltacrown.tournaments.models import TournamentResult
from tests import scene

pytestmark = pytest.mark.django_db

READ = ("recorded_at", "id", "match_key", "played_at", "is_time_known", "placement", "side", "stats")


def read_parts(sources, size):
    return iterate_columns(sources, order=("recorded_at", "id"), size=size)


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
    batches = [list(zip(*columns, strict=True)) for columns in read_parts(sources, size)]

    rows = [row for batch in batches for row in batch]
    assert rows == sorted((row for source in sources for row in source), key=lambda row: row[:2])
    assert {row[2] for row in rows} == {"m1", "m2", "m3"}
    assert all(len(batch) == size for batch in batches[:-1])


def test_a_row_that_moves_between_two_reads_is_read_once(ann):
    live, archive = (table.objects.filter(user=ann).values_list(*READ) for table in MATCH_TABLES)
    keys = [
        key for columns in read_parts([live, live, archive], 2) for key in columns[READ.index("match_key")]
    ]

    assert sorted(keys) == ["m1", "m2", "m3"]


def test_of_a_filter_that_nothing_passes_nothing_is_read(ann, django_assert_num_queries):
    live, archive = (table.objects.filter(user=ann).values_list(*READ) for table in MATCH_TABLES)
    with django_assert_num_queries(0):
        assert list(read_parts([live.none(), archive.none()], 2)) == []
    assert [len(columns[0]) for columns in read_parts([live.none(), archive], 2)] == [1]


def test_a_statement_is_compiled_once_for_all_later_parts(ann, monkeypatch):
    compiled = []
    monkeypatch.setattr(
        documents, "rows_after", lambda *args, **how: compiled.append(args) or rows_after(*args, **how)
    )
    sources = [table.objects.filter(user=ann).values_list(*READ) for table in MATCH_TABLES]

    assert len(list(read_parts(sources, 1))) == 3
    assert len(compiled) == 2 * len(MATCH_TABLES)

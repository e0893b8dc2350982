"""Lines that are written by column are those that the csv and json modules write one by one."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deltacrown.interchange.batches import Batch
from deltacrown.interchange.cells import restore_cell, write_cell, write_csv, write_header
from deltacrown.interchange.formats.deltacrown.writing import (
    COLUMNS,
    FIELDS,
    MatchBatch,
    list_columns,
    write_all_played,
    write_played,
)

pytestmark = pytest.mark.once

TEXTS = st.text(st.sampled_from("ab,\"\r\n=+-@\t'1\\é漢\x7f\u2028 "), max_size=4)
NUMBERS = st.integers(-(10**20), 10**20) | st.floats(allow_nan=False, allow_infinity=False)
ONES = st.none() | st.booleans() | NUMBERS | TEXTS
VALUES = ONES | st.lists(ONES, max_size=2) | st.dictionaries(TEXTS, ONES, max_size=2)
STATS = st.dictionaries(st.sampled_from(["kills", "agent", " x", "", "é,"]), VALUES, max_size=4)


@st.composite
def columns(draw):
    """Some columns of one length: of texts, of few texts, of numbers with and without gaps, of anything."""
    length = draw(st.integers(0, 7))
    kinds = [TEXTS, st.sampled_from(["a", "=1", 'b"', ""]), NUMBERS, NUMBERS | st.none(), VALUES]
    chosen = draw(st.lists(st.sampled_from(kinds), min_size=2, max_size=5))
    return [draw(st.lists(kind, min_size=length, max_size=length)) for kind in chosen]


@given(columns())
def test_csv_is_that_of_the_csv_module(given_columns):
    file = io.StringIO(newline="")
    rows = zip(*given_columns, strict=True)
    csv.writer(file).writerows([write_cell(value) for value in row] for row in rows)

    assert write_csv(given_columns) == file.getvalue()


@given(columns())
def test_ndjson_is_that_of_the_json_module_without_what_is_empty(given_columns):
    keys = [f"m{number}" for number in range(len(given_columns[0]))]
    values = {"key": keys} | {f'"{number}': column for number, column in enumerate(given_columns)}
    rows = [dict(zip(values, row, strict=True)) for row in zip(*values.values(), strict=True)]
    told = [{name: value for name, value in row.items() if value or value == 0} for row in rows]

    batch = Batch(values)
    assert len(batch) == len(rows)
    assert batch.write_ndjson() == "".join(f"{json.dumps(each, ensure_ascii=False)}\n" for each in told)


@given(st.lists(STATS, min_size=1, max_size=6))
def test_texts_of_documents_are_written_as_they_are(stats):
    keys = [f"m{number}" for number in range(len(stats))]
    texts = [json.dumps(each, ensure_ascii=False) if each else None for each in stats]

    written = Batch({"key": keys, "stats": texts}, written={"stats"}).write_ndjson()
    assert written == Batch({"key": keys, "stats": stats}).write_ndjson()


@given(st.lists(STATS, min_size=1, max_size=6), st.data())
def test_every_stat_is_in_its_column_or_in_the_nested_one(stats, data):
    """Also those of rows that were recorded after the header was written."""
    known = data.draw(st.integers(0, len(stats)))
    header = list_columns(stats[:known])
    values = {name: [None] * len(stats) for name in FIELDS} | {"stats": stats, "details": [{}] * len(stats)}
    text = write_header(header) + MatchBatch(values).write_csv(header)

    names, *rows = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""))
    assert names == header
    for row, told in zip(rows, stats, strict=True):
        cells = dict(zip(header, row, strict=True))
        nested = json.loads(cells["stats"] or "{}")
        single = {
            name.removeprefix("stats."): restore_cell(cells[name])
            for name in header[len(COLUMNS) :]
            if cells[name]
        }
        assert cells["details"] == ""
        assert single.keys() | nested.keys() == told.keys()
        assert not single.keys() & nested.keys()
        assert {name: told[name] for name in nested} == nested
        assert all(str(told[name]) == cell for name, cell in single.items())


def test_times_are_written_as_one_by_one():
    noon = datetime(872, 3, 1, 12, tzinfo=UTC)
    times = [noon, noon.replace(microsecond=120_000), noon.astimezone(timezone(timedelta(hours=3))), noon]
    known = [True, True, True, False]

    written = write_all_played(times, known)
    assert written == list(map(write_played, times, known))
    assert written == [
        "0872-03-01T12:00:00Z",
        "0872-03-01T12:00:00.120000Z",
        "0872-03-01T12:00:00Z",
        "0872-03-01",
    ]

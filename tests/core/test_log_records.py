"""Records are written alike, as lines or as JSON, and quote nobody."""

from __future__ import annotations

import json
import logging
import sqlite3

import pytest
from django.db import IntegrityError
from structlog.contextvars import bound_contextvars

from deltacrown.core.log_records import describe_error, make_formatter, strike_out, write_error

pytestmark = pytest.mark.once


def make_record(message, *args, name="deltacrown.x", level=logging.WARNING, error=None, **extra):
    raised = (type(error), error, error.__traceback__) if error else None
    record = logging.LogRecord(name, level, __file__, 1, message, args, raised)
    record.created = 1748865600.25
    vars(record).update(extra)
    return record


def write(record, form="json", *, tells_errors=False):
    return make_formatter(form, tells_errors=tells_errors).format(record)


def raise_one():
    try:
        try:
            sqlite3.connect(":memory:").execute("SELECT * FROM anna")
        except sqlite3.Error as cause:
            raise IntegrityError("UNIQUE: anna@example.org") from cause
    except IntegrityError as error:
        return error


def test_one_object_a_line_with_what_is_bound():
    with bound_contextvars(request_id="f00", job="reconcile", run=7, somebody="anna"):
        written = write(make_record("two\nlines of %s", "one", route="home", user="anna"))

    assert "\n" not in written
    assert json.loads(written) == {
        "time": "2025-06-02T12:00:00.250+00:00",
        "level": "warning",
        "logger": "deltacrown.x",
        "event": "two\\nlines of one",
        "request_id": "f00",
        "job": "reconcile",
        "run": 7,
        "route": "home",
    }


def test_a_line_as_it_always_was_and_the_ids_behind_it():
    with bound_contextvars(job="reconcile", run=7):
        written = write(make_record("%d numbers", 3), "line")

    assert written[4:5] == "-"
    assert written.endswith(",250 WARNING deltacrown.x: 3 numbers job=reconcile run=7")


def test_the_audit_log_stays_as_it_is():
    with bound_contextvars(request_id="f00"):
        written = write(make_record("7 read 9, 203.0.113.7", name="deltacrown.audit"), "line")

    assert written.endswith(" WARNING deltacrown.audit: 7 read 9, 203.0.113.7")


def test_an_error_is_told_by_its_kind_and_where_it_was_raised():
    error = raise_one()
    told = json.loads(write(make_record("it broke: %s", error, error=error)))

    assert told["event"] == "it broke: IntegrityError (SQLITE_ERROR)"
    lines = told["exception"].splitlines()
    assert lines[-1] == "IntegrityError (SQLITE_ERROR)"
    assert "which led to:" in lines
    assert any("in raise_one" in line for line in lines)
    assert "UNIQUE" not in "".join(line for line in lines if "raise IntegrityError" not in line)


def test_a_developer_is_told_the_text():
    error = raise_one()

    assert "IntegrityError: UNIQUE: anna@example.org" in write(
        make_record("it broke", error=error), tells_errors=True
    )
    assert write_error(error, with_text=True).endswith("UNIQUE: anna@example.org")


def test_an_error_that_leads_to_itself_is_written_once():
    error = ValueError("x")
    error.__context__ = error

    assert write_error(error) == "ValueError"


def test_the_record_stays_as_it_is_for_other_handlers():
    error = raise_one()
    record = make_record("%s", error, error=error)
    write(record)

    assert record.args == (error,)
    assert record.exc_info[1] is error


def test_a_task_that_failed_is_told_without_its_error():
    context = {"name": "jobs.reconcile", "exc": "ValueError('anna')", "id": "1", "traceback": "anna"}
    record = make_record("Task %(name)s raised: %(exc)s %(traceback)s", name="celery.app.trace")
    record.args = context

    assert json.loads(write(record))["event"] == "task jobs.reconcile failed"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mail to anna@example.org, now", "mail to [mail], now"),
        ("from 203.0.113.7 and 2001:db8::7", "from [address] and [address]"),
        ("at 12:30:00 of 2025-06-02, version 5.2.19", "at 12:30:00 of 2025-06-02, version 5.2.19"),
        ("GET /search/?q=anna&page=2 failed", "GET /search/?… failed"),
        ("is it so? yes", "is it so? yes"),
        ("key dck_0123456789ab_Secret-part_1", "key dck_0123456789ab_…"),
        ("redis://:secret@host:6379/0", "redis://:[mail]"),
    ],
)
def test_what_looks_like_somebody_is_struck_out(text, expected):
    assert strike_out(text) == expected


def test_an_error_of_the_system_says_which():
    assert describe_error(ConnectionRefusedError(111, "Connection refused")) == (
        "ConnectionRefusedError (Connection refused)"
    )
    assert describe_error(ValueError("anna")) == "ValueError"

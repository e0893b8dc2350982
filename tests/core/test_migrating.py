"""A migration and its record are one: whatever stops a process between them leaves neither."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from deltacrown.games.models import Match

pytestmark = pytest.mark.django_db(transaction=True)

INDEX = "match_recorded"


class Stopped(BaseException):
    """Stands for a kill: nothing catches it."""


@pytest.fixture(autouse=True)
def _migrated():
    yield
    call_command("migrate", verbosity=0)


def has_index():
    with connection.cursor() as cursor:
        return INDEX in connection.introspection.get_constraints(cursor, Match._meta.db_table)


def is_recorded():
    return MigrationRecorder.Migration.objects.filter(app="games", name="0002_history").exists()


def stop(*args):
    raise Stopped


def test_going_back(monkeypatch):
    call_command("migrate", "games", "0002", verbosity=0)

    with monkeypatch.context() as patch:
        patch.setattr(MigrationRecorder, "record_unapplied", stop)
        with pytest.raises(Stopped):
            call_command("migrate", "games", "0001", verbosity=0)
    assert (has_index(), is_recorded()) == (True, True)

    call_command("migrate", "games", "0001", verbosity=0)
    assert (has_index(), is_recorded()) == (False, False)


def test_going_forward(monkeypatch):
    call_command("migrate", "games", "0001", verbosity=0)
    assert (has_index(), is_recorded()) == (False, False)

    with monkeypatch.context() as patch:
        patch.setattr(MigrationRecorder, "record_applied", stop)
        with pytest.raises(Stopped):
            call_command("migrate", "games", "0002", verbosity=0)
    assert (has_index(), is_recorded()) == (False, False)

    call_command("migrate", verbosity=0)
    assert (has_index(), is_recorded()) == (True, True)

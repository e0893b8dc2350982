"""Who recorded a row and why, beside when it was known."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from deltacrown.games.models import ArchivedMatch, Match
from deltacrown.user_profile.models import UserProfile
from django_tally.context import attributed
from django_tally.history import list_changes
from django_tally.models import Recording
from django_tally.provenance import Provenance, read_recordings
from django_tally.stat_sql import StatOf

pytestmark = pytest.mark.django_db


def recorded(*rows, label="games.Match"):
    with CaptureQueriesContext(
        connection,
    ) as queries:
        found = read_recordings(label, {row.pk: row.recorded_at for row in rows})
    assert len(queries) == 1
    return [(found[row.pk].actor, found[row.pk].reason) for row in rows]


def history(user):
    number = StatOf(UserProfile, UserProfile._meta.get_field("matches_won"), {"user": user.pk})
    return [(change.delta, change.actor, change.reason) for change in list_changes(number, limit=9)]


def test_a_row_is_recorded_by_whom_the_writer_named(player, played):
    ann = player("ann")
    with attributed(actor="", reason="import"):
        imported = [played(ann), played(ann)]
        with attributed(actor="server 1", reason="API"):
            delivered = played(ann)
    unattributed = played(ann)

    assert recorded(*imported, delivered, unattributed) == [
        ("", "import"),
        ("", "import"),
        ("server 1", "API"),
        ("", ""),
    ]
    assert history(ann) == [(1, "", ""), (1, "server 1", "API"), (1, "", "import"), (1, "", "import")]


def test_a_row_keeps_it_when_it_is_changed_by_others_or_archived(player, played):
    ann = player("ann")
    with attributed(actor="server 1", reason="API"):
        changed, archived = played(ann), played(ann)
    with attributed(actor="mod", reason="wrong map"):
        Match.objects.filter(pk=changed.pk).update(result="LOSS")
    ArchivedMatch.objects.create(**Match.objects.filter(pk=archived.pk).values().get())
    Match.objects.filter(pk=archived.pk)._raw_delete("default")

    moved = ArchivedMatch.objects.get()
    assert recorded(changed, moved) == [("server 1", "API")] * 2
    assert recorded(moved, label="games.ArchivedMatch") == [("server 1", "API")]
    assert history(ann) == [(-1, "mod", "wrong map"), (1, "server 1", "API"), (1, "server 1", "API")]


def test_rows_that_no_trigger_saw_were_known_when_they_were_written(player, played):
    match = played(player("ann"))
    Recording.objects.all().delete()

    assert read_recordings("games.Match", {}) == {}
    assert read_recordings("games.Match", {match.pk: match.recorded_at}) == {
        match.pk: Provenance(match.recorded_at)
    }


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite cannot say when it committed")
@pytest.mark.django_db(transaction=True)
def test_it_was_known_from_its_commit_on(player, played):
    ann = player("ann")
    with transaction.atomic():
        match = played(ann)
        own = read_recordings("games.Match", {match.pk: match.recorded_at})[match.pk]
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(0.01)")

    known_at = read_recordings("games.Match", {match.pk: match.recorded_at})[match.pk].known_at
    assert own.known_at == match.recorded_at
    assert known_at > match.recorded_at + timedelta(milliseconds=10)
    assert known_at == Recording.objects.get(source="games.Match").committed_at

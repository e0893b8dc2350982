"""A prepared query finds what its queryset finds, and is compiled once for each connection."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from threading import Thread

import pytest
from django.contrib.sessions.models import Session
from django.db import DatabaseError, connection
from django.db.models import F
from django.db.models.functions import Upper
from django.test.utils import CaptureQueriesContext

from deltacrown.accounts.models import User
from deltacrown.config.sessions import SessionStore
from deltacrown.core.prepared import Parameter, PreparedQuery
from tests import scene
from tests.scene import NOON

pytestmark = pytest.mark.django_db


@pytest.fixture
def people():
    return [scene.player(name, date_joined=NOON + timedelta(days=day)) for day, name in enumerate("abc")]


def build_recent():
    """Return whoever joined after a time and is not of a name, in an order, with the profile and a number."""
    joined = User.objects.filter(date_joined__gte=Parameter(1)).exclude(username=Parameter(0))
    shouted = joined.annotate(shouted=Upper("username"), own=F("profile__matches_won"))
    return shouted.select_related("profile", "merged_into").order_by("-date_joined")


def test_the_rows_are_those_of_the_queryset(people):
    prepared = PreparedQuery(build_recent)
    for name, since in [
        ("b", NOON),
        ("c", NOON),
        ("none", NOON + timedelta(days=1)),
        ("c", NOON.replace(year=2030)),
    ]:
        plain = User.objects.filter(date_joined__gte=since).exclude(username=name).order_by("-date_joined")

        found = prepared.run(name, since)

        assert found == list(plain)
        for row in found:
            with CaptureQueriesContext(connection) as asked:
                told = (
                    row.shouted,
                    row.own,
                    row.profile.user_id,
                    row.merged_into,
                    row.date_joined,
                    row.is_active,
                )
            same = User.objects.get(pk=row.pk)
            assert told == (row.username.upper(), 0, same.pk, None, same.date_joined, True)
            assert list(asked) == []
            assert row.get_deferred_fields() == set()
            assert row._state.db == "default"
            assert not row._state.adding


def test_the_first_is_given_or_none(people):
    prepared = PreparedQuery(lambda: User.objects.filter(username=Parameter(0)).order_by("pk")[:1])

    assert [prepared.first(name) for name in ("a", "nobody", "c")] == [people[0], None, people[2]]


def test_the_queryset_is_built_once_for_a_connection(people):
    built = []

    def build():
        built.append(connection)
        return User.objects.filter(pk=Parameter(0))

    prepared = PreparedQuery(build)
    for each in people:
        assert prepared.run(each.pk) == [each]
    assert len(built) == 1

    def elsewhere():
        # What it finds is not looked at: on SQLite another connection may wait for the test's own.
        with suppress(DatabaseError):
            prepared.run(0)
        connection.close()

    other = Thread(target=elsewhere)
    other.start()
    other.join()
    assert len(built) == 2, "another thread has another connection"


def test_values_are_parameters_and_no_part_of_the_statement(people):
    prepared = PreparedQuery(lambda: User.objects.filter(username=Parameter(0)))

    assert prepared.run("' OR 1=1 --") == []
    assert prepared.run("a%s") == []


def test_a_session_is_found_until_it_is_over(people):
    store = SessionStore()
    store["name"] = "a"
    store.save()
    assert SessionStore(store.session_key)["name"] == "a"

    Session.objects.update(expire_date=F("expire_date") - timedelta(days=3660))
    late = SessionStore(store.session_key)

    assert late.get("name") is None
    assert late.session_key is None, "the key of a session that is over is not used again"
    assert SessionStore("unknown" * 4).get("name") is None

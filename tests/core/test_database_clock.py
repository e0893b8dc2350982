"""Datetimes from the database's clock are stored in the same format as those that Django writes."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.db import connection

from deltacrown.core.pagination import paginate
from deltacrown.games.models import Match
from django_tally.database_clock import SQLITE_NOW
from tests import scene


@pytest.mark.django_db
@pytest.mark.parametrize(
    "clock",
    ["2025-01-01 10:00:00", "2025-01-01 10:00:00.097", "2025-01-01 10:00:00.100", "2025-01-01 10:00:10"],
)
def test_sqlite_writes_a_datetime_as_django_does(clock):
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL has a type for datetimes")
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {SQLITE_NOW.replace(chr(39) + 'NOW' + chr(39), repr(clock))} || ''")
        [stored] = cursor.fetchone()

    assert stored == connection.ops.adapt_datetimefield_value(
        datetime.fromisoformat(clock).replace(tzinfo=UTC)
    )


@pytest.mark.django_db
def test_a_datetime_of_the_database_is_found_by_its_value():
    row = scene.match(scene.player("ann"), "m")
    row.refresh_from_db()

    assert Match.objects.filter(recorded_at=row.recorded_at).exists()
    assert not Match.objects.filter(recorded_at__lt=row.recorded_at).exists()
    assert not Match.objects.filter(recorded_at__gt=row.recorded_at).exists()


@pytest.mark.django_db
def test_rows_recorded_at_one_time_are_each_on_one_page():
    ann = scene.player("ann")
    Match.objects.bulk_create(
        Match(user=ann, game=scene.game(), match_key=f"m{n}", result="WIN", played_at=scene.at(n))
        for n in range(25)
    )
    seen, cursor = [], None
    while cursor is not None or not seen:
        page = paginate(
            Match.objects.all(), listing="test", order=("recorded_at", "id"), cursor=cursor, limit=3
        )
        seen += [row.match_key for row in page.items]
        cursor = page.next_cursor

    assert sorted(seen) == sorted(f"m{n}" for n in range(25))

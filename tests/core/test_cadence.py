"""When a job was last due, compared with every day of two years and with Celery's own schedule."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from celery.schedules import crontab

from deltacrown.core.cadence import Cadence

NIGHTLY = Cadence(hour=3, minute=15)
MONDAYS = Cadence(hour=4, minute=30, weekday=0)
SUNDAYS = Cadence(hour=4, minute=30, weekday=6)
MONTHLY = Cadence(hour=5, minute=0, day=2)
YEARLY = Cadence(hour=5, minute=30, day=3, month=1)
HOURLY = Cadence(hour=None, minute=5)
OFTEN = Cadence(hour=None, minute=2, every=10)
LEAP = datetime(2024, 2, 29, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("cadence", "now", "due"),
    [
        (NIGHTLY, datetime(2025, 3, 1, 3, 15, tzinfo=UTC), datetime(2025, 3, 1, 3, 15, tzinfo=UTC)),
        (NIGHTLY, datetime(2025, 3, 1, 3, 14, 59, tzinfo=UTC), datetime(2025, 2, 28, 3, 15, tzinfo=UTC)),
        (MONDAYS, LEAP, datetime(2024, 2, 26, 4, 30, tzinfo=UTC)),
        (SUNDAYS, LEAP, datetime(2024, 2, 25, 4, 30, tzinfo=UTC)),
        (MONTHLY, LEAP, datetime(2024, 2, 2, 5, 0, tzinfo=UTC)),
        (MONTHLY, datetime(2025, 1, 1, tzinfo=UTC), datetime(2024, 12, 2, 5, 0, tzinfo=UTC)),
        (YEARLY, datetime(2025, 1, 3, 5, 29, tzinfo=UTC), datetime(2024, 1, 3, 5, 30, tzinfo=UTC)),
        (HOURLY, LEAP, datetime(2024, 2, 29, 11, 5, tzinfo=UTC)),
        (HOURLY, datetime(2024, 3, 1, 0, 4, tzinfo=UTC), datetime(2024, 2, 29, 23, 5, tzinfo=UTC)),
        (HOURLY, datetime(2024, 3, 1, 0, 5, tzinfo=UTC), datetime(2024, 3, 1, 0, 5, tzinfo=UTC)),
        (OFTEN, LEAP, datetime(2024, 2, 29, 11, 52, tzinfo=UTC)),
        (OFTEN, datetime(2024, 3, 1, 0, 1, 59, tzinfo=UTC), datetime(2024, 2, 29, 23, 52, tzinfo=UTC)),
        (OFTEN, datetime(2024, 3, 1, 0, 12, tzinfo=UTC), datetime(2024, 3, 1, 0, 12, tzinfo=UTC)),
        (OFTEN, datetime(2024, 3, 1, 0, 31, 59, tzinfo=UTC), datetime(2024, 3, 1, 0, 22, tzinfo=UTC)),
    ],
)
def test_last_due(cadence, now, due):
    assert cadence.last_due(now) == due


@pytest.mark.parametrize("cadence", [NIGHTLY, MONDAYS, SUNDAYS, MONTHLY, YEARLY])
def test_celery_finds_it_due_at_the_same_times(cadence):
    minute, hour, day, month, weekday = cadence.as_cron().split()
    beat = crontab(minute=minute, hour=hour, day_of_month=day, month_of_year=month, day_of_week=weekday)
    days = [
        datetime(2024, 1, 1, cadence.hour, cadence.minute, tzinfo=UTC) + timedelta(days=n) for n in range(731)
    ]

    ours = [now for now in days if cadence.last_due(now) == now]
    celerys = [
        now
        for now in days
        if now.day in beat.day_of_month
        and now.month in beat.month_of_year
        and (now.isoweekday() % 7) in beat.day_of_week
    ]
    assert ours == celerys
    assert len(ours) in {731, 104, 105, 24, 2}


@pytest.mark.parametrize(
    ("cadence", "cron", "systemd"),
    [
        (NIGHTLY, "15 3 * * *", "*-*-* 03:15:00 UTC"),
        (HOURLY, "5 * * * *", "*-*-* *:05:00 UTC"),
        (MONDAYS, "30 4 * * 1", "Mon *-*-* 04:30:00 UTC"),
        (SUNDAYS, "30 4 * * 0", "Sun *-*-* 04:30:00 UTC"),
        (MONTHLY, "0 5 2 * *", "*-*-02 05:00:00 UTC"),
        (YEARLY, "30 5 3 1 *", "*-01-03 05:30:00 UTC"),
    ],
)
def test_in_the_words_of_cron_and_systemd(cadence, cron, systemd):
    assert cadence.as_cron() == cron
    assert cadence.as_systemd() == systemd


def test_several_minutes_of_an_hour_are_written_out():
    assert OFTEN.as_cron() == "2,12,22,32,42,52 * * * *"
    assert OFTEN.as_systemd() == "*-*-* *:02,12,22,32,42,52:00 UTC"
    hour = [datetime(2024, 3, 1, 0, minute, tzinfo=UTC) for minute in range(60)]
    ours = {now.minute for now in hour if OFTEN.last_due(now) == now}
    assert ours == crontab(minute=OFTEN.as_cron().split()[0]).minute

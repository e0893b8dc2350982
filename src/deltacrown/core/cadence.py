"""Schedules of jobs, for Celery, cron, systemd and the check for missed runs. All times are UTC."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

#: How often is looked for jobs that are due again, because they failed, were killed or were missed.
RETRY_MINUTES = 10
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@dataclass(frozen=True)
class Cadence:
    """A time of day, on every day or only on some; or a minute of every hour, and so many minutes after.

    :param hour: None for every hour of every day.
    :param every: of every hour: how many minutes apart, a divisor of 60; ``minute`` is the first of them.
    :param weekday: 0 for Monday to 6 for Sunday; None for any.
    :param day: day of the month, 1 to 28; None for any.
    :param month: 1 to 12; None for any.
    """

    hour: int | None
    minute: int
    weekday: int | None = None
    day: int | None = None
    month: int | None = None
    every: int = 60

    def last_due(self, now: datetime) -> datetime:
        """Return the latest time, not after ``now``, at which the job was due."""
        if self.hour is None:
            latest = (now.minute - self.minute) // self.every * self.every + self.minute
            return now.replace(minute=0, second=0, microsecond=0) + timedelta(minutes=latest)

        due = now.replace(hour=self.hour, minute=self.minute, second=0, microsecond=0)
        if due > now:
            due -= timedelta(days=1)
        while not self._is_on(due):
            due -= timedelta(days=1)
        return due

    def _is_on(self, due: datetime) -> bool:
        parts = ((self.weekday, due.weekday()), (self.day, due.day), (self.month, due.month))
        return all(wanted in {None, actual} for wanted, actual in parts)

    def as_cron(self) -> str:
        """Return the five fields of a crontab line, where Sunday is 0."""
        weekday = None if self.weekday is None else (self.weekday + 1) % 7
        minute = "*" if self._is_every_minute else ",".join(map(str, self._list_minutes()))
        fields = (minute, self.hour, self.day, self.month, weekday)
        return " ".join("*" if field is None else str(field) for field in fields)

    def as_systemd(self) -> str:
        """Return the value for ``OnCalendar=`` in a systemd timer."""
        weekday = "" if self.weekday is None else f"{WEEKDAYS[self.weekday]} "
        month, day = ("*" if field is None else f"{field:02d}" for field in (self.month, self.day))
        hour = "*" if self.hour is None else f"{self.hour:02d}"
        listed = ",".join(f"{minute:02d}" for minute in self._list_minutes())
        minutes = "*" if self._is_every_minute else listed
        return f"{weekday}*-{month}-{day} {hour}:{minutes}:00 UTC"

    @property
    def _is_every_minute(self) -> bool:
        return self.hour is None and self.every == 1

    def _list_minutes(self) -> range:
        return range(self.minute, 60, self.every)


@dataclass(frozen=True)
class Job:
    """A scheduled job.

    :param name: lower case with hyphens; used in commands, run records and task names.
    :param function: dotted path of a function that takes ``clock`` and returns a flat dictionary of numbers.
        It must be safe to run it twice, concurrently, or late.
    :param meaning: what the job does, in one sentence.
    :param command: the management command that does the same by hand; empty when there is none.
    :param grace: how late it may start before it counts as missed.
    :param longest: a run that takes longer is reported, though it says that it is running.
    """

    name: str
    function: str
    cadence: Cadence
    meaning: str
    command: str = ""
    grace: timedelta = timedelta(hours=6)
    longest: timedelta = timedelta(hours=6)

    @property
    def by_hand(self) -> str:
        """The management command, with its arguments, that does the job at once."""
        return self.command or f"run_job {self.name}"

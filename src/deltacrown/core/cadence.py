"""When a job is due: one way of saying it, for Celery, cron, systemd and the check for missed runs. All in UTC."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@dataclass(frozen=True)
class Cadence:
    """A time of day, every day or on some days only.

    :param weekday: 0 for Monday to 6 for Sunday; ``None`` for any.
    :param day: of the month, 1 to 28; ``None`` for any.
    :param month: 1 to 12; ``None`` for any.
    """

    hour: int
    minute: int
    weekday: int | None = None
    day: int | None = None
    month: int | None = None

    def last_due(self, now: datetime) -> datetime:
        """The latest moment, up to ``now``, at which it was due."""
        due = now.replace(hour=self.hour, minute=self.minute, second=0, microsecond=0)
        if due > now:
            due -= timedelta(days=1)
        while not self._is_on(due):
            due -= timedelta(days=1)
        return due

    def _is_on(self, due: datetime) -> bool:
        asked = ((self.weekday, due.weekday()), (self.day, due.day), (self.month, due.month))
        return all(wanted in {None, actual} for wanted, actual in asked)

    def as_cron(self) -> str:
        """The five fields of a crontab line; Sunday is 0 there."""
        weekday = None if self.weekday is None else (self.weekday + 1) % 7
        return " ".join(
            "*" if field is None else str(field)
            for field in (self.minute, self.hour, self.day, self.month, weekday)
        )

    def as_systemd(self) -> str:
        """What goes after ``OnCalendar=``."""
        weekday = "" if self.weekday is None else f"{WEEKDAYS[self.weekday]} "
        month, day = ("*" if field is None else f"{field:02d}" for field in (self.month, self.day))
        return f"{weekday}*-{month}-{day} {self.hour:02d}:{self.minute:02d}:00 UTC"


@dataclass(frozen=True)
class Job:
    """Something that is to be done from time to time.

    :param name: lower case with hyphens; in commands, records and the names of tasks.
    :param function: its dotted path; called with ``clock``, it returns what it did as a flat dictionary of numbers.
        Must do no harm when it runs twice, at once, or late.
    :param command: the management command that does the same by hand.
    :param meaning: what it does, in one sentence.
    :param grace: how late it may start before it counts as missed.
    :param longest: a run that has not ended after so long is taken for dead.
    """

    name: str
    function: str
    cadence: Cadence
    command: str
    meaning: str
    grace: timedelta = timedelta(hours=6)
    longest: timedelta = timedelta(hours=6)

"""Calendars of tournaments as RFC 5545 has them: times in UTC, lines of 75 octets, text escaped."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime

from django.utils.translation import gettext as _

from deltacrown.pages.sharing import seal_event
from deltacrown.tournaments.models import Tournament

#: The most octets of a line, without its end.
LONGEST_LINE = 75
OFF = {Tournament.Status.CANCELLED, Tournament.Status.ANNULLED}


def write_calendar(
    name: str, events: Iterable[Tournament], *, get_address: Callable[[Tournament], str]
) -> str:
    """Return a calendar with an event for each tournament.

    :param get_address: gives the absolute address of its page.
    """
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//DeltaCrown//Tournaments//EN", "METHOD:PUBLISH"]
    lines.append(f"X-WR-CALNAME:{_escape(name)}")
    for event in events:
        lines += _list_lines(event, get_address(event))
    lines.append("END:VCALENDAR")
    return "".join(f"{part}\r\n" for line in lines for part in _fold(line))


def _list_lines(event: Tournament, address: str) -> Iterator[str]:
    # The small letter of İ is two characters elsewhere: i, and a dot above it.
    state = event.get_status_display().replace("İ", "i").lower()
    about = _("%(game)s, %(state)s") % {"game": event.game.name, "state": state}
    yield "BEGIN:VEVENT"
    yield f"UID:{seal_event(event)}"
    yield f"DTSTAMP:{_write_time(event.created_at)}"
    yield f"DTSTART:{_write_time(event.starts_at)}"
    # An end that is the start would be no event at all.
    if event.ends_at and event.ends_at > event.starts_at:
        yield f"DTEND:{_write_time(event.ends_at)}"
    yield f"SUMMARY:{_escape(event.name)}"
    yield f"DESCRIPTION:{_escape(about)}"
    yield f"URL:{address}"
    yield f"STATUS:{'CANCELLED' if event.status in OFF else 'CONFIRMED'}"
    yield "END:VEVENT"


def _write_time(value: datetime) -> str:
    in_utc = value.astimezone(UTC)
    # Not by strftime, which writes early years with fewer digits.
    return f"{in_utc.year:04}{in_utc:%m%dT%H%M%SZ}"


def _escape(text: str) -> str:
    """Return text as the value of a property: no control characters, and signs of the format escaped."""
    plain = "".join(each for each in text if each == "\n" or (each >= " " and each != "\x7f"))
    for sign in ("\\", ";", ","):
        plain = plain.replace(sign, f"\\{sign}")
    return plain.replace("\n", "\\n")


def _fold(line: str) -> Iterator[str]:
    """Yield the parts of a line, each but the first begun with a blank; no character is cut."""
    part, octets = "", 0
    for character in line:
        size = len(character.encode())
        if octets + size > LONGEST_LINE:
            yield part
            part, octets = " ", 1
        part, octets = part + character, octets + size
    yield part

"""Template filters: numbers, datetimes and results as pages write them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from html import escape
from itertools import groupby
from typing import Any

from django import template
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.timezone import get_current_timezone, get_current_timezone_name

from deltacrown.core.dates import write_day, write_hour, write_iso_day, write_minute
from deltacrown.core.days import Precision, starts_a_day
from deltacrown.core.numerals import write_decimal, write_ordinal, write_whole
from deltacrown.core.words import translate_stored
from deltacrown.user_profile.numbers.changes import StatChange
from deltacrown.web.match_rows import NOTHING, write_score
from deltacrown.web.small_charts import Bar

register = template.Library()

NO_BREAK_SPACE = "\N{NO-BREAK SPACE}"
#: How many numbers of a game have a column; the others are a note beneath its name.
GAME_COLUMNS = 3
#: Descriptions of titles begin with it. Pages draw a shape instead: not every font has this character.
TROPHY = "\N{TROPHY} "


@register.filter
def figure(value: Any) -> str:
    """Return a number with thousands separated: ``12,480``, ``56.25``.

    ``None`` and an empty text become a dash; other values are returned as text.
    """
    if value is None or value == "":
        return NOTHING
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return str(value)
    return write_whole(value) if isinstance(value, int) else write_decimal(value)


@register.filter
def row_by_row(changes: Iterable[StatChange]) -> list[list[StatChange]]:
    """Return the changes of a page with what one row did to several parts of a number together."""

    def row_of(change: StatChange) -> tuple[object, ...]:
        return change.happened_at, change.known_at, change.about, change.what, change.value

    return [list(together) for _, together in groupby(changes, key=row_of)]


@register.filter
def score(value: str) -> SafeString:
    """Return a score that breaks between its parts alone: ``6-1 7-5 6-7(4) 6-4`` between the sets."""
    return mark_safe(write_score(value))  # noqa: S308 - it is escaped there


@register.filter
def change(value: int) -> str:
    """Return a change with its sign: ``+1``, ``−12``."""
    return f"{'−' if value < 0 else '+'}{write_whole(abs(value))}"


@register.filter
def money(value: Decimal | None, currency: str = "") -> str:
    """Return an amount, with cents only where there are any, and its currency; a dash for zero and for none.

    The currency is written as its code, for a symbol may be that of several, and never on a line of its own.
    """
    if not value:
        return NOTHING
    amount = write_whole(int(value)) if value == value.to_integral_value() else write_decimal(value)
    return f"{amount}{NO_BREAK_SPACE}{currency}" if currency else amount


@register.filter
def place(value: int | None, last: int | None = None) -> str:
    """Return a placement as ``1st``, ``2nd``, ``11th``, a range as ``5–8``; a dash for none."""
    if value is None:
        return NOTHING
    if last is not None:
        return f"{write_whole(value)}–{write_whole(last)}"
    return write_ordinal(value)


@register.filter("datetime")
def write_datetime(value: datetime | None) -> SafeString | str:
    """Return a date and time in the reader's zone, as text and, in UTC, for machines."""
    if value is None:
        return NOTHING
    zone = get_current_timezone()
    hour = format_html('<span class="hour">{}</span>', write_hour(value, zone))
    return _mark_time(value, format_html("{} {}", write_day(value, zone), hour))


@register.filter
def day(value: date | None) -> SafeString | str:
    """Return a date, or that of a datetime in UTC, as text and for machines, without the time.

    It is the day in UTC wherever the reader is: another would tell at what time of the day something was.
    """
    if value is None:
        return NOTHING
    return _mark_day(_as_time(value))


@register.filter
def local_day(value: datetime | None) -> SafeString | str:
    """Return the day in the reader's zone of a time that the reader may know exactly; a midnight's in UTC."""
    if value is None or starts_a_day(value):
        return day(value)
    return _mark_time(value, write_day(value, get_current_timezone()))


def _mark_time(value: datetime, text: str) -> SafeString:
    """Return a text that stands for a time, with the time in UTC beneath it unless it says that itself."""
    stamp = value.astimezone(UTC).isoformat()
    if get_current_timezone_name() == "UTC":
        return format_html('<time datetime="{}">{}</time>', stamp, text)
    return format_html('<time datetime="{}" title="{} UTC">{}</time>', stamp, write_minute(value), text)


@register.filter
def span(first: date, last: date) -> SafeString:
    """Return the days in UTC from the first to the last, each part that they share once.

    ``26 Nov 2026``, ``24–26 Nov 2026``, ``26 Nov – 2 Dec 2026``, ``30 Dec 2025 – 2 Jan 2026``.

    :param last: the last day itself, not the midnight after it.
    """
    begin, end = write_day(_as_time(first)), write_day(_as_time(last))
    if begin == end:
        return _mark_day(_as_time(first))
    (begin_day, begin_month, begin_year), (_, end_month, end_year) = begin.split(" ", 2), end.split(" ", 2)
    between, short = " – ", begin
    if begin_year == end_year:
        short = f"{begin_day} {begin_month}"
        if begin_month == end_month:
            between, short = "–", begin_day
    whole = '<time datetime="{}">{}</time>{}<time datetime="{}">{}</time>'
    days = write_iso_day(_as_time(first)), short, between, write_iso_day(_as_time(last)), end
    return format_html(whole, *days)


def _mark_day(value: datetime) -> SafeString:
    return format_html('<time datetime="{}">{}</time>', write_iso_day(value), write_day(value))


def _as_time(value: date) -> datetime:
    return value if isinstance(value, datetime) else datetime.combine(value, time(), UTC)


@register.filter
def last_day(end: datetime) -> str:
    """Return the last day of a period that ends before ``end``, as addresses write it: ``2025-06-30``."""
    return write_iso_day(end - timedelta(microseconds=1))


@register.filter
def played(match: Any) -> SafeString | str:
    """Return when a match was played: date and time for the reader, or the day where only that is known."""
    return write_datetime(match.played_at) if match.is_time_known else day(match.played_at)


@register.filter
def told(value: datetime, precision: Precision) -> SafeString | str:
    """Return a date and time where the reader may know the time, else the date in UTC."""
    return day(value) if precision is Precision.DAY else write_datetime(value)


@register.filter
def happened(value: datetime) -> SafeString | str:
    """Return when something happened that a match may have brought about; of a midnight only the day."""
    return told(value, Precision.of_time(value))


@register.filter
def telling_first(lines: Iterable[Any]) -> list[Any]:
    """Sort numbers of a player by the places their declarations give them; those without one come last."""
    return sorted(lines, key=lambda line: line.place)


@register.filter
def telling_rest(stats: Sequence[Any]) -> list[Any]:
    """Return the numbers of a game that have no column of their own, those that are not 0."""
    return [line for line in stats[GAME_COLUMNS:] if line.value]


@register.filter
def bar(percentage: int | Decimal | None) -> SafeString:
    """Return a percentage as a bar, hidden from screen readers: the number is beside it."""
    drawn = (
        '<svg class="bar" viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true">'
        '<rect width="{}" height="1"/></svg>'
    )
    return format_html(drawn, percentage or 0)


@register.filter
def bar_chart(bars: Iterable[Bar], summary: str) -> SafeString:
    """Return bars of periods as a drawing. A table of the same belongs beneath.

    :param summary: the words for who does not see them.
    """
    drawn = "".join(_draw_bar(each) for each in bars if each.value)
    box = 'class="bars" viewBox="0 0 100 100" preserveAspectRatio="none" role="img"'
    svg = f'\n<svg {box} aria-label="{conditional_escape(summary)}">{drawn}</svg>\n'
    return mark_safe(svg)  # noqa: S308 - the labels are escaped


def _draw_bar(bar: Bar) -> str:
    part = (
        f'<rect class="part" x="{bar.x}" y="{bar.part_y}" width="{bar.width}" height="{bar.part_height}"/>'
        if bar.part
        else ""
    )
    return (
        f"<g><title>{escape(bar.label)}: {bar.value}</title>"
        f'<rect class="whole" x="{bar.x}" y="{bar.y}" width="{bar.width}" height="{bar.height}"/>{part}</g>'
    )


@register.filter
def as_stored(text: str) -> str:
    """Return a stored reason in the reader's language, where the site wrote it itself."""
    return translate_stored(text)


@register.filter
def worded_plainly(description: str) -> str:
    """Return the description of a timeline entry without the trophy it may begin with."""
    return description.removeprefix(TROPHY)


@register.filter
def worded(name: str) -> str:
    """Return the name of a reported stat as words: ``4_plus_streak`` as ``4 plus streak``."""
    return name.replace("_", " ")


@register.filter
def named(stats: dict[str, Any], name: str) -> Any:
    """Return the value reported under ``name``."""
    return stats.get(name)

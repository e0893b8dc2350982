"""Template filters: numbers, datetimes and results as pages write them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from deltacrown.core.dates import write_day, write_hour
from deltacrown.user_profile.privacy import Precision

register = template.Library()

NOTHING = "–"
#: Descriptions of titles begin with it. Pages draw a shape instead: not every font has this character.
TROPHY = "\N{TROPHY} "


@register.filter
def figure(value: Any) -> str:
    """Return a number with thousands separated: ``12,480``, ``56.25``.

    ``None`` becomes a dash; other values are returned as text.
    """
    if value is None:
        return NOTHING
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return str(value)
    return f"{value:,}" if isinstance(value, int) else f"{value:,.2f}"


@register.filter
def change(value: int) -> str:
    """Return a change with its sign: ``+1``, ``−12``."""
    return f"{value:+,}".replace("-", "−")


@register.filter
def money(value: Decimal | None) -> str:
    """Return an amount, with cents only where there are any; a dash for zero and for none."""
    if not value:
        return NOTHING
    return f"{value:,.0f}" if value == value.to_integral_value() else f"{value:,.2f}"


@register.filter
def place(value: int | None) -> str:
    """Return a placement as ``1st``, ``2nd``, ``3rd``, ``11th``; a dash for none."""
    if value is None:
        return NOTHING
    suffix = "th" if value % 100 in {11, 12, 13} else {1: "st", 2: "nd", 3: "rd"}.get(value % 10, "th")
    return f"{value:,}{suffix}"


@register.filter("datetime")
def write_datetime(value: datetime | None) -> SafeString | str:
    """Return a date and time in UTC, as text and for machines."""
    if value is None:
        return NOTHING
    hour = format_html('<span class="hour">{}</span>', write_hour(value))
    return format_html('<time datetime="{}">{} {}</time>', value.isoformat(), write_day(value), hour)


@register.filter
def day(value: datetime | None) -> SafeString | str:
    """Return a date in UTC, as text and for machines, without the time."""
    if value is None:
        return NOTHING
    return format_html(
        '<time datetime="{}">{}</time>', value.astimezone(UTC).date().isoformat(), write_day(value)
    )


@register.filter
def told(value: datetime, precision: Precision) -> SafeString | str:
    """Return a date and time in UTC where the reader may know the time, else the date."""
    return day(value) if precision is Precision.DAY else write_datetime(value)


@register.filter
def telling_first(lines: Iterable[Any]) -> list[Any]:
    """Sort numbers of a player by the places their declarations give them; those without one come last."""
    return sorted(lines, key=lambda line: line.place)


@register.filter
def bar(percentage: int | Decimal | None) -> SafeString:
    """Return a percentage as a bar, hidden from screen readers: the number is beside it."""
    drawn = (
        '<svg class="bar" viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true">'
        '<rect width="{}" height="1"/></svg>'
    )
    return format_html(drawn, percentage or 0)


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

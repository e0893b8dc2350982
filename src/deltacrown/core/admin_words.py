"""How the admin writes what a row holds: people by the names that pages show, times, structured data.

Django would write the login name of a person, a time of its own style, and Python's notation of JSON.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import DateTimeField, Field, ForeignKey, JSONField, Model
from django.utils.html import format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import capfirst

from deltacrown.core.dates import write_minute

LINE_BREAK = mark_safe("<br>")
#: What stands for something that is not there.
NOTHING = "–"
#: The most entries of structured data that are shown in a list, and the most signs of one.
MOST_ENTRIES = 20
LONGEST_VALUE = 200

Show = Callable[[Any], Any]


def write_person(user: Any) -> str:
    """Return what staff call a player: the name that pages show, and the public id."""
    profile = getattr(user, "profile", None)
    return write_name(user) if profile is None else f"{write_name(user)} ({profile.public_id})"


def write_name(user: Any) -> str:
    """Return the name that pages show of a player."""
    if user is None:
        return NOTHING
    profile = getattr(user, "profile", None)
    return str((profile and profile.display_name) or user.username)


def page_of_person(user: Any) -> tuple[str, list[str]] | None:
    """Return the name and the arguments of the address of a player's page."""
    profile = getattr(user, "profile", None)
    return None if profile is None else ("player", [profile.public_id])


def write_time(value: datetime | None) -> str:
    """Return a time to the minute, in UTC."""
    return NOTHING if value is None else write_minute(value)


def write_data(value: Any) -> SafeString | str:
    """Return structured data as lines of a name and a value."""
    if not value and value != 0:
        return NOTHING
    if isinstance(value, dict):
        entries = [(key, _write_part(part)) for key, part in list(value.items())[:MOST_ENTRIES]]
        return format_html_join(LINE_BREAK, "{}: {}", entries)
    return _write_part(value)


def _write_part(part: Any) -> str:
    if isinstance(part, list):
        text = ", ".join(map(_write_part, part))
    elif isinstance(part, dict):
        text = ", ".join(f"{key} {_write_part(each)}" for key, each in part.items())
    elif part is None:
        text = NOTHING
    else:
        text = {True: "yes", False: "no"}[part] if isinstance(part, bool) else str(part)
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}…"


def is_of_person(field: Any) -> bool:
    """Return whether a field names a person."""
    return isinstance(field, ForeignKey) and field.related_model is get_user_model()


def get_writer(field: Any) -> Callable[[Any], Any] | None:
    """Return what writes the values of a field, or None where Django writes them well."""
    if is_of_person(field):
        return write_person
    if isinstance(field, DateTimeField):
        return write_time
    return write_data if isinstance(field, JSONField) else None


def build_column(model: type[Model], name: Any) -> Any:
    """Return what shows a field of ``model`` in words, or ``name`` where the name alone does."""
    fields: dict[str, Field[Any, Any]] = {field.name: field for field in model._meta.fields}
    field = fields.get(name) if isinstance(name, str) else None
    writer = get_writer(field)
    if field is None or writer is None:
        return name

    def show(row: Any) -> Any:
        return writer(getattr(row, field.name))

    show.__name__ = field.name
    show.short_description = capfirst(field.verbose_name)  # type: ignore[attr-defined]
    show.admin_order_field = field.name  # type: ignore[attr-defined]
    show.field = field  # type: ignore[attr-defined]
    return show

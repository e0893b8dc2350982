"""Typed values out of a row's text, and a sentence for each that is not what it should be."""

from __future__ import annotations

import dataclasses
import functools
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple, TypeVar

from deltacrown.accounts.models import LONGEST_USERNAME
from deltacrown.core.errors import DomainError
from deltacrown.core.external_ids import LONGEST_ADDRESS, is_address
from deltacrown.core.inputs import find_json_fault, is_storable
from deltacrown.core.names import PUBLIC_ID, find_username_fault, make_name_key, tidy_username
from deltacrown.interchange.rows import Row, refuse_constant

Choice = TypeVar("Choice")

NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?\Z", re.ASCII)
#: Spreadsheets and data frames write whole numbers of a column with gaps as 5.0.
WHOLE_NUMBER = re.compile(r"([+-]?\d{1,10})(\.0)?\Z", re.ASCII)
DAY = re.compile(r"\d{4}-\d{2}-\d{2}\Z|\d{8}\Z", re.ASCII)
PART_OF_DATE = re.compile(r"\d{4}(-\d{1,2})?\Z", re.ASCII)
OUTSIDE_THE_CALENDAR = "is outside the years that can be kept, 0001 to 9999"
SLUG = re.compile(r"[a-zA-Z0-9_-]+\Z")
#: What an ``IntegerField`` holds on every database.
LEAST, MOST = -(2**31), 2**31 - 1
MOST_MONEY = Decimal("9999999999.99")
LONGEST_SHOWN = 60
YES_OR_NO: dict[str, bool | None] = {"": None, "yes": True, "no": False}


class DayOrTime(NamedTuple):
    """A time in UTC, or the start of a day whose time is not known."""

    at: datetime
    is_time_known: bool


class GroupRefused(DomainError):
    """A match or tournament of a file that cannot be taken; ``message`` names every line that is wrong."""

    code = "group-refused"


class Fields:
    """The typed values of one row. What is wrong is added to ``problems``, shared by the rows of a group."""

    def __init__(self, row: Row, problems: list[str]) -> None:
        self.row = row
        self._problems = problems

    def refuse(self, name: str, what: str) -> None:
        """Add to ``problems`` that the value of a column is wrong, and how to mend it."""
        self._problems.append(f"line {self.row.line}, {name}: {what}")

    def raw(self, name: str) -> str:
        """Return the text of a column, ``""`` when the row has none."""
        value = self.row.values.get(name)
        if isinstance(value, str):
            return value.strip()
        if value is None:
            return ""
        if isinstance(value, bool | dict | list):
            self.refuse(name, f"{shown(json.dumps(value))} is not a text or number")
            return ""
        return str(value)

    def text(self, name: str, *, longest: int, required: bool = False) -> str:
        """Return a text of at most ``longest`` characters."""
        value = self.row.values.get(name)
        if value is None and not required:
            return ""
        text = value.strip() if isinstance(value, str) else self.raw(name)
        if not text:
            if required:
                self.refuse(name, "it is empty; every line needs one")
            return ""
        if len(text) > longest:
            self.refuse(name, f"it has {len(text)} characters; at most {longest} are kept")
        if not is_storable(text):
            self.refuse(name, "it holds control characters; take them out")
        return text

    def slug(self, name: str, *, longest: int, required: bool = False) -> str:
        """Return a slug."""
        text = self.text(name, longest=longest, required=required)
        if text and not SLUG.match(text):
            allowed = "letters, digits, “-” and “_” only, such as counter-strike-2"
            self.refuse(name, f"{shown(text)} is not a slug; use {allowed}")
        return text

    def username(self, name: str, *, required: bool = False) -> str:
        """Return a username; or a public id, or an external id, which it may be instead."""
        given = self.text(name, longest=LONGEST_ADDRESS, required=required)
        if len(given) <= LONGEST_ADDRESS and (username := find_username(given)) is not None:
            return username
        text = tidy_username(given)
        if len(text) > LONGEST_USERNAME:
            self.refuse(name, f"it has {len(text)} characters; at most {LONGEST_USERNAME} are kept")
        elif text and (fault := find_username_fault(text)):
            self.refuse(name, f"{shown(text)} is not a username; {fault}")
        return text

    def choice(self, name: str, choices: Mapping[str, Choice], *, default: Choice) -> Choice:
        """Return the choice that a text names, in whatever case; ``default`` when it is refused.

        An empty text is refused too, unless ``""`` is among the choices.
        """
        text = self.raw(name).lower()
        if text in choices:
            return choices[text]
        known = " or ".join(", ".join(choice for choice in choices if choice).rsplit(", ", 1))
        problem = f"{shown(text)} is not known" if text else "it is empty"
        self.refuse(name, f"{problem}; write {known}")
        return default

    def day_or_time(self, name: str, *, required: bool = False) -> DayOrTime | None:
        """Return a date and time in UTC, or a day alone; None when it is empty or refused."""
        text = self.raw(name)
        if not text:
            if required:
                self.refuse(
                    name, "it is empty; write a date and time like 2025-03-01T18:30:00Z, or the day alone"
                )
            return None
        try:
            return parse_day_or_time(text)
        except ValueError as error:
            self.refuse(name, str(error))
            return None

    def date_time(self, name: str, *, required: bool = False, of_day: time = time.min) -> datetime | None:
        """Return a date and time in UTC; None when it is empty or refused.

        :param of_day: which time of the day, in UTC, a day alone stands for.
        """
        found = self.day_or_time(name, required=required)
        if found is None or found.is_time_known:
            return found and found.at
        return datetime.combine(found.at, of_day, UTC)

    def whole(self, name: str, *, least: int = LEAST) -> int | None:
        """Return a whole number of 32 bits, None when it is empty or refused."""
        text = self.raw(name) if self.row.values.get(name) is not None else ""
        if not text:
            return None
        found = WHOLE_NUMBER.match(text)
        if not found:
            self.refuse(name, f"{shown(text)} is not a whole number; write one from {least} on, or nothing")
        elif not least <= int(found[1]) <= MOST:
            self.refuse(name, f"{text} is out of range; from {least} to {MOST} is kept")
        else:
            return int(found[1])
        return None

    def yes_or_no(self, name: str) -> bool | None:
        """Return what ``yes`` or ``no`` says, or a boolean of JSON; None when it is empty or refused."""
        given = self.row.values.get(name)
        if isinstance(given, bool):
            return given
        return self.choice(name, YES_OR_NO, default=None)

    def money(self, name: str) -> Decimal:
        """Return an amount with at most two decimals, 0 when it is empty or refused."""
        text = self.raw(name)
        try:
            amount = Decimal(text or "0")
            exact = amount.quantize(Decimal("0.01"))
        except InvalidOperation:
            self.refuse(name, f"{shown(text)} is not an amount; write it like 2500 or 2500.50")
            return Decimal(0)
        if amount.is_nan() or amount != exact:
            problem = "is not an amount" if amount.is_nan() else "has more than two decimals"
            self.refuse(name, f"{shown(text)} {problem}")
        elif not 0 <= amount <= MOST_MONEY:
            self.refuse(name, f"{shown(text)} is out of range; from 0 to {MOST_MONEY} is kept")
        return exact

    def stats(self, prefix: str, nested: str) -> dict[str, Any]:
        """Return the columns that start with ``prefix``, and the object ``nested``; not what is empty."""
        values = self.row.values
        columns = [name for name in values if name.startswith(prefix)]
        stats = {name[len(prefix) :]: self._stat(name, values[name]) for name in columns}
        stats |= self.json_object(nested)
        return {name: value for name, value in stats.items() if value is not None and value != ""}

    def json_object(self, name: str) -> dict[str, Any]:
        """Return a JSON object, which is text in a CSV file; empty when there is none or it is refused."""
        value = self.row.values.get(name)
        if value is None or value == "":
            return {}

        found = value
        if isinstance(value, str):
            try:
                found = json.loads(value, parse_constant=refuse_constant)
            except (ValueError, RecursionError):
                found = None
        if isinstance(found, dict):
            fault = find_json_fault(found)
            if fault is None:
                return found
            self.refuse(name, fault.describe(name).rstrip("."))
            return {}

        written = value if isinstance(value, str) else json.dumps(value)
        self.refuse(name, f'{shown(written)} is not an object; write {{"kills": 12, …}}')
        return {}

    def _stat(self, name: str, value: Any) -> Any:
        try:
            return parse_number(value.strip()) if isinstance(value, str) else value
        except ValueError as error:
            self.refuse(name, str(error))
            return None


@functools.lru_cache(maxsize=65_536)
def find_username(given: str) -> str | None:
    """Return the username, public or external id that a text is, tidied; None if it breaks a rule."""
    text = tidy_username(given)
    if is_address(text) or PUBLIC_ID.fullmatch(text):
        return text
    return None if len(text) > LONGEST_USERNAME or (text and find_username_fault(text)) else text


@functools.lru_cache(maxsize=4096)
def parse_day_or_time(text: str) -> DayOrTime:
    """Parse an ISO 8601 date and time with a time zone, or a day alone; return it in UTC.

    :raises ValueError: it is none, or has no time zone; the message says how to mend it.
    """
    if DAY.match(text):
        return DayOrTime(_parse_day(text), False)
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        what = "is not a date and time"
        mend = "write it like 2025-03-01T18:30:00Z, or the day alone like 2025-03-01"
        if PART_OF_DATE.match(text):
            what, mend = "is not a whole date", "write the day too, like 2025-03-01"
        raise ValueError(f"{shown(text)} {what}; {mend}") from None
    if parsed.tzinfo is None:
        raise ValueError(
            f"{shown(text)} does not say its time zone; "
            "end it with an offset such as +02:00 or with Z for UTC, or write the day alone"
        )
    try:
        return DayOrTime(parsed.astimezone(UTC), True)
    except OverflowError:
        raise ValueError(f"{shown(text)} {OUTSIDE_THE_CALENDAR}") from None


def _parse_day(text: str) -> datetime:
    try:
        return datetime.combine(date.fromisoformat(text), time(), UTC)
    except ValueError:
        what = OUTSIDE_THE_CALENDAR if text.startswith("0000") else "is no day of the calendar"
        raise ValueError(f"{shown(text)} {what}; write it like 2025-03-01") from None


def is_number(text: str) -> bool:
    """Return whether a text is written as a number, be it one that is too large to keep."""
    return NUMBER.match(text) is not None


def parse_number(text: str) -> int | float | str:
    """Parse a number as JSON writes it; return any other text as it is (so “007” and “nan” stay text).

    :raises ValueError: when it is a number too large to keep.
    """
    found = NUMBER.match(text)
    if not found:
        return text
    if len(text) > LONGEST_SHOWN:
        raise ValueError(f"{shown(text)} is too long a number")
    if not found.group(2) and not found.group(3):
        return int(text)
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise ValueError(f"{text} is too large a number")
    return number


def shown(text: str) -> str:
    """Quote a value for a message, shortened when it is long."""
    short = text if len(text) <= LONGEST_SHOWN else text[:LONGEST_SHOWN] + "…"
    return f"“{short}”"


def find_repeated(rows: list[Row], names: list[str], *, what: str) -> Iterable[str]:
    """Yield which rows name someone an earlier row has already named, in whatever spelling."""
    seen: dict[str, int] = {}
    for row, name in zip(rows, names, strict=True):
        earlier = seen.setdefault(make_name_key(name), row.line)
        if name and earlier != row.line:
            yield f"lines {earlier} and {row.line}: {what} “{name}”; keep one line"


def find_disagreements(rows: Sequence[Row], facts: Sequence[Any], *, what: str) -> Iterable[str]:
    """Yield which rows differ from the first in what all rows of a group must have alike.

    :param facts: a dataclass per row.
    """
    first = facts[0]
    for row, other in zip(rows[1:], facts[1:], strict=True):
        if other is first or other == first:
            continue

        lines = f"lines {rows[0].line} and {row.line}"
        for name in (field.name for field in dataclasses.fields(first)):
            if getattr(other, name) != getattr(first, name):
                yield f"{lines} differ in {name}; all lines of a {what} must say the same"

"""What the formats of this package share: names, days, and a match of two."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime

from deltacrown.interchange.drafts import LineDraft, MatchDraft
from deltacrown.interchange.fields import Fields, GroupRefused, shown
from deltacrown.interchange.groups import Group

NO_LETTER = re.compile(r"[^a-z0-9]+")


def make_handle(name: str) -> str:
    """Return a username for a name: ``Gaël Monfils`` becomes ``gael-monfils``."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return NO_LETTER.sub("-", plain).strip("-")


def read_day(fields: Fields, column: str, pattern: str) -> datetime | None:
    """Return the start of a day in UTC; None when it is refused."""
    text = fields.raw(column)
    try:
        return datetime.strptime(text, pattern).replace(tzinfo=UTC)
    except ValueError:
        fields.refuse(column, f"{shown(text)} is not a day of this source")
        return None


def make_match(
    group: Group,
    *,
    key: str,
    game: str,
    day: datetime | None,
    lines: list[LineDraft],
    problems: list[str],
    **more: object,
) -> MatchDraft:
    """Return a match of a day.

    :raises GroupRefused: there are problems.
    """
    if problems or day is None:
        raise GroupRefused("; ".join(problems))
    fields = {"is_time_known": False, "kind": "CASUAL", **more}
    return MatchDraft(key=key, game=game, played_at=day, lines=lines, rows=group.rows, **fields)

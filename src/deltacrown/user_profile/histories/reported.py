"""The filter by what a game reported of a match in words: ``agent:Jett``, ``map:Ascent``."""

from __future__ import annotations

import re
from typing import Any

from django.db.models import QuerySet
from django.db.models.fields.json import KeyTransform
from django.utils.translation import gettext

from deltacrown.core.errors import InvalidInput

#: A name and a value. Names are of plain letters, because they become a path within JSON.
REPORTED = re.compile(r"(?P<name>[A-Za-z][A-Za-z0-9_ -]{0,39}):(?P<value>[^\x00-\x1f\ud800-\udfff]{1,60})")


def write_reported(name: str, value: str) -> str | None:
    """Return the filter that keeps the matches with this text reported; None where no filter can say it."""
    text = f"{name}:{value}"
    return text if REPORTED.fullmatch(text) else None


def check_reported(text: str | None) -> str | None:
    """Return a filter as it was given.

    :raises InvalidInput: it is no name and value.
    """
    if text is None or REPORTED.fullmatch(text):
        return text
    message = gettext("%(text)s is nothing that a game reports: write its name and what it was, agent:Jett.")
    raise InvalidInput(message % {"text": f"{text!r:.80}"}, field="reported")


def narrow_to_reported(rows: QuerySet[Any], text: str) -> QuerySet[Any]:
    """Return the match rows of which the game reported this.

    :param text: checked.
    """
    name, value = text.split(":", 1)
    # The name is an argument here: in a keyword of a filter, some names would be lookups.
    narrowed: QuerySet[Any] = rows.alias(reported=KeyTransform(name, "stats")).filter(reported=value)
    return narrowed

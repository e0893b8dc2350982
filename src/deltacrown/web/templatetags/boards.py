"""Template filters of leaderboards."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.safestring import SafeString

from deltacrown.core.numerals import write_with_unit
from deltacrown.web.templatetags.figures import NO_BREAK_SPACE, bar, figure

register = template.Library()


@register.filter
def share_of(entry: Any, board: Any) -> SafeString | str:
    """Return a bar for the percentage or the part of the best value; nothing where the lowest is best."""
    if not board.best:
        return ""
    return bar(round(entry.value if board.unit == "%" else 100 * entry.value / board.best))


@register.filter
def with_unit(value: Any, unit: str) -> str:
    """Return a number with its unit, if it has one, in one line: ``1,234`` or ``51.20 %``; ``%51,20``.

    No number is a dash, without a unit.
    """
    return write_with_unit(figure(value), unit if value is not None else "").replace(" ", NO_BREAK_SPACE)

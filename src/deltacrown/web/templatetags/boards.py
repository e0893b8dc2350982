"""Template filters of leaderboards."""

from __future__ import annotations

from html import escape
from typing import Any

from django import template
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from deltacrown.core.addresses import write_address
from deltacrown.core.numerals import write_with_unit
from deltacrown.web.templatetags.figures import NO_BREAK_SPACE, bar, figure
from deltacrown.web.templatetags.people import avatar

register = template.Library()


ROW = """
<tr{state}>
  <td class="rank"><span class="place p{rank}">{tied}{place}</span></td>
  <th scope="row" class="wide"><span class="named">{picture}<span>{player}</span></span></th>
  {beside}
  <td class="number strong">{value}{share}</td>
</tr>
"""


@register.simple_tag
def board_rows(board: Any, me: str = "", full: bool = False) -> SafeString:
    """Return the rows of a leaderboard: a page has a hundred, which a template took most of its time for.

    :param me: the reader's public id.
    :param full: whether there is a second column, too.
    """
    said = escape(_("you"))
    you = f' <span class="note inline">{said}</span>'
    beside = board.beside if full else None
    rows = []
    for entry in board.items:
        is_own = bool(me) and entry.public_id == me
        second = escape(with_unit(entry.beside, beside.unit)) if beside else ""
        label = f'<div class="narrow note">{escape(beside.label)} {second}</div>' if beside else ""
        state = ' class="mine" id="me"' if is_own else f' id="{escape(entry.public_id)}"' if full else ""
        rows.append(
            ROW.format(
                state=state,
                rank=entry.rank,
                tied="=" if entry.is_tied else "",
                place=figure(entry.rank),
                picture=avatar(entry),
                player=f"{_link(entry)}{you if is_own else ''}{label}",
                beside=f'<td class="number beside far">{second}</td>' if beside else "",
                value=escape(with_unit(entry.value, board.unit)),
                share=share_of(entry, board),
            )
        )
    return mark_safe("".join(rows))  # noqa: S308 - what is of players is escaped


def _link(entry: Any) -> str:
    address = escape(write_address("player", entry.public_id))
    country = f' <span class="note inline">{escape(entry.country)}</span>' if entry.country else ""
    return f'<a class="main" href="{address}"><bdi>{escape(entry.name)}</bdi></a>{country}'


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

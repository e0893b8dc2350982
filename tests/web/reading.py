"""A page as a reader has it: its text, and the rows of a table found by the caption."""

from __future__ import annotations

import html
import re
from typing import Any


def text_of(answer: Any) -> str:
    """The text of a page in one line, without tags, and without the number of its request."""
    return _flat(without_token(answer.content).decode())


def without_token(page: bytes) -> bytes:
    """A page but for the secret of its forms and the number of its request, which are others each time."""
    drawn = rb'(name="csrfmiddlewaretoken" value=")[^"]*|(<code class="id">)[0-9a-f]{32}(?=</code>)'
    return re.sub(drawn, rb"\1\2", page)


def rows_in(answer: Any, caption: str) -> list[str]:
    """The text of each body row of the table whose caption begins with ``caption``."""
    for table in re.findall(r"<table.*?</table>", answer.content.decode(), re.DOTALL):
        if _flat(re.search(r"<caption.*?</caption>", table, re.DOTALL)[0]).startswith(caption):
            bodies = "".join(re.findall(r"<tbody.*?</tbody>", table, re.DOTALL))
            rows = re.findall(r"<tr.*?</tr>", bodies, re.DOTALL)
            return [_flat(row) for row in rows if 'class="day"' not in row]
    raise AssertionError(f"no table {caption!r}")


def items_of(answer: Any) -> list[str]:
    """The text of each item of the lists of a page."""
    return [_flat(item) for item in re.findall(r"<li>(.*?)</li>", answer.content.decode(), re.DOTALL)]


def _flat(markup: str) -> str:
    # Narrow screens show these texts a second time.
    markup = re.sub(r'<div class="narrow.*?</div>', " ", markup, flags=re.DOTALL)
    markup = re.sub(r"<(script|style).*?</\1>", " ", markup, flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", markup)).split())

"""No step in a browser may find the page before it, or half of the page it asked for: that would be luck."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.once

#: Call → what to write instead. ``tests.browser.chromium`` alone calls them, and says what it awaits.
AT_ONCE = {
    "click": "leave_by(…) for what leads to another page, touch(…) for what does not",
    "dblclick": "touch(…)",
    "goto": "Tab.open(…)",
    "reload": "Tab.open(…)",
    "go_back": "leaving(page)",
    "all": "list_all(…)",
    "all_inner_texts": "list_all(…), or expect(…).to_have_text(…)",
    "all_text_contents": "list_all(…), or expect(…).to_have_text(…)",
    "count": "expect(…).to_have_count(…)",
    "is_visible": "expect(…).to_be_visible()",
    "is_hidden": "expect(…).to_be_hidden()",
    "is_checked": "expect(…).to_be_checked()",
    "is_enabled": "expect(…).to_be_enabled()",
    "is_disabled": "expect(…).to_be_disabled()",
    "query_selector": "a locator",
    "query_selector_all": "list_all(…)",
    "wait_for_timeout": "expect(…): what is waited for, not how long",
    "wait_for_load_state": "leaving(page), leave_by(…) or settle(page)",
    "expect_navigation": "leaving(page)",
}
#: Run in the process of the site: a queryset has such methods too.
WITHOUT_A_BROWSER = {"casts.py", "season.py", "chromium.py"}


def find_calls(source: str) -> Iterator[tuple[int, str]]:
    """Line and advice of each call that takes a page as it happens to be."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in AT_ONCE:
            yield node.lineno, f".{node.func.attr}(): write {AT_ONCE[node.func.attr]}"


def test_every_step_says_what_it_awaits() -> None:
    found = [
        f"{path.name}:{line} {advice}"
        for path in sorted(Path(__file__).parent.glob("*.py"))
        if path.name not in WITHOUT_A_BROWSER
        for line, advice in find_calls(path.read_text())
    ]
    assert not found, "\n".join(found)


def test_a_step_that_awaits_nothing_is_found() -> None:
    source = "page.get_by_role('button').click()\nassert page.locator('tr').count() == 2\nleave_by(link)"
    assert [line for line, _advice in find_calls(source)] == [1, 2]

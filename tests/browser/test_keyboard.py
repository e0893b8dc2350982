"""The keyboard is enough: Tab, Enter and the arrows lead to the menu, a filter and a chart's table."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.chromium import open_tab

pytestmark = [pytest.mark.django_db, pytest.mark.once]

#: More stops than any page has before what is looked for.
STOPS = 60
#: Whether what has the focus is this, and whether one sees that it has the focus.
LOOK = """
selector => {
  const at = document.activeElement, style = getComputedStyle(at);
  return [at.matches(selector), style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0];
}
"""


def tab_to(page, selector):
    """Press Tab until this has the focus; every stop on the way shows that it has it."""
    for _ in range(STOPS):
        page.keyboard.press("Tab")
        is_there, is_seen = page.evaluate(LOOK, selector)
        assert is_seen, page.evaluate("document.activeElement.outerHTML")
        if is_there:
            return
    raise AssertionError(f"{selector} is not reached")


def test_a_keyboard_opens_a_menu_a_filter_and_a_chart(site):
    with open_tab(site, width=768) as tab:
        page = tab.open("/seasons/")
        tab_to(page, "header.site nav a[href='/players/']")
        page.keyboard.press("Enter")
        expect(page).to_have_url(re.compile("/players/$"))

        page = tab.open(f"/players/{site.people['plain']}/stats/matches_won/")
        tab_to(page, "a.skip")
        page.keyboard.press("Enter")
        assert page.evaluate(LOOK, "main")[0]

        tab_to(page, "#over-time summary")
        table = page.locator("#over-time table").first
        expect(table).not_to_be_visible()
        page.keyboard.press("Enter")
        expect(table).to_be_visible()

        tab_to(page, "main form select[name=kind]")
        page.keyboard.press("c")  # "Casual", as in every list of a browser
        # The list is drawn anew at once, by a script; what has the focus in it meanwhile would lose it.
        expect(page).to_have_url(re.compile("kind=casual", re.IGNORECASE))
        page.wait_for_load_state("networkidle")
        tab_to(page, "main form.filters button")
        page.keyboard.press("Enter")
        expect(page).to_have_url(re.compile("kind=casual", re.IGNORECASE))
        assert page.locator("#rows a").count() > 0

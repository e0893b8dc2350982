"""The keyboard is enough: Tab, Enter and the arrows lead to the menu, a filter and a chart's table."""

from __future__ import annotations

import re
from contextlib import contextmanager

import pytest
from playwright.sync_api import expect

from tests.browser.chromium import leaving, open_tab, settle

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


@contextmanager
def redrawing(page):
    """Do what draws the history anew in the page, and go on when the new one stands there."""
    page.evaluate("document.getElementById('history').dataset.isOld = ''")
    yield
    expect(page.locator("#history:not([data-is-old])")).to_be_attached()
    settle(page)


def test_a_keyboard_opens_a_menu_a_filter_and_a_chart(site):
    with open_tab(site, width=768) as tab:
        page = tab.open("/seasons/")
        tab_to(page, "header.site nav a[href='/players/']")
        with leaving(page):
            page.keyboard.press("Enter")
        expect(page).to_have_url(re.compile("/players/$"))

        page = tab.open(f"/players/{site.people['plain']}/stats/matches_won/")
        tab_to(page, "a.skip")
        page.keyboard.press("Enter")
        expect(page.locator("main")).to_be_focused()

        tab_to(page, "#over-time summary")
        table = page.locator("#over-time table").first
        expect(table).not_to_be_visible()
        page.keyboard.press("Enter")
        expect(table).to_be_visible()

        # The list is drawn anew by a script: what had the focus in it has it again.
        tab_to(page, "main form select[name=kind]")
        with redrawing(page):
            page.keyboard.press("c")  # "Casual", as in every list of a browser
        expect(page).to_have_url(re.compile("kind=casual", re.IGNORECASE))
        expect(page.locator("main form select[name=kind]")).to_be_focused()
        button = "main form.redrawn button"
        tab_to(page, button)
        with redrawing(page):
            page.keyboard.press("Enter")
        expect(page).to_have_url(re.compile("kind=casual", re.IGNORECASE))
        expect(page.locator(button)).to_be_focused()
        expect(page.locator("#rows a").first).to_be_visible()

"""Every page in a real browser: nothing wider than the screen, nothing that moves, nothing axe objects to."""

from __future__ import annotations

import pytest
from django.urls import resolve
from playwright.sync_api import expect

from deltacrown.web import urls
from tests.browser.addresses import APART, NO_PAGES, OF_ONE_LANGUAGE, PASSWORD, READERS, REASON, fill
from tests.browser.bracketed import LANGUAGE, list_untranslated
from tests.browser.chromium import PATIENCE, open_tab, touch

#: With a database of the suite, a copy of which is the site's.
pytestmark = [pytest.mark.django_db, pytest.mark.once]

#: A page is loaded in the first; the others are what a window and a theme are changed to.
SIZES = [(360, "dark"), (768, "dark"), (1440, "light")]
#: By part of the address: rules that do not fit. A badge is for frames of other sites, which have headings.
UNFIT = {"/badge/": ["page-has-heading-one"]}
#: By page: what stands there by the hundred.
REPEATED = {"/api/v1/docs": "section.operation ~ section.operation"}


def read_each(tab, reader, site, *, language=""):
    """Sign in as the reader, and open one path after the other. Yields each path, loaded."""
    username, password, paths, statuses = READERS[reader]
    if username:
        tab.sign_in(fill(username, site), password, is_closed=reader == "closed")
    if language:
        tab.page.context.add_cookies([{"name": "language", "value": language, "url": site.address}])
    for path in paths:
        tab.open(fill(path, site), status=statuses.get(path, 200))
        yield path


@pytest.mark.parametrize("reader", READERS)
def test_every_page_fits_every_screen_and_axe_finds_nothing(site, reader):
    faults = {}
    with open_tab(site, width=360, theme="dark") as tab:
        for path in read_each(tab, reader, site):
            unfit = next((rules for part, rules in UNFIT.items() if part in path), [])
            found = tab.list_shifts()
            for width, theme in SIZES:
                tab.resize(width, theme)
                found += tab.list_overflows()
                # What players see besides is made of the same parts: one look of axe is enough.
                if width == 360 or (width == 1440 and reader == "visitor"):
                    found += tab.list_violations(unfit=unfit, repeated=REPEATED.get(path, ""))
            found += tab.take_faults()
            if found:
                faults[path] = found
            tab.resize(*SIZES[0])

    assert faults == {}


def test_no_page_is_forgotten(site):
    """Every address is a page of the lists, or answers with something that is not a page."""
    read = {resolve(fill(path, site).partition("?")[0]).url_name for path in list_all()}
    ours = {each.name for each in urls.urlpatterns}

    assert ours == (read & ours) | {*NO_PAGES, *APART}
    assert read & {*NO_PAGES, *APART} == set()
    with open_tab(site) as tab:
        tab.sign_in("plain", PASSWORD)
        for name, path in NO_PAGES.items():
            assert resolve(fill(path, site)).url_name == name
            answer = tab.page.request.get(site.address + fill(path, site), timeout=PATIENCE)
            assert answer.status == 405 or "html" not in answer.headers.get("content-type", ""), path


def list_all():
    """Every path that somebody reads, but for those that nobody finds."""
    for _, _, paths, statuses in READERS.values():
        yield from (path for path in paths if statuses.get(path) not in {400, 404, 410, 500, 503})


def test_text_of_twice_the_size_needs_no_scrolling_sideways(site):
    faults = {}
    with open_tab(site, width=720, text=32) as tab:
        for path in read_each(tab, "visitor", site):
            if found := tab.list_overflows() + tab.list_shifts() + tab.take_faults():
                faults[path] = found

    assert faults == {}


#: Injects four things that the policy refuses, and tells when all are refused what of them had an effect.
INJECT = """
async () => {
  let left = 4;
  const refused = new Promise(resolve => {
    document.addEventListener("securitypolicyviolation", () => { if ((left -= 1) === 0) resolve(); });
  });
  const script = document.createElement("script");
  script.textContent = "window.ran = 'script'";
  const box = document.createElement("div");
  box.innerHTML = "<b onclick='window.ran = 1' style='color: rgb(1, 2, 3)'>x</b>"
    + "<style>b { margin: 7px }</style>";
  document.body.append(script, box);
  box.firstChild.click();
  const {color, margin} = getComputedStyle(box.firstChild);
  await refused;
  return [window.ran ?? null, color === "rgb(1, 2, 3)", margin];
}
"""


def test_the_browser_enforces_the_content_policy(site):
    with open_tab(site) as tab:
        page = tab.open("/")

        assert page.evaluate(INJECT) == [None, False, "0px"]

        refusals = tab.take_faults()
        assert len(refusals) >= 4
        assert all("Content Security Policy" in each for each in refusals), refusals


#: Neither a name that somebody gave nor a word of ours: brands, codes, and the languages by their own names.
OF_NO_LANGUAGE = ["DeltaCrown", "English", "Türkçe", "Esperanto", "UTC", "XP", "CSV", "NDJSON"]


@pytest.mark.parametrize("reader", READERS)
def test_every_text_is_translated_and_nothing_moves(site, reader):
    """In a language that puts each translated text in brackets, nothing of ours stands outside of them."""
    found = []
    with open_tab(site, width=1440) as tab:
        for path in read_each(tab, reader, site, language=LANGUAGE):
            names = [*site.names, *OF_NO_LANGUAGE, REASON]
            left = [] if path in OF_ONE_LANGUAGE else list_untranslated(tab.page, names)
            found += [f"{path}: {told}" for told in left + tab.list_shifts()]

    assert not found, "\n".join(["not translated:", *found])


def test_a_text_that_is_not_translated_is_found(site):
    with open_tab(site) as tab:
        tab.page.context.add_cookies([{"name": "language", "value": LANGUAGE, "url": site.address}])
        page = tab.open("/settings/display/")
        page.evaluate("document.querySelector('h1').append(' and more')")
        page.evaluate("document.querySelector('form').setAttribute('aria-label', 'Your choice')")

        assert list_untranslated(page, [*site.names, *OF_NO_LANGUAGE]) == ["and more", "Your choice"]


#: Pixels: one row of links.
ONE_ROW = 72


@pytest.mark.parametrize("language", ["en", "tr"])
def test_the_head_is_one_row_for_staff_on_wide_screens_and_its_menu_opens(site, language):
    username, password, *_ = READERS["staff"]
    measured = {}
    with open_tab(site, width=1440, theme="light") as tab:
        tab.sign_in(username, password)
        tab.page.context.add_cookies([{"name": "language", "value": language, "url": site.address}])
        tab.open("/seasons/")
        for width, theme in ((1440, "light"), (1200, "dark"), (1100, "light")):
            tab.resize(width, theme)
            measured[width] = tab.page.evaluate("document.querySelector('header.site').offsetHeight")
        for width in (1440, 360, 320):
            tab.resize(width, "light")
            touch(tab.page.locator("header .menu summary"))
            tab.page.locator("header .menu a[href='/settings/profile/']").wait_for()
            assert tab.list_overflows() == []
            tab.page.keyboard.press("Escape")
            expect(tab.page.locator("header .menu a[href='/settings/profile/']")).to_be_hidden()

    assert {width: height for width, height in measured.items() if height > ONE_ROW} == {}

"""Every page in a real browser: nothing wider than the screen, nothing that moves, nothing axe objects to."""

from __future__ import annotations

import pytest

from tests.browser.bracketed import LANGUAGE, list_untranslated
from tests.browser.chromium import open_tab
from tests.browser.season import PASSWORD

#: With a database of the suite, a copy of which is the site's.
pytestmark = [pytest.mark.django_db, pytest.mark.once]

#: What a visitor reads; the words in braces are told by ``tests.browser.season``.
VISITOR = [
    "/",
    "/leaderboards/matches_won/",
    "/seasons/",
    "/seasons/{season}/",
    "/search/?q=cup",
    "/players/",
    "/players/?q=ww",
    "/players/{hero}/",
    "/players/{hero}/matches/",
    "/players/{hero}/series/",
    "/players/{hero}/tournaments/",
    "/players/{hero}/activity/",
    "/players/{hero}/stats/overall_win_rate/",
    "/players/{hero}/stats/overall_win_rate/history/",
    "/players/{plain}/versus/",
    "/players/{plain}/versus/{script}/",
    "/players/{newcomer}/",
    "/players/{newcomer}/matches/",
    "/players/{hider}/",
    "/players/{script}/",
    "/players/{endless}/",
    "/players/{endless}/matches/",
    "/players/{arabic}/",
    "/players/{emoji}/",
    "/players/{plain}/",
    "/players/{plain}/matches/",
    "/matches/{game}/odd-2/",
    "/matches/{game}/odd-4/",
    "/tournaments/",
    "/tournaments/{COMPLETED}/",
    "/tournaments/{COMPLETED}/results/",
    "/tournaments/{COMPLETED}/matches/",
    "/tournaments/{COMPLETED}/entrants/",
    "/tournaments/{COMPLETED}/players/",
    "/tournaments/{series}/",
    "/tournaments/{RUNNING}/",
    "/tournaments/{OPEN}/",
    "/teams/{team}/",
    "/settings/display/",
    "/integrity/",
    "/sign-in/",
]
#: What a visitor is refused, with the status.
REFUSED = {
    "/players/?q=w": 400,
    "/players/{hider}/matches/": 403,
    "/players/DC-24-999999/": 404,
    "/nowhere/": 404,
}
#: What a player reads of their own.
OWN = [
    "/",
    "/players/{plain}/",
    "/players/{hero}/",
    "/players/{plain}/stats/experience_points/",
    "/feed/",
    "/disputes/",
    "/settings/privacy/",
    "/settings/privacy/preview/",
    "/settings/account/",
    "/settings/verification/",
    "/settings/blocked/",
    "/settings/display/",
    "/leaderboards/matches_won/?following=1",
    "/players/{plain}/versus/{hero}/",
    "/tournaments/{OPEN}/",
    "/tournaments/{OPEN}/entrants/",
    "/tournaments/{OPEN}/changes/",
]
#: What staff read besides.
DESK = ["/players/{barred}/", "/players/{barred}/standing/", "/moderation/disputes/", "/players/{hider}/"]

SIZES = [(360, "dark"), (1440, "light")]


def fill(path, site):
    """The path with what it names in braces."""
    told = {**vars(site), **site.people, **site.events}
    return path.format(**told)


def visit(tab, paths, site, *, axe, statuses=()):
    """What is wrong on each of the pages."""
    faults = {}
    for path in paths:
        tab.open(fill(path, site), status=dict(statuses).get(path, 200))
        found = tab.look() + (tab.list_violations() if axe else []) + tab.take_faults()
        if found:
            faults[path] = found
    return faults


@pytest.mark.parametrize(("width", "theme"), SIZES)
def test_a_visitor_reads_every_page(site, width, theme):
    with open_tab(site.address, width=width, theme=theme) as tab:
        pages = [*VISITOR, *REFUSED]

        assert visit(tab, pages, site, axe=True, statuses=REFUSED.items()) == {}


@pytest.mark.parametrize(("width", "theme"), SIZES[:1])
def test_a_player_reads_their_own(site, width, theme):
    with open_tab(site.address, width=width, theme=theme) as tab:
        tab.sign_in("plain", PASSWORD)

        assert visit(tab, OWN, site, axe=True) == {}


def test_staff_read_theirs(site):
    with open_tab(site.address, width=360, theme="light") as tab:
        tab.sign_in("demo-staff", "crown-demo-staff")

        assert visit(tab, DESK, site, axe=True) == {}


def test_text_of_twice_the_size_needs_no_scrolling_sideways(site):
    with open_tab(site.address, width=720, text=32) as tab:
        assert visit(tab, VISITOR, site, axe=False) == {}


#: Neither a name that somebody gave nor a word of ours: brands, codes, and the languages by their own names.
OF_NO_LANGUAGE = ["DeltaCrown", "English", "Türkçe", "Esperanto", "UTC", "XP", "CSV", "NDJSON"]


@pytest.mark.parametrize(
    ("username", "password", "paths"),
    [
        ("", "", [*VISITOR, *REFUSED]),
        ("plain", PASSWORD, OWN),
        ("demo-staff", "crown-demo-staff", DESK),
    ],
    ids=["visitor", "player", "staff"],
)
def test_every_text_is_translated(site, username, password, paths):
    """In a language that puts each translated text in brackets, nothing of ours stands outside of them."""
    with open_tab(site.address) as tab:
        if username:
            tab.sign_in(username, password)
        tab.page.context.add_cookies([{"name": "language", "value": LANGUAGE, "url": site.address}])
        found = []
        for path in paths:
            tab.open(fill(path, site), status=REFUSED.get(path, 200))
            left = list_untranslated(tab.page, [*site.names, *OF_NO_LANGUAGE])
            found += [f"{path}: {told}" for told in left]

    assert not found, "\n".join(["not translated:", *found])


def test_a_text_that_is_not_translated_is_found(site):
    with open_tab(site.address) as tab:
        tab.page.context.add_cookies([{"name": "language", "value": LANGUAGE, "url": site.address}])
        page = tab.open("/settings/display/")
        page.evaluate("document.querySelector('h1').append(' and more')")
        page.evaluate("document.querySelector('form').setAttribute('aria-label', 'Your choice')")

        assert list_untranslated(page, [*site.names, *OF_NO_LANGUAGE]) == ["and more", "Your choice"]

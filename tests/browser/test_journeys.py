"""What visitors, players, followers, opponents and moderators come for, in a real browser, step by step.

With scripts and without, on narrow and wide screens, dark and light. Every step reads what the page says
afterwards; at the steps that matter the page is looked at, and axe finds nothing.
"""

from __future__ import annotations

import os
import re
from itertools import count, product

import pytest
from playwright.sync_api import expect

from tests.browser.addresses import PASSWORD, REASON
from tests.browser.chromium import leave_by, list_all, open_tab, touch
from tests.browser.desks import follow, press

pytestmark = [pytest.mark.django_db, pytest.mark.once]

#: Width, theme, whether scripts run. Half of the twelve: every two of the three meet.
JOURNEYS = [
    (360, "dark", True),
    (360, "light", False),
    (768, "dark", False),
    (768, "light", True),
    (1440, "dark", True),
    (1440, "light", False),
]
#: ``BROWSER_JOURNEYS=all`` goes through all twelve.
if os.environ.get("BROWSER_JOURNEYS") == "all":
    JOURNEYS = list(product([360, 768, 1440], ["dark", "light"], [True, False]))
#: Every journey changes things, so that each needs people of its own; see ``tests.browser.season.PAIRS``.
_numbers = count()


@pytest.fixture(params=JOURNEYS, ids=lambda each: f"{each[0]}-{each[1]}-{'scripts' if each[2] else 'plain'}")
def visitor(request, site):
    """``visitor.open(path)``: somebody who is not signed in."""
    width, theme, scripts = request.param
    with open_tab(site, width=width, theme=theme, scripts=scripts) as tab:
        yield tab


@pytest.fixture
def pair(site):
    """Two players nobody else has, who played a match yesterday: ``name`` lost it to ``rival``."""
    return site.pairs[next(_numbers)]


def check(tab):
    """Check that the page as it is now fits the screen, moved nothing, and that axe finds nothing.

    Axe looks in the narrowest and the widest window, where the pages differ most.
    """
    found = tab.list_overflows() + tab.list_shifts()
    if tab.page.viewport_size["width"] != 768:
        found += tab.list_violations()
    assert found == []


def read_number(page):
    """The number that a player's page about a stat shows."""
    text = page.locator("section.number .value").first.inner_text()
    return int(re.sub(r"\D", "", text))


def review(tab, reporter):
    """Open the dispute of a player, which may be on a later page of the queue."""
    rows, more = tab.page.locator("#rows tr"), tab.page.locator("#more a[rel=next]")
    while True:
        read = [row.inner_text() for row in list_all(rows)]
        if any(reporter in text for text in read):
            break
        if tab.is_scripted:
            touch(more)
            expect(rows.nth(len(read))).to_be_attached()
        else:
            leave_by(more)
    leave_by(rows.filter(has_text=reporter).get_by_role("link", name="Review"))


def test_a_visitor_opens_a_number_to_its_rows_and_a_row_to_its_match(visitor, site):
    page = visitor.open("/leaderboards/matches_won/")
    row = page.locator("main table tbody tr").first
    name = row.get_by_role("link").first.inner_text()
    leave_by(row.get_by_role("link", name=name))
    expect(page.get_by_role("heading", level=1)).to_have_text(name)

    leave_by(page.get_by_role("main").locator('a[href*="/stats/matches_won/"]').first)
    assert read_number(page) > 0
    leave_by(page.locator("#rows").locator('a[href*="/matches/"]').first)
    expect(page).to_have_url(re.compile("/matches/.+/.+/"))
    expect(page.get_by_role("main")).to_contain_text(name)
    check(visitor)


def test_a_player_hides_the_history_and_strangers_see_none(visitor, site, pair):
    own, shown = f"/players/{pair['id']}/matches/", f'#rows a[href*="{pair["match"]}"]'
    page = visitor.open(own)
    expect(page.locator(shown).first).to_be_visible()

    visitor.sign_in(pair["name"], PASSWORD)
    page = visitor.open("/settings/privacy/")
    page.get_by_label("Show my match history").uncheck()
    press(page, "Save")
    page = visitor.open("/settings/privacy/")
    expect(page.get_by_label("Show my match history")).not_to_be_checked()
    check(visitor)
    page = visitor.open(own)
    expect(page.locator(shown).first).to_be_visible()

    leave_by(page.get_by_role("button", name="Sign out"))
    page = visitor.open(own, status=403)
    expect(page.get_by_role("main")).to_contain_text("User has hidden match history")
    page = visitor.open(f"/players/{pair['id']}/")
    expect(page.get_by_role("main")).to_contain_text("User has hidden match history")


def test_a_follower_follows_and_reads_the_feed(visitor, site, pair):
    visitor.sign_in(pair["name"], PASSWORD)
    page = visitor.open("/feed/")
    before = page.get_by_role("main").inner_text()
    page = visitor.open(f"/players/{site.hero}/")
    name = page.get_by_role("heading", level=1).inner_text()
    assert name not in before

    leave_by(page.get_by_role("button", name="Follow", exact=True))
    expect(page.get_by_role("button", name="Unfollow")).to_be_visible()
    page = visitor.open("/feed/")
    expect(page.get_by_role("main")).to_contain_text(name)
    check(visitor)

    page = visitor.open(f"/players/{site.hero}/")
    leave_by(page.get_by_role("button", name="Unfollow"))
    expect(page.get_by_role("button", name="Follow", exact=True)).to_be_visible()


def test_an_opponent_disputes_a_match_and_a_moderator_voids_it(visitor, site, pair):
    won = f"/players/{pair['rival_id']}/stats/matches_won/"
    before = read_number(visitor.open(won))

    visitor.sign_in(pair["name"], PASSWORD)
    page = visitor.open(f"/matches/{site.game}/{pair['match']}/")
    follow(page, re.compile("Dispute this match"))
    page.get_by_role("main").locator("textarea").fill(REASON)
    leave_by(page.get_by_role("main").locator("form button").first)
    page = visitor.open("/disputes/")
    expect(page.get_by_role("main")).to_contain_text(REASON)
    check(visitor)
    leave_by(page.get_by_role("button", name="Sign out"))

    visitor.sign_in("demo-staff", "crown-demo-staff")
    page = visitor.open("/moderation/disputes/")
    review(visitor, pair["name"])
    check(visitor)
    page.get_by_role("main").get_by_label("Void the match").check()
    page.get_by_role("main").get_by_label("What was found").fill("The log says so.")
    leave_by(page.get_by_role("button", name="Uphold", exact=True))
    leave_by(page.get_by_role("button", name="Sign out"))

    assert read_number(visitor.open(won)) == before - 1
    page = visitor.open(f"/matches/{site.game}/{pair['match']}/")
    expect(page.get_by_role("main")).to_contain_text("The log says so.")
    check(visitor)

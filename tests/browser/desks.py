"""What the journeys of the desks share: an empty site, who is there with which screen, and what they read."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from playwright.sync_api import expect

from tests.browser.chromium import Tab, leave_by, list_all, open_tab, settle
from tests.browser.test_entrance import FIRST, read_code, send
from tests.served import serving

OPERATOR, SECRET = "root", "a secret of the operator"
#: The screens of the hall; a desk is usable on the narrowest phone.
PHONE, NARROW = 360, 320


@contextmanager
def serving_empty(stage: Any, folder: Path) -> Iterator[Any]:
    """Yield a site, with its ``address``, of which there is nothing but an operator, whom a command made."""
    environment = {
        **stage.environment,
        "EMAIL_URL": f"filemail://{folder / 'mails'}",
        "DJANGO_SUPERUSER_PASSWORD": SECRET,
        "SIGN_UP_RATE_PER_ADDRESS": "1000/60",
    }
    with serving(folder, **environment) as served:
        served.manage("createsuperuser", "--noinput", "--username", OPERATOR, "--email", "root@example.org")
        yield SimpleNamespace(
            address=f"http://127.0.0.1:{served.port}",
            chromium=stage.chromium,
            mails=folder / "mails",
            manage=served.manage,
            ask=served.ask,
        )


@dataclass
class Hall:
    """Who is there, each with a screen of their own.

    :param tabs: username → where they are signed in.
    :param known: the codes that were mailed and read.
    """

    site: Any
    ending: ExitStack
    tabs: dict[str, Tab] = field(default_factory=dict)
    known: set[str] = field(default_factory=set)

    def enter(self, *, width: int = PHONE, scripts: bool = True) -> Tab:
        """Open a window in which nobody is signed in."""
        return self.ending.enter_context(open_tab(self.site, width=width, scripts=scripts))

    def let_in(self, name: str, *, to: str = "/", width: int = PHONE) -> Tab:
        """Sign somebody up with an address, confirm it by the code that is mailed, and go on to ``to``."""
        self.tabs[name] = tab = self.enter(width=width)
        page = tab.open(f"/sign-up/?next={to}")
        send(page, "Sign up", name, f"{name}@example.org", FIRST)
        send(page, "Confirm", read_code(self.site, f"{name}@example.org", self.known))
        page.get_by_role("button", name="Sign out").wait_for()
        return tab

    def sign_in(self, name: str, password: str, *, width: int = PHONE, scripts: bool = True) -> Tab:
        """Sign somebody in who has an account."""
        self.tabs[name] = tab = self.enter(width=width, scripts=scripts)
        tab.sign_in(name, password)
        return tab

    def check_numbers(self) -> None:
        """Recount every number of the site from its rows: none may have drifted."""
        assert "all right" in self.site.manage("reconcile_stats", "--dry-run")


@contextmanager
def hall_of(site: Any) -> Iterator[Hall]:
    """Yield a hall with nobody in it; its windows are closed at the end."""
    with ExitStack() as ending:
        yield Hall(site, ending)


def tell(site: Any, script: str) -> Any:
    """Run a script in the process of the site that prints JSON at its end, and return that."""
    return json.loads(site.manage("shell", "--verbosity", "0", "-c", script).splitlines()[-1])


def press(page: Any, name: Any) -> None:
    """Press the first button of that name, which leads to another page."""
    leave_by(page.get_by_role("main").get_by_role("button", name=name).first)


def follow(page: Any, name: Any) -> None:
    """Follow the first link of that name."""
    leave_by(page.get_by_role("main").get_by_role("link", name=name).first)


def fill(page: Any, label: str, value: str) -> None:
    """Fill the field of that label in."""
    page.get_by_role("main").get_by_label(label).first.fill(value)


def expect_text(page: Any, *texts: Any) -> None:
    """Wait until the page says all of that."""
    for text in texts:
        expect(page.get_by_role("main")).to_contain_text(text)


def check(tab: Tab) -> None:
    """Check that the page as it is now fits the screen, and that axe finds nothing."""
    settle(tab.page)
    found = tab.list_overflows() + tab.list_violations()
    assert found == [], f"{tab.page.url}: {found}"


def make_a_game(operator: Tab, name: str = "Arena") -> None:
    """Let the operator, who is signed in, make the first game in the admin."""
    page = operator.open("/admin/games/game/add/")
    page.get_by_label("Name:").fill(name)
    leave_by(page.get_by_role("button", name="Save", exact=True))
    expect(page.locator(".messagelist")).to_contain_text(name)


def list_pairs(page: Any, round_name: str) -> list[tuple[str, str, str]]:
    """Return the pairings of a round as the desk shows them: two names, and the address of each."""
    section = page.locator("section").filter(has=page.get_by_role("heading", name=round_name, exact=True))
    found = []
    for link in list_all(section.locator("a.main")):
        first, second = (each.inner_text() for each in list_all(link.locator("bdi"), 2))
        found.append((first, second, link.get_attribute("href")))
    return found


def report(tab: Tab, event: str, side: str, mine: int, theirs: int) -> Any:
    """Report the next match of one's side: open it from the cup's page, and write the score as it sees it."""
    page = tab.open(f"/tournaments/{event}/")
    follow(page, re.compile("Your next match"))
    fields = list_all(page.locator("fieldset label input"), 2)
    is_first = page.locator("fieldset label bdi").first.inner_text().strip() == side
    for box, score in zip(fields, (mine, theirs) if is_first else (theirs, mine), strict=True):
        box.fill(str(score))
    press(page, "Report the result")
    return page


def find_id(tab: Tab) -> str:
    """Return the public id of who is signed in."""
    return tab.page.locator("a.me").first.get_attribute("href").strip("/").rpartition("/")[2]


def read_number(tab: Tab, public_id: str, stat: str) -> int:
    """Return the number that the page about it says."""
    page = tab.open(f"/players/{public_id}/stats/{stat}/")
    return int(re.sub(r"\D", "", page.locator("section.number .value").first.inner_text()))


def read_board(tab: Tab, stat: str) -> list[str]:
    """Return the names on the first page of a board, in their order."""
    page = tab.open(f"/leaderboards/{stat}/")
    return [each.inner_text().strip() for each in list_all(page.locator("main table tbody tr bdi"))]


def read_timeline(tab: Tab, public_id: str) -> str:
    """Return what the timeline of a player says."""
    return tab.open(f"/players/{public_id}/activity/").get_by_role("main").inner_text()

"""A real Chromium, and a watch over what a page does in it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
#: Chromium asks its makers for nothing, and runs where there is no display and no sandbox.
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
#: Adds up the layout shifts that nobody's click caused.
WATCH_SHIFTS = """
window.shifted = 0;
new PerformanceObserver(list => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifted += entry.value;
}).observe({type: "layout-shift", buffered: true});
"""
#: On a busy machine anything may take long, and that is not what is looked at.
PATIENCE = 120_000
#: Fixed and animated things blink while axe looks at their colours.
CALM = {"reduced_motion": "reduce"}


def find_chromium() -> str | None:
    """The path of a Chromium on this machine; ``None`` where there is none."""
    return next(filter(None, map(shutil.which, NAMES)), None)


def require_chromium() -> str:
    """The path of a Chromium. Skip the test where there is none; fail where tests must not be skipped."""
    found = find_chromium()
    if found is None:
        reason = "no Chromium on this machine: install it (on Debian: apt install chromium)"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    return found


@dataclass
class Tab:
    """A page in a browser, and everything it did that it must not do.

    :param faults: what was written to the console, requests to elsewhere, answers with an error.
    """

    address: str
    page: Page
    is_scripted: bool
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.faults.append(f"error: {error}"))
        self.page.on("request", self._follow)

    def open(self, path: str, *, status: int = 200) -> Page:
        """Open a path of the site; the answer must have this status."""
        self._awaited = status
        answer = self.page.goto(self.address + path)
        assert answer is not None
        assert answer.status == status, f"{path}: {answer.status}"
        return self.page

    def sign_in(self, username: str, password: str) -> None:
        page = self.open("/sign-in/")
        page.get_by_label("Username").fill(username)
        page.get_by_label("Password").fill(password)
        page.get_by_role("main").get_by_role("button", name="Sign in").click()
        page.get_by_role("button", name="Sign out").wait_for()

    def look(self) -> list[str]:
        """What is wrong with the page as it is now: it is wider than the screen, or it moved."""
        width = self.page.viewport_size["width"]
        found = self.page.evaluate("document.documentElement.scrollWidth")
        faults = [f"{found} px wide"] if found > width else []
        shifted = self.page.evaluate("window.shifted || 0")
        return faults + ([f"moved by {shifted:.3f}"] if shifted > 0.001 else [])

    def list_violations(self) -> list[str]:
        """What axe finds: the rule, and the first element that breaks it."""
        found = Axe().run(self.page).response["violations"]
        return [f"{each['id']}: {each['nodes'][0]['html'][:200]}" for each in found]

    def take_faults(self) -> list[str]:
        """Return what the page did wrong since this was asked last."""
        faults, self.faults = self.faults, []
        return faults

    def _hear(self, message: ConsoleMessage) -> None:
        is_refusal = f"status of {self._awaited} " in message.text and self._awaited >= 400
        if message.type in {"error", "warning"} and not is_refusal:
            self.faults.append(f"console: {message.text}")

    def _follow(self, request: Request) -> None:
        if not request.url.startswith((self.address, "data:", "blob:")):
            self.faults.append(f"asked {request.url}")


@contextmanager
def open_tab(
    address: str, *, width: int = 1440, theme: str = "light", scripts: bool = True, text: int = 16
) -> Iterator[Tab]:
    """A tab of a browser of its own; nothing it did wrong may be left at the end.

    :param text: the size of text that the reader asks for, in pixels.

    A browser per test, since the loop of Playwright must not outlive it: Django refuses to work beside one.
    """
    executable = require_chromium()
    with sync_playwright() as playwright:
        sized = f"--blink-settings=defaultFontSize={text}"  # as in the settings of a browser
        browser = playwright.chromium.launch(executable_path=executable, args=[*ARGUMENTS, sized])
        context: BrowserContext = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=theme,
            java_script_enabled=scripts,
            locale="en-GB",
            timezone_id="Europe/Istanbul",
            **CALM,
        )
        context.set_default_timeout(PATIENCE)
        if scripts:
            context.add_init_script(WATCH_SHIFTS)
        tab = Tab(address, context.new_page(), scripts)
        yield tab
        assert tab.take_faults() == []
        browser.close()

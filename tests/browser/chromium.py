"""A real Chromium, and a watch over what a page does in it."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Error,
    Locator,
    Page,
    Playwright,
    Request,
    expect,
    sync_playwright,
)

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
#: Adds up the layout shifts that nobody's click caused. Nothing is laid out before the whole page has come
#: and its deferred scripts have run: in how many pieces they come, and whether the page is painted between,
#: is luck, and what moves for that reason says nothing about the page.
WATCH_SHIFTS = """
{
  const veil = new CSSStyleSheet();
  veil.replaceSync(":root { display: none !important }");
  if (document.readyState === "loading") {
    document.adoptedStyleSheets = [veil];
    document.addEventListener("DOMContentLoaded", () => { document.adoptedStyleSheets = []; }, {once: true});
  }
  let shifted = 0;
  const add = list => {
    for (const entry of list) if (!entry.hadRecentInput) shifted += entry.value;
  };
  const observer = new PerformanceObserver(list => add(list.getEntries()));
  observer.observe({type: "layout-shift", buffered: true});
  window.addUpShifts = async () => {
    for (const _ of [1, 2]) await new Promise(requestAnimationFrame);  // all that was changed is painted then
    add(observer.takeRecords());
    return shifted;
  };
}
"""
#: Waits until htmx has filled in what is in sight. It looks again only when the window moves: it is told so.
SETTLE = """
async () => {
  if (!window.htmx) return;
  const isInSight = ({top, bottom}) => top < window.innerHeight && bottom >= 0;
  for (;;) {
    const awaited = Array.from(document.querySelectorAll("[hx-trigger*='revealed']:not([data-hx-revealed])"));
    if (awaited.some(each => isInSight(each.getBoundingClientRect()))) {
      window.dispatchEvent(new Event("scroll"));
    } else if (!document.querySelector(".htmx-request, .htmx-swapping, .htmx-settling, .htmx-added")) return;
    await new Promise(resolve => setTimeout(resolve, 10));
  }
}
"""
#: On a busy machine anything may take long, and that is not what is looked at.
PATIENCE = 120_000
#: How often Chromium is started before it counts as one that does not start.
STARTS = 3
HEIGHT = 900
#: A layout shift that nobody sees.
STILL = 0.001
AXE = Axe().axe_script
#: Looks at the page, and returns only what is read of it: the rest would be most of what the answer weighs.
#: Style sheets are not asked for a second time: only rules that axe does not run by itself read them.
LOOK = """
async ([except, options]) => {
  const about = except ? {exclude: [[except]]} : document;
  const preload = {assets: ["media"]};
  const {violations} = await axe.run(about, {...options, preload, resultTypes: ["violations"]});
  return violations.map(({id, nodes}) => [id, nodes[0].html]);
}
"""
#: Fixed and animated things blink while axe looks at their colours.
CALM = {"reduced_motion": "reduce"}


expect.set_options(timeout=PATIENCE)


def settle(page: Page) -> None:
    """Wait until the scripts of a page that is loaded have filled in all that is in sight."""
    page.evaluate(SETTLE)


@contextmanager
def leaving(page: Page) -> Iterator[None]:
    """Do what leads to another page, and go on when the whole of that has come.

    Without it, the next step finds the page before, or half of the next one: a click alone waits at most
    until the answer begins. ``tests.browser.test_steps`` holds that each click says which of both it is.
    """
    with page.expect_navigation():
        yield
    settle(page)


def leave_by(found: Locator) -> None:
    """Click on what leads to another page, and wait for the whole of that."""
    with leaving(found.page):
        found.click()


def touch(found: Locator) -> None:
    """Click on what changes something in the page that is shown; what it changes is yet to be awaited.

    What a script has just put into the page is a plain link, to another page, until htmx has looked at it.
    """
    settle(found.page)
    found.click()


def list_all(found: Locator, number: int | None = None) -> list[Locator]:
    """Return each of what is found, as soon as the page has all of it.

    :param number: how many there must be; without it, at least one.
    """
    if number is None:
        expect(found.first).to_be_attached()
    else:
        expect(found).to_have_count(number)
    return found.all()


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

    :param look: the size and theme of the window.
    :param faults: what was written to the console, requests to elsewhere, answers with an error.
    """

    address: str
    page: Page
    is_scripted: bool
    look: dict[str, Any] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._awaited = 200
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.faults.append(f"error: {error}"))
        self.page.on("request", self._follow)

    def open(self, path: str, *, status: int = 200) -> Page:
        """Open a path of the site, and wait for the whole of it; the answer must have this status."""
        self._awaited = status
        answer = self.page.goto(self.address + path)
        assert answer is not None
        assert answer.status == status, f"{path}: {answer.status}"
        policy = answer.headers.get("content-security-policy", "")
        assert "script-src 'self';" in f"{policy};", f"{path}: {policy}"
        assert "unsafe" not in policy, f"{path}: {policy}"
        settle(self.page)
        return self.page

    def await_status(self, status: int) -> None:
        """Say that what is pressed next is answered with this status, so that a refusal is no fault."""
        self._awaited = status

    def sign_in(self, username: str, password: str, *, is_closed: bool = False) -> None:
        """Sign in by the form; whose account is closed is asked whether to reopen it."""
        page = self.open("/sign-in/")
        page.get_by_label("Username").fill(username)
        page.get_by_label("Password").fill(password)
        leave_by(page.get_by_role("main").get_by_role("button", name="Sign in"))
        name = "Reopen" if is_closed else "Sign out"
        page.get_by_role("button", name=name).wait_for()

    def resize(self, width: int, theme: str) -> None:
        """Make the window as wide, and the reader's theme this one."""
        self.page.set_viewport_size({"width": width, "height": HEIGHT})
        self.page.emulate_media(color_scheme=theme)
        settle(self.page)

    def list_overflows(self) -> list[str]:
        """Say so if the page is wider than the screen."""
        width = self.page.viewport_size["width"]
        found = self.page.evaluate("document.documentElement.scrollWidth")
        return [f"{found} px wide on {width}"] if found > width else []

    def list_shifts(self) -> list[str]:
        """Say so if anything moved since the page was loaded."""
        if not self.is_scripted:
            return []
        shifted = self.page.evaluate("addUpShifts()")
        return [f"moved by {shifted:.3f}"] if shifted > STILL else []

    def list_violations(self, *, unfit: list[str] | None = None, repeated: str = "") -> list[str]:
        """What axe finds: the rule, and the first element that breaks it.

        :param unfit: rules that say nothing about this page.
        :param repeated: selects what need not be looked at, since the like of it is.
        """
        rules = {name: {"enabled": False} for name in unfit or []}
        with self._as_scripted() as page:
            if not page.evaluate("typeof axe === 'object'"):
                page.evaluate(AXE)
            found = page.evaluate(LOOK, [repeated, {"rules": rules}])
        width = self.page.viewport_size["width"]
        return [f"{name} on {width}: {html[:200]}" for name, html in found]

    @contextmanager
    def _as_scripted(self) -> Iterator[Page]:
        """The page where axe can run. It is a script, so where none runs it reads a copy of what is shown.

        The copy is at the same address, with the site's styles and without its scripts.
        """
        if self.is_scripted:
            yield self.page
            return
        address, shown = self.page.url, self.page.content()
        reader = self.page.context.browser.new_page(**self.look, **CALM)
        reader.set_default_timeout(PATIENCE)
        try:
            reader.route("**/*.js", lambda route: route.fulfill(body=""))
            reader.route(address, lambda route: route.fulfill(body=shown, content_type="text/html"))
            reader.goto(address)
            yield reader
        finally:
            reader.close()

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


@dataclass(frozen=True)
class Chromium:
    """One Chromium for many tests; each has a profile of its own in it, with nothing kept from the last.

    Playwright's loop may not run while a test of Django's does: it is paused between the tabs.
    """

    playwright: Playwright
    browser: Browser
    loop: asyncio.AbstractEventLoop

    @contextmanager
    def resumed(self) -> Iterator[Chromium]:
        """Playwright works within only; one may be within another."""
        before = asyncio._get_running_loop()
        asyncio._set_running_loop(self.loop)
        try:
            yield self
        finally:
            asyncio._set_running_loop(before)


def start(playwright: Playwright, executable: str, *more: str) -> Browser:
    """Return a Chromium that has started, with these arguments besides the usual.

    It is started anew when it ends, or says nothing, while it starts: nothing of the site was asked for yet,
    so that this tells of the machine alone. Raises Playwright's ``Error`` when it never starts.
    """
    arguments = [*ARGUMENTS, *more]
    launch = partial(playwright.chromium.launch, executable_path=executable, args=arguments, timeout=PATIENCE)
    for _ in range(STARTS - 1):
        with suppress(Error):
            return launch()
    return launch()


@contextmanager
def running() -> Iterator[Chromium]:
    """A Chromium, paused, until the end."""
    executable = require_chromium()
    manager = sync_playwright()
    playwright = manager.start()
    try:
        browser = start(playwright, executable)
    except Error:
        playwright.stop()  # its loop, left running, would be in the way of every test of Django's after it
        raise
    chromium = Chromium(playwright, browser, asyncio.get_running_loop())
    asyncio._set_running_loop(None)
    yield chromium
    with chromium.resumed():
        browser.close()
        playwright.stop()


@contextmanager
def open_tab(
    site: Any, *, width: int = 1440, theme: str = "light", scripts: bool = True, text: int = 16
) -> Iterator[Tab]:
    """A tab with a profile of its own; nothing it did wrong may be left at the end.

    :param text: the size of text that the reader asks for, in pixels; another than usual takes a browser.
    """
    with site.chromium.resumed() as chromium, ExitStack() as ending:
        browser = chromium.browser
        if text != 16:
            sized = f"--blink-settings=defaultFontSize={text}"  # as in the settings of a browser
            browser = start(chromium.playwright, require_chromium(), sized)
            ending.callback(browser.close)
        look = {"viewport": {"width": width, "height": HEIGHT}, "color_scheme": theme}
        context: BrowserContext = browser.new_context(
            **look,
            java_script_enabled=scripts,
            locale="en-GB",
            timezone_id="Europe/Istanbul",
            **CALM,
        )
        ending.callback(context.close)
        context.set_default_timeout(PATIENCE)
        if scripts:
            context.add_init_script(WATCH_SHIFTS)
        tab = Tab(site.address, context.new_page(), scripts, look)
        yield tab
        faults = tab.take_faults()
        assert not faults, faults

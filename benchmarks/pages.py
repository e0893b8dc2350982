"""``python -m benchmarks.pages PATH …``: pages of a running site, as a new browser loads them.

Budgets of a page: 150 kB in all, the largest contentful paint within 1 second, no layout shift. Each sample
is a browser profile of its own, without a cache. Start the site first, for example with ``make demo``.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median
from typing import Any

from playwright.sync_api import Browser, sync_playwright
from tests.browser.chromium import ARGUMENTS, find_chromium

MOST_BYTES, MOST_MILLISECONDS = 150_000, 1_000
#: Notes what a page paints last of what is largest, and by how much it moves.
WATCH = """
window.paint = 0; window.shifted = 0;
new PerformanceObserver(list => { for (const each of list.getEntries()) window.paint = each.startTime; })
  .observe({type: "largest-contentful-paint", buffered: true});
new PerformanceObserver(list => { for (const each of list.getEntries()) window.shifted += each.value; })
  .observe({type: "layout-shift", buffered: true});
"""


@dataclass(frozen=True)
class Sample:
    """One load: bytes over the wire, requests, milliseconds to the largest paint, and the layout shift."""

    transferred: int
    requests: int
    painted: float
    shifted: float


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pages", description=__doc__)
    parser.add_argument("paths", nargs="+", metavar="PATH", help="of a page: /players/DC-24-000084/")
    parser.add_argument("--site", default="http://127.0.0.1:8000", help="default %(default)s")
    parser.add_argument("--width", type=int, default=1440, help="of the window (default %(default)s)")
    parser.add_argument("--samples", type=int, default=9, help="of each page (default %(default)s)")
    options = parser.parse_args()

    print(f"{'page':48}{'kB':>8}{'requests':>10}{'LCP':>10}{'worst':>10}{'shift':>8}")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=ARGUMENTS)
        for path in options.paths:
            address = options.site + path
            print(describe(path, list(load(browser, address, options.width, options.samples))), flush=True)


def load(browser: Browser, address: str, width: int, samples: int) -> Iterator[Sample]:
    """Yield what each load took; the first, which fills the caches of the site, is left out."""
    for number in range(samples + 1):
        context = browser.new_context(viewport={"width": width, "height": 900})
        context.add_init_script(WATCH)
        page = context.new_page()
        protocol = context.new_cdp_session(page)
        protocol.send("Network.enable")
        received: list[float] = []
        protocol.on("Network.loadingFinished", lambda event, kept=received: _note(event, kept))
        page.goto(address, wait_until="networkidle")
        painted, shifted = page.evaluate("[window.paint, window.shifted]")
        context.close()
        if number:
            yield Sample(int(sum(received)), len(received), painted, shifted)


def describe(path: str, samples: list[Sample]) -> str:
    """Return a line of the table; what is over its budget is marked."""
    transferred = max(each.transferred for each in samples)
    painted = median(each.painted for each in samples)
    worst = max(each.painted for each in samples)
    shifted = max(each.shifted for each in samples)
    is_over = transferred > MOST_BYTES or painted > MOST_MILLISECONDS or shifted > 0
    numbers = (
        f"{transferred / 1000:8.1f}{samples[0].requests:10}{painted:7.0f} ms{worst:7.0f} ms{shifted:8.3f}"
    )
    return f"{path[:47]:48}{numbers}{'  over' if is_over else ''}"


def _note(event: dict[str, Any], kept: list[float]) -> None:
    kept.append(event["encodedDataLength"])


if __name__ == "__main__":
    main()

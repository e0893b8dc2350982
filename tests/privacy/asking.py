"""One cell of the matrix: a viewer requests a URL, and what the answer shows is compared with the rules."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from django.core.cache import cache

from tests.privacy.rules import KEYS, PEOPLE, Shown, admits
from tests.privacy.surfaces import Surface
from tests.privacy.world import World, find_secrets

API = "/api/"
CURSOR = re.compile(r"[\w-]{16,}(?=(?::[\w-]+)+)")


@dataclass(frozen=True)
class Cell:
    """Who asks for what, under which settings, after whom."""

    surface: Surface
    shown: Shown
    viewer: str
    after: str

    def __str__(self) -> str:
        return f"{self.surface} | {self.viewer} | {self.shown} | {self.after}"

    @property
    def is_open(self) -> bool:
        return admits(self.surface.gate, self.viewer, self.shown)

    @property
    def expected(self) -> set[str]:
        if not self.is_open:
            return set()
        shows = self.surface.shows.items()
        return {
            name for rule, names in shows if admits(rule, self.viewer, self.shown) for name in names.split()
        }


@dataclass(frozen=True)
class Answer:
    """What came back, as far as the rules speak of it."""

    status: int
    secrets: frozenset[str]
    cache_control: str
    vary: frozenset[str]
    body: bytes
    etag: str
    headers: dict[str, str]


def list_viewers(surface: Surface) -> list[str]:
    """Return the viewers, the owner and staff first: later viewers must not get what they were shown.

    Keys are for the API only.
    """
    return [*PEOPLE, *(KEYS if surface.address.startswith(API) else ())]


def ask(world: World, surface: Surface, viewer: str, *, method: str = "GET", **headers: str) -> Answer:
    """Send the request and read the whole answer: status line, headers, body, and inside its cursors."""
    address = surface.address.replace("{id}", world.public_id).replace("{rival}", world.rival_id)
    for name, cursor in world.cursors.items():
        address = address.replace(f"{{cursor:{name}}}", cursor)
    given = world.clients[viewer].generic(
        method, address, headers={**world.headers.get(viewer, {}), **headers}
    )
    content = b"".join(given.streaming_content) if given.streaming else given.content
    told = "\n".join(
        [
            str(given.status_code),
            *(f"{name}: {value}" for name, value in given.items()),
            content.decode(errors="replace"),
        ]
    )
    named = find_secrets(address)  # who asks by a name is told nothing by hearing it back
    found = find_secrets(told + "\n".join(_read_cursors(told)))
    vary = frozenset(name.strip().lower() for name in given.get("Vary", "").split(",") if name.strip())
    return Answer(
        given.status_code,
        frozenset(found - named),
        given.get("Cache-Control", ""),
        vary,
        content,
        given.get("ETag", ""),
        dict(given.items()),
    )


def judge(cell: Cell, answer: Answer) -> list[str]:
    """What the answer does against the rules; nothing, when it keeps them."""
    named = find_secrets(cell.surface.address)
    expected = cell.expected - named
    wanted = (
        cell.surface.status if cell.is_open else cell.surface.refusals.get(cell.viewer, cell.surface.refusal)
    )
    faults = []
    if answer.status != wanted:
        faults.append(f"{cell}: answers {answer.status}, not {wanted}")
    if leaked := answer.secrets - expected:
        faults.append(f"{cell}: gives away {', '.join(sorted(leaked))}")
    if missing := expected - answer.secrets:
        faults.append(f"{cell}: withholds {', '.join(sorted(missing))}")
    faults += [f"{cell}: {fault}" for fault in _judge_headers(cell, answer)]
    return faults


def _judge_headers(cell: Cell, answer: Answer) -> Iterator[str]:
    """Only what is the same for everybody may be kept by a shared cache; the rest says whose it is."""
    directives = {each.strip().partition("=")[0] for each in answer.cache_control.split(",") if each.strip()}
    if "public" in directives:
        if cell.surface.gate != "public" or set(cell.surface.shows) - {"public"}:
            yield "may be kept by shared caches, and is not the same for everybody"
        return
    if not directives & {"no-cache", "no-store"}:
        yield f"may be kept without asking again: Cache-Control is {answer.cache_control!r}"
    if "no-store" not in directives and "cookie" not in answer.vary:
        yield "does not say that it depends on the cookie"


def _read_cursors(told: str) -> Iterable[str]:
    """What signed cursors hold when they are read without the key."""
    for match in CURSOR.finditer(unquote(told)):
        payload = match[0].encode()
        try:
            yield base64.urlsafe_b64decode(payload + b"=" * (-len(payload) % 4)).decode(errors="replace")
        except ValueError:
            continue


def kept_pages() -> set[str]:
    """Return the cache's keys, without the counts of requests and the probe of the cache."""
    store: Any = getattr(cache, "_cache")  # noqa: B009
    counts = ("-rate:", "allauth:rl:", "deltacrown/probe")
    return {name for name in store if not any(count in name for count in counts)}


def find_faults(world: World, shown: Shown, cells: Iterable[Cell]) -> list[str]:
    """What each of the cells does against the rules, asked one after the other."""
    world.set_privacy(shown)
    return [fault for cell in cells for fault in judge(cell, ask(world, cell.surface, cell.viewer))]


def list_cells(shown: Shown, surfaces: Iterable[Surface], after: str = "in turn") -> list[Cell]:
    return [Cell(surface, shown, viewer, after) for surface in surfaces for viewer in list_viewers(surface)]


def none(faults: list[str]) -> None:
    assert not faults, "\n".join([f"{len(faults)} cells break the rules:", *faults])

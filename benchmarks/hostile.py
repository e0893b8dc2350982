"""Processor time of hostile requests against their size: ``python -m benchmarks.hostile``.

Each shape is sent in three sizes, through the whole site but for the server. The time of one kilobyte must
not grow with the size: a shape for which it does is quadratic, and a body of a megabyte would take hours.
"""

from __future__ import annotations

import gc
import logging
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import process_time
from typing import Any
from urllib.parse import quote

API = "/api/v1"
PRIVACY, MATCHES, COMPLETE = f"{API}/me/privacy", f"{API}/matches", f"{API}/tournaments/cup/complete"
TOURNAMENTS, PLAYERS, BOARDS = f"{API}/tournaments", f"{API}/players", f"{API}/leaderboards"
SIGN_IN = "/sign-in/"

#: Kilobytes of bodies; headers and addresses are only as long as the server takes them.
SIZES, SHORT_SIZES = (16, 64, 256), (4, 16, 60)
#: Combining marks in descending classes: the worst case of putting them in order.
MARKS = "\u0315\u0300"
#: The least of a match, up to its players.
HEAD = '"match_key": "k", "game": "rocket", "played_at": "2025-01-01T00:00:00Z", "players": '
NOBODY = '{"player": "DC-25-999999", "result": "WIN"}'


@dataclass(frozen=True)
class Shape:
    """A kind of request, whose faulty part is made in a given size.

    :param make: the size in bytes → the faulty part, which replaces ``…`` in ``form``.
    :param place: where it is: ``body``, ``query``, or the name of a header.
    """

    name: str
    path: str
    make: Callable[[int], str]
    form: str = "…"
    place: str = "body"
    method: str = "POST"
    kind: str = "application/json"

    @property
    def sizes(self) -> tuple[int, ...]:
        return SIZES if self.place == "body" else SHORT_SIZES

    def build(self, size: int) -> str:
        return self.form.replace("…", self.make(size))


def repeat(text: str) -> Callable[[int], str]:
    return lambda size: text * (size // len(text))


def listed(item: str) -> Callable[[int], str]:
    return lambda size: ",".join([item] * (size // (len(item) + 1)))


def named(form: str, separator: str = ",") -> Callable[[int], str]:
    def make(size: int) -> str:
        number = size // (len(form % 0) + 1)
        return separator.join(form % each for each in range(number))

    return make


def marks(size: int) -> str:
    return MARKS * (size // 4)


def quoted_marks(size: int) -> str:
    return quote(MARKS) * (size // 12)


NAMES = named('"n%07d": 1')
FORM = "application/x-www-form-urlencoded"
CREATE = '{"slug": "new", "game": "rocket", "name": "x", "starts_at": "2025-01-01T00:00:00Z"}'
PART = '--b\r\nContent-Disposition: form-data; name="a"\r\n\r\nx\r\n'
SHAPES = [
    Shape("names, the last twice", PRIVACY, NAMES, '{…, "n": 1, "n": 2}', method="PUT"),
    Shape("names, the last twice, delivered", MATCHES, NAMES, '{…, "n": 1, "n": 2}'),
    Shape("one name, many times", MATCHES, listed('"n": 1'), "{…}"),
    Shape("unknown names", PRIVACY, NAMES, "{…}", method="PUT"),
    Shape("unknown names, delivered", MATCHES, NAMES, '{"matches": [{…}]}'),
    Shape("nested lists", MATCHES, repeat("[")),
    Shape("nested objects", MATCHES, repeat('{"a":')),
    Shape("lists side by side", MATCHES, listed("[]"), '{"matches": […]}'),
    Shape("empty matches", MATCHES, listed("{}"), '{"matches": […]}'),
    Shape("empty players", MATCHES, listed(f'{{"players": [{listed("{}")(600)}]}}'), '{"matches": […]}'),
    Shape("players of no type", MATCHES, listed(f'{{"players": [{listed("1")(400)}]}}'), '{"matches": […]}'),
    Shape("unknown players", MATCHES, listed(NOBODY), f'{{"matches": [{{{HEAD}[…]}}]}}'),
    Shape("matches of nobody", MATCHES, listed(f"{{{HEAD}[{NOBODY}]}}"), '{"matches": […]}'),
    Shape("stats of many names", MATCHES, NAMES, f'{{"matches": [{{{HEAD}[{{"stats": {{…}}}}]}}]}}'),
    Shape("many digits", MATCHES, repeat("9"), '{"matches": …}'),
    Shape("many decimals", MATCHES, repeat("9"), '{"matches": 0.…}'),
    Shape("huge exponents", MATCHES, listed("1e999999"), '{"matches": […]}'),
    Shape("huge prizes", COMPLETE, listed('{"placement": 1, "prize": "1e999999"}'), '{"standings": […]}'),
    Shape("long prize", COMPLETE, repeat("9"), '{"standings": [{"placement": 1, "prize": "…"}]}'),
    Shape("standings of nobody", COMPLETE, listed('{"player": "x", "placement": 1}'), '{"standings": […]}'),
    Shape("half surrogates", MATCHES, repeat("\\ud83d"), '{"matches": "…"}'),
    Shape("combining marks", TOURNAMENTS, marks, CREATE.replace('"x"', '"…"')),
    Shape("long date", TOURNAMENTS, repeat("9"), CREATE.replace("2025-01-01T00:00:00Z", "…")),
    Shape("no JSON", MATCHES, repeat("{]")),
    Shape("open quote", MATCHES, repeat("\\"), '"…'),
    Shape("parameters", TOURNAMENTS, named("a%05d=1", "&"), place="query", method="GET"),
    Shape("search", PLAYERS, repeat("a%20"), "q=…", place="query", method="GET"),
    Shape("search, combining marks", PLAYERS, quoted_marks, "q=…", place="query", method="GET"),
    Shape("page search, combining marks", "/players/", quoted_marks, "q=…", place="query", method="GET"),
    Shape("cursor", TOURNAMENTS, repeat("A"), "page=…", place="query", method="GET"),
    Shape("as of", f"{PLAYERS}/DC-26-000001/stats", repeat("9"), "as_of=…", place="query", method="GET"),
    Shape("tags", BOARDS, listed('"x"'), place="If-None-Match", method="GET"),
    Shape("open tags", BOARDS, repeat('W/"'), place="If-None-Match", method="GET"),
    Shape("digits", BOARDS, repeat("9"), place="If-Modified-Since", method="GET"),
    Shape("languages", BOARDS, listed("a-b;q=0.1"), place="Accept-Language", method="GET"),
    Shape("cookies", BOARDS, named("c%05d=1", ";"), place="Cookie", method="GET"),
    Shape("open cookie", BOARDS, repeat("\\"), 'a="…', place="Cookie", method="GET"),
    Shape("key", f"{API}/me", repeat("_"), "Bearer dck_…", place="Authorization", method="GET"),
    Shape("proxies", BOARDS, listed("1.1.1.1"), place="X-Forwarded-For", method="GET"),
    Shape("ranges", BOARDS, listed("0-1"), "bytes=…", place="Range", method="GET"),
    Shape("media types", MATCHES, repeat(';a="'), "application/json…", place="Content-Type"),
    Shape("form fields", SIGN_IN, named("a%05d=1", "&"), kind=FORM),
    Shape("name of combining marks", SIGN_IN, quoted_marks, "username=…&password=x", kind=FORM),
    Shape("long password", SIGN_IN, repeat("x"), "username=srv&password=…", kind=FORM),
    Shape("form in parts", SIGN_IN, repeat(PART), kind="multipart/form-data; boundary=b"),
]


@dataclass
class Sender:
    """Sends requests as a member of staff, and forms as a visitor, to a site on a database in memory."""

    client: Any
    visitor: Any
    headers: Mapping[str, str] = field(default_factory=dict)

    def send(self, shape: Shape, size: int) -> int:
        part = shape.build(size)
        headers, kind = dict(self.headers), shape.kind
        data = part.encode() if shape.place == "body" else b"{}" if shape.method == "POST" else b""
        address = f"{shape.path}?{part}" if shape.place == "query" else shape.path
        if shape.place == "Content-Type":
            kind = part
        elif shape.place not in {"body", "query"}:
            headers[shape.place] = part
        client = self.visitor if shape.path == SIGN_IN else self.client
        status: int = client.generic(shape.method, address, data, kind, headers=headers).status_code
        return status


@contextmanager
def in_memory_site() -> Iterator[Sender]:
    """Set Django up on an empty database in memory, with a member of staff, a game and a tournament."""
    os.environ |= {"DATABASE_URL": "sqlite:///:memory:", "ALLOWED_HOSTS": "testserver"}
    os.environ |= dict.fromkeys(("API_RATE_PER_KEY", "API_RATE_PER_ADDRESS"), "100000000/60")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "deltacrown.config.settings")
    import django
    from django.conf import settings
    from django.core.management import call_command

    django.setup()
    logging.disable()
    settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
    call_command("migrate", verbosity=0)

    from django.test import Client
    from tests import scene
    from tests.api.calls import signed_in

    staff = scene.player("srv", is_staff=True, is_superuser=True)
    scene.game("rocket")
    scene.tournament("cup", organiser=staff, status="RUNNING")
    caller = signed_in(staff)
    caller.client.raise_request_exception = False
    yield Sender(caller.client, Client(raise_request_exception=False), caller.headers)


def measure(sender: Sender, shape: Shape) -> tuple[list[float], int]:
    """Return the milliseconds of a kilobyte in each size, less those of an empty one, and the last status."""
    sender.send(shape, 512)
    least = min(_time(sender, shape, 64)[0] for _ in range(3))

    per_kilobyte, status = [], 0
    for kilobytes in shape.sizes:
        seconds, status = _time(sender, shape, kilobytes * 1024)
        per_kilobyte.append(max(seconds - least, 0) * 1000 / kilobytes)
    return per_kilobyte, status


def _time(sender: Sender, shape: Shape, size: int) -> tuple[float, int]:
    gc.collect()
    began = process_time()
    status = sender.send(shape, size)
    return process_time() - began, status


def main() -> None:
    chosen = [shape for shape in SHAPES if not sys.argv[1:] or shape.name in sys.argv[1:]]
    print("| Shape | Where | kB | ms of each kB | Answer |\n|---|---|---|---|---|")
    with in_memory_site() as sender:
        for shape in chosen:
            times, status = measure(sender, shape)
            sizes = " · ".join(map(str, shape.sizes))
            figures = " · ".join(f"{each:.2f}" for each in times)
            place = f"`{shape.method} {shape.path}`" if shape.place in {"body", "query"} else shape.place
            print(f"| {shape.name} | {place} | {sizes} | {figures} | {status} |", flush=True)


if __name__ == "__main__":
    main()

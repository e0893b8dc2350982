"""Everything that the site is asked for, by kind: the suite's own list of pages, all operations, all jobs."""

from __future__ import annotations

import contextlib
import io
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection
from django.test import Client

from tests.browser.addresses import NO_PAGES, READERS, fill

#: The first that matches: address → kind. What is left is of the entrance, and of the site itself.
KINDS = (
    (r"/versus/", "Two players side by side"),
    (r"^(/api/v1)?/me\b|^/(settings|notifications|invitations|feed|disputes)/|/followers|/following|/disputes",
     "A player's own pages and facts"),
    (r"^/(organise|moderation)/|/merges|/external-ids|/changes|/organisers", "Desks of organisers and staff"),
    (r"^(/api/v1)?/leaderboards|^/integrity|^/api/v1/integrity", "Boards"),
    (r"^(/api/v1)?/(search|players)/?(\?|$)|^/sitemap|^/$", "Search, lists of players, home"),
    (r"^(/api/v1)?/players/", "Pages of one player"),
    (r"^(/api/v1)?/matches/", "A match"),
    (r"^(/api/v1)?/(tournaments|seasons)", "Tournaments and seasons"),
    (r"^(/api/v1)?/teams", "Teams"),
)  # fmt: skip
OTHERS, RECORDING, JOBS = "Signing in, documents, probes", "Recording, voiding, correcting", "Jobs"


@dataclass(frozen=True)
class Occasion:
    """Something that sends statements; ``ask`` returns a status that tells whether it did what it should."""

    kind: str
    name: str
    ask: Callable[[], int]


def find_kind(path: str) -> str:
    """Return the kind of an address."""
    return next((kind for pattern, kind in KINDS if re.search(pattern, path)), OTHERS)


def prepare() -> Any:
    """Load a small season with all sorts of people; return where everything is."""
    with contextlib.redirect_stdout(io.StringIO()) as said:
        call_command("load_demo", "--players", "40", "--matches", "400", "--tournaments", "12", verbosity=0)
        from tests.browser.season import fill as fill_season

        fill_season()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")  # now, and not at some time while it is asked
    return SimpleNamespace(**json.loads(said.getvalue().splitlines()[-1]))


def list_occasions(site: Any) -> Iterator[Occasion]:
    """Yield everything in turn; jobs are last, since they change what is read."""
    yield from _list_pages(site)
    yield from _list_operations(site)
    yield from _list_writes(site)
    yield from (Occasion(JOBS, job.name, _run(job.name)) for job in settings.JOBS)


def _run(job: str) -> Callable[[], int]:
    def run() -> int:
        with contextlib.redirect_stdout(io.StringIO()):
            call_command("run_job", job)
        return 200

    return run


def _get(client: Client, path: str, **headers: str) -> Callable[[], int]:
    def ask() -> int:
        cache.clear()  # each as if nobody had asked for it before
        answer = client.get(path, headers=headers)
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content
        assert body or answer.status_code in {302, 304, 405}, path
        return answer.status_code

    return ask


def _list_pages(site: Any) -> Iterator[Occasion]:
    from deltacrown.accounts.models import User

    apart = {"/broken/", "/away/", "/suspicious/"}  # of a browser's settings only
    for reader, (username, _, paths, _) in READERS.items():
        client = Client(raise_request_exception=False)
        if username and reader != "closed":  # who left is known by a session that only a sign-in makes
            client.force_login(User.objects.get(username=username.format(captain=site.captain)))
        for path in paths:
            if path not in apart:
                filled = fill(path, site)
                yield Occasion(find_kind(filled), f"{reader}: {path}", _get(client, filled))
    for path in NO_PAGES.values():
        filled = fill(path, site)
        yield Occasion(find_kind(filled), f"visitor: {path}", _get(Client(), filled))


def _list_operations(site: Any) -> Iterator[Occasion]:
    """Yield every read of the description of the API, asked with a key of a player who may see it all."""
    from deltacrown.accounts.models import User
    from deltacrown.accounts.services import create_key
    from deltacrown.accounts.services.keys import SCOPES
    from deltacrown.api.application import api

    staff = User.objects.get(username="demo-staff")
    made = create_key(owner=staff, name="distribution", scopes=sorted(SCOPES), by=staff)
    names = {
        "public_id": site.hero,
        "other": site.people["plain"],
        "merged": site.people["newcomer"],
        "stat": "matches_won",
        "game": site.game,
        "match_key": "odd-2",
        "handle": site.dispute,
    }
    slugs = {"tournaments": site.events["COMPLETED"], "seasons": site.season, "teams": site.team}
    series = site.series.split("/series/")
    for path, methods in sorted(api.get_openapi_schema()["paths"].items()):
        if "get" not in methods:
            continue
        under = path.split("/")[3]
        told = {**names, "slug": slugs.get(under, ""), "series": series[-1]}
        if "{series}" in path:
            told["slug"] = series[0]
        needed = "?q=an" if path in {"/api/v1/players", "/api/v1/teams", "/api/v1/search"} else ""
        filled = path.format(**told) + needed
        yield Occasion(
            find_kind(filled), f"API: {path}", _get(Client(), filled, authorization=f"Bearer {made.secret}")
        )


def _list_writes(site: Any) -> Iterator[Occasion]:
    from deltacrown.accounts.models import User
    from deltacrown.accounts.services import create_key
    from deltacrown.user_profile.models import UserProfile

    staff = User.objects.get(username="demo-staff")
    made = create_key(owner=staff, name="recording", scopes=["read", "matches:write"], by=staff)
    ids = list(UserProfile.objects.filter(standing="ACTIVE").values_list("public_id", flat=True)[:10])

    def post(path: str, body: Any) -> Callable[[], int]:
        bearer = {"authorization": f"Bearer {made.secret}"}
        return lambda: Client().post(path, body, content_type="application/json", headers=bearer).status_code

    def match(key: str, players: list[str]) -> dict[str, Any]:
        lines = [{"player": each, "result": "LOSS" if at else "WIN"} for at, each in enumerate(players)]
        played = "2025-06-01T12:00:00Z"
        return {"match_key": key, "game": site.game, "played_at": played, "players": lines}

    named = {"match_key": "spread-2", "game": site.game, "reason": "Not played."}
    for number in (2, 10):
        sent = {"matches": [match(f"spread-{number}", ids[:number])]}
        yield Occasion(RECORDING, f"a match of {number}", post("/api/v1/matches", sent))
        yield Occasion(RECORDING, f"the same of {number} again", post("/api/v1/matches", sent))
    yield Occasion(RECORDING, "voided", post("/api/v1/matches/void", named))
    yield Occasion(RECORDING, "restored", post("/api/v1/matches/restore", named))

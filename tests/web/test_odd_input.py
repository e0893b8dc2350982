"""Whatever is sent to a page, in its address or in a form, the answer is one that was meant."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module
from itertools import count
from pkgutil import iter_modules
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

import pytest
from django import forms
from django.test import Client
from django.urls import reverse

from deltacrown.accounts.services import create_key
from deltacrown.moderation.services import write_handle, write_statement_handle
from deltacrown.tournaments.models import Tournament
from deltacrown.tournaments.services import pairings
from deltacrown.web import forms as web_forms
from deltacrown.web import urls as web_urls
from tests import scene
from tests.privacy.crawl import list_pages

pytestmark = [pytest.mark.django_db, pytest.mark.once]

ODD = (
    b"",
    b"\x00",
    b"a\x00b",
    b"9" * 400,
    b"x" * 5000,
    b"-1",
    b"0",
    b"1e9",
    b"NaN",
    "\u202e".encode(),
    b"\xff\xfe",
    b"\xed\xa0\x80",
    b"<script>alert(1)</script>",
    b"'\"--",
    b"%00%s%(x)s{0}{{x}}",
    b"9999-12-31",
    b"0001-01-01",
    b"2025-02-30",
    "٣".encode(),
    "²".encode(),
    b"2025-01-01T00:00:00+99:99",
    b"9999-12-31T23:59:59-12:00",
    b"0001-01-01T00:00:00+12:00",
    b"season:\x00",
    b"DC-99-999999",
    "İıſK".encode(),
)
#: Of so many odd values, each parameter of each page gets one in seven, in turn; so all are sent somewhere.
STEP = 7
#: What every page takes, or might.
EVERYWHERE = ("page", "limit", "q", "as", "following", "around", "next", "match", "day", "chart")


@pytest.fixture
def site(settings) -> SimpleNamespace:
    """Two players with matches, a team with a captain, a tournament that is open and one that has ended."""
    settings.STEAM_SIGN_IN, settings.DISCORD_CLIENT_ID = True, "112233445566778899"
    anna, bea = scene.player("anna"), scene.player("bea")
    for number in range(14):
        row = scene.match(anna, f"m{number}", "WIN", hours=number)
        scene.match(bea, f"m{number}", "LOSS", hours=number)
    ended, squad = scene.tournament("cup"), scene.team()
    scene.result(ended, 1, anna)
    scene.registration(anna, ended)
    scene.tournament("next", status=Tournament.Status.OPEN)
    scene.member(anna, squad)
    scene.role(anna, squad)
    season = scene.season()
    filed = scene.dispute(anna, row)
    told = {
        "prefix": create_key(owner=anna, name="bot", scopes=["read"], by=anna).key.prefix,
        "public_id": anna.profile.public_id,
        "other": bea.profile.public_id,
        "stat": "matches_won",
        "game": row.game.slug,
        "match_key": row.match_key,
        "series": "Final 1",
        "section": "players",
        "handle": write_handle(filed),
        "name": "0" * 32,
        "provider": "discord",
    }
    running = scene.tournament("running", status=Tournament.Status.RUNNING)
    for each in (anna, bea):
        scene.registration(each, running)
    (final,) = pairings.draw_bracket(tournament=running)
    slugs = {"team": squad.slug, "season": season.slug, "tournament": ended.slug, "dispute": ended.slug}
    drawn = {"slug": running.slug, "handle": pairings.write_handle(final)}
    asked = {"handle": write_statement_handle(scene.dispute(bea, bea.match_rows.order_by("pk")[0]))}
    staff = scene.staff("boss")
    return SimpleNamespace(anna=anna, staff=staff, told=told, slugs=slugs, drawn=drawn, asked=asked)


def list_addresses(site: SimpleNamespace) -> Iterator[tuple[str, str]]:
    """Yield the name and address of every page, about what is there."""
    for pattern in web_urls.urlpatterns:
        names = re.findall(r"<(?:\w+:)?(\w+)>", str(pattern.pattern))
        slug = site.slugs.get(str(pattern.name).partition("-")[0], "cup")
        told = site.told | (site.drawn if "pairing" in str(pattern.name) else {})
        told |= site.asked if pattern.name == "dispute-statement" else {}
        yield str(pattern.name), reverse(pattern.name, kwargs={n: told.get(n, slug) for n in names})


def send(client: Client, method: str, address: str, data: dict[str, bytes]) -> list[str]:
    """What is wrong with the answer."""
    # Written out here: as a part of several, the client would take bytes for a list of numbers.
    written = {"data": urlencode(data), "content_type": "application/x-www-form-urlencoded"}
    answer = client.get(address, data) if method == "GET" else client.post(address, **written)
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    sent = f"{method} {address} { ({name: value[:30] for name, value in data.items()}) }"
    faults = [f"{sent}: {answer.status_code}"] if answer.status_code >= 500 else []
    return faults + ([f"{sent}: a script"] if b"<script>alert(1)" in content else [])


def test_odd_values_in_addresses(site):
    client = Client(raise_request_exception=False)
    client.force_login(site.anna)
    client.cookies["language"], client.cookies["zone"] = "tr", "Pacific/Kiritimati"
    takes = {path: list(names) for path, names in list_pages()}
    turn, faults, asked = count(), [], 0
    for pattern, (_, address) in zip(web_urls.urlpatterns, list_addresses(site), strict=True):
        path = "/" + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", str(pattern.pattern))
        for name in dict.fromkeys([*takes.get(path, []), *EVERYWHERE[: None if takes.get(path) else 1]]):
            for value in ODD[next(turn) % STEP :: STEP]:
                faults += send(client, "GET", address, {name: value})
                asked += 1

    assert faults == []
    assert asked > 500


def list_fields() -> dict[str, None]:
    """Every field of a form that is sent by POST."""
    names = [each.name for each in iter_modules(web_forms.__path__) if each.name != "filters"]
    modules: list[Any] = [web_forms, *(import_module(f"{web_forms.__name__}.{name}") for name in names)]
    classes = [each for module in modules for each in vars(module).values() if isinstance(each, type)]
    named = (each.base_fields for each in classes if issubclass(each, forms.Form))
    return dict.fromkeys(
        [name for fields in named for name in fields]
        + ["next", "entry", "username", "password", "first", "second", "do"]
        + ["score-1-1", "score-1-2", "winner-1", "no_show"]
    )


@pytest.mark.parametrize("who", ["anna", "staff"])
def test_odd_values_in_forms(site, who):
    turn, faults, fields = count(), [], list_fields()
    for name, address in list_addresses(site):
        for value in ODD[next(turn) % STEP :: STEP]:
            client = Client(raise_request_exception=False)
            client.force_login(getattr(site, who))
            faults += send(client, "POST", address, dict.fromkeys(fields, value))
            if name in {"logout", "account"}:
                break

    assert faults == []
    assert len(fields) > 20


def test_a_form_of_another_site_is_refused(site):
    client = Client(enforce_csrf_checks=True)
    client.force_login(site.anna)
    answers = {name: client.post(address).status_code for name, address in list_addresses(site)}

    taken = {name: status for name, status in answers.items() if status not in {403, 405}}
    assert taken == {}
    assert sum(status == 403 for status in answers.values()) > 20

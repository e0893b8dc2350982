"""One strict Content-Security-Policy for every address, and nothing on any page that it would refuse."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from django.contrib import admin
from django.contrib.staticfiles import finders
from django.test import Client
from django.urls import URLPattern, get_resolver
from django.urls.resolvers import RoutePattern

from deltacrown.moderation.models import Dispute
from deltacrown.moderation.services import write_handle
from deltacrown.pages import leaderboards
from django_tally.models import Repair
from tests import scene
from tests.admin.rows import make_rows

pytestmark = [pytest.mark.django_db, pytest.mark.once]

POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self'",
    "font-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}
#: The one page that any site may put in a frame.
FRAMED = "players/<public_id:public_id>/badge/"
PARAMETER = re.compile(r"<(?:[^:>]+:)?([^>]+)>")


def list_routes(patterns=None, before=""):
    """Every address of the URL configuration, with its parameters in angle brackets."""
    for each in get_resolver().url_patterns if patterns is None else patterns:
        route = before + (str(each.pattern) if isinstance(each.pattern, RoutePattern) else "")
        if isinstance(each, URLPattern):
            yield route
        else:
            yield from list_routes(each.url_patterns, route)


class Forbidden(HTMLParser):
    """Notes everything in a page that the policy would refuse."""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        if tag == "style" or (tag == "script" and not self.is_allowed(attributes)):
            self.found.append((tag, self.getpos()))
        self.found += [name for name in attributes if name == "style" or name.startswith("on")]
        addresses = [attributes.get(name) or "" for name in ("src", "href", "action", "formaction")]
        self.found += [each for each in addresses if each.startswith(("javascript:", "data:"))]

    @staticmethod
    def is_allowed(attributes):
        """Return whether a script is a file of this site, or data that no browser runs."""
        is_own = re.match("/[^/]", attributes.get("src", ""))
        return is_own or attributes.get("type") == "application/json"


def read_policy(answer):
    """The directives of the answer's policy."""
    directives = (each.strip().partition(" ") for each in answer["Content-Security-Policy"].split(";"))
    return {name: value for name, _, value in directives}


def find_forbidden(answer):
    """What the policy refuses of a page; nothing for what is no page."""
    if not answer.get("Content-Type", "").startswith("text/html"):
        return []
    reader = Forbidden()
    reader.feed(answer.content.decode())
    return reader.found


@pytest.fixture
def fill(db):
    """``fill(route)``: the address of a row that is there."""
    make_rows()
    Repair.objects.update(holder="user_profile.UserProfile", stat="matches_won")
    player = scene.player("anna")
    names = {
        "public_id": player.profile.public_id,
        "stat": "matches_won",
        "slug": "cup-0",
        "game": "game-0",
        "match_key": "match-0",
        "handle": write_handle(Dispute.objects.earliest("pk")),
    }

    def fill(route):
        object_id = "1"
        for model in admin.site._registry:
            if route.startswith(f"admin/{model._meta.app_label}/{model._meta.model_name}/"):
                object_id = str(model.objects.values_list("pk", flat=True).first() or 1)
        chosen = {**names, "object_id": object_id, "id": object_id}
        return "/" + PARAMETER.sub(lambda found: chosen.get(found[1], "x"), route)

    return fill


def test_every_address_has_the_policy_and_a_page_that_keeps_to_it(fill):
    client = Client()
    client.force_login(scene.player("boss", is_staff=True))
    visitor = Client()
    faults, pages = {}, set()
    for route in list_routes():
        for browser in (client, visitor):
            answer = browser.get(fill(route))
            policy = {**POLICY, "frame-ancestors": "*"} if route == FRAMED else POLICY
            may_be_framed = "X-Frame-Options" not in answer and answer.status_code == 200
            if read_policy(answer) != policy or (route == FRAMED) > may_be_framed or find_forbidden(answer):
                faults[route] = answer.get("Content-Security-Policy"), find_forbidden(answer)
            if answer.status_code == 200:
                pages.add(route)

    assert faults == {}
    assert {"", "players/<public_id:public_id>/", "admin/games/match/", "api/v1/docs", "sign-in/"} <= pages
    assert len(pages) > 60


@pytest.mark.parametrize(
    "address", ["/nowhere/", "/matches/valorant/none/", "/api/v1/nowhere", "/admin/nowhere/"]
)
def test_errors_have_it_too(client, address):
    answer = client.get(address)

    assert answer.status_code in {302, 404}
    assert read_policy(answer) == POLICY
    assert find_forbidden(answer) == []


def test_a_fault_of_ours_has_it_too(monkeypatch, caplog):
    def fail(**options):
        raise RuntimeError

    monkeypatch.setattr(leaderboards, "list_front_boards", fail)
    answer = Client(raise_request_exception=False).get("/")

    assert answer.status_code == 500
    assert read_policy(answer) == POLICY
    assert find_forbidden(answer) == []


def test_the_files_of_pages_that_name_them_themselves_are_there(client):
    page = client.get("/api/v1/docs").content.decode()

    assert 'href="/static/api/docs.css"' in page
    assert all(finders.find(name) for name in ("api/docs.css", "web/plain.css"))


def test_the_script_writes_no_style_of_its_own(client):
    assert '"includeIndicatorStyles": false' in client.get("/").content.decode()


@pytest.mark.parametrize(
    "page",
    [
        "<style>p {}</style>",
        "<script>go()</script>",
        "<p style='color: red'>",
        "<p onclick='go()'>",
        "<a href='javascript:go()'>",
    ],
)
def test_what_is_forbidden_is_found(page):
    reader = Forbidden()
    reader.feed(page)

    assert reader.found

"""Every page that refuses something names its request, for whoever reports it; so does the API."""

from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client

from deltacrown.web.views import seasons
from tests import scene

pytestmark = [pytest.mark.django_db, pytest.mark.once]

TOLD = "If you report this, name this number:"


class Refused:
    """Requests that are refused, each in a way of its own."""

    def __init__(self, client, settings, monkeypatch):
        self.client, self.settings, self.monkeypatch = client, settings, monkeypatch

    def a_host_that_is_not_ours(self):
        return self.client.get("/seasons/", headers={"host": "evil.example"})

    def more_fields_than_are_read(self):
        self.settings.DATA_UPLOAD_MAX_NUMBER_FIELDS = 1
        return self.client.post("/settings/display/", {"theme": "dark", "zone": "UTC"})

    def a_form_that_has_expired(self):
        strict = Client(enforce_csrf_checks=True)
        return strict.post("/settings/display/", {"theme": "dark"})

    def what_nobody_may(self):
        def refuse(*_given, **_named):
            raise PermissionDenied

        self.monkeypatch.setattr(seasons.season_boards, "list_season_items", refuse)
        return self.client.get("/seasons/")

    def what_somebody_hides(self):
        user = scene.player("ann")
        scene.hide(user, matches=True)
        return self.client.get(f"/players/{user.profile.public_id}/matches/")

    def no_page(self):
        return self.client.get("/nowhere/")

    def no_player(self):
        return self.client.get("/players/DC-25-999999/")

    def the_address_of_a_button(self):
        return self.client.get(f"/players/{scene.player('ann').profile.public_id}/follow/")

    def more_pages_than_one_may_ask_for(self):
        self.settings.PAGE_RATE_PER_ADDRESS = "1/1000000000"
        from_there = Client(REMOTE_ADDR="192.0.2.90")
        return [from_there.get("/seasons/") for _ in range(2)][-1]


STATUSES = {
    "a_host_that_is_not_ours": 400,
    "more_fields_than_are_read": 400,
    "a_form_that_has_expired": 403,
    "what_nobody_may": 403,
    "what_somebody_hides": 403,
    "no_page": 404,
    "no_player": 404,
    "the_address_of_a_button": 405,
    "more_pages_than_one_may_ask_for": 429,
}


@pytest.mark.parametrize("case", STATUSES)
def test_a_page_that_refuses_names_its_request(client, settings, monkeypatch, case):
    answer = getattr(Refused(client, settings, monkeypatch), case)()
    page = answer.content.decode()

    assert answer.status_code == STATUSES[case]
    assert f'{TOLD} <code class="id">{answer["X-Request-ID"]}</code>' in page
    assert "<h1>" in page
    assert answer.get("Allow") == ("POST" if answer.status_code == 405 else None)


def test_a_page_that_is_served_names_none(client):
    answer = client.get("/seasons/")
    assert answer["X-Request-ID"] not in answer.content.decode()


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("get", "/api/v1/nowhere", 404),
        ("get", "/api/v1/players/DC-25-999999", 404),
        ("delete", "/api/v1/players/DC-25-999999", 405),
        ("get", "/api/v1/leaderboards?after=x", 422),
        ("get", "/api/v1/me", 401),
    ],
)
def test_a_problem_of_the_api_names_it_in_its_header(client, method, path, status):
    answer = getattr(client, method)(path)
    assert answer.status_code == status
    assert len(answer["X-Request-ID"]) == 32

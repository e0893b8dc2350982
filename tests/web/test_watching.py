"""What is known of every request: an id, counts, a record; and nobody in it."""

from __future__ import annotations

import io
import json
import logging
import re

import pytest
from django.conf import settings as configured
from django.core.cache import cache
from django.db import connection
from django.http import StreamingHttpResponse
from django.test import Client, RequestFactory

from deltacrown.accounts.services import create_key
from deltacrown.core import log_records, outages
from deltacrown.core.metrics import families
from deltacrown.core.request_facts import choose_request_id
from deltacrown.core.statement_tally import tally_statement, watch_connection
from deltacrown.web import watching
from tests import scene

pytestmark = pytest.mark.django_db

TOKEN = "k7QzBv3x" * 3
ID = re.compile(r"[0-9a-f]{32}", re.ASCII)
MISTAKE = "the mistake of anna-kournikova@example.org"


@pytest.fixture(autouse=True)
def counts():
    """Nothing is counted yet, and what is counted is this test's."""
    families.forget_counts()
    yield
    families.forget_counts()


@pytest.fixture
def written():
    """``written()``: the records so far, as they are written to the log as JSON."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(log_records.make_formatter("json", tells_errors=False))
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.removeHandler(handler)
    root.setLevel(level)


def read_metrics(client=None, token=TOKEN):
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return (client or Client()).get("/metrics", headers=headers)


def find_samples(text, name):
    """``{labels: value}`` of one metric."""
    found = re.findall(rf"^{name}(?:\{{(.*)\}})? (\S+)$", text, re.MULTILINE)
    return {labels: float(value) for labels, value in found}


class TestIds:
    def test_every_answer_has_one_of_its_own(self, client):
        ids = [client.get("/healthz")["X-Request-ID"] for _ in range(3)]

        assert len(set(ids)) == 3
        assert all(ID.fullmatch(each) for each in ids)

    @pytest.mark.parametrize(
        ("proxies", "given", "is_taken"),
        [
            (1, "0123456789abcdef0123456789abcdef", True),
            (1, "5D2C6D0A-9E1B-4C57-8F7E-3D1E5A9B7C11", True),
            (0, "0123456789abcdef0123456789abcdef", False),
            (1, "anna-kournikova", False),
            (1, "0123", False),
            (1, "0123456789abcdef\nforged", False),
            (1, "f" * 65, False),
        ],
    )
    def test_one_is_taken_from_a_proxy_that_is_trusted(self, settings, proxies, given, is_taken):
        settings.API_TRUSTED_PROXIES = proxies

        chosen = choose_request_id(RequestFactory().get("/", HTTP_X_REQUEST_ID=given))

        assert (chosen == given.lower()) is is_taken
        assert is_taken or ID.fullmatch(chosen)

    def test_a_page_that_says_what_broke_says_it(self, client, monkeypatch):
        answer = break_pages(monkeypatch, client)

        assert answer.status_code == 500
        assert answer.content.decode().count(answer["X-Request-ID"]) == 2  # in both languages

    def test_so_does_the_page_of_an_outage(self, client, monkeypatch):
        monkeypatch.setattr(outages._Rest, "outage", outages.AWAY)
        answer = client.get("/seasons/")

        assert answer.status_code == 503
        assert answer["X-Request-ID"] in answer.content.decode()


def break_pages(monkeypatch, client):
    """The answer of a page whose view makes a mistake."""

    def fail(*_args, **_kwargs):
        raise ZeroDivisionError(MISTAKE)

    monkeypatch.setattr("deltacrown.web.views.seasons.season_boards.list_season_items", fail)
    client.raise_request_exception = False
    return client.get("/seasons/?q=anna-kournikova")


class TestRecords:
    def test_of_many_kinds_of_requests_none_tells_who(self, written, monkeypatch, settings):
        settings.API_TRUSTED_PROXIES = 1
        user = scene.player("anna-kournikova", email="anna-kournikova@example.org")
        user.set_password("battery-staple-99")
        user.save()
        hidden = user.profile.public_id
        key = create_key(owner=user, by=user, scopes=["read"], name="anna's key")
        secret = key.secret
        client = Client(raise_request_exception=False)
        aside = {"X-Forwarded-For": "203.0.113.77", "User-Agent": "Anna's browser"}

        def ask(path, **posted):
            return client.post(path, posted, headers=aside) if posted else client.get(path, headers=aside)

        ask("/sign-in/", username="anna-kournikova", password="wrong-battery")
        ask("/sign-in/", username="anna-kournikova@example.org", password="battery-staple-99")
        ask(
            "/sign-up/", username="anna-kournikova", email="anna-kournikova@example.org", password="b4tt3ry-x"
        )
        ask("/players/anna-kournikova/")
        ask("/anna-kournikova@example.org")
        ask("/search/?q=anna-kournikova")
        ask("/search/suggest/?q=anna-kournikova")
        ask(f"/players/{hidden}/matches/?q=anna-kournikova")
        ask("/api/v1/players?q=anna-kournikova")
        client.get("/api/v1/me", headers={**aside, "Authorization": f"Bearer {secret}"})
        client.get("/api/v1/me", headers={**aside, "Authorization": f"Bearer {secret[:-3]}xyz"})
        client.get("/", headers={**aside, "Cookie": "sessionid=anna-kournikova-cookie"})
        client.get("/", headers={"Host": "anna-kournikova.example.org"})
        broken = break_pages(monkeypatch, client)
        records = written()
        text = "\n".join(
            json.dumps(each, ensure_ascii=False) for each in records if each["logger"] != log_records.AUDIT
        )

        for forbidden in (
            "kournikova",
            "battery",
            "203.0.113",
            "example.org",
            secret[17:],
            hidden,
            "?q",
            "browser",
        ):
            assert forbidden not in text
        access = [each for each in records if each["logger"] == "deltacrown.access"]
        assert len(access) == 14
        assert {each["status"] for each in access} >= {200, 400, 401, 404, 500}
        assert all(each["request_id"] for each in records)
        [mistake] = [each for each in records if each["event"] == "500 GET seasons"]
        assert mistake["request_id"] == broken["X-Request-ID"]
        assert mistake["exception"].splitlines()[-1] == "ZeroDivisionError"

    def test_a_record_of_access_has_the_route_and_what_it_took(self, written):
        user = scene.player("anna")
        path = f"/players/{user.profile.public_id}/"
        answer = Client().get(path)
        [told] = [each for each in written() if each["logger"] == "deltacrown.access"]

        assert told["statements"] > 0
        assert told["ms"] > 0
        expected = {"method": "GET", "route": "player", "status": 200, "request_id": answer["X-Request-ID"]}
        assert expected.items() <= told.items()
        assert user.profile.public_id not in json.dumps(told)

    def test_what_is_sent_piece_by_piece_has_the_id_to_its_end(self, written):
        def pieces():
            logging.getLogger("deltacrown.pieces").warning("a piece")
            yield b"one"

        watched = watching.WatchedRequests(lambda _request: StreamingHttpResponse(pieces()))
        answer = watched(RequestFactory().get("/"))
        assert b"".join(answer.streaming_content) == b"one"

        [told] = [each for each in written() if each["logger"] == "deltacrown.pieces"]
        assert told["request_id"] == answer["X-Request-ID"]

    def test_the_next_record_of_the_thread_has_no_id(self, client, written):
        client.get("/healthz")
        logging.getLogger("deltacrown.after").warning("done")

        assert "request_id" not in written()[-1]


class TestMetrics:
    @pytest.fixture(autouse=True)
    def token(self, settings):
        settings.METRICS_TOKEN = TOKEN

    @pytest.mark.parametrize("given", ["", "wrong", TOKEN[:-1], f"{TOKEN}x", "Ünïcode"])
    def test_there_is_nothing_for_who_has_not_the_token(self, client, given):
        nothing, there = client.get("/nothing-here"), read_metrics(client, given)

        assert there.status_code == nothing.status_code == 404
        assert "deltacrown_" not in there.content.decode()

    def test_without_a_token_of_the_site_nobody_reads_them(self, settings, client):
        settings.METRICS_TOKEN = ""

        assert read_metrics(client).status_code == 404
        assert client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404

    def test_requests_are_counted_by_route(self, client):
        user = scene.player("anna")
        for path in ("/healthz", "/healthz", f"/players/{user.profile.public_id}/", "/made/up/"):
            client.get(path)
        client.generic("BREW", "/healthz")
        text = read_metrics(client).content.decode()

        assert find_samples(text, "deltacrown_requests_total") == {
            'method="GET",route="healthz",status="200"': 2,
            'method="OTHER",route="healthz",status="405"': 1,
            'method="GET",route="player",status="200"': 1,
            'method="GET",route="unrouted",status="404"': 1,
        }
        assert find_samples(text, "deltacrown_request_seconds_count")['route="healthz"'] == 3
        assert find_samples(text, "deltacrown_statements_total")['route="player"'] > 0
        assert user.profile.public_id not in text
        assert "anna" not in text

    def test_they_are_told_while_the_database_is_away(self, client, monkeypatch, django_assert_num_queries):
        monkeypatch.setattr(outages._Rest, "outage", outages.AWAY)
        with django_assert_num_queries(0):
            answer = read_metrics(client)

        text = answer.content.decode()
        assert answer.status_code == 200
        assert find_samples(text, "deltacrown_database_away") == {"": 1}
        assert find_samples(text, "deltacrown_job_problem") == {}

    def test_a_gauge_that_fails_hides_no_other(self, client, monkeypatch):
        monkeypatch.setattr("deltacrown.core.own_gauges.list_job_figures", None)
        text = read_metrics(client).content.decode()

        assert find_samples(text, "deltacrown_gauges_unreadable") == {"": 1}
        assert find_samples(text, "deltacrown_rank_changes_waiting")[""] >= 0

    def test_a_rate_limit_that_refuses_is_counted(self, client, settings):
        settings.PAGE_RATE_PER_ADDRESS = "1/1000000000"
        for _ in range(3):
            client.get("/seasons/")

        text = read_metrics(client).content.decode()
        assert find_samples(text, "deltacrown_rate_limited_total") == {'limit="page-rate"': 2}

    def test_what_is_kept_is_counted(self, client):
        user = scene.player("anna")
        cache.clear()
        for _ in range(2):
            client.get(f"/players/{user.profile.public_id}/")
            client.get(f"/api/v1/players/{user.profile.public_id}")
        text = read_metrics(client).content.decode()

        assert find_samples(text, "deltacrown_kept_answers_total") == {
            f'found="{found}",kind="{kind}"': 1
            for kind in ("OverviewPage", "ProfilePage")
            for found in ("made", "kept")
        }


def test_it_is_the_first_middleware():
    assert configured.MIDDLEWARE[0] == "deltacrown.web.watching.WatchedRequests"


def test_a_wrapper_of_somebody_else_goes_before_ours():
    with connection.execute_wrapper(lambda execute, *given: execute(*given)):
        connection.execute_wrappers.remove(tally_statement)
        watch_connection(connection)
        watch_connection(connection)
    assert connection.execute_wrappers.count(tally_statement) == 1

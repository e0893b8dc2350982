"""What every page shares: its frame, the error pages, health, and how numbers are written."""

import logging
import re
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from html.parser import HTMLParser
from types import SimpleNamespace

import pytest
from django.contrib.staticfiles import finders
from django.db import OperationalError, connection
from django.test import Client

from deltacrown.core.days import Precision
from deltacrown.core.errors import Conflict, DomainError, InvalidInput, NotFound
from deltacrown.core.models import JobRun
from deltacrown.pages import leaderboards
from deltacrown.user_profile.models import UserProfile
from deltacrown.user_profile.numbers.catalogue import get_stat_field
from deltacrown.user_profile.stat_fields import Stat
from deltacrown.web.templatetags import figures
from tests import scene
from tests.web.reading import text_of

VOID = {"meta", "link", "input", "br", "path", "img", "hr"}


class Nesting(HTMLParser):
    """Notes every element that is closed out of order or never."""

    def __init__(self):
        super().__init__()
        self.open, self.faults, self.ids = [], [], []

    def handle_starttag(self, tag, attrs):
        self.ids += [value for name, value in attrs if name == "id"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        pass

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.faults.append((tag, self.getpos()))


@pytest.fixture
def somebody(db):
    user = scene.player("anna")
    event = scene.tournament("cup")
    scene.tournament_match(scene.match(user, "m", kind="TOURNAMENT"), event, round="Final")
    scene.registration(user, event)
    scene.result(event, 1, user)
    scene.voided(user, "v")
    scene.activity(user, "a")
    scene.achievement(user)
    return user


ADDRESSES = [
    "/",
    "/leaderboards/matches_won/",
    "/players/",
    "/players/?q=an",
    "/players/{id}/",
    "/players/{id}/matches/",
    "/players/{id}/tournaments/",
    "/players/{id}/activity/",
    "/players/{id}/stats/matches_won/",
    "/players/{id}/stats/tournaments_won/",
    "/players/{id}/stats/achievement_count/",
    "/tournaments/",
    "/tournaments/cup/",
    "/tournaments/cup/results/",
    "/tournaments/cup/matches/",
    "/tournaments/cup/entrants/",
    "/tournaments/cup/players/",
    "/matches/valorant/m/",
    "/sign-in/",
    "/nowhere/",
    "/players/{id}/matches/?page=x",
]


@pytest.mark.parametrize("address", ADDRESSES)
class TestFrame:
    @pytest.fixture
    def page(self, client, somebody, address):
        return client.get(address.format(id=somebody.profile.public_id)).content.decode()

    def test_elements_are_nested_and_ids_are_single(self, page):
        reader = Nesting()
        reader.feed(page)

        assert reader.faults == []
        assert reader.open == []
        assert len(reader.ids) == len(set(reader.ids))

    def test_one_heading_a_title_a_language_and_a_way_past_the_header(self, page):
        assert page.count("<h1") == 1
        assert re.search(r"<title>[^<]+ · DeltaCrown</title>", page)
        assert '<html lang="en" dir="ltr"' in page
        assert '<a class="skip" href="#main">' in page
        assert '<main id="main"' in page

    def test_every_table_has_a_caption_and_named_columns(self, page):
        for table in re.findall(r"<table.*?</table>", page, re.DOTALL):
            assert re.search(r"<caption[^>]*>.*?\S.*?</caption>", table, re.DOTALL)
            assert '<th scope="col"' in table

    def test_every_field_has_a_label(self, page):
        for field in re.findall(r"<(?:input|select)[^>]*>", page):
            if 'type="hidden"' in field:
                continue
            identity = re.search(r'id="([^"]+)"', field)
            labelled = identity and f'for="{identity[1]}"' in page
            before = page[: page.index(field)]
            assert labelled or before.rfind("<label") > before.rfind("</label>")

    def test_nothing_comes_from_elsewhere(self, page):
        named = re.findall(r'(?:src|href|action)="(?:https?:)?//([^/"]*)', page)
        # The canonical address of a page, and those of its feeds, are whole.
        assert set(named) <= {"testserver"}

    def test_no_database_key_is_in_an_address(self, page):
        for link in re.findall(r'href="([^"?#]*)', page):
            assert not re.search(r"/\d+/", link)


def test_the_files_pages_ask_for_are_there(client, db):
    page = client.get("/").content.decode()

    found = re.findall(r'(?:src|href)="/static/([^"?]+)"', page)
    assert "web/site.css" in found
    assert any("htmx" in name for name in found)
    for name in found:
        assert finders.find(name), name


def test_the_icon_is_where_browsers_look_for_it(client, db, django_assert_num_queries):
    with django_assert_num_queries(0):
        answer = client.get("/favicon.ico")

    assert (answer.status_code, answer["Location"]) == (302, "/static/web/mark.svg")


class TestErrors:
    def test_not_found(self, client, db):
        answer = client.get("/nowhere/")

        assert answer.status_code == 404
        assert "There is no page at this address" in text_of(answer)

    def test_a_fault_of_ours(self, db, monkeypatch, caplog):
        def fail(**options):
            raise RuntimeError("secret detail")

        monkeypatch.setattr(leaderboards, "list_front_boards", fail)
        with caplog.at_level(logging.CRITICAL, logger="django.request"):
            answer = Client(raise_request_exception=False).get("/")

        assert answer.status_code == 500
        assert "The fault is on our side" in text_of(answer)
        assert "secret detail" not in answer.content.decode()

    @pytest.mark.parametrize(
        ("refusal", "status"),
        [
            (NotFound("a <b> c"), 404),
            (Conflict("a <b> c"), 409),
            (InvalidInput("a <b> c"), 400),
            (DomainError("a <b> c"), 400),
        ],
    )
    def test_a_refusal_is_a_page_with_its_message_escaped(self, client, db, monkeypatch, refusal, status):
        def refuse(**options):
            raise refusal

        monkeypatch.setattr(leaderboards, "list_front_boards", refuse)
        answer = client.get("/")

        assert answer.status_code == status
        assert "a &lt;b&gt; c" in answer.content.decode()

    @pytest.mark.parametrize("method", ["post", "put", "delete"])
    def test_pages_refuse_other_methods(self, client, db, method):
        assert getattr(client, method)("/").status_code == 405


class TestHealth:
    def test_alive_without_asking_the_database(self, client, db, django_assert_num_queries):
        with django_assert_num_queries(0):
            answer = client.get("/healthz")

        assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
        assert "no-store" in answer["Cache-Control"]

    def test_ready(self, client, db):
        parts = ("status", "database", "cache", "jobs", "numbers")
        assert client.get("/readyz").json() == dict.fromkeys(parts, "ok")

    def test_ready_without_the_cache_and_says_so(self, client, db, redis_cache, caplog):
        assert client.get("/readyz").json()["cache"] == "ok"
        redis_cache.kill()
        answer = client.get("/readyz")

        assert (answer.status_code, answer.json()["cache"]) == (
            200,
            "does not answer; pages come from the database",
        )
        assert client.get("/").status_code == 200

    def test_ready_with_a_job_that_failed_and_says_so(self, client, db):
        JobRun.objects.create(
            job="reconcile",
            cause="x",
            status="FAILED",
            started_at=scene.at(0),
            finished_at=scene.at(1),
            error="boom",
        )
        answer = client.get("/readyz")

        assert answer.status_code == 200
        assert answer.json()["jobs"] == ["reconcile: the run of 2025-03-01 18:00 failed."]

    def test_not_ready_when_the_database_does_not_answer(self, client, db, monkeypatch, caplog):
        def refuse():
            raise OperationalError("no route")

        with monkeypatch.context() as broken:
            broken.setattr(connection, "cursor", refuse)
            answer = client.get("/readyz")

        assert answer.status_code == 503
        assert answer.json()["database"] == "The database does not answer."
        assert "no route" not in answer.content.decode()
        assert caplog.messages == ["the database does not answer: no route", "Service Unavailable: /readyz"]


class TestFigures:
    @pytest.mark.parametrize(
        ("value", "written"),
        [
            (0, "0"),
            (1234567, "1,234,567"),
            (Decimal("56.2"), "56.20"),
            (1.5, "1.50"),
            (None, "–"),
            ("M4", "M4"),
            (True, "True"),
            (-3, "-3"),
        ],
    )
    def test_numbers(self, value, written):
        assert figures.figure(value) == written

    @pytest.mark.parametrize(
        ("value", "written"),
        [
            (1, "1st"),
            (2, "2nd"),
            (3, "3rd"),
            (4, "4th"),
            (11, "11th"),
            (12, "12th"),
            (13, "13th"),
            (21, "21st"),
            (112, "112th"),
            (1001, "1,001st"),
            (None, "–"),
        ],
    )
    def test_places(self, value, written):
        assert figures.place(value) == written

    @pytest.mark.parametrize(
        ("value", "written"),
        [(Decimal("1500.00"), "1,500"), (Decimal("12.50"), "12.50"), (Decimal(0), "–"), (None, "–")],
    )
    def test_money(self, value, written):
        assert figures.money(value) == written

    def test_the_most_telling_numbers_come_first_and_those_of_no_rank_last(self):
        places = {
            name: get_stat_field(UserProfile, name).place
            for name in ("disputes_filed", "matches_won", "overall_win_rate")
        }
        lines = [
            SimpleNamespace(name=name, place=place)
            for name, place in {"brand_new": Stat().place, **places}.items()
        ]

        assert [line.name for line in figures.telling_first(lines)] == [
            "overall_win_rate",
            "matches_won",
            "disputes_filed",
            "brand_new",
        ]

    @pytest.mark.parametrize(
        ("value", "drawn"), [(Decimal("56.25"), "56.25"), (Decimal("0.00"), "0"), (None, "0")]
    )
    def test_a_percentage_is_drawn_for_the_eye_alone(self, value, drawn):
        assert f'aria-hidden="true"><rect width="{drawn}" height="1"/>' in figures.bar(value)

    @pytest.mark.parametrize(
        ("told", "written"), [("🏆 Won Cup", "Won Cup"), ("Registered for 🏆 Cup", "Registered for 🏆 Cup")]
    )
    def test_only_the_trophy_in_front_is_left_to_the_page(self, told, written):
        assert figures.worded_plainly(told) == written

    def test_datetimes_are_written_in_utc(self):
        value = datetime(2025, 3, 2, 1, 30, tzinfo=timezone(timedelta(hours=3)))

        hour = '<span class="hour">22:30</span>'
        assert (
            figures.write_datetime(value)
            == f'<time datetime="2025-03-01T22:30:00+00:00">1 Mar 2025 {hour}</time>'
        )
        assert figures.day(value) == '<time datetime="2025-03-01">1 Mar 2025</time>'
        assert figures.told(value, Precision.DAY) == figures.day(value)
        assert figures.told(value, Precision.EXACT) == figures.write_datetime(value)
        assert figures.day(datetime(2025, 12, 31, tzinfo=UTC)).endswith(">31 Dec 2025</time>")
        assert figures.write_datetime(None) == figures.day(None) == "–"

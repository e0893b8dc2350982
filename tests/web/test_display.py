"""How a browser is shown pages: the zone of the times, the theme, and what the frame of a page costs."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from http.cookies import SimpleCookie
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.contrib.staticfiles import finders
from django.test import Client
from django.test.utils import override_settings
from django.utils import timezone

from deltacrown.accounts.models import User
from deltacrown.core.days import Precision
from deltacrown.core.outages import Outage
from deltacrown.games.models import Match
from deltacrown.web.failures import answer_outage
from deltacrown.web.reader import THEMES, list_zones, read_reader
from deltacrown.web.templatetags import figures
from tests import scene
from tests.web.reading import text_of

pytestmark = pytest.mark.once

DISPLAY = "/settings/display/"
LATE = datetime(2026, 11, 26, 22, 30, 5, tzinfo=UTC)
MIDNIGHT = datetime(2026, 11, 26, tzinfo=UTC)


@pytest.fixture
def client():
    return Client()


@pytest.fixture
def in_istanbul():
    with timezone.override(ZoneInfo("Europe/Istanbul")):
        yield


class TestTimes:
    def test_a_time_is_told_in_the_zone_and_carries_the_one_in_utc(self, in_istanbul):
        stamp = '<time datetime="2026-11-26T22:30:05+00:00" title="26 Nov 2026 22:30 UTC">'

        assert figures.write_datetime(LATE) == f'{stamp}27 Nov 2026 <span class="hour">01:30</span></time>'
        assert figures.local_day(LATE) == f"{stamp}27 Nov 2026</time>"
        assert figures.told(LATE, Precision.EXACT) == figures.happened(LATE) == figures.write_datetime(LATE)

    def test_a_day_is_the_one_in_utc_wherever_the_reader_is(self, in_istanbul):
        of_the_day = '<time datetime="2026-11-26">26 Nov 2026</time>'

        assert figures.told(LATE, Precision.DAY) == figures.day(LATE) == of_the_day
        assert figures.happened(MIDNIGHT) == figures.local_day(MIDNIGHT) == of_the_day

    @pytest.mark.parametrize("year", [1, 9999])
    def test_the_ends_of_the_calendar_are_written(self, year):
        with timezone.override(ZoneInfo("Pacific/Kiritimati" if year > 1 else "Pacific/Pago_Pago")):
            end = datetime(year, 12, 31, 23, tzinfo=UTC) if year > 1 else datetime(year, 1, 1, 1, tzinfo=UTC)
            assert str(year) in figures.write_datetime(end)

    @pytest.mark.parametrize(
        ("first", "last", "written"),
        [
            ((2026, 11, 26), (2026, 11, 26), "26 Nov 2026"),
            ((2026, 11, 24), (2026, 11, 26), "24–26 Nov 2026"),
            ((2026, 11, 26), (2026, 12, 2), "26 Nov – 2 Dec 2026"),
            ((2025, 12, 30), (2026, 1, 2), "30 Dec 2025 – 2 Jan 2026"),
            ((2025, 11, 26), (2026, 11, 26), "26 Nov 2025 – 26 Nov 2026"),
        ],
    )
    def test_a_span_says_each_part_once(self, first, last, written):
        told = figures.span(datetime(*first, tzinfo=UTC), datetime(*last, 23, 59, tzinfo=UTC))

        assert re.sub("<[^>]+>", "", told) == written
        assert told.count("<time") == (1 if first == last else 2)


class TestZone:
    @pytest.fixture(autouse=True)
    def _cup(self, db):
        player = scene.player("anna")
        scene.match(player, "late", hours=(LATE - scene.at(0)) / timedelta(hours=1))
        self.address = "/matches/valorant/late/"

    @pytest.mark.parametrize(
        ("zone", "told", "named"),
        [
            (None, "26 Nov 2026 22:30", "UTC"),
            ("Europe/Istanbul", "27 Nov 2026 01:30", "Europe/Istanbul"),
            ("America/New_York", "26 Nov 2026 17:30", "America/New York"),
            ("Mars/Olympus", "26 Nov 2026 22:30", "UTC"),
            ("../../etc/passwd", "26 Nov 2026 22:30", "UTC"),
            ("<script>", "26 Nov 2026 22:30", "UTC"),
            ("é" * 9000, "26 Nov 2026 22:30", "UTC"),
        ],
    )
    def test_a_cookie_says_it_and_is_believed_where_there_is_such_a_zone(self, client, zone, told, named):
        if zone is not None:
            client.cookies = SimpleCookie()
            client.cookies["zone"] = zone
        answer = client.get(self.address)

        assert told in text_of(answer)
        assert f"Times are in {named} (" in text_of(answer)
        assert "<script>" not in answer.content.decode()
        assert answer["Vary"] == "Cookie, Accept-Language"
        assert answer["Cache-Control"].startswith("private")
        assert timezone.get_current_timezone_name() == "UTC"

    def test_the_page_of_another_reader_is_not_kept_for_this_one(self, client):
        anna = User.objects.get().profile.public_id
        pages = {}
        for zone in ("Europe/Istanbul", "America/New_York"):
            client.cookies["zone"] = zone
            pages[zone] = text_of(client.get(f"/players/{anna}/matches/"))

        assert "Played 27 Nov 2026 Win Valorant Casual – 01:30" in pages["Europe/Istanbul"]
        assert "Played 26 Nov 2026 Win Valorant Casual – 17:30" in pages["America/New_York"]

    def test_the_admin_stays_in_utc(self, client):
        client.force_login(scene.player("boss", is_staff=True, is_superuser=True))
        client.cookies["zone"] = "Europe/Istanbul"

        address = f"/admin/games/match/{Match.objects.get().pk}/change/"
        page = text_of(client.get(address, follow=True))
        assert re.search(r"Played: \d+ \w+ \d{4} 22:30 ", page)


class TestPage:
    pytestmark = pytest.mark.django_db

    def test_a_visitor_chooses_and_sees_it(self, client):
        answer = client.post(DISPLAY, {"theme": "dark", "zone": "Europe/Istanbul"})
        kept = answer.cookies

        assert answer["Location"] == DISPLAY
        assert {name: kept[name].value for name in ("theme", "zone")} == {
            "theme": "dark",
            "zone": "Europe/Istanbul",
        }
        assert {(kept[n]["samesite"], kept[n]["max-age"], kept[n]["secure"]) for n in ("theme", "zone")} == {
            ("Lax", 31_536_000, "")
        }
        page = client.get(DISPLAY).content.decode()
        assert 'data-zone="Europe/Istanbul" data-theme="dark">' in page
        assert '<meta name="color-scheme" content="dark">' in page
        assert '<option value="Europe/Istanbul" selected>Istanbul</option>' in page
        assert re.search(r'value="dark"[^>]*checked', page)
        assert "Saved." in page

    def test_they_go_back_to_the_system_and_the_device(self, client):
        client.post(DISPLAY, {"theme": "light", "zone": "Asia/Tokyo"})
        client.post(DISPLAY, {"theme": "system", "zone": ""})

        page = client.get("/").content.decode()
        assert "data-theme" not in page
        assert 'data-zone="UTC"' in page
        assert page.count('<meta name="theme-color"') == 2

    def test_the_switch_leaves_the_zone_and_leads_back(self, client):
        client.cookies["zone"] = "Asia/Tokyo"
        answer = client.post(
            DISPLAY, {"theme": "light"}, HTTP_REFERER="http://testserver/tournaments/?game=x"
        )

        assert answer["Location"] == "/tournaments/?game=x"
        assert set(answer.cookies) == {"theme"}

    @override_settings(SESSION_COOKIE_SECURE=True)
    def test_under_tls_cookies_are_secure(self, client):
        assert client.post(DISPLAY, {"theme": "dark"}).cookies["theme"]["secure"]

    @pytest.mark.parametrize(
        ("to", "led"),
        [
            ("/seasons/?page=x", "/seasons/?page=x"),
            ("https://elsewhere.example/", DISPLAY),
            ("//elsewhere.example/", DISPLAY),
            ("javascript:x", DISPLAY),
        ],
    )
    def test_it_leads_to_this_site_alone(self, client, to, led):
        assert client.post(DISPLAY, {"theme": "dark", "next": to})["Location"] == led

    @pytest.mark.parametrize(
        ("sent", "told"),
        [
            ({"zone": "Mars/Olympus"}, "There is no time zone “Mars/Olympus”. Choose one of the list."),
            ({"theme": "<b>"}, "There is no theme “<b>”. Choose one of the list."),
            ({"zone": "x\x00"}, "Null characters are not allowed."),
        ],
    )
    def test_what_there_is_not_is_refused_and_nothing_kept(self, client, sent, told):
        answer = client.post(DISPLAY, {"theme": "dark", "zone": "Asia/Tokyo", **sent})

        assert answer.status_code == 400
        assert told in text_of(answer)
        assert "theme" not in answer.cookies
        assert "zone" not in answer.cookies

    def test_it_needs_the_secret_of_the_form(self, db):
        strict = Client(enforce_csrf_checks=True)
        page = strict.get("/").content.decode()
        token = re.search(r'action="/settings/display/".*?value="([^"]+)"', page, re.DOTALL)[1]

        assert strict.post(DISPLAY, {"theme": "dark"}).status_code == 403
        assert strict.post(DISPLAY, {"theme": "dark", "csrfmiddlewaretoken": token}).status_code == 302

    def test_zones_are_listed_by_region(self):
        regions = dict(list_zones())

        assert ("America/Argentina/Buenos_Aires", "Argentina/Buenos Aires") in regions["America"]
        assert "Etc" not in regions


class TestTheme:
    def test_errors_have_it(self, client, db):
        client.cookies["theme"] = "dark"

        assert 'data-theme="dark"' in client.get("/nowhere/").content.decode()
        assert 'data-theme="dark"' in client.get("/tournaments/?page=x").content.decode()

    def test_an_outage_has_it(self, rf):
        rf.cookies["theme"] = "dark"
        answer = answer_outage(rf.get("/"), Outage("The database is away.", 5))

        assert 'data-theme="dark"' in answer.content.decode()

    @pytest.mark.parametrize("theme", ["black", "", "<b>"])
    def test_another_is_none(self, theme):
        assert read_reader({"theme": theme}).theme == ""

    def test_colours_have_one_home(self):
        css = Path(finders.find("web/site.css")).read_text()
        panel = re.search(r"--panel: light-dark\((.+?), (.+?)\);", css)

        assert panel.groups() == (THEMES["light"], THEMES["dark"])
        assert "prefers-color-scheme" not in css


@pytest.mark.parametrize(("address", "own"), [("/seasons/", 1), ("/tournaments/", 4), (DISPLAY, 0)])
def test_the_frame_of_a_page_costs_two_statements(db, address, own, django_assert_num_queries):
    """The session, and the user with their profile and standing."""
    visitor, player = Client(), Client()
    player.force_login(scene.player("anna"))
    with django_assert_num_queries(own):
        visitor.get(address)
    with django_assert_num_queries(own + 2):
        page = player.get(address).content.decode()

    assert "<bdi>anna</bdi>" in page

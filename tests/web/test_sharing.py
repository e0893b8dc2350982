"""What is shown elsewhere: cards, feeds, calendars, badges; always as an anonymous visitor sees it."""

from __future__ import annotations

import io
import xml.etree.ElementTree as ET

import pytest
from django.urls import reverse
from PIL import Image

from deltacrown.pages import sharing
from deltacrown.user_profile.models import UserProfile
from deltacrown.web import cards
from deltacrown.web.cards import Card, draw_card, write_drawable
from tests import scene

pytestmark = [pytest.mark.django_db, pytest.mark.once]

HOSTILE = "<script>&\"'"
ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture
def anna():
    user = scene.player("anna")
    UserProfile.objects.filter(user=user).update(display_name=HOSTILE)
    user.refresh_from_db()
    return user


def address(name, user):
    return reverse(name, args=[user.profile.public_id])


def test_a_card_tells_the_counters_and_nothing_else(anna):
    scene.match(anna, "m1", "WIN")
    scene.hide(anna, matches=True, tournaments=True)

    drawn = cards.describe_player(sharing.get_player_card(anna.profile.public_id))

    assert (drawn.name, drawn.under) == (HOSTILE, anna.profile.public_id)
    assert [label for label, _ in drawn.figures] == ["Level", "Matches played", "Win rate", "Titles"]
    assert drawn.figures[1][1] == "1"


@pytest.mark.parametrize("name", ["", "W" * 60, "محمد", "\u202eevil\x00", "王小明"])
def test_any_name_is_drawn(name):
    drawn = draw_card(Card("DC-25-000001", name, "x", "y" * 300, (("Level", "9" * 60),)))

    assert Image.open(io.BytesIO(drawn)).size == (1200, 630)


@pytest.mark.parametrize(
    ("name", "written"), [("Żółć Ж", "Żółć Ж"), ("a\u202eb\x07", "ab"), ("王小明", "wangxiaoming")]
)
def test_what_the_font_lacks_is_written_in_latin_letters(name, written):
    assert write_drawable(name) == written


def test_a_card_is_not_sent_again_until_it_says_something_else(client, anna):
    first = client.get(address("player-card", anna))
    again = client.get(address("player-card", anna), headers={"If-None-Match": first["ETag"]})
    UserProfile.objects.filter(user=anna).update(display_name="Anna")
    renamed = client.get(address("player-card", anna), headers={"If-None-Match": first["ETag"]})

    assert [each.status_code for each in (first, again, renamed)] == [200, 304, 200]
    assert first["Content-Type"] == "image/png"
    assert first["Cache-Control"] == "public, max-age=300"


@pytest.mark.parametrize("name", ["player-card", "player-badge", "player-badge-picture", "player-feed"])
def test_of_a_closed_account_nothing_is_shown(client, anna, name):
    UserProfile.objects.filter(user=anna).update(standing="CLOSED")

    answer = client.get(address(name, anna))

    assert answer.status_code == 410
    assert "frame-ancestors 'none'" in answer["Content-Security-Policy"]


def test_a_hostile_name_is_text_in_feed_and_badges(client, anna):
    feed = ET.fromstring(client.get(address("player-feed", anna)).content)  # noqa: S314
    picture = ET.fromstring(client.get(address("player-badge-picture", anna)).content)  # noqa: S314
    page = client.get(address("player-badge", anna)).content.decode()

    assert feed.findtext(f"{ATOM}title") == f"{HOSTILE} · DeltaCrown"
    assert HOSTILE in ET.tostring(picture, "unicode", "text")
    assert "<script" not in page


def test_a_calendar_is_folded_escaped_and_in_utc(client):
    event = scene.tournament("cup", name="Ü" * 60 + "; a, b\\c")

    lines = client.get(reverse("tournament-calendar", args=["cup"])).content.split(b"\r\n")
    unfolded = b"\r\n".join(lines).replace(b"\r\n ", b"").decode()

    assert max(map(len, lines)) <= 75
    assert "SUMMARY:" + "Ü" * 60 + "\\; a\\, b\\\\c\r\n" in unfolded
    assert f"DTSTART:{event.starts_at:%Y%m%dT%H%M%SZ}\r\n" in unfolded


def test_results_name_the_podium_in_order(client, anna):
    event = scene.tournament("cup", name="The Cup")
    scene.result(event, 2, scene.player("bea"))
    scene.result(event, 1, anna)
    scene.tournament("draft", status="DRAFT")

    feed = ET.fromstring(client.get(reverse("result-feed")).content)  # noqa: S314

    assert [each.findtext(f"{ATOM}title") for each in feed.iter(f"{ATOM}entry")] == ["The Cup"]
    assert f"1. {HOSTILE}\n2. bea" in feed.findtext(f"{ATOM}entry/{ATOM}summary")


@pytest.mark.parametrize("standing", ["SUSPENDED", "CLOSED", "ANONYMISED"])
def test_results_leave_out_who_is_not_listed(client, anna, standing):
    event = scene.tournament("cup", name="The Cup")
    scene.result(event, 1, anna)
    scene.result(event, 2, scene.player("bea"))
    UserProfile.objects.filter(user=anna).update(standing=standing)

    feed = ET.fromstring(client.get(reverse("result-feed")).content)  # noqa: S314

    assert feed.findtext(f"{ATOM}entry/{ATOM}summary").endswith("\n2. bea")
    assert HOSTILE not in ET.tostring(feed, "unicode", "text")


def test_sitemaps_leave_out_who_is_not_listed(client, anna):
    bea = scene.player("bea")
    UserProfile.objects.filter(user=bea).update(standing="SUSPENDED")

    listed = client.get(reverse("sitemap-section", args=["players"])).content.decode()

    assert anna.profile.public_id in listed
    assert bea.profile.public_id not in listed
    assert "lastmod" not in listed


def test_the_head_of_a_profile_names_its_card_and_its_feed(client, anna):
    page = client.get(address("player", anna) + "?x=1").content.decode()

    assert f'<link rel="canonical" href="http://testserver{address("player", anna)}">' in page
    assert f'content="http://testserver{address("player-card", anna)}"' in page
    assert f'href="http://testserver{address("player-feed", anna)}"' in page

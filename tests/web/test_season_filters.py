"""The filters of lists offer the seasons there are."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse

from tests import scene

pytestmark = [pytest.mark.django_db, pytest.mark.once]

OPTION = re.compile(r'<option value="([^"]*)"( selected)?>([^<]*)</option>')


@pytest.fixture
def ann(db):
    ann = scene.player("ann")
    scene.match(ann, "in-spring", hours=1)
    scene.match(ann, "in-winter", hours=-48)
    scene.registration(ann, scene.tournament("old-cup", hours=-48), hours=1)
    scene.registration(ann, scene.tournament("new-cup", hours=1), hours=1)
    return ann


@pytest.fixture
def seasons(db):
    scene.season("spring")
    scene.season("split", "2025-05-01", "2025-06-01", title=scene.game())
    scene.season("of-chess", "2025-04-01", "2025-05-01", title=scene.game("chess"))


def path(ann, name):
    return reverse(name, args=[ann.profile.public_id]) if name.startswith("player") else reverse(name)


def offered(page, word):
    """Return value → text of the select that has this option for nothing, and what is selected."""
    [select] = [part for part in page.split("<select")[1:] if word in part]
    found = OPTION.findall(select.split("</select>")[0])
    return [(value, text) for value, _, text in found], [value for value, is_on, _ in found if is_on]


PAGES = {
    "player-matches": ["split", "spring"],
    "player-series": ["split", "spring"],
    "player-tournaments": ["split", "of-chess", "spring"],
    "tournaments": ["split", "of-chess", "spring"],
}
NAMES = {"split": "Split (Valorant)", "of-chess": "Of Chess (Chess)", "spring": "Spring"}


@pytest.mark.parametrize("name", PAGES)
def test_seasons_are_offered_by_name(client, ann, seasons, name):
    page = client.get(f"{path(ann, name)}?season=spring").content.decode()

    choices, selected = offered(page, "All seasons")
    assert choices == [("", "All seasons"), *((slug, NAMES[slug]) for slug in PAGES[name])]
    assert selected == ["spring"]


@pytest.mark.parametrize("name", PAGES)
def test_nothing_is_offered_where_there_are_none(client, ann, name):
    assert "All seasons" not in client.get(path(ann, name)).content.decode()


@pytest.mark.parametrize("name", ["player-tournaments", "tournaments"])
def test_a_list_of_a_season(client, ann, seasons, name):
    page = client.get(f"{path(ann, name)}?season=spring").content.decode()
    assert ("New Cup" in page, "Old Cup" in page) == (True, False)

    empty = client.get(f"{path(ann, name)}?season=of-chess").content.decode()
    assert "Show all tournaments" in empty


def test_a_season_made_later_is_offered_on_a_page_that_was_kept(client, ann):
    address = path(ann, "player-matches")
    assert "All seasons" not in client.get(address).content.decode()

    scene.season("spring")
    assert offered(client.get(address).content.decode(), "All seasons")[0][1] == ("spring", "Spring")


@pytest.mark.parametrize("name", PAGES)
def test_a_season_that_is_not_there_is_a_400_with_the_reason(client, ann, name):
    answer = client.get(f"{path(ann, name)}?season=nope")
    assert answer.status_code == 400
    assert "There is no season" in answer.content.decode()

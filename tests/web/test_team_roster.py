"""The roster of a team over time: who is on it, in which order, on which days, and how it is drawn."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from deltacrown.accounts.models import User
from deltacrown.pages.team_roster import MOST_STAYS, Stay, list_roster
from deltacrown.teams.models import Team, TeamMembership
from deltacrown.teams.services import rename_team
from deltacrown.user_profile.models import UserProfile
from deltacrown.web.roster_chart import draw_roster
from tests import scene
from tests.api.calls import visitor
from tests.web.reading import text_of

NOW = datetime(2025, 1, 1, 12, tzinfo=UTC)


def on(month, day, hour=12, year=2024):
    return datetime(year, month, day, hour, tzinfo=UTC)


def stay(name, joined, left=None):
    user = User.objects.filter(username=name).first() or scene.player(name)
    TeamMembership.objects.create(team=scene.team("north"), user=user, joined_at=joined, left_at=left)
    return user


def names(page=None, limit=20):
    found = list_roster(scene.team("north"), page, limit=limit)
    return [line.player.name for line in found.items], found.next_cursor


@pytest.fixture
def members(db):
    """Two present members, one of them back again, three former ones, and a mistake."""
    stay("early", on(1, 1))
    stay("back", on(1, 1), on(2, 1))
    stay("left_first", on(1, 5), on(3, 1))
    stay("left_last", on(1, 2), on(6, 1))
    stay("also_last", on(1, 3), on(6, 1))
    stay("mistake", on(1, 4), on(1, 4))
    stay("back", on(4, 1))


@pytest.mark.both
def test_present_members_come_first_then_who_left_last_and_pages_have_each_once(members):
    expected = ["back", "early", "also_last", "left_last", "left_first"]
    assert names() == (expected, None)

    seen, page = [], None
    while not seen or page:
        found, page = names(page, limit=1)
        seen += found
    assert seen == expected
    [back, *_] = list_roster(scene.team("north")).items
    assert back.stays == [Stay(on(1, 1), on(2, 1)), Stay(on(4, 1), None)]

    served = visitor().items("/teams/north/roster?limit=2")
    assert [each["player"]["name"] for each in served] == expected
    assert [each["is_present"] for each in served] == [True, True, False, False, False]
    assert served[0]["stays"] == [
        {"joined_at": "2024-01-01T12:00:00Z", "left_at": "2024-02-01T12:00:00Z"},
        {"joined_at": "2024-04-01T12:00:00Z", "left_at": None},
    ]


def test_who_is_not_listed_is_not_on_it(client, members):
    for number, standing in enumerate(("SUSPENDED", "CLOSED", "ANONYMISED", "MERGED")):
        user = stay(f"gone{number}", on(1, 1), on(8, 1) if number % 2 else None)
        UserProfile.objects.filter(user=user).update(standing=standing)

    assert len(names()[0]) == 5
    for path in ("/teams/north/", "/teams/north/roster/"):
        assert "gone" not in text_of(client.get(path))


def test_the_latest_stays_of_one_member_are_told(db):
    for month in range(MOST_STAYS):
        stay("restless", on(month + 1, 1), on(month + 1, 2))
    stay("restless", on(1, 1, year=2023), on(1, 2, year=2023))

    [line] = list_roster(scene.team("north")).items

    assert (len(line.stays), line.has_earlier, line.stays[0].joined_at) == (MOST_STAYS, True, on(1, 1))


def test_the_page_tells_days_in_utc_and_no_times(client, members, django_assert_num_queries):
    stay("night", on(5, 1, hour=23), on(5, 3, hour=1))
    client.cookies["zone"] = "Asia/Tokyo"

    # The team, the members, when they were in it.
    with django_assert_num_queries(3):
        answer = client.get("/teams/north/roster/")

    said = text_of(answer)
    assert "night 1 – 3 May 2024" in said
    assert "back 1 Jan – 1 Feb 2024 since 1 Apr 2024" in said
    assert ":" not in said.split("In the team")[1].split("Every number")[0]


def test_names_are_isolated_and_escaped(client, db):
    user = stay("x", on(1, 1))
    UserProfile.objects.filter(user=user).update(display_name="<script>عبد</script>")

    page = client.get("/teams/north/roster/").content.decode()

    assert "<bdi>&lt;script&gt;عبد&lt;/script&gt;</bdi>" in page
    assert "<script>عبد" not in page


def test_an_empty_roster_says_so(client, db):
    scene.team("north")

    assert "Nobody has been in the team so far." in text_of(client.get("/teams/north/roster/"))
    assert "Nobody has been in the team so far." in text_of(client.get("/teams/north/"))


def test_former_names_are_told_latest_first_without_slugs(client, db):
    team = scene.team("north")
    first = team.name
    for name in ("Second & Sons", "Third"):
        rename_team(team=team, name=name)
    Team.objects.filter(pk=team.pk).update(slug="elsewhere")

    said = text_of(client.get("/teams/elsewhere/")).split("Former names:")[1].split("Overview")[0]

    assert said.index("Second & Sons (until ") < said.index(f"{first} (until ")
    assert "Third" not in said
    assert "north (" not in said


def draw(*stays):
    return draw_roster(
        [SimpleNamespace(stays=[Stay(*each)], is_present=each[1] is None) for each in stays], NOW
    )


@pytest.mark.once
class TestDrawing:
    def test_bars_reach_from_the_first_day_to_the_end_of_the_last(self):
        chart = draw((datetime(2024, 1, 2, tzinfo=UTC), None), (on(1, 2), on(1, 2, hour=23)))

        assert (chart.first.isoformat(), chart.last.isoformat()) == ("2024-01-02", "2025-01-01")
        [[present], [short]] = [row.bars for row in chart.rows]
        assert (present.x, present.width, present.is_present) == ("0.000", "100.000", True)
        assert (short.x, short.width, short.is_present) == ("0.000", "0.600", False)

    @pytest.mark.parametrize(
        ("joined", "left", "labels"),
        [
            (on(1, 2), on(1, 2, hour=20), []),
            (on(1, 30), on(2, 2), ["31 Jan", "1 Feb", "2 Feb"]),
            (on(1, 2), on(4, 2), ["Feb 2024", "Mar 2024", "Apr 2024"]),
            (on(1, 2, year=2019), None, ["2020", "2022", "2024"]),
            (on(1, 2, year=1), None, ["500", "1000", "1500", "2000"]),
        ],
    )
    def test_a_few_days_are_marked(self, joined, left, labels):
        assert [tick.label for tick in draw((joined, left)).ticks] == labels

    def test_a_day_at_the_edge_stays_on_the_drawing(self):
        chart = draw((on(1, 1, year=2015), None), (on(12, 31), None))

        last = chart.rows[1].bars[0]
        assert float(last.x) + float(last.width) == pytest.approx(100)
        assert draw() is None

"""Any year from 1 on is taken, sorted, filtered, paginated, archived, exported and shown."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta, timezone

import pytest
from django.core.cache import cache
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deltacrown.core.errors import InvalidInput
from deltacrown.games import services as games
from deltacrown.games.models import ArchivedMatch
from deltacrown.games.services import archive_matches
from deltacrown.moderation.services import get_dispute_deadline
from deltacrown.pages.exports import export_matches, iterate_own_data
from deltacrown.user_profile.histories.filters import read_as_of, read_match_filters
from deltacrown.user_profile.services import stats_service
from deltacrown.user_profile.timeline.archive import archive_activities
from tests import scene
from tests.scene import NOON, line
from tests.web.reading import rows_in, text_of

pytestmark = pytest.mark.django_db

#: Match key → when it was played, earliest first.
TIMES = {
    "first": datetime(1, 1, 1, tzinfo=UTC),
    "year-1": datetime(1, 1, 1, 0, 0, 0, 1, tzinfo=UTC),
    "year-33": datetime(33, 4, 3, 15, 0, tzinfo=UTC),
    "year-872": datetime(872, 1, 1, 12, 30, tzinfo=UTC),
    "year-1872": datetime(1872, 11, 30, tzinfo=UTC),
    "before-1970": datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
    "epoch": datetime(1970, 1, 1, tzinfo=UTC),
    "year-2025": datetime(2025, 5, 31, 20, 0, tzinfo=UTC),
}
NEWEST_FIRST = list(reversed(TIMES))
OFFSETS = st.sampled_from([timezone(timedelta(hours=hours)) for hours in (-12, 0, 14)])
ANY_TIME = st.datetimes(min_value=datetime.min, max_value=datetime.max, timezones=OFFSETS)
FEW = settings(
    max_examples=60,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture(autouse=True)
def empty_cache():
    cache.clear()


@pytest.fixture
def ann(db):
    """Ann won a match at each of the times."""
    ann = scene.player("ann")
    records = [
        scene.record(scene.game(), key, line(ann), played_at=played_at) for key, played_at in TIMES.items()
    ]
    outcomes = games.record_matches(records=records, now=NOON)
    assert scene.refusals(outcomes) == []
    return ann


def keys(found):
    return [entry.match_key for entry in found.items]


def walk(read):
    """The keys of all pages of two, in order."""
    found, page = [], None
    while True:
        part = read(page)
        found += keys(part)
        page = part.next_cursor
        if page is None:
            return found


@pytest.mark.parametrize("is_archived", [False, True], ids=["live", "archived"])
class TestMatches:
    @pytest.fixture(autouse=True)
    def archive(self, ann, is_archived):
        if is_archived:
            archive_matches(before=datetime(1970, 1, 1, tzinfo=UTC), now=NOON)
            assert ArchivedMatch.objects.count() == 6

    def test_in_order_over_all_pages(self, ann):
        assert walk(lambda page: stats_service.get_match_history(ann, None, page, limit=2)) == NEWEST_FIRST
        assert (
            walk(lambda page: stats_service.get_stat_rows(ann, "matches_won", page, limit=2)) == NEWEST_FIRST
        )

    @pytest.mark.parametrize(
        ("filters", "expected"),
        [
            ({"played_to": "0001-01-01"}, ["year-1", "first"]),
            ({"played_from": "0001-01-01"}, NEWEST_FIRST),
            ({"played_from": "0001-01-01T00:00:00+14:00"}, NEWEST_FIRST),
            ({"played_to": "0001-01-01T00:00:00+14:00"}, []),
            ({"played_from": "0033-04-03", "played_to": "0872-01-01"}, ["year-872", "year-33"]),
            (
                {"played_from": "0872-01-01", "played_to": "1969-12-31"},
                ["before-1970", "year-1872", "year-872"],
            ),
            ({"played_from": "1970-01-01T00:00:00Z"}, ["year-2025", "epoch"]),
            ({"played_to": "9999-12-31"}, NEWEST_FIRST),
            ({"played_to": "9999-12-31T23:59:59.999999-12:00"}, NEWEST_FIRST),
            ({"played_from": "9999-12-31"}, []),
        ],
    )
    def test_filtered(self, ann, filters, expected):
        assert walk(lambda page: stats_service.get_match_history(ann, filters, page, limit=2)) == expected

    def test_the_api_writes_four_digits(self, ann, client):
        answer = client.get(f"/api/v1/players/{ann.profile.public_id}/matches?played_to=0872-12-31")
        written = {entry["match_key"]: entry["played_at"] for entry in answer.json()["items"]}

        assert (written["year-33"], written["first"]) == ("0033-04-03T15:00:00Z", "0001-01-01T00:00:00Z")

    def test_exported_with_four_digits(self, ann):
        exported = "".join(export_matches(ann.profile.public_id).write_ndjson())
        lines = [json.loads(line) for line in exported.splitlines()]
        played_at = {line["match_key"]: line["played_at"] for line in lines}

        assert played_at["first"] == "0001-01-01T00:00:00Z"
        assert played_at["year-872"] == "0872-01-01T12:30:00Z"
        own = [record for section, record in iterate_own_data(ann) if section == "matches"]
        assert {record["match_key"]: record["played_at"] for record in own} == TIMES

    def test_every_page_and_answer(self, ann, client):
        client.force_login(scene.player("boss", is_staff=True))
        public_id = ann.profile.public_id
        pages = [f"/players/{public_id}/", f"/players/{public_id}/activity/", "/"]
        pages += [f"/players/{public_id}/matches/?played_from=0872-01-01&played_to=0872-12-31"]
        for stat in ("matches_won", "achievement_count", "experience_points", "overall_win_rate"):
            pages += [f"/players/{public_id}/stats/{stat}/"]
            pages += [f"/players/{public_id}/stats/{stat}/history/?as_of=0001-01-01"]
            pages += [
                f"/api/v1/players/{public_id}/stats/{stat}?as_of={day}"
                for day in ("0001-01-01", "0872-06-01")
            ]
            pages += [f"/leaderboards/{stat}/?period={period}" for period in ("season", "30days")]
        pages += [reverse("match", args=["valorant", key]) for key in TIMES]
        pages += [reverse(f"admin:games_{table}_changelist") for table in ("match", "archivedmatch")]

        found = {address: client.get(address).status_code for address in pages}
        no_boards = {page for page in pages if re.match("/leaderboards/experience.*period", page)}
        assert {address for address, status in found.items() if status != 200} == no_boards

    def test_people_read_years_of_any_length(self, ann, client):
        page = client.get(f"/players/{ann.profile.public_id}/matches/")
        shown = [row.removeprefix("Win Valorant Casual – ") for row in rows_in(page, "Matches")]

        assert shown[3:] == ["00:00", "12:30", "15:00", "00:00", "00:00"]
        days = re.findall(r'<tr class="day"><th [^>]*>([\w ]*\w)', page.content.decode())
        assert days[3:] == ["30 Nov 1872", "1 Jan AD 872", "3 Apr AD 33", "1 Jan AD 1"]
        told = '<time class="of-day" datetime="0872-01-01T12:30:00+00:00" title="1 Jan AD 872 12:30 UTC">'
        assert told in page.content.decode()


def test_achievements_and_the_timeline_bear_the_years_of_their_facts(ann, client):
    text = text_of(client.get(f"/players/{ann.profile.public_id}/"))
    assert "Won a match. 1 Jan AD 1" in text
    assert "Won five matches in a row. 30 Nov 1872" in text

    archive_activities(before=datetime(1900, 1, 1, tzinfo=UTC), now=NOON)
    assert client.get(f"/players/{ann.profile.public_id}/activity/").status_code == 200


def test_tournaments_of_any_year(ann, client):
    event = scene.tournament("olympia", name="Olympia")
    type(event).objects.filter(pk=event.pk).update(starts_at=TIMES["year-33"], ends_at=TIMES["year-872"])
    hours = (TIMES["year-33"] - scene.START) / timedelta(hours=1)
    scene.registration(ann, event, hours=hours)
    scene.result(event, 1, ann, hours=hours)

    assert "3 Apr AD 33 15:00 – 1 Jan AD 872" in text_of(client.get("/tournaments/olympia/"))
    found = stats_service.get_tournament_breakdown(ann, {"registered_to": "0033-04-03"}, viewer=ann)
    assert [entry.slug for entry in found.items] == ["olympia"]
    for address in ("/tournaments/", f"/players/{ann.profile.public_id}/tournaments/"):
        assert "AD 33" in text_of(client.get(address))


@FEW
@given(start=ANY_TIME, end=ANY_TIME)
def test_any_two_times_filter_as_they_compare(ann, start, end):
    filters = {"played_from": start.isoformat(), "played_to": end.isoformat()}
    found = stats_service.get_match_history(ann, filters, limit=50)

    expected = [key for key, played_at in TIMES.items() if start <= played_at < end]
    assert keys(found) == expected[::-1]


@pytest.mark.once
@FEW
@given(day=st.dates())
def test_any_day_is_a_filter_and_a_time_of_the_past(day):
    filters = read_match_filters({"played_from": day.isoformat(), "played_to": day.isoformat()})
    assert filters.played_from.date() == day
    assert filters.played_to > filters.played_from

    try:
        at = read_as_of(day.isoformat(), now=NOON)
    except InvalidInput:
        assert day > NOON.date()
    else:
        assert at.date() == day or at == NOON


@pytest.mark.once
@FEW
@given(played_at=st.datetimes(timezones=st.just(UTC)), is_time_known=st.booleans())
def test_any_match_has_a_dispute_deadline(played_at, is_time_known):
    deadline = get_dispute_deadline(played_at, is_time_known=is_time_known)
    assert deadline > played_at or played_at.year == datetime.max.year

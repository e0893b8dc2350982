"""What follows from a hidden history is told by the day: no time, and no order within the day.

The strongest of these tests shuffle: the facts of a day are written again at other times of that day and in
another order, and nobody who may not see the history is answered anything else.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from deltacrown.accounts.models import User
from deltacrown.core.days import Precision, ends_a_day, start_of_day
from deltacrown.pages.oneself import get_home_feed
from deltacrown.user_profile.achievements.awards import revoke_achievement
from deltacrown.user_profile.achievements.catalogue import BY_SLUG
from deltacrown.user_profile.models import Achievement, Follow, UserAchievement, UserActivity
from deltacrown.user_profile.numbers.history import get_stat_history
from deltacrown.user_profile.numbers.past import get_stat_as_of, list_stats_as_of
from deltacrown.user_profile.numbers.rows import get_stat_rows
from deltacrown.user_profile.privacy import HistoryHidden
from deltacrown.user_profile.timeline.archive import archive_activities
from deltacrown.user_profile.timeline.reading import get_activity_timeline
from django_tally.models import Recording
from tests import scene

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_reactions")]

DAY = datetime(2025, 3, 7, tzinfo=UTC)
#: Hours of the day at which four facts happened, in the order in which they were written.
ORDERS = ((1, 7, 13, 19), (19, 13, 7, 1), (7, 19, 1, 13))
STRANGERS = ("anonymous", "member", "follower")
ALL = (*STRANGERS, "self", "staff")
#: Two earned by matches, one by registering, one by a result on the official record.
SLUGS = ("first-win", "ten-wins", "first-tournament", "first-title")
HIDDEN = {"matches": True, "tournaments": True}


@pytest.fixture
def cast(no_reactions, db) -> dict[str, User | None]:
    """The owner, who hides both histories, and whoever may look."""
    owner, follower = scene.player("owner"), scene.player("follower")
    Follow.objects.create(follower=follower, followed=owner)
    scene.hide(owner, **HIDDEN)
    return {
        "self": owner,
        "anonymous": None,
        "member": scene.player("member"),
        "follower": follower,
        "staff": scene.player("staff", is_staff=True),
    }


def earn(owner: User, hours: tuple[int, ...]) -> None:
    """Award the achievements at these hours of the day, the first one first, instead of any before.

    The title, which is public, stays.
    """
    public = UserAchievement.objects.filter(user=owner, achievement__slug="first-title")
    UserAchievement.objects.filter(user=owner).exclude(pk__in=public).delete()
    for slug, hour in zip(SLUGS, hours, strict=True):
        if slug != "first-title" or not public:
            award(owner, slug, hour_of_day(hour))


def tell(owner: User, hours: tuple[int, ...]) -> None:
    """Enter a timeline whose entries happened at these hours, in another order of rows if they are others."""
    UserActivity.objects.filter(user=owner).delete()
    kinds = ("LEVEL_UP", "ACHIEVEMENT_UNLOCKED", "LEVEL_UP", "ACHIEVEMENT_UNLOCKED")
    named = list(zip(("5", "b", "10", "a"), kinds, hours, strict=True))
    for key, kind, hour in sorted(named, key=lambda each: each[2]):
        row = scene.activity(owner, key, kind=kind)
        UserActivity.objects.filter(pk=row.pk).update(created_at=hour_of_day(hour))


def hour_of_day(hour: int) -> datetime:
    return DAY + timedelta(hours=hour, microseconds=hour * 7)


def read_all(read: Callable[[str | None], Any]) -> list[Any]:
    """Return the items of all pages, with the cursor after each page."""
    items, cursor = [], None
    while True:
        page = read(cursor)
        cursor = page.next_cursor
        items += [*page.items, cursor]
        if cursor is None:
            return items


class TestTimelines:
    @pytest.mark.parametrize("who", ALL)
    def test_days_for_those_who_may_not_see_the_history(self, cast, who):
        tell(cast["self"], ORDERS[0])
        found = get_activity_timeline(cast["self"], cast[who]).items

        told = {(entry.created_at, entry.precision) for entry in found}
        exact = {(hour_of_day(hour), Precision.EXACT) for hour in ORDERS[0]}
        assert told == ({(DAY, Precision.DAY)} if who in STRANGERS else exact)

    @pytest.mark.parametrize("who", ALL)
    @pytest.mark.parametrize("archived", [False, True])
    def test_another_order_within_the_day_changes_no_answer(self, cast, who, archived):
        owner, answers = cast["self"], []
        for hours in ORDERS:
            tell(owner, hours)
            if archived:
                scene.archived_activity(UserActivity.objects.get(user=owner, dedupe_key="a"))
            answers.append(read_all(lambda page: get_activity_timeline(owner, cast[who], page, limit=1)))
            owner.archived_activities.all().delete()

        assert len(answers[0]) == 8, "four pages of one entry"
        assert (answers[0] == answers[1] == answers[2]) == (who in STRANGERS)

    def test_another_order_changes_no_feed(self, cast):
        answers = []
        for hours in ORDERS:
            tell(cast["self"], hours)
            answers.append(read_all(lambda page: get_home_feed(cast["follower"], page, limit=1)))

        lines = [[each and getattr(each, "entry", each) for each in answer] for answer in answers]
        assert len(lines[0]) == 8
        assert lines[0] == lines[1] == lines[2]

    def test_a_feed_puts_days_after_the_times_of_that_day(self, cast):
        """Beside a player who shows everything, entries without a time are at the midnight they bear."""
        open_player = scene.player("open")
        Follow.objects.create(follower=cast["follower"], followed=open_player)
        tell(cast["self"], ORDERS[0])
        tell(open_player, ORDERS[1])

        found = get_home_feed(cast["follower"], None).items

        told = [(each.profile.user.username, each.entry.created_at) for each in found]
        assert told == [
            *(("open", hour_of_day(hour)) for hour in (19, 13, 7, 1)),
            *[("owner", DAY)] * 4,
        ]

    @pytest.mark.parametrize("flag", ["matches", "tournaments"])
    def test_a_level_may_follow_from_either_history(self, cast, flag):
        scene.hide(cast["self"], **{flag: True})
        tell(cast["self"], ORDERS[0])

        found = get_activity_timeline(cast["self"], None).items

        assert {entry.precision for entry in found} == {Precision.DAY}

    def test_where_both_are_shown_everybody_is_told_the_times(self, cast):
        scene.hide(cast["self"])
        tell(cast["self"], ORDERS[0])

        for who in ALL:
            found = get_activity_timeline(cast["self"], cast[who]).items
            assert [entry.created_at for entry in found] == [hour_of_day(hour) for hour in (19, 13, 7, 1)]

    def test_what_is_public_keeps_its_time(self, cast):
        for kind in ("TEAM_JOINED", "TOURNAMENT_WON", "PROFILE_CREATED"):
            scene.activity(cast["self"], kind, kind=kind, hours=5)

        found = get_activity_timeline(cast["self"], None).items

        assert {(entry.created_at, entry.precision) for entry in found} == {(scene.at(5), Precision.EXACT)}

    def test_a_fact_at_midnight_does_not_say_so(self, cast):
        tell(cast["self"], (0, 1, 2, 3))

        found = get_activity_timeline(cast["self"], None).items

        assert {entry.precision for entry in found} == {Precision.DAY}

    def test_a_stranger_keeps_their_place_when_the_player_hides(self, cast):
        owner = cast["self"]
        scene.hide(owner)
        tell(owner, ORDERS[0])
        earlier = scene.activity(owner, "earlier", kind="LEVEL_UP")
        UserActivity.objects.filter(pk=earlier.pk).update(created_at=DAY - timedelta(days=3))
        cursor = get_activity_timeline(owner, None, limit=1).next_cursor

        scene.hide(owner, **HIDDEN)
        found = get_activity_timeline(owner, None, cursor, limit=50).items

        assert found[-1].description == "did earlier"

    def test_the_archive_takes_whole_days(self, cast):
        """Feeds show what is not archived: a cut at noon would part the facts of a day."""
        tell(cast["self"], ORDERS[0])

        noon = DAY + timedelta(hours=12)
        assert archive_activities(before=noon, now=noon).entries == 0
        assert archive_activities(before=DAY + timedelta(days=1), now=DAY + timedelta(days=2)).entries == 4


class TestAchievements:
    @pytest.mark.parametrize(
        ("hidden", "by_day"),
        [
            ({"matches": True, "tournaments": True}, {"first-win", "ten-wins", "first-tournament"}),
            ({"matches": True}, {"first-win", "ten-wins"}),
            ({"tournaments": True}, {"first-tournament"}),
            ({}, set()),
        ],
    )
    @pytest.mark.parametrize("who", ALL)
    def test_days_of_those_that_follow_from_what_is_hidden(self, cast, who, hidden, by_day):
        scene.hide(cast["self"], **hidden)
        earn(cast["self"], ORDERS[0])

        found = get_stat_rows(cast["self"], "achievement_count", viewer=cast[who]).items

        told = {entry.slug for entry in found if entry.precision is Precision.DAY}
        assert told == (by_day if who in STRANGERS else set())
        for entry in found:
            hour = ORDERS[0][SLUGS.index(entry.slug)]
            assert entry.earned_at == (DAY if entry.slug in told else hour_of_day(hour))

    @pytest.mark.parametrize("who", ALL)
    def test_another_order_within_the_day_changes_no_answer(self, cast, who):
        owner, answers = cast["self"], []
        for hours in ORDERS:
            earn(owner, (*hours[:3], 23))  # the title, which is public, always at the same time
            answers.append(
                read_all(
                    lambda page: get_stat_rows(owner, "achievement_count", page, limit=1, viewer=cast[who])
                )
            )

        assert len(answers[0]) == 8
        assert (answers[0] == answers[1] == answers[2]) == (who in STRANGERS)

    @pytest.mark.parametrize("who", STRANGERS)
    def test_no_page_and_no_answer_changes(self, cast, who):
        """As they come over HTTP, with their headers."""
        owner, client, answers = cast["self"], Client(), []
        if viewer := cast[who]:
            client.force_login(viewer)
        page, api = (f"{prefix}players/{owner.profile.public_id}" for prefix in ("/", "/api/v1/"))
        addresses = [
            f"{page}/",
            f"{page}/activity/",
            f"{page}/stats/achievement_count/",
            api,
            f"{api}/activity",
            f"{api}/stats/achievement_count/rows?limit=2",
        ]
        for hours in ORDERS:
            tell(owner, hours)
            earn(owner, (*hours[:3], 23))
            given = [client.get(address) for address in addresses]
            answers.append([(plain(each.content), each.get("ETag")) for each in given])

        assert answers[0] == answers[1] == answers[2]
        assert b'<section data-day="2025-03-07"><h3 class="day">7 Mar 2025</h3>' in answers[0][1][0]
        assert b'"2025-03-07T00:00:00Z"' in answers[0][4][0]


def plain(content: bytes) -> bytes:
    """Return a page without the token of its form, which is drawn anew."""
    return re.sub(rb'(csrfmiddlewaretoken"? value=")[^"]+|("X-CSRFToken": ")[^"]+', b"", content)


class TestHistories:
    @pytest.fixture
    def owner(self, cast) -> User:
        """Three achievements recorded on the seventh, and one on the eighth."""
        owner = cast["self"]
        for slug, hour in zip(SLUGS, (1, 7, 13, 30), strict=True):
            award(owner, slug, hour_of_day(hour), recorded_at=hour_of_day(hour))
        return owner

    @pytest.mark.parametrize("who", STRANGERS)
    def test_the_changes_of_a_day_are_one_without_causes(self, cast, owner, who):
        found = get_stat_history(owner, "achievement_count", viewer=cast[who], order="known")

        told = [(each.known_at, each.delta, each.value, each.precision) for each in found.items]
        assert told == [
            (DAY + timedelta(days=1), 1, 4, Precision.DAY),
            (DAY, 3, 3, Precision.DAY),
        ]
        assert {(each.subject, each.actor, each.reason) for each in found.items} == {("", "", "")}

    def test_pages_carry_the_number_on(self, cast, owner):
        whole = get_stat_history(owner, "achievement_count", order="known").items

        first = get_stat_history(owner, "achievement_count", limit=1, order="known")
        second = get_stat_history(owner, "achievement_count", first.next_cursor, limit=1, order="known")

        assert [*first.items, *second.items] == whole
        assert second.next_cursor is None

    @pytest.mark.parametrize("who", ["self", "staff"])
    def test_every_change_for_the_player_and_staff(self, cast, owner, who):
        found = get_stat_history(owner, "achievement_count", viewer=cast[who], order="known").items

        assert [(each.known_at, each.delta) for each in found] == [
            (hour_of_day(hour), 1) for hour in (30, 13, 7, 1)
        ]

    def test_every_change_where_both_histories_are_shown(self, cast, owner):
        scene.hide(owner)

        assert len(get_stat_history(owner, "achievement_count", order="known").items) == 4

    def test_a_day_on_which_all_was_taken_back_is_none(self, cast, owner):
        """That something was earned and revoked tells of matches that were voided."""
        lost = Achievement.objects.create(slug="lost", name="Lost")
        UserAchievement.objects.create(user=owner, achievement=lost, earned_at=DAY)
        revoke_achievement(user=owner, achievement=lost, reason="A match was voided")

        assert len(get_stat_history(owner, "achievement_count", order="known").items) == 2
        assert len(get_stat_history(owner, "achievement_count", viewer=owner, order="known").items) == 6

    def test_the_deltas_add_up_to_the_number(self, cast, owner):
        found = get_stat_history(owner, "achievement_count", order="known")

        assert sum(each.delta for each in found.items) == found.stat.value == 4

    @pytest.mark.parametrize(
        ("at", "value"),
        [
            (DAY - timedelta(microseconds=1), 0),
            (DAY + timedelta(days=1, microseconds=-1), 3),
            (DAY + timedelta(days=2, microseconds=-1), 4),
        ],
    )
    def test_the_value_at_the_end_of_a_day(self, cast, owner, at, value):
        assert get_stat_as_of(owner, "achievement_count", at) == value
        assert get_stat_as_of(owner, "achievement_count", known_at=at) == value
        assert get_stat_as_of(owner, "achievement_count", at, known_at=at) == value

    @pytest.mark.parametrize("name", ["at", "known_at"])
    @pytest.mark.parametrize("who", ALL)
    def test_no_value_within_a_day(self, cast, owner, who, name):
        at, field = {name: hour_of_day(10)}, {"at": "as_of"}.get(name, name)
        if who not in STRANGERS:
            assert get_stat_as_of(owner, "achievement_count", **at, viewer=cast[who]) == 2
            return

        with pytest.raises(HistoryHidden, match="ask for a date, as in 2025-06-30") as refused:
            get_stat_as_of(owner, "achievement_count", **at, viewer=cast[who])
        assert (refused.value.field, refused.value.owner) == (field, owner)
        assert "achievement_count" in list_stats_as_of(owner, **at, viewer=cast[who]).hidden
        # The past of official results is public.
        assert get_stat_as_of(owner, "tournaments_won", **at, viewer=cast[who]) == 0

    def test_no_end_of_a_day_opens_a_time_within_one(self, cast, owner):
        within, end = hour_of_day(10), DAY + timedelta(days=1, microseconds=-1)

        for at, known_at, field in ((within, end, "as_of"), (end, within, "known_at")):
            with pytest.raises(HistoryHidden) as refused:
                get_stat_as_of(owner, "achievement_count", at, known_at=known_at)
            assert refused.value.field == field

    @pytest.mark.parametrize("name", ["at", "known_at"])
    def test_a_midnight_does_not_tell_whether_the_time_of_a_fact_is_known(self, cast, owner, name):
        """A fact known by its day alone is dated with the midnight at which the day began."""
        award(owner, "streak-five", DAY, recorded_at=DAY)
        midnight = {name: DAY}

        assert get_stat_as_of(owner, "achievement_count", **midnight, viewer=owner) == 1
        with pytest.raises(HistoryHidden):
            get_stat_as_of(owner, "achievement_count", **midnight)
        assert "achievement_count" in list_stats_as_of(owner, **midnight).hidden

    def test_the_present_is_public(self, cast, owner):
        now = hour_of_day(100)

        assert get_stat_as_of(owner, "achievement_count") == 4
        assert get_stat_as_of(owner, "achievement_count", known_at=now, now=now) == 4
        assert get_stat_as_of(owner, "achievement_count", now, known_at=now, now=now) == 4

    def test_the_present_does_not_tell_when_a_fact_comes_that_is_dated_ahead(self, cast, owner):
        """All of the day counts from its beginning on: whoever asks again and again sees no time."""
        for now in (hour_of_day(hour) for hour in (0, 6, 23)):
            past = {line.name: line.value for line in list_stats_as_of(owner, now, now=now).stats}

            assert get_stat_as_of(owner, "achievement_count", now, now=now) == 3
            assert past["achievement_count"] == 3

    @pytest.mark.parametrize("who", [*STRANGERS, "self"])
    def test_over_http(self, cast, owner, who):
        client = Client()
        if viewer := cast[who]:
            client.force_login(viewer)
        address = f"/api/v1/players/{owner.profile.public_id}/stats/achievement_count"

        day = client.get(f"{address}?as_of=2025-03-07")
        known = client.get(f"{address}?known_at=2025-03-07")

        assert day.json()["value"] == known.json()["value"] == 3
        assert day.json()["as_of"] == known.json()["known_at"] == "2025-03-07T23:59:59.999999Z"
        for within in (
            "as_of=2025-03-07T10:00:00Z",
            "as_of=2025-03-08T00:00:00Z",
            "known_at=2025-03-08T00:00Z",
        ):
            answer = client.get(f"{address}?{within}")
            assert answer.status_code == (200 if who == "self" else 403)
            assert who == "self" or answer.json()["errors"][0]["field"] == within.partition("=")[0]
        page = client.get(f"/players/{owner.profile.public_id}/stats/achievement_count/history/")
        told = re.findall(r'<time datetime="([^"]+)"', page.content.decode())
        assert {len(each) == len("2025-03-07") for each in told} == {who != "self"}


def award(owner: User, slug: str, at: datetime, *, recorded_at: datetime | None = None) -> None:
    """Award an achievement of the catalogue, as if this site had learnt of it at ``recorded_at``."""
    rule = BY_SLUG[slug]
    named = {"name": rule.name, "description": rule.description}
    entry, _ = Achievement.objects.get_or_create(slug=slug, defaults=named)
    if recorded_at is None:
        UserAchievement.objects.create(user=owner, achievement=entry, earned_at=at)
        return

    # A row keeps its ``recorded_at`` where a recording says that this database, or the one it was restored
    # from, gave it.
    label, every_row = UserAchievement._meta.label, {"first_row": 1, "last_row": 2**40}
    Recording.objects.get_or_create(source=label, written_at=recorded_at, defaults=every_row)
    row = UserAchievement.objects.create(user=owner, achievement=entry, earned_at=at, recorded_at=recorded_at)
    row.refresh_from_db()
    assert row.recorded_at == recorded_at


@pytest.mark.parametrize(
    ("at", "ends"),
    [
        ("2025-03-07T00:00:00+00:00", False),
        ("2025-03-07T23:59:59.999999+00:00", True),
        ("2025-03-07T01:59:59.999999+02:00", True),
        ("2025-03-07T02:00:00+02:00", False),
        ("2025-03-07T00:00:00+02:00", False),
        ("2025-03-07T23:59:59+00:00", False),
    ],
)
def test_days_end_before_midnight_in_utc(at, ends):
    assert ends_a_day(datetime.fromisoformat(at)) is ends
    assert start_of_day(DAY + timedelta(hours=23)) == DAY

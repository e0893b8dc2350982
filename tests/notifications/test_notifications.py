"""What players are told of, who sees it, and what it costs."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from allauth.account.models import EmailAddress
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from deltacrown.accounts.models import User
from deltacrown.accounts.rights import Right
from deltacrown.games.models import Match
from deltacrown.games.services import correct_match, record_matches, restore_match, void_match
from deltacrown.moderation.services import VoidMatch, reject_dispute, uphold_dispute
from deltacrown.notifications import services
from deltacrown.notifications.kinds import KINDS
from deltacrown.notifications.models import Notification, NotificationChoice
from deltacrown.notifications.services.mailing import CLAIMED_FOR, claim_news
from deltacrown.pages.exports import iterate_own_data
from deltacrown.tournaments.models import Tournament
from deltacrown.tournaments.services import correct_result, disqualify_entrant, lift_disqualification
from deltacrown.user_profile.achievements.awards import AwardRecord, award_achievements, revoke_achievement
from deltacrown.user_profile.models import Achievement, UserProfile
from deltacrown.user_profile.people.anonymising import anonymise_player
from deltacrown.user_profile.people.blocks import block_player
from deltacrown.user_profile.people.follows import follow, unfollow
from tests import scene
from tests.web.reading import text_of

pytestmark = pytest.mark.django_db

PAGE, SETTINGS = "/notifications/", "/settings/notifications/"


@pytest.fixture(autouse=True)
def _static_files_without_a_manifest(settings):
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


@pytest.fixture
def anna():
    return scene.player("anna")


@pytest.fixture
def ben():
    return scene.player("ben")


@pytest.fixture
def as_anna(client, anna):
    client.force_login(anna)
    return client


def told(user):
    """What a player is told, latest first."""
    return [each.told.text for each in services.list_notifications(user, limit=50).items]


def now():
    return datetime.now(UTC)


def write_mails(*, at=None):
    return services.send_mails(clock=lambda: at or now())


def played(anna, ben, key="m1"):
    title = scene.game()
    record_matches(records=[scene.duel(title, key, anna, ben)], now=scene.NOON)
    return {"game": title, "match_key": key, "now": scene.NOON}


class TestKinds:
    def test_a_match_that_is_recorded_tells_nobody_and_a_change_tells_its_players(self, anna, ben):
        match = played(anna, ben)
        assert not Notification.objects.exists()

        void_match(**match, reason="lag", by=ben)
        restore_match(**match, reason="was fine")
        correct_match(**match, reason="typo", scores={"anna": "13"})
        day = "Valorant, 31 May 2025."

        assert told(anna) == [
            f"A match of yours was corrected: {day}",
            f"A match of yours is restored, and counts again: {day}",
            f"A match of yours was voided, and counts nowhere: {day}",
        ]
        assert told(ben) == [f"A match of yours is restored, and counts again: {day}"]

    def test_who_is_taken_out_is_told_and_not_led_to_the_match(self, anna, ben):
        match, cat = played(anna, ben), scene.player("cat")
        correct_match(**match, reason="it was cat", moved={"ben": cat})

        assert told(ben) == ["A match was corrected, and you are not in it any more."]
        assert told(cat) == ["A match of yours was corrected: Valorant, 31 May 2025."]
        (shown,) = services.list_notifications(ben).items
        assert shown.told.page == ("player-matches", (ben.profile.public_id,))

    def test_a_line_in_the_archive_is_still_known(self, anna, ben):
        void_match(**played(anna, ben), reason="lag")
        scene.archive(Match.objects.get(user=anna))

        assert told(anna) == ["A match of yours was voided, and counts nowhere: Valorant, 31 May 2025."]

    def test_answers_to_a_dispute(self, anna, ben):
        boss = scene.staff("boss", Right.RESOLVE_DISPUTES)
        filed = [scene.dispute(anna, scene.match(anna, key)) for key in ("m1", "m2")]
        reject_dispute(dispute=filed[0], by=boss, resolution="No.", now=scene.at(20))
        reject_dispute(dispute=filed[0], by=boss, resolution="No.", now=scene.at(21))
        uphold_dispute(dispute=filed[1], by=boss, remedy=VoidMatch(), resolution="Yes.", now=scene.at(22))

        assert told(anna)[0] == "Your dispute was upheld. Read the answer."
        assert told(anna)[2] == "Your dispute was rejected. Read the answer."
        assert told(boss) == []

    def test_rulings_of_a_tournament(self, anna, ben):
        cup = scene.tournament("cup", name="The Cup", status=Tournament.Status.COMPLETED)
        for place, user in enumerate((anna, ben), 1):
            scene.registration(user, cup)
            scene.result(cup, place, user)
        ruling = {"tournament": cup, "user": anna, "reason": "wrong"}
        disqualify_entrant(**ruling, now=scene.at(100))
        lift_disqualification(**ruling, now=scene.at(101))
        correct_result(**ruling, placement=3, now=scene.at(102))

        assert told(anna) == [
            "Your official result in The Cup was corrected.",
            "Your disqualification in The Cup was lifted.",
            "You were disqualified in The Cup.",
        ]
        assert told(ben) == ["Your official result in The Cup was corrected."] * 2

    def test_an_achievement_of_these_days_is_told_while_it_is_held(self, anna):
        badges = [
            Achievement.objects.create(slug=slug, name=slug.title(), description="Done.")
            for slug in ("a", "b")
        ]
        lately, long_ago = now() - timedelta(days=1), now() - timedelta(days=8)
        award_achievements(awards=[AwardRecord(anna, badges[0], "", lately)])
        with CaptureQueriesContext(connection) as asked:
            award_achievements(awards=[AwardRecord(anna, badges[1], "", long_ago)])

        assert told(anna) == ["You earned the achievement A."]
        assert not any("notifications_" in each["sql"] for each in asked)
        revoke_achievement(user=anna, achievement=badges[0], reason="by mistake")
        assert told(anna) == []


class TestFollowers:
    @pytest.mark.parametrize("way", ["unfollow", "block", "close", "suspend", "anonymise"])
    def test_one_who_is_no_follower_any_more_is_not_named_nor_counted(self, as_anna, anna, ben, way):
        follow(follower=ben, followed=anna, now=scene.at(0))
        assert told(anna) == ["ben follows you."]
        {
            "unfollow": lambda: unfollow(follower=ben, followed=anna),
            "block": lambda: block_player(blocker=anna, blocked=ben, now=scene.at(1)),
            "close": lambda: UserProfile.objects.filter(user=ben).update(standing="CLOSED"),
            "suspend": lambda: UserProfile.objects.filter(user=ben).update(standing="SUSPENDED"),
            "anonymise": lambda: anonymise_player(user=ben, by=None, now=scene.NOON, without_export=True),
        }[way]()

        assert told(anna) == []
        page = text_of(as_anna.get(PAGE))
        assert ("ben" in page, "unread" in page) == (False, False)

    def test_following_again_is_no_news(self, anna, ben):
        for _ in range(2):
            follow(follower=ben, followed=anna, now=scene.at(0))
            services.mark_all_read(user=anna, now=now())
            unfollow(follower=ben, followed=anna)
        follow(follower=ben, followed=anna, now=scene.at(0))

        assert [each.is_read for each in services.list_notifications(anna).items] == [True]


class TestCost:
    def test_recording_costs_no_statement_more(self, anna, ben):
        def cost(connected, key):
            from deltacrown.notifications import receivers

            if not connected:
                receivers.disconnect()
            try:
                with CaptureQueriesContext(connection) as asked:
                    played(anna, ben, key)
            finally:
                if not connected:
                    receivers.connect()
            return len(asked)

        cost(True, "first")
        assert cost(True, "m2") == cost(False, "m3")

    def test_a_change_of_many_lines_costs_one_statement(self):
        rows = [scene.match(scene.player(f"p{number}"), "m1") for number in range(12)]
        with CaptureQueriesContext(connection) as asked:
            void_match(game=rows[0].game, match_key="m1", reason="lag", now=scene.at(9))

        assert sum("notifications_notification" in each["sql"] for each in asked) == 1
        assert Notification.objects.count() == 12

    def test_the_list_and_the_head(self, as_anna, anna, django_assert_num_queries):
        for number in range(3):
            follow(follower=scene.player(f"f{number}"), followed=anna, now=scene.at(0))
            void_match(**played(anna, scene.player(f"o{number}"), f"m{number}"), reason="lag")
        as_anna.get(PAGE)
        with django_assert_num_queries(3):  # the page, the lines that are kept, those in the archive
            services.list_notifications(anna)
        with django_assert_num_queries(5):  # the session, the player and how many are unread, and the list
            as_anna.get(PAGE)
        with django_assert_num_queries(2):
            as_anna.get("/settings/display/")
        with django_assert_num_queries(4):  # the session, the player, the choices, the address
            as_anna.get(SETTINGS)


class TestPages:
    def test_unread_ones_are_counted_opened_and_marked(self, as_anna, anna, ben):
        follow(follower=ben, followed=anna, now=scene.at(0))
        void_match(**played(anna, ben), reason="lag")
        page = as_anna.get(PAGE)
        assert "Notifications 2 unread" in text_of(page)
        assert text_of(page).count("New ") == 2

        handle = re.findall(r'name="notification" value="([^"]+)"', page.content.decode())[-1]
        answer = as_anna.post("/notifications/open/", {"notification": handle})
        assert answer["Location"] == f"/players/{ben.profile.public_id}/"
        as_anna.post("/notifications/open/", {"notification": handle})
        assert "Notifications 1 unread" in text_of(as_anna.get(PAGE))

        answer = as_anna.post("/notifications/read/", follow=True)
        assert ("All are marked as read." in text_of(answer), "unread" in text_of(answer)) == (True, False)

    def test_a_hundred_are_not_counted_on(self, as_anna, anna, ben):
        scene.match(anna, "m1")
        Notification.objects.bulk_create(
            Notification(user=anna, kind="MATCH_VOIDED", fact=str(number), happened_at=scene.at(0))
            for number in range(120)
        )
        assert "Notifications 99+ unread" in text_of(as_anna.get("/settings/display/"))

    def test_nobody_else_sees_or_opens_them(self, as_anna, anna, ben):
        follow(follower=ben, followed=anna, now=scene.at(0))
        (own,) = services.list_notifications(anna).items
        other = Client()
        assert other.get(PAGE)["Location"] == f"/sign-in/?next={PAGE}"
        other.force_login(scene.staff("boss", *Right))
        assert "ben" not in text_of(other.get(PAGE))
        for handle in (own.handle, own.handle[:-1], "", "x" * 600):
            assert other.post("/notifications/open/", {"notification": handle}).status_code in {400, 404}
        assert other.post("/notifications/read/").status_code == 302
        assert Notification.objects.get().read_at is None

    def test_what_is_not_wanted_is_not_shown_and_comes_back(self, as_anna, anna, ben):
        follow(follower=ben, followed=anna, now=scene.at(0))
        kept = [kind for kind in KINDS if kind != "FOLLOWED"]
        as_anna.post(SETTINGS, {"on_site": kept})
        assert (told(anna), "unread" in text_of(as_anna.get(PAGE))) == ([], False)
        assert as_anna.get(SETTINGS).content.decode().count("checked") == len(kept)
        assert as_anna.post(SETTINGS, {"on_site": ["x"]}).status_code == 400

        as_anna.post(SETTINGS, {"on_site": list(KINDS)})
        assert told(anna) == ["ben follows you."]

    def test_pages_of_the_list_go_on_where_they_ended(self, as_anna, anna):
        for number in range(25):
            follow(follower=scene.player(f"f{number}"), followed=anna, now=scene.at(0))
        first = services.list_notifications(anna)
        rest = services.list_notifications(anna, first.next_cursor)
        names = [each.told.names["player"] for each in (*first.items, *rest.items)]

        assert (len(first.items), sorted(names)) == (20, sorted(f"f{number}" for number in range(25)))


class TestMail:
    @pytest.fixture
    def mailed(self, anna):
        EmailAddress.objects.create(user=anna, email="anna@example.org", verified=True, primary=True)
        services.set_choices(user=anna, on_site=list(KINDS), by_mail=["FOLLOWED"], now=scene.at(0))
        return anna

    def test_what_is_wanted_is_mailed_once_in_the_language_of_the_site(
        self, mailed, ben, mailoutbox, settings
    ):
        settings.SITE_URL = "https://play.example.org"
        void_match(**played(mailed, ben), reason="lag")
        follow(follower=ben, followed=mailed, now=scene.at(0))
        follow(follower=mailed, followed=ben, now=scene.at(0))

        assert [write_mails() for _ in range(2)] == [services.Mailing(1, 1, 0), services.Mailing(0, 0, 0)]
        (mail,) = mailoutbox
        assert (mail.to, mail.subject) == (["anna@example.org"], "DeltaCrown: 1 notification")
        assert f"ben follows you.: https://play.example.org/players/{ben.profile.public_id}/" in mail.body
        assert "https://play.example.org/settings/notifications/" in mail.body
        assert "voided" not in mail.body

    @pytest.mark.parametrize(
        "case", ["told before", "read", "old", "no longer", "closed", "unconfirmed", "none"]
    )
    def test_who_or_what_is_not_mailed(self, mailed, ben, mailoutbox, case):
        follow(follower=ben, followed=mailed, now=scene.at(0))
        at = now()
        {
            "told before": lambda: NotificationChoice.objects.update(mail_since=at + timedelta(hours=1)),
            "read": lambda: services.mark_all_read(user=mailed, now=at + timedelta(hours=1)),
            "old": lambda: Notification.objects.update(told_at=at - timedelta(days=8)),
            "no longer": lambda: unfollow(follower=ben, followed=mailed),
            "closed": lambda: User.objects.filter(pk=mailed.pk).update(is_active=False),
            "unconfirmed": lambda: EmailAddress.objects.update(verified=False),
            "none": lambda: services.set_choices(user=mailed, on_site=list(KINDS), by_mail=[], now=at),
        }[case]()

        assert (write_mails().mails, mailoutbox) == (0, [])

    def test_what_a_killed_run_claimed_is_mailed_an_hour_later(self, mailed, ben, mailoutbox):
        follow(follower=ben, followed=mailed, now=scene.at(0))
        at = now()
        assert len(claim_news(user_id=mailed.pk, now=at)) == 1

        assert (claim_news(user_id=mailed.pk, now=at), write_mails(at=at).mails) == ([], 0)
        assert write_mails(at=at + CLAIMED_FOR + timedelta(minutes=1)).mails == 1

    def test_a_mail_that_is_not_taken_is_tried_again_and_stops_no_other(self, mailed, ben, settings):
        follow(follower=ben, followed=mailed, now=scene.at(0))
        settings.EMAIL_BACKEND = "tests.notifications.test_notifications.Refusing"

        assert write_mails() == services.Mailing(0, 0, 1)
        assert Notification.objects.get().mailed_at is None


class Refusing:
    def __init__(self, **_):
        pass

    def send_messages(self, messages):
        raise OSError("no server")


def test_old_ones_are_deleted(anna):
    def row(fact, **ago):
        fields = {name: now() - timedelta(days=days) for name, days in ago.items()}
        Notification.objects.create(
            user=anna, kind="MATCH_VOIDED", fact=fact, happened_at=scene.at(0), **fields
        )

    row("read long ago", read_at=91)
    row("read lately", read_at=89)
    row("old and unread", told_at=366)
    row("unread", told_at=364)

    call_command("run_job", "prune-notifications")
    assert sorted(Notification.objects.values_list("fact", flat=True)) == ["read lately", "unread"]


def test_an_export_has_ones_own_and_anonymising_removes_them(anna, ben):
    follow(follower=ben, followed=anna, now=scene.at(0))
    follow(follower=anna, followed=ben, now=scene.at(0))
    services.set_choices(user=anna, on_site=[], by_mail=["FOLLOWED"], now=scene.at(0))
    exported = [record["kind"] for section, record in iterate_own_data(anna) if section == "notifications"]
    assert exported == ["FOLLOWED"]

    anonymise_player(user=anna, by=None, now=scene.NOON, without_export=True)
    assert (Notification.objects.count(), NotificationChoice.objects.count()) == (0, 0)

import logging

import pytest
from django.contrib.auth.models import AnonymousUser

from deltacrown.core.errors import DomainError
from deltacrown.games.models import Match
from deltacrown.user_profile import privacy
from deltacrown.user_profile.models import Follow, PrivacySettings, UserActivity
from deltacrown.user_profile.people import privacy_settings
from deltacrown.user_profile.privacy import Audience, HistoryHidden, filter_activity_by_visibility
from tests import scene

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast(no_reactions, db):
    """The owner and every kind of viewer there is."""
    owner = scene.player("owner")
    follower = scene.player("follower")
    Follow.objects.create(follower=follower, followed=owner)
    followed = scene.player("followed")
    Follow.objects.create(follower=owner, followed=followed)
    return {
        "owner": owner,
        "nobody": None,
        "anonymous": AnonymousUser(),
        "member": scene.player("member"),
        "followed": followed,
        "follower": follower,
        "staff": scene.player("staff", is_staff=True),
        "inactive-staff": scene.player("gone", is_staff=True, is_active=False),
        "superuser": scene.player("root", is_superuser=True),
    }


AUDIENCES = {
    "nobody": Audience.ANONYMOUS,
    "anonymous": Audience.ANONYMOUS,
    "member": Audience.MEMBER,
    "followed": Audience.MEMBER,
    "follower": Audience.FOLLOWER,
    "owner": Audience.SELF,
    "staff": Audience.STAFF,
    "inactive-staff": Audience.ANONYMOUS,
    "superuser": Audience.MEMBER,
}
ALWAYS = {"owner", "staff"}


@pytest.mark.parametrize(("who", "audience"), AUDIENCES.items())
def test_audience(cast, who, audience):
    assert privacy.get_audience(cast[who], cast["owner"]) is audience


def test_staff_are_themselves_on_their_own_profile(cast):
    assert privacy.get_audience(cast["staff"], cast["staff"]) is Audience.SELF


@pytest.mark.parametrize("who", AUDIENCES)
class TestHistories:
    def test_shown_to_everyone_unless_hidden(self, cast, who):
        assert privacy.can_see_match_history(cast["owner"], cast[who])
        assert privacy.can_see_tournaments(cast["owner"], cast[who])

    def test_hidden_matches_hide_matches_alone(self, cast, who):
        scene.hide(cast["owner"], matches=True)

        assert privacy.can_see_match_history(cast["owner"], cast[who]) == (who in ALWAYS)
        assert privacy.can_see_tournaments(cast["owner"], cast[who])

    def test_hidden_tournaments_hide_tournaments_alone(self, cast, who):
        scene.hide(cast["owner"], tournaments=True)

        assert privacy.can_see_tournaments(cast["owner"], cast[who]) == (who in ALWAYS)
        assert privacy.can_see_match_history(cast["owner"], cast[who])

    def test_a_missing_row_hides_both(self, cast, who):
        PrivacySettings.objects.filter(user=cast["owner"]).delete()

        assert privacy.can_see_match_history(cast["owner"], cast[who]) == (who in ALWAYS)
        assert privacy.can_see_tournaments(cast["owner"], cast[who]) == (who in ALWAYS)

    @pytest.mark.parametrize("hidden", [{}, {"matches": True}, {"tournaments": True}])
    def test_the_answers_together_are_the_single_answers(self, cast, who, hidden):
        scene.hide(cast["owner"], **hidden)

        visibility = privacy.get_visibility(cast["owner"], cast[who])

        assert visibility.match_history == privacy.can_see_match_history(cast["owner"], cast[who])
        assert visibility.tournaments == privacy.can_see_tournaments(cast["owner"], cast[who])
        assert visibility.own_records == (who in ALWAYS)

    def test_someone_elses_flags_change_nothing(self, cast, who):
        scene.hide(cast["member"], matches=True, tournaments=True)

        assert privacy.can_see_match_history(cast["owner"], cast[who])

    def test_disputes_and_experience_are_for_the_player_and_staff(self, cast, who):
        for require in (privacy.require_disputes, privacy.require_experience):
            if who in ALWAYS:
                require(cast["owner"], cast[who])
            else:
                with pytest.raises(HistoryHidden, match="to the player and to staff only"):
                    require(cast["owner"], cast[who])


def test_the_refusal_says_what_is_hidden_and_whose(cast):
    scene.hide(cast["owner"], matches=True, tournaments=True)

    with pytest.raises(HistoryHidden) as matches:
        privacy.require_match_history(cast["owner"], None)
    with pytest.raises(HistoryHidden) as tournaments:
        privacy.require_tournaments(cast["owner"], None)

    assert matches.value.message == "User has hidden match history"
    assert tournaments.value.message == "User has hidden tournament history"
    assert matches.value.owner == cast["owner"]
    assert isinstance(matches.value, DomainError)


def test_a_staff_read_of_hidden_data_is_logged(cast, caplog):
    scene.hide(cast["owner"], matches=True)
    with caplog.at_level(logging.INFO, logger="deltacrown.audit"):
        privacy.require_match_history(cast["owner"], cast["staff"])

    assert caplog.messages == [
        f"staff {cast['staff'].pk} read the hidden match history of user {cast['owner'].pk}"
    ]


def test_a_staff_read_of_what_everyone_sees_is_not_logged(cast, caplog):
    with caplog.at_level(logging.INFO, logger="deltacrown.audit"):
        privacy.require_match_history(cast["owner"], cast["staff"])
        scene.hide(cast["staff"], matches=True)
        privacy.require_match_history(cast["staff"], cast["staff"])

    assert caplog.messages == []


def test_the_log_is_on_by_default(settings):
    assert logging.getLogger("deltacrown.audit").isEnabledFor(logging.INFO)


class TestActivities:
    @pytest.fixture
    def timeline(self, cast):
        for user in (cast["owner"], cast["member"]):
            for visibility in ("PUBLIC", "FOLLOWERS", "PRIVATE"):
                scene.activity(user, f"{user.username}-{visibility.lower()}", visibility=visibility)
        return UserActivity.objects.order_by("id")

    def seen(self, timeline, viewer):
        return {entry.dedupe_key for entry in filter_activity_by_visibility(timeline, viewer)}

    PUBLIC = {"owner-public", "member-public"}

    @pytest.mark.parametrize(
        ("who", "more"),
        [
            ("nobody", set()),
            ("anonymous", set()),
            ("followed", set()),
            ("inactive-staff", set()),
            ("superuser", set()),
            ("follower", {"owner-followers"}),
            ("member", {"member-followers", "member-private"}),
            ("owner", {"owner-followers", "owner-private"}),
            ("staff", {"owner-followers", "owner-private", "member-followers", "member-private"}),
        ],
    )
    def test_owners_mixed(self, cast, timeline, who, more, django_assert_num_queries):
        with django_assert_num_queries(2 if who == "staff" else 1):
            assert self.seen(timeline, cast[who]) == self.PUBLIC | more

    def test_being_followed_back_shows_nothing(self, cast, timeline):
        assert "owner-followers" not in self.seen(timeline, cast["followed"])

    def test_unfollowing_ends_it(self, cast, timeline):
        Follow.objects.all().delete()

        assert self.seen(timeline, cast["follower"]) == self.PUBLIC

    def test_a_verification_is_the_players_own_affair_even_when_marked_public(self, cast):
        scene.activity(cast["owner"], "verified", kind="KYC_VERIFIED", visibility="PUBLIC")

        for who in AUDIENCES:
            assert bool(self.seen(UserActivity.objects.all(), cast[who])) == (who in ALWAYS)

    def test_registrations_of_who_hides_tournaments_are_hidden_but_titles_are_public_record(self, cast):
        scene.activity(cast["owner"], "entered", kind="TOURNAMENT_REGISTERED")
        scene.activity(cast["owner"], "won", kind="TOURNAMENT_WON")
        scene.activity(cast["member"], "member-entered", kind="TOURNAMENT_REGISTERED")
        assert self.seen(UserActivity.objects.all(), None) == {"entered", "won", "member-entered"}
        scene.hide(cast["owner"], tournaments=True)

        for who in AUDIENCES:
            expected = {"won", "member-entered"} | ({"entered"} if who in ALWAYS else set())
            assert self.seen(UserActivity.objects.all(), cast[who]) == expected

    def test_a_missing_privacy_row_hides_registrations(self, cast):
        scene.activity(cast["owner"], "entered", kind="TOURNAMENT_REGISTERED")
        PrivacySettings.objects.all().delete()

        assert self.seen(UserActivity.objects.all(), cast["follower"]) == set()

    def test_earlier_filters_hold(self, cast, timeline):
        assert self.seen(timeline.filter(user=cast["member"]), cast["owner"]) == {"member-public"}


class TestMatchRows:
    @pytest.fixture
    def rows(self, cast):
        for who in ("owner", "member"):
            scene.match(cast[who], "casual")
            scene.match(cast[who], "official", kind="TOURNAMENT")
        scene.hide(cast["owner"], matches=True)
        return Match.objects.order_by("id")

    @pytest.mark.parametrize("who", AUDIENCES)
    def test_casual_rows_of_hidden_players_are_left_out(self, cast, rows, who):
        seen = {
            (row.user.username, row.match_key) for row in privacy.filter_match_by_visibility(rows, cast[who])
        }

        always = {("owner", "official"), ("member", "official"), ("member", "casual")}
        assert seen == always | ({("owner", "casual")} if who in ALWAYS else set())


def test_setting_privacy_holds_at_once(cast):
    privacy_settings.set_privacy(user=cast["owner"], show_match_history=False, show_tournament_stats=True)

    assert not privacy.can_see_match_history(cast["owner"], cast["follower"])
    assert privacy.can_see_tournaments(cast["owner"], cast["follower"])
    assert privacy.can_see_match_history(cast["member"], cast["follower"])

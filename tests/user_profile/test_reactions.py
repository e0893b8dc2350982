"""Timelines and experience after events in the other apps, and after these were undone."""

from __future__ import annotations

import pytest
from django.db import transaction

from deltacrown.accounts.models import User
from deltacrown.games.services import correct_match, void_match
from deltacrown.moderation.services import file_dispute
from deltacrown.pages.players import list_team_periods
from deltacrown.teams.services import MembershipRecord, join_team, leave_team, record_memberships
from deltacrown.tournaments.services import (
    EntrantRecord,
    complete_tournament,
    correct_result,
    disqualify_entrant,
    register_entrants,
    register_player,
    withdraw,
)
from deltacrown.user_profile.achievements.experience import ENTERED, PLACED
from deltacrown.user_profile.models import KycVerification, UserActivity, UserProfile
from deltacrown.user_profile.people.identities import Identity, set_identities
from deltacrown.user_profile.timeline.hiding import hide_activity
from tests.removal import remove
from tests.user_profile.season import (
    JOINED,
    TOLD,
    contents,
    daily_duel,
    day,
    held,
    hold,
    people,
    play,
    points,
    queries,
    rocket,
    said,
    squad,
    standing,
    start,
    told,
)

pytestmark = pytest.mark.django_db


class TestArrivals:
    def test_players_made_in_bulk_joined_when_they_did(self):
        people("ann", "bob")

        rows = UserActivity.objects.values_list(
            "user__username", "activity_type", "description", "created_at"
        )
        assert sorted(rows) == [
            (name, "PROFILE_CREATED", "Joined DeltaCrown", JOINED) for name in ("ann", "bob")
        ]

    def test_a_user_who_signs_up_joined_once_however_often_they_are_saved(self):
        ann = User.objects.create_user("ann", password="x")
        ann.save()
        ann.refresh_from_db()

        assert list(UserActivity.objects.values_list("user__username", "created_at")) == [
            ("ann", ann.date_joined)
        ]

    def test_a_fixture_brings_its_own(self):
        ann = User(username="ann", pk=7)
        ann.save_base(raw=True)

        assert not UserActivity.objects.exists()


class TestRegistrations:
    def test_it_is_told_once_at_its_date_to_each_of_a_team(self):
        ann, bob, cat = people("ann", "bob", "cat")
        reds = squad("reds", ann, bob)
        event = start("spring-cup", reds)

        for user in (ann, bob):
            assert (day(-1), "Registered for Spring Cup") in told(user)
        assert said(cat) == []
        entry = UserActivity.objects.get(user=ann, activity_type="TOURNAMENT_REGISTERED")
        assert entry.metadata == {
            "tournament_slug": event.slug,
            "tournament_name": event.name,
            "team_slug": "reds",
            "team_name": "Reds",
        }

    def test_one_who_withdraws_has_still_registered_and_is_told_again_when_they_return(self):
        (ann,) = people("ann")
        event = start("spring-cup", ann)
        event.status = "OPEN"
        event.save()
        assert points(ann) == {"Entered Spring Cup": ENTERED}

        withdraw(tournament=event, user=ann)
        assert said(ann) == ["Registered for Spring Cup"]
        assert points(ann) == {}

        register_player(tournament=event, user=ann, now=TOLD, registered_at=day(2))
        assert told(ann) == [(day(2), "Registered for Spring Cup")]
        assert points(ann) == {"Entered Spring Cup": ENTERED}

    def test_entrants_told_again_add_nothing(self):
        ann, bob = people("ann", "bob")
        event = start("spring-cup", ann, bob)
        before = contents()

        register_entrants(
            tournament=event,
            entrants=[EntrantRecord(user=user, registered_at=day(-1)) for user in (ann, bob)],
            now=TOLD,
        )

        assert contents() == before


class TestPodium:
    def test_the_first_three_are_told_and_nobody_else(self):
        users = people("ann", "bob", "cat", "dan")
        hold("spring-cup", *users, number=3)

        assert [[text for at, text in told(user) if at == day(3)] for user in users] == [
            ["Earned Champion", "\N{TROPHY} Won Spring Cup"],
            ["Took second place in Spring Cup"],
            ["Took third place in Spring Cup"],
            [],
        ]
        assert [points(user) for user in users] == [
            {"Entered Spring Cup": ENTERED, "First in Spring Cup": PLACED[1]},
            {"Entered Spring Cup": ENTERED, "Second in Spring Cup": PLACED[2]},
            {"Entered Spring Cup": ENTERED, "Third in Spring Cup": PLACED[3]},
            {"Entered Spring Cup": ENTERED},
        ]

    def test_those_who_tie_are_told_the_same(self):
        users = people("ann", "bob", "cat", "dan")
        event = start("cup", *users)
        places = zip(users, (1, 1, 3, 3), strict=True)
        complete_tournament(
            tournament=event,
            standings=[standing(user, place) for user, place in places],
            now=TOLD,
            decided_at=day(1),
        )

        assert [
            [text for text in said(user) if text.endswith("Cup") and "Registered" not in text]
            for user in users
        ] == [
            ["\N{TROPHY} Won Cup"],
            ["\N{TROPHY} Won Cup"],
            ["Took third place in Cup"],
            ["Took third place in Cup"],
        ]

    def test_every_member_of_the_roster_is_told_not_who_joined_later(self):
        ann, bob, cat = people("ann", "bob", "cat")
        reds = squad("reds", ann, bob)
        event = start("cup", reds)
        join_team(team=reds, user=cat, joined_at=day(0.5))
        complete_tournament(tournament=event, standings=[standing(reds, 1)], now=TOLD, decided_at=day(1))

        assert ["\N{TROPHY} Won Cup" in said(user) for user in (ann, bob, cat)] == [True, True, False]
        assert UserActivity.objects.get(user=ann, activity_type="TOURNAMENT_WON").metadata == {
            "tournament_slug": "cup",
            "tournament_name": "Cup",
            "placement": 1,
            "team_slug": "reds",
            "team_name": "Reds",
        }

    def test_the_disqualified_are_not_told(self):
        ann, bob = people("ann", "bob")
        event = start("cup", ann, bob)
        standings = [standing(ann, None, disqualified_reason="Two accounts"), standing(bob, 1)]
        complete_tournament(tournament=event, standings=standings, now=TOLD, decided_at=day(1))

        assert said(ann) == ["Registered for Cup"]
        assert points(ann) == {}
        assert "\N{TROPHY} Won Cup" in said(bob)

    def test_a_disqualified_winner_is_taken_off_and_everybody_moves_up(self):
        ann, bob, cat, dan = users = people("ann", "bob", "cat", "dan")
        event = hold("cup", *users)

        disqualify_entrant(tournament=event, user=ann, reason="Two accounts", now=TOLD)

        assert said(ann) == ["Registered for Cup"]
        assert points(ann) == {}
        assert told(bob)[1:] == [(day(0), "\N{TROPHY} Won Cup"), (day(-1), "Registered for Cup")]
        assert (points(bob)["First in Cup"], points(cat)["Second in Cup"], points(dan)["Third in Cup"]) == (
            300,
            150,
            75,
        )
        assert said(dan) == ["Took third place in Cup", "Registered for Cup"]

    def test_a_correction_amends_and_below_the_podium_withdraws(self):
        ann, bob = people("ann", "bob")
        event = hold("cup", ann, bob)
        kept = UserActivity.objects.get(user=ann, activity_type="TOURNAMENT_WON").pk

        correct_result(tournament=event, user=ann, placement=2, reason="Recount", now=TOLD)
        assert told(ann) == [(day(0), "Took second place in Cup"), (day(-1), "Registered for Cup")]
        assert UserActivity.objects.get(user=ann, activity_type="TOURNAMENT_WON").pk == kept
        assert points(ann) == {"Entered Cup": ENTERED, "Second in Cup": PLACED[2]}

        correct_result(tournament=event, user=ann, placement=4, reason="Recount", now=TOLD)
        assert said(ann) == ["Registered for Cup"]
        correct_result(tournament=event, user=ann, placement=1, reason="Recount of the recount", now=TOLD)
        assert "\N{TROPHY} Won Cup" in said(ann)

    def test_what_a_player_hid_is_hidden_when_a_ruling_is_taken_back(self):
        ann, bob = people("ann", "bob")
        event = hold("cup", ann, bob)
        hide_activity(user=ann, activity=UserActivity.objects.get(user=ann, activity_type="TOURNAMENT_WON"))

        disqualify_entrant(tournament=event, user=ann, reason="Two accounts", now=TOLD)
        correct_result(tournament=event, user=ann, placement=1, reason="One account", now=TOLD)

        assert UserActivity.objects.get(user=ann, activity_type="TOURNAMENT_WON").visibility == "PRIVATE"

    def test_the_same_results_again_add_nothing(self):
        ann, bob = people("ann", "bob")
        event = hold("cup", ann, bob)
        before = contents()

        complete_tournament(tournament=event, standings=[standing(ann, 1), standing(bob, 2)], now=TOLD)

        assert contents() == before


class TestTeams:
    def test_each_arrival_is_told_at_its_date(self):
        ann, bob = people("ann", "bob")
        reds = squad("reds", ann)
        leave_team(team=reds, user=ann, left_at=day(1))
        join_team(team=reds, user=ann, joined_at=day(5))

        assert told(ann) == [(day(5), "Joined team Reds"), (day(-30), "Joined team Reds")]
        assert said(bob) == []

    def test_memberships_told_again_add_nothing(self):
        ann, bob = people("ann", "bob")
        reds = squad("reds")
        periods = [MembershipRecord(reds, ann, day(1), day(2)), MembershipRecord(reds, bob, day(1))]
        record_memberships(memberships=periods)
        before = contents()
        record_memberships(memberships=periods)

        assert contents() == before
        assert told(ann) == [(day(1), "Joined team Reds")]


class TestLevels:
    def test_every_fifth_is_told_at_the_date_it_was_reached(self):
        ann, bob = people("ann", "bob")
        for number in range(1, 12):
            hold(f"cup-{number}", ann, bob, number=number)

        levels = [(at, text) for at, text in told(ann) if text.startswith("Reached")]
        assert levels == [(day(10), "Reached level 10"), (day(2), "Reached level 5")]
        assert UserProfile.objects.get(user=ann).level == 12

    def test_a_level_lost_again_is_withdrawn_and_one_reached_later_moves(self):
        ann, bob = people("ann", "bob")
        events = [hold(f"cup-{number}", ann, bob, number=number) for number in range(1, 5)]
        assert [at for at, text in told(ann) if text == "Reached level 5"] == [day(2)]

        disqualify_entrant(tournament=events[0], user=ann, reason="Two accounts", now=TOLD)
        assert [at for at, text in told(ann) if text == "Reached level 5"] == [day(3)]
        for event in events[1:]:
            disqualify_entrant(tournament=event, user=ann, reason="Two accounts", now=TOLD)

        assert UserProfile.objects.get(user=ann).level == 1
        assert all(text.startswith("Registered") for text in said(ann))


class TestNoise:
    def test_what_must_not_appear_does_not(self):
        ann, bob = people("ann", "bob")
        play([daily_duel(ann, bob, number) for number in range(12)])
        void_match(game=rocket(), match_key="day-3", reason="Crash", now=TOLD)
        correct_match(
            game=rocket(), match_key="day-4", results={"ann": "LOSS", "bob": "WIN"}, reason="Typo", now=TOLD
        )
        file_dispute(reporter=bob, match=bob.match_rows.first(), reason="Not so", now=day(12))
        set_identities(identities=[Identity(ann, display_name="Ann the Great")])
        ann.last_login = TOLD
        ann.save()

        assert said(ann) == []
        assert said(bob) == []


class TestDeletions:
    def test_a_deleted_row_takes_its_own_along(self):
        ann, bob = people("ann", "bob")
        event = hold("cup", ann, bob)
        event.results.get(user=ann).delete()
        assert said(ann) == ["Registered for Cup"]
        event.participations.filter(user=ann).delete()
        assert (said(ann), points(ann), held(ann)) == ([], {}, {})
        assert said(bob) == ["Took second place in Cup", "Registered for Cup"]

    def test_a_membership_entered_by_mistake_is_withdrawn_everywhere(self):
        (ann,) = people("ann")
        reds = squad("reds", ann)
        assert said(ann) == ["Joined team Reds"]
        leave_team(team=reds, user=ann, left_at=ann.team_memberships.get().joined_at)

        assert said(ann) == []
        assert list_team_periods(ann) == []

    def test_a_deleted_membership_does_not_stay_on_the_timeline(self):
        (ann,) = people("ann")
        squad("reds", ann)
        ann.team_memberships.get().delete()

        assert said(ann) == []

    def test_a_removed_tournament_takes_everything_along(self, find_all_drift):
        ann, bob = people("ann", "bob")
        kept, gone = hold("kept", bob, ann, number=1), hold("gone", ann, bob, number=2)
        remove(gone)

        assert told(ann) == [(day(1), "Took second place in Kept"), (day(0), "Registered for Kept")]
        assert points(ann) == {"Entered Kept": ENTERED, "Second in Kept": PLACED[2]}
        assert set(held(ann)) == {"first-tournament", "first-podium"}
        assert kept.results.count() == 2
        assert find_all_drift() == []

    def test_a_removed_player_leaves_nothing(self):
        ann, bob = people("ann", "bob")
        reds = squad("reds", ann, bob)
        hold("team-cup", reds)
        hold("cup", ann, bob, number=3)
        play([daily_duel(ann, bob, number) for number in range(12)])
        KycVerification.objects.create(user=ann, status="VERIFIED", reviewed_at=day(3))
        remove(ann)

        assert {row[0] for rows in contents().values() for row in rows} == {"bob"}


class TestTogether:
    def test_a_reaction_is_undone_with_what_it_reacted_to(self):
        ann, bob = people("ann", "bob")
        before = contents()
        with transaction.atomic():
            hold("cup", ann, bob)
            assert contents() != before
            transaction.set_rollback(True)

        assert contents() == before

    def test_a_large_tournament_takes_no_more_queries_than_a_small_one(self):
        hold("warm-up", *people("ann", "bob", "cat", "dan"), number=-5)
        counts = []
        for size in (8, 128):
            users = people(*(f"p{size}-{number}" for number in range(size)))
            with queries() as sent:
                hold(f"cup-{size}", *users)
            # SQLite takes so many values at once: 128 rows are up to two inserts where 8 are one.
            counts.append(len([sql for sql in sent if not sql.startswith("INSERT")]))

        assert counts[0] == counts[1]

    def test_nothing_has_drifted(self, find_all_drift):
        ann, bob, cat = people("ann", "bob", "cat")
        event = hold("cup", ann, bob, cat)
        play([daily_duel(ann, bob, number) for number in range(12)])
        disqualify_entrant(tournament=event, user=ann, reason="Two accounts", now=TOLD)

        assert find_all_drift() == []

"""Invitations: whom they reach, what answers them, and what follows from the tournament."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from deltacrown.core.errors import DomainError
from deltacrown.teams.services import give_role
from deltacrown.tournaments import services, signals
from deltacrown.tournaments.models import Tournament, TournamentInvitation, TournamentParticipation
from deltacrown.tournaments.services import Sent, answer_invitation, invite_entrants, take_back_invitation
from deltacrown.user_profile.people.anonymising import anonymise_player
from deltacrown.user_profile.people.merging.merges import merge_players, undo_merge
from tests import scene
from tests.announcements import announced
from tests.concurrency import call_together
from tests.tournaments.conftest import LATER, NOW

pytestmark = pytest.mark.django_db
BEFORE, AFTER = NOW - timedelta(hours=1), NOW + timedelta(hours=1)


@pytest.fixture
def org(db):
    return scene.player("org")


@pytest.fixture
def ann(db):
    return scene.player("ann")


@pytest.fixture
def cup(org):
    return scene.tournament("cup", name="Cup", status="OPEN", organiser=org)


@pytest.fixture
def league(org):
    return scene.tournament("league", name="League", status="OPEN", entrant_kind="TEAM", organiser=org)


@pytest.fixture
def reds(ann):
    """A team of ann and bob, whose captain is ann."""
    reds = scene.team("reds")
    for user in (ann, scene.player("bob")):
        scene.member(user, reds)
    scene.role(ann, reds)
    return reds


def invite(event, *entrants, by=None, now=NOW):
    kind = "teams" if event.entrant_kind == "TEAM" else "users"
    sent = invite_entrants(tournament=event, **{kind: entrants}, by=by or event.organiser, now=now)
    return [each.sent for each in sent]


def invitation(event):
    return TournamentInvitation.objects.get(tournament=event)


def answer(event, by, *, accept=True, now=LATER):
    return answer_invitation(invitation=invitation(event), accept=accept, by=by, now=now)


def take_back(event, by=None, now=LATER):
    return take_back_invitation(invitation=invitation(event), by=by or event.organiser, now=now)


def entries(event):
    return sorted(event.participations.values_list("user__username", "status"))


def state(event):
    row = invitation(event)
    return row.status, row.settled_by and row.settled_by.username, row.settled_at


class TestInviting:
    def test_many_at_once_each_said_what_became_of_it(self, cup, ann):
        bob, cat, dan = (scene.player(name) for name in ("bob", "cat", "dan"))
        scene.registration(bob, cup)
        scene.registration(cat, cup, status="WITHDRAWN")
        scene.registration(dan, cup, status="DISQUALIFIED")
        with announced(signals.entrants_invited) as events:
            first = invite(cup, ann, bob, cat, dan)
        again = invite(cup, ann, bob, cat, dan)

        assert first == [Sent.INVITED, Sent.ENTERED, Sent.INVITED, Sent.DISQUALIFIED]
        assert again == [Sent.WAITS, Sent.ENTERED, Sent.WAITS, Sent.DISQUALIFIED]
        (event,) = events
        assert event["told"] == [ann.pk, cat.pk]
        assert TournamentInvitation.objects.count() == 2

    def test_the_number_of_queries_does_not_grow(self, cup):
        counts = []
        for batch in (["p1"], [f"q{number}" for number in range(30)]):
            users = [scene.player(name) for name in batch]
            with CaptureQueriesContext(connection) as asked:
                invite(cup, *users)
            counts.append(len(asked))
        assert counts[0] == counts[1]

    @pytest.mark.parametrize("settle", ["decline", "take back", "withdraw"])
    def test_who_has_answered_is_invited_again(self, cup, ann, settle):
        invite(cup, ann)
        if settle == "take back":
            take_back(cup)
        else:
            answer(cup, ann, accept=settle == "withdraw")
        if settle == "withdraw":
            services.withdraw(tournament=cup, user=ann, now=LATER, by=ann)

        with announced(signals.entrants_invited) as events:
            assert invite(cup, ann, now=AFTER) == [Sent.AGAIN]
        assert [event["told"] for event in events] == [[ann.pk]]
        assert state(cup) == ("INVITED", None, None)
        assert answer(cup, ann).status == "ACCEPTED"

    def test_a_team_is_told_by_those_who_act_for_it(self, league, reds, ann):
        blues = scene.team("blues")
        cat, dan = scene.player("cat"), scene.player("dan")
        for user in (cat, dan):
            scene.member(user, blues)
        with announced(signals.entrants_invited) as events:
            assert invite(league, reds, blues) == [Sent.INVITED] * 2
        assert events[0]["told"] == sorted([ann.pk, cat.pk, dan.pk])

    def test_only_who_runs_it_invites(self, cup, ann, org):
        co = scene.player("co")
        with pytest.raises(services.MayNotOrganise):
            invite(cup, ann, by=co)
        services.add_organiser(tournament=cup, user=co, by=org)
        assert invite(Tournament.objects.get(), ann, by=co) == [Sent.INVITED]
        assert invite(cup, scene.player("bob"), by=scene.player("boss", is_superuser=True, is_staff=True))
        with pytest.raises(services.MayNotOrganise):
            take_back_invitation(
                invitation=TournamentInvitation.objects.filter(user=ann).get(), by=ann, now=LATER
            )

    def test_a_team_is_not_invited_as_a_player(self, cup, league, ann, reds):
        for event, given in ((cup, {"teams": [reds]}), (league, {"users": [ann]})):
            with pytest.raises(services.InvalidEntrant):
                invite_entrants(tournament=event, **given, by=event.organiser, now=NOW)
        assert not TournamentInvitation.objects.exists()

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            ({"status": "DRAFT"}, "open registration first"),
            ({"status": "RUNNING"}, "enter somebody late under Entrants"),
            ({"status": "COMPLETED"}, "only while it is OPEN"),
            ({"status": "CANCELLED"}, "only while it is OPEN"),
            ({"registration_closes_at": NOW}, "set a later time under Details"),
        ],
    )
    def test_nobody_is_invited_where_entries_are_not_taken(self, cup, ann, change, said):
        Tournament.objects.update(**change)
        cup.refresh_from_db()
        with pytest.raises(DomainError, match=said):
            invite(cup, ann)


class TestAnswering:
    def test_accepting_enters_the_player_once(self, cup, ann, find_all_drift):
        invite(cup, ann)
        with announced(signals.players_registered) as events:
            for _twice in range(2):
                answer(cup, ann)
        assert entries(cup) == [("ann", "REGISTERED")]
        assert state(cup) == ("ACCEPTED", "ann", LATER)
        assert len(events) == 1
        assert find_all_drift() == []

    def test_declining_is_said_once_and_is_not_accepted_later(self, cup, ann):
        invite(cup, ann)
        answer(cup, ann, accept=False)
        answer(cup, ann, accept=False, now=AFTER)
        assert state(cup) == ("DECLINED", "ann", LATER)
        with pytest.raises(services.InvitationSettled, match="You can still register, on the page of Cup"):
            answer(cup, ann)
        assert entries(cup) == []

    def test_nobody_else_answers(self, cup, ann, org):
        invite(cup, ann)
        for other in (org, scene.player("bob"), scene.player("boss", is_superuser=True, is_staff=True)):
            for accept in (True, False):
                with pytest.raises(services.InvitationNotFound):
                    answer(cup, other, accept=accept)
        assert state(cup)[0] == "INVITED"

    def test_a_captain_answers_for_the_team(self, league, reds, ann):
        invite(league, reds)
        bob = reds.memberships.exclude(user=ann).get().user
        with pytest.raises(services.InvitationNotFound):
            answer(league, bob)
        answer(league, ann)
        assert entries(league) == [("ann", "REGISTERED"), ("bob", "REGISTERED")]
        assert set(league.participations.values_list("team__slug", flat=True)) == {"reds"}

    def test_of_a_team_without_a_captain_any_member_answers(self, league):
        blues, cat = scene.team("blues"), scene.player("cat")
        scene.member(cat, blues)
        invite(league, blues)
        answer(league, cat)
        assert entries(league) == [("cat", "REGISTERED")]

    def test_who_became_captain_since_answers_and_who_was_it_no_longer(self, league, reds, ann):
        invite(league, reds)
        bob = reds.memberships.exclude(user=ann).get().user
        give_role(team=reds, user=bob, role="CAPTAIN", by=ann, now=NOW)
        reds.roles.filter(user=ann).update(ended_at=NOW)
        with pytest.raises(services.InvitationNotFound):
            answer(league, ann)
        assert answer(league, bob).settled_by == bob

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            ({"status": "RUNNING"}, "its organiser can still enter you late"),
            ({"status": "CANCELLED"}, "only while it is OPEN"),
            ({"status": "COMPLETED"}, "only while it is OPEN"),
            ({"registration_closes_at": NOW}, "ask the organiser"),
            ({"capacity": 1}, "accept when one is free"),
        ],
    )
    def test_what_is_in_the_way_is_said_and_the_invitation_stays(self, cup, ann, change, said):
        invite(cup, ann)
        scene.registration(scene.player("bob"), cup)
        Tournament.objects.update(**change)
        with pytest.raises(DomainError, match=said):
            answer(cup, ann)
        assert (entries(cup), state(cup)) == ([("bob", "REGISTERED")], ("INVITED", None, None))
        row = TournamentInvitation.objects.ask(LATER).get()
        assert row.takes_entries == ("capacity" in change)
        assert answer(cup, ann, accept=False).status == "DECLINED"

    def test_a_place_that_becomes_free_is_taken_by_accepting(self, cup, ann):
        Tournament.objects.update(capacity=1)
        cup.refresh_from_db()
        bob = scene.player("bob")
        scene.registration(bob, cup)
        assert invite(cup, ann) == [Sent.INVITED]
        with pytest.raises(services.TournamentFull):
            answer(cup, ann)
        services.withdraw(tournament=cup, user=bob, now=LATER, by=bob)
        answer(cup, ann)
        assert entries(cup) == [("ann", "REGISTERED"), ("bob", "WITHDRAWN")]

    def test_who_entered_by_another_way_has_nothing_to_answer(self, cup, ann):
        invite(cup, ann)
        services.register_player(tournament=cup, user=ann, now=NOW, by=ann)
        row = TournamentInvitation.objects.ask(LATER).get()
        assert (row.status, row.is_entered) == ("INVITED", True)
        assert not TournamentInvitation.objects.open(LATER).exists()
        answer(cup, ann)
        assert (entries(cup), state(cup)[0]) == ([("ann", "REGISTERED")], "ACCEPTED")

    def test_the_disqualified_do_not_come_in_by_an_invitation(self, cup, ann):
        invite(cup, ann)
        scene.registration(ann, cup, status="DISQUALIFIED")
        with pytest.raises(services.EntrantDisqualified):
            answer(cup, ann)
        assert state(cup)[0] == "INVITED"

    def test_a_refusal_leaves_nothing(self, league, reds, ann):
        """A player of the team plays for another one: neither entry nor answer is written."""
        invite(league, reds)
        scene.registration(ann, league, team=scene.team("blues"))
        with pytest.raises(services.AlreadyRegistered):
            answer(league, ann)
        assert (entries(league), state(league)[0]) == ([("ann", "REGISTERED")], "INVITED")


class TestTakingBack:
    def test_it_is_taken_back_once_and_not_accepted_then(self, cup, ann):
        invite(cup, ann)
        assert [take_back(cup), take_back(cup, now=AFTER)] == [True, False]
        assert state(cup) == ("TAKEN_BACK", "org", LATER)
        with pytest.raises(services.InvitationSettled, match=r"taken back\. You can still register"):
            answer(cup, ann)
        answer(cup, ann, accept=False)
        assert state(cup)[0] == "TAKEN_BACK"
        Tournament.objects.update(status="CANCELLED")
        with pytest.raises(services.InvitationSettled, match=r"taken back\.$"):
            answer(cup, ann)

    def test_what_is_accepted_is_not_taken_back(self, cup, ann):
        invite(cup, ann)
        answer(cup, ann)
        with pytest.raises(services.InvitationSettled, match="withdraw them under Entrants"):
            take_back(cup)
        services.withdraw(tournament=cup, user=ann, now=LATER, by=ann)
        assert (take_back(cup), state(cup)[0]) == (False, "ACCEPTED")

    def test_who_accepted_withdraws_and_does_not_decline(self, cup, ann):
        invite(cup, ann)
        answer(cup, ann)
        with pytest.raises(services.InvitationSettled, match="withdraw on the page of Cup"):
            answer(cup, ann, accept=False)
        assert entries(cup) == [("ann", "REGISTERED")]

    def test_one_that_was_answered_is_left(self, cup, ann):
        invite(cup, ann)
        answer(cup, ann, accept=False)
        assert (take_back(cup), state(cup)) == (False, ("DECLINED", "ann", LATER))


class TestRows:
    @pytest.mark.parametrize(
        "fault",
        [
            {"status": "MAYBE"},
            {"user": None},
            {"status": "DECLINED"},
            {"settled_at": NOW},
        ],
    )
    def test_the_database_refuses_what_cannot_be(self, cup, ann, fault):
        with pytest.raises(IntegrityError), transaction.atomic():
            TournamentInvitation.objects.create(**{"tournament": cup, "user": ann, **fault})

    def test_there_is_one_of_a_player_and_one_of_a_team(self, cup, ann, reds):
        for entrant in ({"user": ann}, {"team": reds}):
            TournamentInvitation.objects.create(tournament=cup, **entrant)
            with pytest.raises(IntegrityError), transaction.atomic():
                TournamentInvitation.objects.create(tournament=cup, **entrant)
        with pytest.raises(IntegrityError), transaction.atomic():
            TournamentInvitation.objects.create(tournament=cup, user=scene.player("x"), team=scene.team("y"))

    def test_a_merge_moves_invitations_and_its_undo_moves_them_back(self, cup, ann, org):
        other = scene.player("ann2")
        both = scene.tournament("both", status="OPEN", organiser=org)
        invite(cup, other)
        invite(both, ann, other)
        merge = merge_players(kept=ann, merged=other, by=None, reason="twice", now=NOW)
        moved = TournamentInvitation.objects.filter(user=ann).values_list("tournament__slug", flat=True)
        assert set(moved) == {"cup", "both"}
        assert not TournamentInvitation.objects.filter(user=other).exists()
        undo_merge(merge=merge, by=None, now=LATER)
        assert TournamentInvitation.objects.filter(user=other).count() == 2

    def test_who_is_anonymised_is_not_known_as_invited(self, cup, ann, org):
        invite(cup, ann)
        anonymise_player(user=ann, by=None, now=scene.NOON, without_export=True)
        assert not TournamentInvitation.objects.exists()


@pytest.mark.django_db(transaction=True)
class TestTogether:
    @pytest.fixture
    def invited(self):
        org, ann = scene.player("org"), scene.player("ann")
        cup = scene.tournament("cup", name="Cup", status="OPEN", organiser=org)
        invite(cup, ann)
        return cup, org, ann

    def test_two_accepts_enter_once(self, invited, find_all_drift):
        cup, _org, ann = invited
        copies = [invitation(cup) for _ in range(4)]
        answers = call_together(
            [partial(answer_invitation, invitation=row, accept=True, by=ann, now=LATER) for row in copies]
        )
        assert [type(each) for each in answers] == [TournamentInvitation] * 4
        assert (entries(cup), state(cup)[0]) == ([("ann", "REGISTERED")], "ACCEPTED")
        assert find_all_drift() == []

    def test_of_an_accept_and_taking_back_one_holds(self, invited):
        cup, org, ann = invited
        accepting = partial(answer_invitation, invitation=invitation(cup), accept=True, by=ann, now=LATER)
        taking = partial(take_back_invitation, invitation=invitation(cup), by=org, now=LATER)
        accepted, taken = call_together([accepting, taking])

        if isinstance(accepted, TournamentInvitation):
            assert isinstance(taken, services.InvitationSettled)
            assert (entries(cup), state(cup)[0]) == ([("ann", "REGISTERED")], "ACCEPTED")
        else:
            assert isinstance(accepted, services.InvitationSettled)
            assert (taken, entries(cup), state(cup)[0]) == (True, [], "TAKEN_BACK")

    def test_invitations_sent_together_are_one(self, invited):
        _cup, org, _ann = invited
        bob = scene.player("bob")
        sent = call_together(
            [
                partial(invite_entrants, tournament=copy, users=[bob], by=org, now=NOW)
                for copy in [Tournament.objects.get() for _ in range(3)]
            ]
        )
        assert sorted(each[0].sent for each in sent) == [Sent.INVITED, Sent.WAITS, Sent.WAITS]

    def test_the_last_place_is_accepted_once(self, invited):
        cup, _org, _ann = invited
        bob = scene.player("bob")
        invite(cup, bob)
        Tournament.objects.update(capacity=1)
        rows = TournamentInvitation.objects.select_related("tournament", "user").order_by("pk")
        answers = call_together(
            [partial(answer_invitation, invitation=r, accept=True, by=r.user, now=LATER) for r in rows]
        )
        assert sorted(type(each).__name__ for each in answers) == ["TournamentFull", "TournamentInvitation"]
        assert TournamentParticipation.objects.count() == 1
        assert TournamentInvitation.objects.filter(status="ACCEPTED").count() == 1

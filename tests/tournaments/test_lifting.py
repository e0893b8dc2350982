"""Disqualifications lifted: what they moved comes back, in any order, and nothing else."""

from __future__ import annotations

from decimal import Decimal
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from deltacrown.core.errors import InvalidInput
from deltacrown.games.models import Game
from deltacrown.tournaments import signals
from deltacrown.tournaments.models import Disqualification, Tournament, TournamentResult
from deltacrown.tournaments.services import (
    NotRegistered,
    Standing,
    WrongState,
    cancel_tournament,
    check_in,
    complete_tournament,
    correct_result,
    create_tournament,
    disqualify_entrant,
    lift_disqualification,
    open_registration,
    register_player,
    register_team,
    start_tournament,
    withdraw,
)
from deltacrown.user_profile.models import ExperienceAward, UserAchievement, UserActivity
from tests import scene
from tests.announcements import announced
from tests.concurrency import call_together
from tests.tournaments.conftest import LATER, NOW


def complete(event, placed):
    """Complete with name of player or team → (placement, prize)."""
    standings = []
    for name, (placement, prize) in placed.items():
        entrant = {"user": event.players[name]} if hasattr(event, "players") else {"team": event.squads[name]}
        standings.append(Standing(**entrant, placement=placement, prize=Decimal(prize)))
    complete_tournament(tournament=event, standings=standings, now=NOW)
    return event


@pytest.fixture
def ended(solo):
    """ann won 10, bob and cat share the second place and won 4 each, dan is fourth."""
    return complete(solo, {"ann": (1, 10), "bob": (2, 4), "cat": (2, 4), "dan": (4, 0)})


@pytest.fixture
def ended_teams(teams):
    """The reds won 100, the blues 50, the greens are third."""
    return complete(teams, {"reds": (1, 100), "blues": (2, 50), "greens": (3, 0)})


def everything(event):
    """All that follows from a tournament: results, registrations, experience, achievements, timelines."""
    return (
        set(
            event.results.values_list(
                "user__username",
                "team__slug",
                "placement",
                "prize_amount",
                "disqualified_at",
                "disqualified_reason",
            )
        ),
        set(event.participations.values_list("user__username", "status")),
        set(ExperienceAward.objects.values_list("user__username", "points", "reason", "awarded_at")),
        set(UserAchievement.objects.values_list("user__username", "achievement__slug", "earned_at")),
        set(
            UserActivity.objects.exclude(activity_type__in=["LEVEL_UP", "PROFILE_CREATED"])
            .exclude(dedupe_key__startswith="withdrawn")
            .values_list("user__username", "activity_type", "description", "created_at")
        ),
    )


def lift(event, **entrant):
    return lift_disqualification(tournament=event, **entrant, reason="appeal upheld", now=LATER)


def disqualify(event, **entrant):
    return disqualify_entrant(tournament=event, **entrant, reason="cheating", now=LATER)


def placements(event):
    return dict(
        event.results.filter(user__isnull=False).values_list("user__username", "placement").order_by("pk")
    )


def test_a_lifted_disqualification_leaves_everything_as_it_was(ended, titles, find_all_drift):
    before = everything(ended)
    disqualify(ended, user=ended.players["ann"])
    assert everything(ended) != before

    with announced(signals.disqualification_lifted) as events:
        rows = lift(ended, user=ended.players["ann"])
        lift(ended, user=ended.players["ann"])

    assert everything(ended) == before
    assert titles() == {"ann": 1}
    assert [row.status for row in rows] == ["REGISTERED"]
    assert rows.warnings == []
    [event] = events
    assert [(change.result.user.username, change.result.placement) for change in event["changes"]] == [
        ("ann", 1)
    ]
    assert [
        (change.result.user.username, change.old_placement, change.result.placement)
        for change in event["moved"]
    ] == [("bob", 1, 2), ("cat", 1, 2), ("dan", 3, 4)]
    assert find_all_drift() == []


def test_a_team_comes_back_with_its_members_and_their_shares(ended_teams, titles, find_all_drift):
    before = everything(ended_teams)
    disqualify(ended_teams, team=ended_teams.squads["reds"])
    assert titles() == {"dan": 1, "eve": 1}

    lift(ended_teams, team=ended_teams.squads["reds"])

    assert everything(ended_teams) == before
    assert titles() == {"ann": 1, "bob": 1, "cat": 1}
    assert find_all_drift() == []


def test_a_correction_of_who_is_disqualified_lifts_it_first(ended, titles, find_all_drift):
    before = everything(ended)
    disqualify(ended, user=ended.players["ann"])

    rows = correct_result(
        tournament=ended, user=ended.players["ann"], placement=1, reason="appeal upheld", now=LATER
    )

    assert everything(ended) == before
    assert rows.warnings == []
    assert titles() == {"ann": 1}
    [ruling] = Disqualification.objects.all()
    assert (ruling.reason, ruling.lift_reason, ruling.lifted_at) == ("cheating", "appeal upheld", LATER)
    assert find_all_drift() == []


def test_the_status_before_comes_back(opened, player):
    event, ann, bob = opened(), player("ann"), player("bob")
    for user in (ann, bob):
        register_player(tournament=event, user=user, now=NOW)
    check_in(tournament=event, user=ann)
    withdraw(tournament=event, user=bob)

    for user in (ann, bob):
        disqualify(event, user=user)
    assert set(event.participations.values_list("status", flat=True)) == {"DISQUALIFIED"}
    for user in (ann, bob):
        lift(event, user=user)

    assert dict(event.participations.values_list("user__username", "status")) == {
        "ann": "CHECKED_IN",
        "bob": "WITHDRAWN",
    }


def test_who_was_out_before_the_end_comes_back_unplaced(solo, find_all_drift):
    ann = solo.players["ann"]
    disqualify(solo, user=ann)
    complete(solo, {"bob": (1, 0)})

    lift(solo, user=ann)

    assert placements(solo) == {"bob": 1}
    assert solo.participations.get(user=ann).status == "REGISTERED"
    assert find_all_drift() == []


def test_whom_the_published_standings_disqualify_comes_back_unranked(solo, find_all_drift):
    ann, bob = solo.players["ann"], solo.players["bob"]
    standings = [
        Standing(user=ann, placement=None, disqualified_reason="cheating"),
        Standing(user=bob, placement=1),
    ]
    complete_tournament(tournament=solo, standings=standings, now=NOW)

    back = lift(solo, user=ann)
    assert placements(solo) == {"ann": None, "bob": 1}
    assert back.warnings == [
        "ann is in again without a placement; give one with correct_result if there is one."
    ]

    rows = correct_result(tournament=solo, user=ann, placement=2, reason="appeal upheld", now=LATER)

    assert placements(solo) == {"ann": 2, "bob": 1}
    assert rows.warnings == []
    assert solo.participations.get(user=ann).status == "REGISTERED"
    assert find_all_drift() == []


def test_corrections_in_between_stay(ended):
    ann, bob, cat, dan = (ended.players[name] for name in ("ann", "bob", "cat", "dan"))
    disqualify(ended, user=ann)
    assert placements(ended) == {"ann": None, "bob": 1, "cat": 1, "dan": 3}

    # The tie was none: cat is second of those who are left.
    correct_result(tournament=ended, user=cat, placement=2, prize=Decimal(3), reason="recount", now=LATER)
    assert placements(ended) == {"ann": None, "bob": 1, "cat": 2, "dan": 3}
    disqualify(ended, user=bob)
    lift(ended, user=ann)
    assert placements(ended) == {"ann": 1, "bob": None, "cat": 2, "dan": 3}
    lift(ended, user=bob)

    assert placements(ended) == {"ann": 1, "bob": 2, "cat": 3, "dan": 4}
    assert ended.results.get(user=cat).prize_amount == 3
    assert ended.results.get(user=dan).prize_amount == 0


def test_a_result_entered_while_somebody_was_out_moves_with_the_rest(solo):
    complete(solo, {"ann": (1, 10), "bob": (2, 4)})
    disqualify(solo, user=solo.players["ann"])
    correct_result(tournament=solo, user=solo.players["cat"], placement=2, reason="late report", now=LATER)

    lift(solo, user=solo.players["ann"])

    assert placements(solo) == {"ann": 1, "bob": 2, "cat": 3}


def test_a_placement_written_behind_the_services_is_taken_as_it_says(ended):
    disqualify(ended, user=ended.players["ann"])
    TournamentResult.objects.filter(user=ended.players["cat"]).update(placement=2)
    disqualify(ended, user=ended.players["dan"])

    lift(ended, user=ended.players["ann"])
    lift(ended, user=ended.players["dan"])

    assert placements(ended) == {"ann": 1, "bob": 2, "cat": 3, "dan": 4}


def test_who_is_in_stays_as_they_are(ended):
    before = everything(ended)
    with announced(signals.disqualification_lifted) as events:
        lift(ended, user=ended.players["bob"])
    assert events == []
    assert everything(ended) == before
    assert not Disqualification.objects.exists()


def test_a_disqualification_can_be_lifted_in_a_cancelled_tournament(solo):
    disqualify(solo, user=solo.players["ann"])
    cancel_tournament(tournament=solo, reason="rain", now=NOW)
    lift(solo, user=solo.players["ann"])
    assert solo.participations.get(user=solo.players["ann"]).status == "REGISTERED"


def test_a_lifting_that_cannot_be_changes_nothing(ended, draft, player):
    ann = ended.players["ann"]
    disqualify(ended, user=ann)
    before = everything(ended)

    with pytest.raises(InvalidInput) as refusal:
        lift_disqualification(tournament=ended, user=ann, reason=" ", now=LATER)
    with pytest.raises(NotRegistered):
        lift(ended, user=player("zoe"))
    with pytest.raises(WrongState):
        lift(draft(slug="other"), user=ann)

    assert refusal.value.field == "reason"
    assert everything(ended) == before


@st.composite
def standing_facts(draw):
    """What standings may say of an entrant: a place, also after a gap, a range, or none with a reason."""
    prize = Decimal(draw(st.integers(0, 9)))
    first = draw(st.none() | st.integers(1, 9))
    if first is None:
        return {"placement": None, "prize": prize, "unplaced_reason": draw(st.sampled_from(["", "DNF"]))}
    last = draw(st.none() | st.integers(first, first + 4))
    return {"placement": first, "placement_to": last, "prize": prize}


class TestAnyOrder(TestCase):
    """Whatever is made and lifted in which order: the same entrants out are the same standings."""

    def hold(self, kind, count):
        event = create_tournament(
            slug=f"cup-{kind}-{self.held}".lower(),
            name="Cup",
            game=Game.objects.get_or_create(slug="rocket", name="Rocket")[0],
            starts_at=NOW,
            entrant_kind=kind,
        )
        self.held += 1
        open_registration(tournament=event)
        entrants = []
        for number in range(count):
            if kind == "SOLO":
                user = scene.User.objects.get_or_create(username=f"p{number}")[0]
                register_player(tournament=event, user=user, now=NOW)
                entrants.append({"user": user})
            else:
                roster = [
                    scene.User.objects.get_or_create(username=f"p{number}-{member}")[0] for member in range(2)
                ]
                team = scene.team(f"t{number}")
                register_team(tournament=event, team=team, roster=roster, now=NOW)
                entrants.append({"team": team})
        start_tournament(tournament=event)
        return event, entrants

    def rows(self, event):
        columns = (
            "user__username",
            "team__slug",
            "placement",
            "placement_to",
            "unplaced_reason",
            "prize_amount",
            "disqualified_reason",
        )
        return sorted(event.results.values_list(*columns), key=str)

    def turn(self, event, entrants, steps):
        """Disqualify or lift the entrant of each step in turn; return the numbers of those who are out."""
        out = set()
        for step in steps:
            number = step % len(entrants)
            if number in out:
                out.remove(number)
                lift(event, **entrants[number])
            else:
                out.add(number)
                disqualify(event, **entrants[number])
        return out

    @given(
        kind=st.sampled_from(["SOLO", "TEAM"]),
        ties=st.lists(st.integers(1, 3), min_size=1, max_size=4),
        steps=st.lists(st.integers(0, 11), max_size=8),
    )
    @settings(max_examples=12, deadline=None)
    def test_any_order(self, kind, ties, steps):
        self.held = 0
        published, place = [], 1
        for size in ties:
            published += [place] * size
            place += size
        event, entrants = self.hold(kind, len(published))
        standings = [
            Standing(**entrant, placement=placement, prize=Decimal(100 - placement))
            for entrant, placement in zip(entrants, published, strict=True)
        ]
        complete_tournament(tournament=event, standings=standings, now=NOW)
        original = self.rows(event)

        out = self.turn(event, entrants, steps)

        same, those = self.hold(kind, len(published))
        complete_tournament(tournament=same, standings=standings, now=NOW)
        for number in sorted(out):
            disqualify(same, **those[number])
        assert self.rows(event) == self.rows(same)
        inside = [number for number in range(len(published)) if number not in out]
        for number in inside:
            better = sum(published[other] < published[number] for other in inside)
            rows = event.results.filter(**entrants[number])
            assert set(rows.values_list("placement", flat=True)) == {better + 1}

        for number in sorted(out):
            lift(event, **entrants[number])
        assert self.rows(event) == original

    @pytest.mark.once
    @given(kind=st.sampled_from(["SOLO", "TEAM"]), data=st.data())
    @settings(max_examples=25, deadline=None)
    def test_any_order_over_standings_as_they_are_published(self, kind, data):
        self.held = 0
        published = data.draw(st.lists(standing_facts(), min_size=1, max_size=7))
        event, entrants = self.hold(kind, len(published))
        standings = [Standing(**entrant, **facts) for entrant, facts in zip(entrants, published, strict=True)]
        complete_tournament(tournament=event, standings=standings, now=NOW)
        original = self.rows(event)
        numbers = list(range(len(published)))
        steps = data.draw(st.lists(st.sampled_from(numbers), max_size=8))

        out = self.turn(event, entrants, steps)
        same, those = self.hold(kind, len(published))
        complete_tournament(
            tournament=same,
            standings=[Standing(**who, **facts) for who, facts in zip(those, published, strict=True)],
            now=NOW,
        )
        for number in data.draw(st.permutations(sorted(out))):
            disqualify(same, **those[number])
        assert self.rows(event) == self.rows(same)

        for number in data.draw(st.permutations(sorted(out))):
            lift(event, **entrants[number])
        assert self.rows(event) == original


@pytest.mark.django_db(transaction=True)
def test_rulings_at_once_leave_the_standings_of_those_who_are_out(find_all_drift):
    event = create_tournament(slug="cup", name="Cup", game=scene.game("rocket"), starts_at=NOW)
    open_registration(tournament=event)
    users = [scene.player(f"p{number}") for number in range(6)]
    for user in users:
        register_player(tournament=event, user=user, now=NOW)
    start_tournament(tournament=event)
    standings = [Standing(user=user, placement=place) for place, user in enumerate(users, start=1)]
    complete_tournament(tournament=event, standings=standings, now=NOW)

    def call(service, user):
        copy = Tournament.objects.get(pk=event.pk)
        return partial(service, tournament=copy, user=user, reason="x", now=LATER)

    out = call_together([call(disqualify_entrant, user) for user in users[:4]])
    back = call_together([call(lift_disqualification, user) for user in users[1:4]])

    assert not [answer for answer in (*out, *back) if isinstance(answer, Exception)]
    assert placements(event) == {"p0": None, "p1": 1, "p2": 2, "p3": 3, "p4": 4, "p5": 5}
    assert find_all_drift() == []

"""Rosters that change while a tournament runs: who plays, for whom, who wins, and what the log says."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from deltacrown.core.errors import DomainError
from deltacrown.tournaments import signals
from deltacrown.tournaments.models import EntryChange, Tournament, TournamentParticipation
from deltacrown.tournaments.services import (
    AlreadyRegistered,
    EntrantDisqualified,
    EntrantWithdrawn,
    InvalidEntrant,
    MayNotOrganise,
    NotRegistered,
    RosterEmpty,
    Standing,
    TournamentFull,
    TournamentMatchRecord,
    WrongState,
    cancel_tournament,
    change_roster,
    check_in,
    complete_tournament,
    correct_result,
    disqualify_entrant,
    filter_entry_changes,
    lift_disqualification,
    record_tournament_matches,
    register_entrants,
    register_player,
    register_team,
    require_dating,
    require_roster_change,
    start_tournament,
    take_back_withdrawal,
    withdraw,
)
from deltacrown.tournaments.services.registration import EntrantRecord
from deltacrown.user_profile import receivers
from deltacrown.user_profile.services import stats_service
from tests import scene
from tests.announcements import announced
from tests.concurrency import call_together
from tests.scene import line, record
from tests.tournaments.conftest import EARLIER, LATER, NOW

pytestmark = pytest.mark.django_db


def change(event: Any, slug: str, **fields: Any) -> Any:
    """Change the roster of a team of ``teams``; players by name."""
    for name in ("add", "remove"):
        fields[name] = [user(each) for each in fields.get(name, ())]
    fields["replace"] = [(user(one), user(other)) for one, other in fields.get("replace", ())]
    fields.setdefault("now", LATER)
    return change_roster(tournament=event, team=event.squads[slug], **{"reason": "ill", **fields})


def user(name: str) -> Any:
    return scene.User.objects.filter(username=name).first() or scene.player(name)


def roster(event: Any, slug: str) -> set[str]:
    rows = event.participations.standing().filter(team__slug=slug)
    return set(rows.values_list("user__username", flat=True))


def play(event: Any, key: str, winners: dict[str, str], losers: dict[str, str], **fields: Any) -> Any:
    """Record a match; the players of each side by name, with the name of the side."""
    lines = [line(user(name), "WIN", side=side) for name, side in winners.items()]
    lines += [line(user(name), "LOSS", side=side) for name, side in losers.items()]
    match = record(event.game, key, *lines, **{"played_at": NOW, **fields})
    [outcome] = record_tournament_matches(
        records=[TournamentMatchRecord(tournament=event, match=match)], now=LATER
    )
    assert outcome.refusal is None
    return outcome


def sides(event: Any, key: str) -> dict[str, str | None]:
    """Player → team, as the match is described."""
    rows = event.match_results.filter(match__match_key=key)
    return dict(rows.values_list("user__username", "team__slug"))


def log(event: Any) -> list[tuple[Any, ...]]:
    rows = event.entry_changes.order_by("happened_at", "pk")
    return list(rows.values_list("kind", "user__username", "team__slug", "happened_at"))


def win(event: Any, slug: str = "reds", **fields: Any) -> None:
    complete_tournament(
        tournament=event,
        standings=[Standing(team=event.squads[slug], placement=1, **fields)],
        now=LATER,
    )


def test_a_substitute_replaces_a_player(teams, find_all_drift):
    at = NOW + timedelta(hours=3)
    with announced(signals.roster_changed) as events:
        rows = change(teams, "reds", replace=[("cat", "zoe")], at=at, by=user("org"))

    assert {row.user.username for row in rows} == roster(teams, "reds") == {"ann", "bob", "zoe"}
    assert log(teams)[-2:] == [("LEFT", "cat", "reds", at), ("JOINED", "zoe", "reds", at)]
    joined = EntryChange.objects.get(kind="JOINED")
    assert (joined.in_place_of, joined.decided_by, joined.reason) == (user("cat"), user("org"), "ill")
    assert teams.participations.get(user=user("zoe")).registered_at == at
    assert [{row.user.username for row in each["participations"]} for each in events] == [{"cat", "zoe"}]
    assert user("zoe").profile.tournaments_participated == 1
    assert find_all_drift() == []


def test_the_same_change_again_changes_nothing(teams):
    change(teams, "reds", replace=[("cat", "zoe")])
    before = log(teams)
    with announced(signals.roster_changed) as events:
        change(teams, "reds", replace=[("cat", "zoe")])
        change(teams, "reds", add=["ann"], remove=["cat"])

    assert (log(teams), events) == (before, [])


def test_a_change_stated_again_with_another_time_is_dated_anew(teams, find_all_drift):
    change(teams, "reds", replace=[("cat", "zoe")])
    right = NOW + timedelta(hours=1)
    with announced(signals.roster_changed) as events:
        change(teams, "reds", replace=[("cat", "zoe")], at=right)
        change(teams, "reds", replace=[("cat", "zoe")])

    assert log(teams)[-2:] == [("LEFT", "cat", "reds", right), ("JOINED", "zoe", "reds", right)]
    assert teams.participations.get(user=user("zoe")).registered_at == right
    assert teams.participations.get(user=user("cat")).registered_at == NOW
    assert len(events) == 1
    [entry] = user("zoe").activities.filter(activity_type="TOURNAMENT_REGISTERED")
    assert entry.created_at == right
    change(teams, "reds", remove=["zoe"], at=NOW + timedelta(hours=2))
    with pytest.raises(InvalidEntrant, match="zoe joined the roster at"):
        change(teams, "reds", remove=["zoe"], at=NOW)
    assert find_all_drift() == []


def test_a_player_moves_to_another_roster_and_back_after_leaving(teams, find_all_drift):
    first = teams.participations.get(user=user("cat")).registered_at
    with pytest.raises(AlreadyRegistered, match="cat is on the roster of Reds in Cup; remove them from it"):
        change(teams, "blues", add=["cat"])

    change(teams, "reds", remove=["cat"], at=NOW + timedelta(hours=1))
    change(teams, "blues", add=["cat"], at=NOW + timedelta(hours=2))
    assert (roster(teams, "reds"), roster(teams, "blues")) == ({"ann", "bob"}, {"cat", "dan", "eve"})
    # What is so already stays so, also of who moved on.
    change(teams, "reds", remove=["cat"])

    change(teams, "blues", remove=["cat"], at=NOW + timedelta(hours=3))
    change(teams, "reds", add=["cat"], at=NOW + timedelta(hours=4))
    assert roster(teams, "reds") == {"ann", "bob", "cat"}
    row = teams.participations.get(user=user("cat"))
    assert (row.team.slug, row.registered_at) == ("reds", first)
    assert user("cat").profile.tournaments_participated == 1
    assert find_all_drift() == []


def test_who_joins_a_team_that_is_checked_in_is_checked_in(opened, team):
    event = opened("TEAM")
    event.squads = {"reds": team("reds", "ann")}
    register_team(tournament=event, team=event.squads["reds"], roster=None, now=NOW)
    check_in(tournament=event, team=event.squads["reds"])

    change(event, "reds", add=["zoe"])

    assert set(event.participations.values_list("status", flat=True)) == {"CHECKED_IN"}


BAD = {
    "nobody": ({}, InvalidEntrant, "add"),
    "both": ({"add": ["zoe"], "remove": ["zoe"]}, InvalidEntrant, "add"),
    "no reason": ({"add": ["zoe"], "reason": " "}, DomainError, "reason"),
    "in the future": ({"add": ["zoe"], "at": LATER + timedelta(1)}, DomainError, "at"),
    "never on it": ({"remove": ["zoe"]}, NotRegistered, "remove"),
    "of another team": ({"remove": ["dan"]}, NotRegistered, "remove"),
    "nobody left": ({"remove": ["ann", "bob", "cat"]}, RosterEmpty, "remove"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_change_that_cannot_be_is_refused_and_changes_nothing(teams, case):
    fields, error, field = BAD[case]
    before = log(teams), roster(teams, "reds")
    with pytest.raises(error) as refused:
        change(teams, "reds", **fields)

    assert refused.value.field == field
    assert (log(teams), roster(teams, "reds")) == before


def test_a_change_before_the_registration_is_recorded_and_odd(teams):
    """A tournament that is recorded after it was played: its players registered later than what happened."""
    rows = change(teams, "reds", replace=[("cat", "zoe")], at=EARLIER)
    outcome = play(teams, "m1", {"ann": "A", "zoe": "A"}, {"fay": "B"}, played_at=EARLIER + timedelta(days=1))

    assert rows.warnings == ["cat registered at 2025-06-01 12:00, later than this change."]
    assert (outcome.warnings, sides(teams, "m1")["zoe"]) == ((), "reds")


def test_nobody_joins_before_they_left(teams):
    change(teams, "reds", remove=["cat"], at=NOW + timedelta(hours=2))
    with pytest.raises(InvalidEntrant, match="cat left the roster at 2025-06-01 14:00, later than at"):
        change(teams, "blues", add=["cat"], at=NOW + timedelta(hours=1))


def test_a_team_that_is_out_has_no_roster_to_change(teams):
    withdraw(tournament=teams, team=teams.squads["reds"])
    with pytest.raises(EntrantWithdrawn, match="use take_back_withdrawal first"):
        change(teams, "reds", add=["zoe"])

    disqualify_entrant(tournament=teams, team=teams.squads["blues"], reason="x", now=NOW)
    with pytest.raises(EntrantDisqualified, match="Blues was disqualified"):
        change(teams, "blues", add=["zoe"])
    with pytest.raises(EntrantDisqualified, match="dan was disqualified with Blues"):
        change(teams, "greens", add=["dan"])


def test_rosters_change_while_the_tournament_is_open_or_running(teams):
    win(teams)
    with pytest.raises(WrongState, match="changing a roster is possible only while it is OPEN or RUNNING"):
        change(teams, "reds", add=["zoe"])


def test_players_of_a_solo_event_have_no_roster(solo, team):
    solo.squads = {"reds": team("reds")}
    with pytest.raises(InvalidEntrant, match="The entrants of Cup are players"):
        change(solo, "reds", add=["zoe"])


def test_a_team_that_comes_back_comes_without_who_left(teams):
    change(teams, "reds", replace=[("cat", "zoe")])
    withdraw(tournament=teams, team=teams.squads["reds"])
    take_back_withdrawal(tournament=teams, team=teams.squads["reds"])

    assert roster(teams, "reds") == {"ann", "bob", "zoe"}


def test_a_change_takes_a_fixed_number_of_queries(teams):
    """Without what follows from it: experience, achievements and timelines."""
    substitutes = [user(f"sub{place}") for place in range(6)]
    receivers.disconnect()
    counts = []
    try:
        for joining in (substitutes[:1], substitutes[1:]):
            squad = teams.squads["reds"]
            with CaptureQueriesContext(connection) as queries:
                change_roster(tournament=teams, team=squad, add=joining, reason="x", now=LATER)
            counts.append(len(queries))
    finally:
        receivers.connect()

    assert counts[0] == counts[1] <= 16


@pytest.mark.django_db(transaction=True)
def test_a_player_whom_two_teams_want_at_once_joins_one(teams, find_all_drift):
    zoe = user("zoe")
    copies = [Tournament.objects.get(pk=teams.pk) for _ in range(2)]
    squads = [teams.squads["reds"], teams.squads["blues"]]
    answers = call_together(
        [
            partial(change_roster, tournament=copy, team=squad, add=[zoe], reason="x", now=LATER)
            for copy, squad in zip(copies, squads, strict=True)
        ]
    )

    assert sorted(type(answer).__name__ for answer in answers) == ["AlreadyRegistered", "Ruled"]
    assert teams.participations.filter(user=zoe).count() == 1
    assert teams.entry_changes.filter(user=zoe).count() == 1
    assert find_all_drift() == []


# Matches: whoever played is the one whose match it is.


def test_a_match_is_recorded_for_the_roster_the_player_was_on_when_it_was_played(teams):
    change(teams, "reds", remove=["cat"], at=NOW + timedelta(hours=2))
    change(teams, "blues", add=["cat"], at=NOW + timedelta(hours=2))

    before = play(teams, "m1", {"cat": ""}, {"fay": ""}, played_at=NOW + timedelta(hours=1))
    after = play(teams, "m2", {"cat": ""}, {"fay": ""}, played_at=NOW + timedelta(hours=3))

    assert (sides(teams, "m1"), sides(teams, "m2")) == (
        {"cat": "reds", "fay": "greens"},
        {"cat": "blues", "fay": "greens"},
    )
    assert (before.warnings, after.warnings) == ((), ())


def test_a_match_delivered_again_after_a_change_of_roster_is_unchanged(teams):
    play(teams, "m1", {"cat": ""}, {"fay": ""}, played_at=NOW + timedelta(hours=1))
    change(teams, "reds", remove=["cat"], at=NOW)
    change(teams, "blues", add=["cat"], at=NOW)

    again = play(teams, "m1", {"cat": ""}, {"fay": ""}, played_at=NOW + timedelta(hours=1))

    assert (again.status, sides(teams, "m1")["cat"]) == ("unchanged", "reds")


@pytest.mark.parametrize(
    ("winners", "recorded"),
    [
        ({"ann": "A", "zoe": "A"}, "reds"),
        ({"zoe": "Reds"}, "reds"),
        ({"zoe": "A"}, None),
    ],
)
def test_a_player_on_no_roster_played_all_the_same(teams, winners, recorded, find_all_drift):
    outcome = play(teams, "m1", winners, {"fay": "B"})

    whose = "for Reds" if recorded else "without a team"
    assert outcome.warnings == (f"zoe is on no roster of Cup; recorded {whose}.",)
    assert sides(teams, "m1")["zoe"] == recorded
    assert user("zoe").profile.matches_won == 1
    assert find_all_drift() == []


def test_a_player_who_left_played_all_the_same(teams):
    change(teams, "reds", replace=[("cat", "zoe")], at=NOW)
    outcome = play(teams, "m1", {"ann": "A", "cat": "A"}, {"fay": "B"}, played_at=NOW + timedelta(hours=1))

    assert outcome.warnings == ("cat was on no roster of Cup when it was played; recorded for Reds.",)
    assert sides(teams, "m1")["cat"] == "reds"


def test_whoever_left_on_a_day_may_have_played_on_it(teams):
    """Of a match of which only the day is known, at noon of which the player was replaced."""
    change(teams, "reds", replace=[("cat", "zoe")], at=NOW)
    day = NOW.replace(hour=0)
    outcome = play(teams, "m1", {"cat": "A", "zoe": "A"}, {"fay": "B"}, played_at=day, is_time_known=False)

    assert outcome.warnings == ()


def test_a_player_who_never_entered_a_solo_event_played_all_the_same(solo):
    outcome = play(solo, "m1", {"zoe": ""}, {"ann": ""})

    assert outcome.warnings == ("zoe is not entered in Cup; recorded as a match of it.",)
    assert solo.match_results.get(user=user("ann")).opponent_user == user("zoe")


def test_who_is_put_on_the_roster_later_played_for_it(teams):
    play(teams, "m1", {"zoe": "A"}, {"fay": "B"})
    change(teams, "reds", add=["zoe"], at=NOW)

    assert sides(teams, "m1") == {"zoe": "reds", "fay": "greens"}
    assert teams.match_results.get(user=user("fay")).opponent_team == teams.squads["reds"]


def test_leaving_before_a_match_that_was_played_is_odd(teams):
    play(teams, "m1", {"cat": "A"}, {"fay": "B"}, played_at=NOW + timedelta(hours=2))
    rows = change(teams, "reds", remove=["cat"], at=NOW + timedelta(hours=1))

    assert rows.warnings == ["cat played for Reds after the time at which they left it."]


# The title goes to the roster at the end, and to who left it after playing for it.


def test_the_title_goes_to_the_roster_and_to_who_left_it_after_playing(teams, titles, table, find_all_drift):
    play(teams, "m1", {"bob": "A"}, {"fay": "B"}, played_at=NOW + timedelta(minutes=5))
    change(teams, "reds", replace=[("bob", "zoe"), ("cat", "yan")], at=NOW + timedelta(hours=1))

    win(teams, prize=100)

    assert titles() == {"ann": 1, "bob": 1, "zoe": 1, "yan": 1}
    assert {(name, str(prize)) for name, _, _, prize in table(teams)} == {
        (None, "100.00"),
        *((name, "25.00") for name in ("ann", "bob", "yan", "zoe")),
    }
    assert teams.participations.get(user=user("bob")).status == "WITHDRAWN"
    assert find_all_drift() == []


@pytest.mark.parametrize("fields", [{"void_reason": "crash"}, {"counts_forfeits": False}])
def test_a_match_that_does_not_count_brings_no_title(teams, titles, fields):
    lines = [line(user("cat"), "WIN", ended_by="PLAY"), line(user("fay"), "LOSS", ended_by="FORFEIT")]
    match = record(teams.game, "m1", *lines, played_at=NOW, **fields)
    record_tournament_matches(records=[TournamentMatchRecord(tournament=teams, match=match)], now=LATER)
    change(teams, "reds", remove=["cat"])

    win(teams)

    assert titles() == {"ann": 1, "bob": 1}


def test_who_played_for_two_teams_is_of_the_roster_they_are_on(teams, titles):
    play(teams, "m1", {"cat": "A"}, {"fay": "B"})
    change(teams, "reds", remove=["cat"])
    change(teams, "blues", add=["cat"])

    win(teams)

    assert titles() == {"ann": 1, "bob": 1}


def test_who_left_two_teams_is_of_the_one_they_played_for_last(teams, titles):
    play(teams, "m1", {"cat": "A"}, {"fay": "B"}, played_at=NOW + timedelta(hours=1))
    change(teams, "reds", remove=["cat"], at=NOW + timedelta(hours=2))
    change(teams, "blues", add=["cat"], at=NOW + timedelta(hours=2))
    change(teams, "blues", remove=["cat"], at=NOW + timedelta(hours=3))

    win(teams)

    assert titles() == {"ann": 1, "bob": 1, "cat": 1}
    [entry] = stats_service.get_tournament_breakdown(user("cat"), viewer=user("cat")).items
    assert (entry.team, entry.placement, entry.has_left_roster) == ("Reds", 1, True)


def test_the_timeline_of_who_moves_names_the_new_team(teams):
    change(teams, "reds", remove=["cat"])
    change(teams, "blues", add=["cat"])

    [entry] = user("cat").activities.filter(activity_type="TOURNAMENT_REGISTERED")
    assert entry.metadata["team_name"] == "Blues"


def test_a_result_given_later_follows_the_same_rule(teams, titles):
    play(teams, "m1", {"cat": "A"}, {"fay": "B"})
    change(teams, "reds", replace=[("cat", "zoe")])
    win(teams, "blues")

    correct_result(tournament=teams, team=teams.squads["reds"], placement=1, reason="x", now=LATER)

    assert titles() == {"ann": 1, "bob": 1, "cat": 1, "zoe": 1, "dan": 1, "eve": 1}


def test_a_match_after_the_end_gives_nobody_a_second_result(teams, titles):
    """Who left two teams has the result of one, though a match for the other is learnt of later."""
    play(teams, "m1", {"cat": "A"}, {"fay": "B"}, played_at=NOW + timedelta(hours=1))
    change(teams, "reds", remove=["cat"], at=NOW + timedelta(hours=2))
    change(teams, "blues", add=["cat"], at=NOW + timedelta(hours=2))
    change(teams, "blues", remove=["cat"], at=NOW + timedelta(hours=4))
    win(teams)
    play(teams, "m2", {"cat": "A"}, {"fay": "B"}, played_at=NOW + timedelta(hours=3))

    correct_result(tournament=teams, team=teams.squads["blues"], placement=2, reason="x", now=LATER)

    assert titles() == {"ann": 1, "bob": 1, "cat": 1}


def test_a_disqualification_takes_the_title_from_all_and_its_lifting_gives_it_back(teams, titles):
    play(teams, "m1", {"cat": "A"}, {"fay": "B"})
    change(teams, "reds", replace=[("cat", "zoe")])
    win(teams)
    squad = teams.squads["reds"]

    disqualify_entrant(tournament=teams, team=squad, reason="x", now=LATER)
    assert titles() == {}
    lift_disqualification(tournament=teams, team=squad, reason="x", now=LATER)
    assert titles() == {"ann": 1, "bob": 1, "cat": 1, "zoe": 1}
    assert teams.participations.get(user=user("cat")).status == "WITHDRAWN"


# Late entries.


def test_the_organiser_enters_a_latecomer(solo, find_all_drift):
    solo.capacity = 4
    solo.save()
    org = user("org")
    with pytest.raises(WrongState):
        register_player(tournament=solo, user=user("zoe"), now=LATER)

    register_player(tournament=solo, user=user("zoe"), now=LATER, late=True, by=org, reason="bus late")

    assert roster_of(solo) == {"ann", "bob", "cat", "dan", "zoe"}
    assert log(solo)[-1] == ("ENTERED", "zoe", None, LATER)
    assert EntryChange.objects.latest("pk").decided_by == org
    assert find_all_drift() == []


def roster_of(event: Any) -> set[str]:
    return set(event.participations.standing().values_list("user__username", flat=True))


def test_a_team_enters_late_with_its_roster(teams):
    squad = scene.team("golds")
    register_team(tournament=teams, team=squad, roster=[user("zoe")], now=LATER, late=True)
    register_entrants(tournament=teams, entrants=[EntrantRecord(user=None, team=squad)], now=LATER)

    assert roster(teams, "golds") == {"zoe"}
    assert log(teams)[-1] == ("ENTERED", None, "golds", LATER)


def test_late_entries_end_with_the_tournament(solo):
    cancel_tournament(tournament=solo, reason="rain", now=LATER)
    with pytest.raises(WrongState, match="only while it is OPEN or RUNNING"):
        register_player(tournament=solo, user=user("zoe"), now=LATER, late=True)


def test_places_hold_while_registration_is_open_also_for_a_late_entry(opened):
    event = opened(capacity=1)
    register_player(tournament=event, user=user("ann"), now=NOW)
    with pytest.raises(TournamentFull):
        register_player(tournament=event, user=user("zoe"), now=NOW, late=True)


# The log.


def test_every_step_is_dated_and_by_somebody(opened):
    event, ann, org = opened(), user("ann"), user("org")
    register_player(tournament=event, user=ann, now=NOW, by=ann)
    check_in(tournament=event, user=ann, now=NOW, by=org)
    withdraw(tournament=event, user=ann, at=NOW + timedelta(hours=1), now=LATER, by=org, reason="ill")
    withdraw(tournament=event, user=ann, now=LATER, by=org)
    take_back_withdrawal(tournament=event, user=ann, now=LATER, by=org)

    rows = event.entry_changes.order_by("pk")
    assert list(rows.values_list("kind", "happened_at", "decided_by__username", "reason")) == [
        ("ENTERED", NOW, "ann", ""),
        ("CHECKED_IN", NOW, "org", ""),
        ("WITHDRAWN", NOW + timedelta(hours=1), "org", "ill"),
        ("RETURNED", LATER, "org", ""),
    ]


def test_a_step_is_not_dated_in_the_future(solo):
    with pytest.raises(DomainError, match=r"at .* is in the future") as refused:
        withdraw(tournament=solo, user=user("ann"), at=LATER, now=NOW)

    assert refused.value.field == "at"
    assert not TournamentParticipation.objects.filter(status="WITHDRAWN").exists()


def test_a_step_is_not_dated_before_the_registration(solo):
    with pytest.raises(InvalidEntrant, match=r"ann entered at 2025-06-01 12:00, later than at"):
        withdraw(tournament=solo, user=user("ann"), at=EARLIER, now=LATER)


def test_a_step_is_not_dated_before_the_one_that_it_follows(teams):
    squad = teams.squads["reds"]
    withdraw(tournament=teams, team=squad, at=NOW + timedelta(hours=2), now=LATER)
    with pytest.raises(InvalidEntrant, match="Reds withdrew at 2025-06-01 14:00, later than at"):
        take_back_withdrawal(tournament=teams, team=squad, at=NOW + timedelta(hours=1), now=LATER)


def test_a_step_without_a_time_has_that_of_the_database(solo):
    withdraw(tournament=solo, user=user("ann"))

    row = EntryChange.objects.latest("pk")
    assert abs(row.happened_at - row.recorded_at) < timedelta(minutes=1)


# Who may.


def test_who_may_change_a_roster_and_see_the_log(opened, team):
    event = opened("TEAM", organiser=user("org"))
    event.squads = {"reds": team("reds", "ann", "bob"), "blues": team("blues", "dan")}
    for squad in event.squads.values():
        register_team(tournament=event, team=squad, roster=None, now=NOW)
    scene.TeamMembership.objects.create(team=event.squads["reds"], user=user("cat"), joined_at=EARLIER)

    def may(name: str, *joining: str) -> bool:
        try:
            require_roster_change(
                event,
                user(name),
                team=event.squads["reds"],
                joining=[user(each) for each in joining],
                now=NOW,
            )
        except MayNotOrganise:
            return False
        return True

    assert (may("ann", "cat"), may("ann", "zoe"), may("cat", "cat"), may("dan"), may("org", "zoe")) == (
        True,
        False,
        False,
        False,
        True,
    )
    start_tournament(tournament=event)
    assert (may("ann", "cat"), may("ann"), may("org", "zoe")) == (False, False, True)

    change(event, "reds", replace=[("bob", "cat")])
    seen = {name: filter_entry_changes(event, user(name)).count() for name in ("org", "ann", "bob", "mel")}
    assert seen == {"org": 4, "ann": 1, "bob": 2, "mel": 0}


def test_only_who_runs_the_tournament_dates_a_step(solo):
    require_dating(solo, user("ann"), None)
    with pytest.raises(MayNotOrganise, match="leave at out"):
        require_dating(solo, user("ann"), NOW)
    require_dating(solo, scene.player("boss", is_staff=True), NOW)

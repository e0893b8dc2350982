"""What is decided about people, matches and entrants before a merge, and between it and its undo."""

from __future__ import annotations

from typing import Any

import pytest

from deltacrown.accounts.models import User
from deltacrown.games.services import correct_match, record_match, restore_match, void_match
from deltacrown.tournaments.models import TournamentResult
from deltacrown.tournaments.services import disqualify_entrant, find_tournaments, lift_disqualification
from deltacrown.user_profile.models import UserProfile
from deltacrown.user_profile.people.merging import preview_merge
from deltacrown.user_profile.people.standings import (
    close_account,
    get_standing,
    reopen_account,
    suspend_player,
)
from django_tally.as_of import get_as_of
from django_tally.history import list_changes
from django_tally.stat_sql import StatOf
from tests import scene
from tests.tally.times import database_now
from tests.user_profile import season
from tests.user_profile.merge_story import differences, dump
from tests.user_profile.test_merging import NOW, merge, pair, part

pytestmark = pytest.mark.django_db

SOON, LATER = NOW.replace(year=2100), NOW.replace(year=2200)
#: Suspensions of the kept and of the merged account, empty for none → what holds for the kept one.
SUSPENDED = {
    "the merged one's": ("", None, ("SUSPENDED", None)),
    "with an end": ("", SOON, ("SUSPENDED", SOON)),
    "the later end": (SOON, LATER, ("SUSPENDED", LATER)),
    "no end beats an end": (SOON, None, ("SUSPENDED", None)),
    "the kept one's": (LATER, SOON, ("SUSPENDED", LATER)),
    "that without an end stays": (None, LATER, ("SUSPENDED", None)),
}


def suspend(user: User, until: Any) -> None:
    boss = User.objects.filter(username="boss").first() or scene.player("boss", is_staff=True)
    if until != "":
        suspend_player(user=user, until=until, reason=f"{user} cheated", by=boss, now=NOW)


def standing_of(user: User) -> Any:
    """Return the standing, its end, and what is told of it."""
    profile = UserProfile.objects.select_related("user").get(user=user)
    told = get_standing(profile.user, profile.user)
    return profile.standing, profile.standing_until, told.reason if told else ""


@pytest.mark.parametrize("case", SUSPENDED)
@pytest.mark.parametrize("closed", [False, True])
def test_nobody_escapes_a_suspension_by_another_account(case, closed):
    kept, merged = pair()
    ends, end, holds = SUSPENDED[case]
    suspend(kept, ends)
    suspend(merged, end)
    before = standing_of(kept), standing_of(merged)
    if closed:  # by their players, who want to be rid of it
        for user in (kept, merged):
            close_account(user=user, by=user, now=NOW)

    told = preview_merge(kept=kept, merged=merged).warning
    done = merge(kept, merged)
    if closed:
        assert standing_of(kept)[0] == "CLOSED"
        reopen_account(user=kept, by=kept, now=NOW)
    assert standing_of(kept)[:2] == holds
    came = holds != before[0][:2]
    assert ("annie is suspended" in told, "annie is closed" in told) == (came, closed)
    assert (standing_of(kept)[2] == "came with the account that was merged") == came

    part(done, hours=0)
    if closed:
        reopen_account(user=merged, by=merged, now=NOW)
    assert (standing_of(kept), standing_of(merged)) == before


def test_a_suspension_that_came_along_stays_as_somebody_decided_since():
    kept, merged = pair()
    suspend(merged, None)
    done = merge(kept, merged)
    suspend(kept, SOON)
    part(done)
    assert standing_of(kept) == ("SUSPENDED", SOON, "ann cheated")


def test_a_suspension_that_is_over_does_not_come_along():
    kept, merged = pair()
    suspend(merged, SOON)
    UserProfile.objects.filter(user=merged).update(standing_until=scene.at(-1))
    merge(kept, merged)
    assert standing_of(kept)[0] == "ACTIVE"


def void(**line: Any) -> None:
    void_match(game=scene.game(), match_key="m1", reason="crash", now=NOW, **line)


def restore(**line: Any) -> None:
    restore_match(game=scene.game(), match_key="m1", reason="no crash", now=NOW, **line)


def correct(**what: Any) -> None:
    correct_match(game=scene.game(), match_key="m1", reason="wrong", now=NOW, **what)


#: Of ann, annie and bob in one match: before the merge, since, and whose line is void after the undo.
DECIDED = {
    "nothing": (lambda kept, merged: None, lambda kept: None, []),
    "void": (lambda kept, merged: None, lambda kept: void(), ["ann", "annie", "bob"]),
    "one line": (lambda kept, merged: None, lambda kept: void(user=kept), ["ann"]),
    "the line alone before": (lambda kept, merged: void(user=merged), lambda kept: None, ["annie"]),
    "and all restored": (lambda kept, merged: void(user=merged), lambda kept: (void(), restore()), []),
    "restored": (lambda kept, merged: void(), lambda kept: restore(), []),
    "one restored": (lambda kept, merged: void(), lambda kept: restore(user=kept), ["annie", "bob"]),
    "void and corrected": (
        lambda kept, merged: None,
        lambda kept: (correct(played_at=scene.at(-5), sequence=7), void()),
        ["ann", "annie", "bob"],
    ),
    "corrected": (lambda kept, merged: None, lambda kept: correct(kind="TOURNAMENT", sequence=7), []),
}


@pytest.mark.parametrize("case", DECIDED)
def test_what_was_decided_of_a_whole_match_holds_for_the_line_that_comes_back(case, find_all_drift):
    before, since, voided = DECIDED[case]
    kept, merged = pair()
    bob = scene.player("bob")
    lines = [scene.line(kept, "WIN"), scene.line(merged, "LOSS"), scene.line(bob, "LOSS")]
    record_match(record=scene.record(scene.game(), "m1", *lines), now=NOW)
    before(kept, merged)
    done = merge(kept, merged, allow_meetings=True)
    since(kept)
    part(done)

    rows = scene.Match.objects.order_by("pk")
    assert [row.user.username for row in rows if row.is_voided] == voided
    assert len({(row.played_at, row.kind, row.sequence, row.is_time_known) for row in rows}) == 1
    played = UserProfile.objects.get(user=merged).total_matches_played
    assert played == (0 if "annie" in voided else 1)
    assert find_all_drift() == []


#: Who is disqualified before the merge, and who between it and the undo → where they come then.
RULED = {
    "one before them": ("", "first", [None, 1, 2, 3]),
    "the entry that stays": ("", "ann", [1, None, 2, 3]),
    "one after them": ("annie", "last", [1, 2, None, None]),
    "the entry aside was": ("annie", "first", [None, 1, None, 2]),
    "the kept one's was": ("ann", "first", [None, None, 1, 2]),
    "both are": ("ann", "ann", [1, None, None, 2]),
}


@pytest.mark.parametrize("case", RULED)
def test_a_result_that_was_aside_comes_back_where_rulings_since_put_it(case, find_all_drift):
    before, since, places = RULED[case]
    players = [scene.player(name) for name in ("first", "ann", "annie", "last")]
    _, kept, merged, _ = players
    season.hold("cup", *players, number=1)
    rule_on("cup", before)
    done = merge(kept, merged)
    rule_on("cup", since)
    part(done)
    assert list_places("cup", players) == places
    assert find_all_drift() == []

    for user, place in zip(players, places, strict=True):  # in any order: all is as it was published
        if place is None:
            cup = find_tournaments(["cup"])["cup"]
            lift_disqualification(tournament=cup, user=user, reason="wrong", now=season.TOLD)
    assert list_places("cup", players) == [1, 2, 3, 4]
    assert find_all_drift() == []


def rule_on(slug: str, name: str) -> None:
    if name:
        cup, user = find_tournaments([slug])[slug], User.objects.get(username=name)
        disqualify_entrant(tournament=cup, user=user, reason="cheat", now=season.TOLD)


def list_places(slug: str, users: list[User]) -> list[int | None]:
    rows = TournamentResult.objects.filter(tournament__slug=slug)
    places = dict(rows.values_list("user", "placement"))
    return [places[user.pk] for user in users]


def rewards_at(user: User, at: Any) -> list[Any]:
    """Return achievements and experience as of a time, and the sums of their histories."""
    names = ("achievement_count", "experience_points")
    told = [get_as_of(UserProfile, name, {"user": user.pk}, known_at=at) for name in names]
    profile = UserProfile.objects.get(user=user)
    for name in names:
        changes = list_changes(
            StatOf(UserProfile, UserProfile._meta.get_field(name), {"user": user.pk}), limit=99
        )
        assert sum(change.delta for change in changes) == getattr(profile, name)
    return told


@pytest.mark.parametrize("loser", [0, 1])
def test_what_one_had_lost_while_the_other_had_it_counts_once_in_the_past(loser, find_all_drift):
    """Both won a cup of their own, the one first and the loser after; each title is a fact of its own."""
    accounts = kept, merged = pair()
    started = database_now()
    loses, stays = accounts[loser], accounts[1 - loser]
    bob = scene.player("bob")
    season.hold("first", loses, bob, number=1)
    early = database_now()
    season.hold("second", stays, bob, number=2)
    both = database_now()
    cup = find_tournaments(["first"])["first"]
    disqualify_entrant(tournament=cup, user=loses, reason="cheat", now=season.TOLD)
    before = dump()
    own = rewards_at(stays, both)

    done = merge(kept, merged)
    # For entering and winning the cup that was lost later; the achievements are the same three.
    assert rewards_at(kept, both) == [own[0], own[1] + 320]
    assert rewards_at(kept, early) == own
    assert rewards_at(kept, started) == [0, 0]
    assert find_all_drift() == []
    part(done, hours=0)
    assert differences(before, dump()) == []

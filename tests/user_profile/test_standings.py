"""The doors of standing: suspend, lift, close, reopen; who may, from which standing, and what is logged."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection

from deltacrown.accounts.models import User
from deltacrown.accounts.rights import Right
from deltacrown.core.errors import InvalidInput
from deltacrown.user_profile.checks import check_everyone_has_a_profile
from deltacrown.user_profile.models import Standing, StandingChange, UserProfile
from deltacrown.user_profile.people.profiles import ensure_profiles
from deltacrown.user_profile.people.standings import (
    MayNotChangeStanding,
    StandingRefused,
    ToldStanding,
    close_account,
    end_suspensions,
    get_standing,
    lift_suspension,
    reopen_account,
    suspend_player,
)
from tests import scene
from tests.scene import NOON as NOW

pytestmark = pytest.mark.django_db

WEEK = timedelta(days=7)
#: Far enough for the database's own clock, which decides whether a suspension is over.
LATER = NOW + timedelta(days=36_500)


@pytest.fixture
def ann():
    return scene.player("ann")


@pytest.fixture
def mod():
    return scene.staff("mod", Right.SUSPEND_PLAYERS, Right.VIEW_HIDDEN)


def standing_of(user: User) -> tuple[object, ...]:
    """A player's standing, its end, and whether they can sign in."""
    return UserProfile.objects.values_list("standing", "standing_until", "user__is_active").get(user=user)


def log_of(user: User) -> list[tuple[object, ...]]:
    changes = StandingChange.objects.filter(user=user).order_by("id")
    return list(changes.values_list("standing", "until", "reason", "decided_by__username"))


def suspend(user: User, by: User, **fields: object) -> StandingChange:
    return suspend_player(user=user, by=by, now=NOW, **{"until": LATER, "reason": "Cheats", **fields})


def test_suspending_and_lifting_are_recorded_with_why_and_by_whom(ann, mod):
    suspend(ann, mod)
    assert standing_of(ann) == ("SUSPENDED", LATER, True)
    lift_suspension(user=ann, by=mod, now=NOW + WEEK, reason="A mistake")

    assert standing_of(ann) == ("ACTIVE", None, True)
    assert log_of(ann) == [("SUSPENDED", LATER, "Cheats", "mod"), ("ACTIVE", None, "A mistake", "mod")]


def test_closing_while_suspended_returns_to_the_suspension(ann, mod):
    suspend(ann, mod)
    close_account(user=ann, by=ann, now=NOW)
    assert standing_of(ann) == ("CLOSED", NOW + timedelta(days=30), False)

    reopen_account(user=ann, by=ann, now=NOW + WEEK)

    assert standing_of(ann) == ("SUSPENDED", LATER, True)


def by_save(user: User, *, is_active: bool) -> None:
    user.is_active = is_active
    user.save()


def by_update(user: User, *, is_active: bool) -> None:
    User.objects.filter(username__startswith=user.username).update(is_active=is_active)


def by_sql(user: User, *, is_active: bool) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE accounts_user SET is_active = %s WHERE id = %s", [is_active, user.pk])


@pytest.mark.parametrize("write", [by_save, by_update, by_sql])
def test_an_account_deactivated_past_the_services_is_closed_and_opens_again(ann, mod, write):
    scene.player("ann2")
    suspend(ann, mod)
    write(ann, is_active=False)
    assert standing_of(ann) == ("CLOSED", None, False)
    assert standing_of(mod) == ("ACTIVE", None, True)

    write(ann, is_active=True)

    assert standing_of(ann) == ("SUSPENDED", LATER, True)
    assert log_of(ann) == [
        ("SUSPENDED", LATER, "Cheats", "mod"),
        ("CLOSED", None, "", None),
        ("SUSPENDED", LATER, "Cheats", "mod"),
    ]


def test_an_account_opened_past_the_services_is_free_of_a_suspension_that_ended(ann, mod):
    suspend(ann, mod, until=NOW + WEEK)
    by_update(ann, is_active=False)
    by_update(ann, is_active=True)

    assert standing_of(ann) == ("ACTIVE", None, True)


def test_the_trigger_leaves_alone_what_the_services_wrote_and_accounts_that_are_nobodys(ann, mod):
    close_account(user=ann, by=ann, now=NOW)
    by_save(ann, is_active=False)
    assert [row[0] for row in log_of(ann)] == ["CLOSED"]

    UserProfile.objects.filter(user=ann).update(standing="ANONYMISED", standing_until=None)
    by_update(ann, is_active=True)
    by_update(ann, is_active=False)

    assert standing_of(ann) == ("ANONYMISED", None, False)
    assert len(log_of(ann)) == 1


def test_who_is_created_inactive_is_closed():
    scene.player("off", is_active=False)
    User.objects.bulk_create([User(username="off2", is_active=False), User(username="on")])

    found = UserProfile.objects.order_by("user_id").values_list("user__username", "standing")
    assert list(found) == [("off", "CLOSED"), ("off2", "CLOSED"), ("on", "ACTIVE")]


def test_standings_are_synced_with_users_who_were_written_past_the_trigger(ann, mod):
    bob = scene.player("bob", is_active=False)
    suspend(ann, mod)
    UserProfile.objects.filter(user=ann).update(standing="CLOSED", standing_until=None)
    UserProfile.objects.filter(user=bob).update(standing="ACTIVE")
    assert [message.id for message in check_everyone_has_a_profile(databases=["default"])]

    assert ensure_profiles().standings == 2

    assert standing_of(ann) == ("SUSPENDED", LATER, True)
    assert standing_of(bob) == ("CLOSED", None, False)
    assert ensure_profiles().standings == 0
    assert check_everyone_has_a_profile(databases=["default"]) == []


def test_the_same_suspension_again_changes_nothing_and_another_changes_it(ann, mod):
    first = suspend(ann, mod)
    assert suspend(ann, mod) == first
    suspend(ann, mod, until=None)
    suspend(ann, mod, until=None, reason="Cheats again")

    assert standing_of(ann) == ("SUSPENDED", None, True)
    assert [row[1:3] for row in log_of(ann)] == [(LATER, "Cheats"), (None, "Cheats"), (None, "Cheats again")]


def test_lifting_what_is_not_suspended_and_closing_what_is_closed_change_nothing(ann, mod):
    assert lift_suspension(user=ann, by=mod, now=NOW) is None
    assert reopen_account(user=ann, by=mod, now=NOW) is None
    close_account(user=ann, by=mod, now=NOW)
    assert close_account(user=ann, by=mod, now=NOW + WEEK) is None

    assert [row[0] for row in log_of(ann)] == ["CLOSED"]


def test_an_account_that_staff_closed_is_reopened_by_staff_only(ann, mod):
    close_account(user=ann, by=ann, now=NOW)
    close_account(user=ann, by=mod, now=NOW, reason="Asked by mail")
    assert standing_of(ann) == ("CLOSED", None, False)
    with pytest.raises(MayNotChangeStanding, match="staff reopens it"):
        reopen_account(user=ann, by=ann, now=NOW)

    reopen_account(user=ann, by=mod, now=NOW)

    assert standing_of(ann) == ("ACTIVE", None, True)


def test_a_player_reopens_until_the_waiting_time_is_over(ann, mod):
    close_account(user=ann, by=ann, now=NOW)
    with pytest.raises(MayNotChangeStanding, match="is over"):
        reopen_account(user=ann, by=ann, now=NOW + timedelta(days=30))
    assert reopen_account(user=ann, by=ann, now=NOW + timedelta(days=29))
    assert standing_of(ann) == ("ACTIVE", None, True)


def test_a_suspension_that_ended_while_the_account_was_closed_does_not_hold_again(ann, mod):
    suspend(ann, mod, until=NOW + WEEK)
    close_account(user=ann, by=ann, now=NOW)
    reopen_account(user=ann, by=ann, now=NOW + WEEK)

    assert standing_of(ann) == ("ACTIVE", None, True)


def test_the_job_records_the_end_of_what_is_over_and_nothing_else(ann, mod):
    bob, cat = scene.player("bob"), scene.player("cat")
    suspend(ann, mod, until=NOW + WEEK)
    suspend(bob, mod, until=NOW + 2 * WEEK)
    suspend(cat, mod, until=None)

    assert [end_suspensions(now=NOW + WEEK), end_suspensions(now=NOW + WEEK)] == [1, 0]

    assert [standing_of(user)[0] for user in (ann, bob, cat)] == ["ACTIVE", "SUSPENDED", "SUSPENDED"]
    assert log_of(ann)[-1] == ("ACTIVE", None, "", None)


REFUSALS = {
    "no right": (lambda g: suspend(g["ann"], g["bob"]), MayNotChangeStanding, "user_profile.suspend_players"),
    "oneself": (lambda g: suspend(g["mod"], g["mod"]), MayNotChangeStanding, "another member of the staff"),
    "staff": (lambda g: suspend(g["clerk"], g["mod"]), MayNotChangeStanding, "only a superuser"),
    "over": (lambda g: suspend(g["ann"], g["mod"], until=NOW), InvalidInput, "is over"),
    "naive": (
        lambda g: suspend(g["ann"], g["mod"], until=LATER.replace(tzinfo=None)),
        InvalidInput,
        "time zone",
    ),
    "no reason": (lambda g: suspend(g["ann"], g["mod"], reason=" "), InvalidInput, "must not be empty"),
    "closed": (lambda g: suspend(g["gone"], g["mod"]), StandingRefused, "reopen it first"),
    "lift closed": (
        lambda g: lift_suspension(user=g["gone"], by=g["mod"], now=NOW),
        StandingRefused,
        "reopen it first",
    ),
    "close another's": (
        lambda g: close_account(user=g["ann"], by=g["bob"], now=NOW),
        MayNotChangeStanding,
        "suspend_players",
    ),
    "merged": (lambda g: suspend(g["merged"], g["mod"]), StandingRefused, "merged into"),
    "anonymised": (
        lambda g: reopen_account(user=g["anon"], by=g["mod"], now=NOW),
        StandingRefused,
        "cannot be undone",
    ),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_a_refusal_names_the_mend_and_changes_nothing(ann, mod, name):
    people = {"ann": ann, "mod": mod, "bob": scene.player("bob")}
    people["clerk"] = scene.player("clerk", is_staff=True, is_superuser=False)
    people |= {key: scene.player(key, is_active=False) for key in ("gone", "merged", "anon")}
    for key, standing in (("merged", "MERGED"), ("anon", "ANONYMISED")):
        UserProfile.objects.filter(user=people[key]).update(standing=standing)
    before = {key: standing_of(user) for key, user in people.items()}
    call, kind, said = REFUSALS[name]

    with pytest.raises(kind, match=said):
        call(people)

    assert {key: standing_of(user) for key, user in people.items()} == before
    assert not StandingChange.objects.exists()


def test_a_superuser_suspends_staff(mod):
    suspend(mod, scene.player("boss", is_staff=True))

    assert standing_of(mod)[0] == "SUSPENDED"


def test_only_the_player_and_staff_are_told(ann, mod):
    assert get_standing(ann, ann) == get_standing(ann, mod) == ToldStanding(Standing.ACTIVE)
    suspend(ann, mod)
    own, staffs = get_standing(ann, ann), get_standing(ann, mod)

    assert (own.standing, own.until, own.reason, own.decided_by) == ("SUSPENDED", LATER, "Cheats", None)
    assert staffs.decided_by == mod
    for viewer in (None, scene.player("bob"), scene.player("clerk", is_staff=True, is_superuser=False)):
        assert get_standing(ann, viewer) is None

"""The commands that decide about a standing: what they say, and how they end."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from deltacrown.user_profile.models import StandingChange, UserProfile
from tests import scene

pytestmark = pytest.mark.django_db


@pytest.fixture
def ann():
    return scene.player("ann")


@pytest.fixture(autouse=True)
def _boss():
    scene.player("boss", is_staff=True)


def run(command, user, *options, by="boss"):
    """Run the command about a player; return its exit code, and what it said without the public id."""
    out = StringIO()
    try:
        call_command(command, user.profile.public_id, "--by", by, *options, stdout=out)
    except CommandError as error:
        return error.returncode, str(error)
    return 0, out.getvalue().strip().removeprefix(user.profile.public_id).strip()


def standing_of(user):
    return UserProfile.objects.get(user=user).standing


def test_each_says_what_became_of_the_player_and_a_second_time_that_it_was_so(ann):
    reason = ("--reason", "cheats")
    assert run("suspend_player", ann, "--until", "2099-03-31", *reason) == (
        0,
        "is suspended until 31 Mar 2099 00:00 UTC.",
    )
    assert run("suspend_player", ann, "--until", "2099-03-31T18:30+02:00", *reason) == (
        0,
        "is suspended until 31 Mar 2099 16:30 UTC.",
    )
    assert run("suspend_player", ann, *reason) == (0, "is suspended.")
    assert run("lift_suspension", ann) == (0, "is active.")
    assert run("close_account", ann) == (0, "is closed.")
    assert run("reopen_account", ann) == (0, "is active.")
    assert StandingChange.objects.count() == 6

    for command in ("lift_suspension", "reopen_account"):
        assert run(command, ann) == (0, "was so already; nothing was changed.")
    assert StandingChange.objects.count() == 6


def test_a_player_closes_their_own_account_to_be_anonymised(ann):
    code, said = run("close_account", ann, by="ANN")

    assert (code, said.startswith("is closed until ")) == (0, True)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--reason", "x", "--until", "soon"], "'soon' is not a date: write 2027-03-31"),
        (["--reason", "x", "--until", "2099-13-31"], "'2099-13-31' is not a date"),
        (["--reason", "x", "--until", "2001-01-01"], "is over; give a time to come"),
        (["--reason", "x", "--until", "2099-03-31T18:00"], "has no time zone"),
        ([], "reason must not be empty"),
    ],
)
def test_a_wrong_call_ends_with_2_and_changes_nothing(ann, options, message):
    code, said = run("suspend_player", ann, *options)

    assert (code, message in said) == (2, True)
    assert standing_of(ann) == "ACTIVE"


@pytest.mark.parametrize("by", ["ann", "clerk", "nobody"])
@pytest.mark.parametrize("command", ["suspend_player", "close_account"])
def test_who_may_not_decide_is_refused(ann, by, command):
    ben = scene.player("ben")
    scene.staff("clerk")
    code, said = run(command, ben, "--reason", "x", by=by)

    wanted = (
        "There is no player 'nobody': give a username." if by == "nobody" else "user_profile.suspend_players"
    )
    assert (code, wanted in said) == (2, True)
    assert standing_of(ben) == "ACTIVE"


def test_a_player_who_does_not_exist_is_said(ann):
    with pytest.raises(CommandError, match="There is no player 'ann': give a public id") as refusal:
        call_command("close_account", "ann", "--by", "boss")

    assert refusal.value.returncode == 2

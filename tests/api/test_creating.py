"""Players and teams created by name: each or refused, and nobody learns whose a name is."""

from __future__ import annotations

import pytest

from deltacrown.accounts.models import User
from deltacrown.accounts.services import rename_player
from deltacrown.teams.models import Team
from deltacrown.user_profile.models import UserProfile
from tests import scene
from tests.api.calls import problem_of, with_key

pytestmark = pytest.mark.django_db


@pytest.fixture
def program(db):
    return with_key(scene.player("program"), "players:create", "tournaments:write")


def create(program, *usernames):
    return program.post("/players", {"usernames": list(usernames)}).json()["players"]


def test_players_are_created_with_a_public_id_and_no_password(program):
    told = create(program, "newcomer", "another.one")

    for each in told:
        user = User.objects.get(username=each["name"])
        assert (each["status"], each["detail"]) == ("created", "")
        assert (each["public_id"], user.has_usable_password()) == (user.profile.public_id, False)


def test_a_name_that_is_or_was_anybodys_is_refused_alike_and_tells_nobody(program):
    for name in ("ann", "bob", "cat"):
        scene.player(name)
    rename_player(user=User.objects.get(username="bob"), username="robert")
    for new in ("dan", "eve"):
        rename_player(user=scene.player("twice"), username=new)
    UserProfile.objects.filter(user__username="cat").update(display_name="Shown")
    names = ("ANN", "bob", "twice", "new")

    told = create(program, *names)

    assert [each["status"] for each in told] == ["refused", "refused", "refused", "created"]
    assert [each["detail"] for each in told[:3]] == [
        f"“{name}” is the name of another player; choose another." for name in names[:3]
    ]
    assert [each["public_id"] is None for each in told] == [True, True, True, False]


@pytest.mark.parametrize("name", ["", " ", "two:words", "steam:1", "x" * 151, "---", "DC-25-000042"])
def test_a_name_that_cannot_be_is_refused_and_the_others_are_created(program, name):
    refused, created = create(program, name, "fine")

    assert (refused["status"], created["status"]) == ("refused", "created")
    assert refused["detail"].endswith(".")
    assert not User.objects.filter(username=name).exists()


def test_of_two_spellings_one_player_is_created(program):
    first, second = create(program, "Newcomer", "newcomer")

    assert first["public_id"] == second["public_id"]
    assert User.objects.filter(username_key="newcomer").count() == 1


def test_a_request_sent_again_with_its_key_gets_the_same_answer(program):
    body = {"usernames": ["newcomer"]}

    answers = [program.post("/players", body, Idempotency_Key="once") for _ in range(2)]

    assert answers[0].content == answers[1].content
    assert [each["status"] for each in create(program, "newcomer")] == ["refused"]


def test_teams_are_created_with_a_slug(program):
    scene.team("north")

    told = program.post("/teams", {"names": ["Polar Bears", "North", "Polar Bears"]}).json()["teams"]

    assert [(each["status"], each["slug"]) for each in told] == [
        ("created", "polar-bears"),
        ("refused", None),
        ("created", "polar-bears"),
    ]
    assert told[1]["detail"] == "“North” is the name of another team; choose another."
    assert Team.objects.count() == 2


def test_whoever_was_created_can_be_entered(program):
    scene.tournament("cup", status="OPEN", organiser=User.objects.get(username="program"))
    [told] = create(program, "newcomer")

    [entered] = program.post("/tournaments/cup/entrants", {"player": told["public_id"]}).json()

    assert entered["status"] == "REGISTERED"


@pytest.mark.parametrize("body", [{}, {"usernames": []}, {"usernames": ["x"] * 1001}, {"usernames": [7]}])
def test_a_body_of_another_shape_is_refused(program, body):
    assert problem_of(program.post("/players", body)) == (422, "invalid")


def test_many_cost_what_few_do(program, django_assert_max_num_queries):
    create(program, "warm")
    with django_assert_max_num_queries(60) as few:
        create(program, *[f"few{number}" for number in range(3)])
    with django_assert_max_num_queries(len(few) + 4):
        create(program, *[f"many{number}" for number in range(200)])

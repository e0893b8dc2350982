"""Usernames on every door: one fold, no namesakes, and former names that still find their owner."""

from __future__ import annotations

import itertools
from datetime import timedelta
from functools import partial
from io import StringIO

import pytest
from django.core.checks import run_checks
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.db.models import Value
from django.db.models.functions import Concat
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deltacrown.accounts.models import FormerUsername, User
from deltacrown.accounts.services import (
    TooManyRenames,
    create_players,
    find_players,
    rename_oneself,
    rename_player,
    resolve_usernames,
)
from deltacrown.core.clock import now
from deltacrown.core.errors import InvalidInput
from deltacrown.core.former_names import AmbiguousName
from deltacrown.core.name_keys import mend_name_keys
from deltacrown.core.names import make_name_key
from deltacrown.core.namesakes import NameTaken
from deltacrown.user_profile.models import UserProfile
from deltacrown.user_profile.people.identities import Identity, set_identities
from tests.concurrency import call_together

LATIN, GREEK = "aAéÉİiıIßsſKkﬁ", "σςΣάΆ"
USERNAMES = st.lists(
    st.text(LATIN, min_size=1, max_size=4) | st.text(GREEK, min_size=1, max_size=3), min_size=1, max_size=6
)


def write_raw(username: str, *, to: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE accounts_user SET username = %s WHERE username = %s", [to, username])


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(names=USERNAMES)
def test_the_players_are_the_same_whatever_the_batch(db, no_reactions, names):
    wanted = {make_name_key(name) for name in names}

    for size in (1, len(names)):
        with transaction.atomic():
            for start in range(0, len(names), size):
                create_players(usernames=names[start : start + size])
            users = list(User.objects.all())
            found = find_players(names)
            transaction.set_rollback(True)

        assert {user.username_key for user in users} == wanted
        assert len(users) == len(wanted)
        assert {make_name_key(name): user.pk for name, user in found.items()} == {
            user.username_key: user.pk for user in users
        }


@pytest.mark.parametrize("names", list(itertools.permutations(["İlker", "ilker", "ILKER"])))
def test_the_first_spelling_is_the_one_stored(db, names):
    players = create_players(usernames=names)

    assert len({user.pk for user in players.values()}) == 1
    assert User.objects.get().username == names[0]


def test_every_door_of_the_orm_stores_the_key(db):
    User.objects.bulk_create([User(username="Ann"), User(username="Bob")])
    cem = User.objects.create(username="CEM")
    User.objects.filter(username="Ann").update(username="ÉVA")
    cem.username = "Deniz"
    cem.save(update_fields=["username"])
    bob = User.objects.get(username="Bob")
    bob.username = "BEN"
    User.objects.bulk_update([bob], ["username"])

    User.objects.filter(username="BEN").update(username=Concat("username", Value("JAMÍN")))

    assert sorted(User.objects.values_list("username_key", flat=True)) == ["benjamín", "deniz", "éva"]
    assert set(UserProfile.objects.values_list("search_key", flat=True)) == {"benjamin", "deniz", "eva"}
    assert mend_name_keys() == 0


def test_a_fixture_without_keys_is_loaded_with_them(db, tmp_path):
    User.objects.create(username="JOSÉ")
    dumped = StringIO()
    call_command("dumpdata", "accounts.user", stdout=dumped)
    file = tmp_path / "users.json"
    file.write_text(dumped.getvalue().replace('"username_key": "jos\\u00e9"', '"username_key": null'))
    User.objects.all().delete()

    call_command("loaddata", str(file), verbosity=0)

    assert User.objects.get().username_key == "josé"


def test_no_door_makes_a_second_user_of_a_name(db):
    User.objects.create(username="josé")

    for make in (
        lambda: User.objects.create(username="JOSÉ"),
        lambda: User.objects.bulk_create([User(username="JOSÉ")]),
        lambda: User.objects.create(username="jose\u0301"),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            make()
    assert User.objects.count() == 1


def test_raw_sql_is_reported_and_mended(db):
    User.objects.create(username="ann")
    write_raw("ann", to="JOSÉ")

    assert "core.W003" in {message.id for message in run_checks(databases=["default"])}
    assert mend_name_keys() > 0
    assert User.objects.get().username_key == "josé"
    assert UserProfile.objects.get().search_key == "jose"
    assert "core.W003" not in {message.id for message in run_checks(databases=["default"])}


def test_two_spellings_that_raw_sql_wrote_both_stay_usable_and_are_named(db):
    first, second = User.objects.create(username="josé"), User.objects.create(username="x")
    write_raw("x", to="JOSÉ")

    mend_name_keys()

    assert "core.W004" in {message.id for message in run_checks(databases=["default"])}
    assert find_players(["JOSÉ", "josé", "José"]) == {"JOSÉ": second, "josé": first, "José": first}
    first.delete()
    mend_name_keys()
    assert User.objects.get().username_key == "josé"


def test_sign_in_takes_any_spelling(client, db):
    User.objects.create_user("JOSÉ", password="unsafe word")

    assert client.login(username="josé", password="unsafe word")


@pytest.mark.parametrize(
    "username", [".", "..", "\u200b", "a\u202eb", "аnn", "Ann", "a:b", "ANN_LEE", "DC-25-000042"]
)
def test_every_door_refuses_what_is_no_name_or_another_s(db, admin_client, username):
    ann = create_players(usernames=["ann"])["ann"]
    set_identities(identities=[Identity(ann, "Ann_Lee")])
    before = User.objects.count()

    def admin() -> None:
        fields = {"username": username, "password1": "unsafe word 1", "password2": "unsafe word 1"}
        answer = admin_client.post("/admin/accounts/user/add/", {**fields, "usable_password": "true"})
        assert answer.status_code == 200

    admin()
    with pytest.raises(CommandError):
        call_command("createsuperuser", username=username, email="", interactive=False)
    with pytest.raises((InvalidInput, NameTaken)):
        rename_player(user=User.objects.create(username="bob"), username=username)
    User.objects.filter(username="bob").delete()
    assert User.objects.count() == before


def test_a_username_is_not_another_player_s_display_name(db):
    ann, bob = create_players(usernames=["ann", "bob"]).values()
    set_identities(identities=[Identity(ann, "Falcon")])

    with pytest.raises(NameTaken, match="is the name of another player"):
        create_players(usernames=["FALCON"])
    with pytest.raises(NameTaken):
        rename_player(user=bob, username="falcon")
    assert rename_player(user=ann, username="falcon").username == "falcon"


@pytest.mark.parametrize("name", ["bob", "BOB", "Falcon", "falcon", "Fаlcon", "\u200b", " ", "\u202eFalcon"])
def test_a_display_name_is_nobody_else_s(db, name):
    ann, bob = create_players(usernames=["ann", "bob"]).values()
    set_identities(identities=[Identity(bob, "Falcon")])

    with pytest.raises((InvalidInput, NameTaken)) as refused:
        set_identities(identities=[Identity(ann, name)])
    assert refused.value.field == "display_name"


def test_a_player_s_own_names_are_no_namesakes(db):
    ann = create_players(usernames=["ann"])["ann"]

    set_identities(identities=[Identity(ann, "Ann")])
    set_identities(identities=[Identity(ann, "ANN")])

    assert UserProfile.objects.get().display_name == "ANN"


def test_a_former_name_finds_its_player_by_whatever_door_it_was_changed(db):
    ann, bob, cem, dan = create_players(usernames=["Ann", "bob", "cem", "dan"]).values()

    rename_player(user=ann, username="Anna")
    User.objects.filter(pk=bob.pk).update(username="Bobby")
    write_raw("cem", to="Cemal")
    dan.username = "Daniel"
    dan.save()

    assert find_players(["ANN", "bob", "Cem", "dan"]) == {"ANN": ann, "bob": bob, "Cem": cem, "dan": dan}
    assert create_players(usernames=["ann", "dan"]) == {"ann": ann, "dan": dan}
    assert User.objects.count() == 4


def test_who_has_a_name_now_is_found_before_who_had_it(db):
    ann = create_players(usernames=["ann"])["ann"]
    rename_player(user=ann, username="anna")
    new = User.objects.create(username="Ann")

    assert find_players(["ann", "anna"]) == {"ann": new, "anna": ann}


def test_a_former_name_of_two_is_nobody_s_and_a_sentence_says_so(db):
    ann = create_players(usernames=["ann"])["ann"]
    rename_player(user=ann, username="anna")
    second = User.objects.create(username="ann")
    rename_player(user=second, username="annie")

    found = resolve_usernames(["ANN"])

    assert found.rows == {}
    assert found.ambiguous == {"ANN": "“ANN” is a former name of anna, annie; use the present name"}
    with pytest.raises(AmbiguousName, match="use the present name"):
        create_players(usernames=["ann"])


def test_a_name_taken_back_and_given_up_again_is_one_former_name(db):
    ann = create_players(usernames=["ann"])["ann"]
    for name in ("anna", "ann", "anna"):
        rename_player(user=ann, username=name)

    assert sorted(FormerUsername.objects.values_list("name", flat=True)) == ["ann", "anna"]
    assert find_players(["ann"]) == {"ann": ann}


@pytest.mark.django_db(transaction=True)
def test_of_two_who_take_one_display_name_at_once_one_is_refused():
    users = create_players(usernames=["ann", "bob"]).values()

    def take(user: User) -> bool:
        try:
            set_identities(identities=[Identity(user, "Falcon")])
        except NameTaken:
            return False
        return True

    assert sorted(call_together([partial(take, user) for user in users])) == [False, True]


@pytest.mark.django_db(transaction=True)
def test_writers_of_one_name_in_several_spellings_end_with_one_user():
    spellings = ["JOSÉ", "josé", "jose\u0301", "José"]

    answers = call_together([partial(create_players, usernames=[name]) for name in spellings])

    assert User.objects.count() == 1
    assert {user.pk for answer in answers for user in answer.values()} == {User.objects.get().pk}


def test_a_player_renames_themselves_so_often_and_staff_as_they_like(db):
    ann = create_players(usernames=["ann"])["ann"]
    at = now()
    for name in ("ann 2", "Ann#2", "Ann's 2"):
        rename_oneself(user=ann, username=name, now=at)

    with pytest.raises(TooManyRenames, match=r"you can again from \d{4}-\d\d-\d\d \d\d:\d\d on") as refused:
        rename_oneself(user=ann, username="ann 3", now=at)
    rename_oneself(user=ann, username="Ann's 2", now=at)

    assert (refused.value.field, User.objects.get().username) == ("username", "Ann's 2")
    assert find_players(["ann", "ANN#2", "Ann’s 2"]).keys() == {"ann", "ANN#2", "Ann’s 2"}
    rename_oneself(user=ann, username="ann 3", now=at + timedelta(days=31))
    rename_player(user=ann, username="ann 4")

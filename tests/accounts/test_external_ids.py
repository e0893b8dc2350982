"""Ids of players at other providers: one owner each, found in each spelling, claimed without effect."""

from __future__ import annotations

from functools import partial

import pytest

from deltacrown.accounts.models import ExternalId, User
from deltacrown.accounts.services import (
    add_external_id,
    create_players,
    create_players_by_id,
    find_players_by_id,
    list_external_ids,
    remove_external_id,
)
from deltacrown.core.errors import InvalidInput
from deltacrown.core.external_ids import (
    MOST_IDS,
    ExternalIdNotFound,
    ExternalIdTaken,
    TooManyExternalIds,
    make_address,
)
from tests.concurrency import call_together

STEAM = "steam:76561198000000042"


@pytest.fixture
def people(db):
    return create_players(usernames=["ann", "bob"]).values()


@pytest.mark.once
@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("riot:Guy#EUW", "Riot: gUY#euw", True),
        ("riot:" + "aB" * 39, "riot:" + "Ab" * 39, False),
        ("battlenet:İlker#1234", "battlenet:ilker#1234", True),
        ("startgg:user/ABC123", "startgg:abc123", True),
        ("faceit:5EA07280-2399-4C7E-88AB-F2F7DB0C449F", "faceit:5ea07280-2399-4c7e-88ab-f2f7db0c449f", True),
        ("esea:a", "esea:A", False),
        ("esea:1", "faceit2:1", False),
    ],
)
def test_the_fold_of_a_provider(one, other, is_same):
    first, second = (make_address(*text.split(":", 1)) for text in (one, other))

    assert (first.identity == second.identity) == is_same


@pytest.mark.once
@pytest.mark.parametrize(
    "text",
    [
        *(
            "steam:1",
            "steam:76561198000000042x",
            "steam:７６５６１１９８０００００００４２",
            "riot:Guy",
            "discord:x",
        ),
        *("S!:1", "x:1", "esea:", "esea: ", "esea:a\0", f"esea:{'x' * 201}", "discord:1 2", "faceit:abc"),
    ],
)
def test_what_is_no_id(text):
    with pytest.raises(InvalidInput) as refused:
        make_address(*text.split(":", 1))
    assert refused.value.field == "external_id"


def test_an_id_finds_one_player_and_a_player_may_have_several(people):
    ann, bob = people
    for text in (STEAM, "steam:76561198000000043", "riot:Ann#EUW"):
        add_external_id(user=ann, external_id=text, confirmed=True)
        add_external_id(user=ann, external_id=text, confirmed=True)

    with pytest.raises(ExternalIdTaken) as refused:
        add_external_id(user=bob, external_id="riot:ANN#euw", confirmed=True)

    assert refused.value.message == (
        "riot:ANN#euw is another player's: check the id, or remove it there first."
    )
    assert [str(row) for row in list_external_ids(ann)] == [
        "riot:Ann#EUW",
        STEAM,
        "steam:76561198000000043",
    ]
    found = find_players_by_id([STEAM, "RIOT:ann#euw", "steam:76561198000000044", "steam:1", "ann"])
    assert found == {STEAM: ann, "RIOT:ann#euw": ann}
    remove_external_id(user=ann, external_id="riot:ann#EUW")
    with pytest.raises(ExternalIdNotFound):
        remove_external_id(user=ann, external_id="riot:ann#EUW")
    add_external_id(user=bob, external_id="riot:ANN#euw", confirmed=True)


def test_a_claim_finds_nobody_takes_nothing_and_tells_nothing_until_it_is_confirmed(people):
    ann, bob = people
    add_external_id(user=ann, external_id=STEAM, confirmed=False)
    assert find_players_by_id([STEAM]) == {}

    add_external_id(user=bob, external_id=STEAM, confirmed=True)
    assert find_players_by_id([STEAM]) == {STEAM: bob}
    with pytest.raises(ExternalIdTaken):
        add_external_id(user=ann, external_id=STEAM, confirmed=True)
    remove_external_id(user=bob, external_id=STEAM)
    add_external_id(user=ann, external_id=STEAM, confirmed=True)
    add_external_id(user=ann, external_id=STEAM, confirmed=False)

    assert find_players_by_id([STEAM]) == {STEAM: ann}
    add_external_id(user=bob, external_id=STEAM, confirmed=False)
    assert [row.is_confirmed for row in list_external_ids(bob)] == [False]


def test_there_are_so_many_ids_and_no_more(people):
    ann, _ = people
    rows = [ExternalId(user=ann, provider="esea", value=str(n), key=str(n)) for n in range(MOST_IDS)]
    ExternalId.objects.bulk_create(rows)

    with pytest.raises(TooManyExternalIds):
        add_external_id(user=ann, external_id="esea:more", confirmed=False)
    add_external_id(user=ann, external_id="esea:0", confirmed=True)


def test_the_ids_of_a_merged_account_find_the_other(people):
    ann, bob = people
    add_external_id(user=ann, external_id=STEAM, confirmed=True)
    User.objects.filter(pk=ann.pk).update(merged_into=bob)

    assert find_players_by_id([STEAM]) == {STEAM: bob}


def test_many_are_found_and_created_in_a_constant_number_of_queries(
    db, no_reactions, django_assert_num_queries
):
    names = {f"steam:765611980000{number:05}": f"Player {number}" for number in range(40)}
    few = dict(list(names.items())[:2])
    create_players_by_id(names={"steam:76561198000099999": "Warm"})

    with django_assert_num_queries(1):
        find_players_by_id(names)
    with django_assert_num_queries(11):
        create_players_by_id(names=few)
    with django_assert_num_queries(11):
        created = create_players_by_id(names=names)

    assert {user.username for user in created.values()} == set(names.values())
    assert find_players_by_id(names) == created


@pytest.mark.django_db(transaction=True)
def test_writers_of_one_id_end_with_one_player():
    names = [{STEAM: "Guy"}, {STEAM: "Other"}, {f" {STEAM}": ""}, {STEAM: "Guy"}]

    answers = call_together([partial(create_players_by_id, names=each) for each in names])

    assert User.objects.count() == 1
    assert {user.pk for answer in answers for user in answer.values()} == {User.objects.get().pk}


def test_staff_add_and_confirm_ids_in_the_admin(people, admin_client):
    ann, bob = people
    add_external_id(user=ann, external_id=STEAM, confirmed=False)

    def add(user: User, value: str) -> int:
        fields = {"user": user.pk, "provider": "steam", "value": value}
        return admin_client.post("/admin/accounts/externalid/add/", fields).status_code

    assert add(ann, "76561198000000042") == 302
    assert [add(bob, "76561198000000042"), add(bob, "42")] == [200, 200]
    assert [(str(row), row.is_confirmed) for row in ExternalId.objects.all()] == [(STEAM, True)]
    assert find_players_by_id([STEAM]) == {STEAM: ann}

"""Rows by some keys: as many as there are, each once, with statements that are compiled once."""

import pytest

from deltacrown.accounts.models import User
from deltacrown.core import prepared_keys
from deltacrown.core.prepared import Parameter
from deltacrown.core.prepared_keys import KeyedQuery, KeyedRows, is_among
from tests import scene

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("count", [0, 1, 3, 4, 5, 9])
def test_rows_of_any_number_of_keys_are_there_once(monkeypatch, django_assert_num_queries, count):
    monkeypatch.setattr(prepared_keys, "SIZES", (1, 4))
    users = [scene.player(f"p{place}") for place in range(9)]
    wanted = [user.pk for user in users[:count]]
    named = KeyedRows(lambda keys: User.objects.filter(is_among("pk", keys)).values_list("username"))
    whole = KeyedQuery(lambda keys: User.objects.filter(is_among("pk", keys)))

    with django_assert_num_queries(-(-count // 4)):
        found = named.read(keys=[*wanted, *wanted])

    assert sorted(found) == sorted((user.username,) for user in users[:count])
    assert sorted(user.pk for user in whole.run(keys=wanted)) == sorted(wanted)
    assert whole.run(keys=[0]) == []


def test_other_values_are_given_besides():
    anna, ben = scene.player("anna"), scene.player("ben")
    named = KeyedQuery(lambda keys: User.objects.filter(is_among("pk", keys), username=Parameter(0)), given=1)

    assert named.run("ben", keys=[anna.pk, ben.pk]) == [ben]
    assert named.run("anna", keys=[ben.pk]) == []


def test_a_foreign_key_is_compared_too():
    row = scene.match(scene.player("anna"), "m1")
    scene.match(scene.player("ben"), "m1")
    of_players = KeyedQuery(lambda keys: type(row).objects.filter(is_among("user", keys)))

    assert of_players.run(keys=[row.user_id]) == [row]

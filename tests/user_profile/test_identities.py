"""What is shown of a player: set for many at once, all or none, beside numbers that stay."""

from __future__ import annotations

import pytest
from django.db import connection

from deltacrown.core.errors import InvalidInput
from deltacrown.user_profile.models import UserProfile
from deltacrown.user_profile.people.identities import Identity, ProfileNotFound, set_identities


def table() -> list[tuple[str, str, str, str, int]]:
    columns = ("user__username", "display_name", "country", "bio", "total_matches_played")
    return list(UserProfile.objects.order_by("user__username").values_list(*columns))


def test_identities_are_set_and_numbers_stay(player, played):
    ann, bob, cem = player("ann"), player("bob"), player("cem")
    played(ann)

    set_identities(identities=[Identity(ann, "Ann", "KR", "One\ntwo"), Identity(cem, country="TR")])

    assert table() == [("ann", "Ann", "KR", "One\ntwo", 1), ("bob", "", "", "", 0), ("cem", "", "TR", "", 0)]
    assert bob.profile.name == "bob"


def test_an_identity_replaces_the_one_before(player):
    ann = player("ann")
    set_identities(identities=[Identity(ann, "Ann", "KR", "Hello")])

    set_identities(identities=[Identity(ann, "Anna")])

    assert table() == [("ann", "Anna", "", "", 0)]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("display_name", "x" * 61),
        ("display_name", "a\nb"),
        ("country", "kr"),
        ("country", "KOR"),
        ("bio", "x" * 1001),
        ("bio", "a\0b"),
    ],
)
def test_one_bad_value_sets_nobody(player, field, value):
    ann, bob = player("ann"), player("bob")

    with pytest.raises(InvalidInput) as refused:
        set_identities(identities=[Identity(ann, "Ann"), Identity(bob, **{field: value})])

    assert refused.value.field == field
    assert [row[1] for row in table()] == ["", ""]


def test_a_user_without_a_profile_is_named(player):
    ann, bob = player("ann"), player("bob")
    UserProfile.objects.filter(user=bob).delete()

    with pytest.raises(ProfileNotFound, match="bob has no profile; run backfill_profiles"):
        set_identities(identities=[Identity(ann, "Ann"), Identity(bob, "Bob")])

    assert table() == [("ann", "", "", "", 0)]


def test_many_are_set_in_a_constant_number_of_queries(player, django_assert_num_queries):
    users = [player(f"p{number}") for number in range(30)]

    # savepoint, usernames and display names that look alike, lock, update, release; on PostgreSQL a queue
    with django_assert_num_queries(6 + (connection.vendor == "postgresql")):
        set_identities(identities=[Identity(user, f"Name {user.pk}") for user in users])

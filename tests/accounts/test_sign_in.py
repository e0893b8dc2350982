"""Players who joined long ago, and signing in."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.contrib.auth import authenticate

from deltacrown.accounts.models import User
from deltacrown.accounts.services import create_players, set_sign_in
from deltacrown.core.errors import InvalidInput

LONG_AGO = datetime(2021, 12, 31, 23, 30, tzinfo=UTC)


def test_a_player_who_joined_long_ago_gets_that_date_and_a_public_id_of_that_year(db):
    players = create_players(usernames=["ann", "bob"], joined_at={"ann": LONG_AGO})

    ann, bob = (User.objects.get(pk=players[name].pk) for name in ("ann", "bob"))
    assert ann.date_joined == LONG_AGO
    assert ann.profile.public_id == "DC-21-000001"
    assert bob.date_joined > LONG_AGO


def test_a_player_who_exists_keeps_the_date_they_joined(player):
    ann = player("ann")
    joined_at = ann.date_joined

    create_players(usernames=["ANN"], joined_at={"ANN": LONG_AGO})

    assert User.objects.get().date_joined == joined_at


def test_a_date_without_time_zone_is_refused_and_nobody_created(db):
    with pytest.raises(InvalidInput, match="no time zone"):
        create_players(usernames=["ann", "bob"], joined_at={"bob": datetime(2025, 1, 1)})

    assert not User.objects.exists()


@pytest.mark.parametrize("is_staff", [True, False])
def test_a_sign_in_is_set_with_every_right_or_none(player, is_staff):
    player("ann", is_staff=not is_staff, is_superuser=not is_staff)

    set_sign_in(user=User.objects.get(), password="correct horse", is_staff=is_staff)

    ann = authenticate(username="ann", password="correct horse")
    assert (ann.is_staff, ann.is_superuser) == (is_staff, is_staff)
    assert authenticate(username="ann", password="another") is None


@pytest.mark.parametrize("password", ["", "   ", "x" * 5000])
def test_no_password_and_an_endless_one_are_refused(player, password):
    with pytest.raises(InvalidInput, match="password"):
        set_sign_in(user=player("ann"), password=password, is_staff=True)

    assert not User.objects.get().is_staff

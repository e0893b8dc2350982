from __future__ import annotations

from functools import partial

import pytest

from deltacrown.accounts import signals
from deltacrown.accounts.models import User
from deltacrown.accounts.services import InvalidUsername, create_players, find_players
from deltacrown.core.errors import InvalidInput
from tests.announcements import announced
from tests.concurrency import call_together


def test_players_are_created_with_profile_privacy_and_no_password(db):
    players = create_players(usernames=["ann", "Bob"])

    assert {name: user.username for name, user in players.items()} == {"ann": "ann", "Bob": "Bob"}
    assert not any(user.has_usable_password() for user in User.objects.all())
    assert {user.profile.public_id[:3] for user in User.objects.all()} == {"DC-"}
    assert all(user.privacy_settings for user in User.objects.all())


def test_the_same_names_again_create_nobody(db):
    first = create_players(usernames=["ann", "bob"])
    with announced(signals.players_created) as events:
        again = create_players(usernames=["bob", "ann", "ann"])

    assert again == first
    assert events == []
    assert User.objects.count() == 2


def test_names_in_another_case_are_the_same_player(db):
    with announced(signals.players_created) as events:
        players = create_players(usernames=["Formal", "FORMAL", "scump"])
    again = create_players(usernames=["fOrMaL"])

    assert players["Formal"] == players["FORMAL"] == again["fOrMaL"]
    assert players["Formal"].username == "Formal"
    assert [[user.username for user in event["users"]] for event in events] == [["Formal", "scump"]]


def test_names_are_normalised_as_sign_up_does(db):
    players = create_players(usernames=["ﬁnn"])

    assert players["ﬁnn"].username == "finn"
    assert create_players(usernames=["ﬁnn", "finn"]) == {"ﬁnn": players["ﬁnn"], "finn": players["ﬁnn"]}


@pytest.mark.parametrize("username", ["", "  ", "a:b", "~!~", "x" * 151, "nul\0", "half\ud800", "tab\t"])
def test_a_name_against_the_rules_creates_nobody(db, username):
    with pytest.raises(InvalidInput) as refusal:
        create_players(usernames=["ann", username])

    assert refusal.value.field == "username"
    assert not User.objects.exists()


def test_the_refusal_names_the_name(db):
    with pytest.raises(InvalidUsername, match="'~!~' is not a valid username"):
        create_players(usernames=["~!~"])


def test_find_players_leaves_unknown_names_out(db, player):
    ann, other = player("Ann"), player("anna")

    assert find_players(["ANN", "annA", "nobody", "nul\0", ""]) == {"ANN": ann, "annA": other}


def test_players_are_found_in_one_query_and_created_in_a_constant_number(
    db, no_reactions, django_assert_num_queries
):
    names = [f"player{number}" for number in range(60)]
    create_players(usernames=names[:30])

    with django_assert_num_queries(1):
        assert len(find_players(names[:30])) == 30
    with django_assert_num_queries(2):  # a look at present names, and one at former ones
        assert len(find_players(names)) == 30
    with django_assert_num_queries(
        9
    ):  # 2 savepoints opened and released, 2 looks, 2 for look-alikes, one insert
        create_players(usernames=names)


@pytest.mark.django_db(transaction=True)
def test_two_writers_of_the_same_names_end_with_one_user_each():
    names = [f"player{number}" for number in range(50)]
    shouted = [name.upper() for name in reversed(names)]

    answers = call_together(
        [partial(create_players, usernames=names), partial(create_players, usernames=shouted)]
    )

    assert [len(answer) for answer in answers] == [50, 50]
    assert User.objects.count() == 50

"""What staff may do follows permissions, being staff alone is no right, and acting for others is told."""

from __future__ import annotations

import importlib
import logging
import re
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.urls import reverse

from deltacrown.accounts import migrations
from deltacrown.accounts.granting import fill_groups
from deltacrown.accounts.models import ApiKey, User
from deltacrown.accounts.rights import GROUPS, Right, has_right
from deltacrown.accounts.services import MayNotGrant, create_key, list_keys
from deltacrown.accounts.services.keys import GRANTED_SCOPES
from tests import scene
from tests.api.calls import Api, signed_in

pytestmark = pytest.mark.django_db

(MIGRATION,) = Path(migrations.__path__[0]).glob("*_rights.py")
make_groups = importlib.import_module(f"{migrations.__name__}.{MIGRATION.stem}").make_groups


@pytest.fixture
def told(caplog):
    """The lines of the audit, in order."""
    caplog.set_level(logging.INFO, logger="deltacrown.audit")
    return lambda: [record.getMessage() for record in caplog.records if record.name == "deltacrown.audit"]


@pytest.mark.parametrize("right", Right)
def test_a_right_takes_being_staff_and_the_permission(right):
    bare, able = scene.staff("bare"), scene.staff("able", right)
    member, gone = scene.staff("member", right), scene.staff("gone", right)
    member.is_staff = gone.is_active = False

    may = {user.username: has_right(user, right) for user in (bare, able, member, gone)}
    assert may == {"bare": False, "able": True, "member": False, "gone": False}
    assert not any(has_right(able, other) for other in Right if other is not right)
    assert has_right(scene.player("boss", is_staff=True, is_superuser=True), right)
    assert not has_right(None, right)


def test_making_a_key_for_another_takes_the_right_and_is_told_and_stored(told):
    ann, boss = scene.player("ann"), scene.staff("boss", Right.ACT_FOR_PLAYERS)
    with pytest.raises(MayNotGrant, match=r"accounts\.act_for_player"):
        create_key(owner=ann, name="x", scopes=["read"], by=scene.staff("clerk"))
    assert not ApiKey.objects.exists()

    made = create_key(owner=ann, name="x", scopes=["read"], by=boss)

    assert [key.made_by for key in list_keys(ann)] == [boss]
    assert told() == [f"staff {boss.pk} made key {made.key.prefix} (read) for user {ann.pk}"]


@pytest.mark.parametrize(("scope", "right"), GRANTED_SCOPES.items())
def test_granting_a_scope_takes_its_own_right(scope, right):
    boss = scene.staff("boss", *(set(Right) - {right}))
    with pytest.raises(MayNotGrant, match=re.escape(right)):
        create_key(owner=boss, name="x", scopes=["read", scope], by=boss)

    operator = scene.staff("operator", right)
    assert create_key(owner=operator, name="x", scopes=[scope], by=operator).key.made_by == operator


def test_every_use_of_anothers_key_is_told_and_of_ones_own_is_not(client, told):
    ann, boss = scene.player("ann"), scene.staff("boss", Right.ACT_FOR_PLAYERS)
    theirs = create_key(owner=ann, name="x", scopes=["read"], by=boss)
    own = create_key(owner=ann, name="x", scopes=["read"], by=ann)

    for made in (theirs, own):
        Api(client, {"Authorization": f"Bearer {made.secret}"}).get("/me/export")

    acts = f"user {boss.pk} acts for user {ann.pk} by key {theirs.key.prefix}: GET /api/v1/me/export"
    assert told()[1:] == [acts]


def test_the_owner_sees_who_made_a_key():
    ann, boss = scene.player("ann"), scene.staff("boss", Right.ACT_FOR_PLAYERS)
    create_key(owner=ann, name="theirs", scopes=["read"], by=boss)
    create_key(owner=ann, name="own", scopes=["read"], by=ann)
    ApiKey.objects.filter(pk=create_key(owner=ann, name="old", scopes=["read"], by=ann).key.pk).update(
        made_by=None
    )

    shown = {key["name"]: key["made_by"] for key in signed_in(ann).get("/me/api-keys").json()}
    assert shown == {"theirs": boss.profile.public_id, "own": ann.profile.public_id, "old": None}


@pytest.mark.parametrize("address", ["/matches", "/matches/export"])
def test_a_read_of_a_hidden_history_is_told_exports_too(address, told):
    ann, boss = scene.player("ann"), scene.staff("boss", Right.VIEW_HIDDEN)
    scene.hide(ann, matches=True)

    assert signed_in(boss).get(f"/players/{ann.profile.public_id}{address}").status_code == 200

    assert f"staff {boss.pk} read the hidden match history of user {ann.pk}" in told()


def test_a_look_in_the_admin_is_told(client, told):
    boss = scene.player("boss", is_staff=True, is_superuser=True)
    client.force_login(boss)
    client.get(reverse("admin:games_match_changelist"))
    client.get(reverse("admin:accounts_user_change", args=[boss.pk]))

    assert told() == [
        f"staff {boss.pk} read games.Match 'list' in the admin",
        f"staff {boss.pk} read accounts.User '{boss.pk}' in the admin",
    ]


class TestUsersInTheAdmin:
    """Who may change users does not make themselves, or others, staff with every right."""

    @pytest.fixture
    def desk(self, client):
        clerk = scene.staff("clerk")
        clerk.user_permissions.set(Permission.objects.filter(codename__in=["change_user", "view_user"]))
        client.force_login(clerk)
        return client

    def test_no_right_is_given(self, desk):
        ann = scene.player("ann")
        address = reverse("admin:accounts_user_change", args=[ann.pk])
        joined = {"date_joined_0": "2025-01-01", "date_joined_1": "12:00:00"}
        wanted = {"is_staff": "on", "is_superuser": "on", "groups": [Group.objects.get(name="Operators").pk]}
        desk.post(address, {"username": "ann2", "is_active": "on", **joined, **wanted})

        ann.refresh_from_db()
        assert (ann.username, ann.is_staff, ann.is_superuser) == ("ann2", False, False)
        assert not ann.groups.exists()

    def test_staff_are_not_changed_nor_their_passwords(self, desk):
        boss = scene.player("boss", is_staff=True, is_superuser=True, password="as it was")
        desk.post(reverse("admin:accounts_user_change", args=[boss.pk]), {"username": "mine"})
        address = reverse("admin:auth_user_password_change", args=[boss.pk])
        answer = desk.post(address, {"password1": "new-Passw0rd!", "password2": "new-Passw0rd!"})

        assert answer.status_code == 403
        boss.refresh_from_db()
        assert (boss.username, boss.password) == ("boss", "as it was")


class TestGroups:
    def permissions_of(self, name: str) -> set[str]:
        rows = Permission.objects.filter(group__name=name)
        return {
            f"{label}.{codename}"
            for label, codename in rows.values_list("content_type__app_label", "codename")
        }

    def test_migrate_makes_them_with_their_rights(self):
        assert {name: self.permissions_of(name) for name in GROUPS} == {
            name: {str(right) for right in rights} for name, rights in GROUPS.items()
        }

    def test_what_was_changed_or_deleted_by_hand_stays(self):
        moderators = Group.objects.get(name="Moderators")
        moderators.permissions.set(Permission.objects.filter(codename="view_dispute"))
        Group.objects.get(name="Operators").delete()

        fill_groups(using="default")

        assert self.permissions_of("Moderators") == {"moderation.view_dispute"}
        assert not Group.objects.filter(name="Operators").exists()

    def test_who_was_staff_before_keeps_all_but_acting_for_others(self):
        Group.objects.all().delete()
        for name, fields in {"boss": {"is_staff": True}, "ann": {}}.items():
            scene.player(name, is_superuser=False, **fields)

        make_groups(apps, SimpleNamespace(connection=connection))
        fill_groups(using="default")

        boss, ann = (User.objects.get(username=name) for name in ("boss", "ann"))
        assert {right for right in Right if has_right(boss, right)} == set(Right) - (
            set(GROUPS["Operators"]) - set(GROUPS["Moderators"])
        )
        assert not ann.groups.exists()

    def test_nobody_is_put_into_a_group_that_was_there_before(self):
        boss = scene.staff("boss")
        make_groups(apps, SimpleNamespace(connection=connection))

        assert not boss.groups.exists()

"""Keys of names in rows that older versions, or raw SQL, wrote."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from django.apps import apps
from django.db import connection

from deltacrown.accounts.models import User
from deltacrown.core.name_keys import fill_in_migration, mend_name_keys
from deltacrown.core.names import make_name_key, make_search_key, make_skeleton
from deltacrown.teams.models import Team
from deltacrown.user_profile.jobs import reconcile_everything
from deltacrown.user_profile.models import UserProfile
from tests import scene
from tests.conftest import NOON

pytestmark = pytest.mark.django_db


def forget_keys(table: str, *columns: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f'UPDATE "{table}" SET ' + ", ".join(columns))


def test_the_migration_fills_the_keys_of_rows_that_are_there_and_marks_the_later_of_two():
    first, second, third = scene.player("josé"), scene.player("x"), scene.player("ann")
    forget_keys("accounts_user", "username_key = NULL", "search_key = ''")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE accounts_user SET username = 'JOSÉ' WHERE id = %s", [second.pk])

    fill = fill_in_migration(
        "accounts",
        "User",
        ["username"],
        {"username_key": make_name_key, "username_skeleton": make_skeleton, "search_key": make_search_key},
        unique="username_key",
    )
    fill(apps, SimpleNamespace(connection=connection))

    assert dict(User.objects.values_list("pk", "username_key")) == {
        first.pk: "josé",
        second.pk: f"josé\n{second.pk}",
        third.pk: "ann",
    }
    assert set(User.objects.values_list("search_key", flat=True)) == {"jose", "ann"}


def test_the_migration_of_profiles_takes_the_name_that_is_shown():
    ann, bob = scene.player("ann"), scene.player("bob")
    UserProfile.objects.filter(user=bob).update(display_name="Bób")
    forget_keys("user_profile_userprofile", "search_key = ''")

    fill_in_migration(
        "user_profile", "UserProfile", ["display_name", "user__username"], {"search_key": make_search_key}
    )(apps, SimpleNamespace(connection=connection))

    assert dict(UserProfile.objects.values_list("pk", "search_key")) == {ann.pk: "ann", bob.pk: "bob"}


def test_the_nightly_job_mends_the_names_that_raw_sql_wrote():
    scene.player("ann")
    scene.team("north")
    forget_keys("teams_team", "name = 'SÜD'")

    reconcile_everything(clock=lambda: NOON)

    assert Team.objects.values_list("name_key", "search_key").get() == ("süd", "sud\nsued")
    assert mend_name_keys() == 0


def test_a_profile_is_searched_by_its_username_again_when_it_loses_its_display_name():
    ann = scene.player("ann")
    UserProfile.objects.filter(user=ann).update(display_name="Queen")
    assert UserProfile.objects.get().search_key == "queen"

    UserProfile.objects.filter(user=ann).update(display_name="")
    assert UserProfile.objects.get().search_key == "ann"
    profile = UserProfile.objects.get()
    profile.display_name = "Königin"
    profile.save(update_fields=["display_name"])
    assert UserProfile.objects.get().search_key == "konigin\nkoenigin"

"""No new migration stops the site: each can be run while this release and the one before are at work."""

from __future__ import annotations

import re
import tomllib
from typing import Any

import pytest
from django.db import connection, models
from django.db.migrations import Migration
from django.db.migrations import operations as ops
from django.db.migrations.loader import MigrationLoader

from deltacrown.core import migrating
from django_tally.database_clock import DatabaseNow
from tests.architecture.migration_rules import lint
from tests.docs.pages import ROOT

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite is of one machine, which stops"),
]

#: The last migration of each app that was written before there was this test: sites were stopped for them.
BASELINE = {
    "accounts": "0010_closings",
    "core": "0004_about",
    "freshness": "0002_counters",
    "games": "0012_recount",
    "moderation": "0007_statements",
    "notifications": "0001_initial",
    "tally": "0005_provenance",
    "teams": "0009_invitations",
    "tournaments": "0019_invitations",
    "user_profile": "0018_counters",
}
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]


@pytest.fixture(scope="module")
def loader(django_db_setup: None, django_db_blocker: Any) -> MigrationLoader:
    with django_db_blocker.unblock():
        return MigrationLoader(connection)


def is_ours(migration: Migration) -> bool:
    return migration.__module__.startswith(("deltacrown.", "django_tally."))


def is_new(migration: Migration) -> bool:
    return is_ours(migration) and migration.name > BASELINE.get(migration.app_label, "")


def test_no_new_migration_stops_the_site(loader):
    plan = [loader.graph.nodes[key] for key in loader.graph._generate_plan(loader.graph.leaf_nodes(), True)]
    wrong = {}
    for migration in filter(is_new, plan):
        state = loader.project_state((migration.app_label, migration.name), at_end=False)
        if found := lint(migration, state, version=VERSION):
            wrong[f"{migration.app_label}.{migration.name}"] = found

    assert not wrong, "docs/how-to/change-the-schema.md says how to write them"


def test_the_baseline_names_migrations_that_there_are(loader):
    assert set(BASELINE.items()) <= set(loader.graph.nodes)
    assert set(BASELINE) <= {
        label for label, _ in filter(lambda key: is_ours(loader.graph.nodes[key]), loader.graph.nodes)
    }


def unique():
    return models.UniqueConstraint(fields=["username"], name="user_once")


def check():
    return models.CheckConstraint(condition=models.Q(username__gt=""), name="user_named")


def run(apps, schema_editor):
    """Stand for a function that changes rows."""


@migrating.touches_few("there are ten games")
def run_for_few(apps, schema_editor):
    """Stand for a function that changes few rows."""


def fill(rows):
    rows.filter(username="").update(username="x")


#: What is refused → by which rule. Each would stop the site, or the release before.
UNSAFE = {
    "a column that the release before does not fill": (
        [ops.AddField("user", "x", models.CharField(max_length=5, default=""))],
        True,
        "AddField",
    ),
    "a column that is computed": (
        [
            ops.AddField(
                "user",
                "x",
                models.GeneratedField(
                    expression=models.F("closings") + 1, output_field=models.IntegerField(), db_persist=True
                ),
            )
        ],
        True,
        "AddField",
    ),
    "a key whose rows are checked": (
        [
            ops.AddField(
                "user",
                "x",
                models.ForeignKey(
                    "accounts.apikey", models.CASCADE, db_default=1, db_index=False, related_name="+"
                ),
            )
        ],
        True,
        "adding-foreign-key-constraint",
    ),
    "an index that locks": (
        [ops.AddIndex("user", models.Index(fields=["username", "email"], name="x"))],
        True,
        "require-concurrent-index-creation",
    ),
    "an index of a key": (
        [
            ops.AddField(
                "user", "x", models.ForeignKey("accounts.apikey", models.CASCADE, null=True, related_name="+")
            )
        ],
        True,
        "require-concurrent-index-creation",
    ),
    "an index apart within a transaction": (
        [migrating.AddIndexApart("user", models.Index(fields=["email"], name="x"))],
        True,
        "atomic",
    ),
    "a unique constraint": ([ops.AddConstraint("user", unique())], True, "disallowed-unique-constraint"),
    "a check of all rows": ([ops.AddConstraint("user", check())], True, "constraint-missing-not-valid"),
    "a check and its look at the rows under one lock": (
        [migrating.AddCheckApart("user", check()), migrating.ValidateCheck("user", "user_named")],
        True,
        "constraint-missing-not-valid",
    ),
    "NOT NULL": (
        [ops.AlterField("apikey", "revoked_at", models.DateTimeField(db_default=DatabaseNow()))],
        True,
        "adding-not-nullable-field",
    ),
    "another type": (
        [ops.AlterField("user", "closings", models.TextField(db_default=""))],
        True,
        "changing-column-type",
    ),
    "a column that is read": ([ops.RemoveField("user", "closings")], True, "RemoveField"),
    "a column dropped by SQL": (
        [ops.RunSQL("ALTER TABLE accounts_user DROP COLUMN closings")],
        True,
        "ban-drop-column",
    ),
    "a column that was forgotten only now": (
        [migrating.DropForgotten("user", "old", models.TextField(), VERSION)],
        True,
        "DropForgotten",
    ),
    "another name": ([ops.RenameField("user", "closings", "ends")], True, "RenameField"),
    "another name of a table": ([ops.AlterModelTable("user", "people")], True, "AlterModelTable"),
    "a table that is read": ([ops.DeleteModel("apikey")], True, "DeleteModel"),
    "any number of rows": ([ops.RunPython(run, ops.RunPython.noop)], True, "RunPython"),
    "any number of rows by SQL": ([ops.RunSQL("UPDATE accounts_user SET closings = 0", "")], True, "RunSQL"),
    "any number of rows behind the state": (
        [ops.SeparateDatabaseAndState([ops.RunPython(run, ops.RunPython.noop)])],
        True,
        "RunPython",
    ),
    "batches within a transaction": ([migrating.FillInBatches("accounts", "User", fill)], True, "atomic"),
}
#: What does the same and stops nobody.
SAFE = {
    "a column with a default of the database": (
        [ops.AddField("user", "x", models.CharField(max_length=5, default="", db_default=""))],
        True,
    ),
    "a column that may be empty": ([ops.AddField("user", "x", models.IntegerField(null=True))], True),
    "a key without an index": (
        [
            ops.AddField(
                "user",
                "x",
                models.ForeignKey(
                    "accounts.apikey", models.CASCADE, null=True, db_index=False, related_name="+"
                ),
            )
        ],
        True,
    ),
    "an index apart": ([migrating.AddIndexApart("user", models.Index(fields=["email"], name="x"))], False),
    "an index that goes": ([migrating.RemoveIndexApart("apikey", "{index}")], False),
    "a unique constraint apart": ([migrating.AddUniqueApart("user", unique())], False),
    "a check that only new rows must meet": ([migrating.AddCheckApart("user", check())], True),
    "a look at the rows": ([migrating.ValidateCheck("user", "user_named")], True),
    "rows in batches": ([migrating.FillInBatches("accounts", "User", fill)], False),
    "few rows": ([ops.RunPython(run_for_few, ops.RunPython.noop)], True),
    "a field that is forgotten": ([migrating.ForgetField("user", "closings")], True),
    "a field that is forgotten and left something": ([migrating.ForgetField("user", "email", left="")], True),
    "a column that was forgotten long ago": (
        [migrating.DropForgotten("user", "old", models.TextField(), "0.0.9")],
        True,
    ),
    "a table that was forgotten long ago": ([migrating.DropForgottenTable("accounts_old", "0.0.9")], True),
    "a table that is new": (
        [
            ops.CreateModel(
                "Fresh",
                [
                    ("id", models.BigAutoField(primary_key=True)),
                    ("of", models.ForeignKey("accounts.user", models.CASCADE, related_name="+")),
                    ("name", models.TextField(unique=True)),
                ],
            ),
            ops.AddField("fresh", "more", models.TextField(default="")),
            ops.AddIndex("fresh", models.Index(fields=["more"], name="fresh_more")),
            ops.AddConstraint("fresh", models.CheckConstraint(condition=models.Q(more__gt=""), name="y")),
        ],
        True,
    ),
}


def judge(loader, operations, is_atomic):
    migration = Migration("9999_sample", "accounts")
    state = loader.project_state()
    names = [each.name for each in state.models["accounts", "apikey"].options["indexes"]]
    for each in operations:
        if getattr(each, "name", "") == "{index}":
            each.name = names[0]
    migration.operations, migration.atomic = operations, is_atomic
    return lint(migration, state, version=VERSION)


@pytest.mark.parametrize("sample", UNSAFE)
def test_what_stops_the_site_is_refused(loader, sample):
    operations, is_atomic, rule = UNSAFE[sample]

    assert rule in {each.rule for each in judge(loader, operations, is_atomic)}


@pytest.mark.parametrize("sample", SAFE)
def test_what_stops_nobody_passes(loader, sample):
    operations, is_atomic = SAFE[sample]

    assert judge(loader, operations, is_atomic) == []


def test_a_field_that_must_be_filled_is_not_forgotten_just_so(loader):
    with pytest.raises(ValueError, match="email refuses NULL: give ForgetField what is left"):
        judge(loader, [migrating.ForgetField("user", "email")], True)


def test_the_page_names_every_operation():
    page = (ROOT / "docs/how-to/change-the-schema.md").read_text()
    own = {
        name
        for name, each in vars(migrating).items()
        if isinstance(each, type) and each.__module__ == migrating.__name__
    }

    assert own <= set(re.findall(r"`(\w+)`", page))

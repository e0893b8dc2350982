"""Every index of the tables that are written most has its reason in docs/explanation/storage.md."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.apps import apps
from django.db import connection, models

from django_tally.storage import COUNTERS

PAGE = Path(__file__).resolve().parents[2] / "docs/explanation/storage.md"
HEAD = re.compile(r"\| \*\*(?P<model>[\w.]+)\*\* \| \|")
LINE = re.compile(r"\| `(?P<index>\w+)` \| (?P<reason>[^|]+) \|")
TABLES = [
    "games.Match",
    "user_profile.UserProfile",
    "user_profile.GameStats",
    "user_profile.UserActivity",
    "tally.Recording",
    "tally.Revision",
    "tally.Repair",
    "tally.Run",
]


def read_reasons(text: str) -> dict[str, dict[str, str]]:
    """Model → index → why it stands."""
    reasons: dict[str, dict[str, str]] = {}
    for line in text.splitlines():
        if head := HEAD.fullmatch(line):
            model = head["model"]
        elif found := LINE.fullmatch(line):
            reasons.setdefault(model, {})[found["index"]] = found["reason"].strip()
    return reasons


def list_indexes(model: type[models.Model]) -> set[str]:
    """The names of the indexes, unique constraints and indexed columns of a model, but for its key."""
    uniques = [c.name for c in model._meta.constraints if isinstance(c, models.UniqueConstraint)]
    columns = [
        field.name
        for field in model._meta.concrete_fields
        if (field.unique or field.db_index) and not field.primary_key
    ]
    return {*(index.name for index in model._meta.indexes), *uniques, *columns}


@pytest.mark.parametrize("label", TABLES)
def test_each_index_has_its_reason(label):
    reasons = read_reasons(PAGE.read_text())[label]
    assert set(reasons) == list_indexes(apps.get_model(label))
    assert all(len(reason) > len("its board") for reason in reasons.values())


def test_no_other_table_is_told_of():
    assert list(read_reasons(PAGE.read_text())) == TABLES


def test_a_reason_left_out_is_missed():
    line = "| `match_history` |"
    text = "\n".join(row for row in PAGE.read_text().splitlines() if not row.startswith(line))
    assert set(read_reasons(text)["games.Match"]) != list_indexes(apps.get_model("games.Match"))


@pytest.mark.django_db
@pytest.mark.parametrize(
    "label", ["user_profile.UserProfile", "user_profile.GameStats", "freshness.ContentVersion"]
)
def test_counters_keep_room_for_new_versions(label):
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no such settings")
    with connection.cursor() as cursor:
        table = apps.get_model(label)._meta.db_table
        cursor.execute("SELECT reloptions FROM pg_class WHERE oid = %s::regclass", [f'"{table}"'])
        (options,) = cursor.fetchone()
    assert set(options) == {f"{name}={value}" for name, value in COUNTERS.items()}

"""A whole site moves by its two files: the same numbers, histories, titles and boards, and no drift."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.core.management import call_command

from deltacrown.accounts.models import User
from tests.interchange.files import run_import
from tests.interchange.season import leave_site, show_site

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def export(folder: Any, name: str) -> tuple[Any, Any]:
    files = folder / f"tournaments-{name}", folder / f"matches-{name}"
    for command, file in zip(("export_tournaments", "export_matches"), files, strict=True):
        call_command(command, str(file), "--replace", stdout=io.StringIO(), stderr=io.StringIO())
    return files


def bring(files: tuple[Any, Any], **options: Any) -> list[Any]:
    commands = ("import_tournaments", "import_matches")
    return [run_import(command, file, **options) for command, file in zip(commands, files, strict=True)]


@pytest.fixture(params=["site.csv", "site.ndjson.gz"])
def moved(request, tmp_path):
    """The files of a site that is gone, their content, and what its readers saw."""
    with leave_site():
        files = export(tmp_path, request.param)
        seen = show_site()
    return files, [file.read_bytes() for file in files], seen


def test_a_site_moves_with_all_that_was_played(moved, tmp_path, find_all_drift):
    files, content, seen = moved
    assert User.objects.count() == 0

    outcomes = bring(files, create_missing=True)

    assert [outcome.rejected for outcome in outcomes] == [[], []]
    now_seen = show_site()
    for what, was in seen.items():
        assert now_seen[what] == was, what
    assert find_all_drift() == []
    again = export(tmp_path, "again" + "".join(files[0].suffixes))
    assert [file.read_bytes() for file in again] == content


def test_the_files_of_a_site_change_nothing_where_it_is_already(moved, find_all_drift):
    files, _, _ = moved
    bring(files, create_missing=True)
    before = show_site()

    outcomes = bring(files)

    assert [outcome.rejected for outcome in outcomes] == [[], []]
    assert all(" 0 created, " in outcome.output and "updated" not in outcome.output for outcome in outcomes)
    assert show_site() == before
    assert find_all_drift() == []

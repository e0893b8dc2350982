"""Where an installation keeps its files: by ``DELTACROWN_HOME``, in a clone, beside an installed package."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from deltacrown.config.home import find_default_home, find_home, read_env_file
from tests.docs.pages import ROOT

pytestmark = pytest.mark.once


def test_a_clone_keeps_its_files_in_var():
    assert find_default_home() == ROOT / "var"


def test_an_installed_package_keeps_its_files_where_the_system_does(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))

    assert find_default_home(tmp_path / "lib") == tmp_path / "data" / "deltacrown"


@pytest.mark.parametrize(
    ("named", "found"),
    [
        ("/srv/deltacrown", Path("/srv/deltacrown")),
        ("~/site", Path("~/site").expanduser()),
        ("site", Path.cwd() / "site"),
        ("  ", ROOT / "var"),
    ],
)
def test_the_folder_can_be_named(named, found):
    assert find_home({"DELTACROWN_HOME": named}) == found


def test_the_file_sets_what_is_not_set(tmp_path, monkeypatch):
    (tmp_path / ".env").write_text("LOG_LEVEL=INFO\nSITE_LANGUAGE='tr'\n# SIGN_UP=0\n")
    monkeypatch.setattr(os, "environ", variables := {"DELTACROWN_HOME": str(tmp_path), "LOG_LEVEL": "ERROR"})
    monkeypatch.setattr("environ.Env.ENVIRON", variables)

    read_env_file()

    assert variables["LOG_LEVEL"] == "ERROR"
    assert variables["SITE_LANGUAGE"] == "tr"
    assert "SIGN_UP" not in variables


def test_without_the_file_nothing_is_set(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "environ", variables := {"DELTACROWN_HOME": str(tmp_path / "new")})

    read_env_file()

    assert list(variables) == ["DELTACROWN_HOME"]
    assert not (tmp_path / "new").exists()

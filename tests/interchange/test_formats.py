"""Formats of other packages are found by entry point; our own, whatever the installed metadata says."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest
from django.core.management import load_command_class

from deltacrown.games.models import Match
from deltacrown.interchange.format import GROUP, FormatRefused, find_reader, list_formats, load_format
from deltacrown.interchange.formats import BUILT_IN
from deltacrown.interchange.formats.cwl.reading import CwlReader
from deltacrown.interchange.formats.deltacrown.matches import MatchReader
from deltacrown.interchange.formats.deltacrown.tournaments import TournamentReader
from tests.interchange.distributions import installed
from tests.interchange.files import REPOSITORY, run_import

#: A format that reads what ours reads, and nothing else.
TWIN = """
from deltacrown.interchange.format import Format
from deltacrown.interchange.formats.deltacrown.matches import MatchReader

FORMAT = Format(help="As ours, 100 % the same.", matches=MatchReader)
"""
#: A format of files that are one JSON document, and that name everything there is.
DOCUMENT = """
import json

from deltacrown.interchange.format import Format
from deltacrown.interchange.formats.deltacrown.matches import MatchReader
from deltacrown.interchange.rows import Row


class DocumentReader(MatchReader):
    creates_missing = True

    def rows(self, source, report):
        for number, values in enumerate(json.loads(source.path.read_text()), start=1):
            yield Row(number, values["match_key"], values)

    def look(self, row):
        self.seen = getattr(self, "seen", 0) + 1

    def finish(self, *, whole, now):
        return [f"{self.seen} lines were looked at, and {'all' if whole else 'not all'} taken"]


FORMAT = Format(help="One JSON document.", matches=DocumentReader)
"""
MATCH = "match_key,game,player,result,played_at\nm1,cs2,ada,win,2025-03-01T18:30:00Z\n"


def write(folder: Path, text: str = MATCH) -> Path:
    path = folder / "matches.csv"
    path.write_text(text)
    return path


def help_of(command: str) -> str:
    parser = load_command_class("deltacrown.interchange", command).create_parser("manage.py", command)
    return " ".join(parser.format_help().split())


def test_the_package_declares_the_formats_that_come_with_it():
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    assert project["entry-points"][GROUP] == BUILT_IN


def test_our_formats_are_found_without_metadata(monkeypatch):
    monkeypatch.setattr("deltacrown.interchange.format.entry_points", lambda group: [])

    assert list(list_formats()) == ["cwl", "deltacrown"]
    assert find_reader("deltacrown", "matches") is MatchReader
    assert find_reader("deltacrown", "tournaments") is TournamentReader
    assert find_reader("cwl", "matches") is CwlReader


def test_our_formats_declared_by_our_metadata_too_are_the_same(tmp_path):
    with installed(tmp_path, "deltacrown-again", modules={}, formats=BUILT_IN):
        assert {name: len(found) for name, found in list_formats().items()} == {"cwl": 1, "deltacrown": 1}
        assert find_reader("cwl", "matches") is CwlReader


@pytest.mark.django_db
def test_a_format_of_another_package_is_listed_and_imports(tmp_path):
    file = write(tmp_path)

    with installed(
        tmp_path / "site", "twin", modules={"twin_format": TWIN}, formats={"twin": "twin_format:FORMAT"}
    ):
        assert "{cwl,deltacrown,twin}" in help_of("import_matches")
        assert "twin: As ours, 100 % the same." in help_of("import_matches")
        assert "twin" not in help_of("import_tournaments")
        outcome = run_import("import_matches", file, format="twin", create_missing=True)

    assert (outcome.exit_code, Match.objects.get().user.username) == (0, "ada")
    assert "twin" not in list_formats()


@pytest.mark.django_db
def test_a_format_reads_files_of_another_shape_and_creates_what_they_name(tmp_path):
    line = {
        "match_key": "m1",
        "game": "cs2",
        "player": "ada",
        "result": "win",
        "played_at": "2025-03-01T18:30:00Z",
    }
    file = write(tmp_path, json.dumps([line, {**line, "match_key": "m2", "result": "lost"}]))

    with installed(
        tmp_path / "site", "doc", modules={"doc_format": DOCUMENT}, formats={"doc": "doc_format:FORMAT"}
    ):
        outcome = run_import("import_matches", file, format="doc")

    assert [match.match_key for match in Match.objects.all()] == ["m1"]
    assert outcome.reasons == {2: "line 2, result: “lost” is not known; write win, loss, draw or none"}
    assert "matches.csv: 2 lines were looked at, and not all taken." in outcome.errors


def test_a_name_given_by_two_packages_is_refused_and_the_others_are_not(tmp_path):
    with installed(tmp_path, "twin", modules={"twin_format": TWIN}, formats={"cwl": "twin_format:FORMAT"}):
        with pytest.raises(
            FormatRefused,
            match=r"given by two packages, as .*cwl:FORMAT and twin_format:FORMAT; uninstall one",
        ):
            load_format("cwl")
        assert find_reader("deltacrown", "matches") is MatchReader


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("import nowhere_at_all", r"cannot be loaded: ModuleNotFoundError: No module named 'nowhere_at_all'"),
        ("FORMAT = 1 / 0", r"cannot be loaded: ZeroDivisionError: division by zero"),
        ("other = 1", r"cannot be loaded: AttributeError: .*FORMAT"),
        ("FORMAT = 'csv'", r"is none: its entry point must name a deltacrown.interchange.format.Format"),
    ],
)
def test_a_format_that_cannot_be_loaded_is_refused_and_the_help_says_why(tmp_path, source, why):
    with installed(
        tmp_path, "broken", modules={"broken_format": source}, formats={"broken": "broken_format:FORMAT"}
    ):
        with pytest.raises(FormatRefused, match=why):
            load_format("broken")
        assert "broken: The format broken (broken_format:FORMAT)" in help_of("import_matches")
        assert find_reader("deltacrown", "matches") is MatchReader


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("command", "name", "why"),
    [
        ("import_tournaments", "cwl", "The format cwl has no files of tournaments."),
        ("import_matches", "xml", "There is no format 'xml'; installed are cwl, deltacrown."),
    ],
)
def test_a_format_without_such_files_is_refused(tmp_path, command, name, why):
    outcome = run_import(command, write(tmp_path), format=name)

    assert (outcome.exit_code, outcome.errors) == (2, why)
    assert not Match.objects.exists()

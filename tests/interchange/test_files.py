"""Rows and whole groups out of files in every state, without a database."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from deltacrown.interchange.columns import Columns
from deltacrown.interchange.formats.deltacrown.matches import MATCH_COLUMNS
from deltacrown.interchange.groups import GroupedFile
from deltacrown.interchange.lines import LONGEST_LINE, FileRefused, SourceFile
from deltacrown.interchange.notes import RejectsFile, WarningsFile
from deltacrown.interchange.rows import LINES_PER_RECORD, Row

HEADER = "match_key,game,player,result,played_at,stats.note\n"


def line(key: str, player: str = "ada", note: str = "") -> str:
    return f"{key},cs2,{player},win,2025-01-01T00:00:00Z,{note}\n"


def grouped(path: Path, content: str | bytes, name: str = "matches.csv") -> GroupedFile:
    path = path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    file = GroupedFile(SourceFile(path), MATCH_COLUMNS)
    file.survey(lambda position: None)
    return file


def table(file: GroupedFile) -> list[tuple[str, list[int], str]]:
    """Each group as key, lines, and the beginning of its refusal."""
    return [
        (group.key, [row.line for row in group.rows], group.refusal)
        for group in file.groups(lambda position: None)
    ]


def taken(file: GroupedFile) -> list[str]:
    return [key for key, _, refusal in table(file) if not refusal]


def refused(file: GroupedFile) -> dict[int, str]:
    """Each refused line → why."""
    return {number: refusal for _, lines, refusal in table(file) for number in lines if refusal}


def test_lines_of_a_match_need_not_be_neighbours(tmp_path):
    file = grouped(
        tmp_path, HEADER + line("m1") + line("m2") + line("m1", "bob") + line("m3") + line("m2", "bob")
    )

    assert table(file) == [("m1", [2, 4], ""), ("m3", [5], ""), ("m2", [3, 6], "")]


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\r\r\n"])
def test_byte_order_mark_and_line_ends_make_no_difference(tmp_path, mark, end):
    content = mark + (HEADER + line("m1", note="“é”") + "\n,,,,,\n" + line("m2")).replace("\n", end).encode()

    file = grouped(tmp_path, content)

    groups = list(file.groups(lambda position: None))
    assert [(group.key, group.rows[0].line) for group in groups] == [("m1", 2), ("m2", 5)]
    assert groups[0].rows[0].values["stats.note"] == "“é”"


def test_line_ends_of_two_kinds_in_one_file_are_read(tmp_path):
    file = grouped(
        tmp_path, HEADER + line("m1").replace("\n", "\r") + line("m2") + line("m3").replace("\n", "\r\n")
    )

    assert table(file) == [("m1", [2], ""), ("m2", [3], ""), ("m3", [4], "")]


def test_a_whole_file_of_old_line_ends_is_read_though_it_is_longer_than_a_line(tmp_path):
    number = LONGEST_LINE // len(line("m00000")) + 10
    content = HEADER + "".join(line(f"m{row:05}") for row in range(number))
    file = grouped(tmp_path, content.replace("\n", "\r"))

    assert taken(file) == [f"m{row:05}" for row in range(number)]


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
def test_a_line_that_is_too_long_costs_itself_alone(tmp_path, end):
    long = line("m2", note="x" * (LONGEST_LINE + 10))
    content = HEADER + line("m1") + long + line("m3") + line("m4")
    file = grouped(tmp_path, content.replace("\n", end))

    assert list(refused(file)) == [3]
    assert taken(file) == ["m1", "m3", "m4"]


def test_quoted_line_ends_keep_physical_line_numbers(tmp_path):
    file = grouped(tmp_path, HEADER + line("m1", note='"one\ntwo\n\nfour, ""five"""') + line("m2"))

    first, second = file.groups(lambda position: None)
    assert (first.rows[0].line, first.rows[0].values["stats.note"]) == (2, 'one\ntwo\n\nfour, "five"')
    assert second.rows[0].line == 6


@pytest.mark.parametrize(
    "stray",
    [
        'm2,cs2,"ada,win,2025-01-01T00:00:00Z,\n',
        'm2,cs2,"ada"x,win,2025-01-01T00:00:00Z,\n',
        '"m2,cs2,ada,win,2025-01-01T00:00:00Z,\n',
    ],
)
def test_a_quote_that_is_never_closed_costs_one_line(tmp_path, stray):
    before, after = line("m1"), "".join(line(f"n{number}") for number in range(LINES_PER_RECORD + 50))

    file = grouped(tmp_path, HEADER + before + stray + after)

    broken = {number for number, why in refused(file).items() if why.startswith("line 3: ")}
    assert broken == {3}
    assert len(taken(file)) >= LINES_PER_RECORD + 49


def test_two_stray_quotes_do_not_swallow_the_lines_between(tmp_path):
    file = grouped(
        tmp_path,
        HEADER
        + 'm1,cs2,"ada,win,2025-01-01T00:00:00Z,\n'
        + line("m2")
        + 'm3,cs2,bob",win,2025-01-01T00:00:00Z,\n',
    )

    assert "m2" in taken(file)
    assert 2 in refused(file)


def test_a_line_that_names_its_match_costs_that_match_only(tmp_path):
    file = grouped(tmp_path, HEADER + line("m1") + line("m2") + "m2,cs2,bob,wi\n" + line("m3"))

    assert taken(file) == ["m1", "m3"]
    assert sorted(refused(file)) == [3, 4]
    assert (
        refused(file)[4]
        == "line 4: it has 4 values where the header names 6 columns; it is cut off or a comma is missing"
    )
    assert refused(file)[3].startswith(
        "the match may be incomplete, as line 4 cannot be read: it has 4 values"
    )


def test_a_line_that_names_no_match_costs_its_neighbours(tmp_path):
    file = grouped(tmp_path, HEADER + line("m1") + line("m2") + "garbage\n" + line("m3") + line("m4"))

    assert taken(file) == ["m1", "m4"]
    assert sorted(refused(file)) == [3, 4, 5]


def test_within_a_match_a_nameless_line_costs_that_match_only(tmp_path):
    file = grouped(tmp_path, HEADER + line("m1") + line("m2") + "garbage\n" + line("m2", "bob") + line("m3"))

    assert taken(file) == ["m1", "m3"]


@pytest.mark.parametrize(
    ("cut", "survivors"),
    [
        ("m3,cs2,ada,win,2025-01-01T0", ["m1", "m2"]),  # names m3, and too few values
        ("m3", ["m1"]),  # might be m30 or the like; might be the rest of m2
        ("m2,cs2,bob", ["m1"]),
    ],
)
def test_csv_cut_off_in_the_middle(tmp_path, cut, survivors):
    file = grouped(tmp_path, HEADER + line("m1") + line("m2") + cut)

    assert taken(file) == survivors
    assert 4 in refused(file)


def test_a_last_line_without_its_end_is_taken_with_a_warning(tmp_path):
    file = grouped(tmp_path, HEADER + line("m1") + line("m2").rstrip("\n"))

    assert taken(file) == ["m1", "m2"]
    assert file.warnings == [
        "line 3, the last one, is not ended by a newline; if the file was cut off there, check that line"
    ]


@pytest.mark.parametrize(
    ("cut", "survivors"),
    [
        ('{"match_key": "m3", "game": "cs', ["m1", "m2"]),
        ('{"match_k', ["m1"]),
        ('{"match_key": "m', ["m1"]),
    ],
)
def test_ndjson_cut_off_in_the_middle(tmp_path, cut, survivors):
    file = grouped(tmp_path, '{"match_key": "m1"}\n{"match_key": "m2"}\n' + cut, "matches.ndjson")

    assert taken(file) == survivors
    assert refused(file)[3].startswith("line 3: it is not valid JSON")


def test_gzip_cut_off_in_the_middle(tmp_path):
    whole = gzip.compress(
        (
            HEADER
            + "".join(
                line(f"m{number // 10}", f"p{number}", f"{number * 7919 % 997}") for number in range(5000)
            )
        ).encode()
    )

    file = grouped(tmp_path, whole[: len(whole) // 2], "matches.csv.gz")

    last = max(refused(file))
    keys = [f"m{number}" for number in range((last - 2) // 10)]
    assert taken(file) == keys
    assert len(keys) > 100
    assert file.warnings == [
        f"the gzip data stops in the middle, at line {last}; fetch the file again and import the rest"
    ]


def test_whole_gzip_is_read_to_its_end(tmp_path):
    file = grouped(
        tmp_path,
        gzip.compress((HEADER + line("m1")).encode()) + gzip.compress(line("m2").encode()),
        "matches.csv.gz",
    )

    assert taken(file) == ["m1", "m2"]


def test_lines_no_text_can_be_made_of_are_refused(tmp_path):
    bad = line("m1", "\udcff") + line("m2", "a\0") + line("m3") + line("m4", "x" * LONGEST_LINE) + line("m5")

    file = grouped(tmp_path, (HEADER + bad).encode(errors="surrogateescape"))

    assert taken(file) == ["m3", "m5"]
    assert {number: why.split(";")[0] for number, why in refused(file).items()} == {
        2: "line 2: byte 8 of the line is not UTF-8",
        3: "line 3: it contains a NUL byte",
        5: "line 5: it is longer than 1,048,576 bytes",
    }


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[1]", "it is not a JSON object"),
        ('{"match_key": "m1", "plaier": "x"}', "unknown column plaier (did you mean player?)"),
        ('{"match_key": "m1", "stats": {"x": NaN}}', "NaN is not a JSON value"),
        (
            '{"match_key": "m1", "player": "\\ud800"}',
            "the object.player holds characters that cannot be stored",
        ),
        (
            '{"match_key": "m1", "stats": {"a": "\\u0000"}}',
            "the object.stats.a holds characters that cannot be stored",
        ),
        ('{"match_key": ""}', "match_key is empty"),
        ('{"match_key": true}', "match_key is empty"),
        ('{"game": "cs2"}', "match_key is empty"),
        ("[" * 100_000, "it is not valid JSON"),
    ],
)
def test_ndjson_lines_that_cannot_be_read(tmp_path, text, why):
    file = grouped(tmp_path, text + '\n{"match_key": "m2"}\n{"match_key": "m9"}\n', "matches.jsonl")

    assert why in refused(file)[1]
    assert taken(file)[-1] == "m9"


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        (
            "empty.csv",
            b"",
            "the file is empty; its first line must name the columns: match_key,game,player,result,played_at",
        ),
        ("wide.csv", "match_key".encode("utf-16"), "this is UTF-16; save it as UTF-8"),
        (
            "semicolons.csv",
            b"match_key;game\n",
            "only one column, “match_key;game”; separate columns by a comma",
        ),
        (
            "unknown.csv",
            b"match_key,gmae,player,result,played_at\n",
            "unknown column gmae (did you mean game?)",
        ),
        (
            "missing.csv",
            b"match_key,game,player\n",
            "missing columns result, played_at; a header is at least match_key,game",
        ),
        ("twice.csv", b"match_key,game,player,result,played_at,Game\n", "column game there twice"),
        ("text.csv.gz", b"match_key", "the gzip data is damaged"),
        ("nothing.jsonl.gz", gzip.compress(b"{}", mtime=0)[:10], "the gzip data stops before the first line"),
    ],
)
def test_files_of_which_nothing_can_be_taken(tmp_path, name, content, why):
    with pytest.raises(FileRefused) as refusal:
        grouped(tmp_path, content, name)

    assert why in refusal.value.message
    assert name in refusal.value.message


def test_gzip_with_a_wrong_checksum_is_not_trusted(tmp_path):
    whole = bytearray(gzip.compress((HEADER + line("m1")).encode()))
    whole[-6] ^= 1

    with pytest.raises(FileRefused, match="damaged"):
        grouped(tmp_path, bytes(whole), "matches.csv.gz")


def test_what_is_no_file_is_refused(tmp_path):
    with pytest.raises(FileRefused, match="there is no such file"):
        SourceFile(tmp_path / "absent.csv")
    with pytest.raises(FileRefused, match="not a regular file"):
        SourceFile(tmp_path)


def test_a_file_written_to_while_it_is_read_is_refused(tmp_path):
    file = grouped(tmp_path, HEADER + line("m1"))
    with (tmp_path / "matches.csv").open("a") as stream:
        stream.write(line("m2"))

    with pytest.raises(FileRefused, match="changed while it was read"):
        list(file.groups(lambda position: None))


def test_a_file_with_a_header_alone_has_nothing_to_import(tmp_path):
    file = grouped(tmp_path, HEADER)

    assert (table(file), file.warnings) == ([], ["there is no line to import in it"])


def test_a_rejects_file_has_its_name_only_when_it_is_complete(tmp_path):
    source = tmp_path / "matches.csv"
    rejects = RejectsFile(source)
    final, part = tmp_path / "matches.csv.rejected.ndjson", tmp_path / "matches.csv.rejected.ndjson.part"
    final.write_text("of an earlier run")

    def be_interrupted() -> None:
        with rejects:
            assert not final.exists()
            rejects.add("match_key", "m1", [Row(2, "m1", {"player": "ada"})], "why")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        be_interrupted()
    assert (final.exists(), part.exists()) == (False, True)
    with RejectsFile(source) as again:
        assert not part.exists()
        again.add("match_key", "m1", [Row(2, "m1", {"player": "ada"})], "why")
        again.add("match_key", "", [Row(3, "", problem="broken", raw="x,y")], "broken")
    assert not part.exists()
    assert final.read_text() == (
        '{"line": 2, "match_key": "m1", "reason": "why", "content": {"player": "ada"}}\n'
        '{"line": 3, "match_key": null, "reason": "broken", "content": "x,y"}\n'
    )


def test_a_file_of_warnings_is_written_in_the_same_way(tmp_path):
    final = tmp_path / "matches.csv.warnings.ndjson"
    final.write_text("of an earlier run")

    with WarningsFile(tmp_path / "matches.csv") as warnings:
        assert not final.exists()
        warnings.add("match_key", "m1", [Row(2, "m1"), Row(5, "m1")], "Every side lost.")
        assert not final.exists()

    assert final.read_text() == '{"match_key": "m1", "lines": [2, 5], "warning": "Every side lost."}\n'
    assert [path.name for path in tmp_path.iterdir()] == [final.name]


SHEET = Columns(
    key=("date", "home"), group="match", required=("date", "home", "note"), delimiter=";", one_line=True
)


def sheet(path: Path, content: str) -> GroupedFile:
    (path / "sheet.csv").write_text(content)
    file = GroupedFile(SourceFile(path / "sheet.csv"), SHEET)
    file.survey(lambda position: None)
    return file


def test_where_each_line_is_a_match_a_broken_one_costs_only_itself(tmp_path):
    file = sheet(tmp_path, 'date;home;note\n1;ann;"a;b"\n2;ben\n3;cem;c\n;dan;d\n5;eve;e\n')

    assert taken(file) == ["1 ann", "3 cem", "5 eve"]
    assert refused(file) == {
        3: "line 3: it has 2 values where the header names 3 columns; it is cut off or a “;” is missing",
        5: "line 5: date or home is empty; every line must name its match",
    }
    assert next(iter(file.groups(lambda position: None))).rows[0].values["note"] == "a;b"


def test_where_each_line_is_a_match_two_of_one_match_are_refused(tmp_path):
    file = sheet(tmp_path, "date;home;note\n1;ann;a\n1;ben;b\n1;ann;c\n")

    assert taken(file) == ["1 ben"]
    assert refused(file) == dict.fromkeys([2, 4], "lines 2 and 4 are of the same match; keep one line")

"""The fold of names: when two are one, how they are found, which look alike, and what they may hold."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deltacrown.core.errors import InvalidInput
from deltacrown.core.names import (
    clean_name,
    clean_username,
    is_look_alike,
    list_search_spellings,
    make_name_key,
    make_search_key,
    make_skeleton,
)

pytestmark = pytest.mark.once

#: Names that players bear elsewhere.
HANDLES = [
    "Guy#1234",
    "O'Sullivan",
    "Magnus Carlsen",
    "Mew2King | FaZe",
    "[A] Jon",
    "$mike",
    "~K~",
    "DJ Nintendo",
    "C9 n0thing",
    "İlker",
    "김도우",
]
NAMES = st.text(st.characters(codec="utf-8"), max_size=20)
#: Letters whose case and composition are unusual.
LETTERS = st.text("aAeéÉiIİıßẞσςΣſKkﬁﬀÅåÅµμΐΰŉ\u0301\u0307\u0345\u200b \u3000", max_size=8)


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("JOSÉ", "josé"),
        ("José", unicodedata.normalize("NFD", "josé")),
        ("İlker", "ilker"),
        ("ILKER", "İLKER"),
        ("ΣΊΣΥΦΟΣ", "Σίσυφος"),
        ("Straße", "STRASSE"),
        ("ﬁnn", "Finn"),
        ("ＡＮＮ", "ann"),
        ("Team\u3000 Red ", "team red"),
        ("a\u200bnn", "ann"),
        ("Åsa", "Åsa"),
        ("O’Sullivan", "O'Sullivan"),
        ("Oʻahu", "O'AHU"),
        ("O´Sullivan", "o'sullivan"),
    ],
)
def test_spellings_of_one_name_have_one_key(name, other):
    assert make_name_key(name) == make_name_key(other)


@pytest.mark.parametrize(("name", "other"), [("Jose", "José"), ("ilker", "ılker"), ("ann", "anna")])
def test_two_names_have_two_keys(name, other):
    assert make_name_key(name) != make_name_key(other)


@given(NAMES | LETTERS)
def test_a_key_is_its_own_key_whatever_the_case_or_form(name):
    key = make_name_key(name)

    assert make_name_key(key) == key
    for form in ("NFC", "NFD", "NFKC", "NFKD"):
        assert make_name_key(unicodedata.normalize(form, name)) == key
    assert make_name_key(unicodedata.normalize("NFKC", name).casefold()) == key


@given(NAMES | LETTERS)
def test_one_name_is_found_and_looks_the_same_in_each_spelling(name):
    for other in (
        unicodedata.normalize("NFKC", name).casefold(),
        unicodedata.normalize("NFD", name),
        make_name_key(name),
    ):
        assert make_search_key(other) == make_search_key(name)
        assert make_skeleton(make_name_key(other)) == make_skeleton(make_name_key(name))
    assert "\n" not in "".join(list_search_spellings(name))


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("Djokovic", "Novak Đoković"),
        ("Dokovic", "Novak Đoković"),
        ("đoković", "Novak Djokovic"),
        ("jose", "JOSÉ"),
        ("JOSÉ", "jose"),
        ("Mueller", "Müller"),
        ("muller", "MÜLLER"),
        ("odegaard", "Ødegaard"),
        ("lukasz", "Łukasz"),
        ("strasse", "Straße"),
        ("isik", "IŞIK"),
        ("ışık", "Isik"),
        ("σίσυφος", "ΣΊΣΥΦΟΣ"),
        ("sisyfos", "Σίσυφος"),
        ("天禄", "天禄戦隊"),
        ("Nguyen Duc", "Nguyễn Đức"),
    ],
)
def test_a_search_is_blind_to_accents_and_case(query, name):
    assert any(spelling in make_search_key(name) for spelling in list_search_spellings(query))


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("сос", "coc"),
        ("ТЕАМ", "Team"),
        ("Іvan", "Ivan"),
        ("Team Cпирит", "Team Спирит"),
        ("Аnn", "ann"),
        ("ɡina", "gina"),
        ("ɑnn", "ann"),
    ],
)
def test_a_name_in_letters_of_another_script_looks_alike(name, other):
    assert is_look_alike(name, other)
    assert is_look_alike(other, name)


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("ann", "ANN"),
        ("Zer0", "Zero"),
        ("jose", "josé"),
        ("rn", "m"),
        ("ill", "lil"),
        ("1", "l"),
        ("ılker", "ilker"),
    ],
)
def test_a_name_in_one_script_does_not_count_as_a_look_alike(name, other):
    assert not is_look_alike(name, other)


@pytest.mark.parametrize(
    ("name", "stored"),
    [
        (" Ann   Lee ", "Ann Lee"),
        (unicodedata.normalize("NFD", "José"), "José"),
        ("Дмитрий “Dendi” Ишутин", "Дмитрий “Dendi” Ишутин"),
        ("二ノ国", "二ノ国"),
        ("विराट", "विराट"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("👩\u200d🚀 Ann ❤\ufe0f", "👩\u200d🚀 Ann ❤\ufe0f"),
        ("ΔTeam", "ΔTeam"),
        ("⭐", "⭐"),
    ],
)
def test_names_of_people_and_teams_are_taken(name, stored):
    assert clean_name(name, field="name", limit=60) == stored


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        "\u3000",
        "\u200b",
        "\u200d\u2060\ufeff",
        "\u3164",
        "\u2800",
        "\u0301",
        "a\u202eb",
        "\u2067a\u2069",
        "a\u200e",
        "a\u200bb",
        "ann\u200dbob",
        "a\u00adb",
        "a\x00b",
        "a\x1bb",
        "\ud800",
        "\ue000a",
        "q\u0323\u0323\u0323\u0323\u0323",
        "аdmin",
        "Team pаypal",
    ],
)
def test_names_that_deceive_or_show_nothing_are_refused(name):
    with pytest.raises(InvalidInput) as refused:
        clean_name(name, field="name", limit=60)
    assert refused.value.field == "name"


@pytest.mark.parametrize(
    ("username", "mend"),
    [
        (".", "write at least one letter or digit"),
        ("-_-", "write at least one letter or digit"),
        ("⭐", "write at least one letter or digit"),
        ("steam:76561198000000042", "remove “:”"),
        ("a：b", "remove “:”"),
        ("DC-25-000042", "this one is a public id"),
        ("dc-25-000042", "this one is a public id"),
        ("a\u200b", "remove U\\+200B, which cannot be seen"),
        ("a\u2800b", "remove U\\+2800, which cannot be seen"),
        ("a\u202eb", "remove U\\+202E, which turns the direction of text"),
        ("a\tb", "control characters; remove them"),
        ("a\u00afb", "remove the accent after a blank"),
        ("", "must not be empty"),
        ("\u200b", "must not be empty"),
        ("x" * 151, "the limit is 150"),
    ],
)
def test_usernames_that_name_nobody_are_refused_with_what_to_mend(username, mend):
    with pytest.raises(InvalidInput, match=mend):
        clean_username(username, field="username", limit=150)


@pytest.mark.parametrize(
    "username",
    ["a.b", "josé", "विराट", "_ann-1+@", "天禄", "Đoković", *HANDLES, "=cmd", "<b>x</b>", 'a"b,c;d'],
)
def test_usernames_are_stored_in_normal_form(username):
    decomposed = unicodedata.normalize("NFD", username)
    assert clean_username(decomposed, field="username", limit=150) == unicodedata.normalize("NFKC", username)


@pytest.mark.parametrize(
    ("username", "stored"),
    [
        ("  Magnus   Carlsen ", "Magnus Carlsen"),
        ("O´Sullivan", "O'Sullivan"),
        ("Ｇｕｙ＃１", "Guy#1"),
        ("a\u2028b", "a b"),
    ],
)
def test_usernames_are_tidied(username, stored):
    assert clean_username(username, field="username", limit=150) == stored

"""Names are found in text as whole words, in any spelling, and ordinary words are spoilt nowhere."""

from __future__ import annotations

import pytest

from deltacrown.core.mentions import Mentions, Where

pytestmark = pytest.mark.once

NEW = "former-player-25000042"


def replace(names, text, where=Where.TEXT, **options):
    mentions = Mentions(dict.fromkeys(names, NEW), **options)
    replaced = mentions.replace(text, where)
    assert mentions.replace(replaced, where) == replaced
    return replaced.replace(NEW, "@")


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        (
            "Albert",
            "ALBERT, Alberta, albert-vs-bob, x_Albert_2, Albert's",
            "@, Alberta, @-vs-bob, x_@_2, @'s",
        ),
        ("Guy#1234", "guy#1234 Guy#12345 (GUY#1234)", "@ Guy#12345 (@)"),
        ("O'Sullivan", "O’Sullivan, O'SULLIVAN; O'Sullivans", "@, @; O'Sullivans"),
        ("Magnus Carlsen", "MAGNUS\n carlsen and Magnus", "@ and Magnus"),
        ("Đoković", "Dokovic, djokovic, ĐOKOVIĆ, Dokovice", "@, @, @, Dokovice"),
        ("İlker", "ilker ILKER İLKER", "@ @ @"),
        ("Straße", "STRASSE strasse", "@ @"),
        ("José", "Jose\u0301 JOSÉ", "@ @"),
        ("小明", "小明赢了", "@赢了"),
        ("김철수", "김철수가 이겼다", "@가 이겼다"),
        ("Дмитрий", "дмитрий Дмитриев", "@ Дмитриев"),
        ("-=Guy=-", "x-=guy=-y", "x@y"),
        ("a.b@example.org", "mail A.B@example.org.", "mail @."),
        # Short ones, as they are written.
        ("Al", "Al, Albert, al, Al-Qadi, x_Al, Al's", "@, Albert, al, Al-Qadi, x_Al, @'s"),
        # Common ones: where a text is nothing else.
        ("will", "I will", "I will"),
        ("will", "Will", "@"),
        ("2024", "in 2024", "in 2024"),
    ],
)
def test_a_name_is_replaced_where_it_is_a_word_of_its_own(name, text, expected):
    assert replace([name], text) == expected


@pytest.mark.parametrize(
    ("name", "text", "where", "expected"),
    [
        ("will", "I will, Willy", Where.OWN_TEXT, "I @, Willy"),
        ("Al", "al-vs-bob", Where.OWN_FACT, "@-vs-bob"),
        ("mirage", "mirage", Where.LABEL, "mirage"),
        ("mirage7", "Mirage7", Where.LABEL, "@"),
        ("former", "a former-player", Where.OWN_TEXT, "a former-player"),
    ],
)
def test_what_a_text_is_about_decides_over_ordinary_words(name, text, where, expected):
    assert replace([name], text, where) == expected


def test_a_word_of_facts_is_found_in_facts_of_its_bearer_only():
    assert replace(["mirage"], "mirage", Where.FACT) == "@"
    assert replace(["mirage"], "mirage", Where.FACT, words={"mirage"}) == "mirage"
    assert replace(["mirage"], "mirage", Where.OWN_FACT, words={"mirage"}) == "@"


def test_the_longest_name_is_found_first_and_another_players_is_left():
    names = {"magnus": "A", "Magnus Carlsen": "B", "DC-25-000001": "C"}
    mentions = Mentions(names, is_another=lambda word: word == "magnus.c")

    text = "Magnus Carlsen, magnus and magnus.c, /players/DC-25-000001/."
    assert mentions.replace(text, Where.TEXT) == "B, A and magnus.c, /players/C/."


def test_keys_and_texts_of_json_are_replaced_and_none_is_lost():
    mentions = Mentions({"Zed99": "new"})
    given = {"zed99": 1, "ZED99": [{"x": "by Zed99"}], "new": None, "n": 2.5}

    assert mentions.replace_json(given, Where.TEXT) == {
        "new'": 1,
        "new''": [{"x": "by new"}],
        "new": None,
        "n": 2.5,
    }
    kept = mentions.replace_json({"zed99": 1}, Where.TEXT, is_kept=lambda key, value: value == 1)
    assert kept == {"zed99": 1}

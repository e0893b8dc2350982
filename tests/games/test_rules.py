from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from deltacrown.accounts.models import User
from deltacrown.core.errors import InvalidInput
from deltacrown.games.models import Game
from deltacrown.games.services import LineRecord
from deltacrown.games.services.rules import check_record
from tests.scene import NOON as NOW
from tests.scene import duel, line, record

GAME = Game(pk=1, slug="rocket", name="Rocket")
ANN, BOB = User(pk=1, username="ann"), User(pk=2, username="bob")
MATCH = duel(GAME, "m1", ANN, BOB)


def nested(depth):
    value = {}
    for _ in range(depth - 1):
        value = {"x": value}
    return value


@pytest.mark.parametrize(
    "match",
    [
        MATCH,
        record(GAME, "k" * 100, line(ANN, "LOSS")),
        replace(MATCH, played_at=NOW + timedelta(days=1)),
        replace(MATCH, played_at=datetime(2025, 6, 1, tzinfo=timezone(timedelta(hours=9)))),
        replace(MATCH, void_reason="walked out"),
        replace(MATCH, played_at=datetime(1, 1, 1, tzinfo=UTC)),
        replace(MATCH, played_at=datetime(1872, 11, 30, tzinfo=UTC), is_time_known=False),
        replace(MATCH, sequence=0),
        replace(MATCH, sequence=2**31 - 1),
        record(GAME, "m", line(ANN, "LOSS"), line(BOB, "LOSS")),
        record(GAME, "m", line(ANN, "DRAW"), line(BOB, "LOSS")),
        record(GAME, "m", line(ANN, "WIN", side="red"), line(BOB, "LOSS", side="red")),
        record(GAME, "m", line(ANN, "NONE", ended_by="ABANDONED"), line(BOB, "NONE", ended_by="ABANDONED")),
        record(GAME, "m", line(ANN, "LOSS", placement=2**31 - 1)),
        record(GAME, "m", line(ANN, score="6-1 6-7(4) 7-5"), line(BOB, "LOSS", score="½")),
        record(GAME, "schlüssel/1 #2", line(ANN, score=-(2**31), stats=nested(20))),
        record(GAME, "m", line(ANN, side="é" * 120, stats={"big": 2**63 - 1, "x": [1.5, None, {"y": "\n"}]})),
    ],
)
def test_a_sound_record_passes(match):
    check_record(match, now=NOW)


def with_line(**fields):
    return record(GAME, "m1", replace(line(ANN), **fields))


@pytest.mark.parametrize(
    ("field", "match"),
    [
        ("lines", record(GAME, "m1")),
        ("user", record(GAME, "m1", line(ANN), line(ANN, "LOSS"))),
        ("user", record(GAME, "m1", line(User(username="new")))),
        ("game", replace(MATCH, game=Game(slug="new"))),
        ("match_key", replace(MATCH, match_key="")),
        ("match_key", replace(MATCH, match_key="   ")),
        ("match_key", replace(MATCH, match_key="k" * 101)),
        ("match_key", replace(MATCH, match_key="m\0")),
        ("match_key", replace(MATCH, match_key="m\n1")),
        ("match_key", replace(MATCH, match_key="m\ud800")),
        ("match_key", replace(MATCH, match_key=7)),
        ("kind", replace(MATCH, kind="RANKED")),
        ("void_reason", replace(MATCH, void_reason=" ")),
        ("void_reason", replace(MATCH, void_reason="r" * 501)),
        ("played_at", replace(MATCH, played_at=datetime(2025, 5, 31))),
        ("played_at", replace(MATCH, played_at=NOW + timedelta(days=1, seconds=1))),
        ("played_at", replace(MATCH, played_at=datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=9))))),
        ("played_at", replace(MATCH, played_at="2025-05-31")),
        ("played_at", replace(MATCH, is_time_known=False)),
        ("sequence", replace(MATCH, sequence=-1)),
        ("sequence", replace(MATCH, sequence=2**31)),
        ("result", with_line(result="win")),
        ("result", with_line(result="")),
        ("side", with_line(side="s" * 121)),
        ("side", with_line(side="a\0b")),
        ("ended_by", with_line(ended_by="RAGE")),
        ("ended_by", with_line(ended_by="play")),
        ("result", with_line(result="WIN", ended_by="ABANDONED")),
        ("placement", with_line(placement=0)),
        ("placement", with_line(placement=-1)),
        ("placement", with_line(placement="1")),
        ("placement", with_line(placement=2**31)),
        ("uncounted_reason", with_line(uncounted_reason=" ")),
        ("uncounted_reason", with_line(uncounted_reason="r" * 501)),
        ("void_reason", with_line(void_reason="\u200b")),
        ("score", with_line(score="s" * 101)),
        ("score", with_line(score="6-1\n7-5")),
        ("score", with_line(score=1.5)),
        ("score", with_line(score=True)),
        ("stats", with_line(stats=[1])),
        ("stats", with_line(stats={"kd": float("nan")})),
        ("stats", with_line(stats={"kd": float("inf")})),
        ("stats", with_line(stats={"x": {"y": ["\0"]}})),
        ("stats", with_line(stats={"x": "\udc00"})),
        ("stats", with_line(stats={"a\0": 1})),
        ("stats", with_line(stats={1: 1})),
        ("stats", with_line(stats={"x": (1, 2)})),
        ("stats", with_line(stats={"x": NOW})),
        ("stats", with_line(stats={"x": 2**63})),
        ("stats", with_line(stats=nested(21))),
    ],
)
def test_a_record_against_a_rule_is_refused_naming_the_field(field, match):
    with pytest.raises(InvalidInput) as refusal:
        check_record(match, now=NOW)
    assert refusal.value.field == field


def test_the_refusal_of_a_stat_names_its_path():
    with pytest.raises(InvalidInput, match=r"stats\.guns\.1\.kd is nan"):
        check_record(with_line(stats={"guns": [{}, {"kd": float("nan")}]}), now=NOW)


def test_a_line_needs_no_more_than_player_and_result():
    assert LineRecord(user=ANN, result="WIN") == LineRecord(
        user=ANN, result="WIN", side="", score="", ended_by="PLAY", stats={}
    )

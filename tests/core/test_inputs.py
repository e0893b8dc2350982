from __future__ import annotations

from types import MappingProxyType

import pytest

from deltacrown.core.errors import InvalidInput
from deltacrown.core.inputs import check_integer, check_json_object, check_text, is_same_json


@pytest.mark.parametrize("text", ["", "plain", "é" * 10, "emoji 🏆", "zero\u200bwidth", "no\u00a0break"])
def test_text_that_can_be_kept(text):
    check_text(text, field="name", limit=10)


@pytest.mark.parametrize(
    ("text", "multiline", "message"),
    [
        (None, False, "name must be text, not NoneType."),
        ("x" * 11, False, "name is 11 characters long; the limit is 10."),
        ("a\nb", False, "name holds control characters"),
        ("a\0b", True, "name holds control characters"),
        ("a\x1bb", True, "name holds control characters"),
        ("a\udfffb", True, "name holds control characters"),
    ],
)
def test_text_that_cannot_be_kept(text, multiline, message):
    with pytest.raises(InvalidInput, match=message) as refusal:
        check_text(text, field="name", limit=10, multiline=multiline)
    assert refusal.value.field == "name"


def test_a_reason_may_have_lines_and_tabs_and_may_be_asked_for():
    check_text("a\r\n\tb", field="reason", limit=10, required=True, multiline=True)
    for blank in ("", " ", "\n\t"):
        with pytest.raises(InvalidInput, match="reason must not be empty"):
            check_text(blank, field="reason", limit=10, required=True, multiline=True)


@pytest.mark.parametrize(
    ("value", "fits"),
    [(1, True), (3, True), (0, False), (4, False), (True, False), (2.0, False), ("2", False)],
)
def test_whole_numbers_of_a_range(value, fits):
    if fits:
        check_integer(value, field="n", least=1, most=3)
    else:
        with pytest.raises(InvalidInput, match=r"^n must be"):
            check_integer(value, field="n", least=1, most=3)


def test_a_json_object_may_be_any_mapping_and_holds_plain_ones():
    check_json_object(MappingProxyType({"a": {"b": []}}), field="stats")
    with pytest.raises(InvalidInput, match=r"^stats\.a is a mappingproxy"):
        check_json_object({"a": MappingProxyType({})}, field="stats")


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        ({"a": 1, "b": [1.5, None]}, {"b": [1.5, None], "a": 1}, True),
        ({"a": 3.0}, {"a": 3}, True),
        ({"a": 1e300}, {"a": int("1" + "0" * 300)}, True),
        ({"a": 2**53 + 1}, {"a": 2**53}, False),
        ({"a": True}, {"a": 1}, False),
        ({"a": False}, {"a": 0.0}, False),
        ({"a": 1.0}, {"a": "1.0"}, False),
        ({"a": []}, {"a": {}}, False),
        ({"a": [1, 2]}, {"a": [2, 1]}, False),
        ({"a": None}, {}, False),
    ],
)
def test_json_is_the_same_by_value(left, right, same):
    assert is_same_json(left, right) is same
    assert is_same_json(right, left) is same


@pytest.mark.parametrize("text", ["\u200b", "\u2060\ufeff", "\u2800", "\u3164", "\u202e \u202c", "\u0301"])
def test_text_in_which_nothing_can_be_seen_is_empty(text):
    with pytest.raises(InvalidInput, match="must not be empty"):
        check_text(text, field="reason", limit=500, required=True, multiline=True)

"""A step that an error names is possible in the state it is named in; and no step is named untested."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from decimal import Decimal

import pytest

from deltacrown.core.errors import DomainError
from deltacrown.games import services as games
from deltacrown.moderation import services as moderation
from deltacrown.teams import services as teams
from deltacrown.tournaments import services as tournaments
from tests.advice.cases import CASES, NOW, Advice, Ground
from tests.architecture.source import Module, list_modules

pytestmark = [pytest.mark.django_db, pytest.mark.once]

APPS = {"games", "moderation", "teams", "tournaments"}
#: The services that a message can name, and the words by which it advises a step beyond another value.
DOORS = {
    name
    for app in (games, moderation, teams, tournaments)
    for name in app.__all__
    if name.islower() and "_" in name
}
STEPS = re.compile(
    r"\b(use|first|register|withdraw|wait|cancel it|void it|leave \w+ out|choose another|organiser|"
    r"member of staff|give (that|its|a date)|say at least)\b|\b(" + "|".join(sorted(DOORS)) + r")\b"
)
#: Texts with such words that advise no step in a state, and what they are.
NO_ADVICE = {
    "use the slug of one, as listed": "another value for the same call",
    "is not saved; create": "a fault in the caller's program: a row that was never saved",
    "use letters, digits, hyphens": "another value for the same call",
    "; an organiser can use %(service)s": "what is filled in is in the table, by state",
    "give it away with correct_result": "a warning, tested below",
    "give one with correct_result": "a warning, tested below",
    "the next placement is %(first)s": "a warning that advises nothing",
    "where %(due)s is due": "a warning that advises nothing",
    "are placed first": "a warning that advises nothing",
    "is its organiser already": "a fact: what is asked for is so",
}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_is_advised_can_be_done(case: Advice) -> None:
    ground = Ground()
    case.state(ground)
    with pytest.raises(DomainError) as refusal:
        case.call(ground)
    assert case.said in refusal.value.message

    case.step(ground)

    if case.again:
        case.call(ground)


@pytest.mark.once
def test_every_advice_is_in_the_table() -> None:
    said = [case.said for case in CASES]
    untested = [
        f"{where}: {text}"
        for module in list_modules()
        if module.app in APPS and module.is_service
        for where, text in list_messages(module)
        if STEPS.search(text) and not any(words in text for words in (*said, *NO_ADVICE))
    ]

    assert not untested, "\n".join(untested)


def test_what_a_warning_advises_can_be_done() -> None:
    ground = Ground()
    ground.end()
    out = ground.out(user=ground.ann)
    assert out.warnings == [
        "The prize of 10.00 that ann had is nobody's now; give it away with correct_result."
    ]

    result = tournaments.correct_result(
        tournament=ground.cup, user=ground.bob, placement=1, prize=Decimal(10), reason="moved up", now=NOW
    )
    assert (result[0].prize_amount, result.warnings) == (10, [])


def test_who_is_let_in_without_a_placement_can_be_given_one() -> None:
    ground = Ground()
    ground.published_out()
    back = ground.back()
    assert back.warnings == [
        "bob is in again without a placement; give one with correct_result if there is one."
    ]

    assert ground.place(ground.bob, 2).warnings == []


@pytest.mark.once
def test_every_text_that_is_left_out_is_there() -> None:
    texts = [text for module in list_modules() for _, text in list_messages(module)]
    assert [words for words in NO_ADVICE if not any(words in text for text in texts)] == []


def list_messages(module: Module) -> Iterator[tuple[str, str]]:
    """Yield every text of a module that is no docstring, with its place; what is filled in is ``{}``."""
    documented = {
        id(node.body[0].value)
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    inside = {
        id(part)
        for node in ast.walk(module.tree)
        if isinstance(node, ast.JoinedStr)
        for part in ast.walk(node)
        if part is not node
    }
    for node in ast.walk(module.tree):
        if id(node) in documented | inside:
            continue
        if isinstance(node, ast.JoinedStr):
            parts = [str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values]
            yield module.at(node), "".join(parts)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value:
            yield module.at(node), node.value

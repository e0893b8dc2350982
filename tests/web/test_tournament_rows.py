"""The rows of a tournament's tables escape whatever is not ours, and say what became of a result."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from deltacrown.pages.bracket_shapes import Contender, Encounter, EncounterSide
from deltacrown.pages.tournament_entrants import EntrantLink, ResultItem
from deltacrown.pages.tournament_players import TournamentPlayerItem
from deltacrown.web.templatetags.tournaments import encounter_items, player_rows, result_rows

pytestmark = pytest.mark.once

BAD = "<script>alert('&\"')</script>"
PLAYER, TEAM = EntrantLink(BAD, public_id="DC-25-000042"), EntrantLink(BAD, team_slug="north")
RESULT = ResultItem(
    entrant=PLAYER,
    roster=[],
    placement=3,
    placement_to=None,
    unplaced_reason="",
    is_tied=False,
    prize_amount=Decimal("12.50"),
    prize_currency="EUR",
    disqualified_reason="",
    uncounted_reason="",
    key=("player", 1),
)
SIDE = EncounterSide(Contender(("player", 1), BAD), "WIN", "<13>")
ENCOUNTER = Encounter(
    round=BAD,
    label=BAD,
    at=datetime(2025, 4, 6, 18, tzinfo=UTC),
    sides=(SIDE,) * 6,
    game_slug="chess",
    match_key="m1",
    ending=BAD,
    uncounted_reason=BAD,
)
UNPLACED = replace(RESULT, placement=None, unplaced_reason=BAD)
BARRED = replace(UNPLACED, disqualified_reason=BAD)


@pytest.mark.parametrize(
    "written",
    [
        lambda: result_rows([RESULT, replace(RESULT, entrant=TEAM, roster=[PLAYER, TEAM])]),
        lambda: result_rows([UNPLACED, BARRED, replace(RESULT, uncounted_reason=BAD)]),
        lambda: result_rows([replace(RESULT, prize_currency=BAD, entrant=EntrantLink(BAD))]),
        lambda: player_rows([TournamentPlayerItem(BAD, "DC-25-000042", 3, 1, 4, 2, Decimal(2))], True),
        lambda: encounter_items([ENCOUNTER], "event", dated=True),
        lambda: encounter_items([replace(ENCOUNTER, series="s1")], "event"),
    ],
)
def test_no_text_of_others_becomes_markup(written):
    markup = written()
    assert "<script" not in markup
    assert "&lt;script&gt;alert(&#x27;&amp;&quot;&#x27;)&lt;/script&gt;" in markup


@pytest.mark.parametrize(
    ("line", "said", "unsaid"),
    [
        (RESULT, '<span class="place medal p3">3rd</span>', "tied"),
        (replace(RESULT, is_tied=True), '<span class="note inline">tied</span>', "<s>"),
        (replace(RESULT, is_tied=True, placement_to=4), "3–4", "tied"),
        (replace(RESULT, uncounted_reason="a friendly"), "<s>3rd</s>", "medal"),
        (UNPLACED, "Unranked: ", "DQ"),
        (BARRED, "Disqualified: ", "Unranked"),
        (BARRED, '<span class="result loss">DQ</span>', "medal"),
    ],
)
def test_a_result_says_what_became_of_it(line, said, unsaid):
    markup = result_rows([line])
    assert said in markup
    assert unsaid not in markup


def test_an_encounter_names_four_sides_and_counts_the_others():
    two = encounter_items([replace(ENCOUNTER, sides=(SIDE,) * 2)], "event")
    many = encounter_items([ENCOUNTER], "event")

    assert (two.count("<bdi>"), many.count("<bdi>")) == (2, 4)
    assert "and 2 more" in many
    assert "more</span>" not in two

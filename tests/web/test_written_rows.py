"""Rows that are written without a template escape whatever is not ours."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from deltacrown.games.models import MatchRow
from deltacrown.user_profile.histories.matches import MatchEntry, Opponent, TournamentDetails
from deltacrown.web.match_rows import write_row, write_score

pytestmark = pytest.mark.once

BAD = "<script>alert('&\"')</script>"
ENTRY = MatchEntry(
    match_key="key",
    game_slug="valorant",
    game_name=BAD,
    kind=MatchRow.Kind.CASUAL,
    side=BAD,
    result=MatchRow.Result.WIN,
    score=BAD,
    placement=None,
    ended_by=MatchRow.EndedBy.PLAY,
    stats={"agent": "<b>Omen</b>", BAD: 5},
    played_at=datetime(2025, 4, 6, 18, tzinfo=UTC),
    is_time_known=True,
    sequence=None,
    recorded_at=datetime(2025, 4, 6, 18, tzinfo=UTC),
    voided_at=datetime(2025, 4, 7, tzinfo=UTC),
    void_reason=BAD,
    uncounted_reason="",
    is_archived=False,
    tournament=None,
    opponents=(Opponent("DC-25-000042", BAD), Opponent("DC-25-000043", BAD), Opponent("DC-25-000044", BAD)),
)
EVENT = TournamentDetails(
    slug="event",
    name=BAD,
    round=BAD,
    series="",
    map_name=BAD,
    team="",
    opponent=BAD,
    opponent_public_id="",
    stats={},
    opponent_slug="team",
)


@pytest.mark.parametrize(
    "entry",
    [
        ENTRY,
        replace(ENTRY, opposing_side=BAD),
        replace(ENTRY, tournament=EVENT),
        replace(ENTRY, tournament=replace(EVENT, opponent_public_id="DC-25-000042")),
    ],
    ids=["players", "a side", "a team", "an official player"],
)
def test_no_text_of_others_becomes_markup(entry: MatchEntry):
    row = write_row(entry, "18:00", is_beneath=True)

    assert "<script" not in row
    assert "<b>Omen" not in row
    assert row.count("&lt;script&gt;") >= 4
    assert 'class="voided"' in row


@pytest.mark.parametrize(
    ("score", "written"),
    [
        ("", "–"),
        ("13–8", '<span class="part">13–8</span>'),
        (
            "6-1 7-5 a<bcdefghijk",
            '<span class="long"><span class="part">6-1</span> <span class="part">7-5</span> '
            '<span class="parts">a&lt;bcdefghijk</span></span>',
        ),
    ],
)
def test_a_score_breaks_between_its_parts(score: str, written: str):
    assert write_score(score) == written

"""A cup of teams on phones: captains enter and report, a substitute plays the final, and all numbers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from tests.browser.addresses import PASSWORD
from tests.browser.casts import STAND_IN, TEAMS
from tests.browser.chromium import Tab, leave_by, list_all
from tests.browser.desks import (
    NARROW,
    Hall,
    check,
    expect_text,
    fill,
    follow,
    list_pairs,
    press,
    read_board,
    read_number,
    read_timeline,
    report,
    tell,
)

pytestmark = [pytest.mark.django_db, pytest.mark.once]

ORGANISER = "tess"
SLUG = "team-cup"
CUP = f"/tournaments/{SLUG}/"
DESK = f"/organise/{SLUG}/"
#: The better is named first, wins, and reports by its captain.
ORDER = list(TEAMS)
WINNER, LOSER = ORDER[:2]
REPLACED = TEAMS[WINNER][1]
HURT = "Hurt a hand in the semi-final."


def test_a_cup_of_teams_with_a_substitute_in_the_final(hall: Hall) -> None:
    ids = tell(hall.site, f"from tests.browser.casts import make_teams; make_teams({ORGANISER!r})")
    visitor = hall.enter(width=NARROW)
    organiser = hall.sign_in(ORGANISER, PASSWORD, width=NARROW)
    captains = {team: hall.sign_in(names[0], PASSWORD) for team, names in TEAMS.items()}
    announce(organiser)
    enter(organiser, captains)
    draw(organiser)
    play(organiser, captains, "Semi-final")
    substitute(organiser)
    play(organiser, captains, "Final")
    complete(organiser)
    hall.check_numbers()

    # Who played for the winner has the title, also who was replaced; each has what they played themselves.
    expected = {
        TEAMS[WINNER][0]: [2, 2, 1],
        REPLACED: [1, 1, 1],
        STAND_IN: [1, 1, 1],
        TEAMS[LOSER][0]: [2, 1, 0],
        TEAMS[LOSER][1]: [2, 1, 0],
        TEAMS[ORDER[3]][0]: [1, 0, 0],
    }
    stats = ("total_matches_played", "matches_won", "tournaments_won")
    numbers = {name: [read_number(visitor, ids[name], stat) for stat in stats] for name in expected}
    assert numbers == expected
    assert read_board(visitor, "matches_won")[0] == TEAMS[WINNER][0]
    assert set(read_board(visitor, "tournaments_won")) == {*TEAMS[WINNER], STAND_IN}
    for name in (*TEAMS[WINNER], STAND_IN):
        assert "Won Team Cup" in read_timeline(visitor, ids[name])
    read_the_teams(visitor)
    read_the_final(visitor)


def announce(organiser: Tab) -> None:
    page = organiser.open("/organise/new/")
    fill(page, "Name", "Team Cup")
    fill(page, "Address: letters", SLUG)
    page.locator("select[name=game]").select_option(label="Arena")
    page.locator("select[name=entrant_kind]").select_option(label="Team")
    start = datetime.now(UTC) + timedelta(days=1)
    page.locator("input[name=starts_at]").fill(f"{start:%Y-%m-%dT%H:%M}")
    press(page, "Create the draft")
    press(page, "Open registration")
    expect_text(page, "Registration is open")
    check(organiser)


def enter(organiser: Tab, captains: dict[str, Tab]) -> None:
    """Let each captain enter the team; the organiser checks all of them in."""
    for team, tab in captains.items():
        page = tab.open(CUP)
        press(page, f"Register {team}")
        expect_text(page, f"You play for {team}")
    check(captains[WINNER])
    page = organiser.open(f"{DESK}entrants/")
    for box in list_all(page.locator("#rows input[type=checkbox]"), len(captains)):
        box.check()
    check(organiser)
    press(page, "Check in all that are ticked")
    expect_text(page, "4 checked in")


def draw(organiser: Tab) -> None:
    press(organiser.open(DESK), "Start")
    page = organiser.open(f"{DESK}pairings/")
    for place, team in enumerate(ORDER, start=1):
        page.get_by_label(team, exact=True).fill(str(place))
    press(page, "Save the order")
    press(page, "Draw")
    pairs = {(first, second) for first, second, _address in list_pairs(page, "Semi-final")}
    assert pairs == {(ORDER[0], ORDER[3]), (ORDER[1], ORDER[2])}
    check(organiser)


def play(organiser: Tab, captains: dict[str, Tab], round_name: str) -> None:
    """Let both captains of each pairing say the same."""
    for first, second, _address in list_pairs(organiser.open(f"{DESK}pairings/"), round_name):
        assert ORDER.index(first) < ORDER.index(second)
        report(captains[first], SLUG, first, 2, 0)
        expect_text(report(captains[second], SLUG, second, 0, 2), "confirmed")


def substitute(organiser: Tab) -> None:
    """Put somebody without a team on the roster of the winner, for one who is hurt."""
    page = organiser.open(f"{DESK}entrants/")
    follow(page, f"Roster of {WINNER}")
    fill(page, "Who joins", STAND_IN)
    page.get_by_label("Who leaves").select_option(label=REPLACED)
    fill(page, "Reason", HURT)
    check(organiser)
    press(page, "Change the roster")
    expect_text(page, "The roster is changed.")
    roster = page.locator("ul.desk-list li")
    expect(roster).to_have_count(2)
    expect(roster.filter(has_text=STAND_IN)).to_have_count(1)
    expect(roster.filter(has_text=REPLACED)).to_have_count(0)
    page = organiser.open(f"{CUP}changes/")
    expect_text(page, STAND_IN, REPLACED, HURT)
    check(organiser)


def complete(organiser: Tab) -> None:
    page = organiser.open(f"{DESK}results/")
    follow(page, "Complete the tournament")
    press(page, "See what would change")
    expect(page.locator("#preview")).to_contain_text(STAND_IN)
    check(organiser)
    press(page, "Complete with these results")
    expect_text(page, "is completed")
    check(organiser)


def read_the_teams(visitor: Tab) -> None:
    """Read what the pages of the teams count: each match once for the team."""
    for team, said in (
        (WINNER, ["2", "2", "100.0 %", "2 of 2", "1"]),
        (LOSER, ["2", "1", "50.0 %", "1 of 2", "0"]),
        (ORDER[3], ["1", "0", "0.0 %", "0 of 1", "0"]),
    ):
        page = visitor.open(f"/teams/{team.lower().replace(' ', '-')}/")
        expect(page.locator(".team-figures dd")).to_have_text(said)
    check(visitor)


def read_the_final(visitor: Tab) -> None:
    """Read who played in the final, and who in the semi-final before."""
    page = visitor.open(f"{CUP}results/")
    expect(page.locator("#rows tr").first).to_contain_text(WINNER)
    check(visitor)
    page = visitor.open(f"{CUP}matches/")
    leave_by(page.get_by_role("main").locator('a[href*="/matches/arena/"]').first)
    expect_text(page, STAND_IN, *TEAMS[LOSER])
    expect(page.get_by_role("main").get_by_text(REPLACED, exact=True)).to_have_count(0)
    check(visitor)

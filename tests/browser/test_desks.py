"""From an empty site to a cup that is played and corrected: operator, organiser, players and moderator.

Players and the organiser hold phones. Whoever plays has signed up by mail.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from tests.browser.chromium import Tab, leave_by, list_all
from tests.browser.desks import (
    NARROW,
    OPERATOR,
    SECRET,
    Hall,
    check,
    expect_text,
    fill,
    find_id,
    follow,
    list_pairs,
    make_a_game,
    press,
    read_board,
    read_number,
    read_timeline,
    report,
)

pytestmark = [pytest.mark.django_db, pytest.mark.once]

ORGANISER = "olga"
#: Whoever is first in the list is seeded first, and wins.
PLAYERS = [f"player{number:02}" for number in range(1, 17)]
CHAMPION, SECOND = PLAYERS[:2]
ROUNDS = ("Round of 16", "Quarter-final", "Semi-final", "Final")
#: Enters in place of one who withdraws.
SUBSTITUTE = "stand-in"
SLUG = "first-cup"
CUP = f"/tournaments/{SLUG}/"
DESK = f"/organise/{SLUG}/"
WHY = "The log of the server says so."
#: Why the final result is another, and why the final itself is, for a while.
LENT = "The first had lent the account."
SWAPPED, WRONGLY_SWAPPED = "The sides stood crosswise.", "They did not."


def test_a_cup_from_an_empty_site_to_the_last_correction(hall: Hall) -> None:
    operator = hall.sign_in(OPERATOR, SECRET, width=1440)
    make_a_game(operator)
    organiser = hall.let_in(ORGANISER)
    announce(organiser)
    enter_all(hall, organiser)
    draw(organiser)
    for round_name in ROUNDS:
        page = organiser.open(f"{DESK}pairings/")
        for number, pair in enumerate(list_pairs(page, round_name)):
            play(hall, organiser, round_name, number, *pair)
    complete(organiser)
    ids = {name: find_id(hall.tabs[name]) for name in (CHAMPION, SECOND)}

    assert read_number(operator, ids[CHAMPION], "matches_won") == len(ROUNDS)
    assert read_number(operator, ids[CHAMPION], "tournaments_won") == 1
    moderate(hall, operator)
    assert read_number(operator, ids[CHAMPION], "matches_won") == len(ROUNDS) - 1
    assert read_number(operator, ids[CHAMPION], "tournaments_won") == 1
    # Equal in wins, the champion lost no match.
    assert read_board(operator, "matches_won")[:2] == [CHAMPION, SECOND]
    assert "First Cup" in read_timeline(operator, ids[CHAMPION])
    hall.check_numbers()

    correct_the_result(hall, organiser, operator, ids)
    correct_the_final(organiser, operator, ids)
    hall.check_numbers()


def announce(organiser: Tab) -> None:
    """Create a tournament for tomorrow, and open registration."""
    page = organiser.open("/organise/")
    check(organiser)
    follow(page, "New tournament")
    fill(page, "Name", "First Cup")
    fill(page, "Address: letters", SLUG)
    fill(page, "Places", "16")
    page.locator("select[name=game]").select_option(label="Arena")
    page.locator("select[name=entrant_kind]").select_option(label="Solo")
    start = datetime.now(UTC) + timedelta(days=1)
    page.locator("input[name=starts_at]").fill(f"{start:%Y-%m-%dT%H:%M}")
    check(organiser)
    press(page, "Create the draft")
    expect(page.get_by_role("heading", level=1)).to_have_text("First Cup")
    press(page, "Open registration")
    expect_text(page, "Registration is open")
    check(organiser)


def enter_all(hall: Hall, organiser: Tab) -> None:
    """Let sixteen enter by themselves; one withdraws, and somebody else is entered instead. All check in."""
    for name in PLAYERS:
        page = hall.let_in(name, to=CUP).page
        press(page, "Register")
        expect_text(page, "You are registered since")
    check(hall.tabs[CHAMPION])
    hall.let_in(SUBSTITUTE)
    press(hall.tabs[PLAYERS[-1]].open(CUP), re.compile("Withdraw"))
    page = organiser.open(f"{DESK}entrants/")
    fill(page, "Name or public id of a player", SUBSTITUTE)
    press(page, "Enter")
    expect(page.locator("#rows")).to_contain_text(SUBSTITUTE)
    for box in list_all(page.locator("#rows input[type=checkbox]"), len(PLAYERS)):
        box.check()
    check(organiser)
    press(page, "Check in all that are ticked")
    expect_text(page, "16 checked in")


def draw(organiser: Tab) -> None:
    press(organiser.open(DESK), "Start")
    page = organiser.open(f"{DESK}pairings/")
    press(page, "Save the order")
    check(organiser)
    press(page, "Draw")
    expect(page.get_by_role("heading", name="Final", exact=True)).to_be_visible()
    check(organiser)


def play(
    hall: Hall, organiser: Tab, round_name: str, number: int, first: str, second: str, address: str
) -> None:
    """Let two players report what they played; in the first round one is absent, and two contradict."""
    if (round_name, number) == (ROUNDS[0], 1):
        page = organiser.open(address)
        page.get_by_label("Did somebody not show up").select_option(label=second)
        fill(page, "Reason", "Not in the hall at noon.")
        press(page, "Enter the result")
        return
    report(hall.tabs[first], SLUG, first, 2, 1)
    if (round_name, number) == (ROUNDS[0], 2):
        page = report(hall.tabs[second], SLUG, second, 2, 1)
        expect_text(page, "the organiser decides")
        check(hall.tabs[second])
        page = organiser.open(address)
        check(organiser)
        for box, score in zip(list_all(page.locator("fieldset label input"), 2), (2, 1), strict=True):
            box.fill(str(score))
        fill(page, "Reason", WHY)
        press(page, "Enter the result")
        return
    page = report(hall.tabs[second], SLUG, second, 1, 2)
    expect_text(page, "confirmed")


def complete(organiser: Tab) -> None:
    """Give the places that follow from the bracket, after a look at what changes."""
    page = organiser.open(f"{DESK}results/complete/")
    expect_text(page, "The places below are a suggestion")
    press(page, "See what would change")
    expect(page.locator("#preview")).to_contain_text(CHAMPION)
    check(organiser)
    press(page, "Complete with these results")
    expect_text(page, "is completed")


def moderate(hall: Hall, operator: Tab) -> None:
    """Let who lost to the champion first dispute it, and the operator, who may moderate, void the match."""
    loser = hall.tabs[SUBSTITUTE]
    page = loser.open(f"/players/{find_id(loser)}/matches/")
    leave_by(page.locator('#rows a[href*="/matches/arena/"]').first)
    follow(page, re.compile("Dispute this match"))
    page.get_by_role("main").locator("textarea").fill("I was told the wrong server.")
    leave_by(page.get_by_role("main").locator("form button").first)
    expect_text(page, "Filed")

    page = operator.open("/moderation/disputes/")
    leave_by(page.locator("#rows").get_by_role("link", name="Review").first)
    page.get_by_label("Void the match").check()
    fill(page, "What was found", WHY)
    press(page, "Show what upholding changes")
    expect(page.locator(".consequences")).to_contain_text(CHAMPION)
    check(operator)
    leave_by(page.get_by_role("button", name="Uphold", exact=True))
    expect(page.locator(".consequences")).to_contain_text("What it changed")
    page = loser.open("/disputes/")
    expect_text(page, WHY)
    page = operator.open("/moderation/log/")
    expect_text(page, "Upheld a dispute")
    check(operator)


def correct_the_result(hall: Hall, organiser: Tab, reader: Tab, ids: dict[str, str]) -> None:
    """Let the second have the first place, and the first the second: all that follows from it follows."""
    organiser.resize(NARROW, "dark")
    for name, place in ((SECOND, 1), (CHAMPION, 2)):
        page = organiser.open(f"{DESK}results/")
        check(organiser)
        follow(page, name)
        section = page.locator("#correct")
        section.get_by_label("Place", exact=True).fill(str(place))
        section.get_by_label("Why it is corrected").fill(LENT)
        leave_by(section.get_by_role("button", name="See what would change"))
        shown = page.locator("#preview")
        expect(shown).to_contain_text("A title more:" if name == SECOND else "A title less:")
        expect(shown.locator(".shifts li")).to_have_count(1)
        check(organiser)
        # A look changes nothing.
        assert read_number(reader, ids[name], "tournaments_won") == (0 if name == SECOND else 1)
        press(page, "Correct it so")
        expect_text(page, f"The result of {name} is corrected.")

    assert [read_number(reader, ids[name], "tournaments_won") for name in (SECOND, CHAMPION)] == [1, 0]
    assert read_board(reader, "tournaments_won") == [SECOND]
    rows = reader.open(f"{CUP}results/").locator("#rows tr")
    expect(rows.nth(0)).to_contain_text(SECOND)
    expect(rows.nth(1)).to_contain_text(CHAMPION)
    assert "Won First Cup" in read_timeline(reader, ids[SECOND])
    assert "Won First Cup" not in read_timeline(reader, ids[CHAMPION])
    reader.open(f"/players/{ids[CHAMPION]}/stats/tournaments_won/history/?order=known")
    expect_text(reader.page, f"Reason: {LENT}")
    expect(reader.page.locator("#rows tr").first.locator(".number.loss")).to_have_text("−1")
    check(reader)
    page = hall.tabs[CHAMPION].open("/notifications/")
    expect_text(page, "First Cup")
    check(hall.tabs[CHAMPION])


def correct_the_final(organiser: Tab, reader: Tab, ids: dict[str, str]) -> None:
    """Swap the sides of the final, and set it right again: places stay, numbers and boards follow."""
    before = {name: read_number(reader, ids[name], "matches_won") for name in ids}
    page = organiser.open(f"{DESK}results/")
    follow(page, SECOND)
    follow(page, "Final")
    match = page.url.removeprefix(organiser.address)
    for why, order, moved in ((SWAPPED, (SECOND, CHAMPION), 1), (WRONGLY_SWAPPED, (CHAMPION, SECOND), 0)):
        fill(organiser.open(match), "Why", why)
        check(organiser)
        press(page, "Swap the sides")
        expect_text(page, "The sides are swapped.")
        now = {name: read_number(reader, ids[name], "matches_won") for name in ids}
        assert now == {CHAMPION: before[CHAMPION] - moved, SECOND: before[SECOND] + moved}
        assert read_board(reader, "matches_won")[:2] == list(order)
        assert [read_number(reader, ids[name], "tournaments_won") for name in (SECOND, CHAMPION)] == [1, 0]
        reader.open(f"/players/{ids[SECOND]}/stats/matches_won/")
        expect(reader.page.locator(".latest")).to_contain_text(f"Reason: {why}")
        # The bracket stays as it was drawn, and says so while the match that was recorded says otherwise.
        page = organiser.open(f"{DESK}pairings/")
        final = page.locator("section").filter(has=page.get_by_role("heading", name="Final", exact=True))
        expect(final.get_by_text("The recorded match says otherwise now.")).to_have_count(moved)

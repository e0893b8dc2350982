"""A moderator's day, from the appointment to the log that tells all of it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.addresses import PASSWORD
from tests.browser.casts import LEAVING, MODERATOR, OTHER, PERSON, SECOND_ACCOUNT
from tests.browser.chromium import Tab, leave_by, list_all, touch
from tests.browser.desks import (
    NARROW,
    OPERATOR,
    SECRET,
    Hall,
    check,
    expect_text,
    fill,
    follow,
    press,
    read_board,
    read_number,
    read_timeline,
    tell,
)

pytestmark = [pytest.mark.django_db, pytest.mark.once]

COMPLAINT = "He was not at his seat."
ANSWER = "The camera shows him at his seat."
SHOUTED, SORRY = "Shouted at the referee.", "He said sorry."
LOCKED, UNLOCKED = "Somebody else signs in.", "The password is another now."
SAME = "Both wrote from one address."
ASKED = "Asked for it by letter."
NUMBERS = ("total_matches_played", "matches_won")


def test_a_moderators_day(hall: Hall) -> None:
    ids = tell(hall.site, "from tests.browser.casts import make_bench; make_bench()")
    operator = hall.sign_in(OPERATOR, SECRET, width=1440)
    appoint(operator, MODERATOR, "Moderators")
    appoint(operator, OTHER, "Moderators", "Operators")
    # Whoever can read a page without scripts can moderate without them.
    moderator = hall.sign_in(MODERATOR, PASSWORD, width=NARROW, scripts=False)
    other = hall.sign_in(OTHER, PASSWORD)
    find_the_rights(moderator, other)
    give_a_dispute_over(hall, moderator, other)
    suspend(hall, moderator, ids["ann"])
    close(hall, moderator, ids[LEAVING])
    merge_and_part(other, moderator, ids)
    read_the_log(moderator, RULINGS)
    anonymise(other, moderator, ids)
    read_the_log(moderator, AFTERWARDS)
    assert not any(text in moderator.page.content() for text in (LOCKED, UNLOCKED))
    mend(hall, moderator, ids["ann"])
    hall.check_numbers()


def appoint(operator: Tab, name: str, *groups: str) -> None:
    """Make somebody a member of staff, with the rights of these groups and no other."""
    page = operator.open(f"/admin/accounts/user/?q={name}")
    leave_by(page.locator("#result_list").get_by_role("link", name=name, exact=True))
    page.get_by_label("Staff status").check()
    for group in groups:
        page.locator("#id_groups_from").select_option(label=group)
        touch(page.locator(".selector").filter(has=page.locator("#id_groups_from")).locator(".selector-add"))
        expect(page.locator("#id_groups_to")).to_contain_text(group)
    leave_by(page.get_by_role("button", name="Save", exact=True))
    expect(page.locator(".messagelist")).to_contain_text(name)


def find_the_rights(moderator: Tab, other: Tab) -> None:
    """Look at the tabs: each leads to what one may, and the rest is refused."""
    for tab, tabs in (
        (moderator, ["Overview", "Disputes", "Players", "Audit log", "Repairs"]),
        (other, ["Overview", "Disputes", "Players", "Merges", "Audit log", "Repairs"]),
    ):
        page = tab.open("/moderation/")
        expect(page.get_by_role("navigation", name="Moderation").get_by_role("link")).to_have_text(tabs)
        expect_text(page, "No dispute is open.")
        check(tab)
    moderator.open("/moderation/merges/", status=403)
    moderator.open("/admin/accounts/user/", status=403)


def give_a_dispute_over(hall: Hall, moderator: Tab, other: Tab) -> None:
    """Claim a dispute and give it over; the other rejects it, and the reporter reads why."""
    reporter = hall.sign_in("bob", PASSWORD)
    page = reporter.open("/matches/arena/duel-0/")
    follow(page, re.compile("Dispute this match"))
    page.locator("main textarea").fill(COMPLAINT)
    check(reporter)
    leave_by(page.locator("main form button").first)
    expect_text(page, COMPLAINT)

    page = moderator.open("/moderation/")
    expect_text(page, "in nobody’s hands")
    check(moderator)
    follow(page, "Review")
    press(page, "Take it on")
    expect_text(page, "You have it in hand")
    expect_text(moderator.open("/moderation/"), "Yours")
    follow(page, re.compile("duel-0"))
    page.get_by_label("To whom").select_option(label=OTHER)
    press(page, "Give it to them")
    expect_text(page, f"{OTHER} has it in hand")
    check(moderator)

    page = other.open("/moderation/")
    expect_text(page, "Yours")
    check(other)
    follow(page, re.compile("duel-0"))
    fill(page, "What was found", ANSWER)
    press(page, "Reject")
    expect_text(page, "Rejected. The reporter reads your answer.")
    expect_text(moderator.open("/moderation/"), "No dispute is open.")

    page = reporter.open("/notifications/")
    check(reporter)
    press(page, re.compile("Your dispute was rejected"))
    expect_text(page, f"Answer: {ANSWER}")


def suspend(hall: Hall, moderator: Tab, player: str) -> None:
    """Suspend a player, who is told why, writes nothing in public and is on no board, until it is lifted."""
    suspended, visitor = hall.sign_in("ann", PASSWORD), hall.enter(width=1440)
    before = read_board(visitor, "matches_won")
    number, timeline = read_number(visitor, player, "matches_won"), read_timeline(visitor, player)
    assert before[0] == "ann"

    page = moderator.open("/moderation/players/?q=ann")
    check(moderator)
    follow(page, "ann")
    check(moderator)
    follow(page, "Suspend, lift, close or reopen")
    check(moderator)
    fill(page, "Reason, which the player reads", SHOUTED)
    press(page, "Suspend")
    expect_text(page, "Suspended.", SHOUTED)

    assert read_board(visitor, "matches_won") == before[1:]
    page = suspended.open("/matches/arena/duel-0/")
    expect_text(page, "Your account is suspended:", SHOUTED)
    page = suspended.open("/disputes/match/arena/duel-0/")
    page.locator("main textarea").fill("It was another day.")
    suspended.await_status(403)
    leave_by(page.locator("main form button").first)
    expect_text(page, "You are suspended")
    expect_text(suspended.open("/disputes/"), "You have filed none.")
    # Who may sign in still may, and nothing else of the player is another.
    expect_text(suspended.open("/settings/account/"), SHOUTED)
    check(suspended)
    assert SHOUTED not in visitor.open(f"/players/{player}/").content()

    fill(moderator.page, "Reason, if you want to say one", SORRY)
    press(moderator.page, "Lift")
    expect_text(moderator.page, "The suspension is lifted.", SORRY)
    assert read_board(visitor, "matches_won") == before
    assert (read_number(visitor, player, "matches_won"), read_timeline(visitor, player)) == (number, timeline)
    expect(suspended.open("/feed/").get_by_text(SHOUTED)).to_have_count(0)


def close(hall: Hall, moderator: Tab, player: str) -> None:
    """Close an account: its sessions end, and nobody signs in to it until it is opened again."""
    theirs = hall.sign_in(LEAVING, PASSWORD)
    page = moderator.open(f"/players/{player}/standing/")
    section = page.get_by_role("region", name="Close")
    section.get_by_label("Reason").fill(LOCKED)
    leave_by(section.get_by_role("button", name="Close"))
    expect_text(page, "The account is closed.")
    check(moderator)

    page = theirs.open("/feed/")
    expect(page).to_have_url(re.compile("/sign-in/"))
    send_password(theirs, LEAVING)
    expect(page).to_have_url(re.compile("/sign-in/"))
    expect(page.get_by_role("main").get_by_role("alert").first).to_be_visible()
    theirs.open(f"/players/{player}/", status=410)

    fill(moderator.page, "Reason, if you want to say one", UNLOCKED)
    press(moderator.page, "Reopen")
    expect_text(moderator.page, "The account is open again.")
    theirs.sign_in(LEAVING, PASSWORD)


def send_password(tab: Tab, name: str) -> None:
    """Send the form of the sign-in, whatever comes of it."""
    fill(tab.page, "Username", name)
    fill(tab.page, "Password", PASSWORD)
    press(tab.page, "Sign in")


def read_numbers(tab: Tab, player: str) -> list[int]:
    return [read_number(tab, player, stat) for stat in NUMBERS]


def merge_and_part(other: Tab, moderator: Tab, ids: dict[str, str]) -> None:
    """Merge two accounts of one person, whose numbers are then the sum, and part them again."""
    kept, ended = ids[PERSON], ids[SECOND_ACCOUNT]
    before = read_numbers(other, kept), read_numbers(other, ended)
    board = read_board(other, "matches_won")
    together = [sum(pair) for pair in zip(*before, strict=True)]

    page = other.open(f"/moderation/players/{kept}/")
    follow(page, "Merge another account into this one")
    check(other)
    fill(page, "The account that ends", SECOND_ACCOUNT)
    press(page, "Look what a merge would do")
    row = page.get_by_role("row").filter(has=page.get_by_role("rowheader", name="Matches won", exact=True))
    expect(row.get_by_role("cell")).to_have_text([str(each[1]) for each in (*before, together)])
    check(other)
    fill(page, "Why these are one person", SAME)
    fill(page, "Write", kept)  # the wrong one
    other.await_status(400)
    press(page, "Merge")
    expect_text(page, "This is not the public id")
    assert read_numbers(moderator, kept) == before[0]
    fill(page, "Write", ended)
    press(page, "Merge")
    expect_text(page, f"{SECOND_ACCOUNT} is {PERSON} now.", SAME)
    check(other)

    assert read_numbers(moderator, kept) == together
    assert read_board(moderator, "matches_won") == ["ann", PERSON, "bob", LEAVING]
    expect(moderator.open(f"/players/{ended}/")).to_have_url(re.compile(kept))

    press(other.page, re.compile("Undo"))
    expect_text(other.page, "are two accounts again.", "undone")
    assert (read_numbers(moderator, kept), read_numbers(moderator, ended)) == before
    assert read_board(moderator, "matches_won") == board


def anonymise(other: Tab, moderator: Tab, ids: dict[str, str]) -> None:
    """Anonymise a player after it is said that it cannot be undone; matches and numbers of others stay."""
    player = ids[LEAVING]
    before = {name: read_numbers(moderator, ids[name]) for name in ("ann", PERSON, SECOND_ACCOUNT)}
    page = other.open(f"/moderation/players/{player}/")
    follow(page, "Anonymise")
    expect_text(page, "This cannot be undone, by nobody")
    check(other)
    fill(page, "Reason, for the record", ASKED)
    page.get_by_label("The player does not want a copy").check()
    fill(page, "Write", LEAVING)  # a name is not the id
    other.await_status(400)
    press(page, "Anonymise for good")
    expect_text(page, "This is not the public id", "Nothing was changed.")
    expect(moderator.open(f"/players/{player}/").get_by_role("heading", level=1)).to_have_text(LEAVING)

    fill(page, "Write", player)
    press(page, "Anonymise for good")
    expect_text(page, "The player is anonymised.")
    check(other)
    moderator.open(f"/players/{player}/", status=404)  # nobody has that id any more
    assert {name: read_numbers(moderator, ids[name]) for name in before} == before
    page = moderator.open("/matches/arena/duel-2/")
    expect(page.get_by_role("main").get_by_text("ann", exact=True).first).to_be_visible()
    expect(page.get_by_text(LEAVING, exact=True)).to_have_count(0)
    assert LEAVING not in read_board(moderator, "matches_won")


def mend(hall: Hall, moderator: Tab, player: str) -> None:
    """Let a number be wrong: the verification sets it right, and the bench says which and to what."""
    page = moderator.open("/moderation/repairs/")
    expect_text(page, "No number was ever repaired.")
    right = read_number(moderator, player, "matches_won")
    told = tell(hall.site, "from tests.browser.casts import spoil; spoil('ann', 99)")
    assert told == {"code": 1}
    row = moderator.open("/moderation/repairs/").locator("#rows tr")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("Matches won")
    expect(row).to_contain_text("ann")
    expect(row.locator("td.number")).to_have_text(["99", str(right)])
    check(moderator)
    assert read_number(moderator, player, "matches_won") == right


#: What the log tells of the rulings, the latest first: what, by whom, of whom and why. What a ruling does to
#: the standing of an account is told besides.
CHANGED = "Changed a standing"
RULINGS = [
    ("Took a merge back", OTHER, SECOND_ACCOUNT),
    (CHANGED, OTHER, SECOND_ACCOUNT, "Merge undone."),
    ("Merged an account", OTHER, SECOND_ACCOUNT, SAME),
    (CHANGED, OTHER, SECOND_ACCOUNT, SAME),
    ("Reopened an account", MODERATOR, LEAVING, UNLOCKED),
    (CHANGED, MODERATOR, LEAVING, UNLOCKED),
    (CHANGED, MODERATOR, LEAVING, LOCKED),
    (CHANGED, MODERATOR, "ann", SORRY),
    (CHANGED, MODERATOR, "ann", SHOUTED),
    ("Rejected a dispute", OTHER, "bob", ANSWER),
]
CHANGES = [
    ("Gave a dispute to somebody", MODERATOR, OTHER),
    ("Took a dispute on", MODERATOR),
    ("Changed a row in the admin", OPERATOR),
    ("Changed a row in the admin", OPERATOR),
]
#: Of who is anonymised, the name and the reasons of what was ruled are gone: the rulings stay.
GONE = {LEAVING, LOCKED, UNLOCKED}
AFTERWARDS = [
    ("Anonymised a player", OTHER),
    (CHANGED, OTHER, ASKED),
    *(tuple(said for said in row if said not in GONE) for row in RULINGS),
]


def read_the_log(moderator: Tab, rulings: list[tuple[str, ...]]) -> None:
    """Read who did what of whom and why, in the order in which it was done."""
    page = moderator.open("/moderation/log/")
    for kind, expected in (("RULING", rulings), ("CHANGE", CHANGES)):
        page.get_by_label("Kind").select_option(kind)
        press(page, "Show")
        rows = list_all(page.locator("#rows tr"), len(expected))
        for row, said in zip(rows, expected, strict=True):
            for text in said:
                expect(row).to_contain_text(text)
    check(moderator)

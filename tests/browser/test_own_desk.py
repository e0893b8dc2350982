"""The player's desk: what others see, a key for a program, all taken along, and leaving for a while."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.addresses import PASSWORD
from tests.browser.chromium import Tab, touch
from tests.browser.desks import (
    NARROW,
    Hall,
    check,
    expect_text,
    fill,
    follow,
    press,
    read_board,
    read_number,
    tell,
)

pytestmark = [pytest.mark.django_db, pytest.mark.once]

PLAYER = "ann"
HIDDEN = "User has hidden match history"


def test_a_player_hides_and_shows_lets_a_program_in_takes_all_along_and_comes_back(hall: Hall) -> None:
    ids = tell(hall.site, "from tests.browser.casts import make_bench; make_bench()")
    own, visitor = hall.sign_in(PLAYER, PASSWORD, width=NARROW), hall.enter(width=1440)
    hide_and_show(own, visitor, ids[PLAYER])
    let_a_program_in(hall, own, ids[PLAYER])
    take_all_along(own, ids[PLAYER])
    leave_and_come_back(own, visitor, ids[PLAYER])
    hall.check_numbers()


def hide_and_show(own: Tab, visitor: Tab, player: str) -> None:
    """Look at what a tick does before it is saved: until then nobody else sees a difference."""
    theirs = f"/players/{player}/matches/"
    page = own.open("/settings/privacy/")
    preview, match = page.locator("#preview"), '[href*="/duel-8/"]'
    expect(preview.locator(match).first).to_be_visible()
    check(own)

    page.get_by_label("Show my match history").uncheck()
    expect(preview).to_contain_text(HIDDEN)
    expect(page.locator("#unsaved")).to_contain_text("hide my match history")
    page.get_by_label("a follower").check()
    expect(preview.get_by_role("heading", level=2)).to_have_text("What a follower sees")
    expect(preview).to_contain_text(HIDDEN)
    check(own)
    expect(visitor.open(theirs).locator(f"#rows {match}").first).to_be_visible()

    press(page, "Save")
    expect_text(page, "Saved. It applies from now on.")
    expect_text(visitor.open(theirs, status=403), HIDDEN)
    page.get_by_label("Show my match history").check()
    expect(preview.locator(match).first).to_be_visible()
    press(page, "Save")
    expect_text(page, "Saved. It applies from now on.")
    expect(visitor.open(theirs).locator(f"#rows {match}").first).to_be_visible()


def let_a_program_in(hall: Hall, own: Tab, player: str) -> None:
    """Make a key, whose secret is shown once; a program comes in with it until it is revoked."""
    page = own.open("/settings/keys/")
    check(own)
    fill(page, "What it is for", "bot")
    page.get_by_role("main").locator('input[name=scopes][value="read"]').check()
    own.await_status(201)
    press(page, "Make the key")
    expect(page.get_by_role("heading", level=1)).to_have_text("Is it you?")
    fill(page, "Password", PASSWORD)
    press(page, "Go on")
    expect(page.get_by_role("heading", level=1)).to_have_text("Your new key")
    secret = page.locator("#secret").input_value()
    check(own)

    def ask() -> tuple[int, dict[str, object]]:
        status, _headers, told = hall.site.ask("GET", "/me", Authorization=f"Bearer {secret}")
        return status, told

    status, told = ask()
    assert (status, told["public_id"], told["key"]["name"]) == (200, player, "bot")
    follow(page, "I have it")
    assert secret not in page.content()
    follow(page, "Revoke")
    check(own)
    press(page, "Revoke the key for good")
    expect_text(page, "no longer works", "Revoked keys")
    assert ask()[0] == 401


def take_all_along(own: Tab, player: str) -> None:
    """Download what is kept of oneself: both files have what was played."""
    page = own.open("/settings/account/")
    check(own)
    files = {}
    for name in ("As a spreadsheet", "For programs"):
        with page.expect_download() as download:
            touch(page.get_by_role("main").get_by_role("link", name=name))
        files[name] = Path(download.value.path()).read_text()
    rows = [json.loads(line) for line in files["For programs"].splitlines()]
    for text in (files["As a spreadsheet"], json.dumps(rows)):
        assert player in text
        assert all(f"duel-{number}" in text for number in (0, 3, 8))
        assert "duel-6" not in text  # the others'
        assert "dck_" not in text


def leave_and_come_back(own: Tab, visitor: Tab, player: str) -> None:
    """Close the account, whose pages and place are gone then; signing in opens it again as it was."""
    board, number = read_board(visitor, "matches_won"), read_number(visitor, player, "matches_won")
    assert board[0] == PLAYER
    page = own.open("/settings/account/")
    fill(page, "Your password", "wrong")
    own.await_status(400)
    press(page, "Close my account")
    expect_text(page, "That is not your password; the account is not closed.")
    fill(page, "Your password", PASSWORD)
    press(page, "Close my account")
    expect_text(page, "Your account is closed")
    check(own)
    visitor.open(f"/players/{player}/", status=410)
    assert read_board(visitor, "matches_won") == board[1:]

    own.sign_in(PLAYER, PASSWORD, is_closed=True)
    check(own)
    press(page, "Reopen it and sign in")
    page.get_by_role("button", name="Sign out").wait_for()
    assert read_board(visitor, "matches_won") == board
    assert read_number(visitor, player, "matches_won") == number

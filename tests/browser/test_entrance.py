"""Signing up, a second factor and a forgotten password, in a real browser, with the mails that are sent."""

from __future__ import annotations

import re
import time

import pytest
from allauth.mfa.totp.internal import auth
from playwright.sync_api import expect

from tests.browser.chromium import PATIENCE, leave_by, list_all, open_tab

pytestmark = [pytest.mark.django_db, pytest.mark.once]

FIRST, SECOND = "correct horse battery", "staple horse battery"


def check(tab):
    """Check that the page as it is now fits the screen, and that axe finds nothing."""
    assert tab.list_overflows() + tab.list_violations() == []


def read_code(site, address, known):
    """Wait for a mail to the address with a code that is not among the ``known``, and return the code.

    Mails of one second may stand in one file, and a line of dashes ends each: what is before it is whole.
    """
    deadline = time.monotonic() + PATIENCE / 1000
    while time.monotonic() < deadline:
        for file in site.mails.glob("*"):
            *mails, _rest = re.split(r"^-{79}$", file.read_text(), flags=re.MULTILINE)
            for mail in mails:
                code = re.search(r"^ {4}(\S+)$", mail, re.MULTILINE)
                if f"\nTo: {address}\n" in mail and code and code[1] not in known:
                    known.add(code[1])
                    return code[1]
        time.sleep(0.05)
    pytest.fail(f"no mail with a code came to {address}")


def send(page, button, *values):
    """Fill the fields of the page's form in, from the first on, and press its button."""
    pressed = page.get_by_role("button", name=button)
    form = page.locator("main form.sheet").filter(has=pressed)
    fields = list_all(form.locator("input:not([type=hidden])"), len(values))
    for field, value in zip(fields, values, strict=True):
        field.fill(value)
    leave_by(form.get_by_role("button", name=button))


@pytest.mark.parametrize(
    ("width", "theme", "scripts"), [(360, "dark", True), (1440, "light", False)], ids=["phone", "plain"]
)
def test_a_newcomer_signs_up_takes_a_second_factor_and_forgets_the_password(site, width, theme, scripts):
    name, address, known = f"nova-{width}", f"nova-{width}@example.org", set()
    with open_tab(site, width=width, theme=theme, scripts=scripts) as tab:
        page = tab.open("/sign-up/?next=/feed/")
        send(page, "Sign up", name, address, FIRST)
        expect(page.get_by_role("heading", level=1)).to_have_text("Confirm your address")
        check(tab)
        send(page, "Confirm", read_code(site, address, known))
        expect(page).to_have_url(f"{site.address}/feed/")
        leave_by(page.get_by_role("link", name=name).first)
        expect(page.get_by_role("heading", level=1)).to_have_text(name)

        page = tab.open("/settings/email/")
        expect(page.get_by_role("heading", level=1)).to_have_text("Is it you?")
        check(tab)
        send(page, "Go on", FIRST)
        expect(page.get_by_role("main")).to_contain_text(f"Mails to you go to {address}.")
        check(tab)
        page = tab.open("/settings/second-factor/app/")
        secret = page.locator("code.secret").inner_text()
        check(tab)
        # The code of the next half minute is taken in this one already, and for longer than this one's.
        code = auth.format_hotp_value(auth.hotp_value(secret, int(time.time()) // 30 + 1))
        send(page, "Switch it on", code)
        recovery = [each.inner_text() for each in list_all(page.locator(".codes li"), 10)]
        check(tab)
        for path, heading in (
            ("/settings/second-factor/codes/new/", "Other recovery codes"),
            ("/settings/second-factor/app/remove/", "Take the second factor away"),
        ):
            page = tab.open(path)
            expect(page.get_by_role("heading", level=1)).to_have_text(heading)
            check(tab)

        leave_by(page.get_by_role("button", name="Sign out"))
        page = tab.open("/sign-in/forgotten/")
        send(page, "Send the code", address)
        expect(page.get_by_role("main")).to_contain_text("We sent a mail to")
        check(tab)
        send(page, "Go on", read_code(site, address, known))
        expect(page.get_by_role("heading", level=1)).to_have_text("New password")
        check(tab)
        send(page, "Save", SECOND, SECOND)
        page.get_by_label("Username").wait_for()

        send(page, "Sign in", name, SECOND)
        expect(page.get_by_role("heading", level=1)).to_have_text("Second factor")
        check(tab)
        send(page, "Sign in", recovery[0])
        page.get_by_role("button", name="Sign out").wait_for()
        page = tab.open("/settings/sessions/")
        expect(page.get_by_role("main").locator("tbody tr, li")).not_to_have_count(0)

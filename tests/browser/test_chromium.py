"""A Chromium that fails at its start is started anew, so that the machine's luck is not the site's."""

from __future__ import annotations

import pytest
from playwright.sync_api import Error

from tests.browser.chromium import STARTS, require_chromium, start

pytestmark = [pytest.mark.django_db, pytest.mark.once]

#: Notes that it was started, and crashes so often.
CRASHING = """#!/bin/sh
echo started >> "{notes}"
[ "$(wc -l < "{notes}")" -gt {crashes} ] || kill -SEGV $$
exec "{executable}" "$@"
"""


@pytest.fixture
def crashing(tmp_path):
    """``crashing(2)``: the path of a Chromium that crashes at its first two starts, and of its notes."""

    def make(crashes):
        program, notes = tmp_path / "chromium", tmp_path / "notes"
        program.write_text(CRASHING.format(notes=notes, crashes=crashes, executable=require_chromium()))
        program.chmod(0o700)
        return program, notes

    return make


def test_one_that_crashes_at_its_start_is_started_anew(stage, crashing):
    program, notes = crashing(STARTS - 1)
    with stage.chromium.resumed() as chromium:
        browser = start(chromium.playwright, str(program))
        assert browser.is_connected()
        browser.close()
    assert notes.read_text() == "started\n" * STARTS


def test_one_that_never_starts_is_given_up(stage, crashing):
    program, notes = crashing(STARTS)
    with stage.chromium.resumed() as chromium, pytest.raises(Error, match="launch"):
        start(chromium.playwright, str(program))
    assert notes.read_text() == "started\n" * STARTS

"""Repeating anything adds nothing.

Repeated are a season's events, its load without its mark, the CWL's files, and the backfills after each.
"""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction
from django.db.models.signals import ModelSignal

from deltacrown.demo.management.commands import load_demo
from deltacrown.user_profile import receivers
from deltacrown.user_profile.achievements.backfill import backfill_players
from deltacrown.user_profile.models import UserActivity
from tests.demo.dumps import load
from tests.interchange.files import CWL_DATA, needs_cwl_data, run_import
from tests.user_profile.season import contents

pytestmark = pytest.mark.django_db

Event = tuple[Any, Any, dict[str, Any]]


def listen(events: list[Event]) -> dict[Any, Any]:
    """Note every event of the apps that this one reacts to; Django's own are about rows, not facts."""

    def noting(signal: Any) -> Any:
        def note(sender: Any, **told: Any) -> None:
            events.append((signal, sender, {name: value for name, value in told.items() if name != "signal"}))

        return note

    heard = {
        signal: noting(signal)
        for signal, _, _ in receivers.SUBSCRIPTIONS
        if not isinstance(signal, ModelSignal)
    }
    for signal, note in heard.items():
        signal.connect(note)
    return heard


@pytest.fixture
def events():
    noted: list[Event] = []
    heard = listen(noted)
    yield noted
    for signal, note in heard.items():
        signal.disconnect(note)


def test_a_season_told_again_adds_nothing(events, monkeypatch, record_property):
    load()
    before, told = contents(), list(events)
    assert {name: bool(rows) for name, rows in before.items()} == dict.fromkeys(before, True)
    assert len({signal for signal, _, _ in told}) >= 8, "the season has events of most kinds"

    for order in (told, reversed(told)):
        for signal, sender, facts in order:
            with transaction.atomic():
                signal.send(sender, **facts)
        assert contents() == before

    monkeypatch.setattr(load_demo, "is_loaded", lambda: False)
    load()
    assert contents() == before
    assert_nothing_to_backfill()
    assert contents() == before
    record_property("events", len(told))


@needs_cwl_data
def test_the_whole_cwl_imported_again_adds_nothing(record_property):
    files = sorted(CWL_DATA.glob("*.csv"))
    assert run_import("import_matches", *files, format="cwl").exit_code == 0
    before = contents()
    assert UserActivity.objects.filter(activity_type="TOURNAMENT_WON").exists()

    for order in (files, reversed(files)):
        assert run_import("import_matches", *order, format="cwl").exit_code == 0
        assert contents() == before
    assert_nothing_to_backfill()
    assert contents() == before
    record_property("rows", {name: len(rows) for name, rows in before.items()})


def assert_nothing_to_backfill() -> None:
    assert backfill_players(everyone=True).mended == 0

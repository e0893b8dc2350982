"""Warnings of matches beside their tournaments: dates far off, and keys of one match."""

from __future__ import annotations

from datetime import timedelta

import pytest

from deltacrown.core.days import start_of_day
from deltacrown.games.services import list_match_lines, void_match
from deltacrown.tournaments.models import Tournament
from deltacrown.tournaments.services import (
    TournamentMatchRecord,
    list_match_warnings,
    record_tournament_matches,
)
from tests.scene import duel, line, record
from tests.tournaments.conftest import LATER, NOW

pytestmark = pytest.mark.django_db


def deliver(*records):
    return record_tournament_matches(records=list(records), now=LATER)


def warnings_of(*records):
    return [outcome.warnings for outcome in deliver(*records)]


def told_of(game, key):
    return list_match_warnings(list_match_lines(game, key), can_open=lambda other: True)


def official(event, key, played_at=NOW, *, score="", **fields):
    ann, bob = event.players["ann"], event.players["bob"]
    of_match = {name: fields.pop(name) for name in ("is_time_known", "sequence") if name in fields}
    lines = line(ann, "WIN", score=score), line(bob, "LOSS")
    match = record(event.game, key, *lines, played_at=played_at, **of_match)
    return TournamentMatchRecord(tournament=event, match=match, **fields)


@pytest.mark.parametrize(
    ("ends_after", "days", "told"),
    [
        (None, -31, []),
        (None, -32, ["It is dated 30 Apr 2025, 32 days before Cup began."]),
        (None, 300, []),
        (None, 367, ["It is dated 3 Jun 2026, 367 days after Cup began."]),
        (10, 41, []),
        (10, 42, ["It is dated 13 Jul 2025, 32 days after Cup ended."]),
    ],
)
def test_a_match_dated_far_from_its_tournament_is_warned_of(solo, ends_after, days, told):
    if ends_after is not None:
        Tournament.objects.filter(pk=solo.pk).update(ends_at=solo.starts_at + timedelta(days=ends_after))
    match = official(solo, "m1", solo.starts_at + timedelta(days=days))

    outcomes = [
        record_tournament_matches(records=[match], now=solo.starts_at + timedelta(days=400)) for _ in range(2)
    ]

    assert [[*outcome.warnings] for [outcome] in outcomes] == [told, told]
    assert told_of(solo.game, "m1") == told


def test_what_staff_are_told_names_the_other_key(solo):
    deliver(official(solo, "m1"), official(solo, "m2"))

    [warning] = told_of(solo.game, "m1")
    assert "is recorded under the key 'm2'" in warning

    void_match(game=solo.game, match_key="m2", reason="twice", now=LATER)
    assert told_of(solo.game, "m1") == []
    assert told_of(solo.game, "m2") == []


def test_where_a_day_alone_is_known_another_round_is_another_match(solo):
    day = {"played_at": start_of_day(NOW), "is_time_known": False, "score": "6-1 7-5"}
    deliver(official(solo, "m1", **day, round="Semi-final"))

    assert warnings_of(official(solo, "m2", **day, round="Final")) == [()]
    [[warning]] = warnings_of(official(solo, "m3", **day, round="Semi-final"))
    assert "on the same day with the same score is recorded under the key 'm1'" in warning


def test_a_refused_match_is_warned_of_nothing(solo):
    deliver(official(solo, "m1"))

    [outcome] = deliver(
        TournamentMatchRecord(
            tournament=solo,
            match=duel(solo.game, "m1", solo.players["bob"], solo.players["ann"], played_at=NOW),
        )
    )
    assert (outcome.refusal is not None, outcome.warnings) == (True, ())

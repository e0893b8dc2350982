from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from deltacrown.core.errors import InvalidInput
from deltacrown.tournaments import signals
from deltacrown.tournaments.models import Tournament
from deltacrown.tournaments.services import (
    NoEntrants,
    Standing,
    TournamentNotFound,
    TournamentTaken,
    WrongState,
    cancel_tournament,
    complete_tournament,
    create_tournament,
    open_registration,
    register_player,
    schedule_end,
    start_tournament,
    withdraw,
)
from tests.announcements import announced
from tests.tournaments.conftest import NOW


def status_of(event):
    return Tournament.objects.values_list("status", flat=True).get(pk=event.pk)


def test_a_tournament_is_created_as_a_draft(game, player):
    organiser = player("org")
    with announced(signals.tournament_created) as events:
        event = create_tournament(
            slug="cup",
            name="Cup",
            game=game,
            starts_at=NOW,
            ends_at=NOW,
            entrant_kind="TEAM",
            capacity=8,
            organiser=organiser,
        )

    event.refresh_from_db()
    assert (event.status, event.entrant_kind, event.capacity, event.organiser, event.starts_at) == (
        "DRAFT",
        "TEAM",
        8,
        organiser,
        NOW,
    )
    assert [sent["tournament"] for sent in events] == [event]


def test_a_slug_belongs_to_one_tournament(draft):
    draft()
    with pytest.raises(TournamentTaken) as refusal:
        draft(name="Another")
    assert refusal.value.field == "slug"
    assert Tournament.objects.count() == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("slug", "two words"),
        ("slug", ""),
        ("slug", "new"),
        ("slug", "x" * 101),
        ("name", " "),
        ("name", "a\0"),
        ("name", "x" * 161),
        ("entrant_kind", "DUO"),
        ("capacity", 0),
        ("capacity", -1),
        ("capacity", True),
        ("starts_at", datetime(2025, 6, 1)),
        ("ends_at", datetime(2025, 6, 3)),
        ("ends_at", NOW - timedelta(seconds=1)),
    ],
)
def test_a_tournament_that_cannot_be_is_refused(draft, field, value):
    with pytest.raises(InvalidInput) as refusal:
        draft(**{field: value})
    assert refusal.value.field == field
    assert not Tournament.objects.exists()


def test_the_steps_are_made_once_and_announced_once(draft, player):
    event, ann = draft(), player("ann")
    with announced(signals.tournament_opened) as opened, announced(signals.tournament_started) as started:
        for _ in range(2):
            open_registration(tournament=event)
        register_player(tournament=event, user=ann, now=NOW)
        for _ in range(2):
            start_tournament(tournament=event)

    assert [sent["tournament"] for sent in opened + started] == [event, event]
    assert (event.status, status_of(event)) == ("RUNNING", "RUNNING")


def test_a_stale_copy_decides_nothing(draft, player):
    event = draft()
    stale = Tournament.objects.get(pk=event.pk)
    open_registration(tournament=event)
    register_player(tournament=event, user=player("ann"), now=NOW)
    start_tournament(tournament=event)

    with pytest.raises(WrongState):
        open_registration(tournament=stale)
    assert (stale.status, status_of(event)) == ("RUNNING", "RUNNING")


def test_nobody_starts_alone_or_without_entrants(opened, player):
    event, ann = opened(), player("ann")
    with pytest.raises(NoEntrants):
        start_tournament(tournament=event)
    register_player(tournament=event, user=ann, now=NOW)
    withdraw(tournament=event, user=ann)
    with pytest.raises(NoEntrants):
        start_tournament(tournament=event)
    assert status_of(event) == "OPEN"


STEPS = {
    "open": lambda event: open_registration(tournament=event),
    "start": lambda event: start_tournament(tournament=event),
    "complete": lambda event: complete_tournament(tournament=event, standings=[], now=NOW),
    "cancel": lambda event: cancel_tournament(tournament=event, reason="x", now=NOW),
}


@pytest.mark.parametrize(
    ("step", "status", "message"),
    [
        ("open", "RUNNING", "Cup is RUNNING; opening registration is possible only while it is DRAFT."),
        ("open", "CANCELLED", "Cup is CANCELLED; opening registration is possible only while it is DRAFT."),
        ("start", "DRAFT", "Cup is DRAFT; starting is possible only while it is OPEN."),
        ("start", "COMPLETED", "Cup is COMPLETED; starting is possible only while it is OPEN."),
        ("complete", "OPEN", "Cup is OPEN; completing is possible only while it is RUNNING."),
        ("complete", "CANCELLED", "Cup is CANCELLED; completing is possible only while it is RUNNING."),
        (
            "cancel",
            "COMPLETED",
            "Cup is COMPLETED; cancelling is possible only while it is DRAFT, OPEN or RUNNING.",
        ),
    ],
)
def test_a_step_out_of_turn_is_refused(draft, step, status, message):
    event = draft()
    Tournament.objects.update(status=status)

    with pytest.raises(WrongState) as refusal:
        STEPS[step](event)

    assert refusal.value.message == message
    assert status_of(event) == status


@pytest.mark.parametrize("status", ["DRAFT", "OPEN", "RUNNING"])
def test_a_tournament_is_cancelled_once(draft, status):
    event = draft()
    Tournament.objects.update(status=status)

    with announced(signals.tournament_cancelled) as events:
        cancel_tournament(tournament=event, reason="venue flooded", now=NOW)
        cancel_tournament(tournament=event, reason="again", now=NOW)

    assert events == [{"sender": Tournament, "tournament": event, "reason": "venue flooded", "now": NOW}]
    assert status_of(event) == "CANCELLED"


def test_a_cancellation_keeps_registrations_counted(opened, player, find_all_drift):
    event, ann = opened(), player("ann")
    register_player(tournament=event, user=ann, now=NOW)
    cancel_tournament(tournament=event, reason="x", now=NOW)

    ann.profile.refresh_from_db()
    assert ann.profile.tournaments_participated == 1
    assert find_all_drift() == []


def test_a_cancellation_needs_a_reason(draft):
    with pytest.raises(InvalidInput) as refusal:
        cancel_tournament(tournament=draft(), reason=" ", now=NOW)
    assert refusal.value.field == "reason"


def test_a_tournament_that_is_gone_is_not_found(draft):
    event = draft()
    Tournament.objects.all().delete()
    with pytest.raises(TournamentNotFound):
        complete_tournament(
            tournament=Tournament(pk=event.pk or 1, slug="cup"), standings=[Standing(placement=1)], now=NOW
        )


def test_dates_are_kept_in_any_zone(draft):
    assert draft(starts_at=datetime(2025, 6, 1, tzinfo=UTC)).starts_at.utcoffset() == timedelta(0)


def test_an_end_left_open_is_recorded_once(draft):
    event = draft(ends_at=None)

    assert schedule_end(tournament=event, ends_at=NOW + timedelta(days=2))
    assert not schedule_end(tournament=event, ends_at=NOW + timedelta(days=2))

    event.refresh_from_db()
    assert event.ends_at == NOW + timedelta(days=2)


@pytest.mark.parametrize(
    ("recorded", "told"), [(None, -timedelta(days=400)), (timedelta(days=1), timedelta(days=2))]
)
def test_an_end_before_the_start_or_other_than_recorded_is_refused(draft, recorded, told):
    event = draft(ends_at=recorded and NOW + recorded)

    with pytest.raises(InvalidInput) as refusal:
        schedule_end(tournament=event, ends_at=NOW + told)

    assert refusal.value.field == "ends_at"
    event.refresh_from_db()
    assert event.ends_at == (recorded and NOW + recorded)

"""Events arrive signed, in the order of each player, and again until they are taken, with the same id."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from deltacrown.accounts.services import rename_player
from deltacrown.core import clock
from deltacrown.core.job_limits import TimeIsOver
from deltacrown.games.services import record_match, record_matches
from deltacrown.webhooks.models import WebhookDelivery, WebhookEndpoint, WebhookEvent
from deltacrown.webhooks.services import (
    NothingToRedeliver,
    delete_old_events,
    deliver_webhooks,
    delivering,
    list_endpoint_states,
    list_secrets,
    plan_events,
    redeliver,
    rotate_secret,
    set_endpoint_active,
)
from deltacrown.webhooks.services.claiming import LEASE, claim_endpoints
from deltacrown.webhooks.services.outcomes import ATTEMPTS, WAITS
from tests import scene
from tests.concurrency import call_together

pytestmark = pytest.mark.django_db

NOW = datetime(2025, 6, 2, 12, 0, tzinfo=UTC)
Status = WebhookDelivery.Status


@pytest.fixture
def anna():
    return scene.player("anna")


@pytest.fixture
def ben():
    return scene.player("ben")


def rename(user, *names):
    for name in names:
        rename_player(user=user, username=name)


def statuses():
    return list(WebhookDelivery.objects.order_by("event").values_list("status", flat=True))


def names(receiver):
    """Return whom the messages are of, sorted: those of different players arrive as they may."""
    return sorted(got.data["player"]["public_id"] for got in receiver.got)


def of_player(receiver, user):
    return [got for got in receiver.got if got.data["player"]["public_id"] == user.profile.public_id]


def test_a_message_is_of_standard_webhooks(endpoint, receiver, anna, ben):
    title = scene.game()
    record_match(record=scene.duel(title, "m1", anna, ben), now=NOW)
    figures = deliver_webhooks(clock=clock.now, lasts=timedelta(minutes=5))

    got = next(each for each in receiver.got if each.type == "match.recorded")
    [secret] = list_secrets(endpoint=endpoint, now=clock.now())
    assert got.verify(secret) == got.message
    assert list(got.message) == ["type", "timestamp", "data"]
    assert got.headers["content-type"] == "application/json"
    assert got.data["match_key"] == "m1"
    players = {row["player"]["public_id"] for row in got.data["rows"]}
    assert players == {anna.profile.public_id, ben.profile.public_id}
    assert got.id == WebhookEvent.objects.get(kind="match.recorded").message_id
    assert (
        figures.delivered == len(receiver.got) == WebhookDelivery.objects.filter(status="DELIVERED").count()
    )
    row = WebhookDelivery.objects.get(event__message_id=got.id)
    assert (row.attempts, row.response_code, row.error) == (1, 204, "")
    assert row.duration_ms is not None
    assert row.attempted_at is not None


def test_only_what_an_endpoint_wants_is_sent_and_only_since_it_began(make_endpoint, receiver, deliver, anna):
    renames = make_endpoint(receiver.url, "player.renamed")
    late = make_endpoint(receiver.url)
    WebhookEndpoint.objects.filter(pk=late.pk).update(starts_at=clock.now() + timedelta(minutes=1))
    matches = make_endpoint(receiver.url, "match.recorded")
    rename(anna, "anne")
    deliver()
    assert receiver.types == ["player.renamed"]
    assert [each.endpoint for each in WebhookDelivery.objects.all()] == [renames]
    assert matches.is_active


def test_a_later_event_of_a_player_waits_for_the_earlier_one(endpoint, receiver, watch, deliver, anna, ben):
    """Anna's first message fails: her second one waits, Ben's does not."""
    rename(anna, "anna1")
    rename(ben, "ben1")
    rename(anna, "anna2")
    first, _, second = WebhookEvent.objects.order_by("pk").values_list("message_id", flat=True)
    receiver.reply = lambda got: 500 if got.id == first else 204
    deliver()
    assert [got.id for got in receiver.got if got.id == second] == []
    assert names(receiver) == sorted([anna.profile.public_id, ben.profile.public_id])
    assert statuses() == ["PENDING", "DELIVERED", "PENDING"]

    watch.move(WAITS[0])
    deliver()
    assert [got.id for got in receiver.got if got.data["player"]["public_id"] == anna.profile.public_id] == [
        first,
        first,
    ]
    receiver.reply = lambda got: 204
    watch.move(WAITS[1])
    deliver()
    assert [got.id for got in receiver.got][-2:] == [first, second]
    assert statuses() == ["DELIVERED"] * 3


def test_a_match_waits_for_each_of_its_players(endpoint, receiver, watch, deliver, anna, ben):
    rename(anna, "anna1")
    record_match(record=scene.duel(scene.game(), "m1", ben, anna), now=NOW)
    rename(ben, "ben1")
    receiver.reply = lambda got: 500 if got.type == "player.renamed" else 204
    deliver()
    assert receiver.types == ["player.renamed"]
    receiver.reply = lambda got: 204
    watch.move(WAITS[0])
    deliver()
    types = [each for each in receiver.types if not each.startswith("achievement.")]
    assert types == ["player.renamed", "player.renamed", "match.recorded", "player.renamed"]


def test_retries_follow_the_schedule_and_end(endpoint, receiver, watch, deliver, anna):
    rename(anna, "anna1", "anna2")
    first = WebhookEvent.objects.order_by("pk")[0]
    receiver.reply = lambda got: 503 if got.id == first.message_id else 200
    for attempt, wait in enumerate(WAITS, start=1):
        deliver()
        assert [got.id for got in receiver.got] == [first.message_id] * attempt
        watch.move(wait - timedelta(seconds=1.5))
        deliver()
        assert len(receiver.got) == attempt
        watch.move(timedelta(seconds=1.5))
    assert statuses() == ["PENDING", "PENDING"]
    deliver()
    row = WebhookDelivery.objects.get(event=first)
    assert (row.status, row.attempts, row.response_code) == ("DEAD", ATTEMPTS, 503)
    assert row.error == "Answered 503."
    # What waited for it is sent now.
    assert statuses() == ["DEAD", "DELIVERED"]
    assert sum(WAITS, timedelta()) == timedelta(hours=75, minutes=35, seconds=5)


def test_the_second_attempt_comes_within_the_run(endpoint, receiver, watch, anna):
    rename(anna, "anna1")
    receiver.reply = lambda got: 500 if len(receiver.got) == 1 else 204
    figures = deliver_webhooks(clock=watch, pause=watch.pause)
    assert (figures.failed, figures.delivered) == (1, 1)
    assert receiver.got[0].id == receiver.got[1].id


def test_a_receiver_can_ask_for_time(endpoint, receiver, watch, deliver, anna):
    rename(anna, "anna1")
    receiver.reply = lambda got: (429, {"Retry-After": "3600"})
    deliver()
    assert WebhookDelivery.objects.get().due_at == watch() + timedelta(hours=1)


def test_an_endpoint_that_is_gone_is_switched_off(endpoint, receiver, deliver, anna):
    rename(anna, "anna1", "anna2")
    receiver.reply = lambda got: 410
    deliver()
    endpoint.refresh_from_db()
    assert not endpoint.is_active
    assert "410" in endpoint.stopped_because
    assert len(receiver.got) == 1
    assert statuses() == ["DEAD", "DEAD"]
    [state] = list_endpoint_states(now=clock.now())
    assert "410" in state.problem


def test_redirects_are_not_followed(endpoint, receiver, deliver, anna):
    rename(anna, "anna1")
    receiver.reply = lambda got: (307, {"Location": receiver.url})
    deliver()
    assert len(receiver.got) == 1
    assert WebhookDelivery.objects.get().error == "Answered 307: redirects are not followed."


def test_an_endpoint_that_fails_is_left_alone_until_the_next_run(endpoint, receiver, deliver):
    for number in range(20):
        rename(scene.player(f"p{number}"), f"q{number}")
    receiver.reply = lambda got: 500
    deliver()
    tried = len(receiver.got)
    assert delivering.MOST_FAILURES <= tried < delivering.MOST_FAILURES + delivering.MOST_TO_ONE
    assert statuses() == ["PENDING"] * 20


def test_dead_letters_are_seen_and_sent_again(endpoint, receiver, watch, deliver, anna, capsys):
    rename(anna, "anna1")
    plan_events(now=clock.now())
    ended = {"status": Status.DEAD, "finished_at": clock.now(), "attempts": ATTEMPTS}
    WebhookDelivery.objects.update(**ended)
    [state] = list_endpoint_states(now=clock.now())
    assert (state.dead, state.waiting) == (1, 0)
    with pytest.raises(SystemExit, match="1"):
        call_command("list_webhooks")
    assert "PROBLEM: 1 events were given up" in capsys.readouterr().out

    call_command("redeliver_webhooks", str(endpoint.pk))
    watch.time = clock.now()
    deliver()
    assert receiver.types == ["player.renamed"]
    call_command("list_webhooks", "--json")
    with pytest.raises(CommandError, match="nothing to deliver again"):
        call_command("redeliver_webhooks", str(endpoint.pk))
    call_command("redeliver_webhooks", str(endpoint.pk), "--message", receiver.got[0].id)
    with pytest.raises(NothingToRedeliver):
        redeliver(deliveries=WebhookDelivery.objects.all(), now=clock.now())
    watch.time = clock.now()
    deliver()
    assert receiver.got[0].id == receiver.got[1].id


def test_both_secrets_sign_for_a_day(endpoint, receiver, watch, deliver, anna):
    [before] = list_secrets(endpoint=endpoint, now=watch())
    after = rotate_secret(endpoint=endpoint, now=watch())
    assert before.startswith("whsec_")
    assert after not in {before, ""}
    rename(anna, "anna1")
    deliver()
    receiver.got[0].verify(before)
    receiver.got[0].verify(after)
    endpoint.refresh_from_db()
    stored = endpoint.sealed_secret + endpoint.sealed_former
    assert before[6:] not in stored
    assert after[6:] not in stored
    assert list_secrets(endpoint=endpoint, now=watch() + timedelta(days=1)) == [after]


def test_while_it_is_off_nothing_is_sent_and_what_waits_waits(endpoint, receiver, watch, deliver, anna):
    rename(anna, "anna1")
    plan_events(now=watch())
    set_endpoint_active(endpoint=endpoint, is_active=False)
    deliver()
    assert receiver.got == []
    set_endpoint_active(endpoint=endpoint, is_active=True)
    deliver()
    assert receiver.types == ["player.renamed"]


def test_a_worker_that_was_killed_sends_again_with_the_same_id(
    endpoint, receiver, watch, deliver, anna, monkeypatch
):
    """Killed after the receiver took the message, and before that was recorded."""

    class Killed(BaseException):
        pass

    def die(*_, **__):
        raise Killed

    rename(anna, "anna1", "anna2")
    with monkeypatch.context() as patched:
        patched.setattr(delivering, "record_answers", die)
        patched.setattr(delivering, "release_endpoints", lambda **_: None)
        with pytest.raises(Killed):
            deliver()
    assert len(receiver.got) == 1
    deliver()
    assert len(receiver.got) == 1  # it is still claimed
    watch.move(LEASE + timedelta(seconds=1))
    deliver()
    first, second = WebhookEvent.objects.order_by("pk").values_list("message_id", flat=True)
    assert [got.id for got in receiver.got] == [first, first, second]


def test_one_worker_has_an_endpoint(endpoint, watch, anna):
    rename(anna, "anna1")
    plan_events(now=watch())
    assert claim_endpoints(worker="a", now=watch()) == [endpoint]
    assert claim_endpoints(worker="b", now=watch()) == []
    assert claim_endpoints(worker="b", now=watch() + LEASE + timedelta(seconds=1)) == [endpoint]


def test_many_players_at_once_and_one_after_the_other(endpoint, receiver, deliver):
    users = [scene.player(f"p{number}") for number in range(6)]
    gate = threading.Barrier(delivering.MOST_TO_ONE, timeout=300)

    def reply(got):
        if len(receiver.got) <= delivering.MOST_TO_ONE:
            gate.wait()  # passes only if so many are under way at once
        return 204

    receiver.reply = reply
    for user in users:
        rename(user, f"{user.username}a", f"{user.username}b")
    deliver()
    assert receiver.most_at_once == delivering.MOST_TO_ONE
    order = {event.message_id: event.pk for event in WebhookEvent.objects.all()}
    for user in users:
        own = [
            order[got.id] for got in receiver.got if got.data["player"]["public_id"] == user.profile.public_id
        ]
        assert len(own) == 2
        assert own == sorted(own)


def test_a_long_queue_behind_one_player_stops_nobody(endpoint, receiver, deliver, anna, ben, monkeypatch):
    monkeypatch.setattr("deltacrown.webhooks.services.lines.WINDOW", 5)
    for number in range(12):
        rename(anna, f"anna{number}")
    rename(ben, "ben1")
    stuck = anna.profile.public_id  # the receiver is a thread, which sees nothing of this transaction
    receiver.reply = lambda got: 500 if got.data["player"]["public_id"] == stuck else 204
    deliver()
    assert names(receiver) == sorted([anna.profile.public_id, ben.profile.public_id])


def test_an_event_that_cannot_be_told_stops_no_other(
    endpoint, receiver, deliver, anna, ben, monkeypatch, caplog
):
    rename(anna, "anna1")
    rename(ben, "ben1")
    broken = WebhookEvent.objects.order_by("pk")[0]
    monkeypatch.setattr(
        delivering, "write_message", lambda event: 1 // 0 if event.pk == broken.pk else b'{"type": "x"}'
    )
    deliver()
    assert len(receiver.got) == 1
    row = WebhookDelivery.objects.get(event=broken)
    assert (row.status, row.error) == ("PENDING", "It could not be written: ZeroDivisionError.")
    assert "was not told" in caplog.text


def test_what_is_old_goes(endpoint, deliver, anna):
    rename(anna, "anna1", "anna2")
    old = WebhookEvent.objects.order_by("pk")[0]
    WebhookEvent.objects.filter(pk=old.pk).update(written_at=clock.now() - timedelta(days=31))
    plan_events(now=clock.now())
    assert delete_old_events(now=clock.now()) == 1
    assert [each.pk for each in WebhookEvent.objects.all()] == [old.pk + 1]
    assert WebhookDelivery.objects.count() == 1


def test_planning_asks_no_more_for_more_events(endpoint, django_assert_num_queries):
    users = [scene.player(f"p{number}") for number in range(6)]
    title = scene.game()
    pairs = [
        scene.duel(title, f"m{number}", users[number % 6], users[(number + 1) % 6]) for number in range(60)
    ]
    record_matches(records=pairs, now=NOW)
    events = WebhookEvent.objects.count()
    # Two savepoints and their ends; events, endpoints, deliveries, the mark; then none.
    with django_assert_num_queries(9):
        assert plan_events(now=clock.now()) == events
    assert WebhookDelivery.objects.count() == events


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_send_nothing_twice(endpoint, receiver):
    users = [scene.player(f"p{number}") for number in range(8)]
    for number in range(3):
        for user in users:
            rename(user, f"{user.username}-{number}")

    def work():
        return deliver_webhooks(clock=clock.now, lasts=timedelta(minutes=5))

    figures = call_together([work, work])
    assert sum(each.delivered for each in figures) == 24
    ids = [got.id for got in receiver.got]
    assert len(ids) == len(set(ids)) == 24
    order = {event.message_id: event.pk for event in WebhookEvent.objects.all()}
    for user in users:
        own = [
            order[got.id] for got in receiver.got if got.data["player"]["public_id"] == user.profile.public_id
        ]
        assert own == sorted(own)


def test_a_run_whose_time_is_over_ends_and_keeps_what_was_delivered(
    endpoint, receiver, watch, deliver, anna, ben, monkeypatch
):
    """The time is over while a message is written, which goes on after any error; another is under way."""
    rename(anna, "anna1")
    rename(ben, "ben1")
    first, second = WebhookEvent.objects.order_by("pk")
    gate, write = threading.Event(), delivering.write_message
    receiver.reply = lambda _: 204 if gate.wait(300) else 500

    def write_until_the_end(event):
        if event.pk == first.pk:
            return write(event)
        gate.set()
        raise TimeIsOver

    with monkeypatch.context() as patched:
        patched.setattr(delivering, "write_message", write_until_the_end)
        with pytest.raises(TimeIsOver):
            deliver()
    kept = dict(WebhookDelivery.objects.values_list("event", "status"))
    assert kept == {first.pk: "DELIVERED", second.pk: "PENDING"}
    assert WebhookDelivery.objects.get(event=second).attempts == 0

    deliver()
    assert [got.id for got in receiver.got] == [first.message_id, second.message_id]

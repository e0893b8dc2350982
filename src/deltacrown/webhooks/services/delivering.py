"""Deliver what is due: several endpoints at a time, each by one worker, and each player's events in order.

Threads only send. The database is asked and written by the caller's thread alone, which decides immediately
before an event is sent whether a visitor may see what it tells.
"""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import DatabaseError

from deltacrown.core.job_limits import TimeIsOver
from deltacrown.webhooks.models import WebhookDelivery
from deltacrown.webhooks.sending import Answer, Message, Sender
from deltacrown.webhooks.services.claiming import LEASE, claim_endpoints, release_endpoints, renew_claim
from deltacrown.webhooks.services.endpoints import list_secrets
from deltacrown.webhooks.services.lines import Line
from deltacrown.webhooks.services.outcomes import GONE, record_answers, record_skipped
from deltacrown.webhooks.services.planning import plan_events
from deltacrown.webhooks.telling import write_message

logger = logging.getLogger(__name__)

#: The messages under way at once: in all, and to one endpoint.
MOST_AT_ONCE, MOST_TO_ONE = 32, 4
#: After so many failures in a row an endpoint is left alone until the next run.
MOST_FAILURES = 5
#: A run begins nothing new after this time: the next one is due in a minute.
LASTS = timedelta(seconds=45)
#: It waits for what is due so soon, such as the second attempt.
WORTH_WAITING = timedelta(seconds=6)
PAUSE_SECONDS = 1.0
RENEWED_AFTER = LEASE / 4
#: While messages are under way, it looks for new events so often.
LOOKS_EVERY = timedelta(seconds=1)

Status = WebhookDelivery.Status
Clock = Callable[[], datetime]


@dataclass
class Delivering:
    """The figures of a run."""

    planned: int = 0
    delivered: int = 0
    failed: int = 0
    dead: int = 0
    skipped: int = 0


def deliver_webhooks(
    *, clock: Clock, pause: Callable[[float], None] = time.sleep, lasts: timedelta = LASTS
) -> Delivering:
    """Plan and deliver what is due, until nothing is, or the run has lasted long enough.

    Two runs at once never send to the same endpoint. One that is killed is found when its claims have run
    out; what it was sending is sent again, with the same id.

    :param pause: waits so many seconds, for something that is due soon.
    :raises TimeIsOver: the job may take no longer; what was delivered is recorded.
    """
    # not atomic: each outcome in a transaction of its own
    sender = Sender()
    run = _Run(clock, lasts, sender)
    try:
        with sender, ThreadPoolExecutor(MOST_AT_ONCE, thread_name_prefix="webhooks") as pool:
            try:
                run.deliver(pool, pause)
            except TimeIsOver:
                run.end()
                raise
    finally:
        release_endpoints(worker=run.worker)
    return run.figures


class _Run:
    def __init__(self, clock: Clock, lasts: timedelta, sender: Sender) -> None:
        self.worker = uuid.uuid4().hex
        self._sender = sender
        self.figures = Delivering()
        self._clock = clock
        self._until = clock() + lasts
        self._look_again_at = clock()
        self._lines: dict[int, Line] = {}
        self._renewed: dict[int, datetime] = {}
        self._left_alone: set[int] = set()
        self._sent: dict[Future[Answer], tuple[Line, WebhookDelivery]] = {}

    def deliver(self, pool: ThreadPoolExecutor, pause: Callable[[float], None]) -> None:
        while True:
            now = self._clock()
            if now < self._until:
                self._begin(pool, now)
            if self._sent:
                self._take_answers()
            elif now >= self._until or not self._is_anything_soon(now):
                return
            else:
                pause(PAUSE_SECONDS)

    def _begin(self, pool: ThreadPoolExecutor, now: datetime) -> None:
        """Begin to send what may be sent now."""
        if not self._sent or now >= self._look_again_at:
            self._look(now)
        for key, line in list(self._lines.items()):
            while line.under_way < MOST_TO_ONE and len(self._sent) < MOST_AT_ONCE:
                if not self._may_send(key, line, now) or (delivery := line.take(now)) is None:
                    break
                self._send(pool, line, delivery, now)

    def _look(self, now: datetime) -> None:
        """Plan what is new, and claim what is free."""
        self._look_again_at = now + LOOKS_EVERY
        self.figures.planned += plan_events(now=now)
        for endpoint in claim_endpoints(worker=self.worker, now=now):
            if endpoint.pk not in self._lines:
                self._lines[endpoint.pk] = Line(endpoint)
            self._renewed[endpoint.pk] = now

    def _may_send(self, key: int, line: Line, now: datetime) -> bool:
        """Return whether the endpoint is still this worker's, and takes anything."""
        if key in self._left_alone:
            return False
        if line.failures >= MOST_FAILURES:
            self._left_alone.add(key)
            return False
        if now - self._renewed[key] >= RENEWED_AFTER:
            held = renew_claim(endpoint=line.endpoint, worker=self.worker, now=now)
            if held is None:
                self._left_alone.add(key)
                return False
            line.endpoint, self._renewed[key] = held, now
        return True

    def _send(self, pool: ThreadPoolExecutor, line: Line, delivery: WebhookDelivery, now: datetime) -> None:
        event, endpoint = delivery.event, line.endpoint
        try:
            body = write_message(event)
        except DatabaseError:
            raise
        except Exception as error:
            # One event that cannot be told must not stop all others.
            logger.exception("webhooks: event %s was not told", event.pk)
            answer = Answer(None, f"It could not be written: {type(error).__name__}.", 0)
            self._record([(line, delivery, answer)])
            return
        if body is None:
            record_skipped(delivery=delivery, now=now)
            self.figures.skipped += 1
            line.end(delivery)
            return
        secrets = list_secrets(endpoint=endpoint, now=now)
        message = Message(endpoint.url, event.message_id, body, secrets)
        self._sent[pool.submit(self._sender.send, message, now)] = (line, delivery)

    def _take_answers(self) -> None:
        """Wait for an answer, and record those there are."""
        done, _ = wait(self._sent, return_when=FIRST_COMPLETED)
        self._record([(*self._sent[sent], sent.result()) for sent in done])
        for sent in done:  # now that they are recorded: the time may be over at any moment
            del self._sent[sent]

    def end(self) -> None:
        """Record the answers to what is under way, each of which has a limit of its own; begin nothing."""
        wait(self._sent)
        answers = [(delivery, sent.result()) for sent, (_, delivery) in self._sent.items()]
        record_answers(answers, now=self._clock())

    def _record(self, ended: list[tuple[Line, WebhookDelivery, Answer]]) -> None:
        """Record answers, before anything that waited for one of these messages is sent."""
        answers = [(delivery, answer) for _, delivery, answer in ended]
        statuses = record_answers(answers, now=self._clock())
        for (line, delivery, answer), status in zip(ended, statuses, strict=True):
            line.end(delivery)
            line.failures = 0 if status == Status.DELIVERED else line.failures + 1
            if answer.code == GONE:
                self._left_alone.add(line.endpoint.pk)
            self.figures.delivered += status == Status.DELIVERED
            self.figures.dead += status == Status.DEAD
            self.figures.failed += status == Status.PENDING

    def _is_anything_soon(self, now: datetime) -> bool:
        """Return whether something is due, or due soon, at one of this worker's endpoints."""
        keys = [key for key in self._lines if key not in self._left_alone]
        waiting = WebhookDelivery.objects.filter(endpoint__in=keys, status=Status.PENDING)
        return waiting.filter(due_at__lte=now + WORTH_WAITING, endpoint__is_active=True).exists()

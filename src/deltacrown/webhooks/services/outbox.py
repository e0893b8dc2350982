"""Write events into the outbox, in the transaction of the fact."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from deltacrown.core.inserts import insert_rows
from deltacrown.webhooks.kinds import Kind
from deltacrown.webhooks.models import WebhookEvent
from django_tally.transactions import atomic_service


@dataclass(frozen=True)
class Fact:
    """Something that happened.

    :param players: the keys of those whom it concerns: events of one player are told in their order.
    :param facts: keys of rows, by what they are.
    """

    kind: Kind
    players: tuple[int, ...]
    facts: tuple[tuple[str, Any], ...]
    occurred_at: datetime


@atomic_service
def write_events(facts: Sequence[Fact]) -> None:
    """Write events in the order given, many at a time."""
    insert_rows(
        [
            WebhookEvent(
                kind=fact.kind.value,
                players=list(fact.players),
                facts=dict(fact.facts),
                occurred_at=fact.occurred_at,
            )
            for fact in facts
        ]
    )

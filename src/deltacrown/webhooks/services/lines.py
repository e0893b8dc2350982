"""What waits for one endpoint, in the order in which it may be sent."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from deltacrown.webhooks.models import WebhookDelivery, WebhookEndpoint

#: So many deliveries are read at a time, and looked through for one that may be sent.
WINDOW, MOST_WINDOWS = 200, 25
#: While messages are under way, the others are read again so often at most.
READ_AGAIN_AFTER = timedelta(seconds=1)
LONG_AGO = datetime.min.replace(tzinfo=UTC)


class Line:
    """The deliveries that wait for an endpoint.

    A later event of a player is not sent before the earlier one is delivered, given up, or not told.

    :ivar endpoint: as it was last read.
    :ivar failures: how many attempts failed in a row.
    """

    def __init__(self, endpoint: WebhookEndpoint) -> None:
        self.endpoint = endpoint
        self.failures = 0
        self._under_way: dict[int, WebhookDelivery] = {}
        self._read: list[WebhookDelivery] = []
        self._read_again_at = LONG_AGO

    @property
    def under_way(self) -> int:
        """Return how many are being sent."""
        return len(self._under_way)

    def take(self, now: datetime) -> WebhookDelivery | None:
        """Return the next delivery that is due and need not wait for another; it is under way then."""
        found = self._find(self._read, now, set())
        if found is None and (not self._under_way or now >= self._read_again_at):
            # What was read is used up, or waits: there may be others, also new ones.
            self._read, self._read_again_at = [], now + READ_AGAIN_AFTER
            blocked: set[int] = set()
            for window in self._read_windows():
                self._read += window
                found = self._find(window, now, blocked)
                if found is not None:
                    break
        if found is not None:
            self._under_way[found.pk] = found
        return found

    def end(self, delivery: WebhookDelivery) -> None:
        """Take a delivery as ended for now: delivered, given up, not told, or to be tried again later."""
        del self._under_way[delivery.pk]
        self._read = [each for each in self._read if each.pk != delivery.pk or each.finished_at is None]

    def _find(
        self, deliveries: list[WebhookDelivery], now: datetime, blocked: set[int]
    ) -> WebhookDelivery | None:
        """Return the first that may be sent; add those whose players wait to ``blocked``."""
        for delivery in deliveries:
            players = set(delivery.event.players)
            is_free = delivery.pk not in self._under_way and blocked.isdisjoint(players)
            if is_free and delivery.due_at <= now:
                return delivery
            blocked |= players
        return None

    def _read_windows(self) -> Iterator[list[WebhookDelivery]]:
        waiting = WebhookDelivery.objects.filter(
            endpoint=self.endpoint.pk, status=WebhookDelivery.Status.PENDING
        )
        position = 0
        for _ in range(MOST_WINDOWS):
            rows = waiting.filter(event__gt=position).select_related("event").order_by("event")[:WINDOW]
            window = [self._under_way.get(row.pk, row) for row in rows]
            if not window:
                return
            yield window
            position = window[-1].event_id

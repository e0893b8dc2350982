"""The door of webhooks: endpoints, what waits for them, its delivery, and the end of what is old."""

from deltacrown.webhooks.services.delivering import Delivering, deliver_webhooks
from deltacrown.webhooks.services.endpoints import (
    InvalidEndpoint,
    change_endpoint,
    create_endpoint,
    list_secrets,
    rotate_secret,
    set_endpoint_active,
)
from deltacrown.webhooks.services.outbox import Fact, write_events
from deltacrown.webhooks.services.overview import EndpointState, list_endpoint_states
from deltacrown.webhooks.services.planning import plan_events
from deltacrown.webhooks.services.pruning import delete_old_events
from deltacrown.webhooks.services.redelivering import NothingToRedeliver, redeliver

__all__ = [
    "Delivering",
    "EndpointState",
    "Fact",
    "InvalidEndpoint",
    "NothingToRedeliver",
    "change_endpoint",
    "create_endpoint",
    "delete_old_events",
    "deliver_webhooks",
    "list_endpoint_states",
    "list_secrets",
    "plan_events",
    "redeliver",
    "rotate_secret",
    "set_endpoint_active",
    "write_events",
]

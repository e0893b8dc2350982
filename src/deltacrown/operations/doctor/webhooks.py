"""Whether those who are told by webhooks hear anything."""

from __future__ import annotations

from collections.abc import Iterator

from deltacrown.operations.doctor.findings import Finding, Visit
from deltacrown.webhooks.services import list_endpoint_states


def find_webhook_faults(visit: Visit) -> Iterator[Finding]:
    """Find endpoints that were switched off, that events wait for, or for which some were given up."""
    for state in list_endpoint_states(now=visit.clock()):
        if state.problem:
            yield Finding(
                f"Webhook {state.endpoint.name}: {state.problem}",
                "deltacrown list_webhooks shows each. Mend its receiver, switch it on in the admin, and "
                f"send what was given up again: deltacrown redeliver_webhooks {state.endpoint.pk}.",
            )

"""What a receiver of webhooks must have at the end of a day: everything, in each player's order."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from tests.chaos.cluster import Cluster
from tests.chaos.site import connect, wait_until

KIND = "match.recorded"
#: A delivery that was refused is tried again by the next run of the job, a minute later.
DELIVERY_SECONDS = 1_200
WAITING = (
    "SELECT (SELECT count(*) FROM webhooks_webhookevent WHERE NOT is_planned) "
    "+ (SELECT count(*) FROM webhooks_webhookdelivery WHERE status = 'PENDING')"
)
#: In the order of writing, which is the order of commits for each player.
EVENTS = (
    "SELECT event.message_id, event.players, delivery.status FROM webhooks_webhookevent event "
    "LEFT JOIN webhooks_webhookdelivery delivery ON delivery.event_id = event.id "
    f"WHERE event.kind = '{KIND}' ORDER BY event.id"
)


def subscribe(site: Cluster) -> None:
    """Have the receiver told of every match, and wait until it is."""
    assert site.receiver is not None
    made = site.manage("create_webhook", site.receiver.url, "--name", "day", "--event", KIND)
    site.receiver.secret = made.stdout.split()[-1]
    has_begun = "SELECT bool_and(starts_at <= clock_timestamp()) FROM webhooks_webhookendpoint"
    wait_until(lambda: ask(site, has_begun))


def ask(site: Cluster, statement: str) -> Any:
    """Return the one value of a statement."""
    with connect(site) as connection:
        [value] = connection.execute(statement).fetchone()
    return value


def check_webhooks(site: Cluster) -> dict[str, Any]:
    """Wait for the last delivery; return the figures, and what is ``wrong`` in words."""
    assert site.receiver is not None
    is_quiet = wait_until(lambda: ask(site, WAITING) == 0, DELIVERY_SECONDS)
    with connect(site) as connection:
        events = connection.execute(EVENTS).fetchall()
        keys = connection.execute("SELECT DISTINCT match_key FROM games_match").fetchall()
    taken = site.receiver.taken
    return {
        "events": len(events),
        "taken": len(taken),
        "taken again under the same id": len(taken) - len({identity for identity, _, _ in taken}),
        "refused once": len(site.receiver.refused),
        "not signed as they should be": site.receiver.unsigned,
        "waiting at the end": 0 if is_quiet else ask(site, WAITING),
        "wrong": find_wrong(events, {key for (key,) in keys}, taken) + ([] if is_quiet else ["some wait"]),
    }


def find_wrong(events: list[Any], keys: set[str], taken: list[tuple[str, str, Any]]) -> list[str]:
    """Return what a receiver would complain of, at most five of each kind."""
    place: dict[str, int] = {}
    ids = defaultdict(set)
    for number, (identity, _, data) in enumerate(taken):
        place.setdefault(identity, number)
        ids[data["match_key"]].add(identity)
    wrong = [f"{key} was not told" for key in sorted(keys - ids.keys())][:5]
    wrong += [f"{key} was told under {len(told)} ids" for key, told in ids.items() if len(told) > 1][:5]
    wrong += [f"{identity} is {status}" for identity, _, status in events if status != "DELIVERED"][:5]
    latest: dict[int, int] = {}
    for identity, players, _ in events:
        at = place.get(identity, -1)
        for player in players:
            if at < latest.get(player, -1):
                wrong.append(f"{identity} came before an earlier one of player {player}")
            latest[player] = max(at, latest.get(player, -1))
    return wrong

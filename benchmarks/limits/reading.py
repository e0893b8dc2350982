"""Pages and answers of the API through the whole site, against views that do as little as can be done."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from benchmarks.limits.figure import Figure, interleave

SAMPLES = 200
#: Lines of a page, and how many pages are turned before the deep one. A page of ten would be a kept one.
LINES, PAGES = 20, 1000
#: Lines of the pages by which it is reached.
MOST_LINES = 50
#: So often a statement is asked before it is noted: by then it is as ready as it will be.
WARM = 10
REPEATED = "a plain view with the same statements"


def measure(samples: int = SAMPLES) -> Iterator[Figure]:
    """Yield what each read costs, in turn with its limit.

    :raises RuntimeError: an answer is not 200.
    """
    from django.test import Client, override_settings

    from benchmarks.measures import draw_players, forget
    from deltacrown.user_profile.models import UserProfile

    with override_settings(ROOT_URLCONF="benchmarks.plain_views"):
        client = Client(SERVER_NAME="localhost")
        [player] = draw_players(1)
        grand = UserProfile.objects.order_by("-total_matches_played", "pk").values_list("public_id").first()
        assert grand is not None
        of_player, of_grand = f"/api/v1/players/{player}", f"/api/v1/players/{grand[0]}/matches?limit="

        nothing = partial(fetch, client, "/limits/page")
        page = interleave(partial(fetch, client, f"/players/{player}/"), nothing, samples, warm_up=WARM)
        yield Figure("read: HTML profile, kept", *page, budget=2.5, peer="an empty rendered template")

        key = partial(fetch, client, f"/api/limits/key/{player}")
        kept = interleave(partial(fetch, client, of_player), key, samples, warm_up=WARM)
        peer = "an empty view with one read by key"
        yield Figure("read: profile by API, kept", *kept, budget=2, peer=peer)

        ours, limit = compare(client, of_player, samples, before=forget)
        yield Figure("read: profile by API, not kept", ours, limit, budget=1.3, peer=REPEATED)

        ours, limit = compare(client, f"{of_grand}{LINES}", samples)
        yield Figure("read: history by API, page 1", ours, limit, budget=1.5, peer=REPEATED)

        turned, address = turn_pages(client, of_grand)
        ours, limit = compare(client, address, samples)
        note = f"Page {turned:,}: the longest history has no more." if turned < PAGES else ""
        yield Figure("read: history by API, page 1,000", ours, limit, budget=1.5, peer=REPEATED, note=note)

        ours, limit = compare(client, "/api/v1/leaderboards/matches_won?limit=100", samples)
        yield Figure("read: board of 100 by API", ours, limit, budget=1.4, peer=REPEATED)


def compare(
    client: Any, address: str, samples: int, *, before: Callable[[], object] | None = None
) -> tuple[Any, Any]:
    """Return the samples of an address, and of a view that asks the database the same."""
    from benchmarks.plain_views import noting

    for _ in range(WARM):
        if before is not None:
            before()
        fetch(client, address)
    if before is not None:
        before()
    with noting():
        fetch(client, address)
    repeat = partial(fetch, client, "/api/limits/repeat")
    return interleave(partial(fetch, client, address), repeat, samples, before=before)


def turn_pages(client: Any, start: str) -> tuple[int, str]:
    """Return the number of a deep page of a list, and its address."""
    address, lines = f"{start}{MOST_LINES}", 0
    deep = f"{start}{LINES}"
    while lines < (PAGES - 1) * LINES:
        cursor = fetch(client, address).json()["next_page"]
        if cursor is None:
            break
        lines += MOST_LINES
        address, deep = f"{start}{MOST_LINES}&page={cursor}", f"{start}{LINES}&page={cursor}"
    return lines // LINES + 1, deep


def fetch(client: Any, address: str) -> Any:
    """Ask for an address.

    :raises RuntimeError: the answer is not 200.
    """
    answer = client.get(address)
    if answer.status_code != 200:
        raise RuntimeError(f"{address} answered {answer.status_code}")
    return answer

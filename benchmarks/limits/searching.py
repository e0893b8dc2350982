"""The search for players, by what is looked for, beside a look-up of one term in its index.

What is compared is processor time, of the client and of the server: the budget of a search is of that.
"""

from __future__ import annotations

from functools import partial

from benchmarks.limits.figure import Figure, Samples, interleave

#: Milliseconds.
BUDGET = 5
LOOK_UP = "SELECT owner_id FROM user_profile_playersearchterm WHERE place = 0 AND term = %s LIMIT 20"


def measure(samples: int = 20) -> list[Figure]:
    """Return what each kind of search takes for its first page."""
    from django.db import connection

    from deltacrown.pages.search import search_players

    def look_up(term: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(LOOK_UP, [term])
            cursor.fetchall()

    name = find_name()
    figures = []
    for what, query in list_queries(name).items():
        ours, limit = interleave(partial(search_players, query), partial(look_up, name), samples, warm_up=2)
        figures.append(
            Figure(
                f"search for players, {what}",
                _take_processor_time(ours),
                _take_processor_time(limit),
                budget=BUDGET,
                budget_of="value",
                peer="one term looked up in its index",
                note="Processor time of client and server.",
            )
        )
    return figures


def find_name() -> str:
    """Return the name in the middle of the alphabet."""
    from deltacrown.user_profile.models import PlayerSearchTerm

    whole = PlayerSearchTerm.objects.filter(place=0).order_by("term")
    return str(whole[whole.count() // 2].term)


def list_queries(name: str) -> dict[str, str]:
    """Return what is looked for → a query, by the names of ``benchmarks.season``."""
    return {
        "a whole name": name,
        "the beginning of some": "kalumi",
        "the beginning of thousands": "zen",
        "a word of thousands": "sullivan",
        "the middle of one": name[2:],
        "the middle of hundreds": "lum",
        "the middle of thousands": "kovic",
        "two words of one": f"smith {name[:4]}",
        "two words of thousands": "sullivan danel",
        "two words, nothing found": "zork qqww",
        "nothing found": "qqqwwx",
    }


def _take_processor_time(taken: Samples) -> Samples:
    server = taken.server or (0.0,) * len(taken.client)
    both = tuple(sum(each) for each in zip(taken.client, server, strict=True))
    return Samples(both, taken.client, taken.server)

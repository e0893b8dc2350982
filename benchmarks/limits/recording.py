"""What recording matches through the service takes, beside the bare rows with the same triggers.

Both commit. The players have played before; those of one call are drawn with a fixed seed. What was written
is deleted at the end, and what the players hold is synced with what is left.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from benchmarks.limits.figure import Figure, interleave

PREFIX = "limit-record-"
#: Lines of a match → the budget, as a ratio.
BUDGETS = {1: 2.5, 2: 2.2, 10: 1.8}
LATE_BUDGET, MANY_BUDGET = 1.5, 1.3
#: Rows of one call with many matches, each with so many lines.
MANY, LINES_OF_MANY = 10_000, 10
PLAYERS = 2_000

_numbers = count()


def measure_matches(samples: int = 60) -> list[Figure]:
    """Record single matches of 1, 2 and 10 lines, against ``save()`` or ``bulk_create`` of their rows."""
    with _players() as players:
        figures = []
        for lines, budget in BUDGETS.items():
            ours, limit = interleave(
                _prepare(lambda lines=lines: [_draw(players, lines)], _record_one),
                _prepare(lambda lines=lines: [_draw(players, lines)], _insert_bare),
                samples,
                warm_up=5,
            )
            peer = "save() of the row" if lines == 1 else "bulk_create of the rows"
            name = f"record a match of {lines} line{'s' if lines > 1 else ''}"
            figures.append(Figure(name, ours, limit, budget=budget, peer=f"{peer}, in a transaction"))
        return figures


def measure_late(samples: int = 30) -> list[Figure]:
    """Record matches amid the history of the player with the most, against such that continue it.

    Each at a time of its own: another match of the same player at the same time seems to be the same match,
    and is compared with it.
    """
    from deltacrown.games.models import Match
    from deltacrown.user_profile.models import UserProfile

    busiest = UserProfile.objects.select_related("user").order_by("-total_matches_played")[0]
    times = Match.objects.filter(user=busiest.user).order_by("played_at").values_list("played_at", flat=True)
    number = len(times)
    middle = [times[number // 4 + place * (number // 2) // samples] for place in range(samples)]
    draw = random.Random(7)

    def build_late() -> list[Any]:
        return [_build([busiest.user], draw.choice(middle) + timedelta(microseconds=1 + next(_numbers)))]

    with _players():
        ours, limit = interleave(
            _prepare(build_late, _record_one),
            _prepare(lambda: [_build([busiest.user])], _record_one),
            samples,
            warm_up=3,
        )
    note = f"a player with {number:,} matches"
    peer = "one later than all others"
    return [Figure("record a late match", ours, limit, budget=LATE_BUDGET, peer=peer, note=note)]


def measure_many(samples: int = 5) -> list[Figure]:
    """Record many matches in one call, against ``bulk_create`` of their rows."""
    figures = []
    with _players() as players:
        for lines in (1, LINES_OF_MANY):
            ours, limit = interleave(
                _prepare(lambda n=lines: [_draw(players, n) for _ in range(MANY // n)], _record_many),
                _prepare(lambda n=lines: [_draw(players, n) for _ in range(MANY // n)], _insert_bare),
                samples,
            )
            name = f"record {MANY:,} rows in one call, matches of {lines} line{'s' if lines > 1 else ''}"
            peer = "bulk_create of the rows"
            figures.append(Figure(name, ours, limit, unit="s", budget=MANY_BUDGET, peer=peer))
    return figures


def _prepare(build: Callable[[], list[Any]], write: Callable[[list[Any]], object]) -> Callable[[], object]:
    """Return a call that builds records and writes them; building takes the same on both sides."""
    return lambda: write(build())


@contextmanager
def _players() -> Iterator[list[Any]]:
    """Give players who have played; take back afterwards what was recorded of anybody."""
    from deltacrown.games.models import Match
    from deltacrown.user_profile.achievements.syncing import sync_match_achievements
    from deltacrown.user_profile.models import UserProfile

    profiles = UserProfile.objects.select_related("user").filter(total_matches_played__range=(5, 5_000))
    try:
        yield [profile.user for profile in profiles.order_by("pk")[:PLAYERS]]
    finally:
        written = Match.objects.filter(match_key__startswith=PREFIX)
        users = set(written.values_list("user_id", flat=True))
        written._raw_delete(written.db)
        sync_match_achievements(users=users)


def _draw(players: Sequence[Any], lines: int) -> Any:
    return _build(random.Random(next(_numbers)).sample(players, lines))


def _build(users: Sequence[Any], played_at: datetime | None = None) -> Any:
    """Return a record of a match; later than all others unless a time is given."""
    from deltacrown.games.models import Game
    from deltacrown.games.services import LineRecord, MatchRecord

    number = next(_numbers)
    lines = [
        LineRecord(
            user=user,
            result="WIN" if (place + number) % 2 else "LOSS",
            side="red" if place % 2 else "blue",
            score="13",
        )
        for place, user in enumerate(users)
    ]
    return MatchRecord(
        game=_find(Game),
        match_key=f"{PREFIX}{number}",
        played_at=played_at or datetime.now(UTC) + timedelta(milliseconds=number),
        lines=tuple(lines),
    )


_found: dict[Any, Any] = {}


def _find(model: Any) -> Any:
    if model not in _found:
        _found[model] = model.objects.order_by("pk")[0]
    return _found[model]


def _record_one(records: list[Any]) -> None:
    from deltacrown.games.services import record_match

    for record in records:
        record_match(record=record, now=datetime.now(UTC))


def _record_many(records: list[Any]) -> None:
    from deltacrown.games.services import record_matches

    outcomes = record_matches(records=records, now=datetime.now(UTC))
    if any(outcome.refusal for outcome in outcomes):
        raise RuntimeError("a match was refused")


def _insert_bare(records: list[Any]) -> None:
    from django.db import transaction

    from deltacrown.games.models import Match

    rows = [
        Match(
            user=line.user,
            game=record.game,
            match_key=record.match_key,
            played_at=record.played_at,
            result=line.result,
            side=line.side,
            score=line.score_text,
        )
        for record in records
        for line in record.lines
    ]
    with transaction.atomic():
        if len(rows) == 1:
            rows[0].save()
        else:
            Match.objects.bulk_create(rows)

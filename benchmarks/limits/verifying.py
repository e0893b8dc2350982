"""Verification and repair of every number, against the same recount written as one statement of raw SQL.

The statement reads each source once for both holders and compares with both, as a person would write it who
knows every number by heart. Beside it stands the recount alone, which compares with nothing.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from benchmarks.limits.figure import Figure, Samples, interleave_all

RECOUNT = """
WITH m AS (
    SELECT user_id, game_id, COUNT(*) AS p, COUNT(*) FILTER (WHERE result = 'WIN') AS w
    FROM games_match WHERE voided_at IS NULL AND uncounted_reason = '' GROUP BY user_id, game_id),
a AS (
    SELECT user_id, game_id, COUNT(*) AS p, COUNT(*) FILTER (WHERE result = 'WIN') AS w
    FROM games_archivedmatch WHERE voided_at IS NULL AND uncounted_reason = '' GROUP BY user_id, game_id),
s AS (
    SELECT user_id, game_id, COUNT(*) AS p, COUNT(*) FILTER (WHERE result = 'WIN') AS w
    FROM tournaments_tournamentseriesresult WHERE uncounted_reason = '' GROUP BY user_id, game_id),
pm AS (SELECT user_id, SUM(p) AS p, SUM(w) AS w FROM m GROUP BY user_id),
pa AS (SELECT user_id, SUM(p) AS p, SUM(w) AS w FROM a GROUP BY user_id),
ps AS (SELECT user_id, SUM(p) AS p, SUM(w) AS w FROM s GROUP BY user_id),
t AS (SELECT user_id, COUNT(*) AS n FROM tournaments_tournamentparticipation GROUP BY user_id),
r AS (
    SELECT user_id, COUNT(*) FILTER (WHERE placement = 1) AS w,
        COALESCE(SUM(placement) FILTER (WHERE placement <= 10), 0) AS ps,
        COUNT(*) FILTER (WHERE placement <= 10) AS pc
    FROM tournaments_tournamentresult
    WHERE uncounted_reason = '' AND disqualified_at IS NULL AND unplaced_reason = ''
        AND placement IS NOT NULL AND user_id IS NOT NULL
    GROUP BY user_id),
d AS (SELECT reporter_id AS user_id, COUNT(*) AS n FROM moderation_dispute GROUP BY reporter_id),
c AS (SELECT user_id, COUNT(*) AS n FROM user_profile_userachievement GROUP BY user_id),
x AS (SELECT user_id, SUM(points) AS n FROM user_profile_experienceaward GROUP BY user_id)
"""
ALONE = f"""{RECOUNT}
SELECT (SELECT SUM(p) + SUM(w) FROM m), (SELECT SUM(p) + SUM(w) FROM a), (SELECT SUM(p) + SUM(w) FROM s),
    (SELECT SUM(p) + SUM(w) FROM pm), (SELECT SUM(p) + SUM(w) FROM pa), (SELECT SUM(p) + SUM(w) FROM ps),
    (SELECT SUM(n) FROM t), (SELECT SUM(w) + SUM(ps) + SUM(pc) FROM r), (SELECT SUM(n) FROM d),
    (SELECT SUM(n) FROM c), (SELECT SUM(n) FROM x)
"""
COMPARED = f"""{RECOUNT}
SELECT h.user_id, h.game_id FROM user_profile_gamestats h
LEFT JOIN m ON m.user_id = h.user_id AND m.game_id = h.game_id
LEFT JOIN a ON a.user_id = h.user_id AND a.game_id = h.game_id
LEFT JOIN s ON s.user_id = h.user_id AND s.game_id = h.game_id
WHERE h.matches_played <> COALESCE(m.p, 0) + COALESCE(a.p, 0)
    OR h.matches_won <> COALESCE(m.w, 0) + COALESCE(a.w, 0)
    OR h.series_played <> COALESCE(s.p, 0) OR h.series_won <> COALESCE(s.w, 0)
UNION ALL
SELECT h.user_id, NULL FROM user_profile_userprofile h
LEFT JOIN pm ON pm.user_id = h.user_id LEFT JOIN pa ON pa.user_id = h.user_id
LEFT JOIN ps ON ps.user_id = h.user_id LEFT JOIN t ON t.user_id = h.user_id
LEFT JOIN r ON r.user_id = h.user_id LEFT JOIN d ON d.user_id = h.user_id
LEFT JOIN c ON c.user_id = h.user_id LEFT JOIN x ON x.user_id = h.user_id
WHERE h.total_matches_played <> COALESCE(pm.p, 0) + COALESCE(pa.p, 0)
    OR h.matches_won <> COALESCE(pm.w, 0) + COALESCE(pa.w, 0)
    OR h.series_played <> COALESCE(ps.p, 0) OR h.series_won <> COALESCE(ps.w, 0)
    OR h.tournaments_participated <> COALESCE(t.n, 0) OR h.tournaments_won <> COALESCE(r.w, 0)
    OR h.placement_sum <> COALESCE(r.ps, 0) OR h.placement_count <> COALESCE(r.pc, 0)
    OR h.disputes_filed <> COALESCE(d.n, 0) OR h.achievement_count <> COALESCE(c.n, 0)
    OR h.experience_points <> COALESCE(x.n, 0)
"""
#: One row in a hundred of each holder drifts.
DAMAGE = [
    "UPDATE user_profile_userprofile SET matches_won = matches_won + 1 WHERE user_id % 100 = 7",
    "UPDATE user_profile_gamestats SET matches_won = matches_won + 1 WHERE id % 100 = 7",
]
PEER = "the recount of both holders and its comparison as one raw statement"


def measure(samples: int = 5) -> list[Figure]:
    """Measure on the database at hand, which must be right; what is damaged is repaired.

    :raises RuntimeError: numbers had drifted before.
    """
    from django_tally.models import Revision

    verified, compared, alone = interleave_all(
        [_verify, lambda: _read(COMPARED), lambda: _read(ALONE)], samples=samples
    )
    first: list[float] = []
    held: list[float] = []
    with _quiet(), _timed_repairs(held):
        repaired, against, _ = interleave_all(
            [_reconcile, lambda: _read(COMPARED), lambda: _read(ALONE)],
            samples=samples,
            before=_damage,
        )
        _reconcile()
    with _quiet(), _unrecorded(), _timed_repairs(first):
        # The first run tells of the rows whose numbers drift, as at a site that was filled without triggers.
        _damage()
        _reconcile()
    _read(f"ANALYZE {Revision._meta.db_table}")
    return [
        Figure("verify all numbers", verified, compared, budget=1.3, peer=PEER, note="takes no lock"),
        Figure("verify all numbers, beside the recount alone", verified, alone, peer="compares with nothing"),
        Figure("reconcile with 1 % drift", repaired, against, budget=2.0, peer=PEER),
        Figure("reconcile, the longest lock", Samples((max(held),)), budget=50, budget_of="value"),
        Figure("reconcile, the lock of a batch", Samples(tuple(held)), budget=50, budget_of="value"),
        Figure(
            "reconcile, rows that no trigger recorded, the longest lock",
            Samples((max(first),)),
            note="the first run, which tells of these rows",
        ),
    ]


def _verify() -> None:
    from django_tally.feeds import list_holders
    from django_tally.verification import find_drift

    if found := find_drift(*list_holders()):
        raise RuntimeError(f"drift: {found[:3]}")


def _read(statement: str) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(statement)
        if cursor.description:
            cursor.fetchall()


def _damage() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        for statement in DAMAGE:
            cursor.execute(statement)


def _reconcile() -> None:
    from django.utils import timezone

    from django_tally import reconciliation

    outcome = reconciliation.reconcile(cause="benchmark", clock=timezone.now)
    if len(outcome.drifts) != len(outcome.repairs):
        raise RuntimeError(f"{len(outcome.drifts)} drifted, {len(outcome.repairs)} repaired")


@contextmanager
def _quiet() -> Iterator[None]:
    """Write no line per repaired number, within."""
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)


@contextmanager
def _unrecorded() -> Iterator[None]:
    """Forget, within, that triggers saw the rows being written."""
    from django_tally.commits import RECORDINGS

    _read(f"CREATE TABLE kept_recordings AS SELECT * FROM {RECORDINGS}")
    _read(f"DELETE FROM {RECORDINGS}")
    try:
        yield
    finally:
        _read(f"INSERT INTO {RECORDINGS} SELECT * FROM kept_recordings WHERE true ON CONFLICT DO NOTHING")
        _read("DROP TABLE kept_recordings")


@contextmanager
def _timed_repairs(held: list[float]) -> Iterator[None]:
    """Collect how long each transaction of a repair took: no lock is held longer."""
    from django_tally import repairing

    repair: Callable[..., Any] = repairing._repair

    def timed(*args: Any, **options: Any) -> Any:
        started = time.perf_counter()
        try:
            return repair(*args, **options)
        finally:
            held.append(time.perf_counter() - started)

    repairing._repair = timed
    try:
        yield
    finally:
        repairing._repair = repair

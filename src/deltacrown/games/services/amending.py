"""Void and restore matches. Each acts on every row of the match, live or archived."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.dispatch import Signal

from deltacrown.accounts.models import User
from deltacrown.games import signals
from deltacrown.games.models import Game, Match, MatchRow
from deltacrown.games.services.lines import lock_match_lines, save_lines
from deltacrown.games.services.rules import check_reason
from django_tally.context import attributed_change
from django_tally.transactions import atomic_service


@atomic_service
@attributed_change
def void_match(
    *, game: Game, match_key: str, reason: str, now: datetime, by: User | None = None
) -> list[MatchRow]:
    """Void a match: it stays visible, marked with ``reason``, and counts nowhere.

    One that is void already keeps its date and reason.

    :param by: who decided; announced with the fact.
    :return: every row of the match.
    :raises MatchNotFound: it is not recorded.
    """
    check_reason(reason)
    rows = lock_match_lines(game, match_key)
    _mark(
        [row for row in rows if not row.is_voided],
        signals.match_voided,
        voided_at=now,
        reason=reason,
        by=by,
        now=now,
    )
    return rows


@atomic_service
@attributed_change
def restore_match(
    *, game: Game, match_key: str, reason: str, now: datetime, by: User | None = None
) -> list[MatchRow]:
    """Take a void back: the match counts again. One that counts stays as it is.

    :param reason: why the void was wrong; announced with the fact.
    :return: every row of the match.
    :raises MatchNotFound: it is not recorded.
    """
    check_reason(reason)
    rows = lock_match_lines(game, match_key)
    _mark(
        [row for row in rows if row.is_voided],
        signals.match_restored,
        voided_at=None,
        reason=reason,
        by=by,
        now=now,
    )
    return rows


def _mark(
    rows: Sequence[MatchRow],
    event: Signal,
    *,
    voided_at: datetime | None,
    reason: str,
    by: User | None,
    now: datetime,
) -> None:
    if not rows:
        return
    for row in rows:
        row.voided_at, row.void_reason = voided_at, reason if voided_at else ""
    save_lines(rows, ["voided_at", "void_reason"])
    event.send(Match, rows=list(rows), reason=reason, by=by, now=now)

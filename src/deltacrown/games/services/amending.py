"""Void and restore matches, whole or one player's line, live or archived."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.dispatch import Signal
from django.utils.translation import gettext as _

from deltacrown.accounts.models import User
from deltacrown.core.deeds import Deed
from deltacrown.games import signals
from deltacrown.games.models import Game, Match, MatchRow
from deltacrown.games.services.lines import MatchNotFound, lock_match_lines, save_lines
from deltacrown.games.services.logged import record_change
from deltacrown.games.services.queues import queue_for
from deltacrown.games.services.rules import check_reason
from django_tally.context import attributed_change
from django_tally.transactions import atomic_service


@atomic_service
@attributed_change
def void_match(
    *,
    game: Game,
    match_key: str,
    reason: str,
    now: datetime,
    by: User | None = None,
    user: User | None = None,
) -> list[MatchRow]:
    """Void a match, or one line of it: it stays visible, marked with ``reason``, and counts nowhere.

    What is void already keeps its date and reason.

    :param by: who decided; announced with the fact.
    :param user: the player whose line is void; None for the whole match.
    :return: every row of the match.
    :raises MatchNotFound: it is not recorded, or the user has no line of it.
    """
    check_reason(reason)
    rows = _lock(game, match_key)
    marked = [row for row in _pick(rows, user) if not row.is_voided]
    _mark(
        marked,
        signals.match_voided,
        voided_at=now,
        reason=reason,
        by=by,
        now=now,
    )
    if marked:
        record_change(Deed.MATCH_VOIDED, marked, by=by, of=user, reason=reason)
    return rows


@atomic_service
@attributed_change
def restore_match(
    *,
    game: Game,
    match_key: str,
    reason: str,
    now: datetime,
    by: User | None = None,
    user: User | None = None,
) -> list[MatchRow]:
    """Take a void back: the match counts again, or one line of it. What counts stays as it is.

    :param reason: why the void was wrong; announced with the fact.
    :param user: the player whose line counts again; None for every line, also those that were void alone.
    :return: every row of the match.
    :raises MatchNotFound: it is not recorded, or the user has no line of it.
    """
    check_reason(reason)
    rows = _lock(game, match_key)
    marked = [row for row in _pick(rows, user) if row.is_voided]
    _mark(
        marked,
        signals.match_restored,
        voided_at=None,
        reason=reason,
        by=by,
        now=now,
    )
    if marked:
        record_change(Deed.MATCH_RESTORED, marked, by=by, of=user, reason=reason)
    return rows


def _lock(game: Game, match_key: str) -> list[MatchRow]:
    """Lock the rows, and against a delivery that adds some at this time."""
    queue_for([(game.pk, match_key)])
    return lock_match_lines(game, match_key)


def _pick(rows: Sequence[MatchRow], user: User | None) -> list[MatchRow]:
    picked = [row for row in rows if user is None or row.user_id == user.pk]
    if user is not None and not picked:
        first = rows[0]
        words = {"player": user.shown_name, "key": repr(first.match_key), "game": first.game.name}
        message = _(
            "%(player)s has no line in match %(key)s of %(game)s; "
            "name one of its players, or none for the whole match."
        )
        raise MatchNotFound(message % words, field="player")
    return picked


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

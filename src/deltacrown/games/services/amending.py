"""Void, restore and correct matches. Each acts on every row of the match, live or archived."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.dispatch import Signal

from deltacrown.accounts.models import User
from deltacrown.core.errors import Conflict
from deltacrown.games import signals
from deltacrown.games.models import ArchivedMatch, Game, Match, MatchRow
from deltacrown.games.services.lines import lock_match_lines
from deltacrown.games.services.records import MatchChange
from deltacrown.games.services.rules import (
    InvalidMatch,
    check_reason,
    check_result,
    check_results,
    check_score,
)
from django_tally.context import attributed_change
from django_tally.transactions import atomic_service


class MatchIsVoided(Conflict):
    """A voided match cannot be corrected."""


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
    _save(rows, ["voided_at", "void_reason"])
    event.send(Match, rows=list(rows), reason=reason, by=by, now=now)


@atomic_service
@attributed_change
def correct_match(
    *,
    game: Game,
    match_key: str,
    results: Mapping[str, str],
    reason: str,
    now: datetime,
    by: User | None = None,
    scores: Mapping[str, int | None] | None = None,
) -> list[MatchRow]:
    """Correct the results of a match, and scores if given; players not named keep theirs.

    The match as corrected must be one that could be recorded: name every player whose result
    changes with it. Nothing to change changes nothing.

    :param results: username, in any case → ``WIN``, ``LOSS`` or ``DRAW``.
    :param scores: username → score of their side, or None for no score.
    :return: every row of the match.
    :raises InvalidMatch: an unknown result or player, or results that contradict each other.
    :raises MatchNotFound: it is not recorded.
    :raises MatchIsVoided: it is void; restore it first.
    """
    check_reason(reason)
    rows = lock_match_lines(game, match_key)
    if any(row.is_voided for row in rows):
        raise MatchIsVoided(
            f"Match {match_key!r} of {game.name} is void and counts nowhere; use restore_match first.",
            field="match_key",
        )
    changes = _apply(rows, results, scores or {})
    check_results((row.side, row.result) for row in rows)
    if changes:
        _save([change.row for change in changes], ["result", "score"])
        signals.match_corrected.send(Match, changes=changes, reason=reason, by=by, now=now)
    return rows


def _apply(
    rows: Sequence[MatchRow], results: Mapping[str, str], scores: Mapping[str, int | None]
) -> list[MatchChange]:
    """Set results and scores on ``rows``, unsaved, and return those that differ now."""
    if not results and not scores:
        raise InvalidMatch("Nothing to correct was given; name players with their results.", field="results")
    by_name = {row.user.username.lower(): row for row in rows}
    before = {row.pk: (row.result, row.score) for row in rows}
    for username, result in results.items():
        check_result(result)
        _find_player(by_name, username, field="results").result = result
    for username, score in scores.items():
        check_score(score)
        _find_player(by_name, username, field="scores").score = score
    changed = [row for row in rows if before[row.pk] != (row.result, row.score)]
    changes = []
    for row in changed:
        old_result, old_score = before[row.pk]
        changes.append(MatchChange(row=row, old_result=old_result, old_score=old_score))
    return changes


def _find_player(by_name: Mapping[str, MatchRow], username: str, *, field: str) -> MatchRow:
    try:
        return by_name[username.lower()]
    except KeyError:
        players = ", ".join(sorted(by_name))
        raise InvalidMatch(
            f"{username!r} is not in the match; its players are {players}.", field=field
        ) from None


def _save(rows: Sequence[MatchRow], fields: list[str]) -> None:
    """Write ``fields`` of rows of both tables, in order of id."""
    Match.objects.bulk_update([row for row in rows if isinstance(row, Match)], fields)
    ArchivedMatch.objects.bulk_update([row for row in rows if isinstance(row, ArchivedMatch)], fields)

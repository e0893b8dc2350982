"""Correct what a match says: results, scores, sides, stats, time, kind, and whose lines they are.

A correction is made as a whole: the match as it should be is put together and checked like a new one, then
the difference is written. So any correction that leads to a match that could be recorded can be made.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, TypedDict, TypeVar, Unpack

from deltacrown.accounts.models import User
from deltacrown.core.errors import Conflict
from deltacrown.core.names import make_name_key
from deltacrown.games import signals
from deltacrown.games.models import Game, Match, MatchRow
from deltacrown.games.services.lines import list_match_lines, lock_match_lines, save_lines
from deltacrown.games.services.recording import queue_for
from deltacrown.games.services.records import LineRecord, MatchChange
from deltacrown.games.services.rules import (
    InvalidMatch,
    check_kind,
    check_lines,
    check_played_at,
    check_reason,
)
from django_tally.context import attributed_change
from django_tally.transactions import atomic_service

CORRECTED = ["user", "result", "score", "side", "stats", "played_at", "kind"]
Value = TypeVar("Value")


class MatchIsVoided(Conflict):
    """A voided match cannot be corrected."""


class MatchCorrection(TypedDict, total=False):
    """What of a match is corrected; what is left out stays. Players are named as they are recorded now.

    :ivar results: username, in any case → ``WIN``, ``LOSS`` or ``DRAW``.
    :ivar scores: username → score of their side, or None for no score.
    :ivar sides: username → side.
    :ivar stats: username → all that the game reported of the player.
    :ivar moved: username → the player whose line it really is; two lines can be swapped.
    :ivar added: lines of players who are missing.
    :ivar removed: usernames of players who were not in the match.
    :ivar played_at: when it was played; of all lines.
    :ivar kind: ``CASUAL`` or ``TOURNAMENT``; a casual match is no longer one of a tournament.
    """

    results: Mapping[str, str] | None
    scores: Mapping[str, int | None] | None
    sides: Mapping[str, str] | None
    stats: Mapping[str, Mapping[str, Any]] | None
    moved: Mapping[str, User] | None
    added: Sequence[LineRecord]
    removed: Collection[str]
    played_at: datetime | None
    kind: str | None


@atomic_service
@attributed_change
def correct_match(
    *,
    game: Game,
    match_key: str,
    reason: str,
    now: datetime,
    by: User | None = None,
    **correction: Unpack[MatchCorrection],
) -> list[MatchRow]:
    """Correct what is recorded of a match; ``correction`` is described with ``MatchCorrection``.

    The match as corrected must be one that could be recorded: name every player whose result
    changes with it. Nothing to change changes nothing.

    :return: every row of the match.
    :raises InvalidMatch: an unknown result or player, or results that contradict each other.
    :raises MatchNotFound: it is not recorded.
    :raises MatchIsVoided: it is void; restore it first.
    """
    check_reason(reason)
    queue_for([(game.pk, match_key)])
    rows = lock_match_lines(game, match_key)
    if any(row.is_voided for row in rows):
        raise MatchIsVoided(
            f"Match {match_key!r} of {game.name} is void and counts nowhere; use restore_match first.",
            field="match_key",
        )
    _check_whole(correction, now)

    plan = _plan(rows, correction)
    check_lines(plan.lines)
    changes = plan.apply(correction)
    if not (changes or plan.new or plan.gone):
        return rows

    new = _write(changes, plan, correction)
    signals.match_corrected.send(
        Match, changes=changes, added=new, removed=plan.gone, reason=reason, by=by, now=now
    )
    return list_match_lines(game, match_key)


def _check_whole(correction: MatchCorrection, now: datetime) -> None:
    if not any(value or value == "" for value in correction.values()):
        raise InvalidMatch("Nothing to correct was given; name players with their results.", field="results")
    played_at, kind = correction.get("played_at"), correction.get("kind")
    if played_at is not None:
        check_played_at(played_at, now=now)
    if kind is not None:
        check_kind(kind)


@dataclass(kw_only=True)
class _Plan:
    """Which row says what after the correction.

    :param kept: pairs of a row and its line, by whichever player.
    :param new: lines without a row yet.
    :param gone: rows without a line any more.
    """

    kept: list[tuple[MatchRow, LineRecord]] = field(default_factory=list)
    new: list[LineRecord] = field(default_factory=list)
    gone: list[MatchRow] = field(default_factory=list)

    @property
    def lines(self) -> list[LineRecord]:
        """Return the lines of the whole match."""
        return [*(line for _, line in self.kept), *self.new]

    def apply(self, correction: MatchCorrection) -> list[MatchChange]:
        """Set on the rows what their lines say, unsaved, and return the rows that differ now."""
        changes = []
        for row, line in self.kept:
            change = MatchChange.start(row)
            row.user, row.result, row.side = line.user, line.result, line.side
            row.score, row.stats = line.score, dict(line.stats)
            row.played_at = correction.get("played_at") or row.played_at
            row.kind = correction.get("kind") or row.kind
            if change.is_real:
                changes.append(change)
        return changes


def _plan(rows: Sequence[MatchRow], correction: MatchCorrection) -> _Plan:
    """Put the match together as it should be.

    A player who is in it before and after keeps the row, whatever it says then: two rows of one player
    cannot be there even for a moment. Only what is left of moved lines goes to rows that became free.
    """
    corrected = _correct_lines(rows, correction)
    lines = [*corrected.values(), *correction.get("added", ())]
    rows_by_user = {row.user_id: row for row in rows}
    players = {line.user.pk for line in lines}
    free = [row for row in rows if row.user_id not in players]

    plan = _Plan()
    moved = []
    for line in lines:
        if line.user.pk in rows_by_user:
            plan.kept.append((rows_by_user[line.user.pk], line))
        elif any(line is each for each in corrected.values()):
            moved.append(line)
        else:
            plan.new.append(line)

    # Their own rows first, so that a line that is only moved stays the same row.
    for line in moved:
        own = next((row for row in free if corrected.get(row.pk) is line), None)
        row = own or next(row for row in free if row.pk in corrected)
        free.remove(row)
        plan.kept.append((row, line))
    plan.gone = free
    return plan


def _correct_lines(rows: Sequence[MatchRow], correction: MatchCorrection) -> dict[int, LineRecord]:
    """Return row's id → the line it should be, for the rows that are not taken out."""
    by_name = {make_name_key(row.user.username): row for row in rows}

    def by_row(values: Mapping[str, Value] | None, name: str) -> dict[int, Value]:
        return {_find_player(by_name, each, field=name).pk: value for each, value in (values or {}).items()}

    out = {_find_player(by_name, each, field="removed").pk for each in correction.get("removed", ())}
    given: dict[str, dict[int, Any]] = {
        "result": by_row(correction.get("results"), "results"),
        "score": by_row(correction.get("scores"), "scores"),
        "side": by_row(correction.get("sides"), "sides"),
        "stats": by_row(correction.get("stats"), "stats"),
        "user": by_row(correction.get("moved"), "moved"),
    }
    lines = {}
    for row in rows:
        line = LineRecord(user=row.user, result=row.result, side=row.side, score=row.score, stats=row.stats)
        different = {name: values[row.pk] for name, values in given.items() if row.pk in values}
        if row.pk not in out:
            lines[row.pk] = replace(line, **different)
    return lines


def _find_player(by_name: Mapping[str, MatchRow], username: str, *, field: str) -> MatchRow:
    try:
        return by_name[make_name_key(username)]
    except KeyError:
        players = ", ".join(sorted(by_name))
        raise InvalidMatch(
            f"{username!r} is not in the match; its players are {players}.", field=field
        ) from None


def _write(changes: Sequence[MatchChange], plan: _Plan, correction: MatchCorrection) -> list[Match]:
    """Write the difference and return the new rows. New ones first: what points to old ones may need them."""
    first = plan.kept[0][0] if plan.kept else plan.gone[0]
    rows = [
        Match(
            user=line.user,
            game=first.game,
            match_key=first.match_key,
            kind=correction.get("kind") or first.kind,
            side=line.side,
            result=line.result,
            score=line.score,
            stats=dict(line.stats),
            played_at=correction.get("played_at") or first.played_at,
        )
        for line in plan.new
    ]
    new = Match.objects.bulk_create(sorted(rows, key=lambda row: row.user_id))
    save_lines([change.row for change in changes], CORRECTED)
    if plan.gone:
        stays = [*(row for row, _ in plan.kept), *new]
        signals.match_lines_removing.send(Match, rows=plan.gone, stays=stays)
        for table in {type(row) for row in plan.gone}:
            table.objects.filter(pk__in=[row.pk for row in plan.gone if isinstance(row, table)]).delete()
    return new

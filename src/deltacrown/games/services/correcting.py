"""Correct what a match says: results, scores, sides, stats, time, kind, and whose lines they are.

A correction is made as a whole: the match as it should be is put together and checked like a new one, then
the difference is written. So any correction that leads to a match that could be recorded can be made.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Unpack

from django.utils.translation import gettext as _

from deltacrown.accounts.models import User
from deltacrown.core.deeds import Deed
from deltacrown.core.errors import Conflict
from deltacrown.games import signals
from deltacrown.games.models import Game, Match, MatchRow
from deltacrown.games.services.corrections import (
    MatchCorrection,
    Plan,
    correct_lines,
    correct_shared,
    plan_match,
)
from deltacrown.games.services.forfeits import find_forfeit_rule
from deltacrown.games.services.lines import list_match_lines, lock_match_lines, save_lines
from deltacrown.games.services.logged import record_change
from deltacrown.games.services.oddities import list_oddities
from deltacrown.games.services.queues import queue_for
from deltacrown.games.services.records import CORRECTABLE, ChangedMatch, MatchChange
from deltacrown.games.services.rules import (
    InvalidMatch,
    check_kind,
    check_lines,
    check_played_at,
    check_reason,
    check_sequence,
)
from django_tally.context import attributed_change
from django_tally.transactions import atomic_service

#: The columns that a correction writes.
CORRECTED = [name.removesuffix("_id") for name in CORRECTABLE]


class MatchIsVoided(Conflict):
    """A match that is void as a whole cannot be corrected."""


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
) -> ChangedMatch:
    """Correct what is recorded of a match; ``correction`` is described with ``MatchCorrection``.

    The match as corrected must be one that could be recorded: name every player whose result
    changes with it. Nothing to change changes nothing. A line that is void stays so, also where it is moved
    to the right player. Whether forfeits count is the rule of the match's tournament, else of the game.

    :return: every row of the match; its ``warnings`` say what looks odd about it now.
    :raises InvalidMatch: an unknown result or player, or a line that contradicts itself.
    :raises MatchNotFound: it is not recorded.
    :raises MatchIsVoided: every line of it is void; restore it first.
    """
    check_reason(reason)
    queue_for([(game.pk, match_key)])
    rows = lock_match_lines(game, match_key)
    if all(row.is_voided for row in rows):
        message = _("Match %(key)s of %(game)s is void and counts nowhere; use restore_match first.")
        raise MatchIsVoided(message % {"key": repr(match_key), "game": game.name}, field="match_key")

    plan = _plan(rows, correction, now)
    check_lines(plan.lines)
    changes = plan.apply()
    if changes or plan.new or plan.gone:
        new = write_plan(plan, changes)
        signals.match_corrected.send(
            Match, changes=changes, added=new, removed=plan.gone, reason=reason, by=by, now=now
        )
        rows = list_match_lines(game, match_key)
        record_change(Deed.MATCH_CORRECTED, rows, by=by, reason=reason)
    return ChangedMatch(rows, list_oddities(rows))


def _plan(rows: Sequence[MatchRow], correction: MatchCorrection, now: datetime) -> Plan:
    if "sequence" not in correction and not any(map(_says_something, correction.values())):
        message = _("Nothing to correct was given; name players with their results.")
        raise InvalidMatch(message, field="results")

    if correction.get("kind") is not None:
        check_kind(str(correction["kind"]))
    check_sequence(correction.get("sequence"))
    shared = correct_shared(rows, correction)
    if "played_at" in shared:
        check_played_at(shared["played_at"], now=now, is_time_known=shared["is_time_known"])

    kind = shared.get("kind", rows[0].kind)
    return plan_match(
        rows,
        correct_lines(rows, correction, now),
        shared=shared,
        counts_forfeits=find_forfeit_rule(rows, kind=kind),
    )


def _says_something(value: object) -> bool:
    return bool(value) or value is False or value == ""


def write_plan(plan: Plan, changes: Sequence[MatchChange]) -> list[Match]:
    """Write the difference and return the new rows. New ones first: what points to old ones may need them."""
    new = Match.objects.bulk_create(plan.build_new())
    save_lines([change.row for change in changes], CORRECTED)
    stays = [*(row for row, _ in plan.kept), *new]
    if plan.takes_out:
        for row in stays:
            row.are_players_settled = True
        save_lines(stays, ["are_players_settled"])
    if plan.gone:
        signals.match_lines_removing.send(Match, rows=plan.gone, stays=stays)
        for table in {type(row) for row in plan.gone}:
            table.objects.filter(pk__in=[row.pk for row in plan.gone if isinstance(row, table)]).delete()
    return new

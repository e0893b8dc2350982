"""Find the rule for forfeits of a match that is recorded: the game's, or one of its tournament."""

from __future__ import annotations

from collections.abc import Sequence

from deltacrown.games import signals
from deltacrown.games.models import Match, MatchRow


def find_forfeit_rule(rows: Sequence[MatchRow], *, kind: str) -> bool:
    """Return whether a match counts that a forfeit decided.

    Whoever has a rule for it beside the game's answers ``forfeit_rule_asked``: its tournament does.

    :param rows: its lines; never empty.
    :param kind: its kind, if it is to be another: a casual match is of no tournament.
    """
    if kind == MatchRow.Kind.TOURNAMENT:
        answers = [answer for _, answer in signals.forfeit_rule_asked.send(Match, rows=rows)]
        for answer in answers:
            if answer is not None:
                return bool(answer)

    return rows[0].game.counts_forfeits

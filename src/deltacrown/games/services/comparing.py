"""Compare a delivery with what is recorded under its key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.utils.translation import gettext as _

from deltacrown.core.errors import Conflict
from deltacrown.core.inputs import is_same_json
from deltacrown.core.names import make_name_key
from deltacrown.games.models import MatchRow
from deltacrown.games.services.counting import IMPLIED
from deltacrown.games.services.records import LineRecord, MatchRecord


class MatchConflict(Conflict):
    """The match key is recorded already, with other content."""


Result = MatchRow.Result

#: What all lines of a match share.
SHARED = ("played_at", "is_time_known", "sequence", "kind")


def find_conflict(record: MatchRecord, rows: Sequence[MatchRow]) -> MatchConflict | None:
    """Return the refusal of a record whose key is recorded as ``rows`` with other content, else None.

    Either may know players whom the other does not: what both know is compared. Whether a row was voided
    since is not. A record that comes void for a match that counts differs.
    """
    difference = _find_difference(record, {row.user_id: row for row in rows})
    if not difference:
        return None
    field, detail = difference
    words = {"key": repr(record.match_key), "game": record.game.name, "field": field, "detail": detail}
    if field == "void_reason":
        message = _(
            "Match %(key)s of %(game)s is recorded already and differs in %(field)s: %(detail)s. "
            "Nothing was changed; void it with void_match."
        )
    elif all(row.is_voided for row in rows):
        message = _(
            "Match %(key)s of %(game)s is recorded already and differs in %(field)s: %(detail)s. "
            "Nothing was changed; it is void: if it is wrong as recorded, record the right content in its "
            "place with replaces_void, or use restore_match and then correct_match."
        )
    else:
        message = _(
            "Match %(key)s of %(game)s is recorded already and differs in %(field)s: %(detail)s. "
            "Nothing was changed; if it is wrong as recorded, use correct_match."
        )
    return MatchConflict(message % words, field=field)


def _find_difference(record: MatchRecord, rows: dict[int, MatchRow]) -> tuple[str, str] | None:
    """Return the first field that differs, and both values in words.

    A delivery may know fewer of the players than are recorded, as the export of one player's matches does;
    more; or others altogether, as the export of another player's. One that knows some of them, and others
    instead of the rest, says more likely that a line is another player's.
    """
    first = next(iter(rows.values()))
    for field in SHARED:
        if getattr(first, field) != getattr(record, field):
            words = {"recorded": getattr(first, field), "given": getattr(record, field)}
            return field, _("%(recorded)s is recorded, %(given)s was given") % words

    if wrong := _find_player_difference(record, rows):
        return "lines", wrong
    known = [line for line in record.lines if line.user.pk in rows]
    for line in sorted(known, key=lambda line: line.user.username):
        if difference := _find_line_difference(record, line, rows[line.user.pk]):
            return difference
    return None


def _find_player_difference(record: MatchRecord, rows: Mapping[int, MatchRow]) -> str:
    """Return what is wrong with the players whom a delivery adds; empty where nothing is."""
    given = {line.user.pk for line in record.lines}
    unknown = sorted(line.user.shown_name for line in record.lines if line.user.pk not in rows)
    names = {"players": ", ".join(unknown)}
    if unknown and any(row.are_players_settled for row in rows.values()):
        return _("it names %(players)s, and a correction said who played") % names

    is_exchange = unknown and given & rows.keys() and not rows.keys() <= given
    if is_exchange:
        return _("it names %(players)s, and leaves out players who are recorded") % names
    if unknown and not given & rows.keys() and _has_other_winners(record, rows):
        return _("it names %(players)s with a winner of their own, as another match would") % names
    return ""


def _has_other_winners(record: MatchRecord, rows: Mapping[int, MatchRow]) -> bool:
    """Return whether others won by a delivery than as recorded: then the two are hardly one match."""
    recorded = {make_name_key(row.side) or user for user, row in rows.items() if row.result == Result.WIN}
    delivered = {
        make_name_key(line.side) or line.user.pk for line in record.lines if line.result == Result.WIN
    }
    return bool(recorded and delivered) and not recorded & delivered


def _find_line_difference(record: MatchRecord, line: LineRecord, row: MatchRow) -> tuple[str, str] | None:
    given = {
        "result": line.result,
        "side": line.side,
        "score": line.score_text,
        "placement": line.placement,
        "ended_by": line.ended_by,
        "uncounted_reason": line.uncounted_reason,
    }
    for field, value in given.items():
        recorded = getattr(row, field)
        if field == "side" and _is_same_side(line, recorded):
            continue
        # What follows from the line and a rule is not told again at every delivery.
        if field == "uncounted_reason" and not value and recorded in IMPLIED:
            continue
        if recorded != value:
            words = {"recorded": recorded, "player": line.user.username, "given": value}
            return field, _("%(recorded)s is recorded for %(player)s, %(given)s was given") % words
    if not is_same_json(row.stats, dict(line.stats)):
        words = {"player": line.user.username}
        return "stats", _("other numbers are recorded for %(player)s") % words
    if (line.void_reason or record.void_reason) and not row.is_voided:
        return "void_reason", _("it counts, and was given as void")
    return None


def _is_same_side(line: LineRecord, recorded: str) -> bool:
    """Return whether a side is the same under another of its names: a team may have been renamed since."""
    return bool(recorded) and make_name_key(recorded) in {make_name_key(line.side), *line.side_words}

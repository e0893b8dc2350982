"""Lines of matches that were away for a time, as those of an account that was merged into another player's.

What was decided about the whole match meanwhile holds for them too, once they are back: whether it is void,
its key, and what all lines share.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from django.dispatch import Signal

from deltacrown.accounts.models import User
from deltacrown.games import signals
from deltacrown.games.models import MATCH_TABLES, Match, MatchRow
from deltacrown.games.services.comparing import SHARED
from deltacrown.games.services.corrections import read_line
from deltacrown.games.services.counting import find_uncounted_reasons
from deltacrown.games.services.forfeits import find_forfeit_rule
from deltacrown.games.services.lines import list_lines_by_match, save_lines
from deltacrown.games.services.records import MatchChange
from django_tally.models import Revision
from django_tally.transactions import atomic_service

WRITTEN = [*SHARED, "match_key", "voided_at", "void_reason", "uncounted_reason"]


@atomic_service
def take_back_lines(
    *, returned: Mapping[int, int], since: int, reason: str, by: User | None, now: datetime
) -> None:
    """Set on lines that are back what was decided about their whole match meanwhile.

    A void, or taking it back, was about the whole match if all lines of it that were there are so now.

    :param returned: line's key → the key of the line that stayed in its place.
    :param since: the latest revision when they went away; later ones tell what was decided.
    """
    rows = _read([*returned, *returned.values()])
    keys = {key: _find_match(rows, key, stays) for key, stays in returned.items() if key in rows}
    matches = list_lines_by_match({*keys.values()})
    touched = _list_touched(matches, since)
    changes: list[MatchChange] = []
    events: dict[Signal, list[MatchRow]] = {signals.match_voided: [], signals.match_restored: []}
    for key, match in keys.items():
        row, others = rows[key], [each for each in matches.get(match, ()) if each.pk not in returned]
        if not others:
            continue
        change, was_void = MatchChange.start(row), row.is_voided
        _share(row, others)
        if any(each.pk in touched for each in others):
            _void_alike(row, others)
        changes.append(change)
        if row.is_voided != was_void:
            events[signals.match_voided if row.is_voided else signals.match_restored].append(row)

    save_lines([change.row for change in changes], WRITTEN)
    if different := [change for change in changes if change.is_real]:
        told = {"changes": different, "added": [], "removed": []}
        signals.match_corrected.send(Match, **told, reason=reason, by=by, now=now)
    for event, concerned in events.items():
        if concerned:
            event.send(Match, rows=concerned, reason=reason, by=by, now=now)


def _read(keys: Collection[int]) -> dict[int, MatchRow]:
    """Return lines by key, wherever they are."""
    found: dict[int, MatchRow] = {}
    for table in MATCH_TABLES:
        found |= {row.pk: row for row in table.objects.filter(pk__in=keys).select_related("user", "game")}
    return found


def _find_match(rows: Mapping[int, MatchRow], key: int, stays: int) -> tuple[int, str]:
    """Return game and key of the match, which has another key by now if the line that stayed has."""
    like = rows.get(stays, rows[key])
    return like.game_id, like.match_key


def _list_touched(matches: Mapping[tuple[int, str], Sequence[MatchRow]], since: int) -> set[int]:
    """Return the lines that were voided or restored since."""
    keys = [row.pk for rows in matches.values() for row in rows]
    later = Revision.objects.filter(pk__gt=since, source=Match._meta.label, row__in=keys)
    told = later.values_list("row", "old", "new")
    return {row for row, old, new in told if old and new and bool(old["voided_at"]) != bool(new["voided_at"])}


def _share(row: MatchRow, others: Sequence[MatchRow]) -> None:
    like, kind = others[0], row.kind
    for name in ("match_key", *SHARED):
        setattr(row, name, getattr(like, name))
    if row.kind != kind:  # whether forfeits count is another rule then
        lines = [read_line(each) for each in (row, *others)]
        counts = find_forfeit_rule(others, kind=row.kind)
        row.uncounted_reason = find_uncounted_reasons(lines, counts_forfeits=counts)[0]


def _void_alike(row: MatchRow, others: Sequence[MatchRow]) -> None:
    """Void a line, or let it count again, if all others are so."""
    if all(each.is_voided for each in others) and not row.is_voided:
        row.voided_at, row.void_reason = others[0].voided_at, others[0].void_reason
    elif not any(each.is_voided for each in others):
        row.voided_at, row.void_reason = None, ""

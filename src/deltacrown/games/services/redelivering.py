"""What a delivery means for a match that is recorded: nothing, more players, or its content anew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from operator import attrgetter

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from deltacrown.core.errors import DomainError
from deltacrown.core.inserts import insert_rows
from deltacrown.games import signals
from deltacrown.games.models import Match, MatchRow
from deltacrown.games.services.building import build_row, build_rows
from deltacrown.games.services.comparing import SHARED, MatchConflict, find_conflict
from deltacrown.games.services.correcting import write_plan
from deltacrown.games.services.corrections import Target, plan_match
from deltacrown.games.services.counting import IMPLIED, find_uncounted_reasons
from deltacrown.games.services.forfeits import find_forfeit_rule
from deltacrown.games.services.lines import list_match_lines, lock_match_lines, save_lines
from deltacrown.games.services.oddities import list_oddities
from deltacrown.games.services.records import (
    LineRecord,
    MatchChange,
    MatchKey,
    MatchRecord,
    RecordOutcome,
    RecordStatus,
)
from django_tally.context import attributed

#: The rows of matches by key.
Lines = dict[MatchKey, list[MatchRow]]

#: Why rows changed that a later delivery touched, as the history of numbers tells it.
ADDED = gettext_noop("A later delivery named more players of the match.")
REPLACED = gettext_noop("The match was void, and was recorded anew.")
#: What a delivery is told.
STILL_VOID = gettext_noop(
    "It is recorded with this content and is void; it counts again once it is restored."
)


class Postponed(MatchConflict):
    """The delivery would add players to a recorded match, or replace it: deliver it again for that.

    :ivar replaces: whether it would replace the match.
    """

    def __init__(self, record: MatchRecord, *, replaces: bool) -> None:
        words = {"key": repr(record.match_key), "game": record.game.name}
        super().__init__(_("Match %(key)s of %(game)s is recorded already.") % words)
        self.replaces = replaces


@dataclass(frozen=True, kw_only=True)
class _Addition:
    """Players whom a later delivery names beside those recorded.

    :param rows: the recorded rows.
    :param new: the rows to add, unsaved.
    :param changes: recorded rows that count otherwise then, set and unsaved.
    """

    record: MatchRecord
    rows: list[MatchRow]
    new: list[Match]
    changes: list[MatchChange]


@dataclass(kw_only=True)
class _Replacement:
    """New content for a void match.

    :param record: the content, with the players that later deliveries of the batch name beside.
    :param places: the deliveries that are refused if it cannot be written.
    """

    record: MatchRecord
    places: list[int]


@dataclass(frozen=True, kw_only=True)
class _Said:
    """What a recorded row says of how its match ended; a reason that follows from that is found anew."""

    result: str
    side: str
    ended_by: str
    uncounted_reason: str


@dataclass
class LaterDeliveries:
    """Deliveries of one batch whose matches are recorded. Judge each in turn, then write all.

    :param lines: the recorded rows by key; kept up to date.
    :param postpones: whether what would be written is refused instead.
    """

    lines: Lines
    now: datetime
    postpones: bool = False
    additions: dict[int, _Addition] = field(default_factory=dict)
    replacements: list[_Replacement] = field(default_factory=list)
    replacing: dict[MatchKey, _Replacement] = field(default_factory=dict)

    def judge(self, place: int, record: MatchRecord) -> RecordOutcome:
        """Return what becomes of a delivery; what it writes is written by ``write``.

        :param place: of the delivery in its batch.
        """
        rows = self.lines[record.key]
        is_void = all(row.is_voided for row in rows)
        conflict = find_conflict(record, rows)
        if conflict and not (record.replaces_void and is_void):
            return RecordOutcome.refused(conflict)

        known = {row.user_id for row in rows}
        unknown = [line for line in record.lines if line.user.pk not in known]
        if (conflict or unknown) and self.postpones:
            return RecordOutcome.refused(Postponed(record, replaces=conflict is not None))
        if conflict:
            return self._replace(place, record)
        replacement = self.replacing.get(record.key)
        if replacement is not None:
            replacement.places.append(place)
        if unknown and replacement is not None:
            return self._add_to_replacement(replacement, record, unknown)
        if unknown:
            return self._add(place, record, unknown)

        warnings = [_(STILL_VOID)] if record.replaces_void and is_void and not _comes_void(record) else []
        return RecordOutcome(
            status=RecordStatus.UNCHANGED, warnings=(*list_oddities(record.lines), *warnings)
        )

    def write(self, outcomes: list[RecordOutcome]) -> None:
        """Write what was judged, and set the outcomes of what is refused after all."""
        self._write_additions()
        for replacement in self.replacements:
            record = replacement.record
            try:
                with transaction.atomic(), attributed(actor="", reason=REPLACED):
                    _write_replacement(record, self.now)
            except DomainError as refusal:
                for place in replacement.places:
                    outcomes[place] = RecordOutcome.refused(refusal)
            self.lines[record.key] = list_match_lines(record.game, record.match_key)

    def _replace(self, place: int, record: MatchRecord) -> RecordOutcome:
        replacement = _Replacement(record=record, places=[place])
        self.replacements.append(replacement)
        self.replacing[record.key] = replacement
        self.lines[record.key] = [*build_rows(record, self.now)]
        return RecordOutcome(status=RecordStatus.REPLACED, warnings=tuple(list_oddities(record.lines)))

    def _add_to_replacement(
        self, replacement: _Replacement, record: MatchRecord, unknown: Sequence[LineRecord]
    ) -> RecordOutcome:
        """Add players to content that is not written yet."""
        lines = [replace(line, void_reason=line.void_reason or record.void_reason) for line in unknown]
        replacement.record = replace(replacement.record, lines=(*replacement.record.lines, *lines))
        self.lines[record.key] = [*build_rows(replacement.record, self.now)]
        oddities = list_oddities(self.lines[record.key])
        return RecordOutcome(status=RecordStatus.COMPLETED, warnings=tuple(oddities))

    def _add(self, place: int, record: MatchRecord, unknown: Sequence[LineRecord]) -> RecordOutcome:
        """Note the rows to add. Those of a match that is void as a whole are void as it is."""
        rows = self.lines[record.key]
        first = rows[0]
        known = [_read(row) for row in rows]
        reasons = find_uncounted_reasons([*known, *unknown], counts_forfeits=_find_rule(record, rows))

        new = [
            build_row(record, line, reason, self.now)
            for line, reason in zip(unknown, reasons[len(rows) :], strict=True)
        ]
        if all(row.is_voided for row in rows):
            for added in new:
                added.voided_at, added.void_reason = first.voided_at, added.void_reason or first.void_reason

        changes = []
        for row, reason in zip(rows, reasons[: len(rows)], strict=True):
            change = MatchChange.start(row)
            row.uncounted_reason = reason
            if change.is_real:
                changes.append(change)

        self.additions[place] = _Addition(record=record, rows=[*rows], new=new, changes=changes)
        self.lines[record.key] = [*rows, *new]
        oddities = list_oddities(self.lines[record.key])
        return RecordOutcome(status=RecordStatus.COMPLETED, warnings=tuple(oddities))

    def _write_additions(self) -> None:
        if not self.additions:
            return
        new = [row for addition in self.additions.values() for row in addition.new]
        # One order for all, so that writers do not deadlock.
        new.sort(key=attrgetter("game_id", "match_key", "user_id"))
        changes = [
            change
            for addition in self.additions.values()
            for change in addition.changes
            if change.row.pk is not None
        ]
        insert_rows(new)
        if changes:
            with attributed(actor="", reason=ADDED):
                save_lines([change.row for change in changes], ["uncounted_reason"])

        signals.matches_recorded.send(Match, rows=new)
        signals.match_lines_added.send(Match, rows=new, changes=changes)


def _read(row: MatchRow) -> _Said:
    is_implied = row.uncounted_reason in IMPLIED
    return _Said(
        result=row.result,
        side=row.side,
        ended_by=row.ended_by,
        uncounted_reason="" if is_implied else row.uncounted_reason,
    )


def _find_rule(record: MatchRecord, rows: Sequence[MatchRow]) -> bool:
    """Return whether a match counts that a forfeit decided; only one with a forfeit is asked for."""
    if record.counts_forfeits is not None:
        return record.counts_forfeits
    ends = {row.ended_by for row in rows} | {line.ended_by for line in record.lines}
    is_asked = MatchRow.EndedBy.FORFEIT in ends
    return find_forfeit_rule(rows, kind=record.kind) if is_asked else record.game.counts_forfeits


def _comes_void(record: MatchRecord) -> bool:
    return all(line.void_reason or record.void_reason for line in record.lines)


def _write_replacement(record: MatchRecord, now: datetime) -> None:
    """Write the content of a record in the place of a void match, and announce both."""
    rows = lock_match_lines(record.game, record.match_key)
    by_user = {row.user_id: row for row in rows}
    targets = []
    for line in record.lines:
        said = replace(line, void_reason=line.void_reason or record.void_reason)
        targets.append(replace(Target.add(said, now), row=by_user.get(line.user.pk)))

    plan = plan_match(
        rows,
        targets,
        shared={name: getattr(record, name) for name in SHARED},
        counts_forfeits=record.forfeit_rule,
    )
    changes = plan.apply()
    new = write_plan(plan, changes)

    told = {"reason": REPLACED, "by": None, "now": now}
    signals.match_corrected.send(Match, changes=changes, added=new, removed=plan.gone, **told)
    restored = [change.row for change in changes if not change.row.is_voided]
    if restored:
        signals.match_restored.send(Match, rows=restored, **told)

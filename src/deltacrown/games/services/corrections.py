"""What a match should be after a correction, and which row says what then: without the database."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, TypedDict, TypeVar

from django.utils.translation import gettext

from deltacrown.accounts.models import User
from deltacrown.core.days import start_of_day
from deltacrown.core.names import make_name_key
from deltacrown.games.models import Match, MatchRow
from deltacrown.games.services.comparing import SHARED
from deltacrown.games.services.counting import IMPLIED, find_uncounted_reasons
from deltacrown.games.services.records import LineRecord, MatchChange
from deltacrown.games.services.rules import InvalidMatch

Value = TypeVar("Value")

#: What is corrected of a single line, by the name in ``MatchCorrection``: the attribute of ``LineRecord``.
LINE_ATTRIBUTES = {
    "results": "result",
    "scores": "score",
    "sides": "side",
    "placements": "placement",
    "ended_by": "ended_by",
    "uncounted": "uncounted_reason",
    "stats": "stats",
    "moved": "user",
}


class MatchCorrection(TypedDict, total=False):
    """What of a match is corrected; what is left out stays. Players are named as they are recorded now.

    :ivar results: username, in any case → ``WIN``, ``LOSS``, ``DRAW`` or ``NONE``.
    :ivar scores: username → score of their side, or None for no score.
    :ivar sides: username → side.
    :ivar placements: username → place among all of the match, or None for none.
    :ivar ended_by: username → ``PLAY``, ``FORFEIT``, ``BYE``, ``RETIRED``, ``DISQUALIFIED``, ``ABANDONED``.
    :ivar uncounted: username → why the line counts nowhere; empty to take such a reason away. What follows
        from the line itself, as a bye, is found anew whatever is given here.
    :ivar stats: username → all that the game reported of the player.
    :ivar moved: username → the player whose line it really is; two lines can be swapped.
    :ivar added: lines of players who are missing.
    :ivar removed: usernames of players who were not in the match.
    :ivar played_at: when it was played; of all lines.
    :ivar is_time_known: False where the day alone is known. True needs ``played_at`` beside it.
    :ivar sequence: its place among matches of the same time; None given for none.
    :ivar kind: ``CASUAL`` or ``TOURNAMENT``; a casual match is no longer one of a tournament.
    """

    results: Mapping[str, str] | None
    scores: Mapping[str, str | int | None] | None
    sides: Mapping[str, str] | None
    placements: Mapping[str, int | None] | None
    ended_by: Mapping[str, str] | None
    uncounted: Mapping[str, str] | None
    stats: Mapping[str, Mapping[str, Any]] | None
    moved: Mapping[str, User] | None
    added: Sequence[LineRecord]
    removed: Collection[str]
    played_at: datetime | None
    is_time_known: bool | None
    sequence: int | None
    kind: str | None


@dataclass(frozen=True, kw_only=True)
class Target:
    """A line as it should be.

    :param voided_at: since when it is void; its reason is ``line.void_reason``.
    :param row: the row that says it now; None for a line that is added.
    """

    line: LineRecord
    voided_at: datetime | None = None
    row: MatchRow | None = None

    @classmethod
    def add(cls, line: LineRecord, now: datetime) -> Target:
        """Return a line that no row says yet."""
        return cls(line=line, voided_at=now if line.void_reason else None)


@dataclass(kw_only=True)
class Plan:
    """Which row says what after the correction.

    :param shared: what of ``SHARED`` is another, for every line.
    :param counts_forfeits: the rule of the match.
    :param kept: pairs of a row and its line, by whichever player.
    :param new: lines without a row yet.
    :param gone: rows without a line any more.
    :param takes_out: whether somebody is no longer in the match.
    """

    shared: Mapping[str, Any]
    counts_forfeits: bool
    takes_out: bool
    kept: list[tuple[MatchRow, Target]] = field(default_factory=list)
    new: list[Target] = field(default_factory=list)
    gone: list[MatchRow] = field(default_factory=list)

    @property
    def lines(self) -> list[LineRecord]:
        """Return the lines of the whole match."""
        return [*(target.line for _, target in self.kept), *(target.line for target in self.new)]

    def find_uncounted_reasons(self) -> dict[int, str]:
        """Return player's id → why the line counts nowhere; empty where it counts."""
        lines = self.lines
        reasons = find_uncounted_reasons(lines, counts_forfeits=self.counts_forfeits)
        return {line.user.pk: reason for line, reason in zip(lines, reasons, strict=True)}

    def apply(self) -> list[MatchChange]:
        """Set on the rows what their lines say, unsaved, and return the rows that differ now."""
        changes = []
        uncounted = self.find_uncounted_reasons()
        # What every row says before any of them is changed: two lines may be swapped.
        started = [(MatchChange.start(row), row, target) for row, target in self.kept]
        for change, row, target in started:
            self._write(row, target, uncounted)
            if change.is_real:
                changes.append(change)

        return changes

    def build_new(self) -> list[Match]:
        """Return the unsaved rows of the lines that have none, in order of player."""
        like = self.kept[0][0] if self.kept else self.gone[0]
        uncounted = self.find_uncounted_reasons()
        rows = []
        for target in sorted(self.new, key=lambda target: target.line.user.pk):
            row = Match(game=like.game, match_key=like.match_key)
            for name in SHARED:
                setattr(row, name, getattr(like, name))
            self._write(row, target, uncounted)
            rows.append(row)

        return rows

    def _write(self, row: MatchRow, target: Target, uncounted: Mapping[int, str]) -> None:
        line = target.line
        row.user, row.result, row.side = line.user, line.result, line.side
        row.score, row.stats = line.score_text, dict(line.stats)
        row.placement, row.ended_by = line.placement, line.ended_by
        row.uncounted_reason = uncounted[line.user.pk]
        row.voided_at, row.void_reason = target.voided_at, line.void_reason
        for name, value in self.shared.items():
            setattr(row, name, value)


def plan_match(
    rows: Sequence[MatchRow],
    targets: Sequence[Target],
    *,
    shared: Mapping[str, Any],
    counts_forfeits: bool,
) -> Plan:
    """Return which row of a match says which line.

    A player who is in it before and after keeps the row, whatever it says then: two rows of one player
    cannot be there even for a moment. Only what is left of moved lines goes to rows that became free.
    """
    rows_by_user = {row.user_id: row for row in rows}
    players = {target.line.user.pk for target in targets}
    free = [row for row in rows if row.user_id not in players]
    said = {target.row.pk for target in targets if target.row is not None}

    plan = Plan(shared=shared, counts_forfeits=counts_forfeits, takes_out=bool(free))
    moved = []
    for target in targets:
        if target.line.user.pk in rows_by_user:
            plan.kept.append((rows_by_user[target.line.user.pk], target))
        elif target.row is not None:
            moved.append(target)
        else:
            plan.new.append(target)

    # Their own rows first, so that a line that is only moved stays the same row.
    for target in moved:
        row = target.row if target.row in free else next(row for row in free if row.pk in said)
        free.remove(row)
        plan.kept.append((row, target))
    plan.gone = free
    return plan


def correct_lines(rows: Sequence[MatchRow], correction: MatchCorrection, now: datetime) -> list[Target]:
    """Return the lines as they should be, those that are added last.

    :raises InvalidMatch: a player is named who is not in the match.
    """
    by_name = {make_name_key(row.user.username): row for row in rows}

    def by_row(values: Mapping[str, Value] | None, name: str) -> dict[int, Value]:
        return {_find_player(by_name, each, field=name).pk: value for each, value in (values or {}).items()}

    given: dict[str, Any] = dict(correction)
    different = {attribute: by_row(given.get(name), name) for name, attribute in LINE_ATTRIBUTES.items()}
    out = {_find_player(by_name, each, field="removed").pk for each in correction.get("removed", ())}

    targets = []
    for row in rows:
        said = {attribute: values[row.pk] for attribute, values in different.items() if row.pk in values}
        if row.pk not in out:
            line = replace(read_line(row), **said)
            targets.append(Target(line=line, voided_at=row.voided_at, row=row))
    return [*targets, *(Target.add(line, now) for line in correction.get("added", ()))]


def correct_shared(rows: Sequence[MatchRow], correction: MatchCorrection) -> dict[str, Any]:
    """Return what of ``SHARED`` is corrected, for every line.

    :raises InvalidMatch: the time is said to be known, and is not given.
    """
    shared: dict[str, Any] = {}
    played_at, is_time_known = correction.get("played_at"), correction.get("is_time_known")
    if played_at is not None:
        shared = {"played_at": played_at, "is_time_known": is_time_known is not False}
    elif is_time_known is False:
        shared = {"played_at": start_of_day(rows[0].played_at), "is_time_known": False}
    elif is_time_known and not all(row.is_time_known for row in rows):
        message = gettext("The day alone is recorded; give played_at with the time.")
        raise InvalidMatch(message, field="played_at")

    if correction.get("kind") is not None:
        shared["kind"] = correction["kind"]
    if "sequence" in correction:
        shared["sequence"] = correction["sequence"]
    return shared


def read_line(row: MatchRow) -> LineRecord:
    """Return what a row says of its player; a reason that follows from that is found anew."""
    return LineRecord(
        user=row.user,
        result=row.result,
        side=row.side,
        score=row.score,
        placement=row.placement,
        ended_by=row.ended_by,
        uncounted_reason="" if row.uncounted_reason in IMPLIED else row.uncounted_reason,
        void_reason=row.void_reason,
        stats=row.stats,
    )


def _find_player(by_name: Mapping[str, MatchRow], username: str, *, field: str) -> MatchRow:
    try:
        return by_name[make_name_key(username)]
    except KeyError:
        words = {"name": repr(username), "players": ", ".join(sorted(by_name))}
        message = gettext("%(name)s is not in the match; its players are %(players)s.") % words
        raise InvalidMatch(message, field=field) from None

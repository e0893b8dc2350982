"""What a match must be to be recorded: rules on one record, without the database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from deltacrown.core.errors import InvalidInput
from deltacrown.core.inputs import check_integer, check_json_object, check_past, check_text, is_blank
from deltacrown.core.listing import write_choice
from deltacrown.games.models import MatchRow
from deltacrown.games.services.records import LineRecord, MatchRecord

#: How far ahead of ours a game server's clock may be: some state the time of their own zone as UTC.
CLOCK_TOLERANCE = timedelta(days=1)
#: The first time of the calendar, in UTC; Python and both databases begin there.
EARLIEST = datetime(1, 1, 1, tzinfo=UTC)
#: The words there are; an enumeration would list them anew for each line. What is given may not be hashable.
KINDS, RESULTS, ENDS = ([*words.values] for words in (MatchRow.Kind, MatchRow.Result, MatchRow.EndedBy))
LONGEST_KEY = 100
LONGEST_SIDE = 120
LONGEST_SCORE = 100
LONGEST_REASON = 500
#: What is said of a blank reason.
BLANK_VOID_OF_MATCH = gettext_noop("%(field)s is blank; say why the match is void, or leave it out.")
BLANK_VOID_OF_LINE = gettext_noop("%(field)s is blank; say why the line is void, or leave it out.")
BLANK_UNCOUNTED = gettext_noop("%(field)s is blank; say why the line counts nowhere, or leave it out.")


class InvalidMatch(InvalidInput):
    """The record contradicts itself: no players, one player twice, an abandoned match with a result."""


def check_record(record: MatchRecord, *, now: datetime) -> None:
    """Refuse a record that breaks a rule; a record that passes can be stored.

    :raises InvalidInput: naming the field and how to mend it.
    """
    check_text(record.match_key, field="match_key", limit=LONGEST_KEY, required=True)
    check_optional_reason(record.void_reason, field="void_reason", blank=BLANK_VOID_OF_MATCH)
    check_kind(record.kind)
    if record.game.pk is None:
        raise InvalidMatch(_("The game is not saved; create it first."), field="game")
    check_played_at(record.played_at, now=now, is_time_known=record.is_time_known)
    check_sequence(record.sequence)
    check_lines(record.lines)


def check_kind(kind: str) -> None:
    """Refuse a word that is no kind of match."""
    if kind not in KINDS:
        words = {"kind": repr(kind), "kinds": write_choice(MatchRow.Kind.values)}
        raise InvalidMatch(_("kind %(kind)s is unknown; give %(kinds)s.") % words, field="kind")


def check_lines(lines: Sequence[LineRecord]) -> None:
    """Refuse a line that contradicts itself, or two of one player. Lines that look odd together are taken."""
    _check_players(lines)
    for line in lines:
        _check_line(line)


def check_played_at(played_at: datetime, *, now: datetime, is_time_known: bool = True) -> None:
    """Refuse a time without time zone or more than a day ahead of ``now``, and a day with a time in it.

    Any year is taken.
    """
    check_past(played_at, field="played_at", now=now, tolerance=CLOCK_TOLERANCE)
    if played_at < EARLIEST:
        message = _("played_at is before the year 1 in UTC; check its time zone.")
        raise InvalidMatch(message, field="played_at")
    if not is_time_known and played_at.astimezone(UTC).time() != time():
        message = _("played_at is a day without a time, and must be the start of that day in UTC.")
        raise InvalidMatch(message, field="played_at")


def check_sequence(sequence: int | None) -> None:
    """Refuse what is no place in an order; None is no place."""
    if sequence is not None:
        check_integer(sequence, field="sequence", least=0)


def check_result(result: object) -> None:
    """Refuse a word that is no result."""
    if result not in RESULTS:
        words = {"result": f"{result!r:.40}", "results": ", ".join(MatchRow.Result.values)}
        raise InvalidMatch(_("result %(result)s is unknown; give %(results)s.") % words, field="result")


def check_ended_by(ended_by: object, result: str) -> None:
    """Refuse a word that is no end of a match, or an abandoned match with a result."""
    if ended_by not in ENDS:
        words = {"word": f"{ended_by!r:.40}", "words": ", ".join(MatchRow.EndedBy.values)}
        raise InvalidMatch(_("ended_by %(word)s is unknown; give %(words)s.") % words, field="ended_by")
    if ended_by == MatchRow.EndedBy.ABANDONED and result != MatchRow.Result.NONE:
        message = _(
            "An abandoned match has no result, and %(result)s was given; give NONE, or another ended_by."
        )
        raise InvalidMatch(message % {"result": result}, field="result")


def check_optional_reason(reason: str, *, field: str, blank: str) -> None:
    """Refuse a reason that is overlong, or given and blank.

    :param blank: what is said of a blank one, to be translated.
    """
    if reason == "":
        return
    check_text(reason, field=field, limit=LONGEST_REASON)
    if reason and is_blank(reason):
        raise InvalidMatch(_(blank) % {"field": field}, field=field)


def check_reason(reason: str) -> None:
    """Refuse an empty or overlong reason for changing what was recorded."""
    check_text(reason, field="reason", limit=LONGEST_REASON, required=True, multiline=True)


def check_score(score: object) -> None:
    """Refuse a score that is neither a short text nor a whole number; None is no score."""
    is_whole = isinstance(score, int) and not isinstance(score, bool)
    if score is not None:
        check_text(str(score) if is_whole else score, field="score", limit=LONGEST_SCORE)


def _check_players(lines: Sequence[LineRecord]) -> None:
    if not lines:
        raise InvalidMatch(_("The match has no players; give at least one line."), field="lines")
    seen: set[int] = set()
    for line in lines:
        if line.user.pk is None:
            words = {"player": repr(line.user.username)}
            message = _("The player %(player)s is not saved; create them first.") % words
            raise InvalidMatch(message, field="user")
        if line.user.pk in seen:
            words = {"player": line.user.username}
            message = _("%(player)s is in the match twice; give one line per player.") % words
            raise InvalidMatch(message, field="user")
        seen.add(line.user.pk)


def _check_line(line: LineRecord) -> None:
    check_result(line.result)
    check_ended_by(line.ended_by, line.result)
    check_text(line.side, field="side", limit=LONGEST_SIDE)
    check_score(line.score)
    if line.placement is not None:
        check_integer(line.placement, field="placement", least=1)
    check_optional_reason(line.uncounted_reason, field="uncounted_reason", blank=BLANK_UNCOUNTED)
    check_optional_reason(line.void_reason, field="void_reason", blank=BLANK_VOID_OF_LINE)
    check_json_object(line.stats, field="stats")

"""How rows that count became known, in words: recorded when and by whom, and corrected since."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext

from deltacrown.core.dates import write_day
from deltacrown.core.origins import ORIGINS
from deltacrown.core.words import translate_stored
from deltacrown.games.models import Match, MatchRow
from deltacrown.user_profile.histories.matches import get_tournament_details
from deltacrown.user_profile.numbers.change_words import (
    Row,
    Subject,
    describe_later,
    describe_reasons,
    describe_subject,
)
from deltacrown.user_profile.privacy import Viewer, sees_hidden
from django_tally.models import Revision
from django_tally.provenance import Provenance, read_recordings
from django_tally.sources import history_label


@dataclass(frozen=True)
class Recorded:
    """How one row became known.

    :param known_at: when its recording was committed.
    :param what: ``recorded 26 Nov 2026``; where it was corrected, also when and why.
    :param actor: who recorded it, or corrected it last; empty where that is unknown or not for the viewer.
    :param reason: why, likewise.
    """

    about: Subject
    known_at: datetime
    what: str
    actor: str
    reason: str
    is_explained: bool


def tell_recordings(rows: Iterable[Any], player: int, viewer: Viewer) -> dict[Row, Recorded]:
    """Return how rows of a player that count became known: two statements for those of one source.

    One more for the opponents in matches of tournaments.

    :param player: the id of the player whose history it is.
    """
    by_label: dict[str, list[Any]] = {}
    for row in dict.fromkeys(rows):
        by_label.setdefault(history_label(type(row)), []).append(row)
    if not by_label:
        return {}

    recordings = {
        (label, key): found
        for label, group in by_label.items()
        for key, found in read_recordings(label, {row.pk: row.recorded_at for row in group}).items()
    }
    revisions = _read_last_revisions(by_label, player)
    given = [
        *(each.reason for each in recordings.values()),
        *(each.reason for each in revisions.values()),
    ]
    reasons = describe_reasons(given, player)
    knows_who = sees_hidden(viewer)
    met = _find_opponents(by_label.get(Match._meta.label, []))
    return {
        row: _describe(
            _name(label, row, met),
            recordings[label, row.pk],
            revisions.get((label, row.pk)),
            reasons,
            knows_who,
        )
        for label, group in by_label.items()
        for row in group
    }


def _find_opponents(matches: Sequence[Any]) -> dict[int, str]:
    """Return row → whom it was played against, of those that say so: matches of tournaments."""
    official = [row.pk for row in matches if row.kind == MatchRow.Kind.TOURNAMENT]
    if not official:
        return {}

    played = get_tournament_details(official)
    return {pk: details.opponent for pk, details in played.items()}


def _name(label: str, row: Any, met: Mapping[int, str]) -> Subject:
    opponent = met.get(row.pk, "") if label == Match._meta.label else ""
    return describe_subject(row, opponent=opponent)


def _read_last_revisions(rows: Mapping[str, Sequence[Any]], owner: int) -> dict[tuple[str, int], Revision]:
    """Return the last change to each row since it was recorded that moved the owner's numbers."""
    of_rows = (Q(source=label, row__in=[each.pk for each in group]) for label, group in rows.items())
    found = Revision.objects.filter(reduce(or_, of_rows), owner=owner, old__isnull=False, new__isnull=False)
    return {(each.source, each.row): each for each in found.order_by("changed_at", "id")}


def _describe(
    about: Subject,
    recording: Provenance,
    revision: Revision | None,
    reasons: Mapping[str, str],
    knows_who: bool,
) -> Recorded:
    last = recording if revision is None else revision
    recorder = recording.actor if knows_who else ""
    what = _tell_recording(recording, recorder, reasons)
    if revision is not None:
        later = describe_later(revision.old or {}, revision.new or {}, write_day(revision.changed_at))
        what += f"; {later}{_because(revision.reason, reasons)}"

    return Recorded(
        about,
        recording.known_at,
        what,
        # Who ruled is for staff to know; what was decided and why is for everyone who may see the row.
        actor=last.actor if knows_who else "",
        reason=reasons.get(last.reason, ""),
        is_explained=revision is None or bool(revision.reason),
    )


def _tell_recording(recording: Provenance, actor: str, reasons: Mapping[str, str]) -> str:
    """Return when and how a row was recorded: ``recorded 26 Nov 2026 by import of Ann``."""
    told = {"day": write_day(recording.known_at), "actor": actor}
    if recording.reason in ORIGINS:
        told["origin"] = translate_stored(recording.reason)
        if actor:
            return gettext("recorded %(day)s by %(origin)s of %(actor)s") % told
        return gettext("recorded %(day)s by %(origin)s") % told
    sentence = gettext("recorded %(day)s by %(actor)s") if actor else gettext("recorded %(day)s")
    return sentence % told + _because(recording.reason, reasons)


def _because(reason: str, reasons: Mapping[str, str]) -> str:
    return f": {reasons[reason]}" if reason else ""

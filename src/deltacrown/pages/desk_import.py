"""Entering many at once from a list: what each line would do, and the doing of it."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db import transaction
from django.utils.translation import gettext as _

from deltacrown.accounts.models import User
from deltacrown.core.errors import DomainError, InvalidInput
from deltacrown.pages.desk_entrants import enter_named
from deltacrown.pages.desks import get_desk
from deltacrown.tournaments.models import Tournament, TournamentParticipation
from deltacrown.user_profile.standing import require_good_standing
from django_tally.transactions import atomic_service

#: The most lines of one list, and its most letters.
MOST_LINES, LONGEST_LIST = 200, 50_000


class Fate(StrEnum):
    """What becomes of a line."""

    ENTERED = "entered"
    THERE = "there"
    REFUSED = "refused"


@dataclass(frozen=True)
class ImportLine:
    """One line of a list.

    :param name: who is entered, else the line as it was written.
    :param seed: as the list has it; it is shown, and not kept.
    :param problem: why it is refused.
    """

    number: int
    name: str
    seed: str
    fate: Fate
    problem: str = ""


@dataclass(frozen=True)
class ImportOutcome:
    """What a list does, or would do."""

    tournament: Tournament
    lines: list[ImportLine]

    def count(self, fate: Fate) -> int:
        """Return how many lines have this fate."""
        return sum(line.fate == fate for line in self.lines)

    @property
    def entered(self) -> int:
        """Return how many lines enter somebody."""
        return self.count(Fate.ENTERED)

    @property
    def refused(self) -> int:
        """Return how many lines are refused."""
        return self.count(Fate.REFUSED)


@atomic_service
def import_entrants(*, slug: str, text: str, by: User, now: datetime, is_preview: bool) -> ImportOutcome:
    """Enter everybody on a list who can be; a list that is sent again changes nothing.

    :param text: names or public ids, one on a line; or CSV or NDJSON with ``player`` or ``team``.
    :param is_preview: whether all is only tried, and taken back.
    :raises DomainError: as ``get_desk``, or the list cannot be read.
    """
    event = get_desk(slug, viewer=by)
    require_good_standing(by, now)
    column = "team" if event.entrant_kind == Tournament.EntrantKind.TEAM else "player"
    with transaction.atomic():
        outcome = ImportOutcome(event, [_enter(event, line, by, now) for line in _read_lines(text, column)])
        if is_preview:
            transaction.set_rollback(True)
    return outcome


def _enter(event: Tournament, line: tuple[int, str, str], by: User, now: datetime) -> ImportLine:
    number, name, seed = line
    standing = TournamentParticipation.objects.standing().filter(tournament=event)
    before = standing.count()
    try:
        with transaction.atomic():
            entered = enter_named(slug=event.slug, entrant=name, reason="", by=by, now=now)
    except DomainError as refusal:
        return ImportLine(number, name, seed, Fate.REFUSED, refusal.at_field)
    return ImportLine(number, entered, seed, Fate.ENTERED if standing.count() > before else Fate.THERE)


def _read_lines(text: str, column: str) -> Iterator[tuple[int, str, str]]:
    """Yield the number, the name and the seed of each line that is not empty.

    :raises InvalidInput: there is none, there are too many, or one cannot be read.
    """
    if len(text) > LONGEST_LIST:
        message = _("This is too long: send %(most)s letters at most.")
        raise InvalidInput(message % {"most": LONGEST_LIST}, field="text")
    lines = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    if not lines:
        raise InvalidInput(_("This is needed."), field="text")
    if len(lines) > MOST_LINES:
        message = _("This has more than %(most)s lines: send it in parts.")
        raise InvalidInput(message % {"most": MOST_LINES}, field="text")
    if lines[0][1].lstrip().startswith("{"):
        yield from (_read_json(number, line, column) for number, line in lines)
        return
    header = [cell.strip().lower() for cell in next(csv.reader([lines[0][1]]), [])]
    if column not in header:
        yield from ((number, line.strip(), "") for number, line in lines)
        return
    for number, line in lines[1:]:
        cells = dict(zip(header, next(csv.reader([line]), []), strict=False))
        yield number, cells.get(column, "").strip(), cells.get("seed", "").strip()


def _read_json(number: int, line: str, column: str) -> tuple[int, str, str]:
    try:
        row = json.loads(line)
        name, seed = row[column], row.get("seed", "")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        message = _("This is no list: line %(number)s is no JSON with “%(column)s”.")
        raise InvalidInput(message % {"number": number, "column": column}, field="text") from error
    return number, str(name).strip(), str(seed)

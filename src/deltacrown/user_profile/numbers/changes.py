"""What a history says of each change of a number, and what the number was after it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext, gettext_noop

from deltacrown.core.days import Precision
from deltacrown.core.errors import InvalidInput
from deltacrown.core.pagination import InvalidCursor, Page, read_position, write_position
from deltacrown.games.models import Game
from deltacrown.user_profile.numbers.catalogue import PlayerNumber, StatLine, get_stat_field
from deltacrown.user_profile.numbers.change_words import Subject
from django_tally.fields import Stat
from django_tally.numbers import list_components
from django_tally.recounting import compute_each

Value = int | Decimal | None

#: What is said of the changes of a day that are told as one: not how many they were, nor of what.
ALL_OF_A_DAY = gettext_noop("all changes of the day together")


class HistoryOrder(StrEnum):
    """By which of its two times each change of a number is placed, the latest first.

    ``HAPPENED``: the rows that count now, by when what they tell of happened. ``KNOWN``: everything that
    moved the number on this site, by when it became known: recordings, corrections, voids, repairs.
    """

    HAPPENED = "happened"
    KNOWN = "known"


@dataclass(frozen=True)
class StatChange:
    """One change of a number, or of a part it is computed from.

    :param happened_at: when what the row tells of happened; ``None`` where no row is left to say so.
    :param known_at: when this site learnt of the change, by commit; ``None`` where the reader may know the
        day of happening only.
    :param is_time_known: whether ``happened_at`` is a time; else only its day is known.
    :param part: the label of the number that moved: the number's own, or that of the part.
    :param delta: by how much the part moved.
    :param value: what the number was from then on, in the order of the history.
    :param subject: the row it is about: ``Rocket match m12, played 1 Jun 2025``.
    :param what: what became of the row: ``recorded``, ``voided: smurfing``, ``result corrected from WIN to
        LOSS``; in order of happening also when: ``recorded 26 Nov 2026``.
    :param precision: ``DAY`` where the reader may not see a history from which the changes follow. Then this
        is all that changed on a day, and its time the midnight at which it began, without row, actor or
        reason.
    :param actor: who; empty when the write did not say, or when the viewer is not to know.
    :param reason: why, as the one who did it put it; empty when the write did not say.
    """

    happened_at: datetime | None
    known_at: datetime | None
    is_time_known: bool
    part: str
    delta: int
    value: Value
    subject: str
    what: str
    actor: str
    reason: str
    is_explained: bool
    #: The subject with what its page is found by.
    about: Subject
    precision: Precision = Precision.EXACT


@dataclass(frozen=True)
class StatHistory(Page[StatChange]):
    """A page of the changes of one number, latest first.

    :param is_counted: whether the number is a count or a sum itself; a computed one has the changes of its
        parts.
    :param precision: that of all its changes.
    """

    stat: StatLine
    game: Game | None
    is_counted: bool
    order: HistoryOrder
    precision: Precision = Precision.EXACT


def read_history_order(order: str, *, field: str = "order") -> HistoryOrder:
    """Return the order called ``order``.

    :raises InvalidInput: when there is none.
    """
    try:
        return HistoryOrder(order)
    except ValueError:
        raise InvalidInput(
            gettext("There is no order %(order)s: ask for %(one)s or %(other)s.")
            % {"order": repr(order), "one": HistoryOrder.HAPPENED, "other": HistoryOrder.KNOWN},
            field=field,
        ) from None


def list_parts(number: PlayerNumber) -> list[Stat]:
    """Return the counted stats that a number is made of."""
    return list_components(number.holder, number.column)


def is_counted(number: PlayerNumber) -> bool:
    """Return whether a number is a count or a sum itself."""
    return isinstance(get_stat_field(number.holder, number.column), Stat)


def name_listing(number: PlayerNumber, told: str) -> str:
    """Return what the cursors of a history are bound to."""
    return f"history/{told}/{number.user.pk}/{number.name}/{number.game.slug if number.game else ''}"


def name_part(number: PlayerNumber, part: str) -> str:
    """Return the label of a part of a number."""
    return get_stat_field(number.holder, part).label


def tell_day(
    number: PlayerNumber,
    part: str,
    delta: int,
    value: Value,
    *,
    happened_at: datetime | None = None,
    known_at: datetime | None = None,
) -> StatChange:
    """Return all changes of a day as one: by the midnight at which it began, and nothing else of them."""
    return StatChange(
        happened_at=happened_at,
        known_at=known_at,
        is_time_known=False,
        part=name_part(number, part),
        delta=delta,
        value=value,
        subject="",
        what=gettext(ALL_OF_A_DAY),
        actor="",
        reason="",
        is_explained=True,
        about=Subject(""),
        precision=Precision.DAY,
    )


def make_page(
    number: PlayerNumber,
    line: StatLine,
    entries: list[StatChange],
    cursor: str | None,
    *,
    order: HistoryOrder,
    precision: Precision = Precision.EXACT,
) -> StatHistory:
    """Return a page of a history; the last one where ``cursor`` is None."""
    return StatHistory(
        entries,
        cursor,
        has_next=cursor is not None,
        stat=line,
        game=number.game,
        is_counted=is_counted(number),
        order=order,
        precision=precision,
    )


@dataclass
class Countdown:
    """The parts of a number, taken back change by change from what they are now.

    Changes of one group came at once: the number after each is the number after all of them.

    :param totals: what each part was before the changes that were taken back.
    :param group: the group of the last of them, and ``shown`` what the parts were after it.
    """

    totals: list[int]
    group: Any = None
    shown: list[int] = field(default_factory=list)

    def take_back(self, part: int, delta: int, *, group: Any) -> list[int]:
        """Take back one change, and return what the parts were after it."""
        if group != self.group:
            self.group, self.shown = group, list(self.totals)
        self.totals[part] -= delta
        return self.shown

    def write(self, listing: str, position: Sequence[Any]) -> str:
        """Return the cursor of a page that ended at ``position``."""
        return write_position(listing, [list(position), self.group, self.totals, self.shown])


def read_countdown(listing: str, cursor: str) -> tuple[list[Any], Countdown]:
    """Return the position after which a page begins, and the parts as they were there.

    :raises InvalidCursor: the cursor does not belong to this listing.
    """
    found = read_position(listing, cursor)
    if len(found) != 4:
        raise InvalidCursor(
            gettext(
                "This page link belongs to another version of the list: start again from the first page."
            ),
            field="page",
        )
    position, group, totals, shown = found
    return position, Countdown(totals, group, shown)


def compute_values(number: PlayerNumber, several: Sequence[Sequence[int]]) -> list[Value]:
    """Return the number for each of ``several`` lists of what its parts were; one query for a derived one."""
    names = [part.name for part in list_parts(number)]
    return compute_each(
        number.holder, number.column, [dict(zip(names, each, strict=True)) for each in several]
    )

"""What is odd about standings, as published and after rulings. Nothing here is refused: organisers decide."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby, pairwise
from operator import attrgetter
from types import MappingProxyType
from typing import NamedTuple, TypeVar

from django.db.models import prefetch_related_objects
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from deltacrown.accounts.models import User
from deltacrown.teams.models import Team
from deltacrown.tournaments.models import Tournament, TournamentResult
from deltacrown.tournaments.services.entrants import get_entrant
from deltacrown.tournaments.services.placements import Place, split_place, write_place
from deltacrown.tournaments.services.result_table import ResultChange, ResultTable, place_of
from deltacrown.tournaments.services.standings import Standing

Row = TypeVar("Row")

#: The most warnings that are told, and the most names in one of them.
MOST_TOLD, MOST_NAMED = 20, 5


class Ruled(list[Row]):
    """The rows that a ruling or the completion is about, and what is odd about the standings it leaves.

    :ivar warnings: sentences for the organiser; empty when nothing is odd.
    """

    def __init__(self, rows: Sequence[Row], warnings: Sequence[str] = ()) -> None:
        super().__init__(rows)
        self.warnings = list(warnings)


@dataclass(frozen=True)
class Ranked:
    """An entrant of the standings, as far as the ranking goes."""

    entrant: User | Team
    place: Place | None
    prize: Decimal
    is_out: bool


class Group(NamedTuple):
    """The entrants who share a place."""

    place: Place
    members: list[Ranked]

    @property
    def text(self) -> str:
        return write_place(*split_place(self.place))


class Oddity(NamedTuple):
    """A sentence; ``%(who)s`` and ``%(whom)s`` in it stand for entrants, whose names take a query."""

    sentence: str
    values: Mapping[str, object] = MappingProxyType({})
    who: Sequence[User | Team] = ()
    whom: Sequence[User | Team] = ()


def list_oddities(table: ResultTable, changes: Sequence[ResultChange]) -> list[str]:
    """Return what is odd about the standings, after ``changes`` of the rows of one entrant."""
    rows = table.list_entrants()
    ranked = {row.pk: _rank_row(row) for row in rows}
    moved = [change for change in changes if change.result in rows and _has_moved(change)]

    ties = list(_find_new_ties(ranked, moved))
    are_new_winners = any(change.result.placement == 1 for change in moved) and bool(ties)
    return _write([*ties, *_find_oddities(ranked.values(), tells_winners=not are_new_winners)])


def list_standings_oddities(tournament: Tournament, standings: Iterable[Standing]) -> list[str]:
    """Return what is odd about standings that ``check_standings`` takes; at most one query, for names."""
    ranked = [
        Ranked(
            entrant=get_entrant(tournament, standing.user, standing.team),
            place=standing.place,
            prize=Decimal(standing.prize),
            is_out=bool(standing.disqualified_reason),
        )
        for standing in standings
    ]
    return _write(_find_oddities(ranked))


def describe_lost_prize(changes: Sequence[ResultChange]) -> list[str]:
    """Return that a prize belongs to nobody now, if a disqualification took one."""
    prize = max((change.old_prize for change in changes), default=0)
    if not prize:
        return []
    oddity = Oddity(
        _("The prize of %(prize)s that %(who)s had is nobody's now; give it away with correct_result."),
        {"prize": f"{prize:.2f}"},
        [_entrant_of(changes[0].result)],
    )
    return _write([oddity])


def describe_unplaced(rows: Sequence[TournamentResult]) -> list[str]:
    """Return that an entrant who was let in again has no placement, if there was none to restore."""
    if not rows or rows[0].placement is not None or rows[0].unplaced_reason:
        return []
    sentence = _("%(who)s is in again without a placement; give one with correct_result if there is one.")
    return _write([Oddity(sentence, who=[_entrant_of(rows[0])])])


def _find_oddities(entrants: Iterable[Ranked], *, tells_winners: bool = True) -> Iterator[Oddity]:
    """Yield what is odd about standings, in the order of the places."""
    known = sorted(entrants, key=lambda each: each.entrant.pk)
    placed = sorted((each for each in known if each.place is not None), key=attrgetter("place"))
    groups = [Group(place, list(members)) for place, members in groupby(placed, key=attrgetter("place"))]

    if not groups:
        yield Oddity(_("Nobody is placed."))
    if tells_winners:
        yield from _find_winners(groups)
    yield from _find_gaps(groups)
    yield from _find_odd_ranges(groups)
    yield from _find_larger_prizes(groups)
    for each in known:
        if each.is_out and each.prize:
            sentence = _("%(who)s is disqualified and has a prize of %(prize)s.")
            yield Oddity(sentence, {"prize": f"{each.prize:.2f}"}, [each.entrant])


def _find_new_ties(ranked: Mapping[int, Ranked], changes: Sequence[ResultChange]) -> Iterator[Oddity]:
    for change in changes:
        place = place_of(change.result)
        same = [each for pk, each in ranked.items() if each.place == place and pk != change.result.pk]
        if place is not None and same:
            sentence = _("%(who)s shares placement %(place)s with %(whom)s now.")
            said = {"place": write_place(*split_place(place))}
            yield Oddity(sentence, said, [_entrant_of(change.result)], [each.entrant for each in same])


def _find_winners(groups: Sequence[Group]) -> Iterator[Oddity]:
    """Yield that several share the first place."""
    for place, members in groups[:1]:
        if place == (1, 1) and len(members) > 1:
            yield Oddity(_("%(n)s are placed first: %(who)s."), {"n": len(members)}, _list_entrants(members))


def _find_gaps(groups: Sequence[Group]) -> Iterator[Oddity]:
    """Yield where the placements do not count 1, 2, 2, 4. What overlaps a range is not due anywhere."""
    due, reach = 1, 0
    for place, members in groups:
        first, last = place
        if first > due:
            sentence = _("Nobody is placed %(due)s; the next placement is %(first)s.")
            yield Oddity(sentence, {"due": due, "first": first})
        elif reach < first < due:
            sentence = _(
                "Placement %(first)s comes where %(due)s is due: as many places follow a tie as share it."
            )
            yield Oddity(sentence, {"due": due, "first": first})
        after = last + 1 if last > first else first + len(members)
        due = max(after, due) if first <= reach else after
        reach = max(reach, last)


def _find_odd_ranges(groups: Sequence[Group]) -> Iterator[Oddity]:
    """Yield the ranges that have more or fewer places than entrants, and the placements that overlap one."""
    furthest: Group | None = None
    for group in groups:
        first, last = group.place
        width, sharing = last - first + 1, len(group.members)
        if width > 1 and width != sharing:
            sentence = _("Of the %(width)s places %(places)s, %(n)s are taken: %(who)s.")
            said = {"width": width, "places": group.text, "n": sharing}
            yield Oddity(sentence, said, _list_entrants(group.members))

        if furthest is not None and first <= furthest.place[1]:
            yield Oddity(
                _("Placement %(place)s of %(who)s overlaps %(other)s of %(whom)s."),
                {"place": group.text, "other": furthest.text},
                _list_entrants(group.members),
                _list_entrants(furthest.members),
            )
        if furthest is None or last > furthest.place[1]:
            furthest = group


def _find_larger_prizes(groups: Sequence[Group]) -> Iterator[Oddity]:
    for better, worse in pairwise(groups):
        least = min(better.members, key=attrgetter("prize"))
        most = max(worse.members, key=attrgetter("prize"))
        if worse.place[0] > better.place[1] and most.prize > least.prize:
            yield Oddity(
                _(
                    "%(who)s, placed %(place)s, has a larger prize (%(prize)s) "
                    "than %(whom)s, placed %(better)s (%(less)s)."
                ),
                {
                    "place": worse.text,
                    "prize": f"{most.prize:.2f}",
                    "better": better.text,
                    "less": f"{least.prize:.2f}",
                },
                [most.entrant],
                [least.entrant],
            )


def _write(oddities: Iterable[Oddity]) -> list[str]:
    """Return the sentences with the names that pages show; at most one query, whatever their number."""
    found = list(oddities)
    told = found[:MOST_TOLD]
    groups = [[*group[:MOST_NAMED]] for oddity in told for group in (oddity.who, oddity.whom)]
    users = [each for group in groups for each in group if isinstance(each, User)]
    prefetch_related_objects(users, "profile")

    sentences = [
        each.sentence % {**each.values, "who": _list_names(each.who), "whom": _list_names(each.whom)}
        for each in told
    ]
    if more := max(len(found) - MOST_TOLD, 0):
        sentence = ngettext(
            "%(n)s more thing is odd about these standings.",
            "%(n)s more things are odd about these standings.",
            more,
        )
        sentences.append(sentence % {"n": more})
    return sentences


def _list_names(entrants: Sequence[User | Team]) -> str:
    names = [each.shown_name if isinstance(each, User) else each.name for each in entrants[:MOST_NAMED]]
    more = len(entrants) - MOST_NAMED
    listed = ", ".join(names)
    return _("%(names)s and %(n)s more") % {"names": listed, "n": more} if more > 0 else listed


def _list_entrants(members: Iterable[Ranked]) -> list[User | Team]:
    return [each.entrant for each in members]


def _rank_row(row: TournamentResult) -> Ranked:
    return Ranked(_entrant_of(row), place_of(row), row.prize_amount, is_out=row.disqualified_at is not None)


def _has_moved(change: ResultChange) -> bool:
    row = change.result
    return (row.placement, row.placement_to) != (change.old_placement, change.old_placement_to)


def _entrant_of(row: TournamentResult) -> User | Team:
    """Return the entrant of a row: the player, or of a team's own row the team."""
    entrant = row.user or row.team
    assert entrant is not None  # noqa: S101 - a constraint of the table
    return entrant

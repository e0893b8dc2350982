"""What a ruling on results would change, seen before it is made: it is tried out and taken back."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass
from decimal import Decimal

from deltacrown.core.trials import try_out
from deltacrown.pages.results_desk import link_entrant
from deltacrown.pages.tournament_entrants import EntrantLink
from deltacrown.tournaments.models import Tournament, TournamentParticipation, TournamentResult
from deltacrown.user_profile.models import UserProfile

#: Makes the ruling about a tournament and returns its warnings.
Deed = Callable[[Tournament], Sequence[str]]


@dataclass(frozen=True)
class Shown:
    """What the table of results says of an entrant. All that is empty: there is no result."""

    placement: int | None = None
    placement_to: int | None = None
    unplaced_reason: str = ""
    is_out: bool = False
    uncounted_reason: str = ""
    prize: Decimal = Decimal(0)
    is_there: bool = False


@dataclass(frozen=True)
class ResultShift:
    """How the result of an entrant changes."""

    entrant: EntrantLink
    old: Shown
    new: Shown


@dataclass(frozen=True)
class NumberShift:
    """How many players a number changes for, and what it is for all of them before and after."""

    players: int
    old: int
    new: int


@dataclass(frozen=True)
class Trial:
    """What a ruling would change.

    :param shifts: the results that change, in the order of the new places.
    :param gaining: who has a title more; ``losing``: one less.
    :param titles: of all players; so ``experience`` and ``achievements``.
    :param entries: how many registrations change.
    :param status: of the tournament afterwards.
    """

    warnings: list[str]
    shifts: list[ResultShift]
    gaining: list[EntrantLink]
    losing: list[EntrantLink]
    titles: NumberShift
    experience: NumberShift
    achievements: NumberShift
    entries: int
    old_status: str
    status: str

    @property
    def digest(self) -> str:
        """Return a short text that is another one for another outcome: it is sent along to confirm this."""
        return hashlib.sha256(repr(self).encode()).hexdigest()[:32]

    @property
    def changes_nothing(self) -> bool:
        """Return whether all is so already."""
        return not (self.shifts or self.entries) and self.old_status == self.status

    @property
    def old_prizes(self) -> Decimal:
        """Return the sum of the prizes that change, before."""
        return sum((shift.old.prize for shift in self.shifts), Decimal(0))

    @property
    def new_prizes(self) -> Decimal:
        """Return the sum of the prizes that change, after."""
        return sum((shift.new.prize for shift in self.shifts), Decimal(0))


@dataclass(frozen=True)
class _Picture:
    """What of a tournament a ruling may change."""

    results: dict[tuple[str, int], Shown]
    links: dict[tuple[str, int], EntrantLink]
    numbers: dict[int, tuple[int, int, int]]
    names: dict[int, EntrantLink]
    entries: dict[int, str]


def try_ruling(event: Tournament, deed: Deed) -> Trial:
    """Return what ``deed`` would change, and change nothing; in two times five queries beside its own.

    :raises DomainError: as the deed does.
    """

    def watch() -> Trial:
        tried = copy(event)
        before = _look(tried)
        warnings = list(deed(tried))
        after = _look(tried)
        tried.refresh_from_db(fields=["status"])
        return _compare(before, after, warnings, (event.status, tried.status))

    return try_out(watch)


def _compare(before: _Picture, after: _Picture, warnings: list[str], statuses: tuple[str, str]) -> Trial:
    nothing = Shown()
    moved = {
        key for key in before.results | after.results if before.results.get(key) != after.results.get(key)
    }
    links = before.links | after.links
    shifts = [
        ResultShift(links[key], before.results.get(key, nothing), after.results.get(key, nothing))
        for key in moved
    ]
    names = before.names | after.names

    def pick(sign: int) -> list[EntrantLink]:
        found = [user for user in names if sign * (_get(after, user)[0] - _get(before, user)[0]) > 0]
        return sorted((names[user] for user in found), key=lambda link: link.name.casefold())

    return Trial(
        warnings,
        sorted(shifts, key=_order),
        pick(1),
        pick(-1),
        titles=_shift(before, after, 0),
        experience=_shift(before, after, 1),
        achievements=_shift(before, after, 2),
        entries=sum(before.entries.get(pk) != status for pk, status in after.entries.items()),
        old_status=statuses[0],
        status=statuses[1],
    )


def _order(shift: ResultShift) -> tuple[object, ...]:
    new = shift.new
    return new.is_out, new.placement is None, new.placement or 0, new.placement_to or 0, shift.entrant.name


def _get(picture: _Picture, user: int) -> tuple[int, int, int]:
    return picture.numbers.get(user, (0, 0, 0))


def _shift(before: _Picture, after: _Picture, number: int) -> NumberShift:
    pairs = [
        (_get(before, user)[number], _get(after, user)[number]) for user in before.numbers | after.numbers
    ]
    changed = [(old, new) for old, new in pairs if old != new]
    return NumberShift(len(changed), sum(old for old, _new in changed), sum(new for _old, new in changed))


def _look(event: Tournament) -> _Picture:
    is_solo = event.entrant_kind == Tournament.EntrantKind.SOLO
    rows = TournamentResult.objects.filter(tournament=event, user__isnull=not is_solo)
    results, links = {}, {}
    for row in rows.select_related("user__profile", "team"):
        key = ("player", row.user_id) if is_solo else ("team", row.team_id)
        links[key] = link_entrant(row.user if is_solo else row.team)
        results[key] = _show(row)
    entries = dict(TournamentParticipation.objects.filter(tournament=event).values_list("pk", "status"))
    players = TournamentParticipation.objects.filter(tournament=event).values("user")
    numbers, names = {}, {}
    for profile in UserProfile.objects.filter(user__in=players).select_related("user"):
        numbers[profile.user_id] = (
            profile.tournaments_won,
            profile.experience_points,
            profile.achievement_count,
        )
        names[profile.user_id] = EntrantLink(profile.name, profile.public_id)
    return _Picture(results, links, numbers, names, entries)


def _show(row: TournamentResult) -> Shown:
    return Shown(
        placement=row.placement,
        placement_to=row.placement_to,
        unplaced_reason=row.unplaced_reason,
        is_out=row.disqualified_at is not None,
        uncounted_reason=row.uncounted_reason,
        prize=row.prize_amount,
        is_there=True,
    )

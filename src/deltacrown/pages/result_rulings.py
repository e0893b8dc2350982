"""Rulings on the results of a tournament by who runs it: seen before, then made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from django.utils.translation import gettext as _

from deltacrown.accounts.models import User
from deltacrown.core.errors import NotFound
from deltacrown.pages.desks import get_desk
from deltacrown.pages.result_trials import Trial, try_ruling
from deltacrown.pages.results_desk import EntrantLine, list_lines
from deltacrown.teams.models import Team
from deltacrown.tournaments import services
from deltacrown.tournaments.models import Disqualification, Tournament
from deltacrown.tournaments.services import Standing, suggest_standings
from django_tally.transactions import atomic_service

Status = Tournament.Status
#: The most entrants whose places one form takes; more come by the API or from a file.
MOST_IN_FORM = 512


class Do(StrEnum):
    """A ruling."""

    COMPLETE = "complete"
    CORRECT = "correct"
    DISQUALIFY = "disqualify"
    LIFT = "lift"
    ANNUL = "annul"
    LIFT_ANNULMENT = "lift-annulment"
    REOPEN = "reopen"


#: Ruling → the states of a tournament in which it is offered. The services decide for themselves.
OFFERED = {
    Do.COMPLETE: {Status.RUNNING},
    Do.CORRECT: {Status.COMPLETED},
    Do.DISQUALIFY: {Status.OPEN, Status.RUNNING, Status.COMPLETED},
    Do.LIFT: {Status.OPEN, Status.RUNNING, Status.COMPLETED, Status.CANCELLED},
    Do.ANNUL: {Status.COMPLETED},
    Do.LIFT_ANNULMENT: {Status.ANNULLED},
    Do.REOPEN: {Status.COMPLETED},
}


@dataclass(frozen=True, kw_only=True)
class Ruling:
    """What is ruled: the reason, of a correction the place and the prize, of a completion all standings.

    :param prize: None leaves it as it is.
    """

    do: Do
    reason: str = ""
    placement: int | None = None
    placement_to: int | None = None
    unplaced_reason: str = ""
    prize: Decimal | None = None
    standings: Sequence[Standing] = ()


@dataclass(frozen=True)
class EntrantDesk:
    """One entrant before who runs the tournament.

    :param offered: the rulings that can be made about it now.
    :param rulings: its disqualifications, lifted ones too, latest first.
    """

    tournament: Tournament
    line: EntrantLine
    offered: list[Do]
    rulings: list[Disqualification]


@dataclass(frozen=True)
class CompletionDesk:
    """What is shown to complete a tournament.

    :param lines: the entrants that can be placed.
    :param suggested: handle → the standing that is suggested; empty where nothing can be.
    """

    tournament: Tournament
    lines: list[EntrantLine]
    suggested: dict[str, Standing]
    is_offered: bool

    @property
    def fits(self) -> bool:
        """Return whether the entrants fit into one form."""
        return len(self.lines) <= MOST_IN_FORM


def get_entrant_desk(slug: str, *, handle: str, viewer: User) -> EntrantDesk:
    """Return one entrant of a tournament to who runs it.

    :param handle: the public id of a player, or the slug of a team.
    :raises NotFound: the tournament has no such entrant.
    """
    event = get_desk(slug, viewer=viewer)
    line = _find_line(event, handle)
    entrant = line.entered.entrant
    rulings = [each for each in services.list_disqualifications(event) if entrant in (each.user, each.team)]
    is_out = line.entered.is_disqualified or (
        line.result is not None and line.result.disqualified_at is not None
    )
    about = {Do.CORRECT: not line.entered.is_withdrawn, Do.DISQUALIFY: not is_out, Do.LIFT: is_out}
    offered = [do for do, fits in about.items() if fits and event.status in OFFERED[do]]
    return EntrantDesk(event, line, offered, rulings)


def get_completion_desk(slug: str, *, viewer: User, suggests: bool = False) -> CompletionDesk:
    """Return the entrants that can be placed, with the places that are suggested where that is asked for.

    A tournament that was reopened suggests what it had.
    """
    event = get_desk(slug, viewer=viewer)
    lines = [line for line in list_lines(event) if line.entered.stands]
    suggested = suggest(event, lines, from_table=suggests)
    return CompletionDesk(event, lines, suggested, is_offered=event.status in OFFERED[Do.COMPLETE])


def suggest(event: Tournament, lines: Sequence[EntrantLine], *, from_table: bool) -> dict[str, Standing]:
    """Return handle → the standing that is suggested.

    From the pairings where there are some, else what was official before a reopening, else, only where that
    is asked for, the order of the table: equal there, equal in place.
    """
    handles = {line.entered.entrant.pk: line.handle for line in lines}
    if found := suggest_standings(event):
        told = {(each.user or each.team).pk: each for each in found}  # type: ignore[union-attr]
        return {handles[pk]: each for pk, each in told.items() if pk in handles}
    if not from_table:
        before = [line for line in lines if line.result is not None]
        return {line.handle: _as_before(line) for line in before}

    keys = [(line.tally.rank_key, line.tally.points) for line in lines]
    return {
        line.handle: _standing_of(line, placement=keys.index(key) + 1)
        for line, key in zip(lines, keys, strict=True)
        if line.tally.played
    }


def _as_before(line: EntrantLine) -> Standing:
    result = line.result
    assert result is not None  # noqa: S101 - the caller asked
    return _standing_of(
        line,
        placement=result.placement,
        placement_to=result.placement_to,
        prize=result.prize_amount,
        unplaced_reason=result.unplaced_reason,
    )


def _standing_of(line: EntrantLine, **told: object) -> Standing:
    return Standing(**name_entrant(line.entered.entrant), **told)  # type: ignore[arg-type]


def name_entrant(entrant: User | Team) -> dict[str, User | Team]:
    """Return an entrant as the services take it."""
    return {"user" if isinstance(entrant, User) else "team": entrant}


def preview_ruling(*, slug: str, ruling: Ruling, viewer: User, now: datetime, handle: str = "") -> Trial:
    """Return what a ruling would change, and change nothing.

    :raises DomainError: as ``make_ruling``.
    """
    event, entrant = _find(slug, handle, ruling, viewer)
    return try_ruling(event, lambda tried: _rule(tried, entrant, ruling, viewer, now))


@atomic_service
def make_ruling(*, slug: str, ruling: Ruling, viewer: User, now: datetime, handle: str = "") -> list[str]:
    """Make a ruling, and return what is odd about the standings now. One that is made changes nothing.

    :param handle: the entrant it is about; empty for the tournament as a whole.
    :raises MayNotOrganise: ``viewer`` does not run the tournament, or may not take staff's annulment back.
    :raises NotFound: there is no such tournament, or no such entrant in it.
    :raises DomainError: as the services of the rulings.
    """
    event, entrant = _find(slug, handle, ruling, viewer)
    return list(_rule(event, entrant, ruling, viewer, now))


def _find(slug: str, handle: str, ruling: Ruling, viewer: User) -> tuple[Tournament, dict[str, User | Team]]:
    event = get_desk(slug, viewer=viewer)
    if ruling.do is Do.LIFT_ANNULMENT:
        services.require_lifting(event, viewer)
    return event, name_entrant(_find_line(event, handle).entered.entrant) if handle else {}


def _find_line(event: Tournament, handle: str) -> EntrantLine:
    found = [line for line in list_lines(event) if line.handle == handle]
    if not found:
        message = _("%(tournament)s has no such entrant.") % {"tournament": event.name}
        raise NotFound(message, field="entrant")
    return found[0]


def _rule(
    event: Tournament, entrant: dict[str, User | Team], ruling: Ruling, by: User, now: datetime
) -> Sequence[str]:
    """Make the ruling and return its warnings."""
    if ruling.do is Do.COMPLETE:
        return services.complete_tournament(tournament=event, standings=ruling.standings, now=now).warnings

    step = {"tournament": event, "reason": ruling.reason, "now": now, "by": by}
    if ruling.do is Do.CORRECT:
        return services.correct_result(
            **step,  # type: ignore[arg-type]
            **entrant,  # type: ignore[arg-type]
            placement=ruling.placement,
            placement_to=ruling.placement_to,
            unplaced_reason=ruling.unplaced_reason,
            prize=ruling.prize,
        ).warnings
    if ruling.do is Do.DISQUALIFY:
        return services.disqualify_entrant(**step, **entrant).warnings  # type: ignore[arg-type]
    if ruling.do is Do.LIFT:
        return services.lift_disqualification(**step, **entrant).warnings  # type: ignore[arg-type]
    decide = {
        Do.ANNUL: services.annul_tournament,
        Do.LIFT_ANNULMENT: services.lift_annulment,
        Do.REOPEN: services.reopen_tournament,
    }[ruling.do]
    decide(**step)  # type: ignore[arg-type]
    return []

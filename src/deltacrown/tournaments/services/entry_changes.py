"""The dated log of what happens to entrants and to rosters. The services of each step write it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext_lazy

from deltacrown.accounts.models import User
from deltacrown.core.dates import write_iso_minute
from deltacrown.core.inputs import check_past, check_text
from deltacrown.tournaments.models import EntryChange, Tournament, TournamentParticipation
from deltacrown.tournaments.services.entrants import InvalidEntrant, name_of

Kind = EntryChange.Kind
LONGEST_REASON = 500
_LATER_STEPS = {
    Kind.ENTERED: gettext_lazy("%(name)s entered at %(time)s, later than at; correct it."),
    Kind.CHECKED_IN: gettext_lazy("%(name)s checked in at %(time)s, later than at; correct it."),
    Kind.UNCHECKED: gettext_lazy(
        "The check-in of %(name)s was taken back at %(time)s, later than at; correct it."
    ),
    Kind.WITHDRAWN: gettext_lazy("%(name)s withdrew at %(time)s, later than at; correct it."),
    Kind.RETURNED: gettext_lazy("%(name)s came back at %(time)s, later than at; correct it."),
    Kind.JOINED: gettext_lazy("%(name)s joined the roster at %(time)s, later than at; correct it."),
    Kind.LEFT: gettext_lazy("%(name)s left the roster at %(time)s, later than at; correct it."),
}


@dataclass(frozen=True, kw_only=True)
class Dating:
    """When a step was taken, by whom, and why.

    :param at: None for the time of the database.
    """

    at: datetime | None = None
    by: User | None = None
    reason: str = ""

    def check(self, *, now: datetime | None, needs_reason: bool = False) -> None:
        """Refuse a time in the future, and a reason that cannot be stored.

        :param now: None for a caller that is not handed it.
        :raises InvalidInput: naming the field.
        """
        check_text(self.reason, field="reason", limit=LONGEST_REASON, required=needs_reason, multiline=True)
        if self.at is not None:
            check_past(self.at, field="at", now=now)


def check_order(
    tournament: Tournament, roster: Sequence[TournamentParticipation], at: datetime | None
) -> None:
    """Refuse a time that is stated for a step of an entrant and is before its last one, or its registration.

    :raises InvalidEntrant: naming what it is before.
    """
    if at is None:
        return
    first = roster[0]
    is_solo = tournament.entrant_kind == Tournament.EntrantKind.SOLO
    steps = EntryChange.objects.filter(tournament=tournament)
    own = steps.filter(user=first.user_id) if is_solo else steps.filter(user=None, team=first.team_id)
    last = own.order_by("happened_at", "pk").last()

    since, kind = first.registered_at, Kind.ENTERED
    if last is not None:
        since, kind = last.happened_at, Kind(last.kind)
    if at < since:
        who = name_of(first.user if is_solo or first.team is None else first.team)
        raise InvalidEntrant(describe_later_step(who, kind, since), field="at")


def describe_later_step(who: object, kind: str, since: datetime) -> str:
    """Return that a step of an entrant was taken later than the time stated."""
    return _LATER_STEPS[Kind(kind)] % {"name": who, "time": write_iso_minute(since)}


def log_entrant(
    tournament: Tournament, roster: Sequence[TournamentParticipation], kind: str, dating: Dating
) -> None:
    """Record a step of an entrant as a whole: the player's in a solo event, the team's in others."""
    first = roster[0]
    is_solo = tournament.entrant_kind == Tournament.EntrantKind.SOLO
    change = build_change(
        tournament, kind, dating, user=first.user if is_solo else None, team_id=first.team_id
    )
    change.save(force_insert=True)


def build_change(
    tournament: Tournament,
    kind: str,
    dating: Dating,
    *,
    user: User | None,
    team_id: int | None,
    in_place_of: User | None = None,
) -> EntryChange:
    """Return the unsaved row of a step."""
    change = EntryChange(
        tournament=tournament,
        kind=kind,
        user=user,
        team_id=team_id,
        in_place_of=in_place_of,
        reason=dating.reason,
        decided_by=dating.by,
    )
    if dating.at is not None:
        change.happened_at = dating.at
    return change

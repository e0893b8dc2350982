"""Who was in which team, and when.

A membership is the stretch from ``joined_at`` up to, not including, ``left_at``: whoever leaves and
joins again at the same moment was never away. The stretches of one player in one team never overlap;
a player may be in several teams at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from deltacrown.accounts.models import User
from deltacrown.core.errors import Conflict, InvalidInput
from deltacrown.core.inputs import check_moment
from deltacrown.teams import signals
from deltacrown.teams.models import Team, TeamMembership
from django_tally.batches import in_batches
from django_tally.transactions import atomic_service


class InvalidDate(InvalidInput):
    """A departure before its arrival."""


class MembershipConflict(Conflict):
    """The stretch overlaps or contradicts one already recorded."""


class NotInTeam(Conflict):
    """The player is not in the team they are said to leave."""


@dataclass(frozen=True)
class MembershipRecord:
    """One stretch to record; ``left_at`` is empty while it lasts."""

    team: Team
    user: User
    joined_at: datetime
    left_at: datetime | None = None

    @property
    def key(self) -> tuple[int, int]:
        return self.team.pk, self.user.pk

    def __str__(self) -> str:
        end = f"to {self.left_at:%Y-%m-%d %H:%M}" if self.left_at else "on"
        return f"{self.user.username} in {self.team.name} from {self.joined_at:%Y-%m-%d %H:%M} {end}"


@atomic_service
def join_team(*, team: Team, user: User, joined_at: datetime) -> TeamMembership:
    """Put a player in a team from ``joined_at`` on; the same arrival told twice is one.

    :raises InvalidInput: ``joined_at`` has no time zone.
    :raises MembershipConflict: the player is in the team at that moment or later.
    """
    check_moment(joined_at, field="joined_at")
    _lock_teams([team.pk])
    memberships = TeamMembership.objects.filter(team=team, user=user)
    if same := memberships.filter(joined_at=joined_at).first():
        return same
    if (
        later := memberships.filter(Q(left_at__isnull=True) | Q(left_at__gt=joined_at))
        .order_by("joined_at")
        .first()
    ):
        raise MembershipConflict(
            f"{user.username} is in {team.name} from {later.joined_at:%Y-%m-%d %H:%M} already; record that departure first.",
            field="joined_at",
        )
    membership = TeamMembership.objects.create(team=team, user=user, joined_at=joined_at)
    signals.team_joined.send(TeamMembership, memberships=[membership])
    return membership


@atomic_service
def leave_team(*, team: Team, user: User, left_at: datetime) -> TeamMembership:
    """End a player's membership at ``left_at``; the same departure told twice is one.

    :raises InvalidInput: ``left_at`` has no time zone.
    :raises InvalidDate: it is before the arrival.
    :raises NotInTeam: the player has no membership that lasts, nor one that ended at that moment.
    """
    check_moment(left_at, field="left_at")
    _lock_teams([team.pk])
    memberships = TeamMembership.objects.filter(team=team, user=user).select_related("team", "user")
    if same := memberships.filter(left_at=left_at).first():
        return same
    membership = memberships.filter(left_at__isnull=True).first()
    if membership is None or left_at < membership.joined_at:
        raise _no_departure(team, user, membership)
    membership.left_at = left_at
    membership.save(update_fields=["left_at"])
    signals.team_left.send(TeamMembership, memberships=[membership])
    return membership


@atomic_service
def record_memberships(*, memberships: Sequence[MembershipRecord]) -> list[TeamMembership]:
    """Record many stretches at once, all or none; what is recorded already changes nothing.

    A record equals an existing membership when team, player and arrival are the same. One with a
    departure ends a membership that lasts; one without leaves an ended membership ended.

    :return: the rows written: new ones and those that ended now.
    :raises InvalidInput: a date has no time zone.
    :raises InvalidDate: a departure is before its arrival.
    :raises MembershipConflict: two stretches of a player in a team overlap, or tell different departures.
    """
    for record in memberships:
        _check_record(record)
    new: list[TeamMembership] = []
    ended: list[TeamMembership] = []
    by_team: dict[int, list[MembershipRecord]] = {}
    for record in memberships:
        by_team.setdefault(record.team.pk, []).append(record)
    for team_pks in in_batches(sorted(by_team)):
        _lock_teams(team_pks)
        ledger = _Ledger(TeamMembership.objects.filter(team__in=team_pks).select_related("team", "user"))
        for record in sorted(
            (record for pk in team_pks for record in by_team[pk]), key=lambda record: record.joined_at
        ):
            ledger.take(record)
        # Endings first: a player who comes back has one membership that lasts, not two.
        TeamMembership.objects.bulk_update(ledger.ended, ["left_at"])
        new += TeamMembership.objects.bulk_create(ledger.new)
        ended += ledger.ended
    _announce(new, ended)
    return new + ended


def list_roster(team: Team, at: datetime) -> list[User]:
    """Return the players in ``team`` at the moment ``at``, longest-serving first."""
    present = TeamMembership.objects.filter(team=team, joined_at__lte=at).filter(
        Q(left_at__isnull=True) | Q(left_at__gt=at)
    )
    return [membership.user for membership in present.select_related("user").order_by("joined_at", "id")]


class _Ledger:
    """The memberships of some teams, and what a run of records, oldest arrival first, adds to them."""

    def __init__(self, existing: Iterable[TeamMembership]) -> None:
        self.new: list[TeamMembership] = []
        self.ended: list[TeamMembership] = []
        self._stretches: dict[tuple[int, int], list[TeamMembership]] = {}
        for membership in existing:
            self._stretches.setdefault((membership.team_id, membership.user_id), []).append(membership)

    def take(self, record: MembershipRecord) -> None:
        """Add the stretch, end an open one of the same arrival, or find that it is known."""
        stretches = self._stretches.setdefault(record.key, [])
        known = next((stretch for stretch in stretches if stretch.joined_at == record.joined_at), None)
        if known is not None:
            self._end(known, record)
            return
        if any(_overlap(record, stretch) for stretch in stretches):
            raise MembershipConflict(
                f"{record} overlaps another stretch in that team; correct the dates.", field="joined_at"
            )
        membership = TeamMembership(
            team=record.team, user=record.user, joined_at=record.joined_at, left_at=record.left_at
        )
        stretches.append(membership)
        self.new.append(membership)

    def _end(self, known: TeamMembership, record: MembershipRecord) -> None:
        if record.left_at is None or record.left_at == known.left_at:
            return
        if known.left_at is None:
            known.left_at = record.left_at
            if known.pk is not None:
                self.ended.append(known)
        else:
            raise MembershipConflict(
                f"{record} is recorded with a departure at {known.left_at:%Y-%m-%d %H:%M}; correct one of the two.",
                field="left_at",
            )


def _overlap(record: MembershipRecord, stretch: TeamMembership) -> bool:
    starts_before_end = stretch.left_at is None or record.joined_at < stretch.left_at
    ends_after_start = record.left_at is None or record.left_at > stretch.joined_at
    return starts_before_end and ends_after_start


def _announce(new: Sequence[TeamMembership], ended: Sequence[TeamMembership]) -> None:
    """Tell of every arrival, and of every departure, of new rows too."""
    left = [membership for membership in new if membership.left_at is not None] + list(ended)
    if new:
        signals.team_joined.send(TeamMembership, memberships=list(new))
    if left:
        signals.team_left.send(TeamMembership, memberships=left)


def _lock_teams(pks: Sequence[int]) -> None:
    """Let one writer at a time change these teams' memberships; overlaps are beyond what a constraint can see."""
    list(Team.objects.select_for_update(no_key=True).filter(pk__in=pks).order_by("pk").values_list("pk"))


def _check_record(record: MembershipRecord) -> None:
    check_moment(record.joined_at, field="joined_at")
    if record.left_at is not None:
        check_moment(record.left_at, field="left_at")
        if record.left_at < record.joined_at:
            raise InvalidDate(f"{record} ends before it starts; correct the dates.", field="left_at")


def _no_departure(team: Team, user: User, membership: TeamMembership | None) -> InvalidDate | NotInTeam:
    """Return the refusal that fits: no membership lasts, or it began after the departure."""
    if membership is None:
        return NotInTeam(f"{user.username} is not in {team.name}; there is nothing to leave.", field="user")
    return InvalidDate(
        f"{user.username} joined {team.name} at {membership.joined_at:%Y-%m-%d %H:%M}; leaving cannot be earlier.",
        field="left_at",
    )

"""Team memberships over time.

A membership is the period from ``joined_at`` (included) to ``left_at`` (excluded), so a player who
leaves and joins again at the same time was never away. The periods of one player in one team do not
overlap; a player may be in several teams at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.utils.translation import gettext as _

from deltacrown.accounts.models import User
from deltacrown.core.dates import write_iso_minute
from deltacrown.core.errors import Conflict, InvalidInput
from deltacrown.core.inputs import check_past
from deltacrown.teams import signals
from deltacrown.teams.models import Team, TeamMembership
from django_tally.batches import in_batches
from django_tally.transactions import atomic_service


class InvalidDate(InvalidInput):
    """The leaving time is before the joining time."""


class MembershipConflict(Conflict):
    """The period overlaps or contradicts a recorded membership."""


class NotInTeam(Conflict):
    """The player is not in the team, so they cannot leave it."""


@dataclass(frozen=True)
class MembershipRecord:
    """A membership to record. ``left_at`` is None while the player is in the team."""

    team: Team
    user: User
    joined_at: datetime
    left_at: datetime | None = None

    @property
    def key(self) -> tuple[int, int]:
        return self.team.pk, self.user.pk

    def __str__(self) -> str:
        words = {
            "player": self.user.username,
            "team": self.team.name,
            "joined": write_iso_minute(self.joined_at),
        }
        if self.left_at is None:
            return _("%(player)s in %(team)s from %(joined)s on") % words
        words["left"] = write_iso_minute(self.left_at)
        return _("%(player)s in %(team)s from %(joined)s to %(left)s") % words


@atomic_service
def join_team(*, team: Team, user: User, joined_at: datetime) -> TeamMembership:
    """Record that a player joined a team; recording the same ``joined_at`` again changes nothing.

    :raises InvalidInput: ``joined_at`` has no time zone, or is in the future.
    :raises MembershipConflict: the player is in the team at ``joined_at`` or later.
    """
    check_past(joined_at, field="joined_at")
    lock_teams([team.pk])

    memberships = TeamMembership.objects.filter(team=team, user=user)
    if same := memberships.filter(joined_at=joined_at).first():
        return same

    lasts_longer = Q(left_at__isnull=True) | Q(left_at__gt=joined_at)
    if later := memberships.filter(lasts_longer).order_by("joined_at").first():
        raise _build_join_error(team, user, later)

    membership = TeamMembership.objects.create(team=team, user=user, joined_at=joined_at)
    signals.team_joined.send(TeamMembership, memberships=[membership])
    return membership


@atomic_service
def leave_team(*, team: Team, user: User, left_at: datetime) -> TeamMembership:
    """Record that a player left a team; recording the same ``left_at`` again changes nothing.

    :raises InvalidInput: ``left_at`` has no time zone, or is in the future.
    :raises InvalidDate: ``left_at`` is before the player joined.
    :raises NotInTeam: the player has no open membership, nor one that ended at ``left_at``.
    """
    check_past(left_at, field="left_at")
    lock_teams([team.pk])

    memberships = TeamMembership.objects.filter(team=team, user=user).select_related("team", "user")
    if same := memberships.filter(left_at=left_at).first():
        return same

    membership = memberships.filter(left_at__isnull=True).first()
    if membership is None or left_at < membership.joined_at:
        raise _build_leave_error(team, user, membership)

    membership.left_at = left_at
    membership.save(update_fields=["left_at"])
    signals.team_left.send(TeamMembership, memberships=[membership])
    return membership


@atomic_service
def record_memberships(*, memberships: Sequence[MembershipRecord]) -> list[TeamMembership]:
    """Record many memberships in one transaction; those recorded before change nothing.

    A record is the same membership as an existing row when team, player and ``joined_at`` are equal. A
    record with ``left_at`` ends an open membership; one without leaves an ended membership as it is.

    :return: the rows written: the new ones, then those that were ended.
    :raises InvalidInput: a datetime has no time zone, or is in the future.
    :raises InvalidDate: a ``left_at`` is before its ``joined_at``.
    :raises MembershipConflict: two periods of a player in a team overlap, or give different ends.
    """
    for record in memberships:
        _check_record(record)

    by_team: dict[int, list[MembershipRecord]] = {}
    for record in memberships:
        by_team.setdefault(record.team.pk, []).append(record)

    new: list[TeamMembership] = []
    ended: list[TeamMembership] = []
    for team_pks in in_batches(sorted(by_team)):
        lock_teams(team_pks)
        changes = _Changes(TeamMembership.objects.filter(team__in=team_pks).select_related("team", "user"))
        records = [record for pk in team_pks for record in by_team[pk]]
        for record in sorted(records, key=lambda record: record.joined_at):
            changes.add(record)

        # Updates first: a player who comes back must not have two open memberships at any time.
        TeamMembership.objects.bulk_update(changes.ended, ["left_at"])
        new += TeamMembership.objects.bulk_create(changes.new)
        ended += changes.ended

    _send_signals(new, ended)
    return new + ended


def list_roster(team: Team, at: datetime) -> list[User]:
    """Return the players in ``team`` at time ``at``, those who joined first at the top."""
    present = TeamMembership.objects.present_at(at).filter(team=team)
    return [membership.user for membership in present.select_related("user").order_by("joined_at", "id")]


class _Changes:
    """The rows that a sequence of records, sorted by ``joined_at``, adds to and ends in some teams."""

    def __init__(self, existing: Iterable[TeamMembership]) -> None:
        self.new: list[TeamMembership] = []
        self.ended: list[TeamMembership] = []
        self._memberships: dict[tuple[int, int], list[TeamMembership]] = {}
        for membership in existing:
            self._memberships.setdefault((membership.team_id, membership.user_id), []).append(membership)

    def add(self, record: MembershipRecord) -> None:
        """Add a membership, or end the open one with the same ``joined_at``; a known one changes nothing."""
        memberships = self._memberships.setdefault(record.key, [])
        known = next((each for each in memberships if each.joined_at == record.joined_at), None)
        if known is not None:
            self._end(known, record)
            return

        if any(_is_overlapping(record, each) for each in memberships):
            message = _("%(membership)s overlaps another membership in that team; correct the dates.")
            raise MembershipConflict(message % {"membership": record}, field="joined_at")

        membership = TeamMembership(
            team=record.team, user=record.user, joined_at=record.joined_at, left_at=record.left_at
        )
        memberships.append(membership)
        self.new.append(membership)

    def _end(self, known: TeamMembership, record: MembershipRecord) -> None:
        if record.left_at is None or record.left_at == known.left_at:
            return
        if known.left_at is None:
            known.left_at = record.left_at
            if known.pk is not None:
                self.ended.append(known)
        else:
            words = {"membership": record, "end": write_iso_minute(known.left_at)}
            message = _("%(membership)s is already recorded, ending at %(end)s; give that end, or none.")
            raise MembershipConflict(message % words, field="left_at")


def _is_overlapping(record: MembershipRecord, membership: TeamMembership) -> bool:
    starts_before_end = membership.left_at is None or record.joined_at < membership.left_at
    ends_after_start = record.left_at is None or record.left_at > membership.joined_at
    return starts_before_end and ends_after_start


def _send_signals(new: Sequence[TeamMembership], ended: Sequence[TeamMembership]) -> None:
    """Send ``team_joined`` for the new rows, and ``team_left`` for all that have ended, new ones included."""
    left = [membership for membership in new if membership.left_at is not None] + list(ended)
    if new:
        signals.team_joined.send(TeamMembership, memberships=list(new))
    if left:
        signals.team_left.send(TeamMembership, memberships=left)


def lock_teams(pks: Sequence[int]) -> None:
    """Lock these teams, so that one writer at a time changes their memberships.

    A database constraint cannot detect overlapping periods; the check in Python needs the lock.
    """
    list(Team.objects.select_for_update(no_key=True).filter(pk__in=pks).order_by("pk").values_list("pk"))


def _check_record(record: MembershipRecord) -> None:
    check_past(record.joined_at, field="joined_at")
    if record.left_at is not None:
        check_past(record.left_at, field="left_at")
        if record.left_at < record.joined_at:
            message = _("%(membership)s ends before it starts; correct the dates.")
            raise InvalidDate(message % {"membership": record}, field="left_at")


def _build_join_error(team: Team, user: User, later: TeamMembership) -> MembershipConflict:
    """Return the error of ``join_team``: the player is in the team then, or was later."""
    words = {"player": user.username, "team": team.name, "joined": write_iso_minute(later.joined_at)}
    if later.left_at is None:
        message = _(
            "%(player)s is already in %(team)s from %(joined)s on; record when they left first, "
            "with leave_team, and join them after that."
        )
    else:
        words["left"] = write_iso_minute(later.left_at)
        message = _(
            "%(player)s is already in %(team)s from %(joined)s to %(left)s; give a date from then on."
        )
    return MembershipConflict(message % words, field="joined_at")


def _build_leave_error(team: Team, user: User, membership: TeamMembership | None) -> InvalidDate | NotInTeam:
    """Return the error of ``leave_team``: no open membership, or one that began after the leaving time."""
    words = {"player": user.username, "team": team.name}
    if membership is None:
        return NotInTeam(_("%(player)s is not in %(team)s and cannot leave it.") % words, field="user")
    words["joined"] = write_iso_minute(membership.joined_at)
    message = _("%(player)s joined %(team)s at %(joined)s and cannot leave it earlier.") % words
    return InvalidDate(message, field="left_at")

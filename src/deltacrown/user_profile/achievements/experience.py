"""Experience: points per fact, once, taken back with the fact.

Entering a tournament and being placed on its podium are worth the points declared here; what an achievement
is worth its catalogue says. Matches bring none of their own: a row per match would reward grinding, and
double what recording a match costs.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from deltacrown.tournaments.models import Tournament, TournamentParticipation, TournamentResult
from deltacrown.user_profile import signals
from deltacrown.user_profile.models import ExperienceAward
from django_tally.batches import in_batches
from django_tally.transactions import atomic_service

#: For entering a tournament and staying in.
ENTERED = 20
#: For each place of the podium, more than for entering.
PLACED = {1: 300, 2: 150, 3: 75}
PLACE_NAMES = {1: "First", 2: "Second", 3: "Third"}
#: The names of the facts this module rewards; those of achievements are ``achievement_service``'s.
ENTERED_PREFIX, PLACED_PREFIX = "entered:", "placed:"


@dataclass(frozen=True, kw_only=True)
class ExperienceRecord:
    """Points one fact is worth to a player."""

    user_id: int
    points: int
    reason: str
    dedupe_key: str
    awarded_at: datetime

    @property
    def key(self) -> tuple[int, str]:
        return self.user_id, self.dedupe_key


@atomic_service
def keep_tournament_experience(*, tournament: Tournament, users: Collection[int]) -> set[int]:
    """Make what a tournament was worth to ``users`` what its registrations and results say now.

    :return: the players whose experience changed.
    """
    keys = {f"{ENTERED_PREFIX}{tournament.pk}", f"{PLACED_PREFIX}{tournament.pk}"}
    changed: set[int] = set()
    for batch in in_batches(sorted(set(users))):
        known = ExperienceAward.objects.filter(user__in=batch, dedupe_key__in=keys)
        changed |= _settle(_list_earned(batch, tournament=tournament), known)
    return _announce(changed)


@atomic_service
def rebuild_experience(*, users: Collection[int]) -> set[int]:
    """Make all that tournaments were worth to ``users`` what the tables say, in a constant number of queries for up to 500.

    :return: the players whose experience changed.
    """
    changed: set[int] = set()
    for batch in in_batches(sorted(set(users))):
        awards = ExperienceAward.objects.filter(user__in=batch)
        known = [award for award in awards if award.dedupe_key.startswith((ENTERED_PREFIX, PLACED_PREFIX))]
        changed |= _settle(_list_earned(batch), known)
    return _announce(changed)


def _announce(users: set[int]) -> set[int]:
    if users:
        signals.experience_changed.send(ExperienceAward, users=sorted(users))
    return users


def _list_earned(users: Sequence[int], **of: Tournament) -> list[ExperienceRecord]:
    """What the tables say players earned in tournaments."""
    entered = TournamentParticipation.objects.standing().filter(user__in=users, **of).select_related("tournament")
    placed = TournamentResult.objects.on_podium().filter(user__in=users, **of).select_related("tournament")
    return [*map(_of_entry, entered), *map(_of_place, placed)]


def _of_entry(row: TournamentParticipation) -> ExperienceRecord:
    return ExperienceRecord(
        user_id=row.user_id,
        points=ENTERED,
        reason=f"Entered {row.tournament.name}",
        dedupe_key=f"{ENTERED_PREFIX}{row.tournament_id}",
        awarded_at=row.registered_at,
    )


def _of_place(row: TournamentResult) -> ExperienceRecord:
    placement = row.placement or 0
    return ExperienceRecord(
        user_id=row.user_id or 0,
        points=PLACED[placement],
        reason=f"{PLACE_NAMES[placement]} in {row.tournament.name}",
        dedupe_key=f"{PLACED_PREFIX}{row.tournament_id}",
        awarded_at=row.decided_at,
    )


def _settle(records: Sequence[ExperienceRecord], known: Collection[ExperienceAward]) -> set[int]:
    """Write what differs between what was earned and what is recorded; return the players it differs for."""
    wanted = {record.key: record for record in records}
    awards = {_key_of(award): award for award in known}
    fresh = [wanted[key] for key in sorted(wanted.keys() - awards.keys())]
    differing = [awards[key] for key in sorted(wanted.keys() & awards.keys()) if _differs(awards[key], wanted[key])]
    orphans = [awards[key] for key in sorted(awards.keys() - wanted.keys())]
    ExperienceAward.objects.bulk_create([_build(record) for record in fresh], ignore_conflicts=True)
    _amend(differing, wanted)
    if orphans:
        ExperienceAward.objects.filter(pk__in=[award.pk for award in orphans]).delete()
    return {user for user, _ in (*(record.key for record in fresh), *map(_key_of, differing), *map(_key_of, orphans))}


def _key_of(award: ExperienceAward) -> tuple[int, str]:
    return award.user_id, award.dedupe_key


def _differs(award: ExperienceAward, record: ExperienceRecord) -> bool:
    return (award.points, award.reason, award.awarded_at) != (record.points, record.reason, record.awarded_at)


def _build(record: ExperienceRecord) -> ExperienceAward:
    return ExperienceAward(
        user_id=record.user_id,
        points=record.points,
        reason=record.reason,
        dedupe_key=record.dedupe_key,
        awarded_at=record.awarded_at,
    )


def _amend(awards: Sequence[ExperienceAward], wanted: Mapping[tuple[int, str], ExperienceRecord]) -> None:
    for award in awards:
        record = wanted[_key_of(award)]
        award.points, award.reason, award.awarded_at = record.points, record.reason, record.awarded_at
    ExperienceAward.objects.bulk_update(awards, ["points", "reason", "awarded_at"])

"""Experience: points per fact, once, taken back with the fact.

Entering a tournament and being placed on its podium are worth the points declared here; what an achievement
is worth its catalogue says. Matches bring none of their own: a row per match would reward grinding, and
double what recording a match costs.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext, gettext_noop

from deltacrown.core.gathering import do_gathered
from deltacrown.core.inserts import insert_rows
from deltacrown.core.keyed_rows import list_keyed
from deltacrown.core.settling import settle
from deltacrown.core.words import translate_stored
from deltacrown.tournaments.models import Tournament, TournamentParticipation, TournamentResult
from deltacrown.user_profile.models import Achievement, ExperienceAward, UserAchievement
from deltacrown.user_profile.timeline.kinds.level_up import LevelUp
from deltacrown.user_profile.timeline.syncing import sync_timeline
from django_tally.batches import in_batches
from django_tally.transactions import atomic_service

#: For entering a tournament and staying in.
ENTERED = 20
#: For each place of the podium, more than for entering.
PLACED = {1: 300, 2: 150, 3: 75}
PLACES = {points: placement for placement, points in PLACED.items()}
#: What awards are for, in English, as it is stored.
ENTERED_IN = gettext_noop("Entered %(tournament)s")
PLACED_IN = {
    1: gettext_noop("First in %(tournament)s"),
    2: gettext_noop("Second in %(tournament)s"),
    3: gettext_noop("Third in %(tournament)s"),
}
ACHIEVED = gettext_noop("Achievement: %(name)s")
#: How the names of the facts begin that are rewarded.
ENTERED_PREFIX, PLACED_PREFIX, HELD_PREFIX = "entered:", "placed:", "achievement:"
PREFIXES = (ENTERED_PREFIX, PLACED_PREFIX, HELD_PREFIX)


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
def sync_tournament_experience(*, tournaments: Collection[int], users: Collection[int]) -> set[int]:
    """Sync what tournaments were worth to ``users`` with registrations and results, then their levels.

    :param tournaments: their ids.

    :return: the players whose experience changed.
    """
    keys = {f"{prefix}{pk}" for pk in tournaments for prefix in (ENTERED_PREFIX, PLACED_PREFIX)}

    changed: set[int] = set()
    for batch in in_batches(sorted(set(users))):
        known = list_keyed(ExperienceAward.objects.filter(user__in=batch), keys)
        changed |= _settle(_list_earned(batch, tournament__in=tournaments), known)

    return _sync_levels(changed)


@atomic_service
def rebuild_experience(*, users: Collection[int]) -> set[int]:
    """Sync all that tournaments and achievements are worth to ``users``, then their levels.

    The number of queries is constant for up to 500 players.

    :return: the players whose experience changed.
    """
    changed: set[int] = set()
    for batch in in_batches(sorted(set(users))):
        awards = ExperienceAward.objects.filter(user__in=batch)
        known = [award for award in awards if award.dedupe_key.startswith(PREFIXES)]
        changed |= _settle([*_list_earned(batch), *_list_held(batch)], known)

    return _sync_levels(changed)


def experience_key(achievement: Achievement) -> str:
    """Return the key that makes the experience of an achievement one award per player."""
    return f"{HELD_PREFIX}{achievement.slug}"


def build_held_experience(rows: Iterable[UserAchievement]) -> list[ExperienceAward]:
    """Return what held achievements, ``achievement`` fetched along, are worth, if anything."""
    return [_build(_of_achievement(row)) for row in rows if row.achievement.points]


def list_reasons(awards: Sequence[ExperienceAward]) -> dict[int, str]:
    """Return award's id → why it was given, with the tournament's name of today. At most one query.

    It is in the reader's language.
    """
    tournaments: dict[int, int] = {}
    for award in awards:
        prefix, _, pk = award.dedupe_key.rpartition(":")
        if f"{prefix}:" in {ENTERED_PREFIX, PLACED_PREFIX} and pk.isdecimal():
            tournaments[award.pk] = int(pk)

    names = Tournament.objects.in_bulk(set(tournaments.values())) if tournaments else {}
    reasons = {award.pk: translate_reason(award) for award in awards}
    for award in awards:
        tournament = names.get(tournaments.get(award.pk, 0))
        if tournament is not None and award.dedupe_key.startswith(ENTERED_PREFIX):
            reasons[award.pk] = _say_entered(tournament.name)
        elif tournament is not None and award.points in PLACES:
            reasons[award.pk] = _say_placed(PLACES[award.points], tournament.name)
    return reasons


def _say_entered(tournament: str) -> str:
    return gettext(ENTERED_IN) % {"tournament": tournament}


def _say_placed(placement: int, tournament: str) -> str:
    return gettext(PLACED_IN[placement]) % {"tournament": tournament}


def translate_reason(award: ExperienceAward) -> str:
    """Return the stored reason of an award in the reader's language, where its facts wrote it."""
    for sentence in (ENTERED_IN, *PLACED_IN.values()):
        begins = sentence.partition("%(tournament)s")[0]
        if award.dedupe_key.startswith((ENTERED_PREFIX, PLACED_PREFIX)) and award.reason.startswith(begins):
            return gettext(sentence) % {"tournament": award.reason.removeprefix(begins)}
    told = ACHIEVED.partition("%(name)s")[0]
    if not award.dedupe_key.startswith(HELD_PREFIX) or not award.reason.startswith(told):
        return award.reason
    return gettext(ACHIEVED) % {"name": translate_stored(award.reason.removeprefix(told))}


def _sync_levels(users: set[int]) -> set[int]:
    do_gathered(sync_level_ups, users)

    return users


def sync_level_ups(users: Collection[int]) -> None:
    """Sync the timelines of ``users`` with the levels they reached."""
    if users:
        sync_timeline(kinds=[LevelUp], users=users)


def _list_earned(users: Sequence[int], **of: Collection[int]) -> list[ExperienceRecord]:
    """Return what players earned in tournaments, by the tables."""
    entered = TournamentParticipation.objects.standing().filter(user__in=users, **of)
    placed = TournamentResult.objects.on_podium().filter(user__in=users, **of)
    named = ("user_id", "tournament_id", "tournament__name")

    return [
        *(_of_entry(*row) for row in entered.values_list(*named, "registered_at")),
        *(_of_place(*row) for row in placed.values_list(*named, "decided_at", "placement")),
    ]


def _of_entry(user: int, tournament: int, name: str, registered_at: datetime) -> ExperienceRecord:
    return ExperienceRecord(
        user_id=user,
        points=ENTERED,
        reason=ENTERED_IN % {"tournament": name},
        dedupe_key=f"{ENTERED_PREFIX}{tournament}",
        awarded_at=registered_at,
    )


def _of_place(
    user: int, tournament: int, name: str, decided_at: datetime, placement: int
) -> ExperienceRecord:
    return ExperienceRecord(
        user_id=user,
        points=PLACED[placement],
        reason=PLACED_IN[placement] % {"tournament": name},
        dedupe_key=f"{PLACED_PREFIX}{tournament}",
        awarded_at=decided_at,
    )


def _list_held(users: Sequence[int]) -> list[ExperienceRecord]:
    """Return what the achievements of players are worth, by the catalogue."""
    held = UserAchievement.objects.filter(user__in=users, achievement__points__gt=0)

    return list(map(_of_achievement, held.select_related("achievement")))


def _of_achievement(row: UserAchievement) -> ExperienceRecord:
    return ExperienceRecord(
        user_id=row.user_id,
        points=row.achievement.points,
        reason=ACHIEVED % {"name": row.achievement.name},
        dedupe_key=experience_key(row.achievement),
        awarded_at=row.earned_at,
    )


def _settle(records: Sequence[ExperienceRecord], known: Iterable[ExperienceAward]) -> set[int]:
    """Write what differs between what was earned and what is recorded; return the players it differs for."""
    wanted = {record.key: record for record in records}
    awards = {_key_of(award): award for award in known}
    settlement = settle(wanted, awards, differs=_differs)

    fresh = [_build(record) for record in settlement.insert]
    insert_rows(fresh, ignores_conflicts=True)
    _amend(settlement.amend)
    if settlement.withdraw:
        ExperienceAward.objects.filter(pk__in=[award.pk for award in settlement.withdraw]).delete()

    changed = {record.user_id for record in settlement.insert}
    changed |= {award.user_id for award, _ in settlement.amend}
    changed |= {award.user_id for award in settlement.withdraw}

    return changed


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


def _amend(pairs: Sequence[tuple[ExperienceAward, ExperienceRecord]]) -> None:
    for award, record in pairs:
        award.points = record.points
        award.reason = record.reason
        award.awarded_at = record.awarded_at

    ExperienceAward.objects.bulk_update([award for award, _ in pairs], ["points", "reason", "awarded_at"])

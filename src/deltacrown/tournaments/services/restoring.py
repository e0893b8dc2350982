"""What another site kept of a tournament, and no step from draft to results leads to.

A file of that site says how its registrations and results were in the end: who withdrew or left a roster,
when a result became official, what a disqualification took. The usual steps record the tournament; this adds
the rest. Nothing is taken back: who is out stays out.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from deltacrown.accounts.models import User
from deltacrown.core.inputs import check_past
from deltacrown.teams.models import Team
from deltacrown.tournaments import signals
from deltacrown.tournaments.models import (
    Tournament,
    TournamentParticipation,
    TournamentResult,
)
from deltacrown.tournaments.services.disqualifications import find_standing, record_disqualification
from deltacrown.tournaments.services.entrants import Participation, get_entrant
from deltacrown.tournaments.services.standings import share_prize
from deltacrown.tournaments.services.states import lock_tournament
from django_tally.transactions import atomic_service

#: The columns that are written.
OF_ENTRIES = ["status", "withdrawn_from", "disqualified_from", "registered_at"]
#: A player of a team who was taken out of a roster that stands.
LEFT = "LEFT"


@dataclass(frozen=True, kw_only=True)
class KeptEntry:
    """A registration as it was kept.

    :param status: a status of participation, or ``LEFT``; empty for what the steps made of it.
    :param registered_at: when it was made, if it is known.
    :param shares: whether the player has the team's result; None for what follows from the roster.
    """

    user: User
    status: str = ""
    registered_at: datetime | None = None
    shares: bool | None = None


@dataclass(frozen=True, kw_only=True)
class KeptEntrant:
    """An entrant as it was kept: a player in a solo event, or a team.

    :param disqualified_reason: of one whose registrations are disqualified.
    :param result: attribute of the result → value, of those that no step sets.
    """

    user: User | None = None
    team: Team | None = None
    entries: Sequence[KeptEntry] = ()
    disqualified_reason: str = ""
    disqualified_at: datetime | None = None
    result: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class KeptTournament:
    """What was kept of a tournament.

    :param is_new: it was created just now, so that nothing else is known of it.
    :param is_completed_now: its results were recorded just now.
    """

    entrants: Sequence[KeptEntrant]
    is_new: bool
    is_completed_now: bool


@atomic_service
def restore_tournament(*, tournament: Tournament, kept: KeptTournament, now: datetime) -> bool:
    """Add what was kept of a tournament to what the usual steps recorded; return whether anything changed.

    Times of registration are those of a tournament that is new, what belongs to a result of one whose results
    are. Withdrawals and disqualifications are added to any.

    :raises InvalidInput: a time is in the future.
    """
    check_kept(kept, now=now)
    lock_tournament(tournament)
    rows = {row.user_id: row for row in tournament.participations.select_related("user", "team")}
    changed: list[TournamentParticipation] = []
    for entrant in kept.entrants:
        changed += _restore_entries(entrant, rows, is_new=kept.is_new)
    TournamentParticipation.objects.bulk_update(changed, OF_ENTRIES)
    for entrant in kept.entrants:
        if entrant.disqualified_reason:
            who = get_entrant(tournament, entrant.user, entrant.team)
            record_disqualification(
                tournament,
                who,
                reason=entrant.disqualified_reason,
                now=entrant.disqualified_at or now,
                by=None,
            )

    results = _restore_results(tournament, kept, rows) if kept.is_completed_now else []
    _announce(tournament, changed, results, now)
    return bool(changed or results)


def check_kept(kept: KeptTournament, *, now: datetime) -> None:
    """Refuse times in the future.

    :raises InvalidInput: naming the field.
    """
    for entrant in kept.entrants:
        _check_times(entrant, now)


def _set(row: Any, values: Mapping[str, Any], names: Collection[str]) -> bool:
    """Set attributes of a row; return whether any is another now."""
    different = {name for name in names if name in values and getattr(row, name) != values[name]}
    for name in different:
        setattr(row, name, values[name])
    return bool(different)


def _check_times(entrant: KeptEntrant, now: datetime) -> None:
    for entry in entrant.entries:
        if entry.registered_at is not None:
            check_past(entry.registered_at, field="registered_at", now=now)
    stated = {"decided_at": entrant.result.get("decided_at"), "disqualified_at": entrant.disqualified_at}
    for name, at in stated.items():
        if at is not None:
            check_past(at, field=name, now=now)


def _restore_entries(
    entrant: KeptEntrant, rows: Mapping[int, TournamentParticipation], *, is_new: bool
) -> list[TournamentParticipation]:
    """Set on registrations what was kept of them, unsaved, and return those that are others now."""
    changed = []
    for entry in entrant.entries:
        row = rows.get(entry.user.pk)
        if row is None:
            continue
        values = _list_values(entry, row)
        if is_new and entry.registered_at is not None:
            values["registered_at"] = entry.registered_at
        if _set(row, values, OF_ENTRIES):
            changed.append(row)
    return changed


def _list_values(entry: KeptEntry, row: TournamentParticipation) -> dict[str, Any]:
    """Return what a registration becomes; one that is out already stays as it is."""
    if not row.stands:
        return {}
    if entry.status == LEFT:
        return {"status": Participation.WITHDRAWN}
    if entry.status == Participation.WITHDRAWN:
        return {"status": Participation.WITHDRAWN, "withdrawn_from": row.status}
    if entry.status == Participation.DISQUALIFIED:
        return {"status": Participation.DISQUALIFIED, "disqualified_from": row.status}
    return {"status": entry.status} if entry.status == Participation.CHECKED_IN else {}


def _restore_results(
    tournament: Tournament, kept: KeptTournament, rows: Mapping[int, TournamentParticipation]
) -> list[TournamentResult]:
    """Set on results what was kept of them, give them to whoever had them, and return those that changed."""
    by_entrant: dict[int | None, list[TournamentResult]] = {}
    is_solo = tournament.entrant_kind == Tournament.EntrantKind.SOLO
    for row in tournament.results.select_related("user", "team").order_by("pk"):
        by_entrant.setdefault(row.user_id if is_solo else row.team_id, []).append(row)

    known: list[TournamentResult] = []
    new: list[TournamentResult] = []
    for entrant in kept.entrants:
        who = get_entrant(tournament, entrant.user, entrant.team)
        results = by_entrant.get(who.pk, [])
        if results and entrant.result.get("disqualified_at"):
            _date_ruling(tournament, who, entrant.result["disqualified_at"])
        restored = _share(results, entrant, rows)
        for row in restored:
            _set(row, entrant.result, _list_kept(row, entrant.result))
            if row.user_id is not None and row.team_id is not None:
                row.withheld_prize = share_prize(row.withheld_prize, len(restored) - 1)
            (new if row.pk is None else known).append(row)

    names = {name for entrant in kept.entrants for name in entrant.result}
    TournamentResult.objects.bulk_update(known, sorted({"prize_amount", *names}))
    TournamentResult.objects.bulk_create(new)
    return [*known, *new]


def _list_kept(row: TournamentResult, result: Mapping[str, Any]) -> list[str]:
    """Return what a row has of the result of its entrant: not the stats, where it is a member's of a team."""
    is_members = row.user_id is not None and row.team_id is not None
    return [name for name in result if name != "stats" or not is_members]


def _date_ruling(tournament: Tournament, entrant: User | Team, at: datetime) -> None:
    if ruling := find_standing(tournament, entrant):
        ruling.decided_at = at
        ruling.save(update_fields=["decided_at"])


def _share(
    results: Sequence[TournamentResult],
    entrant: KeptEntrant,
    rows: Mapping[int, TournamentParticipation],
) -> list[TournamentResult]:
    """Return a team's own result and those of the players who had it; delete those of others."""
    own = next((row for row in results if row.user_id is None), None)
    said = {entry.user.pk: _has_share(entry) for entry in entrant.entries}
    said = {user: share for user, share in said.items() if share is not None}
    if own is None or not said:
        return list(results)

    for row in results:
        if said.get(row.user_id or 0) is False:
            row.delete()
    members = [row for row in results if row.user_id is not None and said.get(row.user_id) is not False]
    have = {row.user_id for row in members}
    members += [_copy(own, rows[user]) for user in said if said[user] and user not in have and user in rows]
    for row in members:
        row.prize_amount = share_prize(own.prize_amount, len(members))
    return [own, *members]


def _has_share(entry: KeptEntry) -> bool | None:
    """Return whether a player has the team's result; None for what follows from the roster."""
    return False if entry.shares is None and entry.status == LEFT else entry.shares


def _copy(own: TournamentResult, entry: TournamentParticipation) -> TournamentResult:
    """Return the result of a team as one of its players has it, unsaved."""
    names = [field.attname for field in TournamentResult._meta.concrete_fields]
    values = {name: getattr(own, name) for name in names if name not in {"id", "recorded_at", "user_id"}}
    return TournamentResult(user=entry.user, **values)


def _announce(
    tournament: Tournament,
    entries: Sequence[TournamentParticipation],
    results: Sequence[TournamentResult],
    now: datetime,
) -> None:
    """Announce again what the steps announced: whoever follows makes of it what the rows say now."""
    if entries:
        signals.players_registered.send(
            TournamentParticipation, tournament=tournament, participations=list(entries)
        )
    if results:
        signals.tournament_completed.send(Tournament, tournament=tournament, results=list(results), now=now)

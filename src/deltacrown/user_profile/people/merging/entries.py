"""Entries of both accounts in one tournament: the better one stays, whole, so that no title is lost."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from deltacrown.tournaments.models import Disqualification, TournamentParticipation, TournamentResult
from deltacrown.tournaments.services import KeptStandings, hand_over_rulings, keep_standings
from deltacrown.user_profile.people.merging.planned import Plan

#: What is kept of a tournament, and whether the entry that is set aside is the kept account's.
KeptEntries = KeptStandings
#: What an entry of a player in a tournament is made of.
PARTS = (TournamentParticipation, TournamentResult, Disqualification)


def list_lost_entries(*, kept: int, merged: int) -> dict[Any, dict[int, int]]:
    """Return table → row that is set aside → row that stays, 0 where the better entry has no such row."""
    rows: dict[int, dict[int, dict[Any, Any]]] = {}
    for part in PARTS:
        found: Any = part._base_manager.filter(user__in=(kept, merged))
        if part is Disqualification:
            found = found.filter(lifted_at__isnull=True)
        for row in found.order_by("pk"):
            rows.setdefault(row.tournament_id, {}).setdefault(row.user_id, {})[part] = row
    lost: dict[Any, dict[int, int]] = {}
    for entries in rows.values():
        if len(entries) < 2:
            continue
        is_better = _rank(entries[merged]) < _rank(entries[kept])
        stays, goes = (merged, kept) if is_better else (kept, merged)
        for part, row in entries[goes].items():
            twin = entries[stays].get(part)
            if twin is not None or part in {TournamentResult, Disqualification}:
                lost.setdefault(part, {})[row.pk] = twin.pk if twin else 0
    return lost


def keep_lost_standings(plan: Plan) -> list[KeptEntries]:
    """Return what is kept of the tournaments that both entered, before a plan is carried out."""
    results = plan.clashes.get(TournamentResult, {})
    rows = TournamentResult.objects.filter(pk__in=results, user__in=plan.pair).select_related("tournament")
    return [
        {
            **keep_standings(tournament=row.tournament, returning=[row.pk]),
            "is_kept_ones": row.user_id == plan.kept.pk,
        }
        for row in rows.order_by("tournament", "pk")
    ]


def give_back_rulings(entries: Collection[KeptEntries], *, kept: int, merged: int) -> None:
    """Give what was ruled since of the entry that stayed to whose entry it is; before rows are put back."""
    for each in entries:
        if each["is_kept_ones"]:
            hand_over_rulings(kept=each, old=kept, new=merged)


def _rank(entry: dict[Any, Any]) -> tuple[int, int]:
    """Return the place of an entry among entries: with a placement, with a result, standing, any."""
    result, registration = entry.get(TournamentResult), entry.get(TournamentParticipation)
    if result is not None and result.placement is not None:
        return 0, result.placement
    if result is not None:
        return 1, 0
    return (2, 0) if registration is not None and registration.stands else (3, 0)

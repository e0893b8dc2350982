"""What a file of another site says of a tournament beyond its steps, for ``restore_tournament``."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from deltacrown.interchange.directory import Directory
from deltacrown.interchange.drafts import EntrantDraft, TournamentDraft
from deltacrown.tournaments.models import Tournament
from deltacrown.tournaments.services import KeptEntrant, KeptEntry, KeptTournament


def set_facts(draft: TournamentDraft, tournament: Tournament, directory: Directory) -> None:
    """Set what a file says of a tournament that is new, after its entrants entered; nothing is written."""
    tournament.organiser = directory.players[draft.organiser] if draft.organiser else None
    tournament.capacity = draft.capacity
    tournament.counts_forfeits = draft.counts_forfeits
    tournament.prize_currency = draft.prize_currency
    tournament.is_provisional = draft.is_provisional


def find_kept(
    draft: TournamentDraft, directory: Directory, *, is_new: bool, is_completed_now: bool
) -> KeptTournament | None:
    """Return what a file says beyond the steps of a tournament; None where that is nothing, as in most files.

    :param is_new: the tournament was created for this file.
    :param is_completed_now: its results were recorded for this file.
    """
    usual = draft.decided_at
    found = [_find_entrant(entrant, directory, usual, is_new=is_new) for entrant in draft.entrants]
    entrants = [each for each in found if each.entries or (is_completed_now and each.result)]
    if not entrants:
        return None

    return KeptTournament(entrants=entrants, is_new=is_new, is_completed_now=is_completed_now)


def _find_entrant(
    entrant: EntrantDraft, directory: Directory, usual: datetime | None, *, is_new: bool
) -> KeptEntrant:
    return KeptEntrant(
        user=None if entrant.team else directory.players[entrant.players[0]],
        team=directory.teams[entrant.team] if entrant.team else None,
        entries=list(_find_entries(entrant, directory, is_new=is_new)),
        disqualified_reason=entrant.barred_reason,
        disqualified_at=entrant.outcome.disqualified_at,
        result=_list_result(entrant, usual),
    )


def _find_entries(entrant: EntrantDraft, directory: Directory, *, is_new: bool) -> Iterator[KeptEntry]:
    """Yield the players of whom more is said than that they entered with the rest."""
    for member in entrant.members:
        is_late = is_new and member.registered_at not in (None, entrant.outcome.registered_at)
        entry = member.entry or ("DISQUALIFIED" if entrant.barred_reason else "")
        if entry or is_late or member.shares is not None:
            yield KeptEntry(
                user=directory.players[member.player],
                status=entry,
                registered_at=member.registered_at,
                shares=member.shares,
            )


def _list_result(entrant: EntrantDraft, usual: datetime | None) -> dict[str, Any]:
    """Return attribute → value of the result, of what its recording does not set."""
    outcome = entrant.outcome
    if not outcome.is_decided:
        return {}
    result = {
        "decided_at": outcome.decided_at if outcome.decided_at != usual else None,
        "disqualified_at": outcome.disqualified_at if outcome.disqualified_reason else None,
        "published_placement": outcome.published_placement,
        "published_placement_to": outcome.published_placement_to,
        "withheld_prize": outcome.withheld_prize or None,
        "uncounted_reason": outcome.uncounted_reason or None,
        "stats": outcome.stats or None,
    }
    return {name: value for name, value in result.items() if value is not None}

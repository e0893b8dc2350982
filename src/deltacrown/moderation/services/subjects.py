"""What a dispute is about: a match, live or archived, or a tournament result."""

from __future__ import annotations

from deltacrown.accounts.models import User
from deltacrown.core.errors import NotFound
from deltacrown.games.models import MatchRow, list_match_sources
from deltacrown.moderation.models import Dispute
from deltacrown.tournaments.models import TournamentParticipation, TournamentResult


class MatchGone(NotFound):
    """The match is in neither table any more."""


def get_match_row(pk: int) -> MatchRow:
    """Return the match row of this key as it is now, wherever it is kept.

    :raises MatchGone: neither table has it.
    """
    for rows in list_match_sources(pk=pk):
        row: MatchRow | None = rows.select_related("game").first()
        if row is not None:
            return row
    raise MatchGone(f"Match {pk} exists no longer; nothing can be done about it.", field="match")


def get_disputed_match(dispute: Dispute) -> MatchRow | None:
    """Return the match a dispute is about, also when it has been archived; None when it is about a result.

    :raises MatchGone: neither table has it.
    """
    return None if dispute.match_id is None else get_match_row(dispute.match_id)


def has_competed(user: User, result: TournamentResult) -> bool:
    """Say whether the user entered the tournament of ``result`` and did not withdraw, or has a result in it."""
    entries = TournamentParticipation.objects.filter(user=user, tournament=result.tournament_id)
    if entries.exclude(status=TournamentParticipation.Status.WITHDRAWN).exists():
        return True
    return TournamentResult.objects.filter(user=user, tournament=result.tournament_id).exists()

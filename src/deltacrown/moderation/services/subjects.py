"""The subject of a dispute: a match, live or archived, or a tournament result."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from deltacrown.accounts.models import User
from deltacrown.core.errors import NotFound
from deltacrown.games.models import MatchRow, list_match_sources
from deltacrown.moderation.models import Dispute
from deltacrown.tournaments.models import TournamentParticipation, TournamentResult
from django_tally.transactions import atomic_service


class MatchGone(NotFound):
    """The match is no longer in the live table or the archive."""


def get_match_row(pk: int) -> MatchRow:
    """Return the match row with this primary key, from the live table or the archive.

    :raises MatchGone: neither table has it.
    """
    for rows in list_match_sources(pk=pk):
        row: MatchRow | None = rows.select_related("game").first()
        if row is not None:
            return row
    message = _("Match %(id)s was deleted; a dispute about it has no effect.") % {"id": pk}
    raise MatchGone(message, field="match")


def get_disputed_match(dispute: Dispute) -> MatchRow | None:
    """Return the disputed match row, live or archived; None when the dispute is about a result.

    :raises MatchGone: neither table has it.
    """
    return None if dispute.match_id is None else get_match_row(dispute.match_id)


@atomic_service
def keep_disputes(*, rows: Sequence[MatchRow], line: MatchRow) -> None:
    """Attach the disputes about lines that are taken out of a match to a line that stays."""
    Dispute.objects.filter(match_id__in=[row.pk for row in rows]).update(match_id=line.pk)


def has_competed(user: User, tournament: int) -> bool:
    """Return whether the user has a result in the tournament, or a registration that was not withdrawn.

    :param tournament: its key.
    """
    entries = TournamentParticipation.objects.filter(user=user, tournament=tournament)
    if entries.exclude(status=TournamentParticipation.Status.WITHDRAWN).exists():
        return True
    return TournamentResult.objects.filter(user=user, tournament=tournament).exists()

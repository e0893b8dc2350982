"""The states of a tournament: DRAFT, OPEN, RUNNING, COMPLETED; CANCELLED before the end, ANNULLED after."""

from __future__ import annotations

from collections.abc import Sequence

from deltacrown.core.errors import Conflict, NotFound
from deltacrown.tournaments.models import Tournament

Status = Tournament.Status


class WrongState(Conflict):
    """The tournament is not in a state that allows this."""


class TournamentNotFound(NotFound):
    """The tournament does not exist, or no longer."""


def lock_tournament(tournament: Tournament) -> None:
    """Let one writer at a time change the tournament, and read its state afresh into ``tournament``.

    :raises TournamentNotFound: it is gone.
    """
    locked = Tournament.objects.select_for_update(no_key=True)
    try:
        tournament.refresh_from_db(fields=["status", "capacity", "entrant_kind"], from_queryset=locked)
    except Tournament.DoesNotExist:
        raise TournamentNotFound(
            f"The tournament {tournament.slug} does not exist.", field="tournament"
        ) from None


def require_state(tournament: Tournament, allowed: Sequence[str], action: str) -> None:
    """Refuse ``action`` unless the tournament is in one of the ``allowed`` states.

    :raises WrongState: naming the state and those that allow it.
    """
    if tournament.status not in allowed:
        *rest, last = allowed
        states = f"{', '.join(rest)} or {last}" if rest else last
        raise WrongState(
            f"{tournament.name} is {tournament.status}; {action} is possible only while it is {states}.",
            field="tournament",
        )


def change_state(tournament: Tournament, status: str, *, allowed: Sequence[str], action: str) -> bool:
    """Move a locked tournament to ``status`` and return True, or False when it is there already.

    :raises WrongState: it is in none of the ``allowed`` states.
    """
    if not move_state(tournament, status, allowed=allowed, action=action):
        return False
    tournament.save(update_fields=["status"])
    return True


def move_state(tournament: Tournament, status: str, *, allowed: Sequence[str], action: str) -> bool:
    """Set ``status`` as ``change_state`` does, without writing it."""
    if tournament.status == status:
        return False
    require_state(tournament, allowed, action)
    tournament.status = status
    return True

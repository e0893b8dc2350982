"""The states of a tournament: DRAFT, OPEN, RUNNING, COMPLETED; CANCELLED before the end, ANNULLED after."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from deltacrown.core.errors import Conflict, NotFound
from deltacrown.tournaments.models import Tournament

Status = Tournament.Status

_STATES = {
    Status.DRAFT: pgettext_lazy("state of a tournament in a message", "DRAFT"),
    Status.OPEN: pgettext_lazy("state of a tournament in a message", "OPEN"),
    Status.RUNNING: pgettext_lazy("state of a tournament in a message", "RUNNING"),
    Status.COMPLETED: pgettext_lazy("state of a tournament in a message", "COMPLETED"),
    Status.CANCELLED: pgettext_lazy("state of a tournament in a message", "CANCELLED"),
    Status.ANNULLED: pgettext_lazy("state of a tournament in a message", "ANNULLED"),
}
#: What is refused → the sentence that says so.
_REFUSALS = {
    "annulling": gettext_lazy(
        "%(tournament)s is %(state)s; annulling is possible only while it is %(states)s."
    ),
    "lifting an annulment": gettext_lazy(
        "%(tournament)s is %(state)s; lifting an annulment is possible only while it is %(states)s."
    ),
    "reopening": gettext_lazy(
        "%(tournament)s is %(state)s; reopening is possible only while it is %(states)s."
    ),
    "checking in": gettext_lazy(
        "%(tournament)s is %(state)s; checking in is possible only while it is %(states)s."
    ),
    "withdrawing": gettext_lazy(
        "%(tournament)s is %(state)s; withdrawing is possible only while it is %(states)s."
    ),
    "taking a check-in back": gettext_lazy(
        "%(tournament)s is %(state)s; taking a check-in back is possible only while it is %(states)s."
    ),
    "taking a withdrawal back": gettext_lazy(
        "%(tournament)s is %(state)s; taking a withdrawal back is possible only while it is %(states)s."
    ),
    "opening registration": gettext_lazy(
        "%(tournament)s is %(state)s; opening registration is possible only while it is %(states)s."
    ),
    "starting": gettext_lazy(
        "%(tournament)s is %(state)s; starting is possible only while it is %(states)s."
    ),
    "completing": gettext_lazy(
        "%(tournament)s is %(state)s; completing is possible only while it is %(states)s."
    ),
    "cancelling": gettext_lazy(
        "%(tournament)s is %(state)s; cancelling is possible only while it is %(states)s."
    ),
    "recording a match": gettext_lazy(
        "%(tournament)s is %(state)s; recording a match is possible only while it is %(states)s."
    ),
    "registration": gettext_lazy(
        "%(tournament)s is %(state)s; registration is possible only while it is %(states)s."
    ),
    "changing a roster": gettext_lazy(
        "%(tournament)s is %(state)s; changing a roster is possible only while it is %(states)s."
    ),
    "correcting a result": gettext_lazy(
        "%(tournament)s is %(state)s; correcting a result is possible only while it is %(states)s."
    ),
    "disqualifying": gettext_lazy(
        "%(tournament)s is %(state)s; disqualifying is possible only while it is %(states)s."
    ),
    "seeding": gettext_lazy("%(tournament)s is %(state)s; seeding is possible only while it is %(states)s."),
    "drawing": gettext_lazy(
        "%(tournament)s is %(state)s; drawing a bracket is possible only while it is %(states)s."
    ),
    "pairing": gettext_lazy(
        "%(tournament)s is %(state)s; pairing entrants is possible only while it is %(states)s."
    ),
    "scheduling": gettext_lazy(
        "%(tournament)s is %(state)s; scheduling is possible only while it is %(states)s."
    ),
    "reporting": gettext_lazy(
        "%(tournament)s is %(state)s; reporting and ruling is possible only while it is %(states)s."
    ),
    "lifting a disqualification": gettext_lazy(
        "%(tournament)s is %(state)s; lifting a disqualification is possible only while it is %(states)s."
    ),
}


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
        message = _("The tournament %(slug)s does not exist.") % {"slug": tournament.slug}
        raise TournamentNotFound(message, field="tournament") from None


def require_state(tournament: Tournament, allowed: Sequence[str], action: str) -> None:
    """Refuse ``action`` unless the tournament is in one of the ``allowed`` states.

    :param action: what is refused, a key of ``_REFUSALS``.
    :raises WrongState: naming the state and those that allow it.
    """
    if tournament.status not in allowed:
        *rest, last = [str(_STATES[Status(state)]) for state in allowed]
        states = _("%(states)s or %(last)s") % {"states": ", ".join(rest), "last": last} if rest else last
        state = _STATES[Status(tournament.status)]
        said = {"tournament": tournament.name, "state": state, "states": states}
        raise WrongState(_REFUSALS[action] % said, field="tournament")


def require_running(tournament: Tournament) -> None:
    """Refuse to record a match of a tournament by hand unless it runs.

    :raises WrongState: it does not.
    """
    require_state(tournament, [Status.RUNNING], "recording a match")


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

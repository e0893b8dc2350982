"""What is changed of a tournament after it was made: its name, dates, places and organiser."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _

from deltacrown.accounts.models import User
from deltacrown.core.audit import record_deed, write_about
from deltacrown.core.deeds import Deed
from deltacrown.core.inputs import check_integer
from deltacrown.core.names import clean_name
from deltacrown.tournaments.models import Tournament, TournamentMatchResult, TournamentParticipation
from deltacrown.tournaments.services.lifecycle import LONGEST_NAME, InvalidTournament, check_dates
from deltacrown.tournaments.services.registration import count_entrants
from deltacrown.tournaments.services.states import Status, lock_tournament
from django_tally.transactions import atomic_service

#: The columns that can be changed.
EDITED = ("name", "starts_at", "ends_at", "capacity", "organiser", "game", "entrant_kind")
#: States in which dates and places can still be changed.
_AHEAD = (Status.DRAFT, Status.OPEN, Status.RUNNING)


@atomic_service
def change_tournament(*, tournament: Tournament, by: User | None = None, **changes: Any) -> list[str]:
    """Change what a tournament is called, when it is, how many enter, who runs it; return what changed.

    The address stays. The name and the organiser can always be changed, dates and places until the end, the
    game and the kind of entrants as long as it is a draft without entrants and matches.

    :param changes: some of ``EDITED``.
    :raises InvalidInput: naming the field that cannot be so.
    """
    if unknown := set(changes) - set(EDITED):
        raise TypeError(f"These cannot be changed: {sorted(unknown)}.")
    lock_tournament(tournament)
    recorded = Tournament.objects.select_related("game", "organiser").get(pk=tournament.pk)
    new = {name: value for name, value in changes.items() if getattr(recorded, name) != value}
    for name, value in new.items():
        setattr(tournament, name, value)
    if "name" in new:
        tournament.name = clean_name(new["name"], field="name", limit=LONGEST_NAME)
    for names, check in _CHECKS:
        if changed := [name for name in names if name in new]:
            check(tournament, recorded, changed[0])
    if new:
        tournament.save(update_fields=list(new))
        told = [f"{name} from {getattr(recorded, name)} to {getattr(tournament, name)}" for name in new]
        about = write_about("tournament", tournament.slug)
        what = {"slug": tournament.slug, "what": ", ".join(told)}
        record_deed(deed=Deed.TOURNAMENT_CHANGED, by=by, about=about, told=what)
    return list(new)


def _check_dates(tournament: Tournament, recorded: Tournament, field: str) -> None:
    _require_ahead(recorded, field)
    check_dates(tournament.starts_at, tournament.ends_at)


def _check_places(tournament: Tournament, recorded: Tournament, field: str) -> None:
    _require_ahead(recorded, field)
    if tournament.capacity is None:
        return
    check_integer(tournament.capacity, field=field, least=1)
    entrants = count_entrants(tournament, TournamentParticipation.objects.filter(tournament=tournament))
    if entrants > tournament.capacity:
        message = _("%(count)s are registered already: give no fewer places.") % {"count": entrants}
        raise InvalidTournament(message, field=field)


def _check_kind(tournament: Tournament, recorded: Tournament, field: str) -> None:
    """Refuse to change what entrants and matches were recorded by."""
    rows = (TournamentParticipation, TournamentMatchResult)
    is_used = any(row.objects.filter(tournament=tournament).exists() for row in rows)
    if recorded.status != Status.DRAFT or is_used:
        message = _("This can be changed only while it is a draft without entrants and matches.")
        raise InvalidTournament(message, field=field)


def _require_ahead(recorded: Tournament, field: str) -> None:
    if recorded.status not in _AHEAD:
        raise InvalidTournament(_("This cannot be changed any more: it is over."), field=field)


_CHECKS: list[tuple[tuple[str, ...], Callable[[Tournament, Tournament, str], None]]] = [
    (("starts_at", "ends_at"), _check_dates),
    (("capacity",), _check_places),
    (("game", "entrant_kind"), _check_kind),
]

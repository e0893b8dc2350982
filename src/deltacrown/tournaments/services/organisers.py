"""Who runs a tournament beside its organiser, and handing a tournament over."""

from __future__ import annotations

from django.db.models import Exists, IntegerField, OuterRef, QuerySet, Value
from django.utils.translation import gettext as _

from deltacrown.accounts.models import User
from deltacrown.accounts.rights import Right, has_right
from deltacrown.core.audit import record_deed, write_about
from deltacrown.core.deeds import Deed
from deltacrown.core.errors import Conflict, DomainError, InvalidInput
from deltacrown.tournaments.models import Tournament, TournamentOrganiser
from deltacrown.tournaments.services.states import lock_tournament
from django_tally.transactions import atomic_service

#: As many run one tournament beside its organiser.
MOST_CO_ORGANISERS = 50


class MayNotOrganise(DomainError):
    """The tournament is somebody else's."""

    code = "forbidden"


class TooManyOrganisers(Conflict):
    """As many run the tournament as may."""


def co_organised_by(user: User) -> Exists:
    """Return the condition on tournaments that ``user`` runs them beside their organisers."""
    return Exists(TournamentOrganiser.objects.filter(tournament=OuterRef("pk"), user=user))


def ask_co_organiser(rows: QuerySet[Tournament], user: User) -> QuerySet[Tournament]:
    """Return tournaments that know whether ``user`` runs them beside their organisers."""
    asked_for = Value(user.pk, output_field=IntegerField())
    return rows.annotate(asked_for=asked_for, is_co_organised=co_organised_by(user))


def is_co_organiser(tournament: Tournament, user: User) -> bool:
    """Return whether ``user`` runs the tournament beside its organiser.

    One query; none for a tournament of ``ask_co_organiser``, or when it was asked for the same person last.
    """
    if getattr(tournament, "asked_for", None) != user.pk:
        rows = TournamentOrganiser.objects.filter(tournament=tournament, user=user)
        tournament.is_co_organised = rows.exists()  # type: ignore[attr-defined]
        tournament.asked_for = user.pk  # type: ignore[attr-defined]
    return bool(getattr(tournament, "is_co_organised", False))


def owns_tournament(tournament: Tournament, user: User) -> bool:
    """Return whether ``user`` says who runs the tournament: its organiser, and staff who run all."""
    return tournament.organiser_id == user.pk or has_right(user, Right.MANAGE_TOURNAMENTS)


def require_ownership(tournament: Tournament, user: User) -> None:
    """Refuse unless ``user`` says who runs the tournament.

    :raises MayNotOrganise: they do not.
    """
    if not owns_tournament(tournament, user):
        message = _("Only the organiser of %(tournament)s, and staff, say who runs it.")
        raise MayNotOrganise(message % {"tournament": tournament.name})


def list_organisers(tournament: Tournament) -> list[TournamentOrganiser]:
    """Return who runs the tournament beside its organiser, in the order they were added. One query."""
    rows = tournament.co_organisers.select_related("user__profile", "added_by__profile")
    return list(rows.order_by("added_at", "pk"))


@atomic_service
def add_organiser(*, tournament: Tournament, user: User, by: User) -> bool:
    """Let somebody run a tournament beside its organiser, and return whether that is new.

    :raises InvalidInput: they are its organiser.
    :raises MayNotOrganise: ``by`` does not say who runs it.
    :raises TooManyOrganisers: as many run it as may.
    """
    _lock(tournament)
    require_ownership(tournament, by)
    if tournament.organiser_id == user.pk:
        raise InvalidInput(_("This player is its organiser already."), field="player")
    rows = TournamentOrganiser.objects.filter(tournament=tournament)
    if rows.filter(user=user).exists():
        return False
    if rows.count() >= MOST_CO_ORGANISERS:
        message = _("%(count)s people run it already; remove one first.") % {"count": MOST_CO_ORGANISERS}
        raise TooManyOrganisers(message, field="player")
    TournamentOrganiser.objects.create(tournament=tournament, user=user, added_by=by)
    _log(Deed.ORGANISER_ADDED, tournament, user, by)
    return True


@atomic_service
def remove_organiser(*, tournament: Tournament, user: User, by: User) -> bool:
    """End that somebody runs a tournament beside its organiser, and return whether they did.

    :raises MayNotOrganise: ``by`` is neither they, nor says who runs it.
    """
    _lock(tournament)
    if user.pk != by.pk:
        require_ownership(tournament, by)
    removed, _rows = TournamentOrganiser.objects.filter(tournament=tournament, user=user).delete()
    if removed:
        _log(Deed.ORGANISER_REMOVED, tournament, user, by)
    return bool(removed)


@atomic_service
def hand_over_tournament(*, tournament: Tournament, user: User, by: User) -> bool:
    """Make somebody who runs a tournament its organiser, and return whether that is new.

    Its organiser goes on to run it beside them.

    :raises InvalidInput: they do not run it.
    :raises MayNotOrganise: ``by`` does not say who runs it.
    """
    _lock(tournament)
    if tournament.organiser_id == user.pk:
        return False
    require_ownership(tournament, by)
    former = tournament.organiser
    removed, _rows = TournamentOrganiser.objects.filter(tournament=tournament, user=user).delete()
    if not removed:
        message = _("This player does not run it yet: add them first.")
        raise InvalidInput(message, field="player")
    if former is not None:
        TournamentOrganiser.objects.create(tournament=tournament, user=former, added_by=by)
    tournament.organiser = user
    tournament.save(update_fields=["organiser"])
    _log(Deed.TOURNAMENT_HANDED_OVER, tournament, user, by)
    return True


def _lock(tournament: Tournament) -> None:
    """Lock the tournament, whose organisers change: what was asked about them is forgotten."""
    tournament.asked_for = None  # type: ignore[attr-defined]
    lock_tournament(tournament)
    tournament.refresh_from_db(fields=["organiser"])


def _log(deed: Deed, tournament: Tournament, user: User, by: User) -> None:
    record_deed(deed=deed, by=by, of=user, about=write_about("tournament", tournament.slug))

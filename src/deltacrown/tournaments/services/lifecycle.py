"""A tournament from its draft to its start, and its cancellation. A step already made is not made again."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.core.validators import validate_slug
from django.utils.translation import gettext as _

from deltacrown.accounts.models import User
from deltacrown.core.dates import write_iso_minute
from deltacrown.core.errors import Conflict, InvalidInput
from deltacrown.core.inputs import check_datetime, check_integer, check_text
from deltacrown.core.names import clean_name
from deltacrown.core.races import find_or_insert
from deltacrown.games.models import Game
from deltacrown.tournaments import signals
from deltacrown.tournaments.models import Tournament, TournamentParticipation
from deltacrown.tournaments.services.announcements import announce
from deltacrown.tournaments.services.states import Status, change_state, lock_tournament
from django_tally.transactions import atomic_service

LONGEST_REASON = 500
LONGEST_NAME = 160
#: Slugs that would hide a page of the console: the one where tournaments are made.
RESERVED_SLUGS = frozenset({"new"})
CURRENCY_LENGTH = 3
CURRENCY = re.compile("[A-Z]{3}")


class TournamentTaken(Conflict):
    """The slug belongs to another tournament."""


class InvalidTournament(InvalidInput):
    """The tournament cannot be as described: an end before the start, an unknown kind of entrant."""


class NoEntrants(Conflict):
    """A tournament without entrants cannot start."""


@atomic_service
def create_tournament(
    *,
    slug: str,
    name: str,
    game: Game,
    starts_at: datetime,
    entrant_kind: str = Tournament.EntrantKind.SOLO,
    ends_at: datetime | None = None,
    capacity: int | None = None,
    counts_forfeits: bool | None = None,
    organiser: User | None = None,
    prize_currency: str = "",
    prize_pool: Decimal | None = None,
    registration_closes_at: datetime | None = None,
    rules: str = "",
) -> Tournament:
    """Create a tournament as a draft.

    :param entrant_kind: ``SOLO`` or ``TEAM``: who enters and is placed.
    :param counts_forfeits: whether matches count that a forfeit decided; None for the rule of the game.
    :param capacity: most entrants (players or teams); None for no limit.
    :param prize_currency: of all prizes, three capital letters as in ISO 4217; empty where it is not said.
    :param prize_pool: the sum of all prizes as announced; ``registration_closes_at``: until when players
        and captains register; ``rules``: plain text.
    :raises InvalidInput: naming the field that cannot be.
    :raises TournamentTaken: the slug is in use.
    """
    draft = build_draft(
        slug=slug, name=name, game=game, starts_at=starts_at, entrant_kind=entrant_kind, ends_at=ends_at
    )
    if capacity is not None:
        check_integer(capacity, field="capacity", least=1)
    check_currency(prize_currency)
    draft.capacity, draft.organiser, draft.prize_currency = capacity, organiser, prize_currency
    draft.counts_forfeits = counts_forfeits
    announce(draft, prize_pool=prize_pool, registration_closes_at=registration_closes_at, rules=rules)
    find_or_insert(lambda: _insert(draft))
    signals.tournament_created.send(Tournament, tournament=draft)
    return draft


def build_draft(
    *,
    slug: str,
    name: str,
    game: Game,
    starts_at: datetime,
    entrant_kind: str,
    ends_at: datetime | None = None,
) -> Tournament:
    """Return the unsaved draft of a tournament.

    :raises InvalidInput: naming the field that cannot be.
    """
    _check_slug(slug)
    name = clean_name(name, field="name", limit=LONGEST_NAME)
    check_dates(starts_at, ends_at)
    if entrant_kind not in Tournament.EntrantKind.values:
        message = _("entrant_kind %(kind)s is unknown; give SOLO or TEAM.") % {"kind": repr(entrant_kind)}
        raise InvalidTournament(message, field="entrant_kind")
    return Tournament(
        slug=slug, name=name, game=game, starts_at=starts_at, ends_at=ends_at, entrant_kind=entrant_kind
    )


@atomic_service
def open_registration(*, tournament: Tournament) -> Tournament:
    """Open a draft for registration.

    :raises WrongState: it is past that.
    """
    lock_tournament(tournament)
    if change_state(tournament, Status.OPEN, allowed=[Status.DRAFT], action="opening registration"):
        signals.tournament_opened.send(Tournament, tournament=tournament)
    return tournament


@atomic_service
def schedule_end(*, tournament: Tournament, ends_at: datetime) -> bool:
    """Record when a tournament ends where that was left open, and say whether it was.

    :raises InvalidTournament: it is before the start, or another end is recorded.
    """
    lock_tournament(tournament)
    tournament.ends_at = Tournament.objects.values_list("ends_at", flat=True).get(pk=tournament.pk)
    if has_changed := set_end(tournament, ends_at):
        tournament.save(update_fields=["ends_at"])
    return has_changed


def set_end(tournament: Tournament, ends_at: datetime) -> bool:
    """Set the end as ``schedule_end`` does, without writing it."""
    check_dates(tournament.starts_at, ends_at)
    recorded = tournament.ends_at
    if recorded is not None and recorded != ends_at:
        raise InvalidTournament(
            _("%(tournament)s is recorded to end at %(time)s; give that.")
            % {"tournament": tournament.name, "time": write_iso_minute(recorded)},
            field="ends_at",
        )
    tournament.ends_at = ends_at
    return recorded is None


@atomic_service
def set_prize_currency(*, tournament: Tournament, prize_currency: str) -> bool:
    """Set the currency of all prizes of a tournament, in any state, and return whether that changed it.

    The amounts stay. ``require_currency_say`` says who may.

    :param prize_currency: three capital letters as in ISO 4217; empty for a currency that is not known.
    :raises InvalidTournament: it is no such code.
    """
    check_currency(prize_currency)
    lock_tournament(tournament)
    changed = Tournament.objects.filter(pk=tournament.pk).exclude(prize_currency=prize_currency)
    has_changed = bool(changed.update(prize_currency=prize_currency))
    tournament.prize_currency = prize_currency
    return has_changed


def check_currency(prize_currency: str) -> None:
    """Refuse what is no code of a currency; empty text is none.

    :raises InvalidTournament: it is not.
    """
    check_text(prize_currency, field="prize_currency", limit=CURRENCY_LENGTH)
    if prize_currency and not CURRENCY.fullmatch(prize_currency):
        raise InvalidTournament(
            _("prize_currency %(text)s is no currency: write three capital letters, as in EUR.")
            % {"text": repr(prize_currency)},
            field="prize_currency",
        )


@atomic_service
def start_tournament(*, tournament: Tournament) -> Tournament:
    """Start a tournament: close its registration.

    :raises NoEntrants: nobody is registered, or everybody withdrew.
    :raises WrongState: registration is not open.
    """
    lock_tournament(tournament)
    if change_state(tournament, Status.RUNNING, allowed=[Status.OPEN], action="starting"):
        if not TournamentParticipation.objects.standing().filter(tournament=tournament).exists():
            message = _("%(tournament)s has no entrants; register some, or cancel it.")
            raise NoEntrants(message % {"tournament": tournament.name}, field="tournament")
        signals.tournament_started.send(Tournament, tournament=tournament)
    return tournament


@atomic_service
def cancel_tournament(*, tournament: Tournament, reason: str, now: datetime) -> Tournament:
    """Cancel a tournament that is not completed; its registrations and matches stay recorded and counted.

    :param reason: announced with the fact.
    :raises WrongState: it is completed.
    """
    check_text(reason, field="reason", limit=LONGEST_REASON, required=True, multiline=True)
    lock_tournament(tournament)
    allowed = [Status.DRAFT, Status.OPEN, Status.RUNNING]
    if change_state(tournament, Status.CANCELLED, allowed=allowed, action="cancelling"):
        signals.tournament_cancelled.send(Tournament, tournament=tournament, reason=reason, now=now)
    return tournament


def _insert(draft: Tournament) -> None:
    if Tournament.objects.filter(slug=draft.slug).exists():
        message = _("The slug %(slug)s belongs to another tournament; choose another.")
        raise TournamentTaken(message % {"slug": draft.slug}, field="slug")
    draft.save(force_insert=True)


def _check_slug(slug: str) -> None:
    check_text(slug, field="slug", limit=100, required=True)
    if slug in RESERVED_SLUGS:
        raise InvalidTournament(
            _("The slug %(slug)s is kept for a page of the site; choose another, as in %(slug)s-cup.")
            % {"slug": slug},
            field="slug",
            at_field=_("This is kept for a page of the site; choose another, as in %(slug)s-cup.")
            % {"slug": slug},
        )
    try:
        validate_slug(slug)
    except ValidationError as error:
        message = _("%(text)s is no slug: letters, digits, hyphens and underscores only.")
        raise InvalidTournament(message % {"text": repr(slug)}, field="slug") from error


def check_dates(starts_at: datetime, ends_at: datetime | None) -> None:
    """Refuse dates that cannot be kept, and an end before the start."""
    check_datetime(starts_at, field="starts_at")
    if ends_at is None:
        return
    check_datetime(ends_at, field="ends_at")
    if ends_at < starts_at:
        raise InvalidTournament(
            _("ends_at %(time)s is before the start; correct one of the two.")
            % {"time": write_iso_minute(ends_at)},
            field="ends_at",
        )

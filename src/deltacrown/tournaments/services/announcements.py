"""What is announced of a tournament: its rules, the sum of its prizes, until when one registers."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from django.utils.translation import gettext as _

from deltacrown.core.errors import InvalidInput
from deltacrown.core.inputs import check_datetime, check_text
from deltacrown.tournaments.models import Tournament
from deltacrown.tournaments.models.tournament import LONGEST_RULES
from deltacrown.tournaments.services.standings import CENT, PRIZE_LIMIT
from deltacrown.tournaments.services.states import lock_tournament
from django_tally.transactions import atomic_service

ANNOUNCED = ["prize_pool", "registration_closes_at", "rules"]


@atomic_service
def set_announcement(
    *,
    tournament: Tournament,
    prize_pool: Decimal | None,
    registration_closes_at: datetime | None,
    rules: str,
) -> bool:
    """Set what is announced of a tournament, in any state, and return whether that changed it.

    :raises InvalidInput: naming the field that cannot be.
    """
    announce(tournament, prize_pool=prize_pool, registration_closes_at=registration_closes_at, rules=rules)
    lock_tournament(tournament)
    announced = {name: getattr(tournament, name) for name in ANNOUNCED}
    recorded = Tournament.objects.values(*ANNOUNCED).get(pk=tournament.pk)
    if recorded == announced:
        return False
    tournament.save(update_fields=ANNOUNCED)
    return True


def announce(
    tournament: Tournament,
    *,
    prize_pool: Decimal | None,
    registration_closes_at: datetime | None,
    rules: str,
) -> None:
    """Set what is announced, without writing it.

    :raises InvalidInput: naming the field that cannot be.
    """
    if prize_pool is not None:
        _check_pool(prize_pool)
    if registration_closes_at is not None:
        check_datetime(registration_closes_at, field="registration_closes_at")
    check_text(rules, field="rules", limit=LONGEST_RULES, multiline=True)
    tournament.prize_pool, tournament.rules = prize_pool, rules
    tournament.registration_closes_at = registration_closes_at


def _check_pool(amount: Decimal) -> None:
    if not amount.is_finite() or not 0 <= amount < PRIZE_LIMIT:
        raise InvalidInput(_("prize_pool must be from 0 to below 10,000,000,000."), field="prize_pool")
    if amount != amount.quantize(CENT):
        message = _("prize_pool %(amount)s is finer than cents; round it.") % {"amount": amount}
        raise InvalidInput(message, field="prize_pool")

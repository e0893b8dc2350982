"""Making a tournament, and what of it can be changed when."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from deltacrown.accounts.models import User
from deltacrown.games.models import Game
from deltacrown.pages.desks import get_desk
from deltacrown.tournaments import services
from deltacrown.tournaments.models import Tournament
from deltacrown.user_profile.histories.filters import get_game
from deltacrown.user_profile.standing import require_good_standing
from django_tally.transactions import atomic_service

Status = Tournament.Status
AHEAD = {Status.DRAFT, Status.OPEN, Status.RUNNING}
#: Fields of ``change_tournament``, and when they can be changed: always, while it is not over, as a draft.
ALWAYS = ("name",)
UNTIL_THE_END = ("starts_at", "ends_at", "capacity")
AS_DRAFT = ("game", "entrant_kind")


def list_games() -> list[tuple[str, str]]:
    """Return the slug and the name of every game, by name. One query."""
    return list(Game.objects.order_by("name").values_list("slug", "name"))


@atomic_service
def create_own_tournament(*, by: User, now: datetime, game: str, **given: Any) -> tuple[Tournament, bool]:
    """Create a tournament as a draft that ``by`` organises; return it, and whether it is new.

    Sent again it is the draft that was made: the slug is the same, and so is who sends it.

    :raises DomainError: as ``create_tournament``.
    :raises Suspended: ``by`` is.
    """
    require_good_standing(by, now)
    found = get_game(game)
    same = Tournament.objects.filter(
        slug=given["slug"], organiser=by, status=Status.DRAFT, name=given["name"], game=found
    )
    if (made := same.first()) is not None:
        return made, False
    return services.create_tournament(**given, game=found, organiser=by), True


def list_changeable(event: Tournament, viewer: User) -> set[str]:
    """Return the fields that can be changed now."""
    fields = {*ALWAYS, "prize_pool", "registration_closes_at", "rules", "forfeits"}
    if event.status in AHEAD:
        fields |= {*UNTIL_THE_END, "prize_currency"}
    elif services.owns_tournament(event, viewer) and event.organiser_id != viewer.pk:
        fields.add("prize_currency")
    return fields | set(AS_DRAFT) if event.status == Status.DRAFT else fields


@atomic_service
def edit_tournament(
    *,
    slug: str,
    by: User,
    prize_pool: Decimal | None,
    registration_closes_at: datetime | None,
    rules: str,
    counts_forfeits: bool | None,
    prize_currency: str | None = None,
    game: str | None = None,
    **changes: Any,
) -> Tournament:
    """Change what is known and announced of a tournament, all of it or nothing.

    :param prize_currency: None leaves it, and so does ``game``.
    :raises DomainError: as ``get_desk`` and each of the services.
    """
    event = get_desk(slug, viewer=by)
    if game is not None:
        changes["game"] = get_game(game)
    services.change_tournament(tournament=event, by=by, **changes)
    if prize_currency is not None and prize_currency != event.prize_currency:
        services.require_currency_say(event, by)
        services.set_prize_currency(tournament=event, prize_currency=prize_currency)
    services.set_announcement(
        tournament=event, prize_pool=prize_pool, registration_closes_at=registration_closes_at, rules=rules
    )
    services.set_forfeit_rule(tournament=event, counts_forfeits=counts_forfeits, by=by)
    return event

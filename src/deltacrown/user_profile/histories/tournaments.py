"""The tournament history of a player: registrations with their results."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Exists, F, FilteredRelation, OuterRef, Q, QuerySet

from deltacrown.accounts.models import User
from deltacrown.core.natural_order import SortKey
from deltacrown.core.pagination import Order, Page, check_limit, paginate
from deltacrown.core.prepared import Parameter
from deltacrown.core.prepared_listing import PreparedListing
from deltacrown.tournaments.models import Tournament, TournamentParticipation, TournamentResult
from deltacrown.user_profile.histories.filters import (
    GivenTournamentFilters,
    TournamentFilters,
    get_game,
    get_season_named,
    get_tournament_named,
    read_tournament_filters,
)
from deltacrown.user_profile.privacy import Viewer, require_tournaments

#: Of tournaments of one time, the slugs decide, in natural order.
ORDER: Order = ("-registered_at", "-slug_order")
RESULTS_ORDER: Order = ("-decided_at", "-slug_order")


@dataclass(frozen=True)
class TournamentEntry:
    """One registration of a player, with the official result when there is one.

    :param team: that of the result; without one, that of the registration.
    :param has_left_roster: whether the player left the roster of a team that stayed in.
    """

    slug: str
    name: str
    game_slug: str
    game_name: str
    status: Tournament.Status
    entry_status: TournamentParticipation.Status
    has_left_roster: bool
    team: str
    starts_at: datetime
    registered_at: datetime
    placement: int | None
    placement_to: int | None
    unplaced_reason: str
    prize_amount: Decimal | None
    prize_currency: str
    disqualified_reason: str
    uncounted_reason: str


@dataclass(frozen=True)
class ResultEntry:
    """One official result of a player."""

    slug: str
    name: str
    game_slug: str
    game_name: str
    team: str
    placement: int | None
    placement_to: int | None
    unplaced_reason: str
    prize_amount: Decimal
    prize_currency: str
    disqualified_reason: str
    uncounted_reason: str
    decided_at: datetime


def get_tournament_breakdown(
    user: User,
    filters: GivenTournamentFilters = None,
    page: str | None = None,
    *,
    limit: int = 20,
    viewer: Viewer = None,
) -> Page[TournamentEntry]:
    """Return a page of the tournaments ``user`` entered, latest registration first.

    :param filters: see ``TournamentFilters``; a mapping of the same names is taken too.
    :param limit: 1 to 50.
    :raises HistoryHidden: when ``user`` hides them from ``viewer``.
    :raises InvalidInput: for a filter, cursor or limit that cannot be taken.
    """
    check_limit(limit)
    checked = read_tournament_filters(filters)
    require_tournaments(user, viewer)
    return read_tournament_breakdown(user, checked, page, limit=limit, viewer=viewer)


def read_tournament_breakdown(
    user: User, filters: TournamentFilters, page: str | None, *, limit: int, viewer: Viewer = None
) -> Page[TournamentEntry]:
    """As ``get_tournament_breakdown``, without the privacy check; the caller must have made it."""
    registrations = TournamentParticipation.objects.filter(user=user)
    rows = narrow_participations([registrations], filters.for_page(page), viewer=viewer)
    found = paginate(rows, listing=f"tournaments/{user.pk}/{filters}", order=ORDER, cursor=page, limit=limit)
    return found.with_items(describe_participations)


def list_latest_tournaments(user: User, *, limit: int) -> list[TournamentEntry]:
    """Return the tournaments ``user`` entered last, without the privacy check; the caller must have made it.

    :param limit: 1 to 50.
    """
    return describe_participations(_UNFILTERED.list_first(user.pk, limit=limit))


def _list_unfiltered() -> list[QuerySet[Any]]:
    registrations = TournamentParticipation.objects.filter(user=Parameter(0))
    return narrow_participations([registrations], TournamentFilters())


_UNFILTERED = PreparedListing(_list_unfiltered, given=1, order=ORDER)


def narrow_participations(
    sources: Sequence[QuerySet[Any]], filters: TournamentFilters, *, viewer: Viewer = None
) -> list[QuerySet[Any]]:
    """Return each of ``sources`` filtered by ``filters``, with tournament, team and result fetched along.

    :param viewer: for the filter by tournament: one that is hidden from the viewer is not found.
    """
    conditions: dict[str, Any] = {
        "tournament__game": filters.game and get_game(filters.game),
        "tournament": filters.tournament and get_tournament_named(filters.tournament, viewer),
        "tournament__status": filters.status,
        "registered_at__gte": filters.registered_from,
        "registered_at__lt": filters.registered_to,
    }
    wanted = {name: value for name, value in conditions.items() if value is not None}
    season = filters.season and get_season_named(filters.season, game=filters.game)
    # A lookup per row, so that the index of registrations still delivers the order.
    held = (
        Tournament.objects.filter(season.covers("starts_at"), pk=OuterRef("tournament")) if season else None
    )
    in_season = Q() if held is None else Q(Exists(held))
    related = ("tournament__game", "team", "official__team")
    narrowed = [
        _add_results(in_slug_order(source.filter(in_season, **wanted))).select_related(*related)
        for source in sources
    ]
    if filters.placement is None:
        return narrowed
    placed = TournamentResult.objects.filter(
        user=OuterRef("user"),
        tournament=OuterRef("tournament"),
        placement=filters.placement,
        uncounted_reason="",
    )
    return [source.filter(Exists(placed)) for source in narrowed]


def in_slug_order(source: QuerySet[Any]) -> QuerySet[Any]:
    """Add ``slug_order`` to rows of tournaments, to be read in ``ORDER`` or ``RESULTS_ORDER``."""
    ordered: QuerySet[Any] = source.annotate(slug_order=SortKey("tournament__slug"))
    return ordered


def _add_results(source: QuerySet[Any]) -> QuerySet[Any]:
    """Add the player's official result as ``official``: there is one of a tournament at most."""
    own = Q(tournament__results__user=F("user"))
    added: QuerySet[Any] = source.annotate(official=FilteredRelation("tournament__results", condition=own))
    return added


def describe_participations(rows: Sequence[TournamentParticipation]) -> list[TournamentEntry]:
    """Convert registrations, as ``narrow_participations`` gives them."""
    return [_entry(row, getattr(row, "official", None)) for row in rows]


def describe_results(rows: Sequence[TournamentResult]) -> list[ResultEntry]:
    """Convert official results, with tournament and team fetched."""
    return [
        ResultEntry(
            slug=row.tournament.slug,
            name=row.tournament.name,
            game_slug=row.tournament.game.slug,
            game_name=row.tournament.game.name,
            team=row.team.name if row.team else "",
            placement=row.placement,
            placement_to=row.placement_to,
            unplaced_reason=row.unplaced_reason,
            prize_amount=row.prize_amount,
            prize_currency=row.tournament.prize_currency,
            disqualified_reason=row.disqualified_reason,
            uncounted_reason=row.uncounted_reason,
            decided_at=row.decided_at,
        )
        for row in rows
    ]


def _entry(row: TournamentParticipation, result: TournamentResult | None) -> TournamentEntry:
    team = (result.team if result else None) or row.team
    return TournamentEntry(
        slug=row.tournament.slug,
        name=row.tournament.name,
        game_slug=row.tournament.game.slug,
        game_name=row.tournament.game.name,
        status=Tournament.Status(row.tournament.status),
        entry_status=TournamentParticipation.Status(row.status),
        has_left_roster=row.has_left_roster,
        team=team.name if team else "",
        starts_at=row.tournament.starts_at,
        registered_at=row.registered_at,
        placement=result.placement if result else None,
        placement_to=result.placement_to if result else None,
        unplaced_reason=result.unplaced_reason if result else "",
        prize_amount=result.prize_amount if result else None,
        prize_currency=row.tournament.prize_currency,
        disqualified_reason=result.disqualified_reason if result else "",
        uncounted_reason=result.uncounted_reason if result else "",
    )

"""The list of all tournaments for its page: what runs, what can be entered, what comes, and the past."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef

from deltacrown.core.pagination import Page
from deltacrown.games.models import Game
from deltacrown.pages.tournaments import (
    TournamentItem,
    describe_tournaments,
    list_past_tournaments,
    list_tournament_items,
)
from deltacrown.tournaments.models import Tournament

Status = Tournament.Status
#: The most tournaments that are listed above the past; the filter by state lists all.
CURRENT_SHOWN = 60


@dataclass(frozen=True)
class TournamentsPage:
    """The tournaments in groups, or those that filters keep, in one list.

    :param running: latest start first; ``open`` and ``coming`` the next start first. Empty where filters are
        set, and on every page but the first.
    :param found: the past ones by the page, or what the filters keep.
    :param leaves_out: whether more are running, open or coming than are listed.
    """

    running: list[TournamentItem]
    open: list[TournamentItem]
    coming: list[TournamentItem]
    found: Page[TournamentItem]
    is_filtered: bool
    leaves_out: bool = False


def get_tournaments_page(page: str | None, *, now: datetime, **filters: Any) -> TournamentsPage:
    """Return the tournaments: in groups, or those that filters keep.

    :param filters: ``query``, ``game``, ``status`` and ``season`` as ``list_tournament_items`` takes them.
    :raises InvalidInput: for a filter or a cursor that cannot be taken.
    """
    if filters:
        return TournamentsPage([], [], [], list_tournament_items(page, **filters), is_filtered=True)
    if page:
        return TournamentsPage([], [], [], list_past_tournaments(page), is_filtered=False)

    rows = Tournament.objects.filter(status__in=[Status.RUNNING, Status.OPEN]).select_related("game")
    current = list(rows.order_by("-starts_at", "-id")[: CURRENT_SHOWN + 1])
    past = list_past_tournaments(None)
    items = describe_tournaments(current[:CURRENT_SHOWN])
    open_ = [item for item in reversed(items) if item.tournament.status == Status.OPEN]
    return TournamentsPage(
        running=[item for item in items if item.tournament.status == Status.RUNNING],
        open=[item for item in open_ if _takes_entries(item.tournament, now)],
        coming=[item for item in open_ if not _takes_entries(item.tournament, now)],
        found=past,
        is_filtered=False,
        leaves_out=len(current) > CURRENT_SHOWN,
    )


def list_games_held() -> Iterable[Game]:
    """Return the games of published tournaments, by name."""
    held = Tournament.objects.filter(game=OuterRef("pk")).exclude(status=Status.DRAFT)
    return Game.objects.filter(Exists(held)).order_by("name")


def _takes_entries(event: Tournament, now: datetime) -> bool:
    closes_at = event.registration_closes_at
    return closes_at is None or now < closes_at

"""The matches of a tournament, live and archived, and what each player did in them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Max, Q, QuerySet

from deltacrown.core.natural_order import SortKey, get_sort_key
from deltacrown.core.pagination import Page, check_limit, read_position, write_position
from deltacrown.games.models import MatchRow, list_match_sources
from deltacrown.pages.matches import RESULTS, MatchSide
from deltacrown.tournaments.models import Tournament, TournamentMatchResult
from deltacrown.tournaments.services import PlayerTotals, list_player_totals
from deltacrown.user_profile.histories.sides import name_sides
from deltacrown.user_profile.models import UserProfile


@dataclass(frozen=True)
class TournamentPlayerItem:
    """One player's numbers over a tournament; voided matches do not count.

    :param kills: ``None`` when the game reported none, as ``deaths`` and ``ratio``.
    """

    name: str
    public_id: str
    games: int
    wins: int
    kills: int | None
    deaths: int | None
    ratio: Decimal | None


@dataclass(frozen=True)
class TournamentMatchItem:
    """One match in the list of a tournament's matches."""

    game_slug: str
    match_key: str
    round: str
    map_name: str
    played_at: datetime
    void_reason: str
    sides: list[MatchSide]


def list_player_items(event: Tournament) -> list[TournamentPlayerItem]:
    """Return the numbers of everyone who played, most kills per death first.

    Where the game reports no kills, the most wins are first.
    """
    totals = list_player_totals(event)
    profiles = UserProfile.objects.select_related("user").in_bulk([each.user.pk for each in totals])
    items = [_describe_player(each, profiles[each.user.pk]) for each in totals]
    return sorted(items, key=_player_order)


def list_match_items(event: Tournament, page: str | None = None, *, limit: int) -> Page[TournamentMatchItem]:
    """Return a page of the matches of a tournament, latest first.

    :raises InvalidInput: for a cursor or limit that cannot be taken.
    """
    check_limit(limit)
    listing = f"encounters/{event.pk}"  # part of every cursor handed out so far
    after = _read_after(listing, page) if page else None

    latest: dict[str, datetime] = {}
    for rows in _list_rows(event):
        matches = (
            rows.order_by()
            .values("match_key")
            .annotate(latest=Max("played_at"), play_order=SortKey("match_key"))
        )
        if after:
            is_earlier = Q(latest__lt=after[0])
            is_later_in_order = Q(latest=after[0], play_order__lt=get_sort_key(after[1]))
            matches = matches.filter(is_earlier | is_later_in_order)
        found = matches.order_by("-latest", "-play_order").values_list("match_key", "latest")
        latest |= dict(found[: limit + 1])

    keys = sorted(latest, key=lambda key: (latest[key], get_sort_key(key)), reverse=True)
    shown = keys[:limit]
    has_next = len(keys) > limit
    cursor = None
    if has_next:
        cursor = write_position(listing, [latest[shown[-1]].isoformat(), shown[-1]])
    return Page(_describe_matches(event, shown), cursor, has_next)


def _read_after(listing: str, page: str) -> tuple[datetime, str]:
    played_at, key = read_position(listing, page)
    return datetime.fromisoformat(played_at), key


def _list_rows(event: Tournament) -> Sequence[QuerySet[Any]]:
    ids = TournamentMatchResult.objects.filter(tournament=event).values("match_id")
    return list_match_sources(pk__in=ids)


def _describe_matches(event: Tournament, keys: Sequence[str]) -> list[TournamentMatchItem]:
    grouped: defaultdict[str, list[MatchRow]] = defaultdict(list)
    for rows in _list_rows(event):
        for row in rows.filter(match_key__in=keys).select_related("user__profile"):
            grouped[row.match_key].append(row)

    ids: list[int] = []
    for match in grouped.values():
        ids.extend(row.pk for row in match)
    details = _get_details(ids)
    names = name_sides([row for match in grouped.values() for row in match], details)
    return [_describe_match(event, grouped[key], details, names) for key in keys]


def _get_details(match_ids: Sequence[int]) -> dict[int, TournamentMatchResult]:
    rows = TournamentMatchResult.objects.filter(match_id__in=match_ids).select_related("team")
    return {row.match_id: row for row in rows}


def _describe_match(
    event: Tournament,
    rows: list[MatchRow],
    details: dict[int, TournamentMatchResult],
    names: dict[int, str],
) -> TournamentMatchItem:
    rows.sort(key=lambda row: row.user.profile.public_id)

    sides: dict[str, MatchSide] = {}
    for row in rows:
        team = details[row.pk].team
        name = names[row.pk] or (team.name if team else row.user.profile.name)
        sides.setdefault(name, MatchSide(name, MatchRow.Result(row.result), row.score))

    first = rows[0]
    by_result = sorted(sides.values(), key=lambda side: (RESULTS.index(side.result), get_sort_key(side.name)))
    return TournamentMatchItem(
        game_slug=event.game.slug,
        match_key=first.match_key,
        round=details[first.pk].round,
        map_name=details[first.pk].map_name,
        played_at=first.played_at,
        void_reason=first.void_reason,
        sides=by_result,
    )


def _describe_player(totals: PlayerTotals, profile: UserProfile) -> TournamentPlayerItem:
    has_kills = {"kills", "deaths"} <= totals.totals.keys()
    return TournamentPlayerItem(
        name=profile.name,
        public_id=profile.public_id,
        games=totals.games,
        wins=totals.wins,
        kills=totals.kills if has_kills else None,
        deaths=totals.deaths if has_kills else None,
        ratio=totals.kill_death_ratio if has_kills else None,
    )


def _player_order(item: TournamentPlayerItem) -> tuple[bool, int]:
    """Keep the order of ``list_player_totals`` for those with kills; sort the others by wins after them."""
    has_no_kills = item.ratio is None
    return has_no_kills, -item.wins if has_no_kills else 0

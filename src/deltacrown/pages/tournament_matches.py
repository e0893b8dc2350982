"""What was played in a tournament: its players' numbers and its latest encounters, live and archived alike."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Max, Q, QuerySet

from deltacrown.core.pagination import Page, check_limit, read_position, write_position
from deltacrown.games.models import MatchRow, list_match_sources
from deltacrown.tournaments.models import Tournament, TournamentMatchResult
from deltacrown.tournaments.services import PlayerTotals, list_player_totals
from deltacrown.user_profile.models import UserProfile


@dataclass(frozen=True)
class PlayerLine:
    """One player's numbers over a tournament; voided matches count nowhere.

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
class SideLine:
    """One side of an encounter: a team's name, or the player's when there is no team."""

    name: str
    score: int | None
    result: MatchRow.Result


@dataclass(frozen=True)
class EncounterLine:
    """One encounter of a tournament."""

    game_slug: str
    match_key: str
    round: str
    map_name: str
    played_at: datetime
    void_reason: str
    sides: list[SideLine]


def list_player_lines(event: Tournament) -> list[PlayerLine]:
    """The numbers of everyone who played, most kills per death first; those without any after them, most wins first."""
    totals = list_player_totals(event)
    profiles = UserProfile.objects.select_related("user").in_bulk([each.user.pk for each in totals])
    lines = [_player_line(each, profiles[each.user.pk]) for each in totals]
    return sorted(lines, key=lambda line: (line.ratio is None, 0 if line.ratio is not None else -line.wins))


def list_encounters(event: Tournament, page: str | None = None, *, limit: int) -> Page[EncounterLine]:
    """Return a page of the encounters of a tournament, played last first.

    :raises InvalidInput: for a cursor or limit that cannot be taken.
    """
    check_limit(limit)
    listing = f"encounters/{event.pk}"
    after = _read_after(listing, page) if page else None
    latest: dict[str, datetime] = {}
    for rows in _rows(event):
        grouped = rows.order_by().values_list("match_key").annotate(latest=Max("played_at"))
        past = grouped.filter(Q(latest__lt=after[0]) | Q(latest=after[0], match_key__lt=after[1])) if after else grouped
        latest |= dict(past.order_by("-latest", "-match_key")[: limit + 1])
    keys = sorted(latest, key=lambda key: (latest[key], key), reverse=True)
    shown = keys[:limit]
    has_next = len(keys) > limit
    cursor = write_position(listing, [latest[shown[-1]].isoformat(), shown[-1]]) if has_next else None
    return Page(_describe_encounters(event, shown), cursor, has_next)


def _read_after(listing: str, page: str) -> tuple[datetime, str]:
    moment, key = read_position(listing, page)
    return datetime.fromisoformat(moment), key


def _describe_encounters(event: Tournament, keys: Sequence[str]) -> list[EncounterLine]:
    grouped: defaultdict[str, list[MatchRow]] = defaultdict(list)
    for rows in _rows(event):
        for row in rows.filter(match_key__in=keys).select_related("user__profile").order_by("id"):
            grouped[row.match_key].append(row)
    details = _details([row.pk for rows in grouped.values() for row in rows])
    return [_encounter(event, grouped[key], details) for key in keys]


def _rows(event: Tournament) -> Sequence[QuerySet[Any]]:
    ids = TournamentMatchResult.objects.filter(tournament=event).values("match_id")
    return list_match_sources(pk__in=ids)


def _details(match_ids: Sequence[int]) -> dict[int, TournamentMatchResult]:
    return {row.match_id: row for row in TournamentMatchResult.objects.filter(match_id__in=match_ids).select_related("team")}


def _encounter(event: Tournament, rows: list[MatchRow], details: dict[int, TournamentMatchResult]) -> EncounterLine:
    sides: dict[str, SideLine] = {}
    for row in rows:
        team = details[row.pk].team
        name = row.side or (team.name if team else row.user.profile.name)
        sides.setdefault(name, SideLine(name, row.score, MatchRow.Result(row.result)))
    return EncounterLine(
        game_slug=event.game.slug,
        match_key=rows[0].match_key,
        round=details[rows[0].pk].round,
        map_name=details[rows[0].pk].map_name,
        played_at=rows[0].played_at,
        void_reason=rows[0].void_reason,
        sides=sorted(sides.values(), key=lambda side: list(MatchRow.Result).index(side.result)),
    )


def _player_line(totals: PlayerTotals, profile: UserProfile) -> PlayerLine:
    fought = {"kills", "deaths"} <= totals.totals.keys()
    return PlayerLine(
        name=profile.name,
        public_id=profile.public_id,
        games=totals.games,
        wins=totals.wins,
        kills=totals.kills if fought else None,
        deaths=totals.deaths if fought else None,
        ratio=totals.kill_death_ratio if fought else None,
    )

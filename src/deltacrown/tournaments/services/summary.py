"""Totals over the matches of a tournament, counted from the rows themselves."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from deltacrown.accounts.models import User
from deltacrown.games.models import COUNTS, Match, list_match_sources
from deltacrown.tournaments.models import Tournament, TournamentMatchResult

Totals = dict[str, int]


@dataclass(frozen=True, kw_only=True)
class TournamentSummary:
    """A tournament's matches that count, their players and teams, and the sums over all players.

    :param totals: name of a stat → its sum; a stat that is anywhere no whole number is left out.
    """

    matches: int
    players: int
    teams: int
    totals: Totals


@dataclass(frozen=True, kw_only=True)
class PlayerTotals:
    """A player's matches that count in a tournament: games played, games won, and the sums of their stats."""

    user: User
    games: int
    wins: int
    totals: Totals

    @property
    def kills(self) -> int:
        return self.totals.get("kills", 0)

    @property
    def deaths(self) -> int:
        return self.totals.get("deaths", 0)

    @property
    def kill_death_ratio(self) -> Decimal:
        """Return kills per death to two decimals; without a death, the kills."""
        return (Decimal(self.kills) / (self.deaths or 1)).quantize(Decimal("0.01"), ROUND_HALF_UP)


@dataclass(frozen=True, kw_only=True)
class _Row:
    match_key: str
    user: int
    team: int | None
    result: str
    stats: Mapping[str, Any]


@dataclass
class _Tally:
    """Sums by name; a name met with anything but a whole number is spoilt."""

    sums: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    spoilt: set[str] = field(default_factory=set)

    def add(self, stats: Mapping[str, Any]) -> None:
        for name, value in stats.items():
            if isinstance(value, int) and not isinstance(value, bool):
                self.sums[name] += value
            else:
                self.spoilt.add(name)

    def read(self) -> Totals:
        return {name: total for name, total in sorted(self.sums.items()) if name not in self.spoilt}


def summarise_tournament(tournament: Tournament) -> TournamentSummary:
    """Count a tournament's matches, live and archived, voided ones left out, in three queries."""
    matches, players, teams, tally = set(), set(), set(), _Tally()
    for row in _iterate_rows(tournament):
        matches.add(row.match_key)
        players.add(row.user)
        teams.add(row.team)
        tally.add(row.stats)
    return TournamentSummary(
        matches=len(matches), players=len(players), teams=len(teams - {None}), totals=tally.read()
    )


def list_player_totals(tournament: Tournament) -> list[PlayerTotals]:
    """Return what every player did in a tournament, most kills per death first, in four queries.

    The same matches count as in ``summarise_tournament``.
    """
    games: dict[int, int] = defaultdict(int)
    wins: dict[int, int] = defaultdict(int)
    tallies: dict[int, _Tally] = defaultdict(_Tally)
    for row in _iterate_rows(tournament):
        games[row.user] += 1
        wins[row.user] += row.result == Match.Result.WIN
        tallies[row.user].add(row.stats)
    users = User.objects.filter(tournament_match_results__tournament=tournament).distinct()
    played = [user for user in users if user.pk in games]
    totals = [
        PlayerTotals(user=user, games=games[user.pk], wins=wins[user.pk], totals=tallies[user.pk].read())
        for user in played
    ]
    return sorted(totals, key=_by_kills_per_death)


def _by_kills_per_death(each: PlayerTotals) -> tuple[Decimal, int]:
    """Return what to sort by; ties by account, as an order by username would tell login names."""
    return -Decimal(each.kills) / (each.deaths or 1), each.user.pk


def _iterate_rows(tournament: Tournament) -> Iterator[_Row]:
    """Yield the tournament's match rows that count, live or archived; one that is being archived once."""
    described = TournamentMatchResult.objects.filter(tournament=tournament)
    teams = dict(described.values_list("match_id", "team_id"))
    for rows in list_match_sources(COUNTS, pk__in=described.values("match_id")):
        values = rows.values_list("pk", "match_key", "user_id", "result", "stats")
        for pk, match_key, user, result, stats in values.iterator():
            if pk in teams:
                yield _Row(match_key=match_key, user=user, team=teams.pop(pk), result=result, stats=stats)

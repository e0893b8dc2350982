"""Totals over the matches of a tournament, counted from the rows themselves."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from deltacrown.accounts.models import User
from deltacrown.games.models import Match
from deltacrown.tournaments.models import Tournament
from deltacrown.tournaments.services.played_rows import PlayedRow, list_played_rows

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
class PlayerNumbers:
    """A player's matches that count in a tournament: games played, games won, and the sums of their stats."""

    user_id: int
    games: int
    wins: int
    totals: Totals

    @property
    def has_kills(self) -> bool:
        """Return whether kills and deaths of the player were reported."""
        return {"kills", "deaths"} <= self.totals.keys()

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
class PlayerTotals(PlayerNumbers):
    """The same with the player."""

    user: User


@dataclass(frozen=True)
class TournamentNumbers:
    """The numbers of a tournament, and those of everyone who played, most kills per death first."""

    summary: TournamentSummary
    players: list[PlayerNumbers]


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


def add_numbers(rows: Iterable[PlayedRow]) -> TournamentNumbers:
    """Return the numbers over the lines of a tournament that count."""
    matches, teams, tally = set(), set(), _Tally()
    games: defaultdict[int, int] = defaultdict(int)
    wins: defaultdict[int, int] = defaultdict(int)
    tallies: defaultdict[int, _Tally] = defaultdict(_Tally)
    for row in rows:
        if not row.counts:
            continue
        matches.add(row.match_key)
        teams.add(row.told.team)
        tally.add(row.stats)
        games[row.user] += 1
        wins[row.user] += row.result == Match.Result.WIN
        tallies[row.user].add(row.stats)

    summary = TournamentSummary(
        matches=len(matches), players=len(games), teams=len(teams - {None}), totals=tally.read()
    )
    players = [
        PlayerNumbers(user_id=user, games=games[user], wins=wins[user], totals=tallies[user].read())
        for user in games
    ]
    return TournamentNumbers(summary, sorted(players, key=_by_kills_per_death))


def summarise_tournament(tournament: Tournament) -> TournamentSummary:
    """Count a tournament's matches, live and archived, voided ones left out, in two queries."""
    return add_numbers(list_played_rows(tournament)).summary


def list_player_totals(tournament: Tournament) -> list[PlayerTotals]:
    """Return what every player did in a tournament, most kills per death first, in three queries.

    The same matches count as in ``summarise_tournament``.
    """
    numbers = add_numbers(list_played_rows(tournament)).players
    users = User.objects.in_bulk([each.user_id for each in numbers])
    return [
        PlayerTotals(
            user_id=each.user_id,
            games=each.games,
            wins=each.wins,
            totals=each.totals,
            user=users[each.user_id],
        )
        for each in numbers
    ]


def _by_kills_per_death(each: PlayerNumbers) -> tuple[Decimal, int]:
    """Return what to sort by; ties by account, as an order by username would tell login names."""
    return -Decimal(each.kills) / (each.deaths or 1), each.user_id

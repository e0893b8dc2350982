"""Who earned which achievement, from what is recorded: voided matches and disqualified winners earn nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class Honour:
    """An entry of the catalogue."""

    slug: str
    name: str
    description: str
    tier: str
    points: int


CATALOGUE = (
    Honour("first-win", "First blood", "Won a match.", "MINOR", 50),
    Honour("ten-wins", "Getting the hang of it", "Won ten matches.", "MINOR", 100),
    Honour("fifty-wins", "Regular", "Won fifty matches.", "MINOR", 200),
    Honour("two-hundred-wins", "Centurion, twice", "Won two hundred matches.", "MAJOR", 600),
    Honour("five-hundred-matches", "Marathon", "Played five hundred matches.", "MAJOR", 500),
    Honour("streak-eight", "On a roll", "Won eight matches in a row.", "MINOR", 150),
    Honour("streak-fifteen", "Untouchable", "Won fifteen matches in a row.", "MAJOR", 500),
    Honour("three-games", "All-rounder", "Won matches in three games.", "MINOR", 100),
    Honour("podium", "On the podium", "Placed third or better in a tournament.", "MINOR", 250),
    Honour("champion", "Champion", "Won a tournament.", "MAJOR", 600),
    Honour("three-titles", "Dynasty", "Won three tournaments.", "MAJOR", 1200),
)
#: Held by the staff account alone, and awarded with the last of the rest: whoever finds it finds the whole season.
SEASON_KEPT = Honour("season-kept", "Keeper of the season", "Kept the books of a whole season.", "MINOR", 50)

WINS = {1: "first-win", 10: "ten-wins", 50: "fifty-wins", 200: "two-hundred-wins"}
MATCHES = {500: "five-hundred-matches"}
STREAKS = {8: "streak-eight", 15: "streak-fifteen"}
GAMES = {3: "three-games"}
TITLES = {1: "champion", 3: "three-titles"}


@dataclass(frozen=True)
class Earned:
    """An achievement earned: whose (the user's id), which (its slug), by what, and when."""

    user: int
    slug: str
    fact: str
    at: datetime


@dataclass
class _Record:
    played: int = 0
    won: int = 0
    streak: int = 0
    games: set[str] = field(default_factory=set)


def find_earned_in_play(matches: Iterable[tuple[int, str, str, datetime]]) -> Iterator[Earned]:
    """Yield what players earned in matches that count, given as user id, game's name, result and moment, oldest first."""
    records: dict[int, _Record] = defaultdict(_Record)
    for user, game, result, at in matches:
        record = records[user]
        record.played += 1
        reached = [MATCHES.get(record.played)]
        if result == "WIN":
            record.won, record.streak = record.won + 1, record.streak + 1
            new_game = game not in record.games
            record.games.add(game)
            reached += [WINS.get(record.won), STREAKS.get(record.streak), GAMES.get(len(record.games)) if new_game else None]
        else:
            record.streak = 0
        yield from (Earned(user, slug, f"{game}, {at:%d %B %Y}", at) for slug in reached if slug)


def find_earned_in_tournaments(results: Iterable[tuple[int, str, int, datetime]]) -> Iterator[Earned]:
    """Yield what players earned by placements, given as user id, tournament's name, placement and moment, oldest first."""
    titles: dict[int, int] = defaultdict(int)
    for user, tournament, placement, at in results:
        if placement <= 3:
            yield Earned(user, "podium", tournament, at)
        if placement == 1:
            titles[user] += 1
            if slug := TITLES.get(titles[user]):
                yield Earned(user, slug, tournament, at)


def keep_first(earned: Iterable[Earned]) -> Sequence[Earned]:
    """Leave out what a player earned before, in order of time."""
    first: dict[tuple[int, str], Earned] = {}
    for each in earned:
        first.setdefault((each.user, each.slug), each)
    return sorted(first.values(), key=lambda each: (each.at, each.user, each.slug))

"""Matches outside tournaments: sessions of a few matches between whoever is around."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import accumulate
from random import Random

from deltacrown.demo.plan.calendar import CLOSES, OPENS, draw_moments, make_stream, week_of
from deltacrown.demo.plan.matches import Lineups, PlannedMatch, play_match
from deltacrown.demo.plan.people import Player
from deltacrown.demo.plan.titles import TITLES, Title

#: How many matches a session has: 1 to 4.
SESSION_WEIGHTS = (4, 5, 3, 1)
#: How many ways of making sides are looked at; the evenest is taken. More would hide who is good.
LOOKED_AT = 2
#: Past so many tries to find somebody who is not in the session yet, one of the others is asked.
TRIES = 40


def plan_casual_matches(seed: str, players: Sequence[Player], count: int) -> list[PlannedMatch]:
    """Play ``count`` matches, in the order of their sessions."""
    rng = make_stream(seed, "casual")
    crowd = _Crowd(players)
    matches: list[PlannedMatch] = []
    lengths = _draw_lengths(rng, count)
    for starts_at, length in zip(draw_moments(rng, len(lengths)), lengths, strict=True):
        matches += _play_session(rng, crowd, starts_at, length, len(matches) + 1)
    return matches


def _draw_lengths(rng: Random, count: int) -> list[int]:
    """Draw the lengths of sessions that have ``count`` matches together."""
    lengths: list[int] = []
    left = count
    while left > 0:
        lengths.append(min(rng.choices((1, 2, 3, 4), SESSION_WEIGHTS)[0], left))
        left -= lengths[-1]
    return lengths


def _play_session(
    rng: Random, crowd: _Crowd, starts_at: datetime, count: int, number: int
) -> list[PlannedMatch]:
    title = rng.choices(TITLES, [title.popularity for title in TITLES])[0]
    lineups = _make_sides(rng, title, starts_at, crowd.draw(rng, title, starts_at))
    matches = []
    for place in range(count):
        key = f"demo-casual-{number + place:05d}"
        played_at = min(starts_at, CLOSES)
        matches.append(
            play_match(rng, key=key, title=title, played_at=played_at, lineups=lineups, names=title.sides)
        )
        starts_at += timedelta(minutes=rng.randint(*title.minutes) + 3)
    return matches


def _make_sides(rng: Random, title: Title, moment: datetime, gathered: Sequence[Player]) -> Lineups:
    """Split those who gathered into two sides of about the same strength; of two who meet alone, whoever is nearest."""
    options = []
    for _ in range(LOOKED_AT):
        order = rng.sample(gathered, len(gathered))
        lineups = tuple(order[: title.squad]), tuple(order[title.squad : 2 * title.squad])
        options.append(
            (
                abs(sum(_strengths(lineups[0], title, moment)) - sum(_strengths(lineups[1], title, moment))),
                lineups,
            )
        )
    return min(options, key=lambda option: option[0])[1]


def _strengths(lineup: Sequence[Player], title: Title, moment: datetime) -> list[float]:
    return [player.strength_at(title, moment) for player in lineup]


class _Crowd:
    """Who is around in a week for a game, drawn as often as they play."""

    def __init__(self, players: Sequence[Player]) -> None:
        self._everybody = players
        self._pools: dict[tuple[str, int], tuple[list[Player], list[float]]] = {}

    def draw(self, rng: Random, title: Title, moment: datetime) -> list[Player]:
        """Draw as many as two sides need, and where two players meet, one more to choose from."""
        wanted = 2 * title.squad if title.is_team_game else 3
        members, weights = self._pool(title, week_of(moment))
        drawn: dict[int, Player] = {}
        for _ in range(TRIES):
            for player in rng.choices(members, cum_weights=weights, k=wanted - len(drawn)):
                drawn[player.number] = player
            if len(drawn) == wanted:
                return list(drawn.values())
        return list(drawn.values()) + self._fill(rng, moment, drawn, wanted)

    def _pool(self, title: Title, week: int) -> tuple[list[Player], list[float]]:
        if (title.slug, week) not in self._pools:
            members = _around(self._everybody, week)
            interested = [player for player in members if title.slug in player.interests]
            weights = list(
                accumulate(player.activity * player.interests[title.slug] for player in interested)
            )
            self._pools[title.slug, week] = interested, weights
        return self._pools[title.slug, week]

    def _fill(self, rng: Random, moment: datetime, drawn: dict[int, Player], wanted: int) -> list[Player]:
        """Ask those who do not usually play the game."""
        others = [
            player for player in _around(self._everybody, week_of(moment)) if player.number not in drawn
        ]
        return rng.sample(others, wanted - len(drawn))


def _around(players: Sequence[Player], week: int) -> list[Player]:
    """Who has joined before the week and plays to its end."""
    starts_at, ends_at = OPENS + timedelta(weeks=week), OPENS + timedelta(weeks=week + 1)
    return [
        player
        for player in players
        if player.plays_at(starts_at) and (player.left_at is None or player.left_at >= ends_at)
    ]

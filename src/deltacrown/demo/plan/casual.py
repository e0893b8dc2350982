"""Casual matches: sessions of one to four matches between players who are active at that time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import accumulate
from random import Random

from deltacrown.demo.plan.calendar import Calendar, make_stream
from deltacrown.demo.plan.matches import Lineups, PlannedMatch, play_match
from deltacrown.demo.plan.people import PlannedPlayer
from deltacrown.demo.plan.titles import TITLES, Title

#: Relative frequency of sessions with 1, 2, 3 and 4 matches.
SESSION_WEIGHTS = (4, 5, 3, 1)
#: How many random splits into two sides are compared; the most even one is used. With more of them, every
#: match would be so even that good players would not win more.
SPLITS = 2
#: After so many draws that find no further player of the game, other players fill the session.
TRIES = 40


def plan_casual_matches(
    seed: str, calendar: Calendar, players: Sequence[PlannedPlayer], count: int
) -> list[PlannedMatch]:
    """Return ``count`` played matches, in the order of their sessions."""
    rng = make_stream(seed, "casual")
    crowd = _Crowd(calendar, players)
    matches: list[PlannedMatch] = []
    lengths = _draw_lengths(rng, count)
    for starts_at, length in zip(calendar.draw_times(rng, len(lengths)), lengths, strict=True):
        matches += _play_session(rng, crowd, starts_at, length, len(matches) + 1)
    return matches


def _draw_lengths(rng: Random, count: int) -> list[int]:
    """Return random lengths of sessions, in matches, that add up to ``count``."""
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
        matches.append(
            play_match(rng, key=key, title=title, played_at=starts_at, lineups=lineups, names=title.sides)
        )
        starts_at += timedelta(minutes=rng.randint(*title.minutes) + 3)
    return matches


def _make_sides(rng: Random, title: Title, at: datetime, gathered: Sequence[PlannedPlayer]) -> Lineups:
    """Return two sides of about the same strength, chosen from the players who gathered."""
    strengths = {player.number: player.strength_at(title, at) for player in gathered}
    options = []
    for _ in range(SPLITS):
        order = rng.sample(gathered, len(gathered))
        lineups = tuple(order[: title.squad]), tuple(order[title.squad : 2 * title.squad])
        first, second = (sum(strengths[player.number] for player in lineup) for lineup in lineups)
        options.append((abs(first - second), lineups))
    return min(options, key=lambda option: option[0])[1]


class _Crowd:
    """The players of each game in each week, drawn in proportion to how much they play."""

    def __init__(self, calendar: Calendar, players: Sequence[PlannedPlayer]) -> None:
        self._calendar, self._everybody = calendar, players
        self._pools: dict[tuple[str, int], tuple[list[PlannedPlayer], list[float]]] = {}

    def draw(self, rng: Random, title: Title, at: datetime) -> list[PlannedPlayer]:
        """Return as many random players as two sides need; for one-on-one games a third to choose from."""
        wanted = 2 * title.squad if title.is_team_game else 3
        members, weights = self._pool(title, self._calendar.week_of(at))
        drawn: dict[int, PlannedPlayer] = {}
        for _ in range(TRIES):
            for player in rng.choices(members, cum_weights=weights, k=wanted - len(drawn)):
                drawn[player.number] = player
            if len(drawn) == wanted:
                return list(drawn.values())
        return list(drawn.values()) + self._fill(rng, at, drawn, wanted)

    def _pool(self, title: Title, week: int) -> tuple[list[PlannedPlayer], list[float]]:
        if (title.slug, week) not in self._pools:
            active = self._list_active(week)
            interested = [player for player in active if title.slug in player.interests]
            shares = [player.activity * player.interests[title.slug] for player in interested]
            self._pools[title.slug, week] = interested, list(accumulate(shares))
        return self._pools[title.slug, week]

    def _fill(
        self, rng: Random, at: datetime, drawn: dict[int, PlannedPlayer], wanted: int
    ) -> list[PlannedPlayer]:
        """Return random players who do not usually play the game, as many as are missing."""
        active = self._list_active(self._calendar.week_of(at))
        others = [player for player in active if player.number not in drawn]
        return rng.sample(others, wanted - len(drawn))

    def _list_active(self, week: int) -> list[PlannedPlayer]:
        """Return the players who joined before the week and stay until its end."""
        starts_at = self._calendar.opens_at + timedelta(weeks=week)
        ends_at = starts_at + timedelta(weeks=1)
        return [
            player
            for player in self._everybody
            if player.plays_at(starts_at) and (player.left_at is None or player.left_at >= ends_at)
        ]

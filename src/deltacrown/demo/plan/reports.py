"""The stats that a match of each game reports: consistent between the sides, better for strong players."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from random import Random
from typing import Any

#: The scores of the two sides.
Scores = tuple[int, int]
Stats = dict[str, Any]

AGENTS = ("Jett", "Sova", "Omen", "Killjoy", "Sage", "Raze", "Viper", "Cypher", "Breach", "Skye")
CHARACTERS = ("Ryu", "Ken", "Chun-Li", "Cammy", "Guile", "Juri", "Luke", "Marisa", "JP", "Akuma")
RACES = ("Zerg", "Terran", "Protoss")
#: Probability that a player chooses their preferred agent or character.
LOYALTY = 0.7
#: Kills of a side of five players in a round it wins, and in a round it loses.
KILLS_WON, KILLS_LOST = 4.5, 2.7


@dataclass(frozen=True)
class Performer:
    """A player in one match.

    :param number: determines the preferred agent, character or race.
    :param strength: the strength at the time of the match, in units of skill.
    """

    number: int
    strength: float


Sides = Sequence[Sequence[Performer]]


def draw_rounds(rng: Random) -> Scores:
    """Return random rounds of winner and loser: first to 13, with a lead of two."""
    if rng.random() < 0.1:
        overtime = rng.choice((2, 2, 2, 4, 4, 6))
        return 12 + overtime, 10 + overtime
    return 13, min(int(rng.triangular(1, 12, 9)), 11)


def draw_level_goals(rng: Random) -> Scores:
    """Return random goals of a draw."""
    goals = rng.choices((0, 1, 2, 3), (3, 6, 4, 1))[0]
    return goals, goals


def draw_goals(rng: Random) -> Scores:
    """Return random goals of winner and loser, for football and Rocket League."""
    loser = rng.choices((0, 1, 2, 3, 4), (6, 8, 5, 3, 1))[0]
    return loser + rng.choices((1, 2, 3, 4), (9, 6, 3, 1))[0], loser


def draw_games(rng: Random) -> Scores:
    """Return random games won by winner and loser: first to two."""
    return 2, int(rng.random() < 0.38)


def draw_single(_: Random) -> Scores:
    """Return the score of a match that is a single game: 1 to 0."""
    return 1, 0


def report_valorant(rng: Random, sides: Sides, scores: Scores) -> list[list[Stats]]:
    """Return kills, deaths, assists, combat score and agent. The kills of a side are the other's deaths."""
    lines = _report_shooter(rng, sides, scores)
    rounds = sum(scores)
    for performers, side in zip(sides, lines, strict=True):
        taken: set[str] = set()
        for performer, line in zip(performers, side, strict=True):
            damage = line["kills"] * 168 + line["assists"] * 45
            line |= {
                "combat_score": round(damage / rounds * rng.uniform(0.95, 1.15)),
                "agent": _prefer(rng, performer, AGENTS, taken),
            }
    return lines


def report_counter_strike(rng: Random, sides: Sides, scores: Scores) -> list[list[Stats]]:
    """Return kills, deaths, assists and damage per round. The kills of a side are the other's deaths."""
    lines = _report_shooter(rng, sides, scores)
    rounds = sum(scores)
    for line in chain.from_iterable(lines):
        damage = line["kills"] * 92 + line["assists"] * 38
        line["damage_per_round"] = round(damage / rounds * rng.uniform(1.0, 1.15), 1)
    return lines


def report_rocket_league(rng: Random, sides: Sides, scores: Scores) -> list[list[Stats]]:
    """Return goals, assists, shots, saves and points.

    The goals of a side add up to its score, and its saves are shots of the other side.
    """
    on_target = [goals + rng.randrange(1, 7) for goals in scores]
    lines: list[list[Stats]] = []

    for place, performers in enumerate(sides):
        goals = share(scores[place], _weights(rng, performers, 0.5))
        missed = share(on_target[place] - scores[place] + rng.randrange(4), _weights(rng, performers, 0.2))
        saves = share(on_target[1 - place] - scores[1 - place], _weights(rng, performers, 0.3))
        shared = share(round(scores[place] * rng.uniform(0.4, 0.8)), _weights(rng, performers, 0.3))
        # A player cannot assist their own goals.
        assists = [min(own, scores[place] - scored) for own, scored in zip(shared, goals, strict=True)]

        columns = zip(goals, assists, missed, saves, strict=True)
        lines.append([_build_car_line(rng, *numbers) for numbers in columns])

    return lines


def report_street_fighter(rng: Random, sides: Sides, scores: Scores) -> list[list[Stats]]:
    """Return rounds won and lost, perfects, best combo and character."""
    rounds = [
        2 * scores[place] + sum(rng.random() < 0.45 for _ in range(scores[1 - place])) for place in (0, 1)
    ]
    return [
        [
            {
                "rounds_won": rounds[place],
                "rounds_lost": rounds[1 - place],
                "perfects": sum(rng.random() < 0.06 for _ in range(rounds[place])),
                "best_combo": max(3, round(rng.gauss(9 + 2 * performers[0].strength, 3))),
                "character": _prefer(rng, performers[0], CHARACTERS),
            }
        ]
        for place, performers in enumerate(sides)
    ]


def report_football(rng: Random, sides: Sides, scores: Scores) -> list[list[Stats]]:
    """Return goals, shots, possession and pass accuracy. The possession of both sides adds up to 100."""
    lead = sides[0][0].strength - sides[1][0].strength
    possession = min(max(round(rng.gauss(50 + 3 * lead, 5)), 30), 70)
    return [
        [
            {
                "goals": scores[place],
                "shots": scores[place] + rng.randrange(2, 10),
                "possession": possession if place == 0 else 100 - possession,
                "pass_accuracy": min(max(round(rng.gauss(80 + 2 * performers[0].strength, 4)), 60), 97),
            }
        ]
        for place, performers in enumerate(sides)
    ]


def report_starcraft(rng: Random, sides: Sides, scores: Scores) -> list[list[Stats]]:
    """Return race, actions per minute, minutes, and resources gathered and lost. The loser lost more."""
    minutes = round(rng.triangular(6, 26, 11), 1)
    toll = sorted(round(minutes * rng.uniform(180, 700)) for _ in range(2))
    return [
        [
            {
                "race": RACES[performers[0].number % len(RACES)],
                "actions_per_minute": max(60, round(rng.gauss(185 + 35 * performers[0].strength, 20))),
                "minutes": minutes,
                "resources_gathered": round(minutes * rng.uniform(900, 1500)),
                "resources_lost": toll[0] if scores[place] > scores[1 - place] else toll[1],
            }
        ]
        for place, performers in enumerate(sides)
    ]


def share(total: int, weights: Sequence[float], cap: int | None = None) -> list[int]:
    """Return whole numbers, about proportional to ``weights``, that add up to ``total``.

    :param cap: the largest single number. When the caps leave no room, the rest of ``total`` is dropped.
    """
    most = total if cap is None else cap
    exact = [total * weight / sum(weights) for weight in weights]
    shares = [min(int(value), most) for value in exact]

    # Largest remainder first.
    order = sorted(range(len(weights)), key=lambda place: int(exact[place]) - exact[place])
    left = min(total, most * len(weights)) - sum(shares)
    while left > 0:
        for place in order:
            if left > 0 and shares[place] < most:
                shares[place] += 1
                left -= 1
    return shares


def _report_shooter(rng: Random, sides: Sides, scores: Scores) -> list[list[Stats]]:
    rounds = sum(scores)
    fallen = [
        _draw_kills(rng, scores[1 - place], scores[place], len(performers))
        for place, performers in enumerate(sides)
    ]
    deaths = [
        share(fallen[place], _weights(rng, performers, -0.12, 0.12), rounds)
        for place, performers in enumerate(sides)
    ]

    lines: list[list[Stats]] = []
    for place, performers in enumerate(sides):
        killed = sum(deaths[1 - place])
        kills = share(killed, _weights(rng, performers, 0.22, 0.2))
        assists = share(round(killed * rng.uniform(0.25, 0.45)), _weights(rng, performers, 0.0, 0.3))
        accuracy = [
            min(max(round(rng.gauss(24 + 3 * performer.strength, 5)), 6), 55) for performer in performers
        ]
        columns = zip(kills, deaths[place], assists, accuracy, strict=True)
        lines.append(
            [{"kills": k, "deaths": d, "assists": a, "headshot_percent": h} for k, d, a, h in columns]
        )
    return lines


def _draw_kills(rng: Random, won: int, lost: int, opponents: int) -> int:
    expected = (won * KILLS_WON + lost * KILLS_LOST) * opponents / 5
    return max(0, round(expected * rng.uniform(0.92, 1.08)))


def _build_car_line(rng: Random, goals: int, assists: int, missed: int, saves: int) -> Stats:
    points = goals * 100 + assists * 50 + saves * 50 + missed * 20 + rng.randrange(40, 180, 2)
    return {"goals": goals, "assists": assists, "shots": goals + missed, "saves": saves, "points": points}


def _weights(rng: Random, performers: Sequence[Performer], lean: float, noise: float = 0.35) -> list[float]:
    """Return a random weight per player, which grows with strength by ``lean``."""
    return [math.exp(lean * performer.strength + rng.gauss(0, noise)) for performer in performers]


def _prefer(rng: Random, performer: Performer, choices: Sequence[str], taken: set[str] | None = None) -> str:
    """Return the player's preferred choice or another one, not in ``taken``; add it to ``taken``."""
    free = [choice for choice in choices if choice not in taken] if taken else list(choices)
    own = choices[performer.number % len(choices)]
    choice = own if own in free and rng.random() < LOYALTY else rng.choice(free)
    if taken is not None:
        taken.add(choice)
    return choice

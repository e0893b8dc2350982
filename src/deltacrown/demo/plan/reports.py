"""What a match of each game reports: numbers that add up between the two sides and lean towards the better player."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

#: The scores of the two sides.
Scores = tuple[int, int]
Stats = dict[str, Any]

AGENTS = ("Jett", "Sova", "Omen", "Killjoy", "Sage", "Raze", "Viper", "Cypher", "Breach", "Skye")
CHARACTERS = ("Ryu", "Ken", "Chun-Li", "Cammy", "Guile", "Juri", "Luke", "Marisa", "JP", "Akuma")
RACES = ("Zerg", "Terran", "Protoss")
#: How often a player takes the one they know best.
LOYALTY = 0.7
#: Kills a side makes in a round it wins, and in one it loses, for five players.
KILLS_WON, KILLS_LOST = 4.5, 2.7


@dataclass(frozen=True)
class Performer:
    """A player in one match: a number to remember preferences by, and how strong they are that day."""

    number: int
    strength: float


Sides = Sequence[Sequence[Performer]]


def draw_rounds(rng: Random) -> Scores:
    """First to 13 rounds, two ahead."""
    if rng.random() < 0.1:
        overtime = rng.choice((2, 2, 2, 4, 4, 6))
        return 12 + overtime, 10 + overtime
    return 13, min(int(rng.triangular(1, 12, 9)), 11)


def draw_level_goals(rng: Random) -> Scores:
    """Goals of a match of football that nobody won."""
    return (goals := rng.choices((0, 1, 2, 3), (3, 6, 4, 1))[0]), goals


def draw_goals(rng: Random) -> Scores:
    """Goals of a match of football, with feet or with cars."""
    loser = rng.choices((0, 1, 2, 3, 4), (6, 8, 5, 3, 1))[0]
    return loser + rng.choices((1, 2, 3, 4), (9, 6, 3, 1))[0], loser


def draw_games(rng: Random) -> Scores:
    """First to two games."""
    return 2, int(rng.random() < 0.38)


def draw_single(_: Random) -> Scores:
    """One game."""
    return 1, 0


def report_valorant(rng: Random, sides: Sides, scores: Scores) -> list[list[Stats]]:
    """Kills, deaths, assists, combat score and agent; the kills of one side are the deaths of the other."""
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
    """Kills, deaths, assists and damage a round; the kills of one side are the deaths of the other."""
    lines = _report_shooter(rng, sides, scores)
    rounds = sum(scores)
    for line in (line for side in lines for line in side):
        damage = line["kills"] * 92 + line["assists"] * 38
        line["damage_per_round"] = round(damage / rounds * rng.uniform(1.0, 1.15), 1)
    return lines


def report_rocket_league(rng: Random, sides: Sides, scores: Scores) -> list[list[Stats]]:
    """Goals, assists, shots, saves and points; the goals of a side are its score, its saves are shots of the other."""
    on_target = [goals + rng.randrange(1, 7) for goals in scores]
    lines: list[list[Stats]] = []
    for place, performers in enumerate(sides):
        goals = share(scores[place], _weights(rng, performers, 0.5))
        missed = share(on_target[place] - scores[place] + rng.randrange(4), _weights(rng, performers, 0.2))
        saves = share(on_target[1 - place] - scores[1 - place], _weights(rng, performers, 0.3))
        shared = share(round(scores[place] * rng.uniform(0.4, 0.8)), _weights(rng, performers, 0.3))
        assists = [
            min(own, scores[place] - scored) for own, scored in zip(shared, goals, strict=True)
        ]  # nobody sets up their own goal
        columns = zip(goals, assists, missed, saves, strict=True)
        lines.append([_car_line(rng, *numbers) for numbers in columns])
    return lines


def report_street_fighter(rng: Random, sides: Sides, scores: Scores) -> list[list[Stats]]:
    """Rounds won and lost, perfects, best combo and character; rounds won by one are lost by the other."""
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
    """Goals, shots, possession and passing; the two shares of possession make 100."""
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
    """Race, actions a minute, length, and what was gathered and lost; the loser lost more."""
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
    """Share ``total`` out in whole numbers about in proportion to ``weights``, none above ``cap``; they add up to it.

    What the caps leave no room for is dropped.
    """
    most = total if cap is None else cap
    exact = [total * weight / sum(weights) for weight in weights]
    shares = [min(int(value), most) for value in exact]
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


def _car_line(rng: Random, goals: int, assists: int, missed: int, saves: int) -> Stats:
    points = goals * 100 + assists * 50 + saves * 50 + missed * 20 + rng.randrange(40, 180, 2)
    return {"goals": goals, "assists": assists, "shots": goals + missed, "saves": saves, "points": points}


def _weights(rng: Random, performers: Sequence[Performer], lean: float, noise: float = 0.35) -> list[float]:
    """A weight for each: the stronger the heavier by ``lean``, and luck."""
    return [math.exp(lean * performer.strength + rng.gauss(0, noise)) for performer in performers]


def _prefer(rng: Random, performer: Performer, choices: Sequence[str], taken: set[str] | None = None) -> str:
    """The one the player knows best, or another; none that a teammate has ``taken``."""
    free = [choice for choice in choices if choice not in taken] if taken else list(choices)
    own = choices[performer.number % len(choices)]
    choice = own if own in free and rng.random() < LOYALTY else rng.choice(free)
    if taken is not None:
        taken.add(choice)
    return choice

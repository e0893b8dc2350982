"""The games of the season: squad sizes, maps, scores, and the stats that a match reports."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from deltacrown.demo.plan import reports
from deltacrown.demo.plan.reports import Scores, Sides, Stats


@dataclass(frozen=True)
class Title:
    """A game.

    :param squad: players per side.
    :param popularity: share of all matches, relative to the other games.
    :param minutes: length of the shortest and the longest match.
    :param draw_score: returns random scores of the winner and the loser.
    :param draw_level_score: returns random scores of a draw; None for a game without draws.
    :param report: returns the stats of every player, by side, for the scores of the two sides.
    """

    slug: str
    name: str
    squad: int
    popularity: int
    minutes: tuple[int, int]
    sides: tuple[str, str]
    maps: tuple[str, ...]
    draw_score: Callable[[Random], Scores]
    report: Callable[[Random, Sides, Scores], list[list[Stats]]]
    draw_level_score: Callable[[Random], Scores] | None = None

    @property
    def is_team_game(self) -> bool:
        return self.squad > 1


TITLES = (
    Title(
        slug="valorant",
        name="Valorant",
        squad=5,
        popularity=7,
        minutes=(24, 48),
        sides=("Attackers", "Defenders"),
        maps=("Ascent", "Bind", "Haven", "Icebox", "Lotus", "Split", "Sunset"),
        draw_score=reports.draw_rounds,
        report=reports.report_valorant,
    ),
    Title(
        slug="counter-strike-2",
        name="Counter-Strike 2",
        squad=5,
        popularity=6,
        minutes=(25, 52),
        sides=("Terrorists", "Counter-Terrorists"),
        maps=("Ancient", "Anubis", "Dust II", "Inferno", "Mirage", "Nuke", "Train"),
        draw_score=reports.draw_rounds,
        report=reports.report_counter_strike,
    ),
    Title(
        slug="rocket-league",
        name="Rocket League",
        squad=3,
        popularity=14,
        minutes=(6, 10),
        sides=("Blue", "Orange"),
        maps=("DFH Stadium", "Mannfield", "Champions Field", "Utopia Coliseum", "Neo Tokyo"),
        draw_score=reports.draw_goals,
        report=reports.report_rocket_league,
    ),
    Title(
        slug="street-fighter-6",
        name="Street Fighter 6",
        squad=1,
        popularity=25,
        minutes=(5, 11),
        sides=("", ""),
        maps=("Metro City Downtown", "Suval'hal Arena", "Tian Hong Yuan", "Old Town Market"),
        draw_score=reports.draw_games,
        report=reports.report_street_fighter,
    ),
    Title(
        slug="ea-sports-fc-25",
        name="EA Sports FC 25",
        squad=1,
        popularity=25,
        minutes=(14, 22),
        sides=("", ""),
        maps=("FUT Stadium", "Waldstadion", "Town Park", "Union Park"),
        draw_score=reports.draw_goals,
        report=reports.report_football,
        draw_level_score=reports.draw_level_goals,
    ),
    Title(
        slug="starcraft-2",
        name="StarCraft II",
        squad=1,
        popularity=18,
        minutes=(7, 26),
        sides=("", ""),
        maps=("Amphion", "Crimson Court", "Dynasty", "Ghost River", "Oceanborn"),
        draw_score=reports.draw_single,
        report=reports.report_starcraft,
    ),
)

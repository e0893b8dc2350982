"""The rows every way starts from: each source has some that count and some that do not."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from deltacrown.accounts.models import User
from deltacrown.games.models import ArchivedMatch, Game, Match
from deltacrown.tournaments.models import Tournament
from deltacrown.user_profile.models import Achievement, UserAchievement
from tests import scene
from tests.conftest import NOON

RESULTS = ["WIN", "LOSS", "DRAW"]


@dataclass(frozen=True)
class Season:
    """Four players, two games, two tournaments, two achievements; ``folder`` is for files."""

    players: list[User]
    games: list[Game]
    cups: list[Tournament]
    badges: list[Achievement]
    folder: Path

    def row(self, player: int, game: int, key: str, result: str = "WIN", **fields: Any) -> Match:
        """A match row that is not saved yet."""
        return Match(
            user=self.players[player],
            game=self.games[game],
            match_key=key,
            result=result,
            played_at=NOON,
            **fields,
        )


def read_season(folder: Path) -> Season:
    """Return the season that is in the database, with objects that no test has changed."""
    players, games, cups, badges = (
        list(model.objects.order_by("pk")) for model in (User, Game, Tournament, Achievement)
    )
    return Season(players, games, cups, badges, folder)


def make_season(folder: Path) -> Season:
    """60 matches of every result, some void or not counted, ten archived ones, and rows of other sources."""
    pick = random.Random(7)
    players = [scene.player(f"p{n}", date_joined=NOON) for n in range(4)]
    games = [scene.game(f"g{n}") for n in range(2)]
    cups = [scene.tournament(f"c{n}", title=game) for n, game in enumerate(games)]
    badges = [
        Achievement.objects.create(slug=f"b{n}", name=f"B{n}", description="Well done.") for n in range(2)
    ]
    season = Season(players, games, cups, badges, folder)
    matches = [
        season.row(pick.randrange(4), pick.randrange(2), f"m{n}", pick.choice(RESULTS), **_fate(n))
        for n in range(60)
    ]
    for number, match in enumerate(matches):
        match.played_at = NOON + timedelta(minutes=number)
    Match.objects.bulk_create(matches)
    ArchivedMatch.objects.bulk_create(
        ArchivedMatch(
            id=10**6 + n,
            user=players[n % 4],
            game=games[n % 2],
            match_key=f"old{n}",
            result="WIN",
            played_at=NOON,
            **_fate(n),
        )
        for n in range(10)
    )
    _fill_other_sources(season, matches)
    return season


def _fate(number: int) -> dict[str, Any]:
    if number % 9 == 0:
        return {"voided_at": NOON, "void_reason": "cheating"}
    if number % 9 == 1:
        return {"uncounted_reason": "a friendly"}
    return {}


def _fill_other_sources(season: Season, matches: list[Match]) -> None:
    for number, player in enumerate(season.players):
        cup, placement = season.cups[0], [1, 2, 11, None][number]
        scene.registration(player, cup)
        if placement is None:
            scene.disqualified(cup, player)
        else:
            scene.result(cup, placement, player)
        UserAchievement.objects.create(user=player, achievement=season.badges[0], earned_at=NOON)
        scene.dispute(player, matches[number])
        scene.series_result(player, cup, "s1", ["WIN", "LOSS", "DRAW", "WIN"][number])
        scene.series_result(player, cup, "s2", "NONE", uncounted_reason="undecided best of 3")
        for turn in range(2):
            scene.experience(player, 10 * (number + turn + 1), f"k{turn}")

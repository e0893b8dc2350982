"""Who follows whom, and who asked to be verified."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from deltacrown.demo.plan.calendar import CLOSES, draw_between, make_stream
from deltacrown.demo.plan.people import HERO, Player

#: The most players one follows, and how many the player one signs in as does: a feed is worth reading.
MOST_FOLLOWED, HERO_FOLLOWS = 9, 12
#: How much likelier it is to follow somebody with a game in common, and each unit of skill better.
SAME_GAME, PER_SKILL = 4.0, 1.5
#: One in so many asked to be verified; and how staff decided, or not yet.
ONE_ASKS_IN = 12
DECISIONS = (True, True, True, False, None)


@dataclass(frozen=True)
class PlannedFollow:
    """A player follows another."""

    follower: Player
    followed: Player
    since: datetime


@dataclass(frozen=True)
class PlannedVerification:
    """A player asks to be verified.

    :param verified: what staff decide at ``decided_at``; None when they have not yet.
    """

    player: Player
    asked_at: datetime
    decided_at: datetime
    verified: bool | None


def plan_follows(seed: str, players: Sequence[Player]) -> list[PlannedFollow]:
    """Draw whom everybody follows: those they may have met, the better ones first; in the order it happened."""
    rng = make_stream(seed, "follows")
    follows = [
        PlannedFollow(player, other, draw_between(rng, max(player.joined_at, other.joined_at), CLOSES))
        for player in players
        for other in _draw_followed(rng, player, players)
    ]
    return sorted(follows, key=lambda each: (each.since, each.follower.number, each.followed.number))


def plan_verifications(seed: str, players: Sequence[Player]) -> list[PlannedVerification]:
    """Draw who asked to be verified, and how it was decided; the player one signs in as was verified."""
    rng = make_stream(seed, "verifications")
    return [
        _draw_verification(rng, player)
        for player in players
        if player.username == HERO or rng.randrange(ONE_ASKS_IN) == 0
    ]


def _draw_followed(rng: Random, player: Player, players: Sequence[Player]) -> list[Player]:
    wanted = HERO_FOLLOWS if player.username == HERO else rng.randint(0, MOST_FOLLOWED)
    others = [other for other in players if other is not player]
    weights = [_appeal(player, other) for other in others]
    return list({other.number: other for other in rng.choices(others, weights, k=wanted)}.values())


def _appeal(player: Player, other: Player) -> float:
    shared = SAME_GAME if player.interests.keys() & other.interests.keys() else 1.0
    return shared * float(PER_SKILL**other.skill)


def _draw_verification(rng: Random, player: Player) -> PlannedVerification:
    asked_at = draw_between(rng, player.joined_at, CLOSES)
    verified = True if player.username == HERO else rng.choice(DECISIONS)
    return PlannedVerification(player, asked_at, asked_at + timedelta(hours=rng.randint(2, 90)), verified)

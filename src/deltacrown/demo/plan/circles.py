"""Follows between players, and requests for verification."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from deltacrown.demo.plan.calendar import draw_between, make_stream
from deltacrown.demo.plan.people import HERO, PlannedPlayer

#: The most players that a player follows, and how many the hero follows, so that their feed has entries.
MOST_FOLLOWED, HERO_FOLLOWS = 9, 12
#: Factors by which following is likelier: for a game in common, and for each unit of skill.
SAME_GAME, PER_SKILL = 4.0, 1.5
#: One in this many players asks to be verified. Decisions of staff (None: not decided yet), and most hours
#: until one.
ONE_ASKS_IN = 12
DECISIONS = (True, True, True, False, None)
DECIDED_WITHIN = 90


@dataclass(frozen=True)
class PlannedFollow:
    """One player follows another."""

    follower: PlannedPlayer
    followed: PlannedPlayer
    since: datetime


@dataclass(frozen=True)
class PlannedVerification:
    """A player's request for verification.

    :param verified: the decision of staff at ``decided_at``; None while there is none.
    """

    player: PlannedPlayer
    asked_at: datetime
    decided_at: datetime
    verified: bool | None


def plan_follows(seed: str, until: datetime, players: Sequence[PlannedPlayer]) -> list[PlannedFollow]:
    """Return random follows, in time order. Strong players, and players of the same games, are preferred."""
    rng = make_stream(seed, "follows")
    follows = [
        PlannedFollow(player, other, draw_between(rng, max(player.joined_at, other.joined_at), until))
        for player in players
        for other in _draw_followed(rng, player, players)
    ]
    return sorted(follows, key=lambda each: (each.since, each.follower.number, each.followed.number))


def plan_verifications(
    seed: str, until: datetime, players: Sequence[PlannedPlayer]
) -> list[PlannedVerification]:
    """Return random requests for verification and their decisions. The hero is verified."""
    rng = make_stream(seed, "verifications")
    return [
        _draw_verification(rng, player, until)
        for player in players
        if player.username == HERO or rng.randrange(ONE_ASKS_IN) == 0
    ]


def _draw_followed(
    rng: Random, player: PlannedPlayer, players: Sequence[PlannedPlayer]
) -> list[PlannedPlayer]:
    wanted = HERO_FOLLOWS if player.username == HERO else rng.randint(0, MOST_FOLLOWED)
    others = [other for other in players if other is not player]
    weights = [_appeal(player, other) for other in others]
    return list({other.number: other for other in rng.choices(others, weights, k=wanted)}.values())


def _appeal(player: PlannedPlayer, other: PlannedPlayer) -> float:
    shared = SAME_GAME if player.interests.keys() & other.interests.keys() else 1.0
    return shared * float(PER_SKILL**other.skill)


def _draw_verification(rng: Random, player: PlannedPlayer, until: datetime) -> PlannedVerification:
    asked_at = draw_between(rng, player.joined_at, until - timedelta(hours=DECIDED_WITHIN))
    verified = True if player.username == HERO else rng.choice(DECISIONS)
    decided_at = asked_at + timedelta(hours=rng.randint(2, DECIDED_WITHIN))
    return PlannedVerification(player, asked_at, decided_at, verified)

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from deltacrown.teams.models import Team, TeamMembership
from deltacrown.tournaments.services import (
    create_tournament,
    open_registration,
    register_player,
    register_team,
    start_tournament,
)
from deltacrown.user_profile.models import UserProfile

NOW = datetime(2025, 6, 1, 12, 0, tzinfo=UTC)
EARLIER = datetime(2025, 5, 1, 12, 0, tzinfo=UTC)
LATER = datetime(2025, 6, 2, 12, 0, tzinfo=UTC)


@pytest.fixture
def draft(game) -> Callable[..., Any]:
    """``draft("TEAM", capacity=2)``: a tournament through the door."""

    def make(entrant_kind: str = "SOLO", slug: str = "cup", **fields: Any) -> Any:
        return create_tournament(
            **{
                "slug": slug,
                "name": slug.title(),
                "game": game,
                "starts_at": NOW,
                "entrant_kind": entrant_kind,
                **fields,
            }
        )

    return make


@pytest.fixture
def opened(draft) -> Callable[..., Any]:
    """A tournament that takes registrations."""
    return lambda *args, **fields: open_registration(tournament=draft(*args, **fields))


@pytest.fixture
def team(player) -> Callable[..., Any]:
    """``team("reds", "ann", "bob")``: a team and members of it since long ago, created on the way."""

    def make(slug: str, *members: str) -> Any:
        squad = Team.objects.create(slug=slug, name=slug.title())
        TeamMembership.objects.bulk_create(
            TeamMembership(team=squad, user=player(name), joined_at=EARLIER) for name in members
        )
        return squad

    return make


@pytest.fixture
def solo(opened, player) -> Any:
    """A running solo event of ann, bob, cat and dan, in ``event.players``."""
    event = opened()
    event.players = {name: player(name) for name in ("ann", "bob", "cat", "dan")}
    for user in event.players.values():
        register_player(tournament=event, user=user, now=NOW)
    return start_tournament(tournament=event)


@pytest.fixture
def teams(opened, team) -> Any:
    """Yield a running team event; ``event.squads``: reds (ann, bob, cat), blues (dan, eve), greens (fay)."""
    event = opened("TEAM")
    event.squads = {
        "reds": team("reds", "ann", "bob", "cat"),
        "blues": team("blues", "dan", "eve"),
        "greens": team("greens", "fay"),
    }
    for squad in event.squads.values():
        register_team(tournament=event, team=squad, roster=None, now=NOW)
    return start_tournament(tournament=event)


@pytest.fixture
def table() -> Callable[[Any], set[tuple[Any, ...]]]:
    """The results of a tournament: (player, team, placement, prize)."""

    def read(event: Any) -> set[tuple[Any, ...]]:
        return set(event.results.values_list("user__username", "team__slug", "placement", "prize_amount"))

    return read


@pytest.fixture
def titles() -> Callable[[], dict[str, int]]:
    """Who won how many tournaments, those who won any."""
    return lambda: dict(
        UserProfile.objects.filter(tournaments_won__gt=0).values_list("user__username", "tournaments_won")
    )

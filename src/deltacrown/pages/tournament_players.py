"""What each player did in a tournament."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from deltacrown.tournaments.models import Tournament
from deltacrown.tournaments.services import PlayerNumbers, add_numbers, list_played_rows
from deltacrown.user_profile.models import UserProfile


@dataclass(frozen=True)
class TournamentPlayerItem:
    """One player's numbers over a tournament; voided matches do not count.

    :param kills: ``None`` when the game reported none, as ``deaths`` and ``ratio``.
    """

    name: str
    public_id: str
    games: int
    wins: int
    kills: int | None
    deaths: int | None
    ratio: Decimal | None
    picture: str = ""


def list_player_items(event: Tournament) -> list[TournamentPlayerItem]:
    """Return the numbers of everyone who played, most kills per death first.

    Where the game reports no kills, the most wins are first.
    """
    numbers = order_players(add_numbers(list_played_rows(event)).players)
    profiles = load_profiles(each.user_id for each in numbers)
    return [describe_player(each, profiles[each.user_id]) for each in numbers]


def order_players(numbers: Iterable[PlayerNumbers]) -> list[PlayerNumbers]:
    """Keep the order of those with kills; sort the others by wins after them."""
    return sorted(numbers, key=lambda each: (not each.has_kills, 0 if each.has_kills else -each.wins))


def load_profiles(users: Iterable[int]) -> Mapping[int, UserProfile]:
    """Return player's id → profile, with what names are made of alone."""
    profiles = UserProfile.objects.select_related("user")
    named = profiles.only("user", "public_id", "display_name", "avatar", "standing", "user__username")
    return named.in_bulk(list(set(users)))


def describe_player(numbers: PlayerNumbers, profile: UserProfile) -> TournamentPlayerItem:
    """Return the numbers of a player with the name."""
    has_kills = numbers.has_kills
    return TournamentPlayerItem(
        name=profile.name,
        public_id=profile.public_id,
        games=numbers.games,
        wins=numbers.wins,
        kills=numbers.kills if has_kills else None,
        deaths=numbers.deaths if has_kills else None,
        ratio=numbers.kill_death_ratio if has_kills else None,
        picture=profile.picture,
    )

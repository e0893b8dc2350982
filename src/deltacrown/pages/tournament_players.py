"""What each player did in a tournament."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from deltacrown.core.pagination import Page, check_limit, read_position, write_position
from deltacrown.core.prepared_keys import KeyedQuery, is_among
from deltacrown.tournaments.models import Tournament
from deltacrown.tournaments.services import PlayerNumbers, add_numbers, list_played_rows, read_played_players
from deltacrown.user_profile.models import UserProfile

#: The totals by which players are sorted.
SORTED_BY = ("deaths", "kills")


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


@dataclass(frozen=True)
class PlayersPage(Page[TournamentPlayerItem]):
    """Some consecutive players of a tournament.

    :param has_kills: whether kills and deaths of any player of it were reported, on whichever page.
    """

    has_kills: bool = False


def list_player_page(event: Tournament, page: str | None, *, limit: int) -> PlayersPage:
    """Return a page of the numbers of everyone who played, most kills per death first.

    Where the game reports no kills, the most wins are first.

    :raises InvalidInput: for a cursor or limit that cannot be taken.
    """
    check_limit(limit)
    listing = f"players of tournament/{event.pk}"
    has_kills, after = False, None
    if page:
        has_kills, *position = read_position(listing, page)
        after = _from_position(*position)
    numbers = _read_numbers(event, after, limit + 1)
    if not page and numbers:
        has_kills = numbers[0].has_kills  # who has some comes first

    shown, has_next = numbers[:limit], len(numbers) > limit
    cursor = write_position(listing, [has_kills, *_to_position(shown[-1])]) if has_next else None
    return PlayersPage(_describe(shown), cursor, has_next, has_kills)


def _to_position(each: PlayerNumbers) -> list[Any]:
    return [each.user_id, each.wins, {name: each.totals[name] for name in SORTED_BY if name in each.totals}]


def _from_position(user: int, wins: int, totals: dict[str, int]) -> PlayerNumbers:
    return PlayerNumbers(user_id=user, games=0, wins=wins, totals=totals)


def _read_numbers(event: Tournament, after: PlayerNumbers | None, limit: int) -> list[PlayerNumbers]:
    """Return the numbers of players in their order; of a large tournament the database adds them up."""
    numbers = None
    if getattr(event, "has_many_lines", False):
        numbers = read_played_players(event, after=after, limit=limit)
    if numbers is None:
        numbers = order_players(add_numbers(list_played_rows(event)).players)
        if after is not None:
            numbers = [each for each in numbers if _get_order(each) > _get_order(after)]
    return numbers[:limit]


def _describe(numbers: Sequence[PlayerNumbers]) -> list[TournamentPlayerItem]:
    profiles = load_profiles(each.user_id for each in numbers)
    return [describe_player(each, profiles[each.user_id]) for each in numbers]


def order_players(numbers: Iterable[PlayerNumbers]) -> list[PlayerNumbers]:
    """Return those with kills first, most per death first, then the others, most wins first."""
    return sorted(numbers, key=_get_order)


def _get_order(each: PlayerNumbers) -> tuple[bool, int, Decimal, int]:
    # Ties by account, as an order by username would tell login names.
    ratio = -Decimal(each.kills) / (each.deaths or 1)
    return not each.has_kills, 0 if each.has_kills else -each.wins, ratio, each.user_id


def load_profiles(users: Iterable[int]) -> Mapping[int, UserProfile]:
    """Return player's id → profile, with what names are made of alone."""
    return {profile.pk: profile for profile in _NAMED.run(keys=set(users))}


_NAMED = KeyedQuery(
    lambda keys: (
        UserProfile.objects.select_related("user")
        .only("user", "public_id", "display_name", "avatar", "standing", "user__username")
        .filter(is_among("pk", keys))
    )
)


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

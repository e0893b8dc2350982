"""What the front page shows: tournaments at hand, the tops of the leaderboards, and the reader's own news."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from deltacrown.accounts.models import User
from deltacrown.games.models import Game
from deltacrown.pages import leaderboards
from deltacrown.pages.oneself import FeedEntry, get_home_feed
from deltacrown.pages.tournament_entrants import EntrantLink, count_registered, list_winners
from deltacrown.tournaments.models import Tournament
from deltacrown.user_profile.histories.filters import get_game
from deltacrown.user_profile.numbers.catalogue import StatLine, describe_stat
from deltacrown.user_profile.numbers.leaderboards import Leaderboard
from deltacrown.user_profile.people.addresses import profile_of
from deltacrown.user_profile.privacy import Viewer

#: How many tournaments of each list, players of each board, and entries of the feed are shown.
TOURNAMENTS, PLAYERS, ENTRIES = 4, 5, 8
#: The reader's own numbers.
OWN_STATS = ("matches_won", "overall_win_rate", "tournaments_won", "level")
#: How long after its announced start a tournament that did not start is still said to open.
LATE = timedelta(days=1)

Status = Tournament.Status


@dataclass(frozen=True)
class TournamentAtHand:
    """A tournament on the front page.

    :param registered: how many players are registered, without those who withdrew.
    :param winners: of a completed tournament.
    """

    tournament: Tournament
    registered: int
    winners: list[EntrantLink]


@dataclass(frozen=True)
class OwnNews:
    """The reader's own numbers, and the latest of the players they follow."""

    public_id: str
    name: str
    picture: str
    stats: list[StatLine]
    feed: list[FeedEntry]


@dataclass(frozen=True)
class HomePage:
    """The front page.

    :param running: latest start first.
    :param opening: open for registration, the next start first.
    :param completed: latest start first.
    :param boards: the first players of several leaderboards: of ``game``, or of all games.
    :param own: for who is signed in and has a profile.
    """

    running: list[TournamentAtHand]
    opening: list[TournamentAtHand]
    completed: list[TournamentAtHand]
    boards: list[Leaderboard]
    games: list[Game]
    game: Game | None
    own: OwnNews | None


def get_home_page(*, game: str | None = None, viewer: Viewer, now: datetime) -> HomePage:
    """Return the front page, with the leaderboards of ``game``, a slug.

    It is made anew for every reader: what is on it changes with every match, so there is no page to keep.

    :raises InvalidInput: there is no such game.
    """
    of_game = get_game(game) if game else None
    boards = leaderboards.list_front_boards(game=of_game, limit=PLAYERS)
    found = _list_tournaments(now)
    return HomePage(
        running=[each for each in found if each.tournament.status == Status.RUNNING],
        opening=[each for each in reversed(found) if each.tournament.status == Status.OPEN],
        completed=[each for each in found if each.tournament.status == Status.COMPLETED],
        boards=boards,
        games=list(Game.objects.order_by("name")),
        game=of_game,
        own=_get_own_news(viewer) if isinstance(viewer, User) and hasattr(viewer, "profile") else None,
    )


def _list_tournaments(now: datetime) -> list[TournamentAtHand]:
    """Return the tournaments of the three lists, latest start first. Three queries."""
    events = Tournament.objects.order_by("-starts_at", "-id")
    opening = Tournament.objects.filter(status=Status.OPEN, starts_at__gt=now - LATE)
    shown = [
        events.filter(status=Status.RUNNING),
        opening.order_by("starts_at", "id"),
        events.filter(status=Status.COMPLETED),
    ]
    among = Q()
    for rows in shown:
        among |= Q(pk__in=rows.values("pk")[:TOURNAMENTS])
    found = list(events.filter(among).select_related("game"))

    registered = count_registered([each for each in found if each.status == Status.OPEN])
    completed = [each for each in found if each.status == Status.COMPLETED]
    winners = list_winners(completed, only_listed=True)
    return [TournamentAtHand(each, registered.get(each.pk, 0), winners.get(each.pk, [])) for each in found]


def _get_own_news(user: User) -> OwnNews:
    profile = profile_of(user)
    stats = [describe_stat(profile, name) for name in OWN_STATS]
    feed = get_home_feed(user, limit=ENTRIES)
    return OwnNews(profile.public_id, profile.name, profile.picture, stats, feed.items)

"""What leaves the site to be shown elsewhere: cards, badges, feeds, calendars and the list of addresses.

All of it is what an anonymous visitor sees, whoever asks: a picture or a feed is passed on. Of a player it
tells the counters, which are public, and no time that the timeline would not tell a stranger.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet
from django.utils.crypto import salted_hmac

from deltacrown.pages.tournament_entrants import count_registered, list_winners
from deltacrown.pages.tournaments import get_tournament
from deltacrown.teams.models import Team
from deltacrown.tournaments.models import Tournament, TournamentResult
from deltacrown.user_profile.models import ArchivedUserActivity, UserActivity, UserProfile
from deltacrown.user_profile.numbers.catalogue import StatLine, describe_stat
from deltacrown.user_profile.people.addresses import get_player
from deltacrown.user_profile.privacy import filter_activity_by_visibility
from deltacrown.user_profile.standing import is_listed
from deltacrown.user_profile.timeline.reading import describe_entries, paginate_entries

#: The counters of a card, in this order. All are public.
CARD_STATS = ("level", "total_matches_played", "overall_win_rate", "tournaments_won")
#: Those of a badge.
BADGE_STATS = ("level", "overall_win_rate", "total_matches_played")
#: How many entries a feed has, and events a calendar.
FEED_ENTRIES, CALENDAR_EVENTS = 30, 200
#: The last place of a podium.
PODIUM = 3
#: For how long a tournament without an end is in the calendar after its start.
A_DAY = timedelta(days=1)

Status = Tournament.Status


@dataclass(frozen=True)
class PlayerCard:
    """What a card or a badge of a player says."""

    public_id: str
    name: str
    country: str
    stats: tuple[StatLine, ...]
    picture: str = ""


@dataclass(frozen=True)
class TournamentCard:
    """What the card of a tournament says.

    :param winners: the names of the winners; empty until there are any.
    """

    slug: str
    name: str
    game: str
    status: str
    starts_at: datetime
    ends_at: datetime | None
    registered: int
    winners: tuple[str, ...]


@dataclass(frozen=True)
class FeedEntry:
    """One entry of a feed.

    :param key: the same for the fact whatever it is called later, and tells nothing of it.
    :param at: when it happened as far as everybody may know: a midnight where only the day is told.
    :param tournament: the slug of the tournament it is about, if it is about one.
    """

    key: str
    title: str
    text: str
    at: datetime
    tournament: str = ""


@dataclass(frozen=True)
class PlayerFeed:
    """The latest entries of a player's timeline."""

    profile: UserProfile
    entries: list[FeedEntry]


def get_player_card(public_id: str, names: Sequence[str] = CARD_STATS) -> PlayerCard:
    """Return what a card of a player says, in one query.

    :raises NotFound: there is no such player.
    :raises AccountClosed: the account is closed, merged or anonymised.
    """
    profile = get_player(public_id)
    stats = tuple(describe_stat(profile, name) for name in names)
    return PlayerCard(profile.public_id, profile.name, profile.country, stats, profile.picture)


def get_tournament_card(slug: str) -> TournamentCard:
    """Return what the card of a published tournament says.

    :raises NotFound: there is none.
    """
    event = get_tournament(slug, viewer=None)
    winners = list_winners([event]).get(event.pk, [])
    return TournamentCard(
        slug=event.slug,
        name=event.name,
        game=event.game.name,
        status=event.get_status_display(),
        starts_at=event.starts_at,
        ends_at=event.ends_at,
        registered=count_registered([event]).get(event.pk, 0),
        winners=tuple(winner.name for winner in winners),
    )


def get_player_feed(public_id: str) -> PlayerFeed:
    """Return the latest of a player's timeline as a visitor sees it.

    :raises NotFound: there is no such player.
    :raises AccountClosed: the account is closed, merged or anonymised.
    """
    profile = get_player(public_id)
    user = profile.user
    tables = [
        filter_activity_by_visibility(model.objects.filter(user=user), None, owner=user)
        for model in (UserActivity, ArchivedUserActivity)
    ]
    listing = f"feed/{user.pk}"
    rows = paginate_entries(tables, listing=listing, viewer=None, owner=user, limit=FEED_ENTRIES).items
    entries = [
        FeedEntry(
            key=_seal("activity", user.pk, row.activity_type, row.dedupe_key),
            title=entry.description,
            text="",
            at=entry.created_at,
            tournament=entry.metadata.get("tournament_slug", ""),
        )
        for row, entry in zip(rows, describe_entries(rows), strict=True)
    ]
    return PlayerFeed(profile, entries)


def list_result_entries() -> list[FeedEntry]:
    """Return the latest completed tournaments with their podiums, in two queries.

    A feed is passed on: who is not listed is left out of it, and named on the page of the tournament alone.
    """
    completed = Tournament.objects.filter(status=Status.COMPLETED).select_related("game")
    events = list(completed.order_by("-starts_at", "-id")[:FEED_ENTRIES])
    podiums = _list_podiums(events)
    entries = [_describe_podium(event, podiums[event.pk]) for event in events]
    return sorted(entries, key=lambda entry: entry.at, reverse=True)


def get_event(slug: str) -> Tournament:
    """Return a published tournament, for its calendar.

    :raises NotFound: there is none.
    """
    return get_tournament(slug, viewer=None)


def list_upcoming(now: datetime) -> list[Tournament]:
    """Return the tournaments that are open or running and not over, the next first."""
    is_ahead = Q(ends_at__gte=now) | Q(ends_at__isnull=True, starts_at__gte=now - A_DAY)
    rows = Tournament.objects.filter(is_ahead, status__in=[Status.OPEN, Status.RUNNING])
    return list(rows.select_related("game").order_by("starts_at", "id")[:CALENDAR_EVENTS])


def seal_event(event: Tournament) -> str:
    """Return what names a tournament in calendars, whatever its slug is later."""
    return _seal("calendar", event.pk)


def list_public_players() -> QuerySet[UserProfile]:
    """Return the players whom everybody may find, for the list of addresses."""
    return UserProfile.objects.filter(is_listed()).only("public_id").order_by("public_id")


def list_public_tournaments() -> QuerySet[Tournament]:
    """Return the published tournaments, for the list of addresses."""
    return Tournament.objects.exclude(status=Status.DRAFT).only("slug").order_by("starts_at", "id")


def list_public_teams() -> QuerySet[Team]:
    """Return the teams, for the list of addresses."""
    return Team.objects.only("slug").order_by("slug")


def _list_podiums(events: Sequence[Tournament]) -> dict[int, list[TournamentResult]]:
    kinds = {event.pk: event.entrant_kind for event in events}
    rows = TournamentResult.objects.filter(
        tournament__in=events, placement__lte=PODIUM, uncounted_reason="", disqualified_at__isnull=True
    )
    podiums: defaultdict[int, list[TournamentResult]] = defaultdict(list)
    is_told = Q(user__isnull=True) | Q(is_listed("user__profile"))
    for row in rows.filter(is_told).select_related("team", "user__profile").order_by("placement", "id"):
        is_of_team = row.user_id is None
        if is_of_team == (kinds[row.tournament_id] == Tournament.EntrantKind.TEAM):
            podiums[row.tournament_id].append(row)
    return podiums


def _describe_podium(event: Tournament, rows: Sequence[TournamentResult]) -> FeedEntry:
    lines = [f"{row.placement}. {_name_entrant(row)}" for row in rows]
    ended_at = event.ends_at or event.starts_at
    return FeedEntry(
        key=_seal("results", event.pk),
        title=event.name,
        text="\n".join([event.game.name, *lines]),
        at=max([row.decided_at for row in rows], default=ended_at),
        tournament=event.slug,
    )


def _name_entrant(row: TournamentResult) -> str:
    if row.user is not None:
        name: str = row.user.profile.name
        return name
    return row.team.name if row.team else ""


def _seal(kind: str, *parts: object) -> str:
    """Return a name that stays the same, and from which nobody can read the key of a row."""
    text = "/".join(map(str, parts))
    return salted_hmac(f"deltacrown.sharing.{kind}", text, algorithm="sha256").hexdigest()

"""Putting a planned season into the database, through the services of the apps that own the rows.

Loading is a list of steps, each one transaction with a way to see that it was made before: teams
and memberships by their names and dates, a season by its slug, a batch of matches by its first key, a
tournament by its slug, a dispute by its reporter and date; ruling, following or verifying twice is doing it
once. The plan is made anew from the seed every time, for the day on which the load began, which the staff
account's date of joining tells. So a load that was killed goes on where it stopped.
Timelines, achievements and experience follow by themselves. The last step awards an achievement to the staff
account, which says the season is whole.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter

from django.db import transaction

from deltacrown.accounts.models import User
from deltacrown.accounts.services import create_players, set_sign_in
from deltacrown.core.errors import Conflict
from deltacrown.demo.holding import hold_tournament
from deltacrown.demo.plan.calendar import Calendar
from deltacrown.demo.plan.matches import PlannedMatch
from deltacrown.demo.plan.people import HERO
from deltacrown.demo.plan.season import Season
from deltacrown.demo.plan.seasons import list_seasons
from deltacrown.demo.plan.titles import TITLES
from deltacrown.demo.plan.tournaments import PlannedTournament
from deltacrown.demo.progress import Progress
from deltacrown.demo.records import Cast, build_record
from deltacrown.demo.ruling import Bench
from deltacrown.games.services import (
    RecordStatus,
    create_game,
    create_season,
    list_match_lines,
    record_matches,
)
from deltacrown.teams.services import MembershipRecord, ensure_teams, record_memberships
from deltacrown.tournaments.models import Tournament
from deltacrown.user_profile.achievements.awards import award_achievement, define_achievement
from deltacrown.user_profile.models import UserAchievement
from deltacrown.user_profile.people import kyc
from deltacrown.user_profile.people.follows import follow
from deltacrown.user_profile.people.identities import Identity, set_identities
from deltacrown.user_profile.people.privacy_settings import set_privacy
from django_tally.batches import in_batches

STAFF = "demo-staff"
#: Known to everybody who reads this: a database that is reached over TLS is refused the demo.
STAFF_PASSWORD, PLAYER_PASSWORD = "crown-demo-staff", "crown-demo-player"
MATCHES_PER_STEP = 1000
FOLLOWS_PER_STEP = 200
#: An achievement of the staff account alone, awarded last of all: where it is, the whole season is loaded.
SEASON_KEPT = "season-kept"


class ForeignPlayers(Conflict):
    """The database has players who are not of this season."""


def is_loaded() -> bool:
    """Say whether a whole season is in the database, of whatever seed and size."""
    return UserAchievement.objects.filter(achievement__slug=SEASON_KEPT, user__username=STAFF).exists()


def find_calendar(now: datetime) -> Calendar | None:
    """Return the calendar of the season whose load has begun; None if there is none in the database."""
    staff = User.objects.filter(username=STAFF, is_staff=True).first()
    calendar = Calendar.of_staff(staff.date_joined) if staff else None
    # An account of this name that was made by hand joined lately: no season ends so long after today.
    return calendar if calendar and calendar.closes_at <= now else None


def refuse_foreign_players(season: Season) -> None:
    """Refuse a database with players of another origin; staff and superusers are nobody's players.

    :raises ForeignPlayers: naming some, and what to do.
    """
    own = {player.username for player in season.players} | {STAFF}
    usernames = User.objects.filter(is_staff=False).order_by("pk").values_list("username", flat=True)
    others = [name for name in usernames if name not in own]
    if others:
        named = ", ".join(others[:3])
        raise ForeignPlayers(
            f"The database has {len(others):,} players who are not of this demo season ({named} …), "
            "perhaps of another seed or size. "
            "Load the demo into a database of its own: DATABASE_URL=sqlite:///demo.sqlite3."
        )


def load_season(season: Season, progress: Progress) -> None:
    """Load a season, or what is missing of it.

    :raises ForeignPlayers: the database has other players; nothing is written.
    """
    refuse_foreign_players(season)
    loader = _Loader(season)
    progress.follow("players", len(season.players), loader.load_players())
    progress.follow("teams", len(season.teams), loader.load_teams())
    progress.follow("seasons", len(list_seasons(season.calendar)), loader.load_seasons())
    played = len(season.casual) + len(season.tournaments)
    progress.follow("matches and tournaments", played, loader.load_matches())
    progress.follow("rulings", len(season.rulings), loader.load_rulings())
    progress.follow("follows", len(season.follows), loader.load_follows())
    progress.follow("verifications", len(season.verifications), loader.load_verifications())
    progress.follow("the books", 1, loader.load_achievements())


@dataclass
class _Loader:
    season: Season
    cast: Cast = field(default_factory=Cast)

    def load_players(self) -> Iterator[int]:
        players = self.season.players
        joined_at = {player.username: player.joined_at for player in players}
        joined_at[STAFF] = self.season.calendar.staffed_at
        with transaction.atomic():
            users = create_players(usernames=list(joined_at), joined_at=joined_at)
            self.cast.staff = set_sign_in(user=users[STAFF], password=STAFF_PASSWORD, is_staff=True)
            set_sign_in(user=users[HERO], password=PLAYER_PASSWORD)
            self.cast.users = [users[player.username] for player in players]
            identities = [
                Identity(users[each.username], each.display_name, each.country, each.bio) for each in players
            ]
            set_identities(identities=[*identities, Identity(self.cast.staff, "Season desk")])
            for player in (each for each in players if not (each.shows_matches and each.shows_tournaments)):
                user = users[player.username]
                set_privacy(
                    user=user,
                    show_match_history=player.shows_matches,
                    show_tournament_stats=player.shows_tournaments,
                )
        yield len(players)

    def load_teams(self) -> Iterator[int]:
        teams = self.season.teams
        with transaction.atomic():
            self.cast.games = {title.slug: create_game(slug=title.slug, name=title.name) for title in TITLES}
            self.cast.teams = ensure_teams(names=[team.name for team in teams])
            memberships = [
                MembershipRecord(
                    self.cast.teams[team.name],
                    self.cast.users[each.player.number],
                    each.joined_at,
                    each.left_at,
                )
                for team in teams
                for each in team.memberships
            ]
            record_memberships(memberships=memberships)
        yield len(teams)

    def load_seasons(self) -> Iterator[int]:
        for each in list_seasons(self.season.calendar):
            create_season(
                slug=each.slug,
                name=each.name,
                starts_at=each.starts_at,
                ends_at=each.ends_at,
                game=self.cast.games[each.game] if each.game else None,
                by=self.cast.staff,
            )
            yield 1

    def load_matches(self) -> Iterator[int]:
        """Record matches and hold tournaments in the order they were played.

        A match that continues a player's history is cheap to note. For one that is older than others, the
        whole history is read again.
        """
        held = set(Tournament.objects.values_list("slug", flat=True))
        casual = sorted(self.season.casual, key=attrgetter("played_at"))
        begin = 0
        for tournament in sorted(self.season.tournaments, key=attrgetter("starts_at")):
            end = bisect_left(casual, tournament.starts_at, lo=begin, key=attrgetter("played_at"))
            yield from self._load_casual(casual[begin:end])
            yield 0 if tournament.slug in held else self._hold(tournament)
            begin = end
        yield from self._load_casual(casual[begin:])

    def _load_casual(self, matches: Sequence[PlannedMatch]) -> Iterator[int]:
        for batch in in_batches(matches, MATCHES_PER_STEP):
            yield 0 if self._is_recorded(batch[0]) else self._record(batch)

    def _is_recorded(self, match: PlannedMatch) -> bool:
        return bool(list_match_lines(self.cast.games[match.title.slug], match.key))

    def _record(self, batch: Sequence[PlannedMatch]) -> int:
        records = [build_record(self.cast, match) for match in batch]
        outcomes = record_matches(records=records, now=max(each.played_at for each in batch))
        for outcome in outcomes:
            if outcome.refusal:
                raise outcome.refusal

        return sum(outcome.status == RecordStatus.CREATED for outcome in outcomes)

    def _hold(self, tournament: PlannedTournament) -> int:
        with transaction.atomic():
            hold_tournament(self.cast, tournament, self.season.calendar.closes_at)
        return 1

    def load_rulings(self) -> Iterator[int]:
        bench = Bench(self.cast)
        for rule in bench.list_rulings(self.season.rulings):
            with transaction.atomic():
                rule()
            yield 1

    def load_follows(self) -> Iterator[int]:
        for batch in in_batches(self.season.follows, FOLLOWS_PER_STEP):
            with transaction.atomic():
                new = [
                    follow(
                        follower=self.cast.user(each.follower),
                        followed=self.cast.user(each.followed),
                        now=each.since,
                    )
                    for each in batch
                ]
            yield sum(new)

    def load_verifications(self) -> Iterator[int]:
        for each in self.season.verifications:
            user = self.cast.user(each.player)
            with transaction.atomic():
                kyc.request_verification(user=user, now=each.asked_at)
                if each.verified is not None:
                    decide = kyc.verify if each.verified else kyc.reject
                    decide(user=user, by=self.cast.staff, now=each.decided_at)
            yield 1

    def load_achievements(self) -> Iterator[int]:
        """Award the staff account's achievement; the players' are awarded by what they did."""
        with transaction.atomic():
            kept = define_achievement(
                slug=SEASON_KEPT,
                name="Keeper of the season",
                description="Kept the books of a whole season.",
                tier="MINOR",
                points=50,
            )
            award_achievement(
                user=self.cast.staff,
                achievement=kept,
                fact="The demo season",
                earned_at=self.season.calendar.closes_at,
            )
        yield 1

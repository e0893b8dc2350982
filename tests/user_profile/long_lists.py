"""A player, a tournament and a site with over a thousand rows in every list, among rows of others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count

from django.db.models import Max

from deltacrown.accounts.models import FormerUsername, PlayerMerge, User
from deltacrown.core.models import AuditEntry
from deltacrown.games.models import ArchivedMatch, Match, Season
from deltacrown.moderation.models import Dispute, DisputeStatement
from deltacrown.notifications.models import Notification
from deltacrown.teams.models import Team, TeamInvitation, TeamMembership, TeamRole
from deltacrown.tournaments.models import (
    EntryChange,
    Pairing,
    Tournament,
    TournamentInvitation,
    TournamentMatchResult,
    TournamentParticipation,
    TournamentResult,
)
from deltacrown.tournaments.services import sync_series
from deltacrown.user_profile.models import (
    Achievement,
    ArchivedUserActivity,
    Block,
    ExperienceAward,
    Follow,
    StandingChange,
    UserAchievement,
    UserActivity,
    UserProfile,
)
from django_tally.batches import in_batches
from django_tally.models import Repair, Run
from tests import scene
from tests.plans import empty_tables, gather_statistics

#: Rows of one list: enough for a thousand pages of one row, and for the thousandth not to be near the end.
LONG = 1_200


@dataclass(frozen=True)
class Site:
    """The rows that tests of long lists name.

    ``owner`` has long lists of everything, ``event`` of all players. ``fan`` follows a few players, ``staff``
    reviews all disputes. ``shy`` hides both histories, and has a long timeline and many achievements.
    ``rival`` was in all matches of the owner. ``disputed`` is a dispute of the owner about one of them, of
    which much was said and decided. ``hider`` hides every entry of a long timeline.
    """

    owner: User
    fan: User
    staff: User
    shy: User
    event: Tournament
    team: Team
    rival: User
    hider: User
    disputed: Dispute


def build_site() -> Site:
    """Write the rows straight into the tables; nobody reacts."""
    empty_tables()
    owner, fan, staff = scene.player("owner"), scene.player("fan"), scene.player("boss", is_staff=True)
    shy, hider = scene.player("shy"), scene.player("hider")
    scene.hide(shy, matches=True, tournaments=True)
    crowd = User.objects.bulk_create(User(username=f"p{number:05}") for number in range(LONG))
    event = scene.tournament("cup")
    _tell([owner], LONG)
    _tell([shy], LONG, kind="LEVEL_UP", every=3)
    _tell([hider], LONG)
    for table in (UserActivity, ArchivedUserActivity):
        table.objects.filter(user=hider).update(visibility="PRIVATE")
    _tell(crowd[:30], 50)
    _tell(crowd[30:], 1)
    _play(owner, crowd, event)
    _compete(owner, crowd, event)
    _reward(shy)
    _follow(owner, fan, crowd)
    squad = _band_together(crowd)
    _court(owner, crowd)
    _play_as_a_team(squad, crowd[1])
    _invite(owner, crowd, event)
    StandingChange.objects.bulk_create(
        StandingChange(user=owner, standing="SUSPENDED", reason="x", decided_by=staff, changed_at=scene.at(n))
        for n in range(LONG)
    )
    Run.objects.bulk_create(
        Run(scope="", status="CLEAN", started_at=scene.at(n), finished_at=scene.at(n), dry_run=False)
        for n in range(LONG)
    )
    _log(owner, staff, crowd)
    _name_periods()
    disputed = _discuss(owner, staff, crowd)
    _play_together(crowd)
    gather_statistics()
    return Site(owner, fan, staff, shy, event, squad, crowd[0], hider, disputed)


def _play_together(crowd: Sequence[User]) -> None:
    """A tournament in which everybody played once, with different kills."""
    cup = scene.tournament("crowd-cup")
    played = Match.objects.bulk_create(
        (
            Match(
                user=user,
                game=cup.game,
                match_key=f"crowd{n // 2}",
                result="LOSS" if n % 2 else "WIN",
                stats={"kills": n % 50, "deaths": n % 7},
                played_at=scene.at(n),
                kind="TOURNAMENT",
            )
            for n, user in enumerate(crowd)
        ),
        batch_size=2_000,
    )
    TournamentMatchResult.objects.bulk_create(
        (TournamentMatchResult(tournament=cup, user=row.user, match_id=row.pk) for row in played),
        batch_size=2_000,
    )


def _discuss(owner: User, staff: User, crowd: Sequence[User]) -> Dispute:
    """A statement of everybody about one dispute, and as many rulings about its match."""
    disputed = Dispute.objects.filter(reporter=owner).latest("pk")
    DisputeStatement.objects.bulk_create(
        DisputeStatement(dispute=disputed, author=user, words="x", written_at=scene.at(n))
        for n, user in enumerate(crowd)
    )
    about = f"match:{disputed.match_id}"
    # Before the merges, which the whole log begins with.
    AuditEntry.objects.bulk_create(
        AuditEntry(
            kind="RULING", deed="match-corrected", actor=staff, about=about, minute=None, at=scene.at(n)
        )
        for n in range(LONG)
    )
    return disputed


def _invite(owner: User, crowd: Sequence[User], event: Tournament) -> None:
    """The owner is invited to every tournament, and everybody to one: one every hour."""
    rows = [(other, owner) for other in Tournament.objects.exclude(pk=event.pk).order_by("id")[:LONG]]
    TournamentInvitation.objects.bulk_create(
        TournamentInvitation(tournament=cup, user=user, invited_at=scene.at(n))
        for n, (cup, user) in enumerate([*rows, *((event, user) for user in crowd)])
    )


def _play_as_a_team(team: Team, player: User) -> None:
    """A win of the team every hour, and a result in every tournament."""
    cup = scene.tournament("team-cup")
    keys = [f"team{n}" for n in range(LONG)]
    Match.objects.bulk_create(
        Match(
            user=player, game=cup.game, match_key=key, result="WIN", played_at=scene.at(n), kind="TOURNAMENT"
        )
        for n, key in enumerate(keys)
    )
    TournamentMatchResult.objects.bulk_create(
        TournamentMatchResult(tournament=cup, user=player, match_id=row.pk, team=team)
        for row in Match.objects.filter(match_key__in=keys)
    )
    TournamentResult.objects.bulk_create(
        TournamentResult(tournament=event, team=team, placement=2, decided_at=scene.at(n))
        for n, event in enumerate(Tournament.objects.order_by("id")[:LONG])
    )


def _name_periods() -> None:
    """A season a day, and one in which everything happens."""
    days = [scene.at(24 * n - 18) for n in range(LONG + 1)]
    Season.objects.bulk_create(
        Season(slug=f"day{n}", name=f"Day {n}", starts_at=days[n], ends_at=days[n + 1]) for n in range(LONG)
    )
    scene.season("all", "2025-03-01", "2030-01-01", title=scene.game())


def _tell(users: Sequence[User], many: int, *, kind: str = "TEAM_JOINED", every: int = 1) -> None:
    """Timelines, half of each archived, and points: one every so many hours."""
    told = [(user, n) for user in users for n in range(many)]
    for table, start in ((UserActivity, LONG), (ArchivedUserActivity, 0)):
        number = count((table.objects.aggregate(last=Max("pk"))["last"] or 0) + 1)
        table.objects.bulk_create(
            (
                table(
                    id=next(number),
                    user=user,
                    activity_type=kind,
                    dedupe_key=f"{start + n}",
                    description="x",
                    created_at=scene.at((start + n) * every),
                )
                for user, n in told
            ),
            batch_size=2_000,
        )
    awards = [
        ExperienceAward(user=user, points=1, reason="x", dedupe_key=f"x{n}", awarded_at=scene.at(n))
        for user, n in told
    ]
    # Rows of one statement are recorded at the same time, and a history reads all rows of one time together.
    ExperienceAward.objects.bulk_create(awards, batch_size=50)


def _play(owner: User, crowd: Sequence[User], event: Tournament) -> None:
    """Insert a duel of the owner every hour, half of them archived, and twelve matches per other player."""
    game, rival = scene.game(), crowd[0]
    duels = [
        Match(
            user=user,
            game=game,
            match_key=f"duel{n}",
            result=result,
            played_at=scene.at(n),
            kind="TOURNAMENT",
            side=result,
        )
        for n in range(2 * LONG)
        for user, result in ((owner, "WIN"), (rival, "LOSS"))
    ]
    others = [
        Match(
            user=user,
            game=game,
            match_key=f"of{place}n{n}",
            result="WIN" if n <= place % 12 else "LOSS",
            played_at=scene.at(n),
        )
        for place, user in enumerate(crowd)
        for n in range(12)
    ]
    Match.objects.bulk_create([*duels, *others], batch_size=2_000)
    TournamentMatchResult.objects.bulk_create(
        (
            TournamentMatchResult(
                tournament=event,
                user=row.user,
                match_id=row.pk,
                opponent_user=rival if row.user == owner else owner,
                series=_name_series(row.match_key),
            )
            for row in Match.objects.filter(kind="TOURNAMENT").select_related("user")
        ),
        batch_size=2_000,
    )
    keys = [(event.pk, name) for n in range(2 * LONG) if (name := _name_series(f"duel{n}"))]
    for batch in in_batches(keys, 1_000):
        sync_series(keys=batch)

    old = Match.objects.filter(user__in=[owner, rival], played_at__lt=scene.at(LONG))
    columns = [column.attname for column in Match._meta.concrete_fields]
    rows = [ArchivedMatch(**row) for row in old.values(*columns)]
    old._raw_delete("default")
    ArchivedMatch.objects.bulk_create(rows, batch_size=2_000)


def _name_series(match_key: str) -> str:
    """Return the series of a duel: each is a series of its own, but every third is of none."""
    number = int(match_key.removeprefix("duel"))
    return f"S{number}" if number % 3 else ""


def _compete(owner: User, crowd: Sequence[User], event: Tournament) -> None:
    """A tournament an hour for the owner, one with everybody in it, an achievement and a dispute for each."""
    held = Tournament.objects.bulk_create(
        Tournament(slug=f"t{n}", name=f"T{n}", game=event.game, status="COMPLETED", starts_at=scene.at(n))
        for n in range(LONG)
    )
    entered = [(owner, each) for each in held] + [(user, event) for user in crowd]
    TournamentParticipation.objects.bulk_create(
        TournamentParticipation(user=user, tournament=each, registered_at=scene.at(n))
        for n, (user, each) in enumerate(entered)
    )
    EntryChange.objects.bulk_create(
        EntryChange(user=user, tournament=event, kind="ENTERED", happened_at=scene.at(n))
        for n, user in enumerate(crowd)
    )
    # As in a league: the owner meets everybody, and everybody somebody else, too.
    Pairing.objects.bulk_create(
        Pairing(
            tournament=event,
            number=2 * n + more,
            round="Week",
            first_user=user if more else owner,
            second_user=crowd[n - 1] if more else user,
            state="READY",
        )
        for n, user in enumerate(crowd)
        for more in range(2)
    )
    won = [(user, each, 1) for n, each in enumerate(held) for user in (owner, crowd[n])]
    placed = [*won, *((user, event, n) for n, user in enumerate(crowd, start=1))]
    TournamentResult.objects.bulk_create(
        TournamentResult(user=user, tournament=each, placement=place, decided_at=scene.at(n))
        for n, (user, each, place) in enumerate(placed)
    )
    badges = Achievement.objects.bulk_create(Achievement(slug=f"b{n}", name=f"B{n}") for n in range(LONG))
    earned = [(owner, badge) for badge in badges] + [(user, badges[0]) for user in crowd]
    UserAchievement.objects.bulk_create(
        UserAchievement(user=user, achievement=badge, earned_at=scene.at(n))
        for n, (user, badge) in enumerate(earned)
    )
    played = Match.objects.filter(user__in=[owner, *crowd[1:600]]).select_related("user")
    filed = [
        Dispute(reporter=row.user, match=row, reason="x", filed_at=scene.at(n / 60))
        for n, row in enumerate(played)
    ]
    Dispute.objects.bulk_create(filed, batch_size=2_000)


def _log(owner: User, staff: User, crowd: Sequence[User]) -> None:
    """A repair, a merge that was undone, and an entry of the log an hour."""
    run = Run.objects.latest("pk")
    Repair.objects.bulk_create(
        Repair(
            run=run,
            holder=UserProfile._meta.label,
            stat="matches_won",
            keys={"user": owner.pk},
            owner=owner.pk,
            was=1,
            now=2,
            repaired_at=scene.at(n),
        )
        for n in range(LONG)
    )
    PlayerMerge.objects.bulk_create(
        PlayerMerge(
            kept=owner,
            merged=user,
            reason="x",
            decided_by=staff,
            merged_at=scene.at(n),
            undo_until=scene.at(n + 1),
            undone_at=scene.at(n),
            undone_by=staff,
        )
        for n, user in enumerate(crowd)
    )
    AuditEntry.objects.bulk_create(
        AuditEntry(
            kind="RULING", deed="merged", actor=staff, subject=user, about=f"user:{user.pk}", minute=None
        )
        for user in crowd
    )


def _reward(shy: User) -> None:
    """An achievement an hour."""
    badges = Achievement.objects.order_by("pk")
    UserAchievement.objects.bulk_create(
        UserAchievement(user=shy, achievement=badge, earned_at=scene.at(n)) for n, badge in enumerate(badges)
    )


def _follow(owner: User, fan: User, crowd: Sequence[User]) -> None:
    """The owner follows everybody and is followed by everybody; the fan follows thirty."""
    pairs = [
        (n, *pair)
        for n, user in enumerate(crowd)
        for pair in ((owner, user), (user, owner), *([(fan, user)] if n < 30 else []))
    ]
    Follow.objects.bulk_create(
        Follow(follower=one, followed=other, created_at=scene.at(n)) for n, one, other in pairs
    )
    UserProfile.objects.filter(user__in=[owner, *crowd]).update(country="DE")
    line = Match.objects.filter(user=owner).order_by("pk")[0]
    Notification.objects.bulk_create(
        Notification(
            user=owner,
            kind="MATCH_VOIDED",
            fact=f"{n}",
            happened_at=scene.at(n),
            told_at=scene.at(n),
            match=line,
        )
        for n in range(LONG)
    )
    blocked = User.objects.bulk_create(User(username=f"q{number:05}") for number in range(LONG))
    Block.objects.bulk_create(
        Block(blocker=owner, blocked=user, created_at=scene.at(n)) for n, user in enumerate(blocked)
    )


def _court(owner: User, crowd: Sequence[User]) -> None:
    """The owner joins a team every hour, which asked before; and a username an hour that they gave up."""
    teams = Team.objects.bulk_create(Team(slug=f"of{n}", name=f"Of {n}") for n in range(LONG))
    TeamMembership.objects.bulk_create(
        TeamMembership(team=team, user=owner, joined_at=scene.at(n)) for n, team in enumerate(teams)
    )
    TeamInvitation.objects.bulk_create(
        TeamInvitation(team=team, user=user, invited_by=crowd[n], invited_at=scene.at(n))
        for n, team in enumerate(teams)
        for user in (owner, crowd[0])
        if user != crowd[n]
    )
    FormerUsername.objects.bulk_create(
        FormerUsername(
            owner=user, key=f"{user.username}-{n}", name=f"{user.username}-{n}", given_up_at=scene.at(n)
        )
        for n in range(LONG)
        for user in (owner, crowd[0])
    )


def _band_together(crowd: Sequence[User]) -> Team:
    """Put everybody into one team, as a coach, and each into another."""
    squad = scene.team("all")
    others = [scene.team(f"squad{n}") for n in range(4)]
    for model, start, fields in (
        (TeamMembership, "joined_at", {}),
        (TeamRole, "given_at", {"role": "COACH"}),
    ):
        model.objects.bulk_create(
            model(team=team, user=user, **{start: scene.at(n)}, **fields)
            for n, user in enumerate(crowd)
            for team in (squad, others[n % 4])
        )
    return squad

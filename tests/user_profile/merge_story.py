"""One story, told with one account or with two that are merged at its end, and all that can be seen of it."""

from __future__ import annotations

import random
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.apps import apps
from django.contrib.sessions.models import Session

from deltacrown.accounts.models import PlayerMerge, User
from deltacrown.core.models import AuditEntry
from deltacrown.freshness.models import ContentVersion
from deltacrown.games.services import archive_matches, correct_match, restore_match, void_match
from deltacrown.moderation.services import file_dispute
from deltacrown.teams.services import give_role, join_team, leave_team
from deltacrown.tournaments.models import TournamentSeriesResult
from deltacrown.tournaments.services import TournamentMatchRecord, record_tournament_matches
from deltacrown.user_profile.achievements.awards import (
    award_achievement,
    define_achievement,
    revoke_achievement,
)
from deltacrown.user_profile.histories.matches import get_match_history
from deltacrown.user_profile.models import (
    ArchivedUserActivity,
    BackfilledPlayer,
    Block,
    ExperienceAward,
    Follow,
    GameStats,
    RankChange,
    StandingChange,
    UserAchievement,
    UserActivity,
    UserProfile,
)
from deltacrown.user_profile.numbers.leaderboards import get_leaderboard
from django_tally.as_of import get_as_of
from django_tally.feeds import get_derived, get_stats
from django_tally.history import list_changes
from django_tally.models import Recording
from django_tally.stat_sql import StatOf
from tests import scene
from tests.tally.times import database_now
from tests.user_profile import season
from tests.user_profile.season import TOLD, daily_duel, day, play, rocket

GAMES = ("rocket", "chess")
NUMBERS = [field.name for field in (*get_stats(UserProfile), *get_derived(UserProfile))]
#: What a merge and its undo write of themselves, or what is drawn anew with every write.
NOT_COMPARED = (
    AuditEntry,
    PlayerMerge,
    StandingChange,
    ContentVersion,
    RankChange,
    Recording,
    BackfilledPlayer,
    Session,
)


@dataclass
class Story:
    """What happens, step by step.

    :param two: whether the player has two accounts, and uses now the one, now the other.
    :param marks: a time after each step.
    """

    seed: int
    two: bool
    steps: int = 14
    marks: list[datetime] = field(default_factory=list)
    keys: list[tuple[Any, str, User]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.draw = random.Random(self.seed)
        self.main, self.bob, self.cid = season.people("main", "bob", "cid")
        self.alt = season.people("alt")[0] if self.two else self.main
        self.badge = define_achievement(slug="mvp", name="MVP", description="Best.", tier="MAJOR", points=40)
        self.number = 0

    def run(self) -> Story:
        self._mark()
        for act in (self._play, self._play, self._play, self._hold):
            act()
            self._mark()
        for _ in range(self.steps):
            self.draw.choice(self.list_acts())()
            self._mark()
        return self

    def list_acts(self) -> list[Callable[[], None]]:
        return [
            *[self._play] * 4,
            *[self._hold] * 2,
            self._void,
            self._restore,
            self._correct,
            self._hand_over,
            self._dispute,
            self._join,
            self._award,
            self._series,
            self._archive,
        ]

    def _mark(self) -> None:
        self.marks.append(database_now())

    def pick(self) -> User:
        """Return the account that the player uses today."""
        return self.draw.choice((self.main, self.alt))

    def _rival(self) -> User:
        return self.draw.choice((self.bob, self.cid))

    def _next(self) -> int:
        self.number += 1
        return self.number

    def _play(self) -> None:
        records, title = [], scene.game(self.draw.choice(GAMES))
        for _ in range(self.draw.randint(1, 6)):
            me, rival, number = self.pick(), self._rival(), self._next()
            pair = (me, rival) if self.draw.random() < 0.7 else (rival, me)
            lines = [scene.line(pair[0], "WIN"), scene.line(pair[1], "LOSS")]
            records.append(scene.record(title, f"m{number}", *lines, played_at=day(number)))
            self.keys.append((title, f"m{number}", me))
        play(records)

    def _hold(self) -> None:
        number = self._next()
        ranking = [me := self.pick(), self.bob, self.cid]
        self._meet(me, number)
        self.draw.shuffle(ranking)
        season.hold(f"cup-{number}", *ranking, number=number)

    def _void(self) -> None:
        title, key, _ = self.draw.choice(self.keys)
        void_match(game=title, match_key=key, reason="cheat", now=TOLD, by=None)

    def _restore(self) -> None:
        title, key, _ = self.draw.choice(self.keys)
        restore_match(game=title, match_key=key, reason="no cheat", now=TOLD, by=None)

    def _correct(self) -> None:
        title, key, me = self.draw.choice(self.keys)
        void_match(game=title, match_key=key, reason="wrong", now=TOLD, by=None)
        restore_match(game=title, match_key=key, reason="right", now=TOLD, by=None)
        names = [self.bob.username, self.cid.username]
        rows = scene.Match.objects.filter(game=title, match_key=key).exclude(user=me)
        loser = next((row.user.username for row in rows if row.user.username in names), "")
        if loser:
            results = {me.username: "LOSS", loser: "WIN"}
            correct_match(game=title, match_key=key, reason="scores", now=TOLD, results=results)

    def _hand_over(self) -> None:
        """A line of a rival was really the player's, or the other way round."""
        number, me, title = self._next(), self.pick(), rocket()
        play([daily_duel(self.bob, self.cid, number)])
        self._mark()
        correct_match(game=title, match_key=f"day-{number}", reason="mixed up", now=TOLD, moved={"bob": me})

    def _dispute(self) -> None:
        title, key, me = self.draw.choice(self.keys)
        row = scene.Match.objects.filter(game=title, match_key=key, user=me, voided_at=None).first()
        if row is not None and not row.disputes.exists():
            file_dispute(reporter=me, match=row, reason="hm", now=row.played_at)

    def _join(self) -> None:
        number, me = self._next(), self.pick()
        team = scene.team(f"team-{number}")
        join_team(team=team, user=me, joined_at=day(number))
        give_role(team=team, user=me, role="CAPTAIN", by=None, now=TOLD, given_at=day(number + 1))
        leave_team(team=team, user=me, left_at=day(number + 3))

    def _meet(self, me: User, number: int) -> None:
        """Follow, be followed, or block: for good, as one account had lost the follows when it unblocked."""
        for place, rival in enumerate((self.bob, self.cid)):
            if (number + place) % 5:
                Follow.objects.get_or_create(follower=me, followed=rival)
                Follow.objects.get_or_create(follower=rival, followed=me)
            else:
                Block.objects.get_or_create(blocker=me, blocked=rival)

    def _award(self) -> None:
        """Given by hand and taken back, or kept."""
        me = self.main if not self.draw.randint(0, 1) else self.alt
        award_achievement(user=me, achievement=self.badge, fact="the final", earned_at=day(5))
        if self.draw.random() < 0.5:
            self._mark()
            for each in {self.main, self.alt}:
                revoke_achievement(user=each, achievement=self.badge, reason="no")

    def _series(self) -> None:
        number, me, rival = self._next(), self.pick(), self._rival()
        event = season.start(f"open-{number}", me, rival, number=number)
        for game in range(self.draw.randint(2, 3)):
            match = daily_duel(me, rival, number + 0.1 * (game + 1))
            made = TournamentMatchRecord(tournament=event, match=match, series="Final", best_of=3)
            record_tournament_matches(records=[made], now=TOLD)

    def _archive(self) -> None:
        archive_matches(before=day(self.draw.randint(1, self.number)), now=TOLD)


def observe(user: User, marks: list[datetime]) -> dict[str, Any]:
    """Return all that can be seen of a player, with times by the step after which they were."""
    profile = UserProfile.objects.get(user=user)
    shown: dict[str, Any] = {name: getattr(profile, name) for name in NUMBERS}
    names = [stat.name for stat in get_stats(GameStats)]
    per_game = GameStats.objects.filter(user=user).order_by("game__slug").values_list("game__slug", *names)
    shown["games"] = [row for row in per_game if any(row[1:])]
    for name in NUMBERS:
        past = [get_as_of(UserProfile, name, {"user": user.pk}, known_at=at) for at in marks]
        shown[f"{name} as of"] = past
    for stat in get_stats(UserProfile):
        changes = list_changes(StatOf(UserProfile, stat, {"user": user.pk}), limit=1000)
        shown[f"{stat.name} history"] = sorted(
            (bisect_left(marks, each.at), each.delta, each.source, each.reason, each.is_recording)
            for each in changes
        )
    shown["matches"] = [
        (each.match_key, each.result, each.played_at, each.tournament and each.tournament.opponent)
        for each in get_match_history(user, limit=50, viewer=user).items
    ]
    shown["series"] = sorted(
        TournamentSeriesResult.objects.filter(user=user).values_list(
            "tournament__slug", "series", "result", "opponent_user__username", "games_played"
        )
    )
    shown["roles"] = sorted(user.team_roles.values_list("team__slug", "role", "given_at", "ended_at"))
    shown["follows"] = sorted(user.following.values_list("followed__username", flat=True))
    shown["blocks"] = sorted(user.blocking.values_list("blocked__username", flat=True))
    shown["held"] = sorted(
        UserAchievement.objects.filter(user=user).values_list("achievement__slug", "fact", "earned_at")
    )
    shown["points"] = sorted(
        ExperienceAward.objects.filter(user=user).values_list("reason", "points", "awarded_at")
    )
    shown["timeline"] = sorted(
        row
        for table in (UserActivity, ArchivedUserActivity)
        for row in table.objects.filter(user=user, is_withdrawn=False).values_list(
            "activity_type", "description", "created_at", "visibility"
        )
    )
    return shown


def observe_boards() -> dict[str, Any]:
    return {
        name: [(row.rank, row.name, row.value) for row in get_leaderboard(name).items if row.name != "alt"]
        for name in ("matches_won", "total_matches_played", "experience_points")
    }


def dump() -> dict[str, Any]:
    """Return every row of every table, but of those that tell of the merge itself."""
    tables = {}
    for model in apps.get_models():
        if model not in NOT_COMPARED and model._meta.managed:
            rows = {row["pk"]: row for row in map(_read, model._base_manager.values("pk", *_columns(model)))}
            tables[model._meta.label] = rows
    return tables


def _columns(model: Any) -> list[str]:
    """Return the columns, but the count of closings, by which the merged account's sessions end."""
    return [each.attname for each in model._meta.concrete_fields if each.attname != "closings"]


def _read(row: dict[str, Any]) -> dict[str, Any]:
    return row


def differences(before: dict[str, Any], after: dict[str, Any]) -> list[Any]:
    """Return which rows are not the same."""
    found = []
    for label, rows in before.items():
        for pk in sorted(rows.keys() | after[label].keys(), key=str):
            was, now = rows.get(pk), after[label].get(pk)
            if was != now:
                names = [n for n in (was or {}) if not now or was[n] != now[n]] if was else ["new"]
                found.append((label, pk, [(n, (was or {}).get(n), (now or {}).get(n)) for n in names]))
    return found

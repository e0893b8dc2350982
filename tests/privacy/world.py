"""An owner with something unmistakable behind every rule, and everybody who may look."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.core.cache import cache
from django.db import transaction
from django.test import Client

from deltacrown.accounts.models import User
from deltacrown.accounts.services import add_external_id, create_key
from deltacrown.core.pagination import Page
from deltacrown.games.services import void_match
from deltacrown.moderation.services import write_handle
from deltacrown.teams.models import Team, TeamInvitation
from deltacrown.teams.services import add_team_id
from deltacrown.tournaments.models import EntryChange, Pairing, TournamentInvitation
from deltacrown.tournaments.services import sync_series
from deltacrown.user_profile import receivers
from deltacrown.user_profile.achievements.awards import revoke_achievement
from deltacrown.user_profile.achievements.catalogue import CATALOGUE
from deltacrown.user_profile.achievements.measures.titles import Titles
from deltacrown.user_profile.achievements.measures.tournaments_entered import TournamentsEntered
from deltacrown.user_profile.achievements.measures.wins import Wins
from deltacrown.user_profile.models import (
    Achievement,
    ArchivedUserActivity,
    Block,
    Follow,
    KycVerification,
    PrivacySettings,
    StandingChange,
    UserAchievement,
    UserActivity,
    UserProfile,
)
from deltacrown.user_profile.services import stats_service
from tests import scene
from tests.privacy.rules import Shown
from tests.scene import at

SECRET = re.compile(r"zq([a-z]+)qz", re.IGNORECASE)
TIME = re.compile(r":\d\d\.(9\d{5})")
#: Every secret there is: a token or a cursor may hold the letters of another by chance.
_names: set[str] = set()
#: Every secret time, by its name: its microseconds.
_times: dict[str, str] = {}


def secret(name: str) -> str:
    """The text that stands for a secret wherever it is shown: ``secret("casual")`` → ``zqcasualqz``."""
    _names.add(name)
    return f"zq{name}qz"


def secret_time(name: str, hours: float) -> datetime:
    """Return a time with microseconds of its own, by which it is known wherever it is shown."""
    _times.setdefault(name, f"{900_001 + len(_times)}")
    return at(hours).replace(microsecond=int(_times[name]))


def find_secrets(text: str) -> set[str]:
    """Return the names of the secrets in ``text``, in any case, and of the exact times."""
    shown = set(TIME.findall(text))
    times = {name for name, microseconds in _times.items() if microseconds in shown}
    return times | ({name.lower() for name in SECRET.findall(text)} & _names)


@dataclass
class World:
    """The owner, the clients of everybody by name, and the cursors the owner was given."""

    owner: User
    clients: dict[str, Client]
    headers: dict[str, dict[str, str]]
    rival_id: str
    cursors: dict[str, str] = field(default_factory=dict)

    @property
    def public_id(self) -> str:
        return str(self.owner.profile.public_id)

    def set_privacy(self, shown: Shown) -> None:
        PrivacySettings.objects.filter(user=self.owner).delete()
        if not shown.is_missing:
            PrivacySettings.objects.create(
                user=self.owner, show_match_history=shown.matches, show_tournament_stats=shown.tournaments
            )


@contextmanager
def build_world() -> Iterator[World]:
    """Make everything, and take it back at the end. Nobody reacts: timelines hold what is put there."""
    receivers.disconnect()
    try:
        with transaction.atomic():
            cache.clear()
            yield _build()
            transaction.set_rollback(True)
    finally:
        receivers.connect()
        cache.clear()


def _build() -> World:
    owner = scene.player(
        "owner",
        email=f"{secret('email')}@example.org",
        password=secret("password"),
        first_name=secret("firstname"),
    )
    UserProfile.objects.filter(user=owner).update(display_name="The owner", bio=secret("bio"))
    rival = scene.player("rival")
    _play(owner, rival)
    _compete(owner, rival)
    _keep_records(owner)
    _tell_timeline(owner)
    clients, headers = _make_viewers(owner)
    world = World(User.objects.get(pk=owner.pk), clients, headers, rival.profile.public_id)
    world.cursors = _read_cursors(world.owner)
    return world


def _play(owner: User, rival: User) -> None:
    scene.match(
        owner,
        secret("casual"),
        "WIN",
        hours=5,
        side=secret("ownside"),
        score=secret("ownscore"),
        stats={"kills": 1},
    )
    scene.match(rival, secret("casual"), "LOSS", hours=5, side=secret("rivalside"))
    scene.archive(scene.match(owner, secret("archived"), "LOSS", hours=-5))
    scene.match(owner, secret("voided"), "WIN", hours=8)
    moderator = scene.player(secret("moderator"), is_staff=True)
    void_match(
        game=scene.game(), match_key=secret("voided"), reason=secret("voidreason"), now=at(20), by=moderator
    )


def _compete(owner: User, rival: User) -> None:
    scene.season("spring", "2025-02-01", "2025-06-01")
    cup = scene.tournament(secret("cup"), hours=9)
    final = scene.match(owner, secret("final"), "WIN", hours=9, kind="TOURNAMENT")
    named = {"round": secret("round"), "series": secret("series"), "best_of": 1}
    scene.tournament_match(final, cup, opponent_user=rival, **named)
    sync_series(keys=[(cup.pk, secret("series"))])
    Pairing.objects.create(
        tournament=cup, number=1, round=secret("pairing"), first_user=owner, second_user=rival, state="READY"
    )
    scene.registration(owner, cup, hours=2)
    scene.result(cup, 1, owner, hours=10)
    open_cup = scene.tournament(secret("opencup"), hours=30, status="OPEN")
    scene.registration(owner, open_cup, hours=3)
    EntryChange.objects.create(
        tournament=open_cup,
        user=owner,
        kind=EntryChange.Kind.CHECKED_IN,
        reason=secret("stepreason"),
        happened_at=secret_time("steptime", 4),
    )
    TournamentInvitation.objects.create(
        tournament=open_cup, user=owner, invited_by=scene.player(secret("inviter"))
    )
    draft = scene.tournament(secret("draft"), hours=40, status="DRAFT", organiser=owner)
    TournamentInvitation.objects.create(tournament=draft, user=scene.player(secret("invitee")))
    other = scene.match(rival, secret("othermatch"), "LOSS", hours=9, kind="TOURNAMENT")
    scene.tournament_match(other, cup, opponent_user=owner)


def _invite(owner: User, team: Team) -> None:
    """Whom the owner's team asks to join, and a team that asks the owner."""
    TeamInvitation.objects.create(team=team, user=scene.player(secret("asked")), invited_by=owner)
    TeamInvitation.objects.create(team=scene.team(secret("asking")), user=owner)


def _keep_records(owner: User) -> None:
    scene.member(owner, team := scene.team(secret("team")))
    add_external_id(user=owner, external_id=f"esea:{secret('externalid')}", confirmed=True)
    add_external_id(user=owner, external_id=f"esea:{secret('claimedid')}", confirmed=False)
    scene.role(owner, team)
    _invite(owner, team)
    add_team_id(team=team, external_id=f"esea:{secret('teamid')}")
    scene.experience(owner, 700, secret("award"))
    match = owner.match_rows.get(match_key=secret("casual"))
    filed = scene.dispute(owner, match, status="REJECTED", resolved_at=at(9), resolution=secret("answer"))
    type(filed).objects.filter(pk=filed.pk).update(reason=secret("dispute"))
    KycVerification.objects.create(user=owner, status="VERIFIED", reviewed_at=at(7))
    earned = {Wins: "play", TournamentsEntered: "entry", Titles: "title"}
    for days, (measure, name) in enumerate(earned.items()):
        rule = next(rule for rule in CATALOGUE if rule.measure is measure)
        entry = Achievement.objects.create(slug=rule.slug, name=rule.name, description=rule.description)
        _award(owner, entry, name, hours=24 * days)
    by_hand = Achievement.objects.create(
        slug="by-hand", name=secret("badge"), description=secret("badgetext")
    )
    _award(owner, by_hand, "hand", hours=24 * 4)
    lost = Achievement.objects.create(slug="lost", name="Lost")
    UserAchievement.objects.create(user=owner, achievement=lost, fact=secret("lostfact"), earned_at=at(5))
    revoke_achievement(user=owner, achievement=lost, reason=secret("revoked"))
    decider = scene.player(secret("decider"), is_staff=True)
    for standing, reason in (("SUSPENDED", secret("banreason")), ("ACTIVE", secret("liftreason"))):
        StandingChange.objects.create(user=owner, standing=standing, reason=reason, decided_by=decider)


def _award(owner: User, achievement: Achievement, name: str, *, hours: float) -> None:
    """Record an achievement with a fact and a time that are secrets of their own."""
    UserAchievement.objects.create(
        user=owner,
        achievement=achievement,
        fact=secret(f"{name}fact"),
        earned_at=secret_time(f"{name}time", hours),
    )


def _tell_timeline(owner: User) -> None:
    told = [
        ("everyone", "ACHIEVEMENT_UNLOCKED", "PUBLIC"),
        ("podium", "TOURNAMENT_WON", "PUBLIC"),
        ("followers", "LEVEL_UP", "FOLLOWERS"),
        ("private", "TEAM_JOINED", "PRIVATE"),
        ("registered", "TOURNAMENT_REGISTERED", "PUBLIC"),
        ("registeredfollowers", "TOURNAMENT_REGISTERED", "FOLLOWERS"),
        ("verified", "KYC_VERIFIED", "PUBLIC"),  # whatever its visibility says
    ]
    for number, (name, kind, visibility) in enumerate(told):
        scene.activity(
            owner,
            secret(name),
            kind=kind,
            visibility=visibility,
            hours=24 * number,
            metadata={"team_name": secret(name)},
        )
    for number, name in enumerate(("everyone", "podium", "followers")):
        entry = UserActivity.objects.filter(user=owner, dedupe_key=secret(name))
        entry.update(created_at=secret_time(f"{name}time", 24 * number))
    gone = scene.activity(owner, secret("withdrawn"), hours=24 * 50)
    UserActivity.objects.filter(pk=gone.pk).update(is_withdrawn=True)
    for name, visibility in (("old", "PUBLIC"), ("oldfollowers", "FOLLOWERS"), ("oldprivate", "PRIVATE")):
        row = scene.activity(owner, secret(name), hours=-20_000, visibility=visibility)
        if name == "old":
            row.activity_type, row.created_at = "LEVEL_UP", secret_time("oldtime", -20_000)
        columns = {
            column.attname: getattr(row, column.attname) for column in UserActivity._meta.concrete_fields
        }
        row.delete()
        ArchivedUserActivity.objects.create(**columns)


def _make_viewers(owner: User) -> tuple[dict[str, Client], dict[str, dict[str, str]]]:
    people: dict[str, User | None] = {
        "self": owner,
        "staff": scene.player("boss", is_staff=True),
        "staff without rights": scene.staff("clerk"),
        "follower": scene.player("fan"),
        "member": scene.player("idol", is_superuser=True),
        "deactivated": scene.player("gone", is_staff=True, is_superuser=True),
        "anonymous": None,
    }
    for name in ("staff", "follower", "deactivated"):
        Follow.objects.create(follower=people[name], followed=owner)
    Follow.objects.create(follower=owner, followed=people["member"])
    Follow.objects.create(follower=owner, followed=scene.player(secret("hero")))
    Follow.objects.create(follower=scene.player(secret("admirer")), followed=owner)
    Block.objects.create(blocker=owner, blocked=scene.player(secret("pest")))
    clients: dict[str, Client] = {}
    for name, user in people.items():
        clients[name] = Client()
        if user is not None:
            clients[name].force_login(user)
    User.objects.filter(pk=people["deactivated"].pk).update(is_active=False)
    keys = {
        "key of self": (owner, ["read"]),
        "key without read": (owner, ["matches:write"]),
        "key of staff": (people["staff"], ["read"]),
    }
    headers = {}
    for name, (user, scopes) in keys.items():
        made = create_key(
            owner=user, name=secret("key") if user is owner else "key", scopes=scopes, by=people["staff"]
        )
        clients[name], headers[name] = Client(), {"Authorization": f"Bearer {made.secret}"}
    return clients, headers


def _read_as_told(owner: User) -> Page[Any]:
    """Return what a stranger was given while the histories were hidden, and times told by the day."""
    scene.hide(owner, matches=True, tournaments=True)
    page: Page[Any] = stats_service.get_stat_rows(owner, "achievement_count", limit=1)
    scene.hide(owner)
    return page


def _read_cursors(owner: User) -> dict[str, str]:
    """What the owner was given to read on with, on lists of one row a page; and, as told, a stranger."""
    service: Any = stats_service
    pages = {
        "matches": service.get_match_history(owner, limit=1, viewer=owner),
        "tournaments": service.get_tournament_breakdown(owner, limit=1, viewer=owner),
        "activity as told": service.get_activity_timeline(owner, None, limit=1),
        "badges as told": _read_as_told(owner),
        "activity": service.get_activity_timeline(owner, owner, limit=1),
        "rows": service.get_stat_rows(owner, "total_matches_played", limit=1, viewer=owner),
        "entries": service.get_stat_rows(owner, "tournaments_participated", limit=1, viewer=owner),
        "badges": service.get_stat_rows(owner, "achievement_count", limit=1, viewer=owner),
        "dispute": Page([], write_handle(owner.disputes_filed.get()), has_next=False),
        "history": service.get_stat_history(owner, "matches_won", limit=1, viewer=owner),
        "changes": service.get_stat_history(owner, "matches_won", order="known", limit=1, viewer=owner),
    }
    return {name: page.next_cursor for name, page in pages.items()}

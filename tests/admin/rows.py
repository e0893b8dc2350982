"""At least one row of every model of ours, and more of each as asked for."""

from __future__ import annotations

from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from model_bakery import baker

from deltacrown.accounts.models import AnsweredRequest, ApiKey, PlayerMerge, User
from deltacrown.accounts.services import add_external_id
from deltacrown.core.models import AuditEntry, JobRun, ToldProblem
from deltacrown.notifications.models import Notification, NotificationChoice
from deltacrown.teams.models import TeamInvitation
from deltacrown.teams.services import add_team_id
from deltacrown.tournaments.models import (
    Disqualification,
    EntryChange,
    Pairing,
    PairingReport,
    Seed,
    Tournament,
    TournamentDecision,
    TournamentInvitation,
    TournamentOrganiser,
)
from deltacrown.user_profile.models import (
    BackfilledPlayer,
    Block,
    Follow,
    KycVerification,
    PendingAnonymisation,
    RankCount,
    RankedPlayer,
    RankFold,
    StandingChange,
)
from deltacrown.webhooks.models import WebhookDelivery, WebhookEvent
from deltacrown.webhooks.services import create_endpoint
from django_tally.models import ChangeContext, Installation, Recording, Repair, Revision, Run
from tests import scene
from tests.scene import at


def make_rows(number: int = 0) -> None:
    """Write a row of every model, a different one per ``number``. The database adds holders and counters."""
    user, other = scene.player(f"player{number}"), scene.player(f"other{number}")
    title, squad = scene.game(f"game-{number}"), scene.team(f"team-{number}")
    event = scene.tournament(f"cup-{number}", title=title, organiser=other)
    scene.season(f"season-{number}", title=title)
    row = scene.match(user, f"match-{number}", title=title)
    scene.archive(scene.match(user, f"archived-{number}", title=title))
    scene.dispute(user, row, status="REJECTED", resolved_at=at(6), resolved_by=other, resolution="It was so.")
    asked = scene.dispute(other, row, assigned_to=user, assigned_at=at(6))
    scene.statement(user, asked)
    scene.member(user, squad)
    scene.role(user, squad)
    TeamInvitation.objects.create(team=squad, user=other, invited_by=user)
    scene.registration(user, event, team=squad)
    scene.result(event, 1, user)
    _make_tournament_rows(event, user, other)
    league = scene.tournament(f"league-{number}", title=title, entrant_kind="TEAM")
    for member in (None, user):
        scene.result(league, 1, member, team=squad)
    scene.series_result(user, event)
    scene.tournament_match(row, event, team=squad, opponent_team=squad, opponent_user=other)
    scene.activity(user, "joined")
    scene.archived_activity(scene.activity(user, "long ago"))
    scene.achievement(user, f"badge-{number}")
    scene.experience(user, 5)
    Follow.objects.create(follower=user, followed=other)
    StandingChange.objects.create(user=user, standing="SUSPENDED", reason="Cheats", decided_by=other)
    Block.objects.create(blocker=user, blocked=scene.player(f"blocked{number}"))
    Notification.objects.create(user=user, kind="FOLLOWED", fact="1", happened_at=at(1), other=other)
    NotificationChoice.objects.create(user=user, kind="FOLLOWED", on_site=False)
    KycVerification.objects.create(user=user, status="VERIFIED", reviewed_at=at(1), reviewed_by=other)
    ApiKey.objects.create(owner=user, name="server", prefix=f"key{number}", digest="0" * 64, scopes=["read"])
    AnsweredRequest.objects.create(
        owner=user, caller="key:1", idempotency_key=f"k{number}", digest="0" * 64, answered_at=at(1)
    )
    EmailAddress.objects.create(user=user, email=f"{user.username}@example.org", verified=True, primary=True)
    Authenticator.objects.create(user=user, type="totp", data={"secret": "x"})
    SocialAccount.objects.create(user=user, provider="discord", uid=f"80351110224678{number:03}")
    UserSession.objects.create(
        user=user, ip="192.0.2.7", session_key=f"session{number}", user_agent="Browser"
    )
    add_external_id(user=user, external_id=f"esea:{number}", confirmed=True)
    add_team_id(team=squad, external_id=f"esea:{number}")
    PlayerMerge.objects.create(
        kept=user, merged=other, reason="one person", merged_at=at(1), undo_until=at(2), undone_at=at(3)
    )
    for renamed, column in ((user, "username"), (title, "name"), (squad, "name"), (event, "name")):
        name = getattr(renamed, column)
        for each in (f"former {number}", name):
            type(renamed).objects.filter(pk=renamed.pk).update(**{column: each})
    _make_engine_rows(row.pk, user, number)
    _make_counted(user, number)
    _make_webhook(number)
    PendingAnonymisation.objects.create(owner=user.pk, names={}, started_at=scene.at(0))
    AuditEntry.objects.create(
        kind="RULING", deed="merged", actor=other, subject=user, about=f"user:{number}", minute=None
    )
    baker.make(JobRun, job=f"job-{number}", status="DONE", finished_at=at(1))
    baker.make(ToldProblem, job=f"job-{number}", problem=f"job-{number}: it failed.")
    baker.make(Repair, run=baker.make(Run), was=1, now=2, keys={"user": user.pk})


def _make_engine_rows(row: int, user: User, number: int) -> None:
    baker.make(Installation, name=f"installation-{number}")
    baker.make(Recording, source="games.Match")
    baker.make(Revision, source="games.Match", row=row, owner=user.pk)
    baker.make(ChangeContext)


def _make_webhook(number: int) -> None:
    endpoint = create_endpoint(name=f"hooks {number}", url="https://hooks.example.org/")
    event = WebhookEvent.objects.create(kind="match.recorded", players=[1], facts={}, occurred_at=at(1))
    WebhookDelivery.objects.create(endpoint=endpoint, event=event, due_at=at(1))


def _make_tournament_rows(event: Tournament, user: User, other: User) -> None:
    Disqualification.objects.create(tournament=event, user=user, reason="wrong roster", decided_at=at(90))
    EntryChange.objects.create(tournament=event, user=user, kind="ENTERED", decided_by=other)
    Seed.objects.create(tournament=event, user=user, position=1)
    pairing = Pairing.objects.create(tournament=event, number=1, round="Final", first_user=user)
    PairingReport.objects.create(
        pairing=pairing, revision=0, kind="TAKEN_BACK", reason="wrong", reported_by=other
    )
    TournamentDecision.objects.create(tournament=event, kind="REOPENED", reason="a replay", decided_at=at(95))
    TournamentOrganiser.objects.create(tournament=event, user=user, added_by=other)
    TournamentInvitation.objects.create(tournament=event, user=user, invited_by=other)


def row_of(model: type[Any]) -> Any:
    """Return the first row of ``model``."""
    return model.objects.order_by("pk")[0]


def write_form(event: Tournament, **answers: Any) -> dict[str, Any]:
    """Return what the form of a tournament sends as it is shown, with ``answers`` typed in."""
    shown = {
        "name": event.name,
        "game": event.game_id,
        "entrant_kind": event.entrant_kind,
        "organiser": event.organiser_id or "",
        "capacity": event.capacity or "",
        "starts_at_0": f"{event.starts_at:%Y-%m-%d}",
        "starts_at_1": f"{event.starts_at:%H:%M:%S}",
        "ends_at_0": f"{event.ends_at:%Y-%m-%d}" if event.ends_at else "",
        "ends_at_1": f"{event.ends_at:%H:%M:%S}" if event.ends_at else "",
        "rules": event.rules,
    }
    return shown | answers


def _make_counted(user: User, number: int) -> None:
    """What jobs keep of a player."""
    BackfilledPlayer.objects.create(owner=user.pk, token=number, rules="0" * 64)
    RankedPlayer.objects.create(owner=user.pk, counted={"matches_won//A": 1})
    RankFold.objects.update_or_create(pk=1, defaults={"fingerprint": "0" * 64})
    baker.make(RankCount, board=f"board {number}")

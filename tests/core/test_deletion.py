"""What facts refer to is not deleted: whichever way, with a sentence that says what to do instead."""

from __future__ import annotations

from itertools import chain

import pytest
from django.apps import apps
from django.contrib.admin.models import CHANGE, LogEntry
from django.db import IntegrityError, connection, transaction
from django.db.models import Model, RestrictedError
from django.db.models.deletion import get_candidate_relations_to_delete

from deltacrown.accounts.models import ApiKey, User
from deltacrown.core.deletion import InUse, check_deletion, refuse_deletion
from deltacrown.freshness.models import ContentVersion
from deltacrown.games.models import ArchivedMatch, Match
from deltacrown.moderation.models import Dispute
from deltacrown.tournaments.models import TournamentMatchResult
from deltacrown.user_profile.models import Follow, KycVerification
from django_tally.context import attributed
from django_tally.models import Revision
from tests import scene

pytestmark = pytest.mark.django_db


def match(ann):
    scene.match(ann, "m1")


def archived_match(ann):
    scene.archive(scene.match(ann, "m1"))


def registration(ann):
    scene.registration(ann, scene.tournament())


def placement(ann):
    scene.result(scene.tournament(), 1, ann)


def opponent(ann):
    row = scene.match(scene.player("bob"), "m1")
    scene.tournament_match(row, scene.tournament(), opponent_user=ann)


def organiser(ann):
    scene.tournament(organiser=ann)


def membership(ann):
    scene.member(ann, scene.team())


def dispute(ann):
    scene.dispute(ann, scene.match(scene.player("bob"), "m1"))


def resolution(ann):
    bob = scene.player("bob")
    answer = {"status": "REJECTED", "resolved_at": scene.at(9), "resolution": "No.", "resolved_by": ann}
    scene.dispute(bob, scene.match(bob, "m1"), **answer)


def assignment(ann):
    bob = scene.player("bob")
    scene.dispute(bob, scene.match(bob, "m1"), assigned_to=ann, assigned_at=scene.at(9))


def statement(ann):
    bob = scene.player("bob")
    scene.statement(ann, scene.dispute(bob, scene.match(bob, "m1")))


def achievement(ann):
    scene.achievement(ann)


def experience(ann):
    scene.experience(ann, 5)


def review(ann):
    KycVerification.objects.create(
        user=scene.player("bob"), status="VERIFIED", reviewed_at=scene.at(0), reviewed_by=ann
    )


def admin_log(ann):
    LogEntry.objects.create(user=ann, action_flag=CHANGE, object_repr="a match")


ROWS = [
    match,
    archived_match,
    registration,
    placement,
    opponent,
    organiser,
    membership,
    dispute,
    resolution,
    assignment,
    statement,
    achievement,
    experience,
    review,
    admin_log,
]
WAYS = {
    "instance": lambda user: user.delete(),
    "queryset": lambda user: User.objects.filter(pk=user.pk).delete(),
    "many": lambda user: User.objects.all().delete(),
}


def count_rows():
    return {table: table._base_manager.count() for table in apps.get_models()}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize("rows", ROWS)
def test_a_user_with_rows_is_deactivated_instead(rows, way):
    ann = scene.player("ann")
    rows(ann)
    before = count_rows()

    with pytest.raises(InUse) as refusal, transaction.atomic():
        way(ann)

    assert "cannot be deleted, because " in refusal.value.message
    assert refusal.value.message.endswith("Deactivate the account instead: set is_active to False.")
    assert str(refusal.value) == refusal.value.message
    assert count_rows() == before


@pytest.mark.once
def test_the_sentence_names_the_row_and_counts_what_refers_to_it():
    ann = scene.player("ann")
    for number in range(3):
        scene.match(ann, f"m{number}")

    with pytest.raises(RestrictedError, match=r"^ann cannot be deleted, because 3 matches refer to it. "):
        check_deletion(ann)


@pytest.mark.once
def test_a_user_of_many_rows_is_refused_without_reading_them(django_assert_max_num_queries):
    ann = scene.player("ann")
    for number in range(50):
        scene.match(ann, f"m{number}")

    with django_assert_max_num_queries(20), pytest.raises(InUse):
        ann.delete()


def test_below_the_orm_the_database_refuses():
    ann = scene.player("ann")
    scene.match(ann, "m1")

    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM accounts_user WHERE id = %s", [ann.pk])
        with pytest.raises(IntegrityError):
            connection.check_constraints()
        transaction.set_rollback(True)


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_a_user_without_rows_leaves_nothing(way):
    before = count_rows()
    ann = scene.player("ann")
    ApiKey.objects.create(owner=ann, name="mine", prefix="p", digest="d", scopes=[])
    scene.activity(ann, "by hand")
    scene.archived_activity(scene.activity(ann, "old"))
    KycVerification.objects.create(user=ann)
    Follow.objects.create(follower=ann, followed=(bob := scene.player("bob")))
    row = scene.match(ann, "a match recorded by mistake")
    with attributed(actor="mod", reason="not ann"):
        row.delete()
    assert Revision.objects.filter(owner=ann.pk).exists()
    game = row.game
    key = ann.pk

    way(ann)

    bob.delete() if User.objects.filter(username="bob").exists() else None
    game.delete()
    assert not Revision.objects.filter(owner=key).exists()
    assert not ContentVersion.objects.filter(owner=key).exists()
    # A recording says when a statement wrote which rows of a table, of whomever.
    # A change of ranks waits until the job has counted it, and then nothing of the player is counted.
    counters = {"publicidcounter", "recording", "rankchange"}
    after = {table: count for table, count in count_rows().items() if table._meta.model_name not in counters}
    assert after == {table: before[table] for table in after}


def disputed_match() -> Match:
    ann = scene.player("ann")
    return scene.dispute(ann, scene.match(ann, "m1")).match


def disputed_result() -> Model:
    ann = scene.player("ann")
    row = scene.result(scene.tournament(), 1, ann)
    Dispute.objects.create(reporter=ann, result=row, reason="not so", filed_at=scene.at(5))
    return row


TARGETS = {
    "game of matches": (lambda: scene.match(scene.player("ann"), "m1").game, "void the matches"),
    "game of tournaments": (lambda: scene.tournament().game, "void the matches"),
    "team with members": (lambda: scene.member(scene.player("ann"), scene.team()).team, "leave_team"),
    "team with an entry": (
        lambda: scene.registration(scene.player("ann"), scene.tournament(), team=scene.team()).team,
        "leave_team",
    ),
    "tournament with entrants": (
        lambda: scene.registration(scene.player("ann"), scene.tournament()).tournament,
        "Cancel it instead",
    ),
    "tournament with results": (
        lambda: scene.result(scene.tournament(), 1, scene.player("ann")).tournament,
        "Cancel it instead",
    ),
    "achievement": (lambda: scene.achievement(scene.player("ann")).achievement, "Revoke it from those"),
    "disputed match": (disputed_match, "Void the match instead"),
    "disputed archived match": (lambda: scene.archive(disputed_match()), "Void the match instead"),
    "disputed result": (disputed_result, "Correct the result"),
}


@pytest.mark.parametrize(("build", "advice"), TARGETS.values(), ids=TARGETS)
@pytest.mark.parametrize("many", [False, True])
def test_what_facts_refer_to_stays(build, advice, many):
    target = build()
    before = count_rows()

    with pytest.raises(InUse, match=advice), transaction.atomic():
        type(target).objects.all().delete() if many else target.delete()

    assert count_rows() == before


@pytest.mark.parametrize("is_archived", [False, True])
def test_a_match_takes_what_its_tournament_says_of_it_along(is_archived):
    row = scene.match(scene.player("ann"), "m1")
    scene.tournament_match(row, scene.tournament())
    if is_archived:
        row = scene.archive(row)

    row.delete()

    assert not any(
        chain(Match.objects.all(), ArchivedMatch.objects.all(), TournamentMatchResult.objects.all())
    )


@pytest.mark.once
def test_what_goes_with_a_user_is_their_own_alone():
    """A new table with a foreign key to a user has to decide."""
    relations = get_candidate_relations_to_delete(User._meta)
    gone = [each for each in relations if each.on_delete is not refuse_deletion]

    assert sorted(f"{each.related_model._meta.label}.{each.field.name}" for each in gone) == [
        "account.EmailAddress.user",
        "accounts.AnsweredRequest.owner",
        "accounts.ApiKey.made_by",  # refused by the database's own rule: who acted for somebody stays known
        "accounts.ApiKey.owner",
        "accounts.ExternalId.user",
        "accounts.FormerUsername.owner",
        "accounts.User.merged_into",  # restricted: names and addresses of the one find the other
        "accounts.User_groups.user",
        "accounts.User_user_permissions.user",
        "admin.LogEntry.user",  # refused by a receiver
        "core.AuditEntry.actor",  # nothing is done: an entry keeps the key of who is gone
        "core.AuditEntry.subject",
        "mfa.Authenticator.user",
        "notifications.Notification.other",  # it tells of them
        "notifications.Notification.user",
        "notifications.NotificationChoice.user",
        "socialaccount.SocialAccount.user",
        "teams.TeamInvitation.invited_by",  # nothing but who asked is forgotten
        "teams.TeamInvitation.user",
        "tournaments.Disqualification.decided_by",
        "tournaments.Disqualification.lifted_by",
        "tournaments.EntryChange.decided_by",
        "tournaments.PairingReport.reported_by",
        "tournaments.TournamentDecision.decided_by",
        "tournaments.TournamentInvitation.invited_by",
        "tournaments.TournamentInvitation.settled_by",
        "tournaments.TournamentInvitation.user",
        "tournaments.TournamentOrganiser.added_by",
        "tournaments.TournamentOrganiser.user",
        "user_profile.ArchivedUserActivity.user",
        "user_profile.Block.blocked",
        "user_profile.Block.blocker",
        "user_profile.Follow.followed",
        "user_profile.Follow.follower",
        "user_profile.GameStats.user",
        "user_profile.KycVerification.user",
        "user_profile.PlayerSearchTerm.owner",  # by triggers, with the names
        "user_profile.PrivacySettings.user",
        "user_profile.StandingChange.user",
        "user_profile.UserActivity.user",
        "user_profile.UserProfile.user",
        "usersessions.UserSession.user",
        "webhooks.WebhookEndpoint.created_by",  # nothing but who made it is forgotten
    ]

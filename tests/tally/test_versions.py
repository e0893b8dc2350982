"""A token changes with every change to a watched row, by any way of writing, and with nothing else."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.contrib.auth import get_user_model
from django.db import connection, models, transaction

from deltacrown.freshness import tokens, triggers
from deltacrown.freshness.models import ContentVersion
from deltacrown.games.models import ArchivedMatch, Game, Match
from deltacrown.user_profile.models import UserProfile
from tests import scene

pytestmark = pytest.mark.django_db

#: What points to a user and is on no page that is kept. Histories of numbers, which name who is disqualified,
#: are not.
NOT_SHOWN = {
    ("account.EmailAddress", "user"),
    ("core.AuditEntry", "actor"),
    ("core.AuditEntry", "subject"),
    ("mfa.Authenticator", "user"),
    ("socialaccount.SocialAccount", "user"),
    ("usersessions.UserSession", "user"),
    ("accounts.AnsweredRequest", "owner"),
    ("accounts.ExternalId", "user"),
    ("accounts.PlayerMerge", "kept"),
    ("accounts.PlayerMerge", "merged"),
    ("accounts.PlayerMerge", "decided_by"),
    ("accounts.PlayerMerge", "undone_by"),
    ("accounts.User", "merged_into"),
    ("user_profile.PlayerSearchTerm", "owner"),
    ("user_profile.StandingChange", "decided_by"),
    ("teams.TeamInvitation", "invited_by"),
    ("teams.TeamInvitation", "user"),
    ("teams.TeamRole", "user"),
    ("teams.TeamRole", "given_by"),
    ("user_profile.Block", "blocker"),
    ("user_profile.Block", "blocked"),
    ("accounts.ApiKey", "made_by"),
    ("accounts.ApiKey", "owner"),
    ("accounts.FormerUsername", "owner"),
    ("accounts.User_groups", "user"),
    ("accounts.User_user_permissions", "user"),
    ("admin.LogEntry", "user"),
    ("moderation.Dispute", "assigned_to"),
    ("moderation.Dispute", "resolved_by"),
    ("moderation.DisputeStatement", "author"),
    ("notifications.Notification", "other"),
    ("notifications.Notification", "user"),
    ("notifications.NotificationChoice", "user"),
    ("webhooks.WebhookEndpoint", "created_by"),
    ("tournaments.Disqualification", "decided_by"),
    ("tournaments.Disqualification", "lifted_by"),
    ("tournaments.Disqualification", "user"),
    ("tournaments.Pairing", "first_user"),
    ("tournaments.Pairing", "second_user"),
    ("tournaments.PairingReport", "reported_by"),
    ("tournaments.Seed", "user"),
    ("tournaments.EntryChange", "decided_by"),
    ("tournaments.EntryChange", "in_place_of"),
    ("tournaments.EntryChange", "user"),
    ("tournaments.Tournament", "organiser"),
    ("tournaments.TournamentDecision", "decided_by"),
    ("tournaments.TournamentInvitation", "invited_by"),
    ("tournaments.TournamentInvitation", "settled_by"),
    ("tournaments.TournamentInvitation", "user"),
    ("tournaments.TournamentOrganiser", "added_by"),
    ("tournaments.TournamentOrganiser", "user"),
    ("user_profile.KycVerification", "reviewed_by"),
}


def read_tokens():
    return dict(ContentVersion.objects.values_list("owner", "token"))


def execute(sql, *values):
    with connection.cursor() as cursor:
        cursor.execute(sql, values)


@pytest.fixture
def anna(db):
    """A player with a row of everything, and a rival she met."""
    user, rival, event, squad = (
        scene.player("anna"),
        scene.player("rival"),
        scene.tournament("cup"),
        scene.team("north"),
    )
    row = scene.match(user, "m1")
    scene.tournament_match(row, event, team=squad, opponent_user=rival)
    scene.registration(user, event, team=squad)
    scene.result(event, 2, user)
    scene.activity(user, "a1")
    scene.achievement(user)
    scene.experience(user, 10)
    scene.dispute(user, row)
    scene.member(user, squad)
    return user


@pytest.fixture
def concerned(anna):
    """Who is given another token by what is done within: ``with concerned() as found``."""
    from contextlib import contextmanager

    @contextmanager
    def watch():
        before, found = read_tokens(), set()
        yield found
        after, names = read_tokens(), dict(get_user_model().objects.values_list("pk", "username"))
        found |= {names.get(owner, owner) for owner in after if after[owner] != before.get(owner)}

    return watch


WRITES = {
    "save": lambda row: row.save(),
    "queryset update": lambda row: type(row).objects.filter(pk=row.pk).update(score=7),
    "bulk update": lambda row: type(row).objects.bulk_update([row], ["side"]),
    "raw update": lambda row: execute("UPDATE games_match SET score = 3 WHERE id = %s", row.pk),
    "void": lambda row: type(row).objects.filter(pk=row.pk).update(voided_at=scene.at(9), void_reason="x"),
    "delete": lambda row: (row.disputes.all().delete(), row.delete()),
    "queryset delete": lambda row: (
        row.disputes.all().delete(),
        type(row).objects.filter(pk=row.pk).delete(),
    ),
    "raw delete": lambda row: (
        execute("DELETE FROM tournaments_tournamentmatchresult WHERE match_id = %s", row.pk),
        execute("DELETE FROM moderation_dispute WHERE match_id = %s", row.pk),
        execute("DELETE FROM games_match WHERE id = %s", row.pk),
    ),
    "insert": lambda row: scene.match(row.user, "m2", "LOSS"),
    "insert of what counts nowhere": lambda row: scene.voided(row.user, "m2"),
    "bulk insert": lambda row: Match.objects.bulk_create(
        [
            Match(user=row.user, game=row.game, match_key=f"b{n}", result="WIN", played_at=scene.at(n))
            for n in range(3)
        ]
    ),
    "insert that ignores conflicts": lambda row: Match.objects.bulk_create(
        [Match(user=row.user, game=row.game, match_key="new", result="WIN", played_at=scene.at(1))],
        ignore_conflicts=True,
    ),
    "number damaged by hand": lambda row: execute(
        "UPDATE user_profile_userprofile SET matches_won = 99 WHERE user_id = %s", row.user_id
    ),
}


@pytest.mark.parametrize("write", WRITES)
def test_every_way_of_writing_concerns_the_owner_alone(anna, concerned, write):
    row = Match.objects.get()
    with concerned() as found:
        WRITES[write](row)
    assert found == {"anna"}


def test_truncate_concerns_everybody(anna, concerned):
    if connection.vendor == "sqlite":
        pytest.skip("SQLite has no TRUNCATE")
    with concerned() as found:
        execute("SET CONSTRAINTS ALL IMMEDIATE")
        execute("TRUNCATE games_archivedmatch")
    assert found == {"anna", "rival"}


def test_a_row_that_moves_concerns_both_owners(anna, concerned):
    with concerned() as found:
        Match.objects.update(user=get_user_model().objects.get(username="rival"))
    assert found == {"anna", "rival"}


def test_reading_and_writing_elsewhere_concern_nobody(anna, concerned):
    with concerned() as found:
        scene.game("unplayed")
        scene.tournament("unentered")
        get_user_model().objects.update(last_login=scene.at(1))
        list(Match.objects.all())
    assert found == set()


@pytest.mark.parametrize(
    ("change", "whom"),
    [
        (lambda: Game.objects.update(name="Other"), {"anna", "rival"}),
        (lambda: apps.get_model("teams.Team").objects.update(name="Other"), {"anna"}),
        (lambda: apps.get_model("tournaments.Tournament").objects.update(name="Other"), {"anna"}),
        (lambda: apps.get_model("tournaments.Tournament").objects.update(status="CANCELLED"), {"anna"}),
        (lambda: apps.get_model("user_profile.Achievement").objects.update(name="Other"), {"anna"}),
        (
            lambda: UserProfile.objects.filter(user__username="rival").update(display_name="R"),
            {"anna", "rival"},
        ),
        (lambda: get_user_model().objects.filter(username="rival").update(username="foe"), {"anna", "foe"}),
        (lambda: get_user_model().objects.filter(username="rival").update(username="rival"), set()),
    ],
)
def test_a_name_concerns_everybody_on_whose_pages_it_stands(anna, concerned, change, whom):
    with concerned() as found:
        change()
    assert found == whom


def test_a_rolled_back_change_gives_the_token_back_and_its_own_to_nobody(anna):
    before, row = read_tokens()[anna.pk], Match.objects.get()
    seen = set()
    for _ in range(5):
        with transaction.atomic():
            row.save()
            seen.add(read_tokens()[anna.pk])
            transaction.set_rollback(True)
        assert read_tokens()[anna.pk] == before
    row.save()

    assert len(seen | {before, read_tokens()[anna.pk]}) == 7


def test_moving_a_match_into_the_archive_concerns_its_player(anna, concerned):
    with concerned() as found:
        scene.archive(Match.objects.get())
    assert ArchivedMatch.objects.count() == 1
    assert found == {"anna"}


def test_every_player_has_a_token_from_the_start(db):
    users = get_user_model().objects.bulk_create([get_user_model()(username=f"u{n}") for n in range(3)])

    assert all(tokens.get_token(user.pk) is not None for user in users)
    assert tokens.get_token(10**9) is None


def test_renewing_leaves_nobody_with_an_old_token(anna):
    ContentVersion.objects.filter(owner=anna.pk).delete()
    before = read_tokens()

    triggers.renew_all("default")

    after = read_tokens()
    assert anna.pk in after
    assert not set(before.values()) & set(after.values())


def test_every_table_that_points_to_a_user_is_watched_or_known_not_to_be_shown():
    user = get_user_model()
    pointing = {
        (model._meta.label, field.name)
        for model in apps.get_models(include_auto_created=True)
        for field in model._meta.concrete_fields
        if isinstance(field, models.ForeignKey) and field.related_model is user
    }
    watched = {(watch.source._meta.label, owner) for watch in tokens.list_watches() for owner in watch.owners}
    watched |= {
        (apps.get_model(link.model)._meta.label, link.key)
        for watch in tokens.list_watches()
        for link in watch.links
    }

    assert pointing - watched - NOT_SHOWN == set()

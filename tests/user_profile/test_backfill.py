"""Backfills: from what is recorded, at its own dates, once; and the archive of old entries."""

from __future__ import annotations

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from deltacrown.core.errors import InvalidInput
from deltacrown.teams.models import TeamMembership
from deltacrown.tournaments.models import TournamentResult
from deltacrown.user_profile.achievements import backfill
from deltacrown.user_profile.achievements.backfill import Backfilled, backfill_players
from deltacrown.user_profile.models import (
    ArchivedUserActivity,
    ExperienceAward,
    KycVerification,
    UserAchievement,
    UserActivity,
)
from deltacrown.user_profile.people.kyc import request_verification, verify
from deltacrown.user_profile.services import activity_service
from deltacrown.user_profile.timeline.archive import ArchivedActivities, archive_activities
from deltacrown.user_profile.timeline.entering import ActivityChanges
from deltacrown.user_profile.timeline.hiding import hide_activity
from deltacrown.user_profile.timeline.reading import get_activity_timeline
from tests import scene
from tests.user_profile.season import (
    SPECIFIED,
    TOLD,
    contents,
    daily_duel,
    day,
    hold,
    people,
    play,
    said,
    squad,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def season(find_all_drift):
    """A season that everybody listened to, with entries of every type of the specification."""
    ann, bob, cat = people("ann", "bob", "cat")
    staff = scene.player("staff", is_staff=True)
    reds = squad("reds", ann, bob)
    hold("team-cup", reds, squad("blues", cat), number=1)
    for number in range(2, 6):
        hold(f"cup-{number}", ann, bob, cat, number=number)
    play([daily_duel(ann, bob, number) for number in range(12)])
    request_verification(user=ann, now=day(20))
    verify(user=ann, by=staff, now=day(21))
    assert set(UserActivity.objects.values_list("activity_type", flat=True)) >= set(SPECIFIED)
    return ann, bob, cat


def forget():
    for table in (UserActivity, UserAchievement, ExperienceAward):
        table.objects.all().delete()


def run(command, **options):
    out = StringIO()
    call_command(command, stdout=out, **options)
    return out.getvalue()


def test_both_backfills_make_of_the_tables_what_the_events_made(season, find_all_drift):
    from_events = contents()
    forget()

    backfill_players()

    assert contents() == from_events
    assert find_all_drift() == []


def test_after_events_there_is_nothing_to_backfill(season):
    before = contents()

    assert backfill_players(everyone=True) == Backfilled(players=4)
    assert contents() == before


def test_a_dry_run_counts_and_changes_nothing(season):
    everything = len(contents()["activities"])
    UserActivity.objects.all().delete()
    before = contents()

    assert backfill_players(dry_run=True).activities == ActivityChanges(created=everything)
    assert contents() == before
    forget()
    assert backfill_players(dry_run=True).achievements.awarded > 0
    assert contents() == {"activities": [], "achievements": [], "experience": []}


def test_entries_whose_fact_is_gone_are_withdrawn_and_those_that_differ_amended(season):
    ann, bob, _ = season
    TeamMembership.objects.filter(user=ann)._raw_delete("default")
    TournamentResult.objects.filter(user=bob, tournament__slug="cup-2").update(placement=3)
    activity_service.create_activity(
        user=ann,
        activity_type="TEAM_JOINED",
        description="Joined the hall of fame",
        metadata={"team_name": "Hall of fame"},
        dedupe_key="by hand",
        created_at=day(1),
    )

    changes = backfill_players().activities

    assert changes == ActivityChanges(amended=1, withdrawn=1)
    assert "Took third place in Cup 2" in said(bob)
    assert "Joined the hall of fame" in said(ann)
    assert "Joined team Reds" not in said(ann)


def test_a_run_that_stopped_is_finished_by_the_next(season, monkeypatch):
    whole = contents()
    UserActivity.objects.all().delete()
    monkeypatch.setattr(backfill, "BATCH", 1)
    shown = []

    def stop_after_two(done, total):
        shown.append((done, total))
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        backfill_players(progress=stop_after_two)
    assert shown == [(1, 4), (2, 4)]
    assert len({row[0] for row in contents()["activities"]}) == 2

    backfill_players()
    assert contents() == whole


def test_the_commands_say_what_they_did(season):
    UserActivity.objects.filter(user__username="cat").delete()
    entries = 12

    UserAchievement.objects.filter(user__username="cat", achievement__slug="first-podium").delete()

    would = (
        "Would create 12, update 0 and withdraw 0 entries; award 1, update 0 and revoke 0 achievements; "
        "change the experience of 0; looked at 4 players.\n"
    )
    done = (
        "Created {}, updated 0 and withdrew 0 entries; awarded {}, updated 0 and revoked 0 achievements; "
        "changed the experience of 0; looked at {} players.\n"
    )
    out = StringIO()
    with pytest.raises(SystemExit) as exit_of_dry_run:
        call_command("backfill_activities", dry_run=True, stdout=out)
    assert (exit_of_dry_run.value.code, out.getvalue()) == (1, would)
    assert run("backfill_activities") == done.format(entries, 1, 4)
    assert run("backfill_activities") == done.format(0, 0, 0)
    assert run("backfill_achievements", all=True) == done.format(0, 0, 4)
    assert json.loads(run("backfill_activities", json=True))["players_backfilled"] == 0
    assert run("backfill_activities", dry_run=True).startswith("Would create 0,")


def test_hidden_entries_stay_hidden(season):
    ann = season[0]
    entry = UserActivity.objects.get(user=ann, dedupe_key__startswith="membership:")
    hide_activity(user=ann, activity=entry)
    backfill_players()

    assert UserActivity.objects.get(pk=entry.pk).visibility == "PRIVATE"


class TestArchive:
    def pages(self, user, viewer, limit=3):
        found, page = [], None
        while True:
            read = get_activity_timeline(user, viewer, page, limit=limit)
            found += [(entry.created_at, entry.description, entry.handle != "") for entry in read.items]
            page = read.next_cursor
            if page is None:
                return found

    def test_no_timeline_changes_and_the_pages_run_through(self, season, find_all_drift):
        ann = season[0]
        viewers = (None, ann, season[1])
        before = [self.pages(ann, viewer) for viewer in viewers]

        moved = archive_activities(before=day(3), now=TOLD, batch_size=2)

        assert moved.left == 0
        assert moved.entries == ArchivedUserActivity.objects.count() > 5
        assert not UserActivity.objects.filter(created_at__lt=day(3)).exists()
        assert [self.pages(ann, viewer) for viewer in viewers] == before
        assert find_all_drift() == []

    def test_entries_keep_everything(self, season):
        columns = [field.attname for field in UserActivity._meta.concrete_fields]
        before = sorted(UserActivity.objects.values_list(*columns))
        archive_activities(before=TOLD, now=TOLD)

        tables = (ArchivedUserActivity, UserActivity)
        assert sorted(row for table in tables for row in table.objects.values_list(*columns)) == before

    def test_again_moves_nothing_and_nothing_is_entered_anew(self, season):
        archive_activities(before=TOLD, now=TOLD)

        assert archive_activities(before=TOLD, now=TOLD) == ArchivedActivities(0, 0)
        assert backfill_players(everyone=True).mended == 0

    def test_a_dry_run_moves_nothing(self, season):
        before = contents()
        old = UserActivity.objects.filter(created_at__lt=day(3)).count()

        assert archive_activities(before=day(3), now=TOLD, dry_run=True, batch_size=3) == ArchivedActivities(
            old, 0
        )
        assert contents() == before

    def test_one_the_archive_holds_already_is_left(self, season):
        entry = UserActivity.objects.filter(created_at__lt=day(3)).first()
        columns = {
            field.attname: getattr(entry, field.attname) for field in UserActivity._meta.concrete_fields
        }
        ArchivedUserActivity.objects.create(**{**columns, "id": 10**6})

        assert archive_activities(before=day(3), now=TOLD, batch_size=1).left == 1
        assert UserActivity.objects.filter(pk=entry.pk).exists()

    def test_the_command_takes_what_is_older_than_two_years(self, season, monkeypatch):
        monkeypatch.setattr("deltacrown.core.clock.now", lambda: day(3) + timedelta(days=730))
        old = UserActivity.objects.filter(created_at__lt=day(3)).count()

        assert run("archive_activities", dry_run=True).startswith(f"Would move {old} entries")
        assert run("archive_activities").startswith(f"Moved {old} entries")
        assert run("archive_activities", before="2025-01-02").startswith("Moved 0 entries")

    @pytest.mark.parametrize("before", ["tomorrow", "2025-02-30", "2999-01-01"])
    def test_a_date_that_cannot_be_is_refused(self, before):
        with pytest.raises(CommandError):
            call_command("archive_activities", before=before)

    @pytest.mark.parametrize(
        "wrong",
        [{"before": day(0).replace(tzinfo=None)}, {"batch_size": 0}, {"before": TOLD + timedelta(days=1)}],
    )
    def test_the_service_refuses_what_cannot_be(self, wrong):
        with pytest.raises(InvalidInput):
            archive_activities(**{"before": day(0), "now": TOLD, **wrong})


def test_a_verification_is_backfilled_for_its_player_alone():
    (ann,) = people("ann")
    KycVerification.objects.create(user=ann, status="VERIFIED", reviewed_at=day(3))
    backfill_players()

    assert UserActivity.objects.get(activity_type="KYC_VERIFIED").visibility == "PRIVATE"

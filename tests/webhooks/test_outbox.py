"""Every fact has its event, written in the same transaction; and nothing is written while nobody listens."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from deltacrown.accounts.services import rename_player
from deltacrown.core import clock
from deltacrown.games.services import correct_match, record_match, record_matches, restore_match, void_match
from deltacrown.tournaments.services import (
    Standing,
    annul_tournament,
    complete_tournament,
    correct_result,
    disqualify_entrant,
)
from deltacrown.user_profile.achievements.awards import AwardRecord, award_achievements, revoke_achievement
from deltacrown.user_profile.models import Achievement, UserProfile
from deltacrown.user_profile.people.identities import change_identity
from deltacrown.user_profile.people.merging import merge_players, rehearse_merge, undo_merge
from deltacrown.webhooks import listening
from deltacrown.webhooks.models import WebhookEndpoint, WebhookEvent
from deltacrown.webhooks.services import create_endpoint, set_endpoint_active
from django_tally.reconciliation import reconcile
from tests import scene
from tests.scene import at

pytestmark = pytest.mark.django_db

NOW = datetime(2025, 6, 2, 12, 0, tzinfo=UTC)


@pytest.fixture
def heard():
    """Somebody listens; returns what was written since, as kind and players."""
    listening.know(is_anybody=True)

    def read():
        return [(event.kind, event.players) for event in WebhookEvent.objects.order_by("pk")]

    return read


@pytest.fixture
def anna():
    return scene.player("anna")


@pytest.fixture
def ben():
    return scene.player("ben")


def record_duel(winner, loser, key="m1"):
    title = scene.game()
    record_match(record=scene.duel(title, key, winner, loser), now=NOW)
    return title


def kinds_of(events):
    return [kind for kind, _ in events]


def test_a_match_has_one_event_for_all_its_players(heard, anna, ben):
    record_duel(anna, ben)
    matches = [event for event in heard() if event[0].startswith("match.")]
    assert matches == [("match.recorded", sorted([anna.pk, ben.pk]))]
    event = WebhookEvent.objects.filter(kind="match.recorded").get()
    assert list(event.facts) == ["lines"]
    assert len(event.facts["lines"]) == 2
    assert not event.is_planned


def test_the_same_delivery_again_is_no_event(heard, anna, ben):
    title = record_duel(anna, ben)
    before = heard()
    record_match(record=scene.duel(title, "m1", anna, ben), now=NOW)
    assert heard() == before


def test_rulings_on_a_match_have_events_also_for_the_numbers(heard, anna, ben):
    title = record_duel(anna, ben)
    ruling = {"game": title, "match_key": "m1", "reason": "lag", "now": NOW}
    pair = sorted([anna.pk, ben.pk])
    WebhookEvent.objects.all().delete()
    void_match(**ruling)
    restore_match(**ruling)
    correct_match(**ruling, results={"anna": "LOSS", "ben": "WIN"})
    numbers = [("stat.corrected", [pk]) for pk in pair]
    found = [each for each in heard() if not each[0].startswith("achievement.")]
    assert found == [
        ("match.voided", pair),
        *numbers,
        ("match.restored", pair),
        *numbers,
        ("match.corrected", pair),
        *numbers,
    ]


def test_a_player_who_was_taken_out_is_still_named(heard, anna, ben):
    third = scene.player("third")
    title = scene.game()
    lines = [scene.line(anna), scene.line(ben, "LOSS"), scene.line(third, "LOSS")]
    record_match(record=scene.record(title, "m1", *lines), now=NOW)
    correct_match(game=title, match_key="m1", reason="was not there", now=NOW, removed=["third"])
    event = WebhookEvent.objects.filter(kind="match.corrected").get()
    assert event.players == [third.pk]
    assert event.facts["left"] == [third.pk]
    assert len(event.facts["beside"]) == 2


def test_results_have_an_event_for_each_player(heard, anna, ben):
    event = scene.tournament(status="RUNNING")
    for user in (anna, ben):
        scene.registration(user, event)
    standings = [Standing(user=anna, placement=1), Standing(user=ben, placement=2)]
    rows = complete_tournament(tournament=event, standings=standings, now=NOW)
    keys = {row.user_id: row.pk for row in rows}

    def read(kind):
        return [(each.players, each.facts) for each in WebhookEvent.objects.filter(kind=kind).order_by("pk")]

    official = [([user.pk], {"result": keys[user.pk]}) for user in (anna, ben)]
    assert sorted(read("result.official")) == sorted(official)
    assert read("result.corrected") == []
    correct_result(tournament=event, user=anna, placement=3, reason="as played", now=NOW)
    assert read("result.corrected") == official[:1]
    disqualify_entrant(tournament=event, user=anna, reason="cheats", now=NOW)
    annul_tournament(tournament=event, reason="replayed", now=NOW)
    assert {tuple(players) for players, _ in read("result.corrected")} == {(anna.pk,), (ben.pk,)}
    assert ([anna.pk], {"cause": "result"}) in read("stat.corrected")


def test_achievements_that_are_won_and_lost(heard, anna):
    entry = Achievement.objects.create(
        slug="made", name="Made", description="By hand", tier="MINOR", points=1
    )
    award_achievements(awards=[AwardRecord(anna, entry, "fact", at(1))])
    revoke_achievement(user=anna, achievement=entry, reason="not so")
    assert heard() == [("achievement.unlocked", [anna.pk]), ("achievement.revoked", [anna.pk])]


def test_a_rename_has_an_event_where_others_see_it(heard, anna):
    rename_player(user=anna, username="anne")
    change_identity(user=anna, display_name="Ann the First")
    assert heard() == [("player.renamed", [anna.pk])] * 2
    rename_player(user=anna, username="ann-secret")
    change_identity(user=anna, bio="No other name.")
    rename_player(user=anna, username="ann-secret")
    assert heard() == [("player.renamed", [anna.pk])] * 2


def test_a_merge_and_its_end(heard, anna, ben):
    merge = merge_players(kept=anna, merged=ben, by=None, reason="one person", now=clock.now())
    undo_merge(merge=merge, by=None, now=clock.now())
    found = [each for each in heard() if each[0] in {"player.merged", "player.parted"}]
    assert found == [("player.merged", [anna.pk, ben.pk]), ("player.parted", [anna.pk, ben.pk])]


def test_a_merge_that_is_only_rehearsed_leaves_none(heard, anna, ben):
    rehearse_merge(kept=anna, merged=ben, by=None, now=clock.now(), read=lambda user: user.pk)
    assert heard() == []


def test_a_repair_of_a_number_that_had_drifted(heard, anna, ben):
    record_duel(anna, ben)
    WebhookEvent.objects.all().delete()
    with connection.cursor() as cursor:
        table = UserProfile._meta.db_table
        cursor.execute(f"UPDATE {table} SET matches_won = 7 WHERE user_id = %s", [anna.pk])
    reconcile(cause="test", clock=clock.now)
    event = WebhookEvent.objects.get()
    assert (event.kind, event.players) == ("stat.corrected", [anna.pk])
    assert event.facts["cause"] == "repair"
    assert "matches_won" in event.facts["stats"]


def test_what_is_rolled_back_has_no_event(heard, anna, ben):
    title = scene.game()
    with transaction.atomic():
        record_match(record=scene.duel(title, "m1", anna, ben), now=NOW)
        assert heard()
        transaction.set_rollback(True)
    assert heard() == []
    record_match(record=scene.duel(title, "m2", anna, ben), now=NOW)
    assert kinds_of(heard()).count("match.recorded") == 1


def test_a_batch_is_written_by_one_statement(heard):
    users = [scene.player(f"p{number}") for number in range(4)]
    title = scene.game()
    records = [
        scene.duel(title, f"m{number}", users[number % 4], users[(number + 1) % 4]) for number in range(200)
    ]
    with CaptureQueriesContext(connection) as seen:
        record_matches(records=records, now=NOW)
    written = [
        each["sql"] for each in seen if each["sql"].startswith("INSERT INTO") and "webhooks_" in each["sql"]
    ]
    assert WebhookEvent.objects.filter(kind="match.recorded").count() == 200
    # One for the matches, and one for each achievement that follows from them at once.
    assert len(written) <= 1 + WebhookEvent.objects.filter(kind__startswith="achievement.").count()
    assert len(set(WebhookEvent.objects.values_list("message_id", flat=True))) == WebhookEvent.objects.count()


def test_while_nobody_listens_nothing_is_written_and_no_statement_is_made(anna, ben):
    title = scene.game()
    with CaptureQueriesContext(connection) as seen:
        record_match(record=scene.duel(title, "m1", anna, ben), now=NOW)
        void_match(game=title, match_key="m1", reason="lag", now=NOW)
    assert not [each for each in seen if "webhooks_" in each["sql"]]
    assert not WebhookEvent.objects.exists()


def test_whether_anybody_listens_is_asked_once_in_a_while(anna, ben, monkeypatch):
    monkeypatch.setattr(listening, "BELIEVED_SECONDS", 300.0)  # longer than three matches take anywhere
    listening.forget()
    title = scene.game()
    with CaptureQueriesContext(connection) as seen:
        for number in range(3):
            record_match(record=scene.duel(title, f"m{number}", anna, ben), now=NOW)
    asked = [each["sql"] for each in seen if "webhooks_webhookendpoint" in each["sql"]]
    assert len(asked) == 1
    assert not WebhookEvent.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_an_endpoint_that_is_made_or_switched_is_known_at_once_in_this_process(anna, ben):
    title = scene.game()
    made = create_endpoint(name="site", url="https://hooks.example.org/")
    record_match(record=scene.duel(title, "m1", anna, ben), now=NOW)
    before = WebhookEvent.objects.count()
    assert before
    assert set_endpoint_active(endpoint=made, is_active=False)
    assert not set_endpoint_active(endpoint=made, is_active=False)
    record_match(record=scene.duel(title, "m2", anna, ben), now=NOW)
    assert WebhookEvent.objects.count() == before


def test_an_endpoint_is_promised_what_every_process_knows_of():
    made = create_endpoint(name="site", url="https://hooks.example.org/")
    believed = timedelta(seconds=listening.BELIEVED_SECONDS)
    assert made.starts_at - WebhookEndpoint.objects.get(pk=made.pk).created_at >= believed

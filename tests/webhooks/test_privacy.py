"""Endpoints are told what a visitor sees when it is sent; of what is hidden, nothing leaves, and no time."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from deltacrown.accounts.services import rename_player
from deltacrown.core import clock
from deltacrown.games.services import correct_match, record_match, restore_match, void_match
from deltacrown.tournaments.models import Tournament
from deltacrown.tournaments.services import Standing, complete_tournament, correct_result
from deltacrown.user_profile.achievements.awards import AwardRecord, award_achievements, revoke_achievement
from deltacrown.user_profile.models import Achievement, UserProfile
from deltacrown.user_profile.people.anonymising import anonymise_player
from deltacrown.user_profile.people.merging import merge_players, undo_merge
from deltacrown.user_profile.people.standings import close_account, suspend_player
from deltacrown.webhooks.kinds import Kind
from deltacrown.webhooks.models import WebhookDelivery, WebhookEvent, make_message_id
from deltacrown.webhooks.services.outcomes import SKIPPED_BECAUSE
from deltacrown.webhooks.telling import TELLS
from django_tally.reconciliation import reconcile
from tests import scene

pytestmark = pytest.mark.django_db

NOW = datetime(2025, 6, 2, 12, 0, tzinfo=UTC)


@pytest.fixture
def anna():
    return scene.player("anna")


@pytest.fixture
def ben():
    return scene.player("ben")


def drift(user):
    from django.db import connection

    with connection.cursor() as cursor:
        table = UserProfile._meta.db_table
        cursor.execute(f"UPDATE {table} SET matches_won = 700 WHERE user_id = %s", [user.pk])
    reconcile(cause="test", clock=clock.now)


def do_everything(user, other):
    """Let every kind of event happen to ``user``, each but for the matches to them alone."""
    title = scene.game()
    ruling = {"game": title, "match_key": "m1", "reason": "lag", "now": NOW}
    record_match(record=scene.duel(title, "m1", user, other), now=NOW)
    void_match(**ruling, user=user)
    restore_match(**ruling, user=user)
    correct_match(**ruling, stats={user.username: {"kills": 7}})
    event = scene.tournament(status="RUNNING")
    scene.registration(user, event)
    complete_tournament(tournament=event, standings=[Standing(user=user, placement=1)], now=NOW)
    correct_result(tournament=event, user=user, placement=2, reason="as played", now=NOW)
    words = {"name": "Made", "description": "By hand"}
    made = [Achievement.objects.create(slug=slug, tier="MINOR", points=1, **words) for slug in ("one", "two")]
    award_achievements(awards=[AwardRecord(user, each, "fact", NOW) for each in made])
    revoke_achievement(user=user, achievement=made[1], reason="not so")
    rename_player(user=user, username="renamed")
    drift(user)
    gone = scene.player("lost-account")
    merge_players(kept=user, merged=gone, by=None, reason="one person", now=clock.now())


def told_of(receiver, user):
    """The kinds of messages in which anything of this player is."""
    public_id = user.profile.public_id.encode()
    return {got.type for got in receiver.got if public_id in got.body}


@pytest.mark.once
def test_every_kind_says_what_it_tells():
    assert set(TELLS) == set(Kind)


def test_of_a_player_who_hides_nothing_everything_is_told(endpoint, receiver, deliver, anna, ben):
    do_everything(anna, ben)
    deliver()
    assert told_of(receiver, anna) == {
        *(kind.value for kind in Kind if kind != Kind.PLAYER_PARTED),
    }
    assert "lost-account" not in b"".join(got.body for got in receiver.got).decode()


def test_a_merge_that_was_undone_parts_them(endpoint, receiver, deliver, anna, ben):
    merge = merge_players(kept=anna, merged=ben, by=None, reason="one person", now=clock.now())
    deliver()
    undo_merge(merge=merge, by=None, now=clock.now())
    deliver()
    named = {"player": anna.profile.public_id, "merged": ben.profile.public_id}
    found = [
        (got.type, {"player": got.data["player"]["public_id"], "merged": got.data["merged"]})
        for got in receiver.got
    ]
    assert found == [("player.merged", named), ("player.parted", named)]


def hide_matches(user):
    scene.hide(user, matches=True)


def hide_both(user):
    scene.hide(user, matches=True, tournaments=True)


def suspend(user):
    by = scene.player("mod", is_staff=True)
    suspend_player(user=user, until=None, reason="cheats", by=by, now=clock.now())


def close(user):
    close_account(user=user, by=user, now=clock.now())


def anonymise(user):
    anonymise_player(user=user, by=None, now=clock.now(), without_export=True)


def delete_facts(user):
    """As if nothing of it had been."""
    UserProfile.objects.filter(user=user).update(standing="CLOSED")


OFFICIAL = {"result.official", "result.corrected"}
MATCHES = {"match.recorded", "match.voided", "match.restored", "match.corrected"}
PLAYER = {"player.renamed", "player.merged", "stat.corrected"}
ACHIEVEMENTS = {"achievement.unlocked", "achievement.revoked"}
#: What a player may do, or what befalls them → what is told of them afterwards.
TOLD = {
    # Numbers are public; that a match was ruled on is not. Achievements of official results are public, too.
    hide_matches: OFFICIAL | PLAYER | ACHIEVEMENTS,
    hide_both: OFFICIAL | PLAYER | ACHIEVEMENTS,
    # On no list, but with their pages, and so their lines in matches.
    suspend: OFFICIAL | MATCHES,
    close: set(),
    anonymise: set(),
    delete_facts: set(),
}


@pytest.mark.parametrize(("happens", "told"), TOLD.items(), ids=lambda each: getattr(each, "__name__", ""))
def test_what_is_hidden_when_it_is_sent_does_not_leave(endpoint, receiver, deliver, anna, ben, happens, told):
    """The facts happened while all was shown: it is decided when they are sent."""
    do_everything(anna, ben)
    public_id, key = anna.profile.public_id, anna.pk
    happens(anna)
    deliver()
    anna = type(anna).objects.get(pk=key)
    assert told_of(receiver, anna) == told
    bodies = b"".join(got.body for got in receiver.got)
    if not told:
        assert public_id.encode() not in bodies
        assert b"anna" not in bodies
        assert b'"renamed"' not in bodies
    # What an achievement that was given by hand tells of is not known, so it tells of both histories.
    assert b'"slug":"one"' not in bodies
    assert b'"slug":"two"' not in bodies
    numbers = [got.data for got in receiver.got if got.type == "stat.corrected"]
    assert "match" not in [each["cause"] for each in numbers if each["player"]["public_id"] == public_id]
    # Of what is about nothing else there is no message at all: nobody learns that there was one.
    for event in WebhookEvent.objects.filter(kind__in=set(Kind) - told):
        if event.players == [key]:
            row = WebhookDelivery.objects.get(event=event)
            assert (row.status, row.attempts, row.error) == ("SKIPPED", 0, SKIPPED_BECAUSE)
            assert event.message_id not in [got.id for got in receiver.got]


def test_a_line_that_is_hidden_is_left_out_of_a_match_that_others_show(
    endpoint, receiver, deliver, anna, ben
):
    scene.hide(anna, matches=True)
    record_match(record=scene.duel(scene.game(), "m1", anna, ben), now=NOW)
    deliver()
    got = next(each for each in receiver.got if each.type == "match.recorded")
    assert [row["player"]["public_id"] for row in got.data["rows"]] == [ben.profile.public_id]
    assert got.data["leaves_out"]


def test_a_ruling_on_a_hidden_line_alone_is_not_told(endpoint, receiver, deliver, anna, ben):
    """Nothing of it is different for a visitor: a message would tell that something was."""
    scene.hide(anna, matches=True)
    title = scene.game()
    record_match(record=scene.duel(title, "m1", anna, ben), now=NOW)
    deliver()
    before = len(receiver.got)
    ruling = {"game": title, "match_key": "m1", "reason": "lag", "now": NOW}
    void_match(**ruling, user=anna)
    restore_match(**ruling, user=anna)
    correct_match(**ruling, stats={"anna": {"kills": 7}})
    deliver()
    assert len(receiver.got) == before
    void_match(**ruling, user=ben)
    deliver()
    assert "match.voided" in receiver.types


def test_who_was_taken_out_is_told_of_where_their_line_was_seen(endpoint, receiver, deliver, anna, ben):
    title = scene.game()
    third, fourth = scene.player("third"), scene.player("fourth")
    scene.hide(fourth, matches=True)
    lines = [scene.line(anna), *(scene.line(each, "LOSS") for each in (ben, third, fourth))]
    record_match(record=scene.record(title, "m1", *lines), now=NOW)
    deliver()
    receiver.got.clear()
    ruling = {"game": title, "match_key": "m1", "reason": "was not there", "now": NOW}
    correct_match(**ruling, removed=["fourth"])
    deliver()
    assert receiver.types == []
    correct_match(**ruling, removed=["third"])
    deliver()
    assert receiver.types.count("match.corrected") == 1


def test_matches_of_tournaments_are_official(endpoint, receiver, deliver, anna, ben):
    scene.hide(anna, matches=True, tournaments=True)
    record_match(record=scene.duel(scene.game(), "m1", anna, ben, kind="TOURNAMENT"), now=NOW)
    deliver()
    assert "match.recorded" in told_of(receiver, anna)


def test_a_tournament_that_is_a_draft_is_not_told_of(endpoint, receiver, deliver, anna):
    event = scene.tournament(status="RUNNING")
    scene.registration(anna, event)
    complete_tournament(tournament=event, standings=[Standing(user=anna, placement=1)], now=NOW)
    Tournament.objects.filter(pk=event.pk).update(status="DRAFT")
    deliver()
    assert "result.official" not in receiver.types


def test_a_match_that_was_taken_out_is_not_told_of(endpoint, receiver, deliver, anna, ben):
    row = scene.match(anna, "m1")
    title = row.game
    record_match(record=scene.duel(title, "m2", anna, ben), now=NOW)
    lines = WebhookEvent.objects.get(kind="match.recorded")
    WebhookEvent.objects.filter(pk=lines.pk).update(facts={"lines": [row.pk + 1_000_000]})
    deliver()
    assert "match.recorded" not in receiver.types


def test_a_name_behind_another_is_not_told(endpoint, receiver, deliver, anna):
    rename_player(user=anna, username="secret-login")
    UserProfile.objects.filter(user=anna).update(display_name="Ann")
    deliver()
    assert b"secret-login" not in receiver.got[0].body
    assert receiver.got[0].data["player"]["name"] == "Ann"


def test_messages_have_no_place_in_an_order(endpoint, receiver, deliver, anna, ben):
    """What is left out leaves no gap: ids are random, and nothing else counts events."""
    scene.hide(ben, matches=True)
    rename_player(user=anna, username="anne")
    deliver()
    [got] = receiver.got
    assert set(got.headers) >= {"webhook-id", "webhook-timestamp", "webhook-signature"}
    assert set(got.message) == {"type", "timestamp", "data"}
    assert len(got.id) == len("msg_") + 32
    assert len({make_message_id() for _ in range(100)}) == 100

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from deltacrown.accounts.models import User
from deltacrown.core.errors import Conflict, DomainError
from deltacrown.games import signals
from deltacrown.games.models import ArchivedMatch, Game, Match
from deltacrown.games.services import (
    MatchConflict,
    correct_match,
    create_game,
    list_match_lines,
    record_match,
    record_matches,
    void_match,
)
from deltacrown.user_profile.models import UserProfile
from tests import scene
from tests.announcements import announced
from tests.concurrency import call_together
from tests.scene import NOON as NOW
from tests.scene import PLAYED, duel, line, record, refusals, statuses

pytestmark = pytest.mark.django_db


@pytest.fixture
def ann(player):
    return player("ann")


@pytest.fixture
def bob(player):
    return player("bob")


def numbers_of(user):
    return tuple(UserProfile.objects.values_list("total_matches_played", "matches_won").get(user=user))


def test_a_match_is_recorded_whole_announced_and_counted(game, ann, bob, find_all_drift):
    match = record(
        game,
        "m1",
        line(ann, "WIN", side="red", score=3, stats={"kills": 9}),
        line(bob, "LOSS", side="blue", score=1),
    )

    with announced(signals.matches_recorded) as events:
        recorded = record_match(record=match, now=NOW)

    assert recorded.created
    rows = Match.objects.order_by("user__username").values_list(
        "user", "result", "side", "score", "stats", "played_at", "kind", "voided_at"
    )
    assert list(rows) == [
        (ann.pk, "WIN", "red", "3", {"kills": 9}, PLAYED, "CASUAL", None),
        (bob.pk, "LOSS", "blue", "1", {}, PLAYED, "CASUAL", None),
    ]
    assert [event["rows"] for event in events] == [recorded.rows]
    assert {row.pk for row in recorded.rows} == set(Match.objects.values_list("pk", flat=True))
    assert (numbers_of(ann), numbers_of(bob)) == ((1, 1), (1, 0))
    assert find_all_drift() == []


def test_the_same_delivery_again_changes_nothing(game, ann, bob):
    match = duel(game, "m1", ann, bob)
    first = record_match(record=match, now=NOW)

    with announced(signals.matches_recorded) as events:
        again = record_match(record=replace(match, lines=match.lines[::-1]), now=NOW + timedelta(days=1))

    assert not again.created
    assert again.rows == first.rows
    assert events == []
    assert (numbers_of(ann), numbers_of(bob)) == ((1, 1), (1, 0))


def test_a_delivery_again_after_the_archive_changes_nothing(game, ann, bob):
    match = duel(game, "m1", ann, bob)
    for row in record_match(record=match, now=NOW).rows:
        scene.archive(row)

    again = record_match(record=match, now=NOW)

    assert (again.created, [type(row) for row in again.rows]) == (False, [ArchivedMatch, ArchivedMatch])
    assert Match.objects.count() == 0


def test_the_same_key_in_another_game_is_another_match(game, ann, bob):
    chess = create_game(slug="chess", name="Chess")
    outcomes = record_matches(records=[duel(game, "m1", ann, bob), duel(chess, "m1", bob, ann)], now=NOW)

    assert statuses(outcomes) == ["created", "created"]
    assert (numbers_of(ann), numbers_of(bob)) == ((2, 1), (2, 1))


@pytest.mark.parametrize(
    ("field", "changed"),
    [
        ("lines", lambda match, third: replace(match, lines=(match.lines[0], line(third, "LOSS")))),
        ("played_at", lambda match, third: replace(match, played_at=PLAYED + timedelta(seconds=1))),
        ("kind", lambda match, third: replace(match, kind="TOURNAMENT")),
        (
            "result",
            lambda match, third: replace(
                match, lines=tuple(replace(each, result="DRAW") for each in match.lines)
            ),
        ),
        (
            "side",
            lambda match, third: replace(match, lines=(match.lines[0], replace(match.lines[1], side="blue"))),
        ),
        (
            "score",
            lambda match, third: replace(match, lines=(match.lines[0], replace(match.lines[1], score=0))),
        ),
        (
            "stats",
            lambda match, third: replace(
                match, lines=(match.lines[0], replace(match.lines[1], stats={"kills": 1}))
            ),
        ),
        ("void_reason", lambda match, third: replace(match, void_reason="server crash")),
    ],
)
def test_other_content_under_a_known_key_is_refused(game, player, field, changed):
    match = duel(game, "m1", player("ann"), player("bob"))
    record_match(record=match, now=NOW)
    before = list(Match.objects.order_by("pk").values())

    with pytest.raises(MatchConflict) as refusal:
        record_match(record=changed(match, player("cat")), now=NOW)

    assert refusal.value.field == field
    assert "Match 'm1' of Rocket is recorded already" in refusal.value.message
    assert ("void_match" if field == "void_reason" else "correct_match") in refusal.value.message
    assert list(Match.objects.order_by("pk").values()) == before


def test_a_delivery_that_knows_fewer_of_the_players_changes_nothing(game, ann, bob):
    match = duel(game, "m1", ann, bob)
    record_match(record=match, now=NOW)
    before = list(Match.objects.order_by("pk").values())

    recorded = record_match(record=replace(match, lines=match.lines[:1]), now=NOW)

    assert not recorded.created
    assert list(Match.objects.order_by("pk").values()) == before


def test_a_conflict_names_both_values(game, ann, bob):
    record_match(record=duel(game, "m1", ann, bob), now=NOW)

    with pytest.raises(MatchConflict, match="differs in result: WIN is recorded for ann, LOSS was given"):
        record_match(record=duel(game, "m1", bob, ann), now=NOW)


def test_a_retry_after_a_void_is_unchanged_and_stays_void(game, ann, bob):
    match = duel(game, "m1", ann, bob)
    record_match(record=match, now=NOW)
    void_match(game=game, match_key="m1", reason="cheating", now=NOW)

    assert not record_match(record=match, now=NOW).created
    assert {row.void_reason for row in list_match_lines(game, "m1")} == {"cheating"}
    assert numbers_of(ann) == (0, 0)


def test_a_retry_after_a_correction_is_refused_and_applies_nothing(game, ann, bob):
    match = duel(game, "m1", ann, bob)
    record_match(record=match, now=NOW)
    correct_match(
        game=game, match_key="m1", results={"ann": "LOSS", "bob": "WIN"}, reason="wrong report", now=NOW
    )

    with pytest.raises(MatchConflict):
        record_match(record=match, now=NOW)

    assert (numbers_of(ann), numbers_of(bob)) == ((1, 0), (1, 1))
    assert Match.objects.count() == 2


def test_a_match_recorded_as_void_is_kept_and_counts_nowhere(game, ann, bob, find_all_drift):
    match = duel(game, "m1", ann, bob, void_reason="server crash")
    recorded = record_match(record=match, now=NOW)

    assert {(row.voided_at, row.void_reason) for row in recorded.rows} == {(NOW, "server crash")}
    assert (numbers_of(ann), numbers_of(bob)) == ((0, 0), (0, 0))
    assert not record_match(record=match, now=NOW + timedelta(days=1)).created
    assert find_all_drift() == []


def test_numbers_come_back_as_they_were_told(game, ann):
    stats = {
        "tiny": 1e-7,
        "huge": 1e300,
        "big": 2**63 - 1,
        "half": 0.5,
        "whole": 3.0,
        "flag": True,
        "deep": {"list": [1, None, "é"]},
    }
    match = record(game, "m1", line(ann, stats=stats))
    record_match(record=match, now=NOW)

    assert not record_match(record=match, now=NOW).created


@pytest.mark.parametrize(
    ("told", "retold"),
    [({"flag": True}, {"flag": 1}), ({"n": [1]}, {"n": [1, 2]}), ({"n": 1}, {"n": "1"}), ({}, {"n": None})],
)
def test_other_json_is_other_content(game, ann, told, retold):
    record_match(record=record(game, "m1", line(ann, stats=told)), now=NOW)

    with pytest.raises(MatchConflict) as refusal:
        record_match(record=record(game, "m1", line(ann, stats=retold)), now=NOW)
    assert refusal.value.field == "stats"


def test_each_match_of_a_batch_is_whole_or_refused(game, ann, bob, find_all_drift):
    known = duel(game, "known", ann, bob)
    record_match(record=known, now=NOW)
    fine, twin, other = (
        duel(game, "fine", ann, bob),
        duel(game, "fine", ann, bob),
        duel(game, "fine", bob, ann),
    )
    double = record(game, "double", line(ann), line(ann, "LOSS"))
    changed = duel(game, "known", bob, ann)

    with announced(signals.matches_recorded) as events:
        outcomes = record_matches(records=[double, fine, known, twin, changed, other], now=NOW)

    assert [(outcome.status, outcome.refusal and outcome.refusal.field) for outcome in outcomes] == [
        ("refused", "user"),
        ("created", None),
        ("unchanged", None),
        ("unchanged", None),
        ("refused", "result"),
        ("refused", "result"),
    ]
    assert [[(row.match_key, row.user.username) for row in event["rows"]] for event in events] == [
        [("fine", "ann"), ("fine", "bob")]
    ]
    assert (numbers_of(ann), numbers_of(bob)) == ((2, 2), (2, 0))
    assert find_all_drift() == []


def test_the_same_record_twice_in_a_batch_is_created_once(game, ann, bob):
    match = duel(game, "m1", ann, bob)
    outcomes = record_matches(records=[match, match], now=NOW)

    assert statuses(outcomes) == ["created", "unchanged"]
    assert Match.objects.count() == 2


def test_a_batch_of_nothing_is_nothing(db, django_assert_num_queries):
    with django_assert_num_queries(2):
        outcomes = record_matches(records=[], now=NOW)
    assert outcomes == []


def statements(records):
    with CaptureQueriesContext(connection) as captured:
        record_matches(records=records, now=NOW)
    inserts = [query for query in captured if query["sql"].startswith("INSERT")]
    return len(captured) - len(inserts), len(inserts)


def test_a_batch_of_any_size_takes_the_same_queries(game, ann, bob, no_reactions):
    # Besides the inserts: two savepoints (open, release), which keys are known, with the queue on PostgreSQL;
    # then who may have doubles, other keys of the same matches, live and archived, and the rows under those.
    # Of known keys live and archived rows are read too: 2 more, so that those of new ones are not (2 fewer).
    rest = 10
    again = rest + 2
    rows_per_insert = (
        5_000
        if connection.vendor == "postgresql"
        else connection.ops.bulk_batch_size(Match._meta.concrete_fields[1:], [None] * 400)
    )
    sizes = {
        count: [duel(game, f"{count}-{number}", ann, bob) for number in range(count)] for count in (10, 200)
    }

    assert statements(sizes[10]) == (rest, 1)
    assert statements(sizes[200]) == (rest, -(-400 // rows_per_insert))
    assert statements(sizes[200]) == (again, 0)
    assert Match.objects.count() == 420


def test_a_failing_receiver_undoes_the_match(game, ann, bob):
    def fail(**facts):
        raise RuntimeError("no")

    signals.matches_recorded.connect(fail)
    try:
        with pytest.raises(RuntimeError):
            record_match(record=duel(game, "m1", ann, bob), now=NOW)
    finally:
        signals.matches_recorded.disconnect(fail)
    assert (Match.objects.count(), numbers_of(ann)) == (0, (0, 0))


def test_rows_another_writer_inserted_between_look_and_insert_are_found(game, ann, bob, monkeypatch):
    """A writer beside the door: no lock of ours holds it back, the unique key shows it."""
    from deltacrown.games.services import recording

    match, beside = duel(game, "m1", ann, bob), duel(game, "m2", ann, bob)
    looks = []

    def look_too_early(keys, **sent):
        looks.append(keys)
        return {} if len(looks) == 1 else list_lines_by_match(keys, **sent)

    list_lines_by_match = recording.list_lines_by_match
    record_match(record=match, now=NOW)
    monkeypatch.setattr(recording, "list_lines_by_match", look_too_early)

    outcomes = record_matches(records=[match, beside], now=NOW)

    assert len(looks) == 2
    assert statuses(outcomes) == ["unchanged", "created"]
    assert Match.objects.count() == 4


@pytest.mark.django_db(transaction=True)
def test_overlapping_batches_at_once_end_without_duplicate_or_error(find_all_drift):
    game = Game.objects.create(slug="rocket", name="Rocket")
    players = User.objects.bulk_create([User(username=f"player{number}") for number in range(8)])
    matches = [
        duel(game, f"m{number}", players[number % 8], players[(number + 3) % 8]) for number in range(120)
    ]
    batches = [matches[:80], matches[40:][::-1], matches[::-2], matches[20:100]]

    answers = call_together([partial(record_matches, records=batch, now=NOW) for batch in batches])

    assert [refusals(outcomes) for outcomes in answers] == [[]] * 4
    assert sum(statuses(outcomes).count("created") for outcomes in answers) == 120
    assert Match.objects.count() == 240
    assert sum(UserProfile.objects.values_list("total_matches_played", flat=True)) == 240
    assert find_all_drift() == []


@pytest.mark.django_db(transaction=True)
def test_two_deliveries_of_one_key_with_other_players_never_mix():
    game = Game.objects.create(slug="rocket", name="Rocket")
    players = User.objects.bulk_create([User(username=f"player{number}") for number in range(4)])

    for key in map(str, range(10)):
        rivals = [duel(game, key, *players[:2]), duel(game, key, *players[2:])]
        answers = call_together([partial(record_match, record=rival, now=NOW) for rival in rivals])
        assert sorted(type(answer).__name__ for answer in answers) == ["MatchConflict", "RecordedMatch"]
        assert Match.objects.filter(match_key=key).count() == 2


def test_create_game_is_idempotent_and_refuses_another_name(db):
    with announced(signals.game_created) as events:
        chess = create_game(slug="chess", name="Chess")
        assert create_game(slug="chess", name="Chess") == chess
    with pytest.raises(Conflict, match="belongs to the game 'Chess'"):
        create_game(slug="chess", name="Chess 2")

    assert [event["game"] for event in events] == [chess]


@pytest.mark.parametrize(
    ("slug", "name", "field"),
    [
        ("two words", "X", "slug"),
        ("", "X", "slug"),
        ("x" * 61, "X", "slug"),
        ("x", " ", "name"),
        ("x", "a\0", "name"),
    ],
)
def test_create_game_refuses_what_cannot_be(db, slug, name, field):
    with pytest.raises(DomainError) as refusal:
        create_game(slug=slug, name=name)
    assert refusal.value.field == field
    assert not Game.objects.exists()

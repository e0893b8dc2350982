"""Rows inserted at once are as ``bulk_create`` would insert them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import DataError, IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from deltacrown.core.inserts import insert_rows
from deltacrown.games.models import Game, Match
from deltacrown.tournaments.models import TournamentResult
from tests import scene
from tests.scene import NOON

pytestmark = pytest.mark.django_db

STATS = {"kills": 3, "deep": [1.5, None, "é\\ \"'{},"], "on": True}


@pytest.fixture
def build():
    """Return a function that builds so many unsaved rows, each other than the last."""
    ann, bob, game = scene.player("ann"), scene.player("bob"), scene.game()

    def build(count):
        return [
            Match(
                user=(ann, bob)[number % 2],
                game=game,
                match_key=f"m{number}",
                result="WIN",
                score=["", "6-1, 7-5", "{NULL}", 'a "b" \\', "null"][number % 5],
                placement=[None, 1][number % 2],
                sequence=number % 3,
                is_time_known=number % 3 == 0,
                voided_at=[None, NOON + timedelta(minutes=number)][number % 2],
                void_reason=["", "cheat"][number % 2],
                stats=STATS if number % 2 else {},
                played_at=NOON,
            )
            for number in range(count)
        ]

    return build


def stored():
    columns = [
        field.attname for field in Match._meta.concrete_fields if field.name not in {"id", "recorded_at"}
    ]
    return list(Match.objects.order_by("match_key").values_list(*columns))


def test_rows_are_those_of_bulk_create(build):
    Match.objects.bulk_create(build(7))
    expected = stored()
    Match.objects.all()._raw_delete("default")

    rows = insert_rows(build(7))

    assert stored() == expected
    assert [row.match_key for row in rows] == [f"m{number}" for number in range(7)]
    assert {row.pk: row.match_key for row in rows} == dict(Match.objects.values_list("pk", "match_key"))
    assert {row._state.adding for row in rows} == {False}
    assert Match.objects.filter(recorded_at=None).count() == 0


def test_what_all_rows_share_is_theirs_whatever_its_type(build):
    """Equal values of another type are other values: a score of 1 is text, and True is no text."""
    rows = build(4)
    for row, score in zip(rows, ["1", 1, True, 1.0], strict=True):
        row.placement, row.voided_at, row.void_reason, row.stats, row.score = 3, NOON, "cheat", {}, score
    Match.objects.bulk_create(rows)
    expected = stored()
    Match.objects.all()._raw_delete("default")

    for row in rows:
        row.pk = None
    insert_rows(rows)

    assert stored() == expected


def test_rows_that_are_there_can_be_left_out(build):
    insert_rows(build(2))

    insert_rows(build(4), ignores_conflicts=True)

    keys = Match.objects.order_by("match_key").values_list("match_key", flat=True)
    assert list(keys) == [f"m{number}" for number in range(4)]


def test_none_are_inserted_without_a_statement(build):
    with CaptureQueriesContext(connection) as asked:
        assert insert_rows([]) == []
    assert len(asked) == 0


def test_a_row_against_a_constraint_refuses_all(build):
    rows = build(3)
    rows[2].match_key = rows[0].match_key

    with pytest.raises(IntegrityError), transaction.atomic():
        insert_rows(rows)

    assert not Match.objects.exists()


def test_text_that_is_too_long_is_not_cut(build):
    rows = build(2)
    rows[1].score = "s" * 101
    if connection.vendor == "sqlite":
        insert_rows(rows)
        assert Match.objects.get(match_key="m1").score == "s" * 101
        return

    with pytest.raises(DataError), transaction.atomic():
        insert_rows(rows)


@pytest.mark.parametrize("given", [0, 1, 2])
def test_a_default_of_the_database_beside_given_values(given):
    people = [scene.player(f"p{number}") for number in range(2)]
    cup = scene.tournament()
    results = [TournamentResult(tournament=cup, user=user, placement=1) for user in people]
    for result in results[:given]:
        result.decided_at = NOON

    insert_rows(results)

    decided = TournamentResult.objects.order_by("user__username").values_list("decided_at", flat=True)
    assert [each == NOON for each in decided] == [number < given for number in range(2)]
    assert None not in decided


def test_a_row_may_point_to_one_that_was_saved_since(build):
    (match,) = build(1)
    match.game = Game(slug="new", name="New")
    match.game.save()

    insert_rows([match])

    assert Match.objects.get().game.slug == "new"
    assert match.game_id == match.game.pk

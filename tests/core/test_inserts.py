"""Rows inserted in bulk are the rows ``bulk_create`` would have inserted."""

from __future__ import annotations

from decimal import Decimal

import pytest

from deltacrown.core.inserts import VALUES_PER_STATEMENT, insert_rows
from deltacrown.games.models import Match
from deltacrown.tournaments.models import Tournament, TournamentResult

pytestmark = pytest.mark.django_db

STATS = {"kills": 3, "ratio": 1.5, "name": "Zoë “Z” % %s ?", "guns": ["ak", None, True], "deep": {"x": {}}}


def read(rows) -> list[dict]:
    """The rows as the database has them, without what differs by itself."""
    stored = type(rows[0]).objects.in_bulk([row.pk for row in rows])
    own = ("id", "match_key", "recorded_at")
    return [
        {field.attname: getattr(stored[row.pk], field.attname) for field in row._meta.concrete_fields if field.name not in own}
        for row in rows
    ]


def test_every_column_is_written_as_bulk_create_writes_it(player, game, noon):
    def rows(prefix: str) -> list[Match]:
        shared = {"user": ann, "game": game, "result": "WIN", "played_at": noon}
        return [
            Match(**shared, match_key=f"{prefix}1", stats=STATS, score=-5, side="Ünited %s", kind="TOURNAMENT"),
            Match(**shared, match_key=f"{prefix}2", voided_at=noon, void_reason="crash"),
        ]

    ann = player("ann")
    ours, djangos = rows("a"), rows("b")

    insert_rows(ours)
    Match.objects.bulk_create(djangos)

    assert read(ours) == read(djangos)
    assert read(ours)[0]["stats"] == STATS
    assert all(Match.objects.get(pk=row.pk).recorded_at for row in ours)


def test_decimals_and_empty_keys_are_written_too(player, game, noon):
    cup = Tournament.objects.create(slug="cup", name="Cup", game=game, starts_at=noon)
    rows = [
        TournamentResult(tournament=cup, user=player("ann"), placement=1, prize_amount=Decimal("12.30"), decided_at=noon),
        TournamentResult(tournament=cup, user=player("bob"), disqualified_at=noon, disqualified_reason="dq", decided_at=noon),
    ]

    insert_rows(rows)

    table = TournamentResult.objects.order_by("pk").values_list("user__username", "team", "placement", "prize_amount")
    assert list(table) == [("ann", None, 1, Decimal("12.30")), ("bob", None, None, Decimal(0))]


def test_keys_belong_to_their_rows_in_one_statement_or_many(player, game, noon, django_assert_num_queries):
    ann = player("ann")
    columns = len(Match._meta.concrete_fields) - 2  # the key and recorded_at are the database's
    count = VALUES_PER_STATEMENT // columns + 5
    rows = [Match(user=ann, game=game, result="WIN", played_at=noon, match_key=f"m{number}") for number in range(count)]

    with django_assert_num_queries(2):
        insert_rows(rows)

    assert {row.pk: row.match_key for row in rows} == dict(Match.objects.values_list("pk", "match_key"))
    assert {(row._state.adding, row._state.db) for row in rows} == {(False, "default")}
    ann.profile.refresh_from_db()
    assert ann.profile.total_matches_played == len(rows)


def test_no_rows_are_no_statement(django_assert_num_queries):
    with django_assert_num_queries(0):
        insert_rows([])

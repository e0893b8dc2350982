"""No way of writing a source row leaves a number wrong: one test per way, on both databases."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest
from django.core import serializers
from django.db import connection, transaction
from django.db.models import F, Q

from deltacrown.accounts.models import User
from deltacrown.games.models import ArchivedMatch, Game, Match
from deltacrown.user_profile.models import ExperienceAward, GameStats, UserProfile
from tests.conftest import NOON

pytestmark = pytest.mark.django_db

RESULTS = ["WIN", "LOSS", "DRAW"]


@pytest.fixture
def season():
    """Four players, two games, 60 matches of every result, some voided, and awards of points."""
    pick = random.Random(7)
    players = [User.objects.create(username=f"p{n}", date_joined=NOON) for n in range(4)]
    games = [Game.objects.create(slug=f"g{n}", name=f"G{n}") for n in range(2)]
    for number in range(60):
        voided = {"voided_at": NOON, "void_reason": "cheating"} if number % 9 == 0 else {}
        Match.objects.create(
            user=pick.choice(players),
            game=pick.choice(games),
            match_key=f"m{number}",
            result=pick.choice(RESULTS),
            played_at=NOON + timedelta(minutes=number),
            **voided,
        )
    for number in range(8):
        points, key = 10 * (number + 1), f"k{number}"
        ExperienceAward.objects.create(user=players[number % 4], points=points, reason="r", dedupe_key=key, awarded_at=NOON)
    return players, games


def row(user, game, key, result="WIN", **fields):
    return Match(user=user, game=game, match_key=key, result=result, played_at=NOON, **fields)


def save_result_flipped(players, games):
    match = Match.objects.filter(result="WIN").first()
    match.result = "LOSS"
    match.save()


def save_moved_to_another_player(players, games):
    match = Match.objects.filter(user=players[0]).first()
    match.user = players[1]
    match.save()


def save_moved_to_another_game(players, games):
    match = Match.objects.filter(game=games[0], user=players[0]).first()
    match.game = games[1]
    match.save()


def save_summed_value_changed(players, games):
    award = ExperienceAward.objects.first()
    award.points = 777
    award.save(update_fields=["points"])


def save_nothing_changed(players, games):
    Match.objects.first().save()


def bulk_create(players, games):
    Match.objects.bulk_create(row(players[n % 4], games[n % 2], f"bulk{n}", RESULTS[n % 3]) for n in range(300))


def bulk_create_upsert(players, games):
    taken = list(Match.objects.filter(game=games[0])[:5])
    rows = [row(match.user, games[0], match.match_key, "WIN") for match in taken] + [row(players[2], games[0], "new")]
    unique = ["game", "match_key", "user"]
    Match.objects.bulk_create(rows, update_conflicts=True, unique_fields=unique, update_fields=["result"])


def bulk_create_ignore_conflicts(players, games):
    taken = list(Match.objects.filter(game=games[0])[:5])
    rows = [row(match.user, games[0], match.match_key, "WIN") for match in taken] + [row(players[2], games[0], "new")]
    Match.objects.bulk_create(rows, ignore_conflicts=True)


def queryset_update(players, games):
    Match.objects.filter(result="WIN").update(result="LOSS")


def queryset_update_with_f(players, games):
    ExperienceAward.objects.update(points=F("points") + 1)


def bulk_update(players, games):
    rows = list(Match.objects.all()[:20])
    for number, match in enumerate(rows):
        match.user = players[number % 4]
        match.result = RESULTS[number % 3]
    Match.objects.bulk_update(rows, ["user", "result"])


def void_and_restore(players, games):
    Match.objects.filter(user=players[0]).update(voided_at=NOON, void_reason="all of them")
    Match.objects.filter(user=players[0], result="WIN").update(voided_at=None, void_reason="")


def get_or_create_and_update_or_create(players, games):
    defaults = {"result": "WIN", "played_at": NOON}
    for _ in range(2):
        Match.objects.get_or_create(user=players[0], game=games[0], match_key="once", defaults=defaults)
    Match.objects.update_or_create(user=players[0], game=games[0], match_key="once", defaults={"result": "DRAW"})


def queryset_delete(players, games):
    Match.objects.filter(Q(result="WIN") | Q(user=players[3])).delete()


def raw_delete(players, games):
    Match.objects.filter(user=players[1])._raw_delete("default")


def same_row_deleted_twice(players, games):
    one, same = Match.objects.first(), Match.objects.first()
    one.delete()
    same.delete()


def stale_profile_save(players, games):
    stale = UserProfile.objects.get(user=players[3])
    Match.objects.create(user=players[3], game=games[0], match_key="late", result="WIN", played_at=NOON)
    stale.bio, stale.total_matches_played = "changed", 10_000
    stale.save()


def raw_sql(players, games):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE games_match SET user_id = %s WHERE id %% 3 = 0", [players[2].pk])
        cursor.execute("DELETE FROM games_match WHERE id % 7 = 0")
        cursor.execute(
            "INSERT INTO games_match (user_id, game_id, match_key, result, played_at) VALUES (%s, %s, 'raw', 'WIN', '2025-06-01 12:00:00')",
            [players[0].pk, games[1].pk],
        )


def cascade_from_user(players, games):
    players[0].delete()


def cascade_from_game(players, games):
    games[0].delete()


def archive_move(players, games):
    with transaction.atomic():
        moved = list(Match.objects.filter(game=games[0]).order_by("pk").values())
        ArchivedMatch.objects.bulk_create(ArchivedMatch(**values) for values in moved)
        Match.objects.filter(pk__in=[values["id"] for values in moved])._raw_delete("default")


def savepoint_rolled_back(players, games):
    with transaction.atomic():
        queryset_update(players, games)
        try:
            with transaction.atomic():
                bulk_create(players, games)
                raise LookupError
        except LookupError:
            pass


def fixture_loaded_over_the_rows(players, games):
    rows = [*UserProfile.objects.all(), *Match.objects.all(), *GameStats.objects.all()]
    for item in rows:
        if isinstance(item, UserProfile):
            item.total_matches_played = 999
    dumped = serializers.serialize("json", rows)
    Match.objects.filter(user=players[0]).delete()
    for restored in serializers.deserialize("json", dumped):
        restored.save()


def profile_made_after_its_matches(players, games):
    kept = UserProfile.objects.get(user=players[0])
    UserProfile.objects.filter(user=players[0]).delete()
    UserProfile.objects.create(user=players[0], public_id=kept.public_id)


WAYS = [
    save_nothing_changed,
    save_result_flipped,
    save_moved_to_another_player,
    save_moved_to_another_game,
    save_summed_value_changed,
    bulk_create,
    bulk_create_upsert,
    bulk_create_ignore_conflicts,
    queryset_update,
    queryset_update_with_f,
    bulk_update,
    void_and_restore,
    get_or_create_and_update_or_create,
    queryset_delete,
    raw_delete,
    same_row_deleted_twice,
    stale_profile_save,
    raw_sql,
    cascade_from_user,
    cascade_from_game,
    archive_move,
    savepoint_rolled_back,
    fixture_loaded_over_the_rows,
    profile_made_after_its_matches,
]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_no_drift_after(way, season, find_all_drift):
    assert find_all_drift() == []
    way(*season)
    assert find_all_drift() == []


def test_the_numbers_are_the_ones_a_reader_counts(season):
    """Verification and triggers share SQL; this recount shares nothing with them."""
    players, games = season
    bulk_update(players, games)
    assert 0 < Match.objects.counted().count() < Match.objects.count()
    for player in players:
        rows = list(Match.objects.filter(user=player).values_list("game_id", "result", "voided_at"))
        counted = [(game, result) for game, result, voided_at in rows if voided_at is None]
        profile = UserProfile.objects.get(user=player)
        assert profile.total_matches_played == len(counted)
        assert profile.matches_won == sum(result == "WIN" for _, result in counted)
        assert profile.experience_points == sum(player.experience_awards.values_list("points", flat=True))
        for stats in GameStats.objects.filter(user=player):
            assert stats.matches_played == sum(game == stats.game_id for game, _ in counted)


@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="INSERT OR REPLACE is SQLite's own")
def test_no_drift_after_insert_or_replace(season, find_all_drift):
    players, _ = season
    taken = Match.objects.filter(result="WIN", voided_at=None).first()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT OR REPLACE INTO games_match (user_id, game_id, match_key, result, played_at) VALUES (%s, %s, %s, 'LOSS', %s)",
            [taken.user_id, taken.game_id, taken.match_key, str(NOON)],
        )
        cursor.execute(
            "INSERT OR REPLACE INTO games_match (user_id, game_id, match_key, result, played_at) VALUES (%s, %s, 'fresh', 'WIN', %s)",
            [players[0].pk, Game.objects.create(slug="g9", name="G9").pk, str(NOON)],
        )
    assert find_all_drift() == []


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="COPY and TRUNCATE are PostgreSQL's own")
def test_no_drift_after_copy_and_truncate(season, find_all_drift):
    players, games = season
    with connection.cursor() as cursor:
        with cursor.copy("COPY games_match (user_id, game_id, match_key, result, played_at) FROM STDIN") as copy:
            for number in range(50):
                copy.write_row((players[number % 4].pk, games[0].pk, f"copy{number}", RESULTS[number % 3], NOON))
        assert find_all_drift() == []
        before = UserProfile.objects.get(user=players[0]).total_matches_played
        archive_move(players, games)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("TRUNCATE games_match CASCADE")
    assert find_all_drift() == []
    assert 0 < UserProfile.objects.get(user=players[0]).total_matches_played < before

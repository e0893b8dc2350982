"""The engine under unusual hands: triggers that are off or replaced, other roles, moves and forged times."""

from __future__ import annotations

import json
from contextlib import contextmanager
from datetime import timedelta

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from deltacrown.core.models import JobRun
from deltacrown.games.models import Match
from deltacrown.pages.exports import export_matches
from deltacrown.user_profile.models import GameStats, UserProfile
from django_tally.as_of import get_as_of
from django_tally.checks import check_installed
from django_tally.history import list_changes
from django_tally.keeping.recordings import record_existing_rows
from django_tally.models import Recording, Repair, Revision, Run
from django_tally.stat_sql import StatOf
from django_tally.triggers import installation
from django_tally.triggers.migrating import sync_after_migrating
from django_tally.triggers.plan import build_triggers
from tests.conftest import NOON
from tests.tally.times import database_now

pytestmark = pytest.mark.django_db

needs_postgresql = pytest.mark.skipif("connection.vendor != 'postgresql'", reason="only PostgreSQL has it")
MATCH_COLUMNS = ", ".join(f'"{field.column}"' for field in Match._meta.concrete_fields)


def sql(*statements):
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def number(user, stat="matches_won"):
    return StatOf(UserProfile, UserProfile._meta.get_field(stat), {"user": user.pk})


def history(user, stat="matches_won"):
    return list_changes(number(user, stat), limit=1000)


def told(user, stat="matches_won"):
    return sum(change.delta for change in history(user, stat))


def shown(user, stat="matches_won"):
    return UserProfile.objects.values_list(stat, flat=True).get(user=user)


def as_of(user, at, stat="matches_won"):
    return get_as_of(UserProfile, stat, {"user": user.pk}, known_at=at)


@contextmanager
def no_trigger():
    """Within, no trigger fires."""
    if connection.vendor == "postgresql":
        sql("SET session_replication_role = replica")
        yield
        sql("SET session_replication_role = origin")
        return
    installation.drop_triggers(connection)
    yield
    for trigger in build_triggers(connection):
        sql(*trigger.create)


def run_command(capsys, name, *arguments):
    code = 0
    try:
        call_command(name, *arguments)
    except SystemExit as end:
        code = end.code
    return code, capsys.readouterr().out


class TestVerificationSaysWhy:
    NAME = "tally_match_revise_insert"

    def break_trigger(self, how, name):
        trigger = next(t for t in build_triggers(connection) if t.name == name)
        table = trigger.table
        if connection.vendor == "sqlite":
            sql(f"DROP TRIGGER {name}")
            if how == "replaced":
                sql(f"CREATE TRIGGER {name} AFTER INSERT ON {table} BEGIN SELECT 1; END")
            return
        empty = "RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'"
        sql(
            *{
                "missing": [f"DROP TRIGGER {name} ON {table}"],
                "replaced": [f"CREATE OR REPLACE FUNCTION {name}() {empty}"],
                "disabled": [f"ALTER TABLE {table} DISABLE TRIGGER {name}"],
                "replica": [f"ALTER TABLE {table} ENABLE REPLICA TRIGGER {name}"],
                "always": [f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}"],
                "all disabled": [f"ALTER TABLE {table} DISABLE TRIGGER USER"],
                "another function": [
                    f"CREATE FUNCTION tally_nothing() {empty}",
                    f"CREATE OR REPLACE TRIGGER {name} AFTER INSERT ON {table} "
                    "EXECUTE FUNCTION tally_nothing()",
                ],
                "never": [
                    f"CREATE OR REPLACE TRIGGER {name} AFTER INSERT ON {table} REFERENCING NEW TABLE AS n "
                    f"WHEN (false) EXECUTE FUNCTION {name}()"
                ],
                "as the writer": [f"ALTER FUNCTION {name}() SECURITY INVOKER"],
                "with another path": [f"ALTER FUNCTION {name}() RESET search_path"],
                "for everybody": [f"GRANT EXECUTE ON FUNCTION {name}() TO PUBLIC"],
            }[how]
        )

    BOTH = ["missing", "replaced"]
    POSTGRESQL = [
        "disabled",
        "replica",
        "always",
        "all disabled",
        "another function",
        "never",
        "as the writer",
        "with another path",
        "for everybody",
    ]

    @pytest.mark.parametrize("name", [NAME, "tally_userprofile_start", "tally_provision_user"])
    @pytest.mark.parametrize(
        "how", [*BOTH, *(pytest.param(how, marks=needs_postgresql) for how in POSTGRESQL)]
    )
    def test_a_trigger_that_is_off_or_another_one_is_named_everywhere_and_cured_by_migrate(
        self, how, name, client, capsys
    ):
        self.break_trigger(how, name)

        (warning,) = check_installed(databases=["default"])
        assert f"trigger {name} is" in warning.msg or "all disabled" in how
        faults = installation.find_faults(connection)
        assert any(fault.startswith(f"trigger {name} ") for fault in faults)
        readiness = client.get("/readyz")
        assert (readiness.status_code, readiness.json()["status"]) == (200, "degraded")
        assert readiness.json()["numbers"] == faults
        code, printed = run_command(capsys, "tally", "verify")
        assert (code, f"Cause: {faults[0]}" in printed) == (1, True)

        sync_after_migrating(using="default")

        assert installation.find_faults(connection) == check_installed(databases=["default"]) == []
        assert client.get("/readyz").json()["numbers"] == "ok"
        assert run_command(capsys, "tally", "verify")[0] == 0

    def test_the_night_that_finds_drift_says_why_and_does_not_end_as_if_all_were_well(
        self, player, played, capsys, caplog, client
    ):
        played(ann := player("ann"))
        self.break_trigger(
            "missing",
            name := next(
                t.name
                for t in build_triggers(connection)
                if "insert" in t.name and t.table == "games_match" and "userprofile" in t.name
            ),
        )
        played(ann)

        with pytest.raises(CommandError, match="Not every job was done") as end:
            call_command("run_job", "reconcile")

        assert end.value.returncode == 1
        assert f"Cause: trigger {name} is missing" in capsys.readouterr().err
        assert f"Cause: trigger {name} is missing" in JobRun.objects.get().error
        assert shown(ann) == 2
        page = client.get("/api/v1/integrity").json()
        assert page["latest"]["faults"] == [f"trigger {name} is missing"]
        assert f"Trigger {name} is missing" in client.get("/integrity/").content.decode()

    def test_drift_of_unknown_cause_is_said_to_be_so(self, player, played, capsys):
        played(ann := player("ann"))
        sql(f"UPDATE user_profile_userprofile SET matches_won = 5 WHERE user_id = {ann.pk}")

        call_command("run_job", "reconcile")
        assert "unknown: the triggers are in order now" in capsys.readouterr().out

        sql(f"UPDATE user_profile_userprofile SET matches_won = 5 WHERE user_id = {ann.pk}")
        code, printed = run_command(capsys, "reconcile_stats", "--json")
        assert (code, json.loads(printed)["faults"]) == (1, [])
        code, printed = run_command(capsys, "reconcile_stats")
        assert (code, "Cause" in printed) == (0, False)

    @needs_postgresql
    def test_a_session_in_which_no_trigger_fires_is_told(self, capsys):
        sql("SET session_replication_role = replica")
        (warning,) = check_installed(databases=["default"])
        assert warning.id == "tally.W103"
        code, printed = run_command(capsys, "tally", "verify")
        sql("SET session_replication_role = origin")
        assert (code, "session_replication_role is 'replica'" in printed) == (1, True)


class TestRoles:
    INSERT = (
        "INSERT INTO {schema}games_match (user_id, game_id, match_key, result, played_at) "
        "VALUES ({user}, {game}, '{key}', 'WIN', now())"
    )

    def insert(self, user, game, key, schema=""):
        return self.INSERT.format(user=user.pk, game=game.pk, key=key, schema=schema)

    @needs_postgresql
    def test_a_role_that_may_insert_matches_alone_can_and_can_do_nothing_else(self, player, game):
        ann = player("ann")
        sql(
            "CREATE ROLE scribe",
            "GRANT USAGE ON SCHEMA public TO scribe",
            "GRANT INSERT ON games_match TO scribe",
        )
        sql("GRANT CREATE ON SCHEMA public TO scribe", "SET ROLE scribe")

        sql(self.insert(ann, game, "a"), "SET CONSTRAINTS ALL IMMEDIATE", "SET CONSTRAINTS ALL DEFERRED")

        sql("CREATE TABLE forged (id bigint, user_id bigint)")
        for refused in (
            "UPDATE games_match SET result = 'WIN'",
            "SELECT matches_won FROM user_profile_userprofile",
            f"SELECT {TestVerificationSaysWhy.NAME}()",
            f"CREATE TRIGGER forging AFTER INSERT ON forged REFERENCING NEW TABLE AS n "
            f"EXECUTE FUNCTION {TestVerificationSaysWhy.NAME}()",
        ):
            with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
                sql(refused)
        sql("RESET ROLE")
        assert (shown(ann), told(ann), shown(ann, "total_matches_played")) == (1, 1, 1)
        assert GameStats.objects.get(user=ann).matches_won == 1

    @needs_postgresql
    def test_a_temporary_table_is_no_shadow(self, player, game):
        ann = player("ann")
        for table in (
            "user_profile_userprofile",
            "tally_revision",
            "tally_recording",
            "user_profile_gamestats",
        ):
            sql(f"CREATE TEMPORARY TABLE {table} (LIKE public.{table} INCLUDING ALL) ON COMMIT DROP")

        sql(self.insert(ann, game, "a"), "UPDATE games_match SET result = 'LOSS'")
        for table in (
            "user_profile_userprofile",
            "tally_revision",
            "tally_recording",
            "user_profile_gamestats",
        ):
            sql(f"DROP TABLE pg_temp.{table}")

        assert (shown(ann), shown(ann, "total_matches_played")) == (0, 1)
        assert [change.delta for change in history(ann)] == [-1, 1]

    @needs_postgresql
    def test_a_writer_without_a_path_writes_and_a_table_dumped_alone_is_restored(self, player, game, played):
        played(ann := player("ann"))
        sql("SET LOCAL search_path = ''", self.insert(ann, game, "a", schema="public."))
        sql("DELETE FROM public.games_match", "SET LOCAL search_path = public")

        assert shown(ann) == told(ann) == 0


CHANGES = {
    "update": "UPDATE games_match SET result = 'LOSS' WHERE id = {row}",
    "delete": "DELETE FROM games_match WHERE id = {row}",
    "insert": f"INSERT INTO games_match ({MATCH_COLUMNS}) SELECT "
    + MATCH_COLUMNS.replace('"id"', '"id" + 1000')
    .replace('"match_key"', "'late'")
    .replace('"recorded_at"', "{now}")
    + " FROM games_match WHERE id = {row}",
}
CLOCK = {"postgresql": "clock_timestamp()", "sqlite": "STRFTIME('%Y-%m-%d %H:%M:%f000', 'NOW')"}


class TestRepairsAreTold:
    @pytest.mark.parametrize("change", CHANGES)
    @pytest.mark.parametrize("is_revised", [True, False])
    @pytest.mark.parametrize("is_verified", [True, False])
    def test_history_adds_up_after_changes_that_no_trigger_saw(
        self, player, played, change, is_revised, is_verified
    ):
        ann = player("ann")
        rows = [played(ann) for _ in range(3)]
        row = rows[1]
        if is_revised:
            Match.objects.filter(pk=row.pk).update(voided_at=NOON, void_reason="x")
            Match.objects.filter(pk=row.pk).update(voided_at=None, void_reason="")
        if is_verified:
            call_command("tally", "reconcile")
        before = database_now()
        with no_trigger():
            sql(CHANGES[change].format(row=row.pk, now=CLOCK[connection.vendor]))
        wrong = database_now()
        assert shown(ann) == 3

        with pytest.raises(SystemExit):
            call_command("tally", "reconcile")
        after = database_now()

        right = 4 if change == "insert" else 2
        played_now = {"insert": 4, "update": 3, "delete": 2}[change]
        for stat, was, now in [("matches_won", 3, right), ("total_matches_played", 3, played_now)]:
            assert (shown(ann, stat), told(ann, stat)) == (now, now)
            times = (before, wrong, after, database_now())
            assert [as_of(ann, at, stat) for at in times] == [was, was, now, now]
        run = Run.objects.latest("pk")
        (change,) = [change for change in history(ann) if change.at > wrong]
        assert change.reason.startswith(f"repaired: difference found by run {run.pk} on ")
        assert change.delta == right - 3
        per_game = {"user": ann.pk, "game": row.game_id}
        assert get_as_of(GameStats, "matches_won", per_game, known_at=wrong) == 3
        assert get_as_of(GameStats, "matches_won", per_game, known_at=after) == right

        played(ann)
        assert (shown(ann), told(ann), as_of(ann, wrong)) == (right + 1, right + 1, 3)

    def test_a_row_given_to_another_while_nobody_watched_is_told_of_both(self, player, played):
        ann, bob = player("ann"), player("bob")
        row = played(ann)
        Match.objects.filter(pk=row.pk).update(result="LOSS")
        Match.objects.filter(pk=row.pk).update(result="WIN")
        before = database_now()
        with no_trigger():
            sql(f"UPDATE games_match SET user_id = {bob.pk} WHERE id = {row.pk}")

        with pytest.raises(SystemExit):
            call_command("tally", "reconcile")

        assert (shown(ann), told(ann), shown(bob), told(bob)) == (0, 0, 1, 1)
        assert (as_of(ann, before), as_of(bob, before)) == (1, 0)

    def test_a_page_of_history_says_what_a_repair_did_in_words(self, player, played, client):
        played(ann := player("ann"))
        sql(f"UPDATE user_profile_userprofile SET matches_won = 5 WHERE user_id = {ann.pk}")
        with pytest.raises(SystemExit):
            call_command("reconcile_stats")

        page = client.get(
            f"/api/v1/players/{ann.profile.public_id}/stats/matches_won/history?order=known"
        ).json()

        assert [entry["delta"] for entry in page["items"]] == [-4, 4, 1]
        assert page["items"][0]["what"] == "a difference that no row accounts for"
        assert "cause unknown, or triggers were off" in page["items"][0]["reason"]

    def test_a_changed_declaration_is_not_told_as_a_repair(self, player, played, monkeypatch):
        from django.db.models import Q

        from django_tally.declarations import Rule, count_of

        played(ann := player("ann"), "DRAW")
        stat = UserProfile._meta.get_field("matches_won")
        draws = count_of(
            "games.Match",
            "games.ArchivedMatch",
            happened_at="played_at",
            where=[Rule(Q(result="DRAW"), "no draw")],
        )
        monkeypatch.setattr(stat, "contributions", draws)
        sync_after_migrating(using="default")
        assert (shown(ann), [change.delta for change in history(ann)]) == (1, [1])
        assert not Repair.objects.exclude(unexplained=0).exists()
        monkeypatch.undo()
        sync_after_migrating(using="default")

    @pytest.mark.skipif("connection.vendor != 'sqlite'", reason="PostgreSQL checks foreign keys always")
    def test_rows_of_nobody_are_named_with_what_to_do_and_are_no_drift(self, player, played, capsys):
        played(ann := player("ann"))
        played(player("bob"))
        sql(f"DELETE FROM user_profile_gamestats WHERE user_id = {ann.pk}")
        with no_trigger():
            sql(
                "PRAGMA defer_foreign_keys = ON",
                f"UPDATE games_match SET user_id = 4711 WHERE user_id = {ann.pk}",
            )
        sql(
            "UPDATE user_profile_userprofile SET matches_won = 0, total_matches_played = 0 "
            f"WHERE user_id = {ann.pk}"
        )
        for _ in range(2):
            code, printed = run_command(capsys, "tally", "reconcile")
            assert code == 1
            assert (
                '1 rows of "games_match" point by user_id to rows that "accounts_user" does not have'
                in printed
            )
            assert printed.count("Cause") == 1
            assert "0 repaired" in printed or "all right" in printed
        sql("DELETE FROM games_match WHERE user_id = 4711")
        assert run_command(capsys, "tally", "reconcile")[0] == 0


class TestMoves:
    DELETE_FIRST = "WITH d AS (DELETE FROM {a} RETURNING *) INSERT INTO {b} ({c}) SELECT {c} FROM d"
    INSERT_FIRST = (
        "WITH i AS (INSERT INTO {b} ({c}) SELECT {c} FROM {a} RETURNING id) "
        "DELETE FROM {a} WHERE id IN (SELECT id FROM i)"
    )

    def move(self, statement, source, target):
        sql(statement.format(a=source, b=target, c=MATCH_COLUMNS))

    @needs_postgresql
    @pytest.mark.parametrize("statement", [DELETE_FIRST, INSERT_FIRST])
    def test_one_statement_that_moves_rows_keeps_their_history_there_and_back(
        self, player, played, statement
    ):
        ann = player("ann")
        rows = [played(ann, result) for result in ("WIN", "WIN", "LOSS")]
        Match.objects.filter(pk=rows[0].pk).update(result="LOSS")
        before, was = database_now(), history(ann)

        self.move(statement, "games_match", "games_archivedmatch")
        assert (shown(ann), as_of(ann, before), history(ann)) == (1, 1, was)
        self.move(statement, "games_archivedmatch", "games_match")
        assert (shown(ann), as_of(ann, before), history(ann)) == (1, 1, was)
        assert Match.objects.count() == 3

    @needs_postgresql
    @pytest.mark.parametrize("statement", [DELETE_FIRST, INSERT_FIRST])
    def test_a_row_that_is_changed_as_it_moves_tells_the_change(self, player, played, statement):
        played(ann := player("ann"))
        before = database_now()
        changed = statement.replace("SELECT {c}", "SELECT {lost}", 1)
        lost = MATCH_COLUMNS.replace('"result"', "'LOSS'")

        sql(changed.format(a="games_match", b="games_archivedmatch", c=MATCH_COLUMNS, lost=lost))

        assert [change.delta for change in history(ann)] == [-1, 1]
        assert (shown(ann), as_of(ann, before)) == (0, 1)

    @pytest.mark.parametrize("there", [True, False])
    def test_two_statements_that_move_rows_keep_their_history_in_either_direction(
        self, player, played, there
    ):
        ann = player("ann")
        played(ann)
        pair = ("games_match", "games_archivedmatch")
        copy = f"INSERT INTO {{1}} ({MATCH_COLUMNS}) SELECT {MATCH_COLUMNS} FROM {{0}}"
        before, was = database_now(), history(ann)
        for source, target in [pair] if there else [pair, pair[::-1]]:
            sql(copy.format(source, target), f"DELETE FROM {source}")

        assert (shown(ann), as_of(ann, before), history(ann)) == (1, 1, was)
        assert not Revision.objects.exists()

    def test_a_row_deleted_and_put_back_from_elsewhere_is_told_to_have_been_away(self, player, played):
        ann = player("ann")
        played(ann)
        times = [database_now()]
        sql(
            f"CREATE TEMPORARY TABLE kept AS SELECT {MATCH_COLUMNS} FROM games_match",
            "DELETE FROM games_match",
        )
        times.append(database_now())
        sql(f"INSERT INTO games_archivedmatch ({MATCH_COLUMNS}) SELECT {MATCH_COLUMNS} FROM kept")
        times.append(database_now())

        assert [change.delta for change in history(ann)] == [1, -1, 1]
        assert [as_of(ann, at) for at in times] == [1, 0, 1]
        sql("DROP TABLE kept")

    def test_a_deleted_key_that_is_used_again_is_told(self, player, played):
        ann = player("ann")
        row = played(ann)
        key = row.pk
        row.delete()
        played(ann, id=key)
        assert told(ann) == shown(ann) == 1


class TestForgedTimes:
    @pytest.mark.parametrize("days", [-4000, 4000])
    def test_a_time_that_a_writer_claims_is_replaced_by_the_database_s(self, player, played, game, days):
        ann = player("ann")
        times = [database_now()]
        claimed = times[0] + timedelta(days=days)
        played(ann, recorded_at=claimed)
        sql(
            "INSERT INTO games_match (user_id, game_id, match_key, result, played_at, recorded_at) "
            f"VALUES ({ann.pk}, {game.pk}, 'forged', 'WIN', '2025-01-01 00:00:00', "
            f"'{claimed:%Y-%m-%d %H:%M:%S}')"
        )
        times.append(database_now())

        assert all(times[0] < at < times[1] for at in Match.objects.values_list("recorded_at", flat=True))
        assert [as_of(ann, at) for at in times] == [0, 2]
        assert told(ann) == shown(ann) == 2
        with pytest.raises(DatabaseError, match="never changes"), transaction.atomic():
            sql("UPDATE games_match SET recorded_at = '2001-01-01 00:00:00'")

    def test_a_copied_row_does_not_take_over_the_time_of_the_other(self, player, played):
        ann = player("ann")
        row = played(ann)
        before = database_now()
        claimed = MATCH_COLUMNS.replace('"id"', '"id" + 1000').replace('"match_key"', "'copy'")
        sql(
            f"INSERT INTO games_match ({MATCH_COLUMNS}) SELECT {claimed} FROM games_match WHERE id = {row.pk}"
        )

        assert (shown(ann), as_of(ann, before), told(ann)) == (2, 1, 2)

    def test_rows_from_before_there_were_recordings_keep_their_times(self, player, played):
        ann = player("ann")
        played(ann)
        before = database_now()
        Recording.objects.all().delete()
        record_existing_rows("default")

        sql(f"INSERT INTO games_archivedmatch ({MATCH_COLUMNS}) SELECT {MATCH_COLUMNS} FROM games_match")
        sql("DELETE FROM games_match")

        assert (shown(ann), as_of(ann, before), told(ann)) == (1, 1, 1)
        assert not Revision.objects.exists()


@needs_postgresql
@pytest.mark.django_db(transaction=True)
class TestCommitTimes:
    def test_what_was_written_before_and_committed_after_a_time_was_not_shown_at_it(
        self, player, played, game
    ):
        ann = player("ann")
        rows = [played(ann) for _ in range(3)]
        at = connection.get_connection_params()
        names = ("dbname", "host", "port", "user", "password")
        with psycopg.connect(**{name: at[name] for name in names if at.get(name)}) as other:
            other.execute(
                "INSERT INTO games_match (user_id, game_id, match_key, result, played_at) "
                f"VALUES ({ann.pk}, {game.pk}, 'late', 'WIN', now())"
            )
            other.execute(f"UPDATE games_match SET result = 'LOSS' WHERE id = {rows[0].pk}")
            other.execute(f"DELETE FROM games_match WHERE id IN ({rows[1].pk}, {rows[2].pk})")
            between = database_now()
            assert shown(ann) == as_of(ann, between) == 3
            other.commit()
        after = database_now()

        changed = export_matches(ann.profile.public_id, viewer=ann, updated_since=between)
        exported = {json.loads(line)["match_key"] for line in "".join(changed.write_ndjson()).splitlines()}
        assert exported == {"late", rows[0].match_key}
        assert (shown(ann), as_of(ann, between), as_of(ann, after)) == (1, 3, 1)
        assert told(ann) == 1
        assert {as_of(ann, change.at) for change in history(ann) if change.at > between} == {1}

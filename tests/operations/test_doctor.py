"""The doctor finds what is broken, names a mend that works, and finds nothing once it is mended."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
from collections import namedtuple
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.core.management import call_command, get_commands
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from deltacrown.config.caching import memory_cache
from deltacrown.core.cadence import Cadence, Job
from deltacrown.core.models import JobRun
from deltacrown.freshness import cache_store
from deltacrown.operations.doctor import (
    database,
    examination,
    files,
    jobs,
    replicas,
    server,
    site_settings,
    surroundings,
)
from deltacrown.operations.doctor.findings import Finding, Look, Needs, Severity, Visit
from deltacrown.user_profile.models import RankChange
from deltacrown.webhooks.models import WebhookEndpoint
from django_tally.models import Run
from django_tally.triggers.installation import list_installed
from tests.docs.pages import ROOT

PUBLIC = {
    "DEBUG": False,
    "DEMO": False,
    "BEHIND_TLS": True,
    "SECURE_PROXY_SSL_HEADER": ("HTTP_X_FORWARDED_PROTO", "https"),
    "API_TRUSTED_PROXIES": 1,
    "ALLOWED_HOSTS": ["play.example.org"],
    "SITE_URL": "https://play.example.org",
    "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
    "SIGN_UP": True,
}
READ_ONLY = {
    "sqlite": ("PRAGMA query_only = 1", "PRAGMA query_only = 0"),
    "postgresql": ("SET default_transaction_read_only = on", "RESET default_transaction_read_only"),
}


def now():
    return datetime.now(UTC)


@pytest.fixture(autouse=True)
def _patience(monkeypatch):
    """What is there is waited for, however busy the machine is."""
    monkeypatch.setattr(database, "LIMIT_SECONDS", 300.0)
    monkeypatch.setattr(surroundings, "BROKER_SECONDS", 60.0)


def look(topic, *, clock=now, verify=False):
    """What one look finds: ``[(severity, what, mend)]``."""
    [found] = [each for each in examination.LOOKS if each.topic == topic]
    report = examination.examine(Visit(clock=clock, verify=verify), [found])
    return [(finding.severity, finding.what, finding.mend) for finding in report.seen[0].findings]


def run_doctor(*options, **environment):
    """The command in a process of its own, with nothing of this one's settings."""
    inherited = {name: value for name, value in os.environ.items() if name in {"PATH", "LANG", "PYTHONPATH"}}
    return subprocess.run(
        [sys.executable, "manage.py", "doctor", *options],
        cwd=ROOT,
        env={**inherited, "SECRET_KEY": "doctor", **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


# The database


@pytest.mark.once
def test_a_missing_file_is_told_and_not_made(tmp_path):
    file = tmp_path / "site.sqlite3"

    done = run_doctor("--json", DATABASE_URL=f"sqlite:///{file}", DELTACROWN_HOME=str(tmp_path))

    told = json.loads(done.stdout)
    assert done.returncode == 1
    assert f"the file {file} does not exist" in told["findings"][0]["what"]
    assert "deltacrown restore BACKUP" in told["findings"][0]["mend"]
    assert "numbers" in told["skipped"]
    assert "disk" in told["looked_at"]
    assert not file.exists()


@pytest.mark.once
def test_a_file_that_is_no_database_is_told(tmp_path):
    (tmp_path / "site.sqlite3").write_text("not a database, " * 100)

    done = run_doctor(DATABASE_URL=f"sqlite:///{tmp_path / 'site.sqlite3'}", DELTACROWN_HOME=str(tmp_path))

    assert done.returncode == 1
    assert "WRONG  database: The database does not answer. file is not a database" in done.stdout
    assert "If it is damaged: deltacrown restore BACKUP" in " ".join(done.stdout.split())
    assert max(map(len, done.stdout.splitlines())) <= 100


@pytest.mark.once
def test_a_server_that_refuses_is_told_without_the_password(tmp_path):
    with socket.socket() as taken:  # bound, and nobody listens
        taken.bind(("127.0.0.1", 0))
        url = f"postgres://site:hush-hush@127.0.0.1:{taken.getsockname()[1]}/site"
        done = run_doctor(DATABASE_URL=url, DELTACROWN_HOME=str(tmp_path))

    assert done.returncode == 1
    assert "The database does not answer." in done.stdout
    assert "systemctl start postgresql" in done.stdout
    assert "hush-hush" not in done.stdout + done.stderr


@pytest.mark.once
def test_a_server_that_is_frozen_is_not_waited_for(tmp_path):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        url = f"postgres://site:x@127.0.0.1:{silent.getsockname()[1]}/site"
        limit = {"DATABASE_CONNECT_SECONDS": "1"}
        done = run_doctor("--json", DATABASE_URL=url, DELTACROWN_HOME=str(tmp_path), **limit)

    assert done.returncode == 1
    assert json.loads(done.stdout)["findings"][0]["topic"] == "database"


@pytest.mark.django_db(transaction=True)
def test_a_database_that_takes_no_changes_is_told(monkeypatch):
    # In this thread: another has a connection of its own.
    monkeypatch.setattr(database, "_probe", database._ask)
    assert look("database") == []
    off, on = READ_ONLY[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(off)
        try:
            [(severity, what, mend)] = look("database")
        finally:
            cursor.execute(on)

    assert (severity, what.split(". ")[0].rstrip(".")) == (
        Severity.PROBLEM,
        "The database takes no changes now",
    )
    assert "name the primary" in mend
    assert "permissions of the file" in mend


@pytest.mark.django_db
def test_a_migration_that_is_missing_is_told():
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'notifications'")

    found = look("migrations")

    assert found
    assert all(severity is Severity.PROBLEM for severity, _, _ in found)
    # Its tables are there: applying it again would fail, so the mend is to record it.
    assert any("notifications" in what and "--fake" in mend for _, what, mend in found)
    assert all("manage.py" not in mend for _, _, mend in found)


@pytest.mark.django_db
def test_a_database_of_a_newer_release_is_told():
    MigrationRecorder(connection).record_applied("games", "9999_of_tomorrow")
    MigrationRecorder(connection).record_applied("an_app_that_was_removed", "0001_initial")

    [(severity, what, mend)] = look("migrations")

    assert severity is Severity.PROBLEM
    assert "games.9999_of_tomorrow" in what
    assert "removed" not in what
    assert mend.startswith("Install the release that migrated it.")


@pytest.mark.django_db
def test_clocks_that_differ_are_told_on_a_server_alone():
    late, early = (lambda: now() - timedelta(minutes=2)), (lambda: now() + timedelta(minutes=2))
    if connection.vendor == "sqlite":
        assert look("clocks", clock=late) == []
        return

    began = now()
    [(_, behind, mend)] = look("clocks", clock=late)
    [(_, ahead, _)] = look("clocks", clock=early)
    looking = (now() - began).total_seconds()  # of which it cannot say when the other clock was read

    [(least, which)] = re.findall(r"(\d+) s (behind|ahead of)", behind)
    assert (119 - looking <= int(least) <= 120, which) == (True, "behind")
    [(least, which)] = re.findall(r"(\d+) s (behind|ahead of)", ahead)
    assert (119 - looking <= int(least) <= 120, which) == (True, "ahead of")
    assert "timedatectl" in mend
    assert look("clocks") == []


@pytest.mark.django_db(transaction=True)
def test_a_slot_that_nobody_reads_is_told(monkeypatch):
    if connection.vendor != "postgresql":
        assert look("database server") == []
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_create_physical_replication_slot('forgotten', true)")
    try:
        [(advice, what, mend)] = look("database server")
        monkeypatch.setattr(server, "MOST_KEPT", -1)
        [(severity, _, _)] = look("database server")
        with connection.cursor() as cursor:
            cursor.execute(re.search(r"SELECT pg_drop_replication_slot\('forgotten'\)", mend)[0])
    except BaseException:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots"
                " WHERE slot_name = 'forgotten'"
            )
        raise

    assert advice is Severity.ADVICE
    assert severity is Severity.PROBLEM
    assert what.startswith("Nobody reads the replication slot forgotten")
    assert look("database server") == []


@pytest.mark.django_db
def test_a_server_with_hardly_a_connection_left_is_told(monkeypatch):
    monkeypatch.setattr(server, "CROWDED_FROM", 0.0)

    found = look("database server")

    assert [mend for _, _, mend in found] == (
        ["Lower WORKERS or DATABASE_POOL_SIZE, or raise max_connections of the server."]
        if connection.vendor == "postgresql"
        else []
    )


# The numbers


@pytest.mark.django_db(transaction=True)
def test_a_trigger_that_is_gone_is_told_and_migrate_puts_it_back():
    trigger = list_installed(connection)[0]
    on_table = f'ON "{trigger.table}"' if connection.vendor == "postgresql" else ""
    assert look("triggers") == []
    with connection.cursor() as cursor:
        cursor.execute(f'DROP TRIGGER "{trigger.name}" {on_table}')

    [(severity, what, mend)] = look("triggers")
    call_command("migrate", verbosity=0)

    assert severity is Severity.PROBLEM
    assert f"trigger {trigger.name} is missing" in what
    assert mend.startswith("deltacrown migrate")
    assert look("triggers") == []


@pytest.mark.django_db
def test_triggers_that_do_not_fire_are_told():
    if connection.vendor != "postgresql":
        pytest.skip("SQLite cannot switch triggers off")
    trigger = list_installed(connection)[0]
    with connection.cursor() as cursor:
        cursor.execute(f'ALTER TABLE "{trigger.table}" DISABLE TRIGGER "{trigger.name}"')
        cursor.execute("SET LOCAL session_replication_role = replica")

    [(_, off, _), (_, passed_by, mend)] = look("triggers")

    assert f"trigger {trigger.name} is disabled" in off
    assert passed_by.startswith("session_replication_role is 'replica'")
    assert mend.startswith("ALTER ROLE")


@pytest.mark.django_db(transaction=True)
def test_a_wrong_number_is_found_by_a_recount_that_changes_nothing(player, played):
    played(ann := player("ann"))
    with connection.cursor() as cursor:
        cursor.execute("UPDATE user_profile_userprofile SET matches_won = 9 WHERE user_id = %s", [ann.pk])
    runs = Run.objects.count()

    [(severity, what, mend)] = look("numbers", verify=True)

    assert (severity, what) == (Severity.PROBLEM, "1 numbers differ from their rows.")
    assert "deltacrown reconcile_stats" in mend
    assert Run.objects.count() == runs
    with pytest.raises(SystemExit):
        call_command("reconcile_stats", stdout=StringIO())
    assert look("numbers", verify=True) == []
    [(_, repaired, _)] = look("numbers")
    assert "repaired 1 numbers" in repaired
    call_command("reconcile_stats", stdout=StringIO())
    assert look("numbers") == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("fields", "severity", "words"),
    [
        ({"status": "FAILED"}, Severity.PROBLEM, "failed"),
        ({"status": "DRIFTED", "numbers_drifted": 3, "dry_run": True}, Severity.PROBLEM, "left 3 numbers"),
        ({"status": "DRIFTED", "numbers_drifted": 3, "numbers_repaired": 3}, Severity.ADVICE, "repaired 3"),
        ({"status": "CLEAN", "started_at": now() - timedelta(days=9)}, Severity.ADVICE, "not verified since"),
    ],
)
def test_the_last_verification_of_everybody_is_told(fields, severity, words):
    Run.objects.all().delete()  # that of the migration
    begun = {"cause": "test", "started_at": now(), "finished_at": now()}
    Run.objects.create(**{**begun, **fields})
    Run.objects.create(**{**begun, "status": "FAILED", "scope": "DC-25-000001"})  # of one player
    Run.objects.create(**{**begun, "status": "RUNNING", "finished_at": None})

    [(found, what, _)] = look("numbers")

    assert found is severity
    assert words in what


# The jobs


@pytest.fixture
def schedule(settings):
    """A site that is installed for a month, with three jobs of which one runs every ten minutes."""
    often = Cadence(hour=None, minute=2, every=10)
    settings.JOBS = tuple(
        Job(name=name, function="none", cadence=often, meaning="") for name in ("sweep", "count", "mail")
    )
    MigrationRecorder.Migration.objects.filter(app="core").update(applied=now() - timedelta(days=30))
    return settings.JOBS


def run_of(job, *, minutes, status="DONE", **fields):
    at = now() - timedelta(minutes=minutes)
    finished = None if status == "RUNNING" else at
    return JobRun.objects.create(
        job=job, cause="test", status=status, started_at=at, finished_at=finished, **fields
    )


@pytest.mark.django_db
def test_a_site_whose_jobs_nobody_starts_is_told_once(schedule):
    [(severity, never, mend)] = look("jobs")
    for job in schedule:
        run_of(job.name, minutes=3 * 24 * 60)
    [(_, since, _)] = look("jobs")

    assert severity is Severity.PROBLEM
    assert never.startswith("No job was run ever, and 3 are overdue")
    assert since.startswith("No job was run since 20")
    assert "deltacrown list_jobs" in mend


@pytest.mark.django_db
def test_a_job_that_failed_or_was_killed_is_told_by_name_and_without_its_error(schedule):
    run_of("sweep", minutes=1, status="FAILED", error="ValueError: ann@example.org")
    run_of("count", minutes=30, status="RUNNING", alive_at=now() - timedelta(minutes=20))
    run_of("mail", minutes=1)

    found = look("jobs")

    assert [mend.split()[-1] for _, _, mend in found] == ["sweep.", "count."]
    assert "failed" in found[0][1]
    assert "was killed" in found[1][1]
    assert "example.org" not in str(found)


@pytest.mark.django_db
def test_work_that_piles_up_is_told(monkeypatch):
    monkeypatch.setattr(jobs, "MOST_RANK_CHANGES", 3)
    waiting = RankChange.objects.count()
    RankChange.objects.bulk_create(RankChange(owner=number) for number in range(3 - waiting))
    assert look("work that waits") == []
    RankChange.objects.create(owner=9)

    [(_, what, mend)] = look("work that waits")

    assert what.startswith("More than 3 changes wait")
    assert mend.startswith("deltacrown run_job count-ranks")


@pytest.mark.django_db
def test_an_endpoint_that_was_switched_off_is_told():
    endpoint = WebhookEndpoint.objects.create(name="stats", url="https://a.example", starts_at=now())
    assert look("webhooks") == []
    WebhookEndpoint.objects.update(is_active=False, stopped_because="It answered 410.")

    [(_, what, mend)] = look("webhooks")

    assert what == "Webhook stats: It is off. It answered 410."
    assert mend.endswith(f"deltacrown redeliver_webhooks {endpoint.pk}.")


@pytest.mark.django_db
@pytest.mark.skipif("sqlite" in os.environ["DATABASE_URL"], reason="SQLite has no replica")
def test_a_replica_that_follows_nobody_or_is_away_is_told(monkeypatch):
    assert look("replica") == []
    monkeypatch.setattr(replicas.replica, "is_configured", lambda: True)
    monkeypatch.setattr(replicas.replica, "ALIAS", "default")
    [(_, alone, _)] = look("replica")
    monkeypatch.setattr(replicas, "_REPLICA", f"SELECT true, -{replicas.MOST_BEHIND}")
    [(severity, behind, _)] = look("replica")
    monkeypatch.setattr(replicas, "_REPLICA", "SELECT 1 / 0")
    [(_, away, mend)] = look("replica")

    assert "follows no primary" in alone
    assert severity is Severity.ADVICE
    assert "behind the primary" in behind
    assert "does not answer" in away
    assert "DATABASE_REPLICA_URL" in mend


# What is beside the database


@pytest.mark.once
def test_a_redis_that_is_away_is_told(redis_cache, settings, monkeypatch):
    assert look("cache") == []
    redis_cache.kill()

    [(severity, what, mend)] = look("cache")

    assert severity is Severity.PROBLEM
    assert what.startswith("Redis (REDIS_URL) does not answer")
    assert "redis-server" in mend
    monkeypatch.setattr(cache_store._Health, "resting_until", 0.0)


@pytest.mark.once
def test_limits_of_each_process_are_told_where_there_are_several(settings, monkeypatch):
    settings.CACHES, settings.DEBUG = {"default": memory_cache()}, False
    monkeypatch.setenv("WORKERS", "")
    [(severity, what, _)] = look("cache")
    monkeypatch.setenv("WORKERS", "1")

    assert severity is Severity.ADVICE
    assert "each of 4 server processes" in what
    assert look("cache") == []


@pytest.mark.once
def test_a_broker_that_is_away_is_told_without_its_password(redis_server, settings):
    settings.CELERY_BROKER_URL = redis_server.url.replace("unix://", "redis+socket://").replace(
        "?db=0", "?virtual_host=0"
    )
    assert look("broker of the jobs") == []
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        settings.CELERY_BROKER_URL = f"redis://:hush@127.0.0.1:{taken.getsockname()[1]}/0"
        [(severity, what, mend)] = look("broker of the jobs")

    assert severity is Severity.PROBLEM
    assert "hush" not in what + mend
    assert "deltacrown run_job --due" in mend
    settings.CELERY_BROKER_URL = ""
    assert look("broker of the jobs") == []


# Files

Usage = namedtuple("Usage", "total used free")


@pytest.mark.once
@pytest.mark.parametrize(("free", "severity"), [(100 << 20, Severity.PROBLEM), (1 << 30, Severity.ADVICE)])
def test_a_disk_that_fills_up_is_told_once(free, severity, monkeypatch):
    monkeypatch.setattr(files.shutil, "disk_usage", lambda _: Usage(1 << 40, 0, free))

    found = look("disk")

    assert {each[0] for each in found} == {severity}
    assert len({what for _, what, _ in found}) == len(found)
    assert "MiB left" in found[0][1] or "1.0 GiB left" in found[0][1]
    monkeypatch.setattr(files.shutil, "disk_usage", lambda _: Usage(1 << 40, 0, 1 << 39))
    assert look("disk") == []


@pytest.mark.once
def test_a_log_of_sqlite_that_only_grows_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "get_sqlite_file", lambda: tmp_path / "site.sqlite3")
    monkeypatch.setattr(files.shutil, "disk_usage", lambda _: Usage(1 << 40, 0, 1 << 39))
    with (tmp_path / "site.sqlite3-wal").open("wb") as log:
        log.truncate(600 << 20)  # a hole: it takes no room

    [(severity, what, _)] = look("disk")

    assert severity is Severity.ADVICE
    assert "site.sqlite3-wal) has 600.0 MiB" in what


@pytest.mark.once
@pytest.mark.parametrize("name", ["secret_key", ".env"])
def test_secrets_that_others_can_read_are_told_and_the_mend_mends(name, tmp_path, settings):
    settings.DELTACROWN_HOME, settings.MEDIA_ROOT = tmp_path, str(tmp_path / "media")
    (tmp_path / name).write_text("hush")
    (tmp_path / name).chmod(0o640)

    [(severity, what, mend)] = look("files")
    command = re.match(r"chmod 600 \S+/(?:secret_key|\.env)", mend)[0]
    subprocess.run(command.split(), check=True)

    assert severity is Severity.PROBLEM
    assert str(tmp_path / name) in what
    assert look("files") == []


@pytest.mark.once
def test_folders_that_cannot_be_written_are_told(tmp_path, settings, monkeypatch):
    settings.DELTACROWN_HOME, settings.MEDIA_ROOT = tmp_path, str(tmp_path / "file" / "media")
    (tmp_path / "file").write_text("")
    [(_, what, _)] = look("files")
    assert f"{tmp_path / 'file'} is a file" in what
    (tmp_path / "file").unlink()
    # To root every folder can be written.
    monkeypatch.setattr(files.os, "access", lambda path, _mode: Path(path) != tmp_path)

    found = look("files")

    assert [what for _, what, _ in found] == [
        f"This user cannot write to {tmp_path} (DELTACROWN_HOME).",
        f"This user cannot write to {tmp_path} (MEDIA_ROOT).",
    ]


@pytest.mark.once
def test_static_files_are_collected_and_of_this_release(tmp_path, settings):
    settings.DEBUG, settings.STATIC_ROOT = False, str(tmp_path)
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"},
    }
    [(_, none, mend)] = look("static files")
    assert none.startswith("No static files were collected")
    assert mend.startswith("deltacrown collectstatic --noinput")
    call_command("collectstatic", interactive=False, verbosity=0)
    settings.STORAGES = dict(settings.STORAGES)  # read anew, as by another process
    assert look("static files") == []

    name, _ = next(files._list_sources())
    (tmp_path / name).write_text("of the release before")
    found = look("static files")

    [(_, what, _)] = found
    assert what == f"1 static files are missing or of another release, such as {name}."


# Settings


@pytest.mark.once
def test_a_site_set_up_as_the_guide_says_has_nothing_to_be_told(settings):
    for name, value in PUBLIC.items():
        setattr(settings, name, value)

    assert look("settings") == []


@pytest.mark.once
@pytest.mark.parametrize(
    ("changed", "severity", "words"),
    [
        ({"DEBUG": True}, Severity.PROBLEM, "DEBUG is on"),
        ({"DEMO": True}, Severity.PROBLEM, "DEMO is on"),
        ({"BEHIND_TLS": False}, Severity.ADVICE, "travel unencrypted"),
        ({"SECURE_PROXY_SSL_HEADER": None}, Severity.ADVICE, "redirected for ever"),
        ({"API_TRUSTED_PROXIES": 0}, Severity.PROBLEM, "the address of the proxy"),
        ({"SITE_URL": site_settings.UNSET_SITE_URL}, Severity.PROBLEM, "SITE_URL is not set"),
        ({"SITE_URL": "http://play.example.org"}, Severity.ADVICE, "begins with http://"),
        ({"ALLOWED_HOSTS": ["*"]}, Severity.ADVICE, "takes every name"),
        ({"ALLOWED_HOSTS": ["localhost"]}, Severity.PROBLEM, "everybody else gets 400"),
        ({"EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend"}, Severity.ADVICE, "no mail"),
    ],
)
def test_a_setting_that_cannot_be_meant_is_told(changed, severity, words, settings):
    for name, value in {**PUBLIC, **changed}.items():
        setattr(settings, name, value)

    [(found, what, mend)] = look("settings")

    assert found is severity
    assert words in what
    assert mend


@pytest.mark.once
def test_a_machine_on_a_desk_is_left_alone(settings):
    settings.ALLOWED_HOSTS, settings.BEHIND_TLS, settings.DEBUG = ["localhost"], False, True

    assert look("settings") == []
    assert [what for _, what, _ in look("checks of Django") if "security." in what] == []


@pytest.mark.once
def test_what_djangos_checks_say_is_told(settings):
    for name, value in {**PUBLIC, "SECURE_HSTS_SECONDS": 0, "SECURE_SSL_REDIRECT": True}.items():
        setattr(settings, name, value)

    found = look("checks of Django")

    assert any(what.startswith("security.W004: ") for _, what, _ in found)
    assert all(mend for _, _, mend in found)


# The whole


@pytest.mark.django_db
def test_a_look_that_fails_keeps_no_other_from_being_done(monkeypatch):
    def fail(_visit):
        yield Finding("first", "do")
        raise RuntimeError("ann@example.org")

    broken = Look("broken", fail, Needs.NOTHING)
    report = examination.examine(Visit(clock=now), [broken, *examination.LOOKS])

    [first, second] = report.seen[0].findings
    assert (first.what, second.what) == ("first", "It could not be looked at to its end (RuntimeError).")
    assert len(report.seen) == len(examination.LOOKS) + 1
    assert not report.is_healthy


@pytest.mark.django_db
def test_a_healthy_site_ends_well_and_is_told_on_one_page(settings, monkeypatch):
    settings.ALLOWED_HOSTS, settings.DEBUG = ["localhost"], True
    monkeypatch.setattr(files.shutil, "disk_usage", lambda _: Usage(1 << 40, 0, 1 << 39))
    run_all = StringIO()
    Run.objects.create(cause="test", status="CLEAN", started_at=now(), finished_at=now())
    call_command("doctor", stdout=run_all)

    lines = run_all.getvalue().splitlines()
    assert lines[-1] == "The site is healthy."
    assert len(lines) < 50


@pytest.mark.django_db
def test_nothing_is_written_by_a_visit(player, played, django_assert_num_queries):
    played(player("ann"))
    with connection.execute_wrapper(refuse_writes):
        examination.examine(Visit(clock=now, verify=True))


def refuse_writes(execute, sql, params, many, context):
    assert re.match(r"\s*(SELECT|WITH|SHOW|PRAGMA|SAVEPOINT|RELEASE)", sql, re.IGNORECASE), sql
    return execute(sql, params, many, context)


@pytest.mark.once
def test_every_command_and_page_that_a_mend_names_is_there():
    source = "".join(path.read_text() for path in Path(examination.__file__).parent.glob("*.py"))
    joined = re.sub(r'"\n\s*f?"', "", source)
    commands = set(re.findall(r"deltacrown ([a-z_]+)\b", joined)) - {"as"}
    pages = set(re.findall(r"\b(?:docs|deploy)/[\w/.-]+\w", joined))

    assert {"migrate", "restore", "reconcile_stats", "run_job", "list_jobs"} <= commands
    assert commands <= get_commands().keys() | {"dbshell", "collectstatic"}
    assert {page for page in pages if not (ROOT / page).exists()} == set()
    assert django_settings.DELTACROWN_HOME

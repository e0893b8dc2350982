"""A variable that cannot be read stops the start, in one line that names it, whatever is started."""

from __future__ import annotations

import os
import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from deltacrown.config import extras, serving
from deltacrown.config.environment import Environment
from deltacrown.config.extras import ERRORS, TRACING
from tests.docs.pages import page

pytestmark = pytest.mark.once

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = ROOT / "src/deltacrown/config/settings.py"
KEY = "k7QzBv3x" * 8
NUMBERS = ["x", "-1", "1.5", "1e3", "99999999999999999999"]
RATES = ["abc", "600", "0/60", "600/0", "-1/60", "600/60/2", "6 0/60"]
BOOLEANS = ["maybe", "2", "-"]
#: Variable → values that it cannot have.
BAD = {
    "ADMINS": ["nobody", "ann@example.org;bob@example.org", "Ann <ann@example.org>"],
    "ALLOWED_HOSTS": ["https://play.example.org", "a b", "play.example.org:8000", "x;y"],
    "API_RATE_PER_ADDRESS": RATES,
    "API_RATE_PER_KEY": RATES,
    "API_TRUSTED_PROXIES": NUMBERS,
    "ACCOUNT_CLOSING_DAYS": [*NUMBERS, "0", "999999"],
    "ARCHIVE_ACTIVITIES_AFTER_DAYS": [*NUMBERS, "0", "999999"],
    "ARCHIVE_MATCHES_AFTER_DAYS": [*NUMBERS, "0", "999999"],
    "BEHIND_TLS": BOOLEANS,
    "CELERY_BROKER_URL": ["foo", "http://host", "://"],
    "SITE_URL": ["play.example.org", "ftp://play.example.org", "https://a b"],
    "CSRF_TRUSTED_ORIGINS": ["play.example.org", "ftp://play.example.org", "https://a b"],
    "DATABASE_CONNECT_SECONDS": [*NUMBERS, "0"],
    "DATABASE_IDLE_IN_TRANSACTION_SECONDS": NUMBERS,
    "DATABASE_LOCK_SECONDS": NUMBERS,
    "DATABASE_PGBOUNCER": BOOLEANS,
    "DATABASE_POOL_SIZE": [*NUMBERS, "0"],
    "DATABASE_POOL_WAIT_SECONDS": [*NUMBERS, "0"],
    "DATABASE_REPLICA_URL": ["garbage", "mysql://u:p@h/n", "sqlite:////tmp/x.sqlite3", "postgres://u:p@h/n"],
    "DATABASE_STATEMENT_SECONDS": NUMBERS,
    "DATABASE_URL": [
        "garbage",
        "mysql://u:p@h/n",
        "postgres://",
        "postgres://u:p@host:x/n",
        "postgres://u:p@[::1/n",
        "sqlite:////no/such/folder/x.sqlite3",
    ],
    "DEBUG": BOOLEANS,
    "DELTACROWN_HOME": [str(SETTINGS)],
    "DEMO": BOOLEANS,
    "DEFAULT_FROM_EMAIL": ["nobody", "a b@c", "x <y>", "A\nBcc: b@c <a@c>"],
    "DISCORD_CLIENT_ID": ["abc", "123", "1122 33445566778899", "\u0661" * 18],
    "DISCORD_CLIENT_SECRET": ["short", "with a space", "\u0661" * 32],
    "DISPUTE_WINDOW_DAYS": [*NUMBERS, "999999"],
    "WEBHOOKS_ALLOW_PRIVATE": BOOLEANS,
    "WEBHOOKS_CA_FILE": [str(SETTINGS), "/no/such/file.pem", "/"],
    "EMAIL_URL": ["mail.example.org", "http://host", "smtp://", "smtp://u:p@host:x", "filemail://"],
    "JOB_PING_URL": ["hc.example.org/{job}", "https://hc.example.org/", "ftp://hc.example.org/{job}"],
    "LOG_FORMAT": ["xml", "JSON"],
    "LOG_LEVEL": ["LOUD", "10"],
    "MEDIA_ROOT": [str(SETTINGS)],
    "AVATAR_CHANGE_RATE": RATES,
    "AVATAR_MAX_BYTES": [*NUMBERS, "0"],
    "MAIL_RATE_PER_MAILBOX": RATES,
    "MAX_BODY_BYTES": [*NUMBERS, "0"],
    "METRICS_TOKEN": ["short", "k7QzBv3x k7QzBv3x k7QzBv3x", "\u0661" * 32],
    "MERGE_UNDO_DAYS": [*NUMBERS, "999999"],
    "OTEL_EXPORTER_OTLP_ENDPOINT": ["otel.example.org:4318", "grpc://otel.example.org"],
    "PAGE_RATE_PER_ADDRESS": RATES,
    "REDIS_URL": ["foo", "http://host", "redis://", "unix://", "redis://host:x/0"],
    "REPLICA_MAX_LAG_SECONDS": [*NUMBERS, "0"],
    "SECRET_KEY": ["short"],
    "SENTRY_DSN": ["example.org/1", "https://"],
    "SIGN_IN_RATE_PER_ACCOUNT": RATES,
    "USERNAME_CHANGE_RATE": RATES,
    "SIGN_IN_RATE_PER_ADDRESS": RATES,
    "SIGN_UP": BOOLEANS,
    "SIGN_UP_RATE_PER_ADDRESS": RATES,
    "SQLITE_TIMEOUT_SECONDS": NUMBERS,
    "STEAM_SIGN_IN": BOOLEANS,
    "STATIC_ROOT": [str(SETTINGS)],
    "SITE_LANGUAGE": ["de", "EN"],
    "TALLY_MAINTAINER": ["trigger", "both"],
    "TEAM_FOUNDING_RATE": RATES,
    "TEAM_NAME_CHANGE_RATE": RATES,
    "TRUST_FORWARDED_PROTO": BOOLEANS,
    "UNCONFIRMED_SIGN_UP_DAYS": [*NUMBERS, "0", "999999"],
}
#: What must be set besides for a variable to be read.
BESIDES = {
    **{
        name: {"DATABASE_URL": "postgres://u:p@host/n"}
        for name in BAD
        if name.startswith("DATABASE_") and name != "DATABASE_URL"
    },
    "SECRET_KEY": {"BEHIND_TLS": "1"},
}
PAIRS = [(name, value) for name, values in BAD.items() for value in values]


@pytest.fixture
def read(monkeypatch):
    """``read(NAME="value")``: the settings, read anew with these variables and a key alone."""

    def read(**variables):
        monkeypatch.setattr(os, "environ", {"SECRET_KEY": KEY, **variables})
        return runpy.run_path(str(SETTINGS))

    return read


def test_every_documented_variable_has_a_bad_value_here():
    documented = re.findall(r"^\| `([A-Z_]+)` \|", page("docs/reference/settings.md").text, re.MULTILINE)

    assert set(documented) == BAD.keys()


@pytest.mark.parametrize(("name", "value"), PAIRS)
def test_a_bad_value_is_refused_by_name(read, name, value):
    with pytest.raises(ImproperlyConfigured) as refusal:
        read(**BESIDES.get(name, {}), **{name: value})

    message = str(refusal.value)
    assert message.startswith(f"{name} ")
    assert "\n" not in message


@pytest.mark.parametrize("name", ["CELERY_BROKER_URL", "DATABASE_URL", "EMAIL_URL", "REDIS_URL"])
def test_a_password_is_not_repeated(read, name):
    with pytest.raises(ImproperlyConfigured, match=name) as refusal:
        read(**{name: "http://ann:battery-staple@host:x/n"})

    assert "battery" not in str(refusal.value)


@pytest.mark.parametrize("name", BAD)
def test_a_variable_set_to_nothing_is_not_set(read, name):
    variables = {**BESIDES.get(name, {}), **{name: ""}}
    if name == "SECRET_KEY":
        variables = {name: ""}

    assert read(**variables)["DEBUG"] is False


@pytest.mark.parametrize(
    ("there", "missing"),
    [("DISCORD_CLIENT_ID", "DISCORD_CLIENT_SECRET"), ("DISCORD_CLIENT_SECRET", "DISCORD_CLIENT_ID")],
)
def test_one_half_of_an_application_is_refused(read, there, missing):
    with pytest.raises(
        ImproperlyConfigured, match=f"^{missing} is not set, and {there} is: set both, or none.$"
    ):
        read(**{there: "112233445566778899"})


def test_a_secret_of_a_provider_is_not_repeated(read):
    with pytest.raises(ImproperlyConfigured) as refusal:
        read(DISCORD_CLIENT_ID="112233445566778899", DISCORD_CLIENT_SECRET="battery staple")

    assert "battery" not in str(refusal.value)


def test_mails_go_to_a_folder_of_the_site_by_default(read):
    assert read()["EMAIL_FILE_PATH"] == str(ROOT / "var/mail")
    assert read(EMAIL_URL="filemail:///srv/mails")["EMAIL_FILE_PATH"] == "/srv/mails"


def test_good_values_are_taken(read):
    settings = read(
        ALLOWED_HOSTS="play.example.org, .example.net,[::1],*",
        CSRF_TRUSTED_ORIGINS="https://*.example.org,http://localhost:8000",
        API_RATE_PER_KEY="10/1",
        BEHIND_TLS="yes",
        CELERY_BROKER_URL="redis+socket:///run/redis/redis.sock",
        DATABASE_URL="postgres://u:p@/n?host=/run/postgresql",
        DEFAULT_FROM_EMAIL="The Cup <cup@example.org>",
        DISPUTE_WINDOW_DAYS="0",
        EMAIL_URL="smtp+tls://ann:battery@mail.example.org:587",
        LOG_LEVEL="debug",
        REDIS_URL="unix:///run/redis/redis.sock?db=1",
        TALLY_MAINTAINER="signals",
    )

    assert settings["ALLOWED_HOSTS"] == ["play.example.org", ".example.net", "[::1]", "*"]
    assert settings["CSRF_TRUSTED_ORIGINS"] == ["https://*.example.org", "http://localhost:8000"]
    assert (settings["API_RATE_PER_KEY"], settings["SECURE_SSL_REDIRECT"]) == ("10/1", True)
    assert settings["CELERY_BROKER_URL"] == "redis+socket:///run/redis/redis.sock"
    assert settings["DATABASES"]["default"]["NAME"] == "n"
    assert (settings["DISPUTE_WINDOW_DAYS"], settings["TALLY_MAINTAINER"]) == (0, "signals")
    assert (settings["EMAIL_HOST"], settings["EMAIL_PORT"]) == ("mail.example.org", 587)
    assert (settings["EMAIL_USE_TLS"], settings["DEFAULT_FROM_EMAIL"]) == (True, "The Cup <cup@example.org>")
    assert settings["LOGGING"]["root"]["level"] == "DEBUG"
    assert settings["REDIS_URL"] == "unix:///run/redis/redis.sock?db=1"


@pytest.mark.parametrize(
    ("name", "extra"), [("OTEL_EXPORTER_OTLP_ENDPOINT", TRACING), ("SENTRY_DSN", ERRORS)]
)
def test_what_needs_a_package_that_is_not_there_is_refused(read, monkeypatch, name, extra):
    assert read(**{name: "https://key@example.org/1"})[name] == "https://key@example.org/1"
    monkeypatch.setattr(extras, "find_spec", lambda _module: None)

    message = f"^{name} is set, and the package {extra.modules[0]} is not installed: pip install 'deltacrown"
    with pytest.raises(ImproperlyConfigured, match=message):
        read(**{name: "https://key@example.org/1"})


def test_counts_are_kept_together_only_by_servers_and_workers_of_a_site_with_a_token(
    read, monkeypatch, tmp_path
):
    kept = []
    monkeypatch.setattr("deltacrown.core.metrics.folder.keep_counts_in", kept.append)
    token = {"METRICS_TOKEN": KEY, "DELTACROWN_HOME": str(tmp_path)}
    read(**token)
    monkeypatch.setattr(serving, "counts_together", True)
    read(DELTACROWN_HOME=str(tmp_path))
    assert kept == []

    read(**token)
    assert kept == [tmp_path / "metrics"]


def test_a_database_in_memory_needs_no_folder():
    assert Environment({"X": "sqlite://:memory:"}).database("X", default="")["NAME"] == ":memory:"


@pytest.mark.parametrize(
    "command",
    [
        [sys.executable, "manage.py", "check"],
        [sys.executable, "-c", "import deltacrown.config.wsgi"],
        [sys.executable, "-m", "celery", "--app", "deltacrown.config.celery", "report"],
    ],
    ids=["command", "server", "worker"],
)
def test_whatever_starts_ends_with_one_line(command):
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "src"), "API_TRUSTED_PROXIES": "-1"}
    run = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=300
    )

    expected = "Not started: API_TRUSTED_PROXIES is '-1': write a whole number from 0 to 20.\n"
    assert (run.returncode, run.stdout, run.stderr) == (2, "", expected)

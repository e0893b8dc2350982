"""Settings as a process sees them: production is strict, the embedded default starts with nothing set."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PRODUCTION = {
    "BEHIND_TLS": "1",
    "SECRET_KEY": "k7QzBv3x" * 8,
    "ALLOWED_HOSTS": "play.example.org",
}


def manage(*args: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run ``manage.py`` in a process of its own with nothing of this one's settings."""
    inherited = {
        name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG", "SYSTEMROOT"}
    }
    command = [sys.executable, str(ROOT / "manage.py"), *args]
    return subprocess.run(
        command, env=inherited | environment, capture_output=True, text=True, check=False, timeout=300
    )


def test_production_passes_djangos_deployment_check_without_a_warning():
    run = manage("check", "--deploy", "--fail-level", "WARNING", **PRODUCTION)

    assert run.returncode == 0, run.stderr
    assert "no issues" in run.stdout


def test_the_deployment_check_would_see_a_weakness():
    run = manage("check", "--deploy", "--fail-level", "WARNING", **PRODUCTION, DEBUG="1")

    assert run.returncode == 1
    assert "security.W018" in run.stderr


def test_production_without_a_secret_key_refuses_to_start_and_says_what_to_set():
    run = manage("check", BEHIND_TLS="1", ALLOWED_HOSTS="play.example.org")

    assert run.returncode == 2
    assert run.stderr.startswith("Not started: BEHIND_TLS is set, so SECRET_KEY must be too")
    assert len(run.stderr.splitlines()) == 1


def test_the_demo_is_installed_only_where_it_is_asked_for():
    show = "from django.apps import apps; print(apps.is_installed('deltacrown.demo'))"

    assert manage("shell", "--no-imports", "--command", show).stdout == "False\n"
    assert manage("shell", "--no-imports", "--command", show, **PRODUCTION).stdout == "False\n"
    assert manage("shell", "--no-imports", "--command", show, DEMO="1").stdout == "True\n"
    assert manage("shell", "--no-imports", "--command", show, DEBUG="1").stdout == "True\n"


def test_loading_the_demo_where_it_is_not_installed_says_how():
    run = manage("load_demo", "--players", "40")

    assert run.returncode == 1
    assert "The demo is not installed here" in run.stderr
    assert "DEMO=1 manage.py load_demo" in run.stderr


def test_loading_the_demo_where_it_is_installed_is_the_demos_own_command():
    assert "--players" in manage("load_demo", "--help", DEMO="1").stdout


def test_the_embedded_default_starts_with_nothing_set():
    run = manage("check")

    assert run.returncode == 0, run.stderr

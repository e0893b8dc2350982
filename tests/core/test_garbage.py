"""What a process has loaded is looked through for garbage no more: of servers, workers and commands."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.docs.pages import ROOT

pytestmark = pytest.mark.once

SERVER = "import deltacrown.config.wsgi"
WORKER = """
import deltacrown.config.celery, django
from celery.signals import worker_process_init
django.setup()
worker_process_init.send(sender=None)
"""
COMMAND = """
from deltacrown.config.starting import run_command
try:
    run_command(["manage.py", "import_matches", "--help"])
except SystemExit:
    pass
"""
TELL = """
import gc, sys
print(gc.get_freeze_count(), gc.isenabled(), "deltacrown.web.urls" in sys.modules)
"""


@pytest.mark.parametrize("starts", [SERVER, WORKER, COMMAND], ids=["server", "worker", "command"])
def test_what_is_loaded_is_left_alone(starts):
    """The database is away, which keeps nobody from starting."""
    environment = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG"}}
    environment |= {
        "DJANGO_SETTINGS_MODULE": "deltacrown.config.settings",
        "PYTHONPATH": str(ROOT / "src"),
        "DATABASE_URL": "postgres://u:p@127.0.0.1:1/x",
        "REDIS_URL": "redis://127.0.0.1:1/0",
    }
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", starts + TELL],
        env=environment, capture_output=True, text=True, check=True, timeout=300,
    )  # fmt: skip

    frozen, is_collecting, has_addresses = run.stdout.splitlines()[-1].split()
    assert int(frozen) > 50_000
    assert is_collecting == "True", "what is made later may become garbage"
    if starts == SERVER:
        assert has_addresses == "True", "no request waits until they are loaded"

"""Two server processes are told as one, whichever of them is asked."""

from __future__ import annotations

import re
import time
import urllib.request

import pytest

from tests.served import PATIENCE, serving

pytestmark = [pytest.mark.once, pytest.mark.django_db]

TOKEN = "k7QzBv3x" * 3
LEAST = 24


def ask(site, path, token=""):
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    request = urllib.request.Request(f"http://127.0.0.1:{site.port}{path}", headers=headers)
    with urllib.request.urlopen(request, timeout=PATIENCE) as answer:  # noqa: S310 - our own
        return answer.read().decode()


def count_asked(site):
    """How many requests for the robots are counted, by whichever process answers."""
    text = ask(site, "/metrics", TOKEN)
    found = re.search(
        r'^deltacrown_requests_total\{.*route="robots",status="200"\} (\S+)$', text, re.MULTILINE
    )
    return float(found[1]) if found else 0


def test_every_request_is_counted_once(tmp_path):
    home = tmp_path / "home"
    with serving(tmp_path, METRICS_TOKEN=TOKEN, DELTACROWN_HOME=str(home)) as site:
        deadline, asked = time.monotonic() + PATIENCE, 0
        # On a busy machine one process may answer for long before the other is there.
        while asked < LEAST or len(list((home / "metrics").glob("counter_*.db"))) < 2:
            assert time.monotonic() < deadline, asked
            ask(site, "/robots.txt")
            asked += 1
        while (counted := count_asked(site)) < asked:  # each process tells every five seconds
            assert time.monotonic() < deadline, counted
            time.sleep(0.1)
        assert {count_asked(site) for _ in range(6)} == {asked}

    assert len(list((home / "metrics").glob("counter_*.db"))) == 2

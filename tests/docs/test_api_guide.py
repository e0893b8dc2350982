"""The curl lines and the Python client of the guide are run unchanged against a site on this machine."""

from __future__ import annotations

import importlib.util
import json
import re
import shlex
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from deltacrown.accounts.services import create_key
from deltacrown.demo.plan.people import HERO
from deltacrown.games.models import Match
from deltacrown.tournaments.models import TournamentResult
from deltacrown.user_profile.models import UserProfile
from tests import scene
from tests.demo.dumps import load
from tests.docs.pages import ROOT, list_blocks, page

pytestmark = pytest.mark.django_db(transaction=True)

GUIDE = page("docs/how-to/use-the-api.md")
SHELL = "\n".join(body for language, body in list_blocks(GUIDE.text) if language == "sh")
#: A line that is there to be refused; every other one must answer with what it asks for.
REFUSED = {"limit=1000"}
#: The demo's season is over: nothing of it is in a period that reaches to the present.
EMPTY = {"period=", "winter-cup/pairings"}
MAKES_KEY = "manage.py create_api_key"


@pytest.fixture
def demo(live_server, settings):
    """The demo season, served."""
    settings.API_RATE_PER_KEY = settings.API_RATE_PER_ADDRESS = "1000000/60"
    load()
    return f"{live_server.url}/api/v1"


@pytest.fixture
def site(live_server, settings):
    """Ann's site: she has a match, and a key for everything."""
    settings.API_RATE_PER_KEY = settings.API_RATE_PER_ADDRESS = "1000000/60"
    ann = scene.player("ann", date_joined=datetime(2025, 1, 1, tzinfo=UTC))
    scene.match(ann, "m1", title=scene.game("rocket"))
    key = create_key(owner=ann, name="x", scopes=["read", "matches:write"], by=None)
    return {"SITE": f"{live_server.url}/api/v1", "ANN": ann.profile.public_id, "KEY": key.secret}


def commands() -> list[str]:
    """The commands of the guide's shell blocks, those that go on joined."""
    lines = re.split(r"\n(?=curl |[A-Z]+=|first_but|#)", SHELL)
    return [line.strip() for line in lines if line and not line.startswith("#")]


def make_key(command: str) -> str:
    """Run the guide's command that makes a key here, where the database of the test is; return its secret."""
    words = shlex.split(command.partition("$(")[2].rpartition(")")[0])
    hero = UserProfile.objects.get(user__username=HERO).public_id
    arguments = [hero if word == "$ANN" else word for word in words]
    out = StringIO()
    call_command(*arguments[arguments.index("create_api_key") :], stdout=out, stderr=StringIO())
    return out.getvalue().strip()


@pytest.mark.once
def test_the_guide_runs_as_it_is_printed_on_the_demo_site(demo):
    script = []
    for command in commands():
        if MAKES_KEY in command:
            script.append(f"KEY={make_key(command)}")
        elif command.startswith("SITE="):
            script.append(f"SITE={demo}")
        elif command.startswith("curl "):
            script.append(f"printf '\\n@@ %s\\n' {len(script)}")
            script.append(command.replace("curl -s", "curl -sS -w '\\n%{http_code}'", 1))
        else:
            script.append(command)
    run = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", "\n".join(script)],
        env={"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert run.returncode == 0, run.stderr

    asked = [command for command in script if command.startswith("curl ")]
    answers = [part.partition("\n")[2].strip() for part in run.stdout.split("\n@@ ")[1:]]
    assert len(answers) == len(asked) == 48
    told = {}
    for command, answer in zip(asked, answers, strict=True):
        body, _, status = answer.rpartition("\n")
        told[command] = body
        assert (status >= "400") == any(word in command for word in REFUSED), (command, answer)
        is_empty = bool(re.search(r'"items": ?\[\]', body))
        assert not is_empty or any(word in command for word in EMPTY), (command, "shows nothing there")

    by_play, by_knowledge = (
        json.loads(body)["value"]
        for command, body in told.items()
        if "=2025-01-01" in command and "won?" in command
    )
    assert by_play > by_knowledge == 0
    [results] = [body for command, body in told.items() if "winter-cup/results" in command]
    assert [line["placement"] for line in json.loads(results)["items"]] == [1, 2]
    assert TournamentResult.objects.get(tournament__slug="winter-cup", placement=1).user.username == HERO


def test_the_client_of_the_guide_reads_and_writes(site, monkeypatch):
    client = load_client()
    own = client.Deltacrown(site["SITE"], key=site["KEY"])
    matches = [
        {
            "match_key": f"c{number}",
            "game": "rocket",
            "played_at": "2025-03-01T18:00:00Z",
            "players": [{"player": site["ANN"], "result": "WIN"}],
        }
        for number in range(25)
    ]

    assert {outcome["status"] for outcome in own.record_matches(matches)} == {"accepted"}
    assert {outcome["status"] for outcome in own.record_matches(matches)} == {"unchanged"}
    visitor = client.Deltacrown(site["SITE"])
    read = list(visitor.iterate_matches(site["ANN"], game="rocket", limit=10))
    assert (len(read), Match.objects.count()) == (26, 26)
    with pytest.raises(client.Refused, match="401 unauthenticated"):
        visitor.get("/me")
    with pytest.raises(client.Refused, match="404 not-found"):
        own.get("/players/DC-25-999999")


def test_the_client_waits_when_it_is_told_to(site, settings, monkeypatch):
    client = load_client()
    settings.API_RATE_PER_ADDRESS = "1/1000000000"
    waits = []

    def wait(seconds):
        waits.append(seconds)
        settings.API_RATE_PER_ADDRESS = "1000000/60"

    monkeypatch.setattr(client.time, "sleep", wait)
    visitor = client.Deltacrown(site["SITE"])

    assert [visitor.get("/leaderboards") == visitor.get("/leaderboards")] == [True]
    assert len(waits) == 1
    assert waits[0] > 1


def test_the_client_sends_again_what_was_not_answered_to_the_end(monkeypatch):
    """Connections break before the answer or in the middle of it, or a proxy answers without its server."""
    client = load_client()
    monkeypatch.setattr(client.time, "sleep", lambda seconds: None)
    whole = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
    answers = [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{",
        b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 4\r\n\r\noops",
        whole,
    ]
    with answering(answers) as (address, requests):
        assert client.Deltacrown(address).send("POST", "/matches", {"matches": []}) == {}
    keys = {re.search(rb"Idempotency-Key: (\S+)", request, re.IGNORECASE)[1] for request in requests}
    assert (len(requests), len(keys)) == (4, 1)

    with (
        answering(answers[2:3] * 2) as (address, _),
        pytest.raises(client.Refused, match="502 unknown: Bad Gateway"),
    ):
        client.Deltacrown(address, attempts=2).get("/me")


@contextmanager
def answering(answers):
    """Start a server that reads one request per connection. Yield its address and the requests."""
    requests = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve():
            for answer in answers:
                connection, _ = server.accept()
                with connection:
                    requests.append(read_request(connection))
                    connection.sendall(answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}", requests
        thread.join(timeout=300)


def read_request(connection):
    with connection.makefile("rb") as lines:
        head = b"".join(iter(lines.readline, b"\r\n"))
        length = re.search(rb"Content-Length: (\d+)", head, re.IGNORECASE)
        return head + lines.read(int(length[1]) if length else 0)


def load_client():
    spec = importlib.util.spec_from_file_location(
        "deltacrown_client", ROOT / "docs" / "how-to" / "deltacrown_client.py"
    )
    module = importlib.util.module_from_spec(spec)
    sys.modules["deltacrown_client"] = module
    spec.loader.exec_module(module)
    return module

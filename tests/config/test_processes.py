"""The processes of a site: stopped or replaced they lose no request, and what they cannot do they refuse."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from itertools import count, pairwise

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from deltacrown.core import server
from tests.docs.pages import ROOT, page

pytestmark = pytest.mark.once

PATIENCE = 120
#: An application that notes what it is asked, says who answers, and whose /slow waits for ``release``.
APPLICATION = """
import os, pathlib, time

def application(environ, start):
    with open("taken", "a") as taken:
        taken.write(environ["PATH_INFO"] + chr(10))
    if environ["PATH_INFO"] == "/slow":
        pathlib.Path("begun").touch()
        while not pathlib.Path("release").exists():
            time.sleep(0.01)
    body = str(os.getpid()).encode()
    start("200 OK", [("Content-Length", str(len(body)))])
    return [body]
"""


class Client(HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=PATIENCE)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self.path))


def ask(path, target="/"):
    client = Client(path)
    try:
        client.request("GET", target, headers={"Connection": "close"})
        answer = client.getresponse()
        return answer.status, int(answer.read())
    finally:
        client.close()


def wait_until(condition):
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def answers(path):
    try:
        return ask(path)[0] == 200
    except (OSError, HTTPException):
        return False


def accepts(path):
    with socket.socket(socket.AF_UNIX) as client:
        return client.connect_ex(str(path)) == 0


@contextmanager
def served(folder, workers, *options):
    """The server of production, with all its limits, before a small application; yields its socket."""
    (folder / "small.py").write_text(APPLICATION)
    path = folder / "web.sock"
    command = server.build_server(host="", port=1, workers=workers, threads=4, socket_path=str(path))
    process = subprocess.Popen([*command[:-1], *options, "small:application"], cwd=folder)
    try:
        wait_until(lambda: process.poll() is not None or answers(path))
        yield process, path
    finally:
        (folder / "release").touch()
        process.terminate()
        process.wait(PATIENCE)


def test_a_server_that_is_stopped_answers_whom_it_has_and_takes_nobody_new(tmp_path):
    answered = []
    with served(tmp_path, 1) as (process, path):
        slow = threading.Thread(target=lambda: answered.append(ask(path, "/slow")))
        slow.start()
        wait_until((tmp_path / "begun").exists)

        process.send_signal(signal.SIGTERM)
        wait_until(lambda: not accepts(path))
        assert process.poll() is None
        assert answered == []

        (tmp_path / "release").touch()
        slow.join(PATIENCE)
        assert process.wait(PATIENCE) == 0

    [(status, _)] = answered
    assert status == 200
    assert not path.exists()


def test_a_server_that_is_reloaded_loses_no_request(tmp_path):
    """What a worker took is answered; what it closed as it ended was not read, and can be asked again."""
    answered, pids, others, over = set(), set(), [], threading.Event()
    numbers = count()

    def keep_asking(path):
        while not over.is_set():
            target = f"/{next(numbers)}"
            try:
                status, pid = ask(path, target)
            except ConnectionError:
                continue
            except (OSError, HTTPException) as error:
                others.append(error)
                continue
            if status != 200:
                others.append(status)
            answered.add(target)
            pids.add(pid)

    with served(tmp_path, 1, "--respawn-interval", "0.5") as (process, path):
        threads = [threading.Thread(target=keep_asking, args=(path,)) for _ in range(4)]
        for thread in threads:
            thread.start()
        wait_until(lambda: pids)
        [first] = pids
        process.send_signal(signal.SIGHUP)
        wait_until(lambda: not os.path.exists(f"/proc/{first}"))  # noqa: PTH110 - of another process
        answered_before = len(answered)
        wait_until(lambda: len(answered) > answered_before + 10)
        over.set()
        for thread in threads:
            thread.join(PATIENCE)
        assert process.poll() is None

    assert others == []
    taken = [target for target in (tmp_path / "taken").read_text().splitlines() if target != "/"]
    assert sorted(taken) == sorted(answered)
    assert len(pids) == 2


def test_only_the_group_of_the_site_may_connect(tmp_path):
    with served(tmp_path, 1) as (_, path):
        assert path.stat().st_mode & 0o777 == 0o660


def listen(path):
    there = socket.socket(socket.AF_UNIX)
    there.bind(str(path))
    there.listen()
    return there


def test_the_socket_of_a_killed_server_makes_room(tmp_path):
    path = tmp_path / "web.sock"
    listen(path).close()
    assert path.exists()

    server.clear_socket(path)

    assert not path.exists()
    server.clear_socket(path)


def test_the_socket_of_a_running_server_stays(tmp_path):
    path = tmp_path / "web.sock"
    with listen(path), pytest.raises(CommandError, match=r"answers on .* already: stop it first"):
        server.clear_socket(path)
    assert path.exists()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("file", "is no socket"),
        ("missing/web.sock", "make it first"),
        ("file/web.sock", "cannot be used"),
    ],
)
def test_a_place_where_no_socket_can_be_is_refused(tmp_path, name, said):
    (tmp_path / "file").write_text("kept")

    with pytest.raises(CommandError, match=said):
        server.clear_socket(tmp_path / name)

    assert (tmp_path / "file").read_text() == "kept"


@pytest.fixture
def became(monkeypatch):
    """The commands that our commands became."""
    ran = []
    monkeypatch.setattr(os, "execv", lambda path, command: ran.append(command))
    return ran


def test_serve_takes_a_socket_from_the_environment(became, monkeypatch, tmp_path):
    path = tmp_path / "web.sock"
    listen(path).close()
    monkeypatch.setenv("SOCKET", str(path))

    call_command("serve")

    [command] = became
    assert dict(pairwise(command))["--uds"] == str(path)
    assert "--port" not in command
    assert not path.exists()


def test_a_worker_has_as_many_processes_as_it_is_told(became, monkeypatch):
    monkeypatch.setenv("CONCURRENCY", "3")

    call_command("worker", "--", "--queues", "slow")
    call_command("worker", "--concurrency", "5")

    told, other = became
    assert told[:5] == [sys.executable, "-m", "celery", "--app", "deltacrown.config.celery"]
    assert told[5:] == ["worker", "--concurrency", "3", "--queues", "slow"]
    assert other[-1] == "5"


@pytest.mark.parametrize("command", ["worker", "beat"])
@pytest.mark.parametrize("option", [["--loglevel", "INFO"], ["--loglevel=debug"], ["-l", "INFO"], ["-lINFO"]])
def test_the_level_of_logs_is_said_by_the_setting_alone(became, command, option):
    with pytest.raises(CommandError, match="set LOG_LEVEL") as refusal:
        call_command(command, "--", *option)

    assert refusal.value.returncode == 2
    assert became == []


def test_a_worker_is_bounded_and_loses_no_task():
    assert settings.CELERY_TASK_ACKS_LATE is True
    assert settings.CELERY_WORKER_PREFETCH_MULTIPLIER == 1
    assert settings.CELERY_WORKER_MAX_TASKS_PER_CHILD == 100
    assert settings.CELERY_WORKER_MAX_MEMORY_PER_CHILD == 500_000


def test_beat_keeps_its_schedule_in_the_folder_of_the_site(became, settings, tmp_path):
    settings.DELTACROWN_HOME = tmp_path / "home"

    call_command("beat")
    call_command("beat", "--schedule", str(tmp_path / "there" / "beat"))

    usual, other = became
    assert usual[-3:] == ["beat", "--schedule", str(tmp_path / "home" / "beat")]
    assert (tmp_path / "home").is_dir()
    assert other[-1] == str(tmp_path / "there" / "beat")


def test_beat_refuses_a_folder_that_cannot_be_made(became, tmp_path):
    (tmp_path / "file").touch()

    with pytest.raises(CommandError, match="cannot be made"):
        call_command("beat", "--schedule", str(tmp_path / "file" / "beat"))
    assert became == []


@pytest.mark.parametrize("name", ["worker", "beat"])
def test_without_celery_the_command_says_what_to_install(name, became, monkeypatch):
    monkeypatch.setattr(server, "find_spec", lambda package: None)

    with pytest.raises(CommandError, match=r"install deltacrown\[redis\], or run the jobs from cron"):
        call_command(name)
    assert became == []


@pytest.mark.parametrize("name", ["worker", "beat"])
def test_without_a_broker_the_command_says_what_to_set(name, tmp_path):
    kept = {key: value for key, value in os.environ.items() if key in {"PATH", "LANG", "HOME"}}
    environment = kept | {"DELTACROWN_HOME": str(tmp_path), "PYTHONPATH": str(ROOT / "src")}
    command = [sys.executable, "-m", "deltacrown", name]

    run = subprocess.run(
        command, env=environment, capture_output=True, text=True, check=False, timeout=PATIENCE
    )

    assert run.returncode == 2
    assert "Celery needs a broker: set REDIS_URL" in run.stderr
    assert "Traceback" not in run.stderr


def test_the_limits_of_the_guide_are_those_of_the_worker():
    guide = page("docs/how-to/run-in-production.md").text

    assert f"{settings.CELERY_WORKER_MAX_TASKS_PER_CHILD} tasks" in guide
    assert f"{settings.CELERY_WORKER_MAX_MEMORY_PER_CHILD // 1000} MB" in guide

"""``make prod-local``: its parts are supervised, its proxy is that of production, and it refuses clearly."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from ipaddress import ip_address
from itertools import islice
from pathlib import Path

import pytest
from deploy.local import machine, proxy, report
from deploy.local.load import READS, Ground, Load, Seen, list_addresses, percentile
from deploy.local.machine import CannotRun
from deploy.local.parts import DidNotStart, Part
from deploy.local.site import Site

from deltacrown.api.problems import KINDS
from tests.docs.pages import ROOT, page
from tests.ports import take_port

pytestmark = pytest.mark.once

PATIENCE = 300


def wait_until(condition):
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def make_part(folder, code, is_ready=lambda: True):
    command = [sys.executable, "-u", "-c", code]
    return Part("part", command, log=folder / "part.log", environment={}, is_ready=is_ready)


#: Says that it began, and starts a child; says so, too, when it is asked to end.
FAMILY = """
import signal, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
def end(*_):
    print("ended", flush=True)
    child.kill()
    sys.exit(0)
signal.signal(signal.SIGTERM, end)
print("began", flush=True)
while True:
    time.sleep(600)
"""


@pytest.fixture
def part(tmp_path):
    part = make_part(tmp_path, FAMILY)
    part.is_ready = lambda: part.log.exists() and part.log.read_text().count("began") >= part.starts
    part.start()
    yield part
    part.stop()


def state_of(pid):
    """The state of a process; ``""`` of one that is not there, or not any more."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return ""


def test_a_part_that_is_killed_is_started_again_and_leaves_nothing_behind(part):
    first = part.list_pids()
    assert len(first) == 2

    part.kill()
    wait_until(lambda: part.starts == 2 and part.is_ready())

    assert not set(first) & set(part.list_pids())
    wait_until(lambda: {state_of(pid) for pid in first} <= {"", "Z"})


def test_a_part_that_is_stopped_ends_gently_and_stays_ended(part):
    assert part.stop() is True

    assert part.read_log() == "began\nended\n"
    assert part.list_pids() == []


def test_a_part_stands_still_with_all_it_started_and_goes_on(part):
    part.pause()
    wait_until(lambda: {state_of(pid) for pid in part.list_pids()} == {"T"})

    part.resume()
    wait_until(lambda: "T" not in {state_of(pid) for pid in part.list_pids()})


def test_a_part_that_does_not_become_ready_is_told_with_what_it_wrote(tmp_path):
    part = make_part(tmp_path, "print('no disk'); raise SystemExit(1)", is_ready=lambda: False)

    with pytest.raises(DidNotStart, match=r"part does not start(?s:.)*no disk"):
        part.start()
    part.stop()


def test_a_site_has_every_server_and_starts_the_stores_first(tmp_path, monkeypatch):
    monkeypatch.setattr("deploy.local.site.get_program", lambda name: f"/usr/bin/{name}")
    site = Site(tmp_path, Path(sys.executable), servers=2, workers=2)

    names = ["postgresql", "redis", "web-1", "web-2", "worker-1", "worker-2", "beat", "nginx"]
    assert list(site.parts) == names
    assert site.environment["BEHIND_TLS"] == "1"
    assert len(site.environment["SECRET_KEY"]) >= 50
    assert (tmp_path / "secret").stat().st_mode & 0o077 == 0
    assert Site(tmp_path, Path(sys.executable)).environment["SECRET_KEY"] == site.environment["SECRET_KEY"]


def test_behind_pgbouncer_only_what_serves_goes_through_it(tmp_path, monkeypatch):
    monkeypatch.setattr("deploy.local.site.get_program", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr("deploy.local.pgbouncer.get_program", lambda name: f"/usr/bin/{name}")
    site = Site(tmp_path, Path(sys.executable), is_behind_pgbouncer=True)

    through = {name for name, part in site.parts.items() if part.environment.get("DATABASE_PGBOUNCER")}
    assert list(site.parts)[:3] == ["postgresql", "redis", "pgbouncer"]
    assert through == {"web-1", "worker-1"}
    for name in through:
        assert site.parts[name].environment["DATABASE_URL"].endswith(f"?host={tmp_path}/pgbouncer")
    assert site.environment["DATABASE_URL"].endswith(f"?host={tmp_path}/run")
    # The limits are of the role, so the web server's is not the one of jobs and commands.
    roles = [site.parts[name].environment["DATABASE_URL"].split(":@")[0] for name in ("web-1", "worker-1")]
    assert len(set(roles)) == 2


def test_pgbouncer_is_installed_only_where_it_is_asked_for(monkeypatch):
    monkeypatch.setattr(
        machine, "find_program", lambda name: None if name == "pgbouncer" else Path("/bin") / name
    )

    assert machine.list_missing() == []
    assert machine.list_missing("pgbouncer") == ["pgbouncer"]
    with pytest.raises(CannotRun, match="install Debian's package pgbouncer"):
        machine.get_program("pgbouncer")


class Answers:
    """A proxy of which every answer has this in its body."""

    def __init__(self, *bodies):
        self.bodies, self.asked, self.status = list(bodies), [], 200

    def request(self, method, path):
        self.asked.append(path)

    def getresponse(self):
        return self

    def read(self):
        return self.bodies[len(self.asked) - 1]


@pytest.mark.parametrize(
    ("bodies", "found", "failures"),
    [
        ((b'"run-1"', b'"run-1"'), 1, {}),
        ((b'"run-1"', b'"run-0"'), 0, {"200 without what was recorded": 1}),
        ((b"",), 0, {"200 without what was recorded": 1}),
    ],
)
def test_who_recorded_looks_for_it(bodies, found, failures):
    client, seen = Answers(*bodies), Seen()
    load = Load(Ground(1, ssl.create_default_context(), ["DC-1"], ["key"], "chess"), "run")

    load._read_again(client, seen, "run-1", "DC-1")

    assert client.asked == ["/api/v1/matches/chess/run-1", "/api/v1/players/DC-1/matches"][: len(bodies)]
    assert (seen.read_again, seen.failures) == (found, failures)


@pytest.fixture
def nginx(tmp_path):
    """The proxy of production before a backend of two lines; yields its port and the backend's socket."""
    if machine.find_program("nginx") is None:
        assert not os.environ.get("CI"), "no nginx: install Debian's package nginx-light"
        pytest.skip("no nginx on this machine")
    tmp_path.chmod(0o755)
    path, ports = tmp_path / "web.sock", (take_port(), take_port())
    (tmp_path / "static").mkdir()
    text = proxy.derive(
        [path], folder=tmp_path, static=tmp_path / "static", port=ports[0], plain_port=ports[1]
    )
    main = proxy.write(tmp_path, text.replace("20r/s", "1000r/s"), as_root=os.getuid() == 0)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    path.chmod(0o666)
    listener.listen()
    backend = Backend(listener)
    threading.Thread(target=backend.answer_all, daemon=True).start()
    log = tmp_path / "error.log"
    command = [machine.get_program("nginx"), "-p", str(tmp_path), "-e", str(log), "-c", str(main)]
    process = subprocess.Popen(command)
    try:
        wait_until(lambda: process.poll() is not None or is_open(ports[0]))
        assert process.poll() is None, log.read_text()
        yield ports[0], tmp_path, backend
    finally:
        process.send_signal(signal.SIGQUIT)
        process.wait(PATIENCE)
        listener.close()


class Backend:
    """Answers every request with its own head.

    :ivar ending: how many of the next connections it closes without an answer, as a worker does that ends.
    :ivar reads: whether it has read the request of such a one.
    :ivar taken: the connections that it took; ``heads``: what it read.
    """

    def __init__(self, listener):
        self.listener, self.ending, self.reads, self.taken, self.heads = listener, 0, False, 0, []

    def answer_all(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with connection:
                self.taken += 1
                self.answer(connection)

    def answer(self, connection):
        is_ending, self.ending = self.ending > 0, self.ending - 1
        if is_ending and not self.reads:
            return
        head = connection.recv(65536)
        self.heads.append(head)
        if is_ending:
            return
        body = head + b" " * 2000
        connection.sendall(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)
        )


def is_open(port):
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def ask(nginx, path, source="127.0.0.1", method="GET", body=None, **headers):
    port, folder, _ = nginx
    context = ssl.create_default_context(cafile=str(folder / "certificate.pem"))
    client = http.client.HTTPSConnection(
        "127.0.0.1", port, context=context, timeout=PATIENCE, source_address=(source, 0)
    )
    client.request(method, path, body=body, headers=headers)
    answer = client.getresponse()
    body = answer.read()
    client.close()
    return answer.status, dict(answer.getheaders()), body


def test_figures_are_for_this_machine_alone(nginx):
    assert ask(nginx, "/metrics")[0] == 200

    status, _, body = ask(nginx, "/metrics", source="127.0.0.2")
    assert (status, b"GET /metrics" in body) == (404, False)
    assert ask(nginx, "/metrics?x=1", source="127.0.0.2")[0] == 404
    assert ask(nginx, "//metrics", source="127.0.0.2")[0] == 404


def test_what_clients_say_of_themselves_is_replaced(nginx):
    said = {"X-Forwarded-For": "10.9.8.7", "X-Forwarded-Proto": "http", "X-Request-ID": "mine"}

    _, _, head = ask(nginx, "/", source="127.0.0.3", **said)

    assert b"X-Forwarded-For: 127.0.0.3\r\n" in head
    assert b"X-Forwarded-Proto: https\r\n" in head
    assert b"Connection: close\r\n" in head
    assert b"10.9.8.7" not in head
    assert b"mine" not in head


def test_pages_are_packed_for_who_takes_them_so(nginx):
    _, headers, body = ask(nginx, "/", **{"Accept-Encoding": "gzip"})

    assert headers["Content-Encoding"] == "gzip"
    assert len(body) < 1000
    assert "Content-Encoding" not in ask(nginx, "/")[1]


@pytest.mark.parametrize(
    ("path", "kind"), [("/", "text/html"), ("/api/v1/players", "application/problem+json")]
)
def test_while_the_site_is_away_clients_are_told_when_to_come_again(nginx, path, kind):
    (nginx[1] / "web.sock").unlink()

    status, headers, _ = ask(nginx, path)

    assert (status, headers["Retry-After"], headers["Content-Type"]) == (503, "5", kind)


@pytest.mark.parametrize("has_read", [False, True])
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE"])
def test_what_a_worker_that_ended_did_not_answer_is_asked_again_once(nginx, method, has_read):
    backend = nginx[2]
    backend.ending, backend.reads = 1, has_read

    assert ask(nginx, "/api/v1/players", method=method)[0] == 200
    assert (backend.taken, len(backend.heads)) == (2, 1 + has_read)

    backend.ending = 2
    status, headers, _ = ask(nginx, "/api/v1/players", method=method)
    assert (status, headers["Retry-After"]) == (503, "5")
    assert ask(nginx, "/api/v1/players", method=method)[0] == 200, "it is not left alone for that"


@pytest.mark.parametrize("has_read", [False, True])
@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_what_must_not_be_done_twice_is_sent_once_whoever_ends(nginx, method, has_read):
    backend = nginx[2]
    backend.ending, backend.reads = 1, has_read

    status, headers, body = ask(nginx, "/api/v1/matches", method=method, body=b"{}")

    assert (status, headers["Retry-After"], json.loads(body)["code"]) == (503, "5", "unavailable")
    assert (backend.taken, len(backend.heads)) == (1, has_read)


def ask_until_refused(nginx, path, source):
    """Ask more often than one may. On a busy machine one may ask again before the last of a dozen is sent."""
    deadline = time.monotonic() + PATIENCE
    while (answer := ask(nginx, path, source=source))[0] != 429:
        assert time.monotonic() < deadline, answer[0]
    return answer


def test_what_the_proxy_itself_refuses_names_the_request(nginx):
    """By the number that the site would have been told, which is in the proxy's own records."""
    refused = ask_until_refused(nginx, "/sign-in/", source="127.0.0.9")
    large = {"method": "POST", "Content-Length": str(9 * 2**20)}
    answers = [refused, ask(nginx, "/players/", **large), ask(nginx, "/api/v1/matches", **large)]
    answers.append(ask(nginx, "/metrics", source="127.0.0.2"))
    (nginx[1] / "web.sock").unlink()
    answers += [ask(nginx, path) for path in ("/", "/api/v1/players")]

    assert [answer[0] for answer in answers] == [429, 413, 413, 404, 503, 503]
    assert len({headers["X-Request-ID"] for _, headers, _ in answers}) == 6
    for status, headers, body in answers:
        if headers["Content-Type"] == "text/html":
            assert headers["X-Request-ID"] in body.decode()
        else:
            problem = json.loads(body)
            assert (headers["Content-Type"], problem["status"]) == ("application/problem+json", status)
            kind = next(kind for kind in KINDS if kind.code == problem["code"])
            assert (problem["title"], kind.status) == (kind.title, status)


def test_the_derived_proxy_keeps_every_limit(tmp_path):
    text = proxy.derive([tmp_path / "a"], folder=tmp_path, static=tmp_path, port=1, plain_port=2)
    lines = [line.strip() for line in proxy.NGINX.read_text().splitlines()]
    limits = [line for line in lines if "limit_" in line or "timeout" in line]
    servers = [line for line in lines if line.startswith("server unix:")]
    assert len(servers) == 2
    [server] = {line.replace("/run/deltacrown/web.sock", f"{tmp_path}/a") for line in servers}
    assert text.count(server) == 2
    sockets = [tmp_path / "a", tmp_path / "b"]
    several = proxy.derive(sockets, folder=tmp_path, static=tmp_path, port=1, plain_port=2)
    found = re.findall(r"server unix:(\S+) fail_timeout=1s;", several)
    assert found == [f"{tmp_path}/a", f"{tmp_path}/b"]

    assert len(limits) > 12
    assert all(line in text for line in limits)
    assert "example.org" not in text


def test_a_proxy_that_was_changed_is_not_derived_from_in_part(tmp_path, monkeypatch):
    changed = tmp_path / "nginx.conf"
    changed.write_text(proxy.NGINX.read_text().replace("listen 80;", "listen 81;"))
    monkeypatch.setattr(proxy, "NGINX", changed)

    with pytest.raises(ValueError, match="has no 'listen 80;'"):
        proxy.derive([], folder=tmp_path, static=tmp_path, port=1, plain_port=2)


def test_where_nothing_can_be_installed_it_says_what_to_install(monkeypatch):
    monkeypatch.setattr(
        machine, "find_program", lambda name: None if name == "nginx" else Path("/bin") / name
    )
    monkeypatch.setattr(os, "getuid", lambda: 1000)
    with pytest.raises(
        CannotRun, match=r"nginx-light\. Only root can install it: run `apt install nginx-light`"
    ):
        machine.install_missing()

    monkeypatch.setattr(machine.shutil, "which", lambda name: None)
    with pytest.raises(CannotRun, match="There is no apt-get to install it with"):
        machine.install_missing()


def test_a_folder_that_is_closed_to_the_account_is_not_taken(tmp_path, monkeypatch):
    monkeypatch.setattr(machine, "find_account", lambda: "nobody")
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)

    assert machine.can_reach(closed / "var") is False
    assert machine.choose_folder(closed / "var") != closed / "var"
    monkeypatch.setattr(machine, "find_account", lambda: None)
    assert machine.choose_folder(closed / "var") == closed / "var"


def test_every_client_has_an_address_of_its_own():
    addresses = list(islice(list_addresses(), 200_000))

    assert len(set(addresses)) == len(addresses)
    assert all(ip_address(address).is_loopback for address in addresses)


def test_reads_are_shared_among_the_pages_that_are_read():
    assert sum(READS.values()) == 100


def test_percentiles():
    assert percentile([number / 1000 for number in range(1, 101)], 0.5) == 51
    assert percentile([number / 1000 for number in range(1, 101)], 0.99) == 100
    assert percentile([], 0.5) == 0


def stage(*, reads=(0.1,), failures=None, cores=None, idle=0.0):
    seen = Seen(reads=list(reads), seconds=1.0)
    seen.failures.update(failures or {})
    return report.Stage("95 % reads", 4, seen, cores or {}, idle)


def test_a_stage_is_sustained_while_nothing_fails_and_nearly_all_are_fast():
    assert stage().is_sustained
    assert not stage(failures={"503 players": 1}).is_sustained
    assert not stage(reads=[0.1] * 90 + [1.5] * 10).is_sustained


def test_the_bottleneck_is_the_processor_only_where_none_is_idle():
    cores = {"web-1": 1.2, "postgresql": 0.4, report.CLIENTS: 0.3, report.OTHERS: 0.1}

    told = report.find_bottleneck(stage(cores=cores), 2)
    assert told.startswith("The processor: 2 cores, of which the site had 1.60.")
    assert "web-1 1.20, postgresql 0.40, clients 0.30, others 0.10" in told
    assert report.find_bottleneck(stage(cores=cores, idle=1.0), 2).startswith("Not the processor: 1.00 of 2")


def test_the_guide_tells_of_it():
    assert "make prod-local" in page("docs/how-to/run-in-production.md").text
    assert (ROOT / "Makefile").read_text().count("\nprod-local:") == 1

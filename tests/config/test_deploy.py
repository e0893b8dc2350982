"""The proxy of ``deploy/`` reads requests whole and bounds them, and the server has every limit."""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.conf import settings
from django.core.management import call_command

from deltacrown.core.server import build_server
from deltacrown.web.management.commands.serve import Command
from tests.docs.pages import ROOT, page

pytestmark = pytest.mark.once

DEPLOY = ROOT / "deploy"
GUIDE = "docs/how-to/run-on-postgresql.md"


def read_directives(text):
    """``{name: [values]}`` of every directive of a configuration, wherever it stands."""
    text = re.sub(r"#.*", "", text)
    found = {}
    for name, value in re.findall(r"^\s*([a-z_0-9]+)\s+([^;{]+);", text, re.MULTILINE):
        found.setdefault(name, []).append(value)
    return found


@pytest.fixture
def nginx():
    return read_directives((DEPLOY / "nginx.conf").read_text())


def test_the_proxy_reads_a_request_whole_and_takes_an_answer_whole(nginx):
    assert nginx["proxy_request_buffering"] == ["on"]
    assert nginx["proxy_buffering"] == ["on"]


@pytest.mark.parametrize(
    "limit",
    [
        "client_header_timeout",
        "client_body_timeout",
        "send_timeout",
        "limit_conn",
        "limit_req",
        "proxy_connect_timeout",
        "proxy_read_timeout",
        "large_client_header_buffers",
    ],
)
def test_the_proxy_has_every_limit(nginx, limit):
    assert nginx[limit]


def test_the_proxy_takes_as_large_a_body_as_the_site(nginx):
    megabytes = int(nginx["client_max_body_size"][0].removesuffix("m"))

    assert megabytes * 1024 * 1024 == settings.DATA_UPLOAD_MAX_MEMORY_SIZE


def test_the_proxy_replaces_what_clients_say_of_themselves(nginx):
    headers = dict(value.split(" ", 1) for value in nginx["proxy_set_header"])

    assert headers["X-Forwarded-For"] == "$remote_addr"
    assert headers["X-Forwarded-Proto"] == "$scheme"


def test_a_site_that_is_away_is_503_with_a_time_to_wait(nginx):
    away = {value for value in nginx["error_page"] if value.startswith("50")}
    assert away == {"502 504 =503 @away", "502 504 =503 @away_api"}
    assert nginx["add_header"].count("Retry-After 5 always") == 2


def make_certificate(directory):
    """A certificate for nothing, for nginx to read."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(now).not_valid_after(now + timedelta(days=1))
    pem = serialization.Encoding.PEM
    (directory / "cert.pem").write_bytes(builder.sign(key, hashes.SHA256()).public_bytes(pem))
    plain = serialization.NoEncryption()
    (directory / "key.pem").write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.TraditionalOpenSSL, plain)
    )


def test_caddy_is_told_the_same_as_nginx(nginx):
    """The size of a body, and what clients hear while the site is away."""
    caddy = (DEPLOY / "Caddyfile").read_text()
    megabytes = int(nginx["client_max_body_size"][0].removesuffix("m"))

    assert re.findall(r"(?:max_size|max_buffer_size) (\d+)MB", caddy) == [str(megabytes)] * 2
    assert "{err.status_code} in [502, 504]" in caddy
    assert re.findall(r"header @away Retry-After (\d+)", caddy) == ["5"]
    told = re.search(r"return 503 '(\{.*\})'", (DEPLOY / "nginx.conf").read_text())[1]
    assert f"respond `{told}` 503" in caddy


@pytest.mark.skipif(shutil.which("caddy") is None, reason="caddy is not installed")
def test_caddy_takes_the_configuration(tmp_path):
    run = subprocess.run(
        ["caddy", "validate", "--adapter", "caddyfile", "--config", str(DEPLOY / "Caddyfile")],
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert run.returncode == 0, run.stderr


@pytest.mark.skipif(shutil.which("nginx") is None, reason="nginx is not installed")
def test_nginx_takes_the_configuration(tmp_path):
    make_certificate(tmp_path)
    site = (DEPLOY / "nginx.conf").read_text()
    site = site.replace("/etc/ssl/deltacrown/fullchain.pem", str(tmp_path / "cert.pem"))
    site = site.replace("/etc/ssl/deltacrown/key.pem", str(tmp_path / "key.pem"))
    (tmp_path / "site.conf").write_text(site)
    paths = "".join(f"{kind}_temp_path {tmp_path}/{kind};" for kind in ("client_body", "proxy"))
    paths += "".join(f"{kind}_temp_path {tmp_path}/{kind};" for kind in ("fastcgi", "uwsgi", "scgi"))
    http = f"access_log off; {paths} include {tmp_path}/site.conf;"
    (tmp_path / "nginx.conf").write_text(f"pid {tmp_path}/pid; events {{}} http {{ {http} }}")

    run = subprocess.run(
        ["nginx", "-t", "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf")],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )

    assert run.returncode == 0, run.stderr
    assert "warn" not in run.stderr, run.stderr


SERVE = build_server(host="127.0.0.1", port=8000, workers=4, threads=32)


@pytest.mark.parametrize(
    "option",
    [
        "--respawn-failed-workers",
        "--respawn-interval",
        "--blocking-threads",
        "--backlog",
        "--backpressure",
        "--http1-header-read-timeout",
        "--http1-buffer-size",
        "--workers-kill-timeout",
    ],
)
def test_the_server_has_every_limit_and_starts_a_dead_worker_again(option):
    assert option in SERVE


def test_granian_takes_every_option_of_the_script():
    command = [sys.executable, "-m", "granian", "--help"]
    run = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300)

    for option in (part for part in SERVE if part.startswith("--")):
        assert option in run.stdout, option


def test_the_script_is_the_command():
    assert (DEPLOY / "serve").stat().st_mode & stat.S_IXUSR
    assert '-m deltacrown serve -- "$@"' in (DEPLOY / "serve").read_text()


def test_the_command_takes_its_size_from_the_environment_and_hands_on_what_is_granians(monkeypatch):
    ran = []
    monkeypatch.setattr(os, "execv", lambda path, command: ran.append((path, command)))
    for name, value in {"HOST": "::1", "PORT": "9", "WORKERS": "2", "THREADS": ""}.items():
        monkeypatch.setenv(name, value)

    call_command("serve", "--threads", "5", "--", "--log-level", "info")
    call_command("serve")

    [(path, command), (_, usual)] = ran
    assert path == command[0] == sys.executable
    sized = dict(pairwise(command))
    told = [sized[name] for name in ("--host", "--port", "--workers", "--blocking-threads")]
    assert told == ["::1", "9", "2", "5"]
    assert command[-2:] == ["--log-level", "info"]
    assert usual[usual.index("--blocking-threads") + 1] == "32"


def test_a_process_has_more_threads_than_connections():
    """Else a request that needs no connection, for its health say, would wait behind those that do."""
    parser = Command().create_parser("deltacrown", "serve")
    threads = parser.parse_args([]).threads
    pool = int(re.search(r"`DATABASE_POOL_SIZE` \| `(\d+)`", page("docs/reference/settings.md").text)[1])

    assert threads >= 2 * pool


def test_the_guide_and_make_name_no_server_that_ends_with_its_first_dead_worker():
    for path in [ROOT / "Makefile", ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]:
        for line in path.read_text().splitlines():
            if "granian " in line and "--interface" in line:
                assert "--respawn-failed-workers" in line, path

    assert "deploy/serve" in page(GUIDE).text

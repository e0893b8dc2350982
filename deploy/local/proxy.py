"""The configuration of nginx for this machine, made from ``deploy/nginx.conf``: only places differ."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from pathlib import Path

from deploy.local.machine import get_program

NGINX = Path(__file__).resolve().parents[1] / "nginx.conf"
MIME_TYPES = "/etc/nginx/mime.types"
TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


def derive(sockets: Iterable[Path], *, folder: Path, static: Path, port: int, plain_port: int) -> str:
    """Return the site of ``deploy/nginx.conf`` with the places of this machine; every limit stays.

    :raises ValueError: the file no longer has what is replaced.
    """
    places = list(sockets)
    server, shared = "\tserver unix:{} fail_timeout=1s;\n", "\tserver unix:{} max_fails=0;\n"
    servers = shared.format(*places) * 2 if len(places) == 1 else "".join(map(server.format, places))
    changes = {
        shared.format("/run/deltacrown/web.sock") * 2: servers,
        "listen 80;": f"listen 127.0.0.1:{plain_port};",
        "listen 443 ssl;": f"listen 127.0.0.1:{port} ssl;",
        "return 308 https://$host$request_uri;": f"return 308 https://$host:{port}$request_uri;",
        "server_name play.example.org;": "server_name localhost 127.0.0.1;",
        "/etc/ssl/deltacrown/fullchain.pem": str(folder / "certificate.pem"),
        "/etc/ssl/deltacrown/key.pem": str(folder / "key.pem"),
        "/var/lib/deltacrown/static/": f"{static}/",
        "Host $host;": "Host $http_host;",  # with the port, which is not the usual one
    }
    text = NGINX.read_text(encoding="utf-8")
    for before, after in changes.items():
        if before not in text:
            raise ValueError(f"deploy/nginx.conf has no {before.strip()!r}")
        text = text.replace(before, after)
    return text


def write(folder: Path, site: str, *, as_root: bool) -> Path:
    """Write the files of an nginx of its own into ``folder``, with a certificate; return the main one.

    :param as_root: nginx is started by root and stays so, since the site is root's, too.
    """
    (folder / "site.conf").write_text(site, encoding="utf-8")
    paths = "".join(f"  {kind}_temp_path {folder}/{kind};\n" for kind in TEMPORARY)
    types = f"  include {MIME_TYPES};\n" if Path(MIME_TYPES).exists() else ""
    lines = ["user root;"] if as_root else []
    lines += ["daemon off;", "worker_processes 2;", f"pid {folder}/nginx.pid;"]
    lines += [f"error_log {folder}/error.log warn;", "events { worker_connections 4096; }"]
    main = folder / "nginx.conf"
    main.write_text(
        "\n".join(lines)
        + f"\nhttp {{\n{types}  default_type application/octet-stream;\n  access_log off;\n{paths}"
        f"  include {folder}/site.conf;\n}}\n",
        encoding="utf-8",
    )
    make_certificate(folder)
    return main


def make_certificate(folder: Path) -> None:
    """Make a certificate for localhost that nobody else vouches for, once."""
    if (folder / "certificate.pem").exists():
        return
    command = [get_program("openssl"), "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    command += ["-nodes", "-days", "3650", "-subj", "/CN=localhost"]
    command += ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    command += ["-keyout", str(folder / "key.pem"), "-out", str(folder / "certificate.pem")]
    subprocess.run(command, check=True, capture_output=True)

"""``Dockerfile`` and ``compose.yaml``: read as far as that tells something, and done without Docker.

No engine of Docker runs where the suite does. What the image is made of is copied, built and run here, with
no more rights and no more files that can be written than a container has.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import socket
import string
import subprocess
import sys
import threading
import zipfile
from fnmatch import fnmatch
from pathlib import Path

import pytest
import yaml
from deploy import health
from django.core.management import get_commands

from tests.docs.pages import ROOT, page
from tests.installed import link_source

pytestmark = pytest.mark.once

INSTRUCTIONS = {
    "ARG",
    "CMD",
    "COPY",
    "ENTRYPOINT",
    "ENV",
    "EXPOSE",
    "FROM",
    "HEALTHCHECK",
    "RUN",
    "STOPSIGNAL",
}
INSTRUCTIONS |= {"USER", "WORKDIR"}
#: Of the specification of Compose, as far as it is used here.
OF_A_SERVICE = {"build", "cap_drop", "command", "cpus", "depends_on", "entrypoint", "env_file", "environment"}
OF_A_SERVICE |= {"healthcheck", "image", "init", "logging", "mem_limit", "networks", "pids_limit", "ports"}
OF_A_SERVICE |= {"read_only", "restart", "security_opt", "shm_size", "stop_grace_period", "stop_signal"}
OF_A_SERVICE |= {"sysctls", "tmpfs", "user", "volumes"}
OF_A_HEALTHCHECK = {"test", "interval", "timeout", "retries", "start_period", "disable"}
CONDITIONS = {"service_started", "service_healthy", "service_completed_successfully"}


def read_dockerfile():
    """``[(instruction, value)]``, with continued lines joined."""
    text = re.sub(r"\\\n\s*", "", (ROOT / "Dockerfile").read_text())
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [tuple(line.split(maxsplit=1)) for line in lines]


DOCKERFILE = read_dockerfile()
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text())
SERVICES = COMPOSE["services"]
OURS = [name for name, service in SERVICES.items() if service["image"].startswith("deltacrown:")]


def values_of(instruction):
    return [value for name, value in DOCKERFILE if name == instruction]


def list_copied():
    """What the build takes out of the clone, by the names of the Dockerfile."""
    copied = [shlex.split(value)[:-1] for value in values_of("COPY") if "--from" not in value]
    return [name for names in copied for name in names]


def is_ignored(name):
    """Whether ``.dockerignore`` keeps a path out; the last line that matches decides."""
    ignored = False
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        if not line or line.startswith("#"):
            continue
        pattern = line.removeprefix("!").removeprefix("**/")
        parts = [name, *[str(parent) for parent in Path(name).parents], *Path(name).parts]
        if any(fnmatch(part, pattern) for part in parts if part != "."):
            ignored = not line.startswith("!")
    return ignored


def test_every_instruction_is_known_and_every_image_pinned():
    assert {name for name, _ in DOCKERFILE} <= INSTRUCTIONS
    for value in values_of("FROM"):
        assert re.match(r"[a-z/]+:\d[\w.-]+( AS \w+)?$", value), value
    assert len({value.split()[0] for value in values_of("FROM")}) == 1


def test_only_what_the_image_is_built_from_is_sent_to_the_engine():
    copied = list_copied()

    assert set(copied) == {
        "requirements",
        "LICENSE",
        "README.md",
        "pyproject.toml",
        "src",
        "deploy/health.py",
    }
    for name in copied:
        assert (ROOT / name).exists()
        assert not is_ignored(name), name
    for name in (".env", "var/secret_key", ".git/config", "deploy/nginx.conf", "certificates/key.pem"):
        assert is_ignored(name), name
    assert is_ignored("src/deltacrown/__pycache__/x.pyc")


def test_no_secret_comes_into_a_layer():
    told = "\n".join(" ".join(line) for line in DOCKERFILE)

    assert not re.search(r"SECRET|PASSWORD|TOKEN|DATABASE_URL", told)
    assert values_of("ARG") == []


def test_everything_that_is_installed_is_pinned_with_hashes():
    installs = [
        part.strip() for value in values_of("RUN") for part in value.split("&&") if "pip install" in part
    ]

    assert len(installs) == 3
    for command in installs:
        assert "--require-hashes" in command or "--no-index" in command, command
    for name in ("base", "build"):
        pins = (ROOT / "requirements" / f"{name}.txt").read_text()
        wanted = re.findall(r"^[a-z][\w.\-\[\]]*==", pins, re.MULTILINE | re.IGNORECASE)
        assert wanted
        assert len(re.split(r"\n(?=\w)", pins.strip())) == len(wanted)
        assert all("--hash=sha256:" in block for block in re.split(r"\n(?=\w)", pins.strip()))


def test_the_container_runs_our_command_as_nobody_in_particular():
    entry, command = json.loads(values_of("ENTRYPOINT")[0]), json.loads(values_of("CMD")[0])

    assert entry == ["deltacrown"]
    assert command[0] in get_commands()
    assert values_of("USER") == ["10001:10001"]
    assert values_of("STOPSIGNAL") == ["SIGTERM"]
    assert values_of("HEALTHCHECK")[0].endswith('CMD ["python", "/srv/deltacrown/health.py"]')


@pytest.mark.parametrize("name", SERVICES)
def test_compose_would_take_the_service(name):
    service = SERVICES[name]

    assert set(service) <= OF_A_SERVICE
    assert re.fullmatch(r"[a-z]+:\d[\w.-]+", service["image"])
    assert set(service.get("networks", [])) <= COMPOSE["networks"].keys()
    assert set(service.get("healthcheck", {})) <= OF_A_HEALTHCHECK
    for other, wanted in service.get("depends_on", {}).items():
        assert wanted["condition"] in CONDITIONS
        if wanted["condition"] == "service_healthy":  # of the image, where it says nothing else
            assert not SERVICES[other].get("healthcheck", {}).get("disable")
        if wanted["condition"] == "service_completed_successfully":
            assert SERVICES[other]["restart"] == "no"
    for volume in service.get("volumes", []):
        source = volume.split(":")[0]
        assert source in COMPOSE["volumes"] or source == "./certificates" or (ROOT / source).exists(), volume


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_is_sealed_and_bounded(name):
    service = SERVICES[name]

    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["mem_limit"]
    assert service["cpus"]
    assert service["pids_limit"]
    assert service["healthcheck"] if name not in OURS else True
    assert name in OURS or service["user"] != "root"


def test_services_depend_on_no_one_that_depends_on_them():
    waiting = {name: set(service.get("depends_on", {})) for name, service in SERVICES.items()}
    while free := [name for name, others in waiting.items() if not others]:
        for name in free:
            del waiting[name]
        for others in waiting.values():
            others.difference_update(free)

    assert waiting == {}


@pytest.mark.parametrize("name", [name for name in OURS if name != "migrate"])
def test_every_process_runs_one_of_our_commands_with_all_it_needs(name):
    service = SERVICES[name]

    assert service["command"][0] in get_commands()
    assert {"DATABASE_URL", "REDIS_URL", "BEHIND_TLS"} <= service["environment"].keys()
    assert service["env_file"] == [".env"]
    assert "migrate" in service["depends_on"]
    assert "home:/var/lib/deltacrown" in service["volumes"]


def test_the_proxy_is_that_of_production_and_reaches_the_site_by_its_socket():
    proxy, web = SERVICES["proxy"], SERVICES["web"]

    assert "./deploy/nginx.conf:/etc/nginx/conf.d/default.conf:ro" in proxy["volumes"]
    assert "static:/var/lib/deltacrown/static:ro" in proxy["volumes"]
    assert "run:/run/deltacrown" in proxy["volumes"]
    assert "run:/run/deltacrown" in web["volumes"]
    assert f"server unix:{web['environment']['SOCKET']} " in (ROOT / "deploy" / "nginx.conf").read_text()
    assert proxy["user"].split(":")[1] == values_of("USER")[0].split(":")[1]
    assert set(proxy["networks"]) & set(SERVICES["postgresql"]["networks"]) == set()
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["proxy"]


def test_the_secrets_stay_out_of_the_repository_and_are_named_by_the_guide():
    ignored = (ROOT / ".gitignore").read_text().splitlines()
    guide = page("docs/how-to/run-in-production.md").text

    assert {".env", "certificates/"} <= set(ignored)
    for name in re.findall(r"\$\{(\w+)", (ROOT / "compose.yaml").read_text()):
        assert f"{name}=" in guide
    assert "No Docker engine has run" in guide


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    """What the image has: the wheel built of what is copied, in an environment of its own, read-only."""
    folder = tmp_path_factory.mktemp("image")
    folder.chmod(0o755)
    source = folder / "source"
    link_source(source, list_copied())
    build = "import setuptools.build_meta as b, sys; b.build_wheel(sys.argv[1])"
    subprocess.run([sys.executable, "-c", build, str(folder)], cwd=source, check=True, capture_output=True)
    there = folder / "venv"
    subprocess.run(
        [sys.executable, "-m", "venv", "--without-pip", str(there)], check=True, capture_output=True
    )
    [packages] = there.glob("lib/python*/site-packages")
    [wheel] = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(packages)
    # The pinned packages are those of this environment: nothing is fetched. Its own link to the clone is not.
    for entry in Path(pytest.__file__).parents[1].iterdir():
        if not entry.name.startswith(("deltacrown", "__editable__")) and entry.suffix != ".pth":
            (packages / entry.name).symlink_to(entry)
    for path in [there, *there.rglob("*")]:
        if path.is_dir() and not path.is_symlink():
            path.chmod(0o555)
    return there


def run_sealed(image, home, *command):
    """Run a command with no capability, as a container does: not even root writes what it may not."""
    sealed = ["setpriv", "--no-new-privs", "--bounding-set", "-all", "--inh-caps", "-all"]
    environment = {"DELTACROWN_HOME": str(home), "TMPDIR": str(home), "PATH": "/usr/bin:/bin"}
    environment |= {
        "BEHIND_TLS": "1",
        "SECRET_KEY": string.ascii_letters + string.digits,
        "ALLOWED_HOSTS": "play.example.org",
    }
    return subprocess.run(
        [*(sealed if os.getuid() == 0 else []), str(image / "bin" / "python"), *command],
        cwd=image,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


@pytest.mark.skipif(not shutil.which("setpriv"), reason="util-linux has setpriv; there is none here")
def test_the_site_runs_from_a_root_that_is_read_only_without_any_right(image, tmp_path):
    where = "import deltacrown, pathlib; print(deltacrown.__file__); pathlib.Path('written').touch()"

    wrote = run_sealed(image, tmp_path, "-c", where)
    assert wrote.stdout.startswith(str(image))
    assert wrote.returncode == 1
    assert "Permission denied" in wrote.stderr

    checked = run_sealed(image, tmp_path, "-m", "deltacrown", "check", "--deploy")
    assert checked.returncode == 0, checked.stderr
    assert "no issues" in checked.stdout + checked.stderr


@pytest.fixture
def listener(tmp_path):
    path = tmp_path / "web.sock"
    with socket.socket(socket.AF_UNIX) as there:
        there.bind(str(path))
        there.listen()
        yield there, path


@pytest.mark.parametrize(
    ("answer", "is_well"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\n", True),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", True),
        (b"HTTP/1.1 500 Internal Server Error\r\n\r\n", False),
        (b"", False),
    ],
)
def test_a_container_is_well_while_its_server_answers(listener, monkeypatch, answer, is_well):
    there, path = listener

    def reply():
        connection, _ = there.accept()
        with connection:
            connection.recv(1000)
            connection.sendall(answer)

    monkeypatch.setattr(health, "SECONDS", 300)
    monkeypatch.setenv("SOCKET", str(path))
    thread = threading.Thread(target=reply)
    thread.start()
    assert health.is_answering() is is_well
    thread.join(300)


def test_a_container_whose_server_is_away_is_not_well(monkeypatch, tmp_path):
    monkeypatch.setenv("SOCKET", str(tmp_path / "web.sock"))
    assert health.is_answering() is False

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        monkeypatch.setenv("SOCKET", "")
        monkeypatch.setenv("PORT", str(free.getsockname()[1]))
        assert health.is_answering() is False


def test_the_image_is_named_as_the_package():
    version = re.search(r'^version = "([\d.]+)"', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)[1]

    assert {SERVICES[name]["image"] for name in OURS} == {f"deltacrown:{version}"}

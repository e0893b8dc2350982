"""No tracked file names a package registry's host or a path of the machine it was written on."""

from __future__ import annotations

import re
import subprocess

import pytest

from tests.architecture.source import ROOT

# Put together here, so that this file does not hold what it looks for.
HOSTS = [
    "pypi" + ".org",
    "pythonhosted" + ".org",
    "npmjs" + ".org",
    "registry.yarnpkg" + ".com",
    "deb.debian" + ".org",
    "proxy.golang" + ".org",
]
OPTIONS = ["--" + "index-url", "--" + "extra-index-url", "--" + "find-links"]
FOLDERS = ["work", "root", "tmp", r"home/\w+", r"Users/\w+", r"opt/\w+"]
FORBIDDEN = re.compile(
    "|".join([*map(re.escape, HOSTS + OPTIONS), rf"(?<![\w.}}~:/])/(?:{'|'.join(FOLDERS)})(?:/|\b)"])
)


def find_traces(text: str) -> list[str]:
    return [match.group() for match in FORBIDDEN.finditer(text)]


def list_tracked() -> list[str]:
    run = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [name for name in run.stdout.split("\0") if name]


def test_no_tracked_file_names_a_registry_or_this_machine():
    found = {}
    for name in list_tracked():
        path = ROOT / name
        if path.is_file() and (traces := find_traces(path.read_text(errors="replace"))):
            found[name] = traces

    assert found == {}


@pytest.mark.parametrize(
    "line",
    [
        "https://" + HOSTS[0] + "/simple",
        "pip install " + OPTIONS[0] + " x",
        "open('/" + "tmp/data.csv')",
        "cd /" + "work/main",
        "path = /" + "root",
        "/" + "home/ann/x",
    ],
)
def test_a_trace_is_found(line):
    assert len(find_traces(line)) >= 1


@pytest.mark.parametrize(
    "line", ["../shared/data", "network/root", "https://example.org/work/1", "{tmp_path}/work/x", "/rooted"]
)
def test_an_innocent_line_is_not(line):
    assert find_traces(line) == []

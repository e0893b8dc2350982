"""Ports of tests' servers: each is of one process until it ends, and then nobody's."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests import ports
from tests.docs.pages import ROOT

pytestmark = pytest.mark.once


def test_a_port_is_of_one_process_which_lets_it_go_when_it_ends():
    own = ports.take_port()
    take = [sys.executable, "-W", "default", "-c", "from tests.ports import take_port; print(take_port())"]
    first, second = (
        subprocess.run(take, cwd=ROOT, capture_output=True, text=True, check=True, timeout=300)
        for _ in range(2)
    )

    assert own not in {int(first.stdout), int(second.stdout)}
    assert (first.stderr, second.stderr) == ("", ""), "no lock is left open"


def test_a_system_that_gives_all_of_them_by_itself_has_one_too(tmp_path, monkeypatch):
    given = tmp_path / "range"
    given.write_text("1024\t65535\n")
    monkeypatch.setattr(ports, "_GIVEN_BY_SYSTEM", given)

    assert ports.LOWEST <= ports.take_port() < ports.HIGHEST

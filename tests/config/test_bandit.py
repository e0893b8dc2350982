"""Whatever bandit finds in the source is answered: beside the line, or here, with a reason."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.docs.pages import ROOT

pytestmark = pytest.mark.once

#: A line's answer to the same test of ruff, which has the same number, with its reason.
ANSWERED = re.compile(r"# noqa: S(\d+) - \S")
#: File and test → how many findings, and why none is a fault.
ANSWERS = {
    ("api/examples.py", "B105"): (1, "an example of a key in the reference, cut off"),
    ("config/entrance.py", "B105"): (6, "names of forms and of switches, not passwords"),
    ("core/admin_words.py", "B308"): (1, "a constant"),
    ("core/quick_templates.py", "B703"): (1, "what nodes render is markup, as in Django's own list"),
    ("core/server.py", "B606"): (1, "the server takes the place of the command; its words are ours"),
    ("demo/plan/calendar.py", "B311"): (1, "the same season for the same seed"),
    ("operations/backup/tools.py", "B105"): (1, "the name of a variable"),
    ("../django_tally/repairing.py", "B311"): (1, "a pause before another attempt"),
    ("../django_tally/transactions.py", "B311"): (1, "a pause before another attempt"),
}


def find_unanswered(source: Path, answers):
    """What bandit finds below ``source`` that is not answered, and answers to nothing."""
    command = [sys.executable, "-m", "bandit", "-q", "-r", str(source), "-f", "json", "-c"]
    done = subprocess.run(
        [*command, str(ROOT / "pyproject.toml")], capture_output=True, text=True, check=False, timeout=600
    )
    told = json.loads(done.stdout)
    assert told["errors"] == []
    found = Counter()
    for finding in told["results"]:
        path, test = Path(finding["filename"]), finding["test_id"]
        lines = path.read_text().splitlines()[finding["line_range"][0] - 1 : finding["line_range"][-1]]
        # B703 says of Django's mark_safe once more what S308 says.
        if {"B703": "308"}.get(test, test[1:]) not in {
            match for line in lines for match in ANSWERED.findall(line)
        }:
            name = path.absolute().relative_to(source.absolute()).as_posix()
            found[name.removeprefix("deltacrown/").replace("django_tally/", "../django_tally/"), test] += 1
    expected = Counter({place: count for place, (count, _) in answers.items()})
    differ = [place for place in found | expected if found[place] != expected[place]]
    return {place: (found[place], expected[place]) for place in differ}


def test_every_finding_is_answered():
    assert find_unanswered(ROOT / "src", ANSWERS) == {}
    assert all(reason for _, reason in ANSWERS.values())


def test_a_finding_without_an_answer_is_seen(tmp_path):
    (tmp_path / "bad.py").write_text("import subprocess\n\n\ndef f(x):\n    subprocess.run(x, shell=True)\n")
    (tmp_path / "good.py").write_text("import os\nos.chmod('x', 0o777)  # noqa: S103 - of a toy\n")

    assert find_unanswered(tmp_path, {}) == {("bad.py", "B602"): (1, 0)}

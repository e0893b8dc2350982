"""The guide to make a season, followed line by line: what is in each list that it names."""

from __future__ import annotations

import io
import json
import shlex

import pytest
from django.core.management import call_command

from deltacrown.games.models import Season
from deltacrown.user_profile.models import UserProfile
from tests import scene
from tests.docs.pages import list_blocks, page

GUIDE = page("docs/how-to/make-a-season.md")
MANAGE = [".venv/bin/python", "manage.py"]
BLOCKS = [(language, body) for language, body in list_blocks(GUIDE.text)]
#: From the first match of ``scene`` to one in the season, and to one after it.
IN_SPRING, AFTER = 24 * 700, 24 * 900


@pytest.mark.django_db
def test_a_season_is_made_and_used_as_the_guide_says(client, tmp_path, monkeypatch):
    ann = scene.player("ann")
    for name, hours in (("in-spring", IN_SPRING), ("after", AFTER)):
        scene.match(ann, name, hours=hours)
        event = scene.tournament(f"cup-{name}", hours=hours)
        scene.registration(ann, event)
        scene.series_result(ann, event, f"final-{name}", hours=hours)
    UserProfile.objects.filter(user=ann).update(public_id="DC-25-000042")

    [code] = [body for language, body in BLOCKS if language == "python"]
    for _ in range(2):
        call_command("shell", command=code)
    assert [f"{at:%Y-%m-%d}" for at in Season.objects.values_list("starts_at", "ends_at").get()] == [
        "2027-01-01",
        "2027-07-01",
    ]

    addresses = [line for language, body in BLOCKS if not language for line in body.splitlines()]
    lists = [address for address in addresses if "season=" in address]
    assert len(lists) == 8
    for address in addresses:
        answer = client.get(address)
        shown = b"".join(answer) if answer.streaming else answer.content
        assert answer.status_code == 200, address
        assert (b"2027-spring" in shown) or (b"in-spring" in shown), address
        assert b"-after" not in shown, address

    monkeypatch.chdir(tmp_path)
    [line] = [line for language, body in BLOCKS if language == "sh" for line in body.splitlines()]
    words = shlex.split(line)
    assert words[:2] == MANAGE
    call_command(words[2], *words[3:], stdout=io.StringIO(), stderr=io.StringIO())
    written = (tmp_path / "spring.ndjson").read_text().splitlines()
    assert [json.loads(each)["match_key"] for each in written] == ["in-spring"]

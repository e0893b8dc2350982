"""The guide to suspend a player, followed line by line: what the player's standing is after each."""

from __future__ import annotations

import io
import shlex
from datetime import UTC, datetime

import pytest
from django.core.management import call_command

from deltacrown.accounts.models import User
from deltacrown.accounts.rights import GROUPS
from deltacrown.core import clock
from deltacrown.user_profile.models import StandingChange, UserProfile
from tests import scene
from tests.docs.pages import page

GUIDE = page("docs/how-to/suspend-a-player.md")
MANAGE = [".venv/bin/python", "manage.py"]


@pytest.mark.django_db
def test_a_player_is_suspended_and_closed_as_the_guide_says(monkeypatch):
    scene.staff("moderator", *GROUPS["Moderators"])
    cheat = scene.player("cheat")
    UserProfile.objects.filter(user=cheat).update(public_id="DC-25-000042")
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 11, 26, 12, tzinfo=UTC))

    seen = []
    for line in GUIDE.shell:
        words = shlex.split(line)
        assert words[:2] == MANAGE
        call_command(words[2], *words[3:], stdout=io.StringIO())
        profile = UserProfile.objects.get(user=cheat)
        until = profile.standing_until and f"{profile.standing_until:%Y-%m-%d}"
        seen.append((profile.standing, until, User.objects.get(pk=cheat.pk).is_active))

    assert seen == [
        ("SUSPENDED", "2027-03-31", True),
        ("SUSPENDED", "2027-06-30", True),
        ("ACTIVE", None, True),
        ("CLOSED", None, False),
        ("ACTIVE", None, True),
    ]
    log = StandingChange.objects.filter(user=cheat).values_list("decided_by__username", flat=True)
    assert list(log) == ["moderator"] * 5

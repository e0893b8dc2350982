"""The guides on activities and achievements, followed to the letter in a copy of the source."""

from __future__ import annotations

import re
import textwrap

import pytest

from tests.docs.pages import page
from tests.scratch import Scratch

#: The copy has an SQLite database of its own.
pytestmark = pytest.mark.once

FILE = re.compile(r"`src/([\w/]+\.py)`")
PYTHON = re.compile(r"^( *)```python\n(.*?)^\1```", re.MULTILINE | re.DOTALL)
ACTIVITY, ACHIEVEMENT = page("docs/how-to/add-an-activity.md"), page("docs/how-to/add-an-achievement.md")

USE = """
import django; django.setup()
from datetime import UTC, datetime
from django.core.management import call_command
call_command("migrate", verbosity=0)

from deltacrown.accounts.services import create_players
from deltacrown.games.models import Game
from deltacrown.games.services import MatchRecord, LineRecord, record_matches, void_match
from deltacrown.teams.models import Team
from deltacrown.teams.services import join_team, leave_team
from deltacrown.user_profile.models import UserAchievement, UserActivity
from deltacrown.user_profile.timeline.syncing import rebuild_timelines

def day(number):
    return datetime(2025, 1, number, tzinfo=UTC)

def show(what):
    left = UserActivity.objects.filter(activity_type="TEAM_LEFT")
    drawn = UserAchievement.objects.filter(achievement__slug="three-draws")
    print(
        what,
        list(left.values_list("user__username", "description", "created_at__day")),
        sorted(drawn.values_list("user__username", "earned_at__day")),
    )

ann, bob = create_players(usernames=["ann", "bob"], joined_at={}).values()
reds = Team.objects.create(slug="reds", name="Reds")
for user in (ann, bob):
    join_team(team=reds, user=user, joined_at=day(1))
leave_team(team=reds, user=ann, left_at=day(3))
show("left:")
UserActivity.objects.filter(activity_type="TEAM_LEFT").delete()
rebuild_timelines(users=[ann.pk, bob.pk])
show("synced:")
ann.team_memberships.update(left_at=None)
rebuild_timelines(users=[ann.pk, bob.pk])
show("taken back:")
leave_team(team=reds, user=ann, left_at=day(4))
ann.team_memberships.get().delete()
show("deleted:")

chess = Game.objects.create(slug="chess", name="Chess")
for number in range(1, 5):
    lines = [LineRecord(user=user, result="DRAW") for user in (ann, bob)]
    match = MatchRecord(game=chess, match_key=f"m{number}", played_at=day(number), lines=lines)
    record_matches(records=[match], now=day(9))
show("drawn:")
void_match(game=chess, match_key="m2", reason="Never played.", now=day(9))
show("voided:")
call_command("makemigrations", check=True, dry_run=True)
"""


def read_blocks(doc):
    return [textwrap.dedent(body) for _, body in PYTHON.findall(doc.text)]


@pytest.fixture
def scratch(tmp_path, django_db_setup):
    """A copy of the source; ``scratch(…)`` runs Python there and returns the lines it printed."""
    copy = Scratch.copy_source(tmp_path)
    return lambda *command: copy.run(*command).splitlines()


def test_what_the_guides_say_is_all_it_takes(scratch, tmp_path):
    (kind,) = read_blocks(ACTIVITY)
    measure, its_import, rule = read_blocks(ACHIEVEMENT)
    catalogue, measure_file = FILE.findall(ACHIEVEMENT.text)
    (tmp_path / "src" / FILE.findall(ACTIVITY.text)[0]).write_text(kind)
    (tmp_path / "src" / measure_file).write_text(measure)
    source = (tmp_path / "src" / catalogue).read_text()
    source = source.replace("MINOR, MAJOR = ", f"{its_import}MINOR, MAJOR = ").replace(
        "CATALOGUE = (\n", f"CATALOGUE = (\n{rule.rstrip()},\n"
    )
    (tmp_path / "src" / catalogue).write_text(source)

    made = scratch("-m", "django", "makemigrations", "user_profile", "--name", "team_left")
    assert [line.strip() for line in made if "Alter" in line] == [
        "~ Alter field activity_type on archiveduseractivity",
        "~ Alter field activity_type on useractivity",
    ]

    assert scratch("-c", USE) == [
        "left: [('ann', 'Left team Reds', 3)] []",
        "synced: [('ann', 'Left team Reds', 3)] []",
        "taken back: [] []",
        "deleted: [] []",
        "drawn: [] [('ann', 3), ('bob', 3)]",
        "voided: [] [('ann', 4), ('bob', 4)]",
        "No changes detected",
    ]

"""The guides on jobs, pages and the API, followed to the letter in a copy of the source."""

from __future__ import annotations

import json

import pytest

from tests.docs.pages import page
from tests.scratch import Scratch

#: The copy has an SQLite database of its own.
pytestmark = pytest.mark.once

JOB, SECTION = page("docs/how-to/add-a-job.md"), page("docs/how-to/add-to-a-page.md")

PLAY = """
import json
from datetime import timedelta

import django
django.setup()

from django.core.management import call_command
from django.test import Client
from django.utils import timezone

call_command("migrate", verbosity=0)

from deltacrown.accounts.models import User
from deltacrown.core.models import JobRun
from deltacrown.games.models import Game, Match
from deltacrown.moderation.models import Dispute
from deltacrown.tournaments.models import Tournament, TournamentResult

now = timezone.now()
ann, bob = (User.objects.create_user(name, password="unsafe word") for name in ("ann", "bob"))
chess = Game.objects.create(slug="chess", name="Chess")
for days, status in ((9, "OPEN"), (8, "OPEN"), (2, "OPEN"), (9, "REJECTED")):
    at = now - timedelta(days=days)
    key = f"m{days}{status}"
    match = Match.objects.create(user=ann, game=chess, match_key=key, result="LOSS", played_at=at)
    ruled = {} if status == "OPEN" else {"resolved_at": now, "resolution": "No.", "resolved_by": bob}
    Dispute.objects.create(reporter=ann, match=match, reason="wrong", filed_at=at, status=status, **ruled)
for number, placement in ((1, 1), (2, 2), (3, 1)):
    at = now - timedelta(days=10 - number)
    cup = Tournament.objects.create(
        slug=f"cup-{number}", name=f"Cup {number}", game=chess, starts_at=at, status="COMPLETED"
    )
    TournamentResult.objects.create(tournament=cup, user=ann, placement=placement, decided_at=at)

call_command("run_job", "old-disputes")
run = JobRun.objects.get()
client = Client(SERVER_NAME="localhost")
public_ids = [user.profile.public_id for user in (ann, bob)]
print(json.dumps({
    "job": [run.job, run.status, run.summary],
    "pages": [client.get(f"/players/{public_id}/").content.decode() for public_id in public_ids],
    "answers": [client.get(f"/api/v1/players/{public_id}").json()["titles"] for public_id in public_ids],
    "shape": client.get("/api/v1/openapi.json").json()["components"]["schemas"]["TitleLine"]["required"],
}))
"""


@pytest.fixture(scope="module")
def scratch(tmp_path_factory, django_db_setup):
    return Scratch.copy_source(tmp_path_factory.mktemp("house"))


@pytest.fixture(scope="module")
def touched(scratch):
    return scratch.follow(JOB), scratch.follow(SECTION)


@pytest.fixture(scope="module")
def seen(scratch, touched):
    return json.loads(scratch.run("-c", PLAY).splitlines()[-1])


def test_the_files_they_touch(touched):
    assert touched == (
        ["src/deltacrown/moderation/jobs.py", "src/deltacrown/config/schedule.py"],
        [
            "src/deltacrown/pages/players.py",
            "src/deltacrown/web/templates/web/player.html",
            "src/deltacrown/api/shapes/players.py",
            "src/deltacrown/api/resources/players.py",
        ],
    )


def test_the_job_runs_and_is_in_the_schedule(scratch, seen):
    name, status, summary = seen["job"]
    assert (name, status, summary["old_disputes"]) == ("old-disputes", "DONE", 2)

    table = scratch.run("manage.py", "list_jobs")
    assert "| `old-disputes` | `*-*-* 06:00:00 UTC` | `run_job old-disputes` |" in table


def test_the_page_shows_the_section(seen):
    won, nothing = seen["pages"]

    assert won.index("Cup 3</a>") < won.index("Cup 1</a>")
    assert "Cup 2</a>" not in won
    assert "No titles yet." in nothing


def test_the_api_answers_the_field(seen):
    won, nothing = seen["answers"]

    assert [title["slug"] for title in won] == ["cup-3", "cup-1"]
    assert nothing == []
    assert seen["shape"] == ["slug", "name", "won_at"]

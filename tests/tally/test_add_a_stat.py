"""Adding a stat is one declaration and ``makemigrations``.

Done here in a project of its own, with an app that the engine does not know.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.pristine import another_database

SOURCE = Path(__file__).resolve().parents[2] / "src"

SETTINGS = """
import environ
SECRET_KEY = "scratch"
INSTALLED_APPS = ["django_tally", "ladder"]
DATABASES = {"default": environ.Env().db_url("DATABASE_URL")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
"""

MODELS = """
from django.db import models
from django.db.models import Q
from django_tally.declarations import Rule, count_of
from django_tally.fields import RecordedAt, Stat

class Climber(models.Model):
    name = models.CharField(max_length=20)

class Climb(models.Model):
    climber = models.ForeignKey(Climber, models.CASCADE)
    metres = models.IntegerField()
    recorded_at = RecordedAt()

class Card(models.Model):
    stat_keys = ("climber",)
    climber = models.OneToOneField(Climber, models.CASCADE, primary_key=True)
    climbs = Stat(count_of("ladder.Climb", happened_at="recorded_at"), label="Climbs")
"""

ONE_MORE = """
    high_climbs = Stat(
        count_of(
            "ladder.Climb",
            happened_at="recorded_at",
            where=[Rule(Q(metres__gte=1000), "only {metres} m high")],
        ),
        label="High climbs",
    )
"""

USE = """
import django; django.setup()
from ladder.models import Card, Climb, Climber
ann = Climber.objects.create(name="ann")
Card.objects.create(climber=ann)
Climb.objects.bulk_create(Climb(climber=ann, metres=metres) for metres in (300, 1200, 2500))
print(Card.objects.get().climbs)
"""

LOOK = """
import django; django.setup()
from django.core.management import call_command
from ladder.models import Card, Climb
from django_tally.explanation import explain_row
print(Card.objects.get().climbs, Card.objects.get().high_climbs)
Climb.objects.filter(metres=1200).update(metres=900)
explanation = explain_row(Card._meta.get_field("high_climbs"), Climb.objects.get(metres=900))
print(Card.objects.get().high_climbs, explanation)
call_command("check", databases=["default"], fail_level="WARNING")
"""


@pytest.fixture
def scratch(tmp_path, django_db_setup):
    """A Django project with one app, on a database of the kind the suite runs on.

    ``scratch("migrate")`` runs a command.
    """
    (tmp_path / "ladder" / "migrations").mkdir(parents=True)
    for name, text in {
        "ladder/__init__.py": "",
        "ladder/migrations/__init__.py": "",
        "scratch.py": SETTINGS,
    }.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "ladder" / "models.py").write_text(MODELS)
    path = os.pathsep.join([str(tmp_path), str(SOURCE)])
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "scratch", "PYTHONPATH": path}

    def run(*arguments):
        command = arguments if arguments[0] == "-c" else ("-m", "django", *arguments)
        done = subprocess.run(
            [sys.executable, *command],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stdout

    with another_database(tmp_path, is_migrated=False) as url:
        environment["DATABASE_URL"] = url
        yield run


def test_one_declaration_and_makemigrations(scratch, tmp_path):
    scratch("makemigrations", "ladder")
    scratch("migrate")
    assert scratch("-c", USE).split() == ["3"]
    with (tmp_path / "ladder" / "models.py").open("a") as models:
        models.write(ONE_MORE)
    scratch("makemigrations", "ladder")
    scratch("migrate")
    before, after = scratch("-c", LOOK).splitlines()[:2]
    assert before == "3 2", "the new number counts the rows that were there before it"
    assert after == "1 does not count: only 900 m high"
    assert "No changes detected" in scratch("makemigrations", "--check", "--dry-run")

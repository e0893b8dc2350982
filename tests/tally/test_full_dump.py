"""A full ``dumpdata`` loads into an empty, migrated database, which then has the same history."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys

import pytest
from django.core.management import call_command
from django.db import connection, transaction

from deltacrown.games.models import ArchivedMatch, Match
from django_tally.context import attributed
from django_tally.models import Installation
from tests import scene
from tests.conftest import NOON
from tests.docs.pages import ROOT
from tests.pristine import another_database
from tests.removal import remove
from tests.tally.times import database_now

#: Prints all that is known of every number, and what each was at the times given.
TELL = """
import json, sys
from datetime import datetime
from django.apps import apps
from django_tally.as_of import get_as_of
from django_tally.feeds import get_derived, get_stat_keys, get_stats, list_holders
from django_tally.history import list_changes
from django_tally.stat_sql import StatOf
from django_tally.models import Recording, Revision
from django_tally.verification import find_drift


def tell(times):
    told = {"revisions": list(Revision.objects.order_by("pk").values()), "drift": [], "numbers": {}}
    for holder in list_holders():
        told["drift"] += find_drift(holder)
        keys = get_stat_keys(holder)
        names = [f"{key}_id" for key in keys]
        for row in holder.objects.all():
            held = dict(zip(keys, (getattr(row, name) for name in names)))
            for stat in [*get_stats(holder), *get_derived(holder)]:
                place = f"{holder._meta.label} {held} {stat.name}"
                told["numbers"][place] = [getattr(row, stat.name)] + [
                    get_as_of(holder, stat.name, held, known_at=datetime.fromisoformat(at)) for at in times
                ]
            for stat in get_stats(holder):
                changes = list_changes(StatOf(holder, stat, held), limit=1000)
                place = f"{holder._meta.label} {held} {stat.name} changes"
                told["numbers"][place] = [
                    (change.at, change.delta, change.row, change.reason) for change in changes
                ]
    return json.dumps(told, default=str, sort_keys=True)
"""


@pytest.mark.django_db(transaction=True)
def test_triggers_write_while_a_dump_is_loaded_that_has_not_every_recording(player, played, tmp_path):
    write_history(player, played)
    file = tmp_path / "site.json"
    call_command("dumpdata", output=str(file), verbosity=0)
    entries = json.loads(file.read_text())
    recorded = [entry for entry in entries if entry["fields"].get("first_row")]
    file.write_text(json.dumps([entry for entry in entries if entry not in recorded[-2:]]))

    with another_database(tmp_path) as url:
        script = (
            "import django; django.setup()\n"
            f"from django.core.management import call_command\n{TELL}\n"
            f"call_command('loaddata', {str(file)!r}, verbosity=0)\n"
            "print(tell([]))"
        )
        environment = {**os.environ, "DATABASE_URL": url}
        done = subprocess.run(
            [sys.executable, "-c", script],
            env={**environment, "DJANGO_SETTINGS_MODULE": "deltacrown.config.settings"},
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )

    assert done.returncode == 0, done.stderr[-3000:]
    assert json.loads(done.stdout)["drift"] == []


@pytest.mark.django_db(transaction=True)
def test_a_dump_of_everything_is_restored_with_its_history(player, played, tmp_path):
    times = write_history(player, played)
    file = tmp_path / "site.json"
    call_command("dumpdata", output=str(file), verbosity=0)
    # As from a database of another kind, with other triggers.
    fingerprint = Installation.objects.get().fingerprint
    file.write_text(file.read_text().replace(fingerprint, "0" * len(fingerprint)))
    scope: dict = {}
    exec(TELL, scope)  # noqa: S102 - the same text as in the other process
    before = json.loads(scope["tell"](times))
    assert len(before["revisions"]) > 4

    with another_database(tmp_path) as url:
        environment = {
            **os.environ,
            "DATABASE_URL": url,
            "DJANGO_SETTINGS_MODULE": "deltacrown.config.settings",
        }
        script = (
            "import django; django.setup()\n"
            f"from django.core.management import call_command\n{TELL}\n"
            f"call_command('loaddata', {str(file)!r}, verbosity=0)\n"
            f"first = tell({times!r})\n"
            f"call_command('loaddata', {str(file)!r}, verbosity=0)\n"
            f"assert tell({times!r}) == first, 'loading again changes something'\n"
            "from deltacrown.games.models import Match\n"
            "Match.objects.filter(result='WIN').update(result='LOSS')\n"
            "assert not any(find_drift(holder) for holder in list_holders())\n"
            "from django_tally.checks import check_installed\n"
            "assert not check_installed(databases=['default'])\n"
            "print(first)"
        )
        done = subprocess.run(
            [sys.executable, "-c", script],
            env=environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )

    assert done.returncode == 0, done.stderr[-3000:]
    after = json.loads(done.stdout)
    assert after["drift"] == before["drift"] == []
    assert in_milliseconds(after["numbers"]) == in_milliseconds(before["numbers"])
    assert in_milliseconds(after["revisions"]) == in_milliseconds(before["revisions"])


def in_milliseconds(told):
    """Return the text of it with times as JSON fixtures keep them.

    What falls within the first millisecond of a second comes back without a fraction.
    """
    return re.sub(
        r"(\d\d:\d\d:\d\d)(\.\d{3})?\d*\+00:00",
        lambda found: found[1] + (found[2] or ".000"),
        json.dumps(told),
    )


def write_history(player, played):
    """Write matches, changes, deletions and moves; return times between them."""
    gone, ann, bob = player("gone"), player("ann"), player("bob")
    times = [database_now()]
    rows = [played(user, result) for user in (ann, bob, ann) for result in ("WIN", "LOSS", "WIN")]
    played(gone)
    scene.experience(ann, 70)
    times.append(database_now())
    with transaction.atomic():  # twice within a millisecond
        for row in rows[6:8]:
            Match.objects.filter(pk=row.pk).update(result="DRAW")
    with attributed(actor="mod", reason="smurfing"):
        Match.objects.filter(pk=rows[0].pk).update(voided_at=NOON, void_reason="smurfing")
    Match.objects.filter(pk=rows[1].pk).update(result="WIN")
    times.append(database_now())
    rows[2].delete()
    Match.objects.filter(pk=rows[3].pk).update(user=ann)
    times.append(database_now())
    values = Match.objects.filter(pk__in=[rows[0].pk, rows[4].pk, rows[5].pk]).values()
    with transaction.atomic():
        ArchivedMatch.objects.bulk_create([ArchivedMatch(**row) for row in list(values)])
        Match.objects.filter(pk__in=[rows[0].pk, rows[4].pk, rows[5].pk])._raw_delete("default")
    remove(gone)
    times.append(database_now())
    assert connection.in_atomic_block is False
    return [time.isoformat() for time in times]

"""The page that says whether the numbers are right, in each of its states."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from deltacrown.core import clock, words
from django_tally.models import Repair, Run
from django_tally.triggers import installation
from tests import scene
from tests.web.reading import rows_in, text_of

pytestmark = pytest.mark.django_db

NOW = datetime(2025, 6, 1, 12, 0, tzinfo=UTC)
CAPTION = "Verifications, latest first"


@pytest.fixture(autouse=True)
def _noon_and_no_runs(db, monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: NOW)
    Run.objects.all().delete()


def run(status, *, hours_ago=1.0, checked=4525, drifted=0, repaired=0, **fields):
    began = NOW - timedelta(hours=hours_ago)
    ended = None if status == "RUNNING" else began + timedelta(seconds=1.5)
    counts = {"numbers_checked": checked, "numbers_drifted": drifted, "numbers_repaired": repaired}
    return Run.objects.create(
        cause="t", status=status, started_at=began, finished_at=ended, **counts, **fields
    )


def look(client):
    answer = client.get("/integrity/")
    assert answer.status_code == 200
    return answer


def test_never(client):
    text = text_of(look(client))
    assert "Not verified yet" in text
    assert CAPTION not in text


def test_clean(client):
    run("CLEAN")
    answer = look(client)
    assert (
        "All numbers are right 0 of 4,525 numbers had drifted, verified on 1 Jun 2025 11:00 in 1.5 seconds."
        in text_of(answer)
    )
    assert rows_in(answer, CAPTION) == ["All right 4,525 numbers verified in 1.5 seconds 1 Jun 2025 11:00"]


def test_an_empty_site_has_no_number_to_be_right(client):
    run("CLEAN", checked=0)
    assert "No numbers yet 0 of 0 numbers had drifted" in text_of(look(client))


def test_repaired(client):
    wrong = run("DRIFTED", drifted=2, repaired=2)
    for stat in ("matches_won", "tournaments_won"):
        Repair.objects.create(
            run=wrong,
            holder="user_profile.UserProfile",
            stat=stat,
            keys={"user": 987},
            was=654,
            now=321,
            repaired_at=NOW,
        )
    answer = look(client)
    text = text_of(answer)
    assert "Some numbers were wrong, and were repaired 2 of 4,525 numbers had drifted" in text
    assert "2 were repaired. Repaired: Matches won × 1, Titles × 1" in text
    assert rows_in(answer, CAPTION)[0].startswith("2 drifted, 2 repaired")
    assert not any(secret in answer.content.decode() for secret in ("987", "654", "321"))


def test_found_and_left(client):
    run("DRIFTED", drifted=1, dry_run=True)
    answer = look(client)
    assert "Some numbers are wrong 1 of 4,525 numbers had drifted" in text_of(answer)
    assert rows_in(answer, CAPTION)[0].startswith(
        "1 drifted, left as found 4,525 numbers verified in 1.5 seconds · only looking"
    )


@pytest.mark.parametrize(
    ("status", "hours_ago", "title", "outcome"),
    [
        ("FAILED", 1, "The latest verification failed", "Failed"),
        ("RUNNING", 1, "A verification is running", "Running"),
        ("RUNNING", 7, "The latest verification did not finish", "Did not finish"),
    ],
)
def test_no_answer_yet(client, status, hours_ago, title, outcome):
    run(status, hours_ago=hours_ago, error="Traceback of DC-25-000001")
    text = text_of(look(client))
    assert title in text
    assert "numbers had drifted" not in text
    run("CLEAN", hours_ago=8)
    answer = look(client)
    assert "The latest that finished 0 of 4,525 numbers had drifted" in text_of(answer)
    newest, oldest = rows_in(answer, CAPTION)
    assert newest.startswith(outcome)
    assert oldest.startswith("All right")
    assert "DC-25" not in answer.content.decode()


def test_earlier_ones_are_pages_away(client, django_assert_num_queries):
    for hour in range(15):
        run("CLEAN", hours_ago=hour)
    with django_assert_num_queries(4):  # the page, the newest, the latest that finished, repairs
        first = look(client)
    assert len(rows_in(first, CAPTION)) == 10
    following = client.get("/integrity/", {"page": first.context["shown"].runs.next_cursor})
    assert len(rows_in(following, CAPTION)) == 5
    assert "Back to the first page" in text_of(following)


def test_a_bad_cursor_is_a_400_with_the_reason(client):
    answer = client.get("/integrity/", {"page": "nonsense"})
    assert answer.status_code == 400
    assert "This page link is damaged" in text_of(answer)


def test_it_is_read_only(client):
    assert client.post("/integrity/").status_code == 405


def test_every_page_leads_there(client):
    anna = scene.player("anna")
    for address in ("/", "/integrity/", f"/players/{anna.profile.public_id}/", "/players/DC-25-999999/"):
        assert '<a href="/integrity/">Are they right?</a>' in client.get(address).content.decode()


@pytest.mark.once
def test_what_the_engine_says_of_its_triggers_is_known_in_every_language(monkeypatch):
    """A sentence of the engine that pages do not know would stand on them in English."""
    declared = installation.build_triggers(connection)
    here = [installation.Installed(each.name, each.table, each.source, state="D") for each in declared]
    faults = set()
    for installed in ([], here):
        monkeypatch.setattr(installation, "list_installed", lambda _, found=installed: found)
        faults |= set(installation.find_faults(connection))

    assert len(faults) == 2 * len(declared)
    known = [*words._DECLARED]
    assert [fault for fault in faults if not any(each.fullmatch(fault) for each in known)] == []
